-- SPDX-License-Identifier: MIT
-- Zone cuts that many runs share: the way from the root to a top-level zone is walked once in the TTL of its
-- NS set, not once for every name below it.
--
--   1. A walk begins at the deepest known cut above its name; the levels above come from the walk that found
--      it, with that walk's exchanges. The name itself, and the zone's own servers, are always asked.
--   2. Walks that would find the same cut wait for the first of them: of a thousand names in one new
--      top-level zone one asks the root. A name at which no cut was found is remembered as well (NONE_S), so
--      that nobody waits twice.
--   3. Memory is bounded by the exchanges that are kept alive. A cut that only one name has needed (most
--      domains' own) is soon forgotten; one that a second name begins at is kept with the other busy ones.
--   4. What is remembered is never handed out: every walk gets a copy, so that no run writes into what others
--      read.
-- Addresses of name servers are remembered by the core (`remember` of dns.trace). `--fresh` goes without all
-- of it.

local dns = require "dnsprobe"
local exchanges = require "dnsprobe.dns.exchanges"
local recent = require "dnsprobe.base.recent"
local task = require "dnsprobe.base.task"

local M = {}

local BUSY_MAX, NEW_MAX = 2000, 300 -- exchanges kept alive by one generation of cuts; one is about 7 KiB
local NONE_MAX = 5000
local NONE_S = 300
local TTL_MAX_S = 86400
local POLL_S = 0.01

---@class dnsprobe.Cuts
local Cuts = {}
Cuts.__index = Cuts

--- An empty memory.
---@return dnsprobe.Cuts
function M.new()
    return setmetatable({
        known = recent.new(BUSY_MAX),
        new = recent.new(NEW_MAX),
        none = recent.new(NONE_MAX),
        busy = {},
        reused = 0,
        claims = {},
    }, Cuts)
end

-- The names above `name` but the root, from the top: "a.b.org." → "org.", "b.org.".
local function above(name)
    local out, rest = {}, name:lower()
    while true do
        local label, parent = rest:match("^([^.\\]+)%.(.+)$")
        if not label then
            break -- the top, or a label with an escaped dot: then what is above it is not looked for
        end
        rest = parent
        table.insert(out, 1, rest)
    end
    return out
end

-- Rule 3: the cut at `zone`, from now on among those that more than one name needs.
local function known_at(self, zone, now)
    local cut = self.known:get(zone, now)
    if not cut then
        cut = self.new:get(zone, now)
        if cut then
            self.known:put(zone, cut, cut.expires, cut.weight)
        end
    end
    return cut
end

-- The deepest known cut above a name, and the names below it of which it is not known whether they are cuts.
local function survey(self, name)
    local cut, unknown, now = nil, {}, dns.now()
    for _, zone in ipairs(above(name)) do
        local known = known_at(self, zone, now)
        if known then
            cut, unknown = known, {}
        elseif not self.none:get(zone, now) then
            unknown[#unknown + 1] = zone
        end
    end
    return cut, unknown
end

local function count_busy(self, zones, own, step)
    for _, zone in ipairs(zones) do
        self.busy[zone] = (self.busy[zone] or 0) + step
    end
    self.busy[own] = (self.busy[own] or 0) + step
    for _, zone in ipairs(zones) do
        self.busy[zone] = self.busy[zone] > 0 and self.busy[zone] or nil
    end
    self.busy[own] = self.busy[own] > 0 and self.busy[own] or nil
end

local function release(self, claimed)
    if self.claims[claimed] then
        self.claims[claimed] = nil
        count_busy(self, claimed, claimed.own, -1)
    end
end

-- Rule 2: waits until nobody else is finding out about the names above this one, and takes them on, until
-- closed.
local function claim(self, name, ctx)
    local own = name:lower()
    while true do
        local cut, unknown = survey(self, name)
        local taken = false
        for _, zone in ipairs(unknown) do
            taken = taken or self.busy[zone] ~= nil
        end
        if not taken then
            count_busy(self, unknown, own, 1)
            unknown.own, self.claims[unknown] = own, ctx
            return cut, setmetatable(unknown, { __close = function() release(self, unknown) end })
        end
        task.sleep(POLL_S)
    end
end

-- ---- learning ----

-- The shortest TTL of the NS records with which the servers of a level refer to `zone`, and how many
-- exchanges it holds.
local function ttl_of(level, zone)
    local ttl, count = TTL_MAX_S, 0
    for _, server in ipairs(level.servers) do
        for _, address in ipairs(server.addresses) do
            local exchange = address.exchange
            count = count + (exchange and 1 or 0)
            for _, record in ipairs(exchange and exchange.response and exchange.response.authority or {}) do
                if record.type == "NS" and record.name:lower() == zone then
                    ttl = math.min(ttl, record.ttl)
                end
            end
        end
    end
    return ttl, count
end

local function servers_of(level)
    local servers = {}
    for i, server in ipairs(level.servers) do
        local addresses = {}
        for k, address in ipairs(server.addresses) do
            addresses[k] = address.address .. "#" .. address.port
        end
        servers[i] = { name = server.name, addresses = addresses }
    end
    return servers
end

local function lend(level)
    for _, server in ipairs(level.servers) do
        for _, address in ipairs(server.addresses) do
            if address.exchange then
                exchanges.lend(address.exchange)
            end
        end
    end
end

-- Remembers the cuts that a walk found below the one at which it began.
local function learn(self, trace, below, claimed)
    local levels, found = trace.levels, {}
    for i = below, #levels do
        local upper, zone = levels[i - 1], levels[i].zone
        local referral = upper.referral
        if referral and referral.zone == zone and #levels[i].servers > 0 and #levels[i].servers <= 64 then
            local ttl, weight = ttl_of(upper, zone)
            lend(upper)
            local parent = trace.parent and trace.parent.zone == zone and trace.parent
                or { zone = zone, ns = referral.ns, glue = referral.glue }
            local cut = { zone = zone, servers = servers_of(levels[i]), parent = parent, weight = weight + 1,
                levels = table.move(levels, 1, i - 1, 1, {}), expires = dns.now() + ttl }
            self.new:put(zone, cut, cut.expires, cut.weight)
            found[zone] = true
        end
    end
    for _, zone in ipairs(claimed) do
        if not found[zone] then
            self.none:put(zone, true, dns.now() + NONE_S)
        end
    end
end

-- ---- walking ----

--- The walk to a name, as dns.trace gives it; a copy (rule 4). Its own exchanges are entered into the run's
--- ledger.
---@param ctx dnsprobe.Ctx that of the run itself
---@param name string
---@param type string
---@return dnsprobe.Trace
function Cuts:walk(ctx, name, type)
    local cut, claimed <close> = claim(self, name, ctx)
    local options = { family = ctx.family, timeout = ctx.timeout, late = ctx.late, remember = true }
    local levels = {}
    if cut then
        options.start = { zone = cut.zone, servers = cut.servers }
        table.move(cut.levels, 1, #cut.levels, 1, levels)
        self.reused = self.reused + 1
    end
    local trace = dns.trace(name, type, options)
    for _, exchange in ipairs(trace.exchanges or {}) do
        ctx.ledger:add(exchange)
    end
    local below = #levels + 2 -- the first level that may be new: under the cut, or under the root
    trace.levels = table.move(trace.levels, 1, #trace.levels, #levels + 1, levels)
    if cut and trace.zone == cut.zone then
        trace.parent = trace.parent or cut.parent
    end
    if trace.status ~= "canceled" then
        learn(self, trace, below, claimed)
    end
    return exchanges.copied(trace)
end

--- A run has ended. One that was stopped closes nothing: what it was finding out, the next one finds out.
---@param ctx dnsprobe.Ctx
function Cuts:leave(ctx)
    for claimed, owner in pairs(self.claims) do
        if owner == ctx then
            release(self, claimed)
        end
    end
end

return M
