-- SPDX-License-Identifier: MIT
--- Decisions from counts: what a rate is, whether it is above a limit, whether one group is worse than
--- another.
--
-- Every decision can be "unknown": a handful of samples decides nothing. dnsprobe.stats has the formulas
-- themselves. Pure functions.

local stats = require "dnsprobe.stats"
local words = require "dnsprobe.base.figures"

local M = {}

--- Level below which a difference is not called chance: a run makes hundreds of comparisons.
local ALPHA = 0.001

local function check(failures, n, what)
    if math.type(failures) ~= "integer" or math.type(n) ~= "integer" or failures < 0 or failures > n then
        error(("%s: failures and samples are needed, 0 <= failures <= samples"):format(what), 3)
    end
end

--- A rate with its Wilson 95 % interval. `text` is fit for a sentence.
--- ```lua
--- decide.rate(3, 74).text --> "3 of 74 (4.1 %, 95 % interval 1.4 % to 11 %)"
--- decide.rate(0, 30).high < 0.12 --> true
--- ```
---@param failures integer
---@param samples integer
---@return { failures: integer, samples: integer, rate: number, low: number, high: number, text: string }
function M.rate(failures, samples)
    check(failures, samples, "decide.rate")
    if samples == 0 then
        return { failures = 0, samples = 0, rate = 0, low = 0, high = 1, text = "0 of 0" }
    end
    local low, high = stats.wilson(failures, samples)
    local out = { failures = failures, samples = samples, rate = failures / samples, low = low, high = high }
    out.text = words.rate(out)
    return out
end

--- Is the rate above a limit: "yes" where the whole 95 % interval is above it, "no" where it is below, else
--- "unknown".
--- ```lua
--- decide.above(20, 74, 0.10) --> "yes"
--- decide.above(1, 10, 0.10) --> "unknown"
--- decide.above(0, 74, 0.10) --> "no"
--- ```
---@param failures integer
---@param samples integer
---@param limit number 0 to 1
---@return "yes"|"no"|"unknown"
function M.above(failures, samples, limit)
    check(failures, samples, "decide.above")
    local one = M.rate(failures, samples)
    return one.low > limit and "yes" or one.high < limit and "no" or "unknown"
end

--- Do two groups fail at different rates? Fisher's exact test, two-sided.
--- ```lua
--- decide.differ({ failures = 20, samples = 74 }, { failures = 1, samples = 74 }) --> true, 5.43104e-06
--- decide.differ({ failures = 2, samples = 10 }, { failures = 0, samples = 10 }) --> false, 0.473684
--- ```
---@param a { failures: integer, samples: integer }
---@param b { failures: integer, samples: integer }
---@param alpha? number default 0.001
---@return boolean differ
---@return number p
function M.differ(a, b, alpha)
    check(a.failures, a.samples, "decide.differ")
    check(b.failures, b.samples, "decide.differ")
    local p = stats.fisher(a.failures, a.samples - a.failures, b.failures, b.samples - b.failures)
    return p < (alpha or ALPHA), p
end

--- The groups that fail more than all the others together, the worst first. The level is divided by the
--- number of groups, so that many servers do not make one of them stand out by chance.
--- ```lua
--- groups = { { failures = 12, samples = 74, name = "ns1" }, { failures = 0, samples = 74 }, { failures = 1, samples = 74 } }
--- decide.worse(groups)[1].name --> "ns1"
--- ```
---@param groups { failures: integer, samples: integer }[] other members are kept
---@param alpha? number default 0.001
---@return { failures: integer, samples: integer }[] some of the groups
function M.worse(groups, alpha)
    local failures, n, out, p_of = 0, 0, {}, {}
    for _, group in ipairs(groups) do
        check(group.failures, group.samples, "decide.worse")
        failures, n = failures + group.failures, n + group.samples
    end
    for _, group in ipairs(groups) do
        local others, all = failures - group.failures, n - group.samples
        local p = stats.fisher_greater(group.failures, group.samples - group.failures, others, all - others)
        if #groups > 1 and p * #groups < (alpha or ALPHA) then
            out[#out + 1], p_of[group] = group, p
        end
    end
    table.sort(out, function(a, b) return p_of[a] < p_of[b] end)
    return out
end

--- Are so many samples enough to see a fault of that rate with 95 % probability? And how many are.
--- ```lua
--- decide.enough(30, 0.04) --> false, 74
--- ```
---@param samples integer
---@param rate number
---@return boolean enough
---@return integer needed
function M.enough(samples, rate)
    local needed = stats.samples_for(rate)
    return samples >= needed, needed
end

--- Did failures come in bursts rather than one by one? The runs test of Wald and Wolfowitz over the outcomes
--- in time order, true for a failure.
--- ```lua
--- decide.bursts { false, false, false, false, true, true, true, true, true, true, false, false, false, false } --> true
--- decide.bursts { true, false, false, true, false, true, false, false, true, false } --> false
--- ```
---@param outcomes boolean[]
---@param alpha? number default 0.01
---@return boolean
function M.bursts(outcomes, alpha)
    return stats.runs_test(outcomes) < (alpha or 0.01)
end

return M
