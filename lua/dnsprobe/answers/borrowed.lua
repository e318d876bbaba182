-- SPDX-License-Identifier: MIT
-- answers.of for the library's own eyes: the answer that is kept, without a copy. It is neither changed nor handed on to
-- runbooks.

local kept = require "dnsprobe.answers.kept"
local read = require "dnsprobe.answers.read"

local M = {}

--- What an exchange says about its question; see answers.of.
---@param exchange dnsprobe.Exchange
---@return dnsprobe.Answer borrowed: not to be changed
function M.of(exchange)
    local message, outcome, question = exchange.response, exchange.outcome, exchange.question
    local answer = message and kept.peek(message, outcome, question)
    if not answer then
        answer = read.answer(exchange)
        kept.put(message, outcome, question, answer)
    end
    return answer
end

return M
