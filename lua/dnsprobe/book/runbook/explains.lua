-- SPDX-License-Identifier: MIT
-- A runbook's own rows of the table that says what explains what (dnsprobe.explains):
--
--   explains = {
--       { cause = "team.vpn-view", effect = { "client.split-dns", "recursive.divergence" }, when = "same
--       server",
--         because = "the VPN's resolver gives its own view" },
--   }
-- `when` is one of the words below or function(cause, effect); without it the row always holds. One side of a
-- row is an id of the team's: how the shipped findings explain one another is decided by the tool. No row may
-- close a circle.

local exit = require "dnsprobe.base.exit"
local findings = require "dnsprobe.book.findings"
local mistake = require "dnsprobe.book.runbook.mistake"
local params = require "dnsprobe.book.runbook.params"
local sandbox = require "dnsprobe.guest.sandbox"
local shipped = require "dnsprobe.book.explains"

local M = {}

local members = { cause = "string", effect = "any", when = "any", because = "string" }

-- The condition as a function; a mistake in it ends the command with exit 65.
local function condition(path, row)
    local when = row.when
    if when == nil then
        return nil
    end
    if type(when) == "string" then
        return shipped.conditions[when]
            or mistake.raise(
                path,
                { when },
                "explains: when: there is no %q; there are: %s",
                when,
                table.concat(params.sorted_keys(shipped.conditions), ", ")
            )
    end
    if type(when) ~= "function" then
        mistake.raise(path, { row.cause }, "explains: when: a function or one of %s is needed, got a %s",
            table.concat(params.sorted_keys(shipped.conditions), ", "), type(when))
    end
    return function(cause, effect)
        local ok, result = pcall(sandbox.guard, when, cause, effect)
        if not ok then
            exit.input("%s", (tostring(result):match("^[^\n]*")))
        end
        return result
    end
end

local function check_id(path, id)
    local ok, reason = findings.valid_id(id)
    if not ok then
        mistake.raise(path, { id }, "explains: %s", reason)
    end
end

local function check_row(path, row, number)
    if type(row) ~= "table" then
        mistake.raise(path, { "explains" }, "explains: row %d is a %s, not a table", number, type(row))
    end
    for _, key in ipairs(params.sorted_keys(row)) do
        local want = members[key]
        if not want then
            mistake.raise(
                path,
                { key, "explains" },
                "explains: row %d: unknown member %q; there are: because, cause, effect, when",
                number,
                tostring(key)
            )
        elseif want ~= "any" and type(row[key]) ~= want then
            mistake.raise(
                path,
                { key, "explains" },
                "explains: row %d: %s is a %s, not a %s",
                number,
                key,
                type(row[key]),
                want
            )
        end
    end
    for _, key in ipairs { "cause", "effect", "because" } do
        if row[key] == nil then
            mistake.raise(
                path,
                { row.cause or "explains", "explains" },
                "explains: row %d: %s is missing",
                number,
                key
            )
        end
    end
end

local function checked(path, row, number)
    check_row(path, row, number)
    local effects = type(row.effect) == "table" and row.effect or { row.effect }
    check_id(path, row.cause)
    for _, effect in ipairs(effects) do
        check_id(path, effect)
        if findings.get(row.cause) and findings.get(effect) then
            mistake.raise(
                path,
                { row.cause },
                "explains: %s and %s are both shipped findings; one side has to be your own",
                row.cause,
                effect
            )
        end
    end
    return { cause = row.cause, effect = effects, because = row.because, when = condition(path, row) }
end

-- The first id that leads back to itself.
local function circle(rows)
    local causes = {}
    for _, list in ipairs { shipped.rows, rows } do
        for _, row in ipairs(list) do
            for _, effect in ipairs(row.effect) do
                causes[row.cause] = causes[row.cause] or {}
                table.insert(causes[row.cause], effect)
            end
        end
    end
    local function reaches(from, to, seen)
        for _, effect in ipairs(causes[from] or {}) do
            if effect == to then
                return true
            elseif not seen[effect] then
                seen[effect] = true
                if reaches(effect, to, seen) then
                    return true
                end
            end
        end
        return false
    end
    for _, row in ipairs(rows) do
        if reaches(row.cause, row.cause, {}) then
            return row.cause
        end
    end
    return nil
end

--- Checks the rows of a runbook and adds them to those of the runbook that it extends.
---@param path string file that they stand in
---@param given table[]? rows
---@param base table[]? rows of the extended runbook
---@return table[]? rows as verdict.judge takes them
function M.rows(path, given, base)
    if not given then
        return base
    end
    local out = table.move(base or {}, 1, #(base or {}), 1, {})
    for number, row in ipairs(given) do
        out[#out + 1] = checked(path, row, number)
    end
    local id = circle(out)
    if id then
        mistake.raise(path, { id, "explains" }, "explains: %s would explain itself in a circle", id)
    end
    return out
end

return M
