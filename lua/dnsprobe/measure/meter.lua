-- SPDX-License-Identifier: MIT
--- What a run has done so far: counted while it goes on, for whoever shows it.
--
-- The ledger tells every exchange that is entered (`entered`), the sampler what it plans and what of it is
-- done.

local dns = require "dnsprobe"

local M = {}

---@class dnsprobe.Meter
---@field step string? id of the step that is measured
---@field number integer
---@field steps integer
---@field what string? what the step says it does
---@field planned integer samples of this step that are planned so far
---@field done integer
---@field queries integer of the run
---@field failures integer exchanges of the run without a usable answer
---@field asked integer servers of the run that were sent something
---@field answered integer those of them that answered something
---@field ends number? monotonic seconds at which the samples of the step are all sent
---@field deadline number? monotonic seconds
local Meter = {}
Meter.__index = Meter

--- A meter for one run.
---@param fields? { steps: integer?, deadline: number? }
---@return dnsprobe.Meter
function M.new(fields)
    fields = fields or {}
    return setmetatable(
        {
            number = 0,
            steps = fields.steps or 0,
            deadline = fields.deadline,
            planned = 0,
            done = 0,
            queries = 0,
            failures = 0,
            asked = 0,
            answered = 0,
            seen = {},
        },
        Meter
    )
end

--- A step begins: its samples are counted from nothing.
---@param id string
---@param number integer
function Meter:begin(id, number)
    self.step, self.number, self.what = id, number, nil
    self.planned, self.done, self.ends = 0, 0, nil
end

--- So many more samples are planned; the last of them is sent in so many seconds.
---@param count integer
---@param seconds number
function Meter:plan(count, seconds)
    self.planned = self.planned + count
    self.ends = math.max(self.ends or 0, dns.now() + seconds)
end

--- A planned sample is done, whatever became of it.
function Meter:sampled()
    self.done = self.done + 1
end

local FINE = { NOERROR = true, NXDOMAIN = true }

--- An exchange was entered into the ledger.
---@param exchange dnsprobe.Exchange
function Meter:entered(exchange)
    self.queries = self.queries + 1
    local at, response = exchange.server or {}, exchange.response
    local address, port = at.address or "?", at.port or 0
    local ports = self.seen[address]
    if not ports then
        ports = {}
        self.seen[address] = ports
    end
    if ports[port] == nil then
        self.asked, ports[port] = self.asked + 1, false
    end
    if response and not ports[port] then
        self.answered, ports[port] = self.answered + 1, true
    end
    if not response or exchange.outcome ~= "answer" or not FINE[response.rcode] then
        self.failures = self.failures + 1
    end
end

return M
