-- SPDX-License-Identifier: MIT
-- What a runbook's tables lack: texts that people will look for, and ids that do not hold.

local find = require "dnsprobe.guest.find"
local findings = require "dnsprobe.book.findings"
local fs = require "dnsprobe.fs"
local nearest = require "dnsprobe.base.nearest"

local M = {}

-- The ids of the steps that `runbook.define` would find from a folder.
local function step_ids(folder)
    local out, folders = {}, find.folders()
    table.insert(folders, 1, folder)
    for _, one in ipairs(folders) do
        for _, file in ipairs(fs.list(one .. "steps/") or {}) do
            out[#out + 1] = file:match("^(.+)%.lua$")
        end
    end
    return out
end

local function check_steps(list, folder, add)
    local seen = {}
    for _, item in ipairs(list.items) do
        local value, id = item.value, nil
        if value.kind == "String" and not value.value:find("/", 1, true)
            and not value.value:match("%.lua$") then
            id = value.value
            if not find.step(id, folder) then
                add(
                    value.line,
                    ("no step named %q (steps/%s.lua) was found%s"):format(
                        id,
                        id,
                        nearest.hint(id, step_ids(folder))
                    )
                )
            end
        elseif value.kind == "Table" then
            for _, member in ipairs(value.items) do
                id = member.key
                        and member.key.value == "id"
                        and member.value.kind == "String"
                        and member.value.value
                    or id
            end
        end
        if id and seen[id] then
            add(value.line, ("two steps with the id %q; the other one is in line %d"):format(id, seen[id]))
        end
        seen[id or list] = value.line
    end
end

local function check_params(list, add)
    local of_spec = { type = true, default = true, min = true, max = true, values = true, unit = true }
    for _, item in ipairs(list.items) do
        local is_spec, has_help = false, false
        for _, member in ipairs(item.value.kind == "Table" and item.value.items or {}) do
            local key = member.key and member.key.value
            is_spec = is_spec or of_spec[key]
            has_help = has_help or key == "help"
        end
        if is_spec and not has_help and item.key then
            add(
                item.line,
                ("parameter %s: help is missing: what is it for?"):format(item.key.value),
                "warning"
            )
        end
    end
end

local severities = { info = true, warning = true, critical = true }

local function check_finding(node, keys, add)
    local id, severity = keys.id.value, keys.severity
    local ok, reason = findings.valid_id(id)
    if not ok then
        add(keys.id.line, ("finding: %s%s"):format(reason, nearest.hint(id, findings.ids())))
    end
    if severity and severity.kind == "String" and not severities[severity.value] then
        add(
            severity.line,
            ("finding %s: severity %q; there are: info, warning, critical"):format(id, severity.value)
        )
    end
    if not keys.summary then
        add(node.line, ("finding %s: summary is missing"):format(id))
    elseif keys.summary.kind == "String" and keys.summary.value == "" then
        add(keys.summary.line, ("finding %s: summary is empty"):format(id))
    end
    if ok and not keys.fix and not findings.get(id) then
        add(node.line, ("finding %s: fix is missing: what should be done about it?"):format(id), "warning")
    end
end

-- Members that tell a table apart from a finding: steps, runbooks, scenarios and rows of `explains` have ids
-- too.
local others = { "title", "measure", "judge", "run", "steps", "expect", "cause", "name", "params" }

local function is_finding(keys)
    if not keys.id or keys.id.kind ~= "String" or not (keys.severity or keys.summary or keys.evidence) then
        return false
    end
    for _, key in ipairs(others) do
        if keys[key] then
            return false
        end
    end
    return true
end

-- A step says what it sends.
local function check_sends(node, keys, add)
    if keys.id and keys.title and (keys.measure or keys.run) and not keys.sends then
        local id = keys.id.kind == "String" and keys.id.value or "?"
        local text = "step %s: sends is missing: what does it send at defaults, for `dnsprobe show`?"
        add(node.line, text:format(id), "warning")
    end
end

local function check_not_empty(key, value, add)
    if value and value.kind == "String" and value.value:match("^%s*$") then
        add(value.line, key .. " is empty")
    end
end

--- Looks at one table of a text.
---@param node table of check/parser.lua
---@param keys table<string, table> its members with a name
---@param folder string of the file
---@param add fun(line: integer, text: string, severity: string?)
function M.check(node, keys, folder, add)
    if keys.steps and keys.steps.kind == "Table" and (keys.summary or keys.name) then
        check_steps(keys.steps, folder, add)
    end
    if keys.params and keys.params.kind == "Table" then
        check_params(keys.params, add)
    end
    check_sends(node, keys, add)
    if keys.steps or keys.id then
        check_not_empty("summary", keys.summary, add)
        check_not_empty("title", keys.title, add)
    end
    if is_finding(keys) then
        check_finding(node, keys, add)
    end
end

return M
