-- SPDX-License-Identifier: MIT
-- What a run may send, and to whom: the ceilings of the engine and of the guard.

local sandbox = require "dnsprobe.guest.sandbox"

local M = {}

local SERVERS_MAX = 2000 -- that a runbook asks for one domain; the walk to a name asks some 50 to 150
local BURST_QPS = 100    -- that --allow burst lets the rate-limit step climb to

--- The guard counts the ports that a runbook asks, but not one that was named.
---@param one { address: string, port: integer? }
---@return string
function M.with_port(one)
    return one.port and ("%s#%d"):format(one.address, one.port) or one.address
end

--- What the guard (lua/bind/guard.h) is told.
---@param allow table<string, boolean> words of --allow
---@param handle dnsprobe.lab.Handle? of a run in the lab
---@param named table[] the servers that the user named
---@param many any a list of domains
---@return table
function M.guard(allow, handle, named, many)
    local servers = many and 0 or SERVERS_MAX
    if handle then
        return { mode = "loopback" }
    end
    local list = {}
    for _, one in ipairs(named) do
        list[#list + 1] = M.with_port(one)
    end
    return { mode = allow.private and "off" or "public", allow = list, servers = servers }
end

--- The ceilings of queries. Of a run: the command line's; else the lower one of what the runbook and the
--- config files say. Over a list of domains the command line's holds for all together, the other for each
--- step of a domain, so that one domain that sends without end ends alone; so it is at a prompt, with each
--- line.
---@param options table
---@param book dnsprobe.Runbook?
---@return integer in_all 0: none
---@return integer of_a_step or a line; 0: none
function M.queries(options, book)
    local given, own = options.max_queries, book and book.max_queries
    local typed = given and not (options.configured or {}).max_queries
    local most = math.min(not typed and given or sandbox.defaults.queries, own or math.huge)
    if options.domains or options.by_line then
        return typed and given or 0, most
    end
    return typed and given or most, 0
end

--- The rate at one server that a runbook may ask for.
---@param qps number the run's
---@param allow table<string, boolean>
---@return number
function M.qps_most(qps, allow)
    return allow.burst and math.max(qps, BURST_QPS) or qps
end

return M
