-- SPDX-License-Identifier: MIT
--- What is this host's and its resolvers', and not the domain's: in a bulk run it is sampled once for all
--- domains, and again when it has become old.

local dns = require "dnsprobe"
local exchanges = require "dnsprobe.dns.exchanges"
local survey = require "dnsprobe.measure.survey"
local task = require "dnsprobe.base.task"

local M = {}

--- How long samples stand for the present (seconds).
local FRESH_S = 300
local POLL_S = 0.02

---@class dnsprobe.Common
local Common = {}
Common.__index = Common

--- Nothing sampled yet.
---@return dnsprobe.Common
function M.new()
    return setmetatable({ cells = {} }, Common)
end

-- What there is: taken by the library with the context of the run itself, never with what a runbook made of
-- it.
local takes = { control = survey.take_control, identity = survey.take_identity }

local function checked(name)
    return takes[name] or error(("common:samples: there are no samples %q"):format(tostring(name)), 3)
end

--- Samples for one run alone.
---@param name "control"|"identity"
---@param ctx dnsprobe.Ctx
---@return { target: table, question: table, exchange: dnsprobe.Exchange }[] samples
---@return any more
function M.take(name, ctx)
    return checked(name)(ctx)
end

-- Takes the samples as the first.
local function take(self, name, ctx)
    local cell = { owner = ctx }
    self.cells[name] = cell
    local _ <close> = setmetatable({}, { __close = function()
        self.cells[name] = cell.taken and cell or nil -- canceled: the next one takes them
    end })
    cell.samples, cell.more = takes[name](ctx)
    for _, sample in ipairs(cell.samples) do
        exchanges.lend(sample.exchange)
    end
    cell.taken = dns.now()
    return cell
end

--- The samples of this name. Who comes first takes them; who comes meanwhile waits. Each gets a copy of its
--- own.
---@param name "control"|"identity"
---@param ctx dnsprobe.Ctx that of the run itself
---@return { target: table, question: table, exchange: dnsprobe.Exchange }[] samples
---@return any more the second result of whoever took them
function Common:samples(name, ctx)
    checked(name)
    while true do
        local cell = self.cells[name]
        if not cell or (cell.taken and cell.taken + FRESH_S < dns.now()) then
            cell = take(self, name, ctx)
        end
        if cell.taken then
            local copy = exchanges.copied { cell.samples, cell.more }
            return copy[1], copy[2]
        end
        task.sleep(POLL_S)
    end
end

--- A run has ended. One that was stopped closes nothing: what it was taking, the next one takes.
---@param ctx dnsprobe.Ctx
function Common:leave(ctx)
    for name, cell in pairs(self.cells) do
        if cell.owner == ctx and not cell.taken then
            self.cells[name] = nil
        end
    end
end

return M
