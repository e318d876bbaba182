-- SPDX-License-Identifier: MIT
-- Figures of a report in words, the same in every format for people.

local M = {}

--- A share as a percentage: two digits that count.
---@param x number
---@return string
function M.percent(x)
    if x == 0 or x >= 0.0995 then
        return ("%.0f %%"):format(100 * x)
    end
    return ("%.2g %%"):format(100 * x)
end

--- A duration.
---@param ms number
---@return string
function M.duration(ms)
    if ms < 1000 then
        return ("%.0f ms"):format(ms)
    end
    return ("%.1f s"):format(ms / 1000)
end

--- A time of the wire: three digits that count.
---@param us number? microseconds
---@return string
function M.micros(us)
    if not us then
        return "-"
    end
    local ms = us / 1000
    if ms >= 999.5 then
        return ("%.2f s"):format(ms / 1000)
    end
    return (ms < 0.095 and "%.2f ms" or ms < 9.95 and "%.1f ms" or "%.0f ms"):format(ms)
end

--- "3 of 74 (4.1 %, 95 % interval 1.4 to 11 %)".
---@param stats table
---@return string
function M.rate(stats)
    return ("%d of %d (%s, 95 %% interval %s to %s)"):format(
        stats.failures,
        stats.samples,
        M.percent(stats.rate),
        M.percent(stats.low),
        M.percent(stats.high)
    )
end

--- The verdict's share in a sentence, or nil.
---@param share any
---@return string?
function M.share(share)
    if type(share) ~= "table" or not share.estimate then
        return nil
    end
    local span = share.high - share.low < 0.005 and ""
        or (" (%s to %s)"):format(M.percent(share.low), M.percent(share.high))
    return ("Hits about %s of client look-ups%s%s."):format(M.percent(share.estimate), span,
        share.assumption and ", if " .. share.assumption or "")
end

--- How sure the verdict is, and why.
---@param verdict table
---@return string
function M.confidence(verdict)
    return ("Confidence %s: %s."):format(M.percent(verdict.confidence),
        table.concat(verdict.confidence_basis or {}, "; "))
end

local AT = {
    server = "at ",
    side = "at servers that are ",
    family = "over IP",
    transport = "over ",
    edns = "",
    type = "asking for ",
}

-- "at 192.0.2.1", "over TCP", "at 192.0.2.1, over TCP".
local function place(attribute, value)
    local server, more = value:match("^(%S+) (.+)$"), attribute:match(" and (%S+)$")
    if more then
        return AT.server .. server .. ", " .. place(more, value:sub(#server + 2))
    end
    return (AT[attribute] or "") .. (attribute == "transport" and value:upper() or value)
end

local function span(timing)
    if not timing or not timing.bursts then
        return timing and "; spread over the run" or ""
    end
    return ("; in bursts between second %.0f and %.0f of the sampling"):format(timing.first_s, timing.last_s)
end

--- Where the failures of the run were, in a sentence, or nil.
---@param attribution dnsprobe.Attribution?
---@return string?
function M.attribution(attribution)
    if type(attribution) ~= "table" then
        return nil
    end
    local a = attribution
    local of_all = ("%d of %d samples failed"):format(a.failures, a.samples)
    if not a.attribute then
        return of_all .. "; no server, transport, family or type stands out" .. span(a.timing) .. "."
    end
    local inside, outside = a.explained, a.elsewhere
    return ("%s, %s of them %s: there %s fail, elsewhere %s%s."):format(of_all, M.percent(inside.share),
        place(a.attribute, a.value), M.percent(inside.failures / inside.samples),
        M.percent(outside.failures / math.max(1, outside.samples)), span(a.timing))
end

--- The name of a report's runbook, and whether it ran outside the sandbox.
---@param runbook { name: string, trusted: boolean? }
---@return string
function M.runbook(runbook)
    return tostring(runbook.name) .. (runbook.trusted == true and " (--trust: outside the sandbox)" or "")
end

--- A list of numbers, the first few.
---@param list integer[]
---@param most integer
---@return string
function M.numbers(list, most)
    local out = {}
    for i = 1, math.min(#list, most) do
        out[i] = tostring(list[i])
    end
    local more = #list > most and (" and %d more"):format(#list - most) or ""
    return table.concat(out, ", ") .. more
end

return M
