-- SPDX-License-Identifier: MIT
-- The healthy internet that every lab scenario starts from. A scenario's `change(net)` then breaks something
-- in it.
--
--   127.53.0.1-3    root servers                       127.53.10.1-12  the twelve public resolvers
--   127.53.1.1-2    servers of example. and test.      127.53.20.1     "office", the resolver of this host
--   127.53.2.1-3    ns1-ns3 of shop.example.           127.80.0.1-3    where the shop's application listens
--   127.53.3.1-2    ns1-ns2 of cdn.test.
--   127.53.4.1-2    ns1-ns2 of news.test., which nobody suspects: the control
--
-- Everything is plain tables; a scenario may change any of them. What may stand in them: lab/check.lua.

local texts = require "dnsprobe.lab.zones"

local M = {}

local function servers()
    local function server(name, address, delay, zones, extra)
        local out = { name = name, address = address, nsid = name:gsub("%.$", ""), zones = zones,
            faults = { delay = delay / 1000, udp_max = extra }, path = {} }
        return out
    end
    local tld = { "example.", "test." }
    return {
        server("a.root-servers.", "127.53.0.1", 2, { "." }),
        server("b.root-servers.", "127.53.0.2", 4, { "." }),
        server("c.root-servers.", "127.53.0.3", 6, { "." }),
        server("a.nic.example.", "127.53.1.1", 3, tld),
        server("b.nic.example.", "127.53.1.2", 5, tld),
        server("ns1.shop.example.", "127.53.2.1", 4, { "shop.example." }, 4096),
        server("ns2.shop.example.", "127.53.2.2", 6, { "shop.example." }, 4096),
        server("ns3.shop.example.", "127.53.2.3", 8, { "shop.example." }, 4096),
        server("ns1.cdn.test.", "127.53.3.1", 3, { "cdn.test." }),
        server("ns2.cdn.test.", "127.53.3.2", 3, { "cdn.test." }),
        server("ns1.news.test.", "127.53.4.1", 5, { "news.test." }),
        server("ns2.news.test.", "127.53.4.2", 7, { "news.test." }),
    }
end

-- Names as of the public resolvers; addresses, of course, are the lab's.
local resolver_names = {
    "Cloudflare",
    "Google",
    "Quad9",
    "OpenDNS",
    "AdGuard unfiltered",
    "Control D",
    "DNS.SB",
    "Hurricane Electric",
    "UltraDNS",
    "CIRA Shield",
    "DNS4EU",
    "CZ.NIC ODVR",
}
local resolver_delays_ms = { 2, 3, 4, 6, 7, 8, 9, 11, 12, 14, 17, 20 }

local function resolvers()
    local out = {}
    for i, name in ipairs(resolver_names) do
        out[i] = {
            name = name,
            address = "127.53.10." .. i,
            nsid = "res" .. i .. "." .. name:lower():gsub("[^%w]+", "-"),
            recursive = {},
            path = { delay = resolver_delays_ms[i] / 1000 },
            faults = {},
        }
    end
    return out
end

---@class dnsprobe.lab.Net
---@field zones table<string, table> by absolute name: { text, shuffle?, pools?, alias?, serial_every?, serial_lag? }
---@field servers table[] authoritative servers
---@field resolvers table[] what takes the place of the public resolvers
---@field caches table[] further resolvers: this host's
---@field host table what this host is configured to use: { resolvers, hosts, search, options }
---@field apps table<string, string> application listeners: address → "open", "refuse", "drop", "reset", "close"
---@field params table parameters for the runbook
---@field events { at: number, change: fun(net: dnsprobe.lab.Net) }[] what happens later, at seconds of the lab's clock
local Net = {}
Net.__index = Net

local function by_name(list, name, what)
    for _, item in ipairs(list) do
        if item.name == name then
            return item
        end
    end
    error(("the lab has no %s named %q"):format(what, name), 3)
end

--- The authoritative server of that name.
function Net:server(name)
    return by_name(self.servers, name, "server")
end

--- The resolver of that name, one of the twelve or one of this host's.
function Net:resolver(name)
    for _, cache in ipairs(self.caches) do
        if cache.name == name then
            return cache
        end
    end
    return by_name(self.resolvers, name, "resolver")
end

--- Another edition of a zone: its text with every `from` replaced by its `to`, for one server to serve
--- instead. Each `from` has to occur, so that a scenario cannot silently lose its fault.
---@param zone string
---@param changes table<string, string> plain text, no patterns
---@param options table? further members of the zone: shuffle, pools, alias, serial_every, serial_lag, subnet
---@return table zone to be put into a server's `zones`
function Net:edition(zone, changes, options)
    local base = self.zones[zone] or error(("the lab has no zone %q"):format(zone), 2)
    local out = { name = zone, text = base.text }
    local order = {}
    for from in pairs(changes) do
        order[#order + 1] = from
    end
    table.sort(order)
    for _, from in ipairs(order) do
        local text, n = out.text:gsub(from:gsub("%p", "%%%0"), (changes[from]:gsub("%%", "%%%%")))
        if n == 0 then
            error(("zone %s has no %q"):format(zone, from), 2)
        end
        out.text = text
    end
    for key, value in pairs(options or {}) do
        out[key] = value
    end
    return out
end

--- Changes a zone on all its servers, the way `edition` does for one.
function Net:edit(zone, changes)
    self.zones[zone].text = self:edition(zone, changes).text
end

--- Adds records to a zone on all its servers.
function Net:add(zone, records)
    self.zones[zone].text = self.zones[zone].text .. "\n" .. records .. "\n"
end

--- Lets something happen later: `change(net)` is called after so many seconds of the lab's clock, counted
--- from its start, and what it has changed is what the lab serves from then on. Servers cannot be added
--- later, nor can this host's files change. With { from, to } the moment is drawn, by the lab's seed.
---@param at number|number[] seconds
---@param change fun(net: dnsprobe.lab.Net)
function Net:after(at, change)
    if type(at) == "table" then
        at = at[1] + self:random() * (at[2] - at[1])
    end
    if type(at) ~= "number" or not (at >= 0 and at <= 1e6) or type(change) ~= "function" then
        error("net:after: seconds and a function are needed", 2)
    end
    self.events[#self.events + 1] = { at = at, change = change }
end

--- Chance that the lab's seed decides: in [0, 1), or a whole number from 1 to n.
---@param n integer?
---@return number
function Net:random(n)
    self.rng = self.rng * 6364136223846793005 + 1442695040888963407 -- Knuth's MMIX generator
    local unit = (self.rng >> 11) * 2.0 ^ -53
    return n and 1 + math.floor(unit * n) or unit
end

--- Empties the cache of a resolver, all of its nodes.
---@param name string
function Net:flush(name)
    local resolver = self:resolver(name)
    for _, node in ipairs(resolver.nodes or { resolver }) do
        node.recursive.flush = true
    end
end

--- Calls f for every server and resolver.
function Net:each(f)
    for _, list in ipairs { self.servers, self.resolvers, self.caches } do
        for _, node in ipairs(list) do
            f(node)
        end
    end
end

--- Puts a cache of this host before its resolver, as systemd-resolved does.
---@return table stub
function Net:add_stub()
    local stub = { name = "local stub", address = "127.53.20.53", nsid = "", faults = {}, path = {},
        recursive = { forward_to = "127.53.20.1" } }
    table.insert(self.caches, stub)
    self.host.resolvers = { stub.address }
    return stub
end

-- `net.server("x")` for `net:server("x")` is the mistake of all who are new to Lua.
for name, method in pairs(Net) do
    if type(method) == "function" then
        Net[name] = function(self, ...)
            if getmetatable(self) ~= Net then
                error(("write net:%s(...), with a colon"):format(name), 2)
            end
            return method(self, ...)
        end
    end
end

--- A new healthy internet.
---@param seed integer? of net:random
---@return dnsprobe.lab.Net
function M.new(seed)
    local net = {
        zones = {
            ["."] = { text = texts.root },
            ["example."] = { text = texts.example },
            ["test."] = { text = texts.test },
            ["shop.example."] = { text = texts.shop, shuffle = true },
            ["cdn.test."] = { text = texts.cdn, shuffle = true },
            ["news.test."] = { text = texts.news },
        },
        servers = servers(),
        roots = { "a.root-servers.", "b.root-servers.", "c.root-servers." },
        resolvers = resolvers(),
        caches = {
            {
                name = "office",
                address = "127.53.20.1",
                nsid = "office",
                recursive = {},
                faults = {},
                path = { delay = 0.002 },
            },
        },
        host = { resolvers = { "127.53.20.1" }, hosts = "127.0.0.1 localhost\n", search = {} },
        apps = { ["127.80.0.1"] = "open", ["127.80.0.2"] = "open", ["127.80.0.3"] = "open" },
        params = {},
        events = {},
        rng = seed or 1,
    }
    return setmetatable(net, Net)
end

return M
