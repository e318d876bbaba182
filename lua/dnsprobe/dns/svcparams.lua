-- SPDX-License-Identifier: MIT
-- The parameters of an SVCB or HTTPS record (RFC 9460, section 2.1): text to a table. See records.svcb.

local LISTS = { alpn = true, ipv4hint = true, ipv6hint = true, mandatory = true }

-- KEY or KEY=VALUE, where the value may stand in quotes.
local function param_of(text, at)
    local key, after = text:match("^%s*([%w-]+)()", at)
    if not key then
        return nil
    end
    if text:sub(after, after) ~= "=" then
        return key, true, after
    end
    local value, next_at
    if text:sub(after + 1, after + 1) == '"' then
        local stop = after + 2
        while stop <= #text and text:sub(stop, stop) ~= '"' do
            stop = stop + (text:sub(stop, stop) == "\\" and 2 or 1)
        end
        value, next_at = text:sub(after + 2, stop - 1), stop + 1
    else
        value, next_at = text:match("^(%S*)()", after + 1)
    end
    return key, value, next_at
end

local function list_of(value)
    local out = {}
    for item in value:gmatch("[^,]+") do
        out[#out + 1] = item
    end
    return out
end

--- The parameters in presentation form as a table.
---@param text string
---@return table<string, string|integer|boolean|string[]>
return function(text)
    local params, at = {}, 1
    while at <= #text do
        local key, value, next_at = param_of(text, at)
        if not key then
            break
        end
        if LISTS[key] and type(value) == "string" then
            value = list_of(value)
        elseif key == "port" then
            value = math.tointeger(tonumber(value)) or value
        end
        params[key], at = value, next_at
    end
    return params
end
