-- SPDX-License-Identifier: MIT
--- What is this host's and its resolvers', and not the domain's: in a bulk run it is sampled once for all domains, and
--- again when it has become old.

local dns = require "dnsprobe"
local ledger = require "dnsprobe.ledger"
local task = require "dnsprobe.task"

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

--- The samples of this name. Who comes first takes them; who comes meanwhile waits.
---@param name string
---@param take fun(): { target: table, question: table, exchange: dnsprobe.Exchange }[], any
---@return { target: table, question: table, exchange: dnsprobe.Exchange }[] samples, shared: not to be changed
---@return any more the second result of `take`
function Common:samples(name, take)
    while true do
        local cell = self.cells[name]
        if not cell or (cell.taken and cell.taken + FRESH_S < dns.now()) then
            cell = {}
            self.cells[name] = cell
            local _ <close> = setmetatable({}, { __close = function()
                self.cells[name] = cell.taken and cell or nil -- canceled: the next one takes them
            end })
            cell.samples, cell.more = take()
            for _, sample in ipairs(cell.samples) do
                ledger.lend(sample.exchange)
            end
            cell.taken = dns.now()
        end
        if cell.taken then
            return cell.samples, cell.more
        end
        task.sleep(POLL_S)
    end
end

return M
