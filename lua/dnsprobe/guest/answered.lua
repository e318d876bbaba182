-- SPDX-License-Identifier: MIT
-- What was answered for the target: the addresses that a runbook may connect to.
--
-- A runbook connects on behalf of the application, so to what the target's name leads to and to nothing else;
-- else it would be a port scanner in the hands of whoever wrote it. Rules:
--   1. The target, the names below it, and the names that records of these lead to (CNAME, MX, SRV, NS, SVCB)
--      are the target's; so are names that a parameter gives, but of those only public addresses count.
--   2. An address counts where an answer has it as a record of such a name, or the hosts file and the stubs
--      of this host give it for one.
--   3. What is noted is kept here and in the guard (C), where no runbook can write.

local dns = require "dnsprobe"

local M = {}

local NAMES_MAX = 500      -- of one run
local ADDRESSES_MAX = 1000
local NOTED_MAX = 500      -- responses that are known to add nothing
local BYTES_MAX = 4096     -- of such a one

-- One run, or one domain of many that run at once.
---@class dnsprobe.Answered
---@field target string absolute, lower case
---@field names string[] that it added
---@field addresses string[] that it added

local runs = {}      -- target → dnsprobe.Answered
local names = {} -- name → { how = "target" or "named", run =, count = }
local addresses = {} -- address → how many runs have it

-- The place of the name that a record leads to, by type: which word of its text.
local leads = { CNAME = 1, DNAME = 1, NS = 1, PTR = 1, MX = 2, SVCB = 2, HTTPS = 2, SRV = 4 }

-- Octets of a response behind its id → true: it has been noted since `names` changed
local noted, n_noted = {}, 0

local function forget_noted()
    if n_noted > 0 then
        noted, n_noted = {}, 0
    end
end

local function add_name(run, name, how)
    if not names[name] and #run.names < NAMES_MAX then
        forget_noted()
        names[name] = { how = how, run = run }
        run.names[#run.names + 1] = name
    end
end

--- A run begins: nothing has been answered yet.
---@param name string absolute name of the target
---@param params table<string, any> its parameters; names among them are the run's too
---@param specs table<string, table> their declarations
function M.begin(name, params, specs)
    local run = { target = name:lower(), names = {}, addresses = {} }
    M.finish(name)
    forget_noted()
    runs[run.target] = run
    names[run.target] = nil -- it may be where another target leads
    add_name(run, run.target, "target")
    for key, value in pairs(params) do
        local type_of = specs[key] and (specs[key].type or "string")
        local absolute = (type_of == "name" or type_of == "string")
            and value:find(".", 1, true)
            and dns.name.absolute(value)
        if absolute then
            add_name(run, absolute:lower(), "named")
        end
    end
end

--- A run ends: what was answered for it alone is forgotten.
---@param name string absolute name of the target
function M.finish(name)
    local run = runs[name:lower()]
    if not run then
        return
    end
    runs[run.target] = nil
    forget_noted()
    for _, one in ipairs(run.names) do
        if names[one] and names[one].run == run then
            names[one] = nil
        end
    end
    for _, address in ipairs(run.addresses) do
        addresses[address] = addresses[address] > 1 and addresses[address] - 1 or nil
        if not addresses[address] then
            dns.answered(address, false)
        end
    end
end

-- Whose name it is, and how: a known one, or one below a target.
local function known(name)
    name = name:lower()
    if names[name] then
        return names[name].run, names[name].how
    end
    local dot = name:find(".", 1, true)
    while dot and dot < #name do
        local run = runs[name:sub(dot + 1)]
        if run then
            return run, "target"
        end
        dot = name:find(".", dot + 1, true)
    end
    return nil
end

local function add_address(run, text, how)
    if run.addresses[text] or #run.addresses >= ADDRESSES_MAX then
        return
    end
    local parsed = dns.address.parse(text)
    if parsed and (how == "target" or parsed.scope == "global") then
        run.addresses[text] = true
        run.addresses[#run.addresses + 1] = text
        addresses[text] = (addresses[text] or 0) + 1
        dns.answered(text)
    end
end

local function note_record(record)
    if type(record.name) ~= "string" or type(record.rdata) ~= "string" then
        return
    end
    local run, how = known(record.name)
    if not run then
        return
    end
    if record.type == "A" or record.type == "AAAA" then
        add_address(run, record.rdata, how)
    elseif leads[record.type] then
        local at = 0
        for word in record.rdata:gmatch("%S+") do
            at = at + 1
            if at == leads[record.type] then
                add_name(run, word:lower(), how)
            end
        end
    end
end

-- Most responses say what one before them said, and to read their records is most of the work of noting them.
local function is_new(response)
    local wire = type(response) == "userdata" and response.wire
    if not wire or #wire > BYTES_MAX then
        return true
    end
    wire = wire:sub(3)
    if noted[wire] then
        return false
    elseif n_noted >= NOTED_MAX then
        forget_noted()
    end
    noted[wire], n_noted = true, n_noted + 1
    return true
end

--- Notes what an exchange answered. Call it before the runbook has seen the exchange.
---@param exchange dnsprobe.Exchange?
---@return dnsprobe.Exchange? the same
function M.note(exchange)
    local response = exchange and exchange.response
    if response and next(runs) and is_new(response) then
        for _, record in ipairs(response.answer or {}) do
            note_record(record)
        end
    end
    return exchange
end

--- Notes the addresses that a stub or the hosts file gave for a name.
---@param name string
---@param list string[]
function M.note_stub(name, list)
    local absolute = dns.name.absolute(name)
    local run, how = known(absolute or "")
    for _, address in ipairs(run and list or {}) do
        add_address(run, address, how)
    end
end

--- Was this address answered for the target?
---@param address string
---@return boolean
function M.has(address)
    return addresses[address] ~= nil
end

return M
