-- SPDX-License-Identifier: MIT
-- The exchanges that findings stand on, each unfolding to the decoded message.

local answers = require "dnsprobe.dns.answers"
local exchangetext = require "dnsprobe.format.tool.exchangetext"
local ledger = require "dnsprobe.measure.ledger"
local markup = require "dnsprobe.format.html.markup"
local words = require "dnsprobe.base.figures"

local M = {}

local EACH_MOST, ALL_MOST = 8, 60
local ON_PAPER = 2 -- of each cause: these are printed unfolded
local SUMMARY_MAX = 90

local element, safe, text = markup.element, markup.safe, markup.text

--- The exchanges to show: the first few of each finding.
---@param document table
---@param shown dnsprobe.Facts?
---@return dnsprobe.Exchange[] in the order of sending
---@return table<integer, boolean> by number
function M.chosen(document, shown)
    local list, by_n = {}, {}
    for _, finding in ipairs(shown and document.findings or {}) do
        for i = 1, math.min(EACH_MOST, #finding.evidence) do
            local exchange = shown.ledger.by_n[finding.evidence[i]]
            if exchange and not by_n[exchange.n] and #list < ALL_MOST then
                by_n[exchange.n] = true
                list[#list + 1] = exchange
            end
        end
    end
    table.sort(list, function(a, b) return a.n < b.n end)
    return list, by_n
end

local function result_text(exchange)
    local answer = answers.of(exchange)
    local result = answers.text(answer)
    if #result > SUMMARY_MAX then
        result = result:sub(1, (utf8.offset(result, 0, SUMMARY_MAX) or SUMMARY_MAX) - 1) .. "..."
    end
    return (exchange.outcome == "late" and "late: " or "") .. result
end

local function question_text(exchange)
    local question = exchange.question or {}
    return ("%s %s over %s"):format(tostring(question.name or "?"), tostring(question.type or "?"),
        tostring(exchange.transport):upper())
end

-- The first of each cause, by number: what follows from a cause is not one.
local function on_paper(document)
    local out = {}
    for _, finding in ipairs(document.findings) do
        for i = 1, finding.severity == "info" and 0 or math.min(ON_PAPER, #finding.evidence) do
            out[finding.evidence[i]] = true
        end
    end
    return out
end

local function one(exchange, printed)
    local at = exchange.server
    local summary = text("b", nil, "#" .. tostring(exchange.n))
        .. " "
        .. safe(at.label or at.address)
        .. " "
        .. text("span", "soft", question_text(exchange))
        .. " "
        .. text("span", "mono", result_text(exchange))
        .. " "
        .. text("span", "soft", words.micros(exchange.rtt_us))
    local body = text(
        "p",
        "soft",
        ("sent %s to %s#%s"):format(
            exchange.sent_us and ledger.rfc3339(exchange.sent_us) or "?",
            tostring(at.address),
            tostring(at.port)
        )
    ) .. element("pre", nil, markup.safe_lines(exchangetext.of(exchange)))
    return element(
        "details",
        { id = "x" .. tostring(exchange.n), class = printed and "proof" or nil },
        element("summary", nil, summary),
        element("div", nil, body)
    )
end

--- The section of evidence.
---@param out string[]
---@param list dnsprobe.Exchange[]
---@param document table
function M.add(out, list, document)
    if #list == 0 then
        return
    end
    out[#out + 1] = '<section><h2>Evidence</h2><p class="lead">'
        .. "The first exchanges that each finding stands on, as they were on the wire.</p>"
        .. '<div class="card">'
    local printed = on_paper(document)
    for _, exchange in ipairs(list) do
        out[#out + 1] = one(exchange, printed[exchange.n])
    end
    out[#out + 1] = "</div></section>"
end

return M
