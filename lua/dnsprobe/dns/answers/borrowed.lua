-- SPDX-License-Identifier: MIT
-- answers.of for the library's own eyes: the answer that is kept, without a copy. It is neither changed nor
-- handed on to runbooks.

local kept = require "dnsprobe.dns.answers.kept"
local read = require "dnsprobe.dns.answers.read"

local M = {}

--- What an exchange says about its question; see answers.of.
---@param exchange dnsprobe.Exchange
---@param outcome string? its outcome, where that is known already
---@return dnsprobe.Answer borrowed: not to be changed
function M.of(exchange, outcome)
    local message, question = exchange.response, exchange.question
    outcome = outcome or exchange.outcome
    local answer = message and kept.peek(message, outcome, question)
    if not answer then
        answer = read.answer(exchange)
        kept.put(message, outcome, question, answer)
    end
    return answer
end

return M
