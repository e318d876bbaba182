-- SPDX-License-Identifier: MIT
--- Words for findings: servers, lists, counts, times and rates as the shipped steps write them, and `dig`
--- lines.

local dig = require "dnsprobe.judge.tool.dig"
local dns = require "dnsprobe"
local render = require "dnsprobe.base.figures"
local words = require "dnsprobe.judge.tool.words"

local M = {}

--- A server as users know it: its name, then its address.
--- ```lua
--- text.server { name = "ns1.shop.example.", address = "192.0.2.1", port = 53 } --> "ns1.shop.example (192.0.2.1)"
--- ```
---@param server dnsprobe.Target
---@return string
function M.server(server)
    return words.server(server)
end

--- Several servers; after four the rest is counted.
--- ```lua
--- text.servers { { address = "192.0.2.1" }, { address = "192.0.2.2" } } --> "192.0.2.1 and 192.0.2.2"
--- ```
---@param list dnsprobe.Target[]
---@return string
function M.servers(list)
    return words.servers(list)
end

--- "a, b and c"; after `most` items the rest is counted.
--- ```lua
--- text.list { "a", "b", "c" } --> "a, b and c"
--- text.list({ "a", "b", "c" }, 2) --> "a, b and 1 more"
--- ```
---@param items string[]
---@param most? integer default: all
---@return string
function M.list(items, most)
    return most and words.some(items, most) or words.list(items)
end

--- A number with its noun.
--- ```lua
--- text.count(1, "server"), text.count(3, "server") --> "1 server", "3 servers"
--- ```
---@param n integer
---@param noun string in the singular; its plural ends in -s
---@return string
function M.count(n, noun)
    return words.count(n, noun)
end

--- Microseconds, as exchanges have them.
--- ```lua
--- text.time(12345) --> "12.3 ms"
--- ```
---@param us number?
---@return string
function M.time(us)
    return words.time(us)
end

--- Seconds, as TTLs have them.
--- ```lua
--- text.span(5400) --> "90 min"
--- ```
---@param seconds number
---@return string
function M.span(seconds)
    return words.span(seconds)
end

--- A share as a percentage.
--- ```lua
--- text.percent(0.041) --> "4.1 %"
--- ```
---@param share number 0 to 1
---@return string
function M.percent(share)
    return render.percent(share)
end

--- Text from the network as one line that is safe for a terminal. Findings and tables are made safe by the
--- report; this is for what is put together and cut before.
--- ```lua
--- text.safe "a\27[31mb" --> "a\\027[31mb"
--- ```
---@param text string
---@return string
function M.safe(text)
    return dns.escape(text)
end

--- A `dig` line that asks one server once, ready to paste: for `reproduce` of a finding. Options: norecurse,
--- tcp, notcp, edns (false or a size), dnssec, cd, nsid, subnet, time.
--- ```lua
--- text.dig({ address = "192.0.2.1", port = 53 }, "shop.example.", "MX", { norecurse = true })
---     --> "dig @192.0.2.1 shop.example. MX +tries=1 +time=3 +norecurse +nocookie"
--- ```
---@param server dnsprobe.Target
---@param name string
---@param type string
---@param options? dnsprobe.DigOptions
---@return string
function M.dig(server, name, type, options)
    return dig.line(server, name, type, options)
end

return M
