-- SPDX-License-Identifier: MIT
-- What Messages were read as answers: each is read once, however many judges ask, and however often the table
-- of its exchange is made anew (ledger). A server that is asked the same a hundred times mostly says the
-- same: Messages whose octets differ in the id only are read once as well.
--
-- Who asks gets a table of its own (`get`), so what is written into it changes nothing here; `peek` is for
-- the library's own eyes. Only Messages of the core are kept: nobody can change them, and what a plain table
-- says may change at any time.

local M = {}

---@class dnsprobe.KeptAnswer
---@field answer dnsprobe.Answer?
---@field outcome string
---@field name string
---@field type string

local BEHIND_ID = 3 -- the first octet that is not the id's (RFC 1035, section 4.1.1)
local BYTES_MAX = 4096 -- of a Message that is told by its octets: they are held a second time

-- Message → dnsprobe.KeptAnswer, one for all Messages of an exchange
local cells = setmetatable({}, { __mode = "k" })
-- Octets behind the id → that of the last Message with them
local by_wire = setmetatable({}, { __mode = "v" })

local function list(values)
    return table.move(values, 1, #values, 1, {})
end

--- A copy that belongs to whoever gets it.
---@param answer dnsprobe.Answer
---@return dnsprobe.Answer
function M.copy(answer)
    return {
        kind = answer.kind,
        key = answer.key,
        values = list(answer.values),
        chain = list(answer.chain),
        ttl = answer.ttl,
        late = answer.late,
        rcode = answer.rcode,
        aa = answer.aa,
        ra = answer.ra,
        ad = answer.ad,
        soa = answer.soa,
        ede = list(answer.ede),
    }
end

local function fits(cell, outcome, question)
    return cell
        and cell.answer
        and question
        and cell.outcome == outcome
        and cell.name == question.name
        and cell.type == question.type
end

local function wire_of(message)
    local wire = message.wire
    return type(wire) == "string" and #wire <= BYTES_MAX and wire:sub(BEHIND_ID) or nil
end

--- What a Message was read as, not to be changed nor handed on; nil where it was not yet, or as something
--- else.
---@param message any
---@param outcome string of its exchange
---@param question table? of its exchange
---@return dnsprobe.Answer?
function M.peek(message, outcome, question)
    local cell = cells[message]
    if fits(cell, outcome, question) then
        return cell.answer
    elseif cell and cell.answer or type(message) ~= "userdata" then
        return nil
    end
    local same = by_wire[wire_of(message)]
    if fits(same, outcome, question) then
        if cell then -- the other Messages of the exchange have this cell, too
            cell.answer, cell.outcome, cell.name, cell.type = same.answer, same.outcome, same.name, same.type
        else
            cells[message] = same
        end
        return same.answer
    end
end

--- Keeps what a Message was read as.
---@param message any
---@param outcome string
---@param question table?
---@param answer dnsprobe.Answer from now on not to be changed
function M.put(message, outcome, question, answer)
    if type(message) ~= "userdata" or not question then
        return
    end
    local cell, wire = cells[message], wire_of(message)
    if not cell or cell.answer then -- one with an answer may be that of other exchanges, which stand by it
        cell = {}
        cells[message] = cell
    end
    cell.answer, cell.outcome, cell.name, cell.type = answer, outcome, question.name, question.type
    if wire then
        by_wire[wire] = cell
    end
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
