-- SPDX-License-Identifier: MIT
-- Time in the HTML report: when which server failed, and how long answers took. Both drawn by hand as SVG.

local answers = require "dnsprobe.format.text.answers"
local facts = require "dnsprobe.document.pictures"
local latency = require "dnsprobe.format.text.latency"
local markup = require "dnsprobe.format.html.markup"
local matrix = require "dnsprobe.format.html.matrix"
local stats = require "dnsprobe.stats"
local words = require "dnsprobe.base.figures"

local M = {}

local WIDE, HIGH = 1000, 24 -- of a strip, in its own units
local SLOTS = 400 -- moments that are told apart on a strip
local FEW = 5 -- exchanges below which a server is drawn with the others
local CURVE_WIDE, CURVE_HIGH = 300, 80
local CURVE_POINTS = 80

local element, safe, text, number = markup.element, markup.safe, markup.text, markup.number

-- State → where its marks stand and how high they are: what went well is a low mark, what failed fills the
-- lane.
local STATES = {
    { "good", "usable answer", 9, 6 },
    { "other", "not what most servers give", 7, 10 },
    { "late", "after the timeout", 5, 14 },
    { "bad", "an answer that says no", 2, 20 },
    { "lost", "no answer", 0, 24 },
    { "error", "refused, reset or unreadable", 0, 24 },
}

local function marks(samples, span_us)
    local out, width = {}, WIDE / SLOTS
    for _, state in ipairs(STATES) do
        local name, _, top, high = table.unpack(state)
        local taken, commands = {}, {}
        for _, sample in ipairs(samples) do
            local variant = sample.cell and sample.cell.variant
            local kind = sample.state == "good" and variant and variant.rank > 1 and "other" or sample.state
            local slot = math.min(SLOTS - 1, math.floor(sample.at_us / math.max(1, span_us) * SLOTS))
            if kind == name and not taken[slot] then
                taken[slot] = true
                commands[#commands + 1] = ("M%s %dh%sv%dh-%sz"):format(
                    number(slot * width),
                    top,
                    number(width),
                    high,
                    number(width)
                )
            end
        end
        if #commands > 0 then
            out[#out + 1] = markup.path("s-" .. name, commands)
        end
    end
    return table.concat(out)
end

local function failures(samples)
    local failed = 0
    for _, sample in ipairs(samples) do
        failed = failed + (sample.state ~= "good" and 1 or 0)
    end
    return failed
end

local function strip(out, head, samples, span_us)
    local label = ("%d of %d exchanges failed"):format(failures(samples), #samples)
    out[#out + 1] = element("div", { class = "name" }, head)
    out[#out + 1] = markup.svg(
        { width = WIDE, height = HIGH, label = label, stretch = true },
        element("title", nil, safe(label)),
        ('<rect class="lane" x="0" y="0" width="%d" height="%d"></rect>'):format(WIDE, HIGH),
        marks(samples, span_us)
    )
end

local function keys()
    local out = {}
    for i, state in ipairs(STATES) do
        out[i] = element(
            "li",
            nil,
            markup.svg(
                { width = 12, height = HIGH, label = state[2] },
                ('<rect class="s-%s" x="3" y="%d" width="6" height="%d"></rect>'):format(
                    state[1],
                    state[3],
                    state[4]
                )
            ),
            safe(state[2])
        )
    end
    return element("ul", { class = "keys" }, table.concat(out))
end

--- A lane per server: every exchange of the run at its moment.
---@param out string[]
---@param shown dnsprobe.Facts
function M.add_strips(out, shown)
    local lanes, others, other_servers = {}, {}, 0
    for _, server in ipairs(shown.servers) do
        if #server.samples > 0 or #server.all >= FEW then
            strip(lanes, matrix.server_head(server), server.all, shown.span_us)
        else
            table.move(server.all, 1, #server.all, #others + 1, others)
            other_servers = other_servers + 1
        end
    end
    if #others > 0 then
        strip(lanes, text("span", "soft", ("%d other servers"):format(other_servers)), others, shown.span_us)
    end
    local middle = shown.span_us / 2
    out[#out + 1] = '<section><h2>What happened when</h2><p class="lead">'
        .. "Every exchange of the run at the moment it was sent. A fault of one server fills its lane; a bad "
        .. 'moment of this vantage shows in all lanes at once.</p><div class="card"><div class="rows">'
    out[#out + 1] = table.concat(lanes)
    out[#out + 1] = element("div", { class = "name" })
        .. element(
            "div",
            { class = "axis" },
            text("span", nil, "0 s"),
            text("span", nil, words.duration(middle / 1000)),
            text("span", nil, words.duration(shown.span_us / 1000))
        )
    out[#out + 1] = "</div>" .. keys() .. "</div></section>"
end

-- ---- how long answers took ----

-- The steps of a distribution: share of the samples that were answered within a time.
local function curve(rtts, samples, low, high)
    local scale = CURVE_WIDE / math.log(high / low)
    local function x_of(us)
        return math.log(math.max(us, low) / low) * scale
    end
    local commands = { ("M0 %d"):format(CURVE_HIGH) }
    local every = math.max(1, #rtts // CURVE_POINTS)
    for i = 1, #rtts do
        if i % every == 0 or i == #rtts then
            commands[#commands + 1] = ("H%sV%s"):format(number(x_of(rtts[i])),
                number(CURVE_HIGH * (1 - i / math.max(1, samples))))
        end
    end
    commands[#commands + 1] = ("H%d"):format(CURVE_WIDE)
    return table.concat(commands)
end

local function decades(low, high)
    local out, at = {}, 10 ^ math.ceil(math.log(low, 10))
    while at < high do
        out[#out + 1] = ("M%s 0V%d"):format(
            number(CURVE_WIDE * math.log(at / low) / math.log(high / low)),
            CURVE_HIGH
        )
        at = at * 10
    end
    out[#out + 1] = ("M0 %dH%dM0 0.5H%d"):format(CURVE_HIGH // 2, CURVE_WIDE, CURVE_WIDE)
    return markup.path("grid", out)
end

local function figures(server)
    local q = stats.quantiles(server.rtts)
    local out = {}
    for _, name in ipairs { "p50", "p95", "p99", "max" } do
        out[#out + 1] =
            element("span", nil, text("span", "soft", name), " ", safe(words.micros(q and q[name])))
    end
    if server.lost > 0 then
        out[#out + 1] = text("span", "blamed", ("%d of %d lost"):format(server.lost, #server.samples))
    end
    return element("div", { class = "figures" }, table.concat(out))
end

local function pooled(servers)
    local all, samples = {}, 0
    for _, server in ipairs(servers) do
        table.move(server.rtts, 1, #server.rtts, #all + 1, all)
        samples = samples + #server.samples
    end
    table.sort(all)
    return all, samples
end

--- A distribution function per server, over one logarithmic axis; the dashed one is that of all servers
--- together.
---@param out string[]
---@param shown dnsprobe.Facts
function M.add_curves(out, shown)
    local servers = answers.servers(shown.servers)
    local low, high = latency.range(servers)
    if not low then
        return
    end
    local all, all_samples = pooled(servers)
    local common = curve(all, all_samples, low, high)
    local axis = element(
        "div",
        { class = "axis" },
        text("span", nil, words.micros(low)),
        text("span", nil, words.micros(high))
    )
    local grid = decades(low, high)
    out[#out + 1] = '<section><h2>How long answers took</h2><p class="lead">'
        .. "The share of a server's samples that was answered within a time; the time axis is logarithmic "
        .. "and the same for all. A curve that ends below the top lost the rest. Dashed: all servers "
        .. 'together.</p><div class="card curves">'
    for _, server in ipairs(servers) do
        local own = curve(server.rtts, #server.samples, low, high)
        local blame = server.blamed and " blame" or ""
        out[#out + 1] = element(
            "div",
            { class = "curve" },
            element("div", { class = "name" }, matrix.server_head(server)),
            markup.svg(
                {
                    width = CURVE_WIDE,
                    height = CURVE_HIGH,
                    stretch = true,
                    label = "times of " .. facts.name(server),
                },
                grid,
                markup.path("all", common),
                markup.path("fill" .. blame, own .. ("V%dz"):format(CURVE_HIGH)),
                markup.path("own" .. blame, own)
            ),
            axis,
            figures(server)
        )
    end
    out[#out + 1] = "</div></section>"
end

return M
