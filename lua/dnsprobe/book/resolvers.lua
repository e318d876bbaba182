-- SPDX-License-Identifier: MIT
-- Which recursive resolvers a run asks: the command line's, the runbook's, the config file's, or a group of
-- the built-in list.
--
-- A file has one resolver a line, `ADDR[#PORT] [label]`, with # for comments at the start of a line or behind
-- a blank, or it is a JSON array of such strings or of objects { "address", "port", "name", ... }.

local dns = require "dnsprobe"
local exit = require "dnsprobe.base.exit"
local find = require "dnsprobe.guest.find"
local fs = require "dnsprobe.fs"
local json = require "dnsprobe.json"
local sandbox = require "dnsprobe.guest.sandbox"

local M = {}

local DEFAULT_GROUP = "majors"
local extra_members = { "operator", "region", "filtering", "group" }

-- One resolver from an address in any form; nil and the reason when it is none.
local function resolver(text, port, name)
    local address, err = dns.address.parse(text, port)
    if not address then
        return nil, err or "bad address"
    end
    return { address = address.address, port = address.port, name = name }
end

local function from_line(line, port)
    local text = line:gsub("^%s+", ""):gsub("%s+$", "")
    if text == "" or text:sub(1, 1) == "#" then
        return nil
    end
    text = text:gsub("%s+#.*$", "")
    local address, label = text:match("^(%S+)%s+(.+)$")
    return resolver(address or text, port, label)
end

-- The port of an object, or `port` where it has none; false: what it has is no port.
local function own_port(item, port)
    if item.port == nil or item.port == json.null then
        return port
    end
    local own = math.type(item.port) and math.tointeger(item.port) or 0
    return own >= 1 and own <= 65535 and own
end

local function from_object(item, port)
    if type(item) == "string" then
        return from_line(item, port)
    end
    if type(item) ~= "table" or type(item.address) ~= "string" then
        return nil, "a string or an object with \"address\" is needed"
    end
    local name = item.name or item.label
    port = own_port(item, port)
    if port == false then
        return nil, "\"port\" is a number from 1 to 65535"
    end
    if name ~= nil and type(name) ~= "string" then
        return nil, "\"name\" is a string"
    end
    local out, err = resolver(item.address, port, name)
    if out then
        for _, member in ipairs(extra_members) do
            out[member] = item[member]
        end
    end
    return out, err
end

local function read_json(path, text, port)
    local items, err = json.decode(text)
    if type(items) ~= "table" then
        exit.input("%s: %s", path, err or "a JSON array is needed")
    end
    local out = {}
    for i, item in ipairs(items) do
        local one, why = from_object(item, port)
        if not one then
            exit.input("%s: entry %d: %s", path, i, why or "empty")
        end
        out[#out + 1] = one
    end
    return out
end

local function read_lines(path, text, port)
    local out, number = {}, 0
    for line in (text .. "\n"):gmatch("(.-)\r?\n") do
        number = number + 1
        local one, why = from_line(line, port)
        if why then
            exit.input("%s:%d: %s", path, number, why)
        end
        out[#out + 1] = one
    end
    return out
end

--- The resolvers in a file's text. Raises a Failure that names file and line.
---@param path string
---@param text string
---@param port integer default port
---@return table[]
function M.parse(path, text, port)
    local out = text:match("^%s*%[[%s%]{\"]") and read_json(path, text, port) or read_lines(path, text, port)
    if #out == 0 then
        exit.input("%s: no resolver in it", path)
    end
    return out
end

--- The resolvers of a file. Raises a Failure that names file and line.
---@param path string
---@param port integer default port
---@return table[]
function M.read(path, port)
    local text, err = fs.read(path)
    if not text then
        exit.usage("--resolvers %s: cannot be read: %s", path, err or "unknown reason")
    end
    return M.parse(path, text, port)
end

local function shipped_rows()
    local path = find.shipped("resolvers.lua")
    return path and sandbox.plain_table(path) or {}
end

--- The names of the built-in groups.
---@return string[]
function M.groups()
    local groups, seen = {}, {}
    for _, row in ipairs(shipped_rows()) do
        if not seen[row.group] then
            seen[row.group] = true
            groups[#groups + 1] = row.group
        end
    end
    return groups
end

-- The resolvers of a built-in group; nil where there is none of that name.
local function group_of(group, family, port)
    local out, known = {}, false
    for _, row in ipairs(shipped_rows()) do
        local address = family == 6 and row.address6 or family ~= 6 and row.address or nil
        if row.group == group and address then
            out[#out + 1] = { address = address, port = port, name = row.name, operator = row.operator,
                region = row.region, filtering = row.filtering, group = row.group }
        end
        known = known or row.group == group
    end
    return known and out or nil
end

--- The resolvers of a built-in group ("majors", "regional", ...). With `family` 6 their IPv6 addresses.
---@param group string
---@param family integer?
---@param port integer
---@return table[]
function M.group(group, family, port)
    return group_of(group, family, port)
        or exit.usage("--resolvers @%s: no such group; there are: %s", group, table.concat(M.groups(), ", "))
end

--- The resolvers of a list in a Lua file, which may name groups ("@regional") too.
---@param list any[] strings, or tables with `address`
---@param family integer?
---@param port integer
---@return table[]? resolvers
---@return string? err names the entry
function M.of_list(list, family, port)
    local out = {}
    for i, item in ipairs(list) do
        if type(item) == "string" and item:sub(1, 1) == "@" then
            local members = group_of(item:sub(2), family, port)
            if not members then
                return nil,
                    ("entry %d: no group %s; there are: @%s"):format(i, item, table.concat(M.groups(), ", @"))
            end
            table.move(members, 1, #members, #out + 1, out)
        else
            local one, err = from_object(item, port)
            if not one then
                return nil, ("entry %d: %s"):format(i, err or "empty")
            end
            out[#out + 1] = one
        end
    end
    return out
end

local function from_options(options, family, port)
    local out = {}
    for _, text in ipairs(options.resolver or {}) do
        local one, err = resolver(text, port)
        if not one then
            exit.usage_of("run", "--resolver %s: %s", text, err)
        end
        out[#out + 1] = one
    end
    local file = options.resolvers
    if file then
        local more = file:sub(1, 1) == "@" and M.group(file:sub(2), family, port) or M.read(file, port)
        table.move(more, 1, #more, #out + 1, out)
    end
    return #out > 0 and out or nil
end

-- A runbook may come from anybody, so what it lists is not named by the user: private addresses in it need a
-- word of his.
local function check_private(list, book, options)
    for _, word in ipairs(options.allow or {}) do
        for _, one in ipairs(word) do
            if one == "private" then
                return
            end
        end
    end
    for _, one in ipairs(options.lab and {} or list) do
        local parsed = dns.address.parse(one.address)
        if parsed and parsed.scope ~= "global" then
            exit.usage_of(
                "run",
                "the runbook %s lists the resolver %s, which is no public address: give --allow private, or "
                    .. "name it yourself with --resolver or in a config file",
                book.name,
                one.address
            )
        end
    end
end

--- The resolvers of a run, and whether the user named them: on the command line or in a config file.
---@param options table of the command line
---@param book dnsprobe.Runbook
---@param family integer?
---@param port integer
---@return table[] resolvers
---@return boolean named
function M.of_run(options, book, family, port)
    local given = from_options(options, family, port)
    if given then
        return given, true
    end
    local settings = options.config
    local list, where = book.resolvers, book.path
    if not list and settings and settings.values.resolvers then
        list, where = settings.values.resolvers, settings.from.resolvers
    end
    if list then
        local out, err = M.of_list(list, family, port)
        if not out then
            exit.input("%s: resolvers: %s", where, err)
        end
        if book.resolvers then
            check_private(out, book, options)
        end
        return out, not book.resolvers
    end
    return M.group(DEFAULT_GROUP, family, port), false
end

return M
