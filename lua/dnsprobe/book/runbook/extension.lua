-- SPDX-License-Identifier: MIT
-- The steps of `runbook.extend`: those of the extended runbook with the team's before, after or in place of
-- them.
--
-- The extended runbook is upgraded without asking the team. What still fits goes on to work; what does not (a
-- step that is gone, or one that came under an id of the team's) is an error that names the step and what can
-- be done.

local mistake = require "dnsprobe.book.runbook.mistake"
local nearest = require "dnsprobe.base.nearest"
local params = require "dnsprobe.book.runbook.params"

local M = {}

local places = { "before", "after", "replace" }

local function ids_of(base)
    local known, list = {}, {}
    for i, step in ipairs(base.steps) do
        known[step.id], list[i] = true, step.id
    end
    return known, list
end

-- Every step that `before`, `after`, `replace` and `skip` name has to be there.
local function check_places(base, spec, path)
    local known, list = ids_of(base)
    local function check(place, id)
        if not known[id] then
            mistake.raise(
                path,
                { id, place },
                "runbook.extend: %s: %s has no step %q%s",
                place,
                base.name,
                tostring(id),
                nearest.listed(id, list)
            )
        end
    end
    for _, place in ipairs(places) do
        for _, id in ipairs(params.sorted_keys(spec[place] or {})) do
            check(place, id)
        end
    end
    for _, id in ipairs(spec.skip or {}) do
        check("skip", id)
        if spec.replace and spec.replace[id] then
            mistake.raise(path, { id }, "runbook.extend: step %q is both replaced and skipped", id)
        end
    end
end

local function check_unique(steps, own, base, path)
    local seen = {}
    for _, step in ipairs(steps) do
        local other = seen[step.id]
        if other then
            if own[step] and own[other] then
                mistake.raise(path, { step.id }, "two steps with the id %q", step.id)
            end
            mistake.raise(
                path,
                { step.id },
                "runbook.extend: %s has a step %q of its own; give yours another id, or put it in its place "
                    .. "with replace",
                base.name,
                step.id
            )
        end
        seen[step.id] = step
    end
end

--- The steps of an extension.
---@param base dnsprobe.Runbook
---@param spec table what runbook.extend was given
---@param path string its file
---@param resolve fun(entry: any, near: string): dnsprobe.Step near: the step at whose place it stands
---@return dnsprobe.Step[] steps
---@return dnsprobe.Step[] added those that the team brought
function M.steps(base, spec, path, resolve)
    check_places(base, spec, path)
    local skip, steps, added, own = {}, {}, {}, {}
    for _, id in ipairs(spec.skip or {}) do
        skip[id] = true
    end
    local function add(place, id)
        local entry = spec[place] and spec[place][id]
        if entry == nil then
            return false
        end
        local several = type(entry) == "table" and #entry > 0
        for _, one in ipairs(several and entry or { entry }) do
            local step = resolve(one, id)
            steps[#steps + 1], added[#added + 1], own[step] = step, step, true
        end
        return true
    end
    for _, step in ipairs(base.steps) do
        add("before", step.id)
        if not add("replace", step.id) and not skip[step.id] then
            steps[#steps + 1] = step
        end
        add("after", step.id)
    end
    check_unique(steps, own, base, path)
    return steps, added
end

return M
