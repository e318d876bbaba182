-- SPDX-License-Identifier: MIT
-- The top of the HTML report: the verdict, and a card for each finding with its interval drawn.

local markup = require "dnsprobe.format.html.markup"
local words = require "dnsprobe.base.figures"

local M = {}

local EVIDENCE_MOST = 12

local element, safe, text, number = markup.element, markup.safe, markup.text, markup.number

-- A share of 0 to 1 on a line: the interval as a bar, the estimate as a point.
local function interval(estimate, low, high, label)
    return markup.svg({ width = 200, height = 12, label = label, stretch = true },
        '<rect class="track" x="0" y="4.5" width="200" height="3"></rect>',
        ('<rect class="span" x="%s" y="2.5" width="%s" height="7"></rect>'):format(number(200 * low),
            number(math.max(1, 200 * (high - low)))),
        ('<rect class="point" x="%s" y="0.5" width="2.5" height="11"></rect>'):format(
            number(math.max(0, math.min(197.5, 200 * estimate - 1.25)))))
end

local function gauge(title, figure, drawing, more)
    return element(
        "div",
        { class = "gauge" },
        text("span", "soft", title),
        " ",
        text("b", nil, figure),
        drawing,
        text("span", "soft", more or "")
    )
end

local function confidence_gauge(verdict)
    local figure = words.percent(verdict.confidence)
    return gauge(
        "Confidence",
        figure,
        interval(verdict.confidence, 0, verdict.confidence, "confidence " .. figure),
        table.concat(verdict.confidence_basis or {}, "; ")
    )
end

-- The share of look-ups that are hit; nil where it is not estimated.
local function share_gauge(share)
    if type(share) ~= "table" or not share.estimate then
        return nil
    end
    local range = share.high - share.low < 0.005 and ""
        or ("%s to %s"):format(words.percent(share.low), words.percent(share.high))
    return gauge(
        "Client look-ups hit",
        words.percent(share.estimate),
        interval(share.estimate, share.low, share.high, "share of client look-ups"),
        range .. (share.assumption and " if " .. share.assumption or "")
    )
end

--- The verdict.
---@param out string[]
---@param document table
function M.add_verdict(out, document)
    local verdict = document.verdict
    local cause = type(verdict.cause) == "string" and verdict.cause or nil
    local layer = type(verdict.layer) == "string" and verdict.layer or nil
    local gauges = confidence_gauge(verdict) .. (share_gauge(verdict.share) or "")
    local attribution = words.attribution(verdict.attribution)
    out[#out + 1] = element(
        "header",
        { class = "card hero " .. verdict.status },
        element(
            "div",
            { class = "head" },
            text("span", "badge", verdict.status),
            cause and text("code", nil, cause) or "",
            layer and text("span", "soft", layer) or ""
        ),
        text("h1", nil, document.target.name),
        text("p", "says", verdict.summary),
        attribution and text("p", "more", attribution) or "",
        element("div", { class = "gauges" }, gauges)
    )
end

local function fact(out, name, inside)
    out[#out + 1] = text("dt", nil, name) .. element("dd", nil, inside)
end

local function place(subject)
    local port = subject.port and subject.port ~= 53 and "#" .. tostring(subject.port) or ""
    local address = subject.server and tostring(subject.server) .. port
    if subject.label then
        return safe(subject.label) .. (address and " " .. text("span", "soft mono", address) or "")
    end
    return address and text("span", "mono", address) or nil
end

local function evidence_links(finding, shown)
    local out = {}
    for i, n in ipairs(finding.evidence) do
        if i > EVIDENCE_MOST then
            out[#out + 1] = "<li><span>"
                .. safe(("%d more"):format(#finding.evidence - EVIDENCE_MOST))
                .. "</span></li>"
            break
        end
        local label = "#" .. tostring(n)
        out[#out + 1] = element(
            "li",
            nil,
            shown[n] and element("a", { href = "#x" .. tostring(n) }, safe(label)) or text("span", nil, label)
        )
    end
    return element("ul", { class = "chips" }, table.concat(out))
end

local function finding_card(finding, first, shown)
    local facts = {}
    local where = place(finding.subject)
    if where then
        fact(facts, "At", where)
    end
    if finding.stats then
        local s = finding.stats
        fact(facts, "Seen", safe(words.rate(s)) .. element("div", { class = "gauge" },
            interval(s.rate, s.low, s.high, words.rate(s))))
    end
    if finding.explained_by then
        fact(
            facts,
            "Follows from",
            text("code", nil, finding.explained_by) .. " " .. text("span", "soft", finding.because)
        )
    elseif finding.fix ~= "" then
        fact(facts, "Fix", safe(finding.fix))
    end
    if #finding.evidence > 0 then
        fact(facts, "Evidence", evidence_links(finding, shown))
    end
    local commands = {}
    for i, line in ipairs(finding.reproduce) do
        commands[i] = markup.safe_lines(line)
    end
    return element("article", { class = "card finding " .. finding.severity },
        element("div", { class = "head" }, text("span", "badge", finding.severity), element("h3", nil,
            text("code", nil, finding.id)), text("span", "soft", finding.title or "")),
        first and "" or text("p", nil, finding.summary),
        #facts > 0 and element("dl", { class = "facts" }, table.concat(facts)) or "",
        #commands > 0 and element("pre", nil, table.concat(commands, "\n")) or "")
end

--- The findings, most to blame first.
---@param out string[]
---@param document table
---@param shown table<integer, boolean> exchanges that the page shows
function M.add_findings(out, document, shown)
    if #document.findings == 0 then
        return
    end
    out[#out + 1] = "<section><h2>Causes</h2>"
    for i, finding in ipairs(document.findings) do
        out[#out + 1] = finding_card(finding, i == 1 and finding.severity ~= "info", shown)
    end
    out[#out + 1] = "</section>"
end

return M
