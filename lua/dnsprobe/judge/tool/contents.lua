-- SPDX-License-Identifier: MIT
--- What findings about the contents of a zone share: values and exchanges of the series of answers.

local M = {}

function M.exchanges_of(points, most)
    local list = {}
    for i = 1, math.min(#points, most or 3) do
        list[i] = points[i].exchange
    end
    return list
end

function M.sorted_types(truth)
    local types = {}
    for type in pairs(truth.types) do
        types[#types + 1] = type
    end
    table.sort(types)
    return types
end

function M.text_of(key)
    return (key == "nodata" or key == "nxdomain") and key:upper() or key
end

--- Every value (or kind of "none") that these servers gave, sorted.
function M.values_of(list)
    local values, seen = {}, {}
    for _, series in ipairs(list) do
        for _, point in ipairs(series.points) do
            for _, feature in ipairs(point.features) do
                if not seen[feature] then
                    seen[feature] = true
                    values[#values + 1] = feature
                end
            end
        end
    end
    table.sort(values)
    return values
end

function M.targets_of(list)
    local targets = {}
    for i, series in ipairs(list) do
        targets[i] = series.target
    end
    return targets
end

return M
