-- SPDX-License-Identifier: MIT
-- What `measure` and `run` of a step are given: the target, the parameters, who to ask, and the ways to ask.
--
-- Everything sent through the context is entered into the ledger. What several steps need (the walk from the
-- root, the list of delegated servers) is measured once, by whoever asks first.

local answered = require "dnsprobe.guest.answered"
local dns = require "dnsprobe"
local meter = require "dnsprobe.measure.meter"
local options_of = require "dnsprobe.measure.options"
local plain = require "dnsprobe.base.plain"
local sample = require "dnsprobe.measure.sampling"
local task = require "dnsprobe.base.task"
local walk = require "dnsprobe.measure.walk"

local M = {}

--- Zones that are measured beside the target's own.
local LINKS_MAX = 4

---@class dnsprobe.Ctx
---@field target { name: string, types: string[], zone: string? }
---@field params table<string, any>
---@field resolvers { address: string, port: integer, name: string? }[] the recursive resolvers to ask
---@field host table dns.stub.config()
---@field nameservers { name: string, address: string, port: integer, glue: boolean, source: string }[]
---@field samples integer
---@field detect number? rate of the faintest fault that the samples are meant to show
---@field closer boolean? more samples may be taken where something failed once or twice (measure/survey/again.lua)
---@field deadline number monotonic seconds
---@field lab boolean
---@field lab_speed number? how fast the clock of the lab's caches runs, where it is not the real one
---@field family integer? 4 or 6
---@field port integer default destination port
---@field qps number ceiling per server
---@field qps_total number ceiling over all servers
---@field allow table<string, boolean>
---@field ledger dnsprobe.Ledger
---@field meter dnsprobe.Meter
---@field cuts dnsprobe.Cuts? zone cuts shared with other runs
---@field common dnsprobe.Common? samples shared with other runs
---@field data table<string, any> by step id: what earlier steps measured
---@field state dnsprobe.State what this runbook keeps between runs
local Ctx = {}

-- ---- asking ----

local function refused(options, message, code)
    return {
        outcome = "canceled",
        refused = code,
        message = message,
        transport = options.transport or "udp",
        stray = {},
        server = { address = options.server, port = options.port, label = options.label },
        question = { name = options.name, type = options.type, class = options.class or "IN" },
    }
end

-- A run in the lab never leaves loopback, whatever a scenario or a runbook names.
local function leaves_lab(ctx, server)
    if not ctx.lab or type(server) ~= "string" then
        return false -- what is no address at all, whoever sends it says
    end
    local address = dns.address.parse(server)
    return not address or address.scope ~= "loopback"
end

-- Who judges TTLs by the clock has to know that the lab's caches have a faster one.
local function with_lab_speed(exchange, speed)
    exchange.lab_speed = speed
    for _, attempt in ipairs(exchange.attempts or {}) do
        attempt.lab_speed = speed
    end
end

-- Called by their names, which messages about wrong arguments give, and not as the last thing that a function
-- does.
local function results(...) return ... end
local function send_exchange(options) return results(dns.exchange(options)) end
local function send_query(options) return results(dns.query(options)) end

local function ask(ctx, how, options)
    local full = options_of.full(ctx, options)
    if leaves_lab(ctx, full.server) then
        return refused(full, "a run in the lab stays on loopback", "private")
    end
    local exchange, message, code = how(full)
    if not exchange then
        return refused(full, message, code)
    end
    if ctx.lab_speed then
        with_lab_speed(exchange, ctx.lab_speed)
    end
    return ctx.ledger:add(answered.note(exchange))
end

--- Exactly one message out, entered into the ledger. What may not be sent comes back as `canceled` with the
--- reason in `refused` ("private", "family", "nosocket").
--- ```lua
--- x = ctx:exchange { name = ctx.target.name, type = "SOA", server = "127.53.2.1", rd = false }
--- x.outcome, x.response.aa --> "answer", true
--- ctx:exchange { name = "shop.example", server = "192.0.2.1" }.refused --> "private"
--- ```
---@param options dnsprobe.ExchangeOptions
---@return dnsprobe.Exchange
function Ctx:exchange(options)
    return ask(self, send_exchange, options)
end

--- The resilient form (tries, TCP where the answer is truncated); every attempt is entered into the ledger.
--- ```lua
--- x = ctx:query { name = ctx.target.name, type = "TXT", server = "127.53.2.1", edns = { size = 512 } }
--- #x.attempts, x.attempts[1].response.tc --> 2, true
--- ```
---@param options dnsprobe.QueryOptions
---@return dnsprobe.Exchange
function Ctx:query(options)
    return ask(self, send_query, options)
end

--- The application check. Addresses that the target was answered with may be connected to, even where they
--- are private, and so may those that the command line names (dnsprobe.sandbox.answered).
--- ```lua
--- ctx:connect({ address = "127.53.2.1", port = 9 }).outcome --> "refused"
--- ```
---@param options table as for dns.connect
---@return table? result
---@return string? message
---@return string? code
function Ctx:connect(options)
    if leaves_lab(self, options.address) then
        return nil, "a run in the lab stays on loopback", "private"
    end
    return dns.connect(options)
end

--- The same questions to several servers, many times: interleaved, shuffled, jittered and paced, so that one
--- bad second is not taken for one bad server. See ask.matrix for names x types x dress.
--- ```lua
--- list = ctx:sample { targets = ctx.nameservers, questions = { { name = ctx.target.name, type = "A", rd = false } }, n = 2 }
--- #list --> 6
--- samples.failures(list) --> 0, 6, {}
--- ```
---@param plan dnsprobe.SamplePlan
---@return dnsprobe.Sample[] by target, in sending order
function Ctx:sample(plan)
    return sample.run(self, plan)
end

-- ---- measured once ----

-- The first caller measures; those who come meanwhile wait for the same result.
local function once(ctx, key, measure)
    local cell = ctx.shared[key]
    if not cell then
        cell = { running = true }
        ctx.shared[key] = cell
        local _ <close> = setmetatable({}, { __close = function() cell.running = false end })
        cell.value = measure()
    end
    while cell.running do
        task.sleep(0.01)
    end
    return cell.value
end

--- The walk from the root to the target, asking every server at every level; measured once per run.
--- ```lua
--- ctx:trace().zone, #ctx:trace().levels --> "shop.example.", 3
--- ```
---@return dnsprobe.Trace
function Ctx:trace()
    return once(self, "trace", function()
        local trace = walk.to(self, self.target.name, self.target.types[1])
        self.target.zone = trace.zone
        return trace
    end)
end

--- The zones that the target's alias leads to beside its own, in the order of the chain; none where the
--- target is no alias that leaves its zone. `absent`: the name at which the chain ends, where it does not
--- exist at all; `circle`: the chain leads back to one of its names. Measured once per run.
--- ```lua
--- #ctx:links() --> 0
--- ```
---@return { name: string, trace: dnsprobe.Trace, servers: table[] }[] | { absent: string?, circle: boolean? }
function Ctx:links()
    return once(self, "links", function()
        local own, links = self:trace(), {}
        local all, circle, hops = walk.on(self, own, self.target.name, self.target.types[1])
        links.circle, links.hops = circle or nil, hops > 0 and hops or nil
        for _, link in ipairs(all) do
            if not walk.is_below_top(link.trace.zone) then
                links.absent = link.trace.status == "nxdomain" and link.name or nil
            elseif link.trace.zone ~= own.zone and #links < LINKS_MAX then
                link.servers = walk.servers(link.trace, self.port, self.family)
                links[#links + 1] = link
            end
        end
        return links
    end)
end

-- ---- reporting from `run` ----

local function reporting(ctx, method)
    if not ctx.report then
        error(("ctx:%s is for steps with `run`; a judge uses report:%s"):format(method, method), 3)
    end
end

--- Reports a finding; only in steps that have `run`. See report:finding.
--- ```lua
--- ctx:finding { id = "team.no-mx", severity = "warning", summary = "no MX record", fix = "Add one." }.severity --> "warning"
--- ```
---@param finding table id, summary; severity, layer, subject, stats, evidence, fix, reproduce, weight
---@return dnsprobe.Finding
function Ctx:finding(finding)
    reporting(self, "finding")
    return self.report:finding(finding)
end

--- Puts a table into the report; only in steps that have `run`. See report:table.
--- ```lua
--- ctx:table { key = "mail", columns = { "host", "preference" }, rows = { { "mail.shop.example.", 10 } } }
--- ```
---@param given { key: string, title: string?, columns: string[], rows: table[], always: boolean? }
function Ctx:table(given)
    reporting(self, "table")
    self.report:table(given)
end

--- A remark for the reader of the report; only in steps that have `run`. See report:note.
--- ```lua
--- ctx:note "the mail hosts were not connected to"
--- ```
---@param text string
function Ctx:note(text)
    reporting(self, "note")
    self.report:note(text)
end

--- Shows what is being done, on a terminal.
--- ```lua
--- ctx:progress "asking the mail hosts"
--- ```
---@param text string
function Ctx:progress(text)
    local ok, shown = pcall(plain.text, text, "ctx:progress", 200)
    if not ok then
        error(shown, 2)
    end
    self.on_progress(shown)
end

--- Seconds left until the run's deadline.
--- ```lua
--- ctx:remaining() > 10 --> true
--- ```
---@return number
function Ctx:remaining()
    return math.max(0, self.deadline - dns.now())
end

local meta = {
    __name = "dnsprobe.Ctx",
    __index = function(ctx, key)
        if key == "nameservers" then
            local list = once(ctx, "nameservers", function()
                return walk.servers(ctx:trace(), ctx.port, ctx.family)
            end)
            return list
        end
        return Ctx[key]
    end,
}

--- The delegated servers, where they were measured: what runbooks made of the list is taken only if it is
--- one.
---@param own dnsprobe.Ctx
---@return table[]
function M.nameservers(own)
    local cell = own.shared.nameservers
    local ok, list = pcall(plain.data, type(cell) == "table" and cell.value or {}, "nameservers")
    return ok and type(list) == "table" and list or {}
end

--- A context of these members, as they are.
---@param members table
---@return dnsprobe.Ctx
function M.of(members)
    return setmetatable(members, meta)
end

--- A context for one run.
---@param fields table
---@return dnsprobe.Ctx
function M.new(fields)
    fields.shared = {}
    fields.data = {}
    fields.meter = fields.meter or meter.new()
    fields.on_progress = fields.on_progress or function() end
    return setmetatable(fields, meta)
end

return M
