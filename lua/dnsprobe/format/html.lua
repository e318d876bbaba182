-- SPDX-License-Identifier: MIT
-- html: one file to attach to a ticket, without scripts, fonts, pictures or links to elsewhere. Every value
-- is escaped (html/markup); a Content-Security-Policy that allows this page's own style sheet, by its hash,
-- and nothing else forbids whatever would slip through.

local evidence = require "dnsprobe.format.html.evidence"
local facts = require "dnsprobe.document.pictures"
local fs = require "dnsprobe.fs"
local markup = require "dnsprobe.format.html.markup"
local matrix = require "dnsprobe.format.html.matrix"
local steps = require "dnsprobe.format.html.steps"
local style = require "dnsprobe.format.html.style"
local time = require "dnsprobe.format.html.time"
local tree = require "dnsprobe.format.html.tree"
local verdict = require "dnsprobe.format.html.verdict"

local M = { summary = "one self-contained page", stream = false }

local function head(title)
    local policy = "default-src 'none'; style-src 'sha256-%s'; img-src 'none'; base-uri 'none'; "
        .. "form-action 'none'"
    return table.concat {
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">\n',
        '<meta http-equiv="Content-Security-Policy" content="',
        policy:format(markup.base64_of_hex(fs.sha256(style))),
        '">\n',
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n',
        '<meta name="color-scheme" content="light dark">\n',
        "<title>",
        markup.safe(title),
        "</title>\n<style>",
        style,
        "</style></head><body><main>\n",
    }
end

--- Renders the report.
---@param document table
---@return string
function M.render(document)
    local shown = facts.of(document)
    local chosen, by_n = evidence.chosen(document, shown)
    local out = { head(("%s: %s"):format(document.target.name, document.verdict.status)) }
    verdict.add_verdict(out, document)
    verdict.add_findings(out, document, by_n)
    if shown then
        matrix.add_answers(out, shown)
        time.add_strips(out, shown)
        time.add_curves(out, shown)
        tree.add(out, shown)
        matrix.add_transports(out, shown)
        evidence.add(out, chosen, document)
    end
    steps.add(out, document)
    steps.add_footer(out, document)
    out[#out + 1] = "</main></body></html>"
    return table.concat(out, "\n") .. "\n"
end

return M
