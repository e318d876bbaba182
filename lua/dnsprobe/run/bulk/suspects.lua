-- SPDX-License-Identifier: MIT
-- Where a fault sits: at a server, at a set of name servers, at the operator of them.

local M = {}

local NAMES_SHOWN = 200 -- bytes of a set of server names

-- The domain under which an operator names its servers: two labels, three under a top-level domain that has
-- second-level categories ("co.uk"). Numbers stand for one another, because providers deal out numbered
-- names.
local function operator_of(name)
    local labels = {}
    for label in name:lower():gmatch("[^.]+") do
        labels[#labels + 1] = label
    end
    local n = #labels
    local keep = (n >= 3 and #labels[n] == 2 and #labels[n - 1] <= 3) and 3 or 2
    return (table.concat(labels, ".", math.max(1, n - keep + 1)):gsub("%d+", "#"))
end

local function sorted_set(list, of)
    local out, seen = {}, {}
    for _, name in ipairs(list) do
        local key = of and of(name) or name
        if not seen[key] then
            seen[key] = true
            out[#out + 1] = key
        end
    end
    table.sort(out)
    return out
end

--- The server that a finding is about, as people read it; nil: none, or several.
---@param subject any of a finding
---@return string?
function M.server(subject)
    if type(subject) ~= "table" or type(subject.server) ~= "string" then
        return nil
    elseif type(subject.servers) == "table" and #subject.servers > 1
        and not (type(subject.hosts) == "table" and #subject.hosts == 1) then
            return nil -- one host may have several addresses
    end
    local label = type(subject.label) == "string" and subject.label:gsub("%.$", "")
    return label and label ~= subject.server and ("%s (%s)"):format(label, subject.server) or subject.server
end

--- A server name as one is compared with another.
---@param name string
---@return string
function M.plain(name)
    return (name:lower():gsub("%.$", ""))
end

--- The name servers of a domain's zone.
---@param record table schema dnsprobe.bulk/1
---@return string[] each once, in order
function M.names(record)
    local names = {}
    for _, name in ipairs(type(record.nameservers) == "table" and record.nameservers or {}) do
        names[#names + 1] = type(name) == "string" and name or nil
    end
    return sorted_set(names)
end

--- Where name servers are together.
---@param names string[] from `names`
---@return table<string, string> "name servers" and "operator" → what it is called
function M.of(names)
    local set = table.concat(names, " ")
    local operators = table.concat(sorted_set(names, operator_of), " + ")
    return {
        ["name servers"] = set ~= "" and (#set > NAMES_SHOWN and set:sub(1, NAMES_SHOWN) .. "..." or set)
            or nil,
        operator = operators ~= "" and operators or nil,
    }
end

return M
