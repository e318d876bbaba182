-- SPDX-License-Identifier: MIT
-- Stands in for the C module `dnsprobe.stats`: the same formulas, written the short way.
local M = {}

function M.wilson(k, n, z)
    z = z or 1.959963984540054
    local p, zz = k / n, z * z
    local centre, half = p + zz / (2 * n), z * math.sqrt(p * (1 - p) / n + zz / (4 * n * n))
    return math.max(0, (centre - half) / (1 + zz / n)), math.min(1, (centre + half) / (1 + zz / n))
end

local function lfact(n)
    local sum = 0
    for i = 2, n do
        sum = sum + math.log(i)
    end
    return sum
end

local function hyper(a, b, c, d)
    return math.exp(
        lfact(a + b)
            + lfact(c + d)
            + lfact(a + c)
            + lfact(b + d)
            - lfact(a + b + c + d)
            - lfact(a)
            - lfact(b)
            - lfact(c)
            - lfact(d)
    )
end

function M.fisher_greater(a, b, c, d)
    local p = 0
    while b >= 0 and c >= 0 do
        p = p + hyper(a, b, c, d)
        a, b, c, d = a + 1, b - 1, c - 1, d + 1
    end
    return math.min(1, p)
end

function M.fisher(a, b, c, d)
    local seen, p = hyper(a, b, c, d), 0
    for x = 0, a + math.min(b, c) do
        local y, z, w = a + b - x, a + c - x, d - a + x
        if y >= 0 and z >= 0 and w >= 0 then
            local one = hyper(x, y, z, w)
            p = p + (one <= seen * 1.0000001 and one or 0)
        end
    end
    return math.min(1, p)
end

function M.quantiles(list)
    local sorted = table.move(list, 1, #list, 1, {})
    table.sort(sorted)
    local function at(q)
        return sorted[math.max(1, math.ceil(q * #sorted))]
    end
    return {
        n = #sorted,
        min = sorted[1],
        max = sorted[#sorted],
        p50 = at(0.5),
        p95 = at(0.95),
        p99 = at(0.99),
    }
end

-- The normal approximation only (Wald and Wolfowitz 1940), with the correction for continuity.
function M.runs_test(outcomes)
    local n1, n2, runs, last = 0, 0, 0, nil
    for _, one in ipairs(outcomes) do
        n1, n2 = n1 + (one and 1 or 0), n2 + (one and 0 or 1)
        runs, last = runs + (one ~= last and 1 or 0), one
    end
    local n = n1 + n2
    local mean = 2 * n1 * n2 / n + 1
    local variance = (mean - 1) * (mean - 2) / (n - 1)
    local z = (runs + 0.5 - mean) / math.sqrt(variance)
    local t = 1 / (1 + 0.2316419 * math.abs(z)) -- Abramowitz and Stegun 26.2.17
    local tail = math.exp(-z * z / 2) / math.sqrt(2 * math.pi) * t * (0.319381530 + t * (-0.356563782 + t *
        (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
    return z < 0 and tail or 1 - tail
end

function M.samples_for(rate, confidence)
    return math.ceil(math.log(1 - (confidence or 0.95)) / math.log(1 - rate))
end

return M
