---@meta dnsprobe.stats
-- SPDX-License-Identifier: MIT

---@class dnsprobe.stats
local stats = {}

--- Wilson's score interval of a rate. See decide.rate for a sentence.
--- ```lua
--- stats.wilson(3, 74) --> 0.0138824, 0.112547
--- ```
---@param failures integer
---@param n integer
---@param z? number default 1.96: 95 %
---@return number low
---@return number high
function stats.wilson(failures, n, z) end

--- Fisher's exact test of the table a b / c d, two-sided: how likely chance alone makes two groups differ so
--- much.
--- ```lua
--- stats.fisher(20, 54, 1, 73) --> 5.43104e-06
--- ```
---@param a integer
---@param b integer
---@param c integer
---@param d integer
---@return number p
function stats.fisher(a, b, c, d) end

--- Fisher's exact test, one-sided: is the rate of a in a + b greater than that of c in c + d?
--- ```lua
--- stats.fisher_greater(20, 54, 1, 73) < 0.001 --> true
--- ```
---@param a integer
---@param b integer
---@param c integer
---@param d integer
---@return number p that `a` is as large by chance
function stats.fisher_greater(a, b, c, d) end

--- Samples that show a fault of that rate at least once.
--- ```lua
--- stats.samples_for(0.04) --> 74
--- ```
---@param rate number
---@param confidence? number default 0.95
---@return integer
function stats.samples_for(rate, confidence) end

--- The value below which so many percent lie.
--- ```lua
--- stats.percentile({ 10, 20, 30, 40, 50 }, 50) --> 30
--- ```
---@param list number[]
---@param p number 0 to 100
---@return number? value
function stats.percentile(list, p) end

--- A list of numbers in figures.
--- ```lua
--- stats.quantiles({ 10, 20, 30, 40, 50 }).p50 --> 30
--- stats.quantiles {} --> { n = 0 }
--- ```
---@param list number[]
---@return { n: integer, min: number?, p50: number?, p95: number?, p99: number?, max: number?, mean: number? }
function stats.quantiles(list) end

--- The upper tail of the binomial distribution.
--- ```lua
--- stats.binom_tail(2, 2, 0.5) --> 0.25
--- ```
---@param k integer
---@param n integer
---@param p number 0 to 1
---@return number chance of k or more in n
function stats.binom_tail(k, n, p) end

--- The runs test of Wald and Wolfowitz, one-sided: are there fewer runs than chance would make? See
--- decide.bursts.
--- ```lua
--- stats.runs_test { 0, 0, 0, 0, 0, 1, 1, 1, 1, 1 } < 0.01 --> true
--- ```
---@param outcomes (integer|boolean)[] in time order
---@return number p that failures come in bursts as these do by chance
function stats.runs_test(outcomes) end

return stats
