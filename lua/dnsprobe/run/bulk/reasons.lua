-- SPDX-License-Identifier: MIT
-- Why domains have no verdict: the errors of their lines, or what the verdict says was not measured. Texts
-- that differ in the domain's name and in figures only are one reason; it is shown as the first of the list
-- has it.

local examples = require "dnsprobe.run.bulk.examples"
local json = require "dnsprobe.json"

local M = {}

local MOST = 100 -- reasons; what comes beyond is one more
local SHOWN = 10
local OTHERS = "for other reasons"

---@class dnsprobe.BulkReasons
local Reasons = {}
Reasons.__index = Reasons

--- None yet.
---@return dnsprobe.BulkReasons
function M.new()
    return setmetatable({ by_key = {}, list = {} }, Reasons)
end

local function text_of(record)
    if type(record.error) ~= "table" then
        return tostring(record.summary or "-")
    end
    return (
        tostring(record.error.text)
            :gsub("^line %d+: ", "")
            :gsub("^.* is not a domain name: ", "not a domain name: ")
    )
end

local function masked(text, record)
    local absolute = tostring(record.name or "")
    for _, name in ipairs { absolute:gsub("%.$", "") or "", tostring(record.domain or "") } do
        if name ~= "" then
            text = text:gsub(name:gsub("%p", "%%%0"), "\0")
        end
    end
    return (text:gsub("%d+", "#"))
end

--- Adds one line of a bulk run that has neither a cause nor a verdict.
---@param record table schema dnsprobe.bulk/1
function Reasons:add(record)
    local text = text_of(record)
    local code = type(record.error) == "table" and math.tointeger(record.error.code) or nil
    local key = (code or "") .. masked(text, record)
    local reason = self.by_key[key]
    if not reason and #self.list >= MOST then
        key, code, text = OTHERS, nil, OTHERS
        reason = self.by_key[key]
    end
    if not reason then
        reason = { code = code, domains = 0, examples = {} }
        self.by_key[key], self.list[#self.list + 1] = reason, reason
    end
    reason.domains = reason.domains + 1
    examples.add(reason.examples, record.line, record.name or tostring(record.domain))
    if not reason.text or reason.line > (math.type(record.line) and record.line or math.huge) then
        reason.text, reason.line = text, math.type(record.line) and record.line or math.huge
    end
end

--- The reasons, those of most domains first.
---@return table[] code (of an error, as an exit status), text, domains, examples
function Reasons:document()
    local out = {}
    for i, reason in ipairs(self.list) do
        out[i] = { code = reason.code or json.null, text = reason.text, domains = reason.domains,
            examples = json.array(examples.names(reason.examples)) }
    end
    table.sort(out, function(a, b)
        return a.domains > b.domains or a.domains == b.domains and a.text < b.text
    end)
    return json.array(out)
end

--- The reasons for people, a line each and one with examples.
---@param list table[] from `document`
---@param out string[] lines are added here
function M.tell(list, out)
    for i, reason in ipairs(list) do
        if i > SHOWN then
            out[#out + 1] = ("         and %d other reasons"):format(#list - SHOWN)
            return
        end
        out[#out + 1] = ("%7d  %s: %s"):format(
            reason.domains,
            reason.code ~= json.null and "not measured" or "unknown",
            reason.text
        )
        out[#out + 1] = ("         such as %s"):format(table.concat(reason.examples, ", "))
    end
end

return M
