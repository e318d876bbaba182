-- SPDX-License-Identifier: MIT
-- What Messages were read as answers: each is read once, however many judges ask, and however often the table of its
-- exchange is made anew (ledger). Who asks gets a table of its own, so what is written into it changes nothing here.
--
-- Only Messages of the core are kept: nobody can change them, and what a plain table says may change at any time.

local M = {}

---@class dnsprobe.KeptAnswer
---@field answer dnsprobe.Answer?
---@field outcome string
---@field name string
---@field type string

local cells = setmetatable({}, { __mode = "k" }) -- Message → dnsprobe.KeptAnswer, one for all Messages of an exchange

local function list(values)
    return table.move(values, 1, #values, 1, {})
end

local function copy(answer)
    return {
        kind = answer.kind, key = answer.key, values = list(answer.values), chain = list(answer.chain), ttl = answer.ttl,
        late = answer.late, rcode = answer.rcode, aa = answer.aa, ra = answer.ra, ad = answer.ad, soa = answer.soa,
        ede = list(answer.ede),
    }
end

--- What a Message was read as; nil where it was not yet, or as something else.
---@param message any
---@param outcome string of its exchange
---@param question table? of its exchange
---@return dnsprobe.Answer?
function M.get(message, outcome, question)
    local cell = cells[message]
    if cell and cell.answer and question and cell.outcome == outcome and cell.name == question.name and cell.type == question.type then
        return copy(cell.answer)
    end
end

--- Keeps what a Message was read as.
---@param message any
---@param outcome string
---@param question table?
---@param answer dnsprobe.Answer copied
function M.put(message, outcome, question, answer)
    if type(message) ~= "userdata" or not question then
        return
    end
    local cell = cells[message] or {}
    cells[message] = cell
    cell.answer, cell.outcome, cell.name, cell.type = copy(answer), outcome, question.name, question.type
end

--- Two Messages are of one exchange: what one is read as, the other is too.
---@param message any
---@param fresh any
function M.share(message, fresh)
    if type(message) == "userdata" and type(fresh) == "userdata" then
        cells[message] = cells[message] or {}
        cells[fresh] = cells[message]
    end
end

return M
