-- SPDX-License-Identifier: MIT
-- dnsprobe explain FINDING: what it means, how it is decided, what is mistaken for it, what fixes it.

local dns = require "dnsprobe"
local exit = require "dnsprobe.base.exit"
local findings = require "dnsprobe.book.findings"
local nearest = require "dnsprobe.base.nearest"

local M = { name = "explain", summary = "what a finding id means, how it is decided, what fixes it" }

local WIDTH = 100

function M.options(parser)
    parser:argument("finding", "An id such as auth.lame; without it: all ids."):argname("FINDING"):args("?")
    parser:flag("--json", "As JSON.")
end

local function paragraph(out, title, text)
    out[#out + 1] = ""
    out[#out + 1] = title
    local line = " "
    for word in text:gmatch("%S+") do
        if #line + 1 + #word > WIDTH then
            out[#out + 1] = line
            line = " "
        end
        line = line .. " " .. word
    end
    out[#out + 1] = line
end

-- The id that is meant, or those that share a part with what was asked for.
local function near(id)
    local meant = nearest.word(id, { table.unpack(findings.ids()) })
    if meant then
        return ("; did you mean %s?"):format(meant)
    end
    local out = {}
    for _, known in ipairs(findings.ids()) do
        for part in id:gmatch("[%a]+") do
            if #part > 2 and known:find(part:lower(), 1, true) then
                out[#out + 1] = known
                break
            end
        end
    end
    return #out > 0 and "; near it: " .. table.concat(out, ", ") or "; all ids: dnsprobe explain"
end

local function all()
    local out = {}
    for _, id in ipairs(findings.ids()) do
        out[#out + 1] = ("%-28s %s"):format(id, findings.get(id).title)
    end
    return table.concat(out, "\n") .. "\n"
end

local function text_of(row)
    local most = row.max ~= "critical" and row.max ~= row.severity and ", at most " .. row.max or ""
    local out = { ("%s: %s"):format(row.id, row.title),
        ("layer %s, %s unless the step says otherwise%s"):format(row.layer, row.severity, most) }
    paragraph(out, "What it means", row.means)
    paragraph(out, "How it is decided", row.decided)
    paragraph(out, "What is mistaken for it", row.mistaken)
    paragraph(out, "What fixes it", row.fixes)
    if #row.rfc > 0 then
        paragraph(out, "Sources", table.concat(row.rfc, "; "))
    end
    return table.concat(out, "\n") .. "\n"
end

function M.run(options)
    if not options.finding then
        io.stdout:write(all())
        return 0
    end
    local row = findings.get(options.finding)
    if not row then
        exit.usage("no finding has the id '%s'%s", dns.escape(options.finding), near(options.finding))
    end
    if options.json then
        local json = require "dnsprobe.json"
        io.stdout:write(json.encode(row, { pretty = true, sort = true }), "\n")
    else
        io.stdout:write(text_of(row))
    end
    return 0
end

return M
