---@meta dnsprobe.stats
-- SPDX-License-Identifier: MIT

---@class dnsprobe.stats
local stats = {}

--- Wilson's score interval.
---@param failures integer
---@param n integer
---@param z? number default 1.96: 95 %
---@return number low
---@return number high
function stats.wilson(failures, n, z) end

--- Fisher's exact test of the table a b / c d, two-sided.
---@param a integer
---@param b integer
---@param c integer
---@param d integer
---@return number p
function stats.fisher(a, b, c, d) end

---@param a integer
---@param b integer
---@param c integer
---@param d integer
---@return number p that `a` is as large by chance
function stats.fisher_greater(a, b, c, d) end

--- Samples that show a fault of that rate at least once.
---@param rate number
---@param confidence? number default 0.95
---@return integer
function stats.samples_for(rate, confidence) end

---@param list number[]
---@param p number 0 to 100
---@return number? value
function stats.percentile(list, p) end

---@param list number[]
---@return { n: integer, min: number?, p50: number?, p95: number?, p99: number?, max: number?, mean: number? }
function stats.quantiles(list) end

---@param k integer
---@param n integer
---@param p number
---@return number chance of k or more in n
function stats.binom_tail(k, n, p) end

---@param outcomes (integer|boolean)[]
---@return number p that failures come in bursts as these do by chance
function stats.runs_test(outcomes) end

return stats
