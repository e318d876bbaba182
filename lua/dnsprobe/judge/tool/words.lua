-- SPDX-License-Identifier: MIT
--- Sentences from figures: the same words for the same thing in every step.

local M = {}

--- "a", "a and b", "a, b and c".
---@param items string[]
---@return string
function M.list(items)
    if #items <= 1 then
        return items[1] or ""
    end
    return table.concat(items, ", ", 1, #items - 1) .. " and " .. items[#items]
end

--- A list cut after `most` items: "a, b, c and 4 more".
---@param items string[]
---@param most? integer default 4
---@return string
function M.some(items, most)
    most = most or 4
    if #items <= most then
        return M.list(items)
    end
    return table.concat(items, ", ", 1, most) .. " and " .. (#items - most) .. " more"
end

--- "3 of 74".
function M.of(part, whole)
    return string.format("%d of %d", part, whole)
end

--- A count with its noun: "1 server", "3 servers".
function M.count(n, noun)
    return string.format("%d %s%s", n, noun, n == 1 and "" or "s")
end

--- A span of seconds as a human says it: "45 s", "4 min 10 s", "2 h 5 min".
---@param seconds number
---@return string
function M.span(seconds)
    seconds = math.max(0, math.floor(seconds + 0.5))
    if seconds < 120 then
        return seconds .. " s"
    end
    if seconds < 7200 then
        local rest = seconds % 60
        return seconds // 60 .. " min" .. (rest > 0 and " " .. rest .. " s" or "")
    end
    local rest = seconds % 3600 // 60
    return seconds // 3600 .. " h" .. (rest > 0 and " " .. rest .. " min" or "")
end

--- Microseconds as "12.3 ms" or "2.41 s".
---@param us number?
---@return string
function M.time(us)
    if not us then
        return "-"
    end
    if us < 1e6 then
        return string.format(us < 1e5 and "%.1f ms" or "%.0f ms", us / 1000)
    end
    return string.format("%.2f s", us / 1e6)
end

--- A server as users know it: its name or label, then its address.
---@param target { label: string?, name: string?, address: string, port: integer? }
---@return string
function M.server(target)
    local label = target.label or target.name
    local address = target.address
    if target.port and target.port ~= 53 then
        address = address .. "#" .. target.port
    end
    if label and label ~= "" and label ~= target.address then
        return label:gsub("%.$", "") .. " (" .. address .. ")"
    end
    return address
end

--- The subject of a finding about one server.
---@param target table
---@param more? table members to add
---@return table
function M.subject(target, more)
    local subject = { server = target.address, port = target.port, label = target.label or target.name }
    for key, value in pairs(more or {}) do
        subject[key] = value
    end
    return subject
end

--- Servers by name, a name that stands for several addresses once.
---@param targets table[]
---@return string
function M.servers(targets)
    local items = {}
    for i, target in ipairs(targets) do
        items[i] = M.server(target)
    end
    return M.some(items)
end

--- The addresses of these servers, as `facts.servers` takes them.
---@param targets { address: string }[]
---@return string[]
function M.addresses(targets)
    local list = {}
    for i, target in ipairs(targets) do
        list[i] = target.address
    end
    return list
end

return M
