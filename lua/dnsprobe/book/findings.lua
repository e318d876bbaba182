-- SPDX-License-Identifier: MIT
-- Every finding id dnsprobe knows: its layer, how grave it is, and what `dnsprobe explain` says about it.
--
-- A row lives in findings/LAYER.lua. To add a finding, add a row there; `explain`, the report, the HTML and
-- the tests take everything from the row. Members of a row:
--   severity   what it is reported as unless the step says otherwise
--   max        never reported above this (ids that are observations only have max = "info")
--   direct     true when one look decides it (contents of answers), not a rate over samples
--   title      a few words
--   means, decided, mistaken, fixes   the four paragraphs of `dnsprobe explain`
--   rfc        sources
--   decider    where it is decided, below lua/dnsprobe/judge/, where that is not LAYER/NAME of its own
--              (several ids that one computation tells apart)

local M = {}

-- From the one who asks outwards: the order in which equally grave findings are listed.
M.layers = { "application", "client", "path", "recursive", "delegation", "authoritative", "dnssec" }

---@class dnsprobe.FindingKind
---@field id string
---@field layer string
---@field severity "info"|"warning"|"critical"
---@field max "info"|"warning"|"critical"
---@field title string
---@field means string
---@field decided string
---@field mistaken string
---@field fixes string
---@field rfc string[]
---@field decider? string

M.rank = { info = 1, warning = 2, critical = 3 }

local rows = {}
local ids = {}

for _, layer in ipairs(M.layers) do
    for id, row in pairs(require("dnsprobe.book.findings." .. layer)) do
        row.id, row.layer = id, layer
        row.max = row.max or "critical"
        rows[id] = row
        ids[#ids + 1] = id
    end
end
table.sort(ids)

--- The row of an id, or nil: ids with another prefix ("team.mail-spf") belong to a runbook.
---@param id string
---@return dnsprobe.FindingKind?
function M.get(id)
    return rows[id]
end

--- All ids, sorted.
---@return string[]
function M.ids()
    return ids
end

local prefixes = {}
for _, id in ipairs(ids) do
    prefixes[id:match("^[^.]+")] = true
end

--- Checks an id a step reports: one of ours, or a runbook's own with a prefix that is not one of ours.
---@param id any
---@return boolean? ok
---@return string? reason
function M.valid_id(id)
    if type(id) ~= "string" then
        return nil, "id: a string is needed, got " .. type(id)
    end
    if rows[id] then
        return true
    end
    local prefix = id:match("^(%l[%w_-]*)%.%l[%w_.-]*$")
    if not prefix then
        return nil,
            ("id %q: lower-case letters with a prefix and a dot are needed, as in team.mail-spf"):format(id)
    end
    if prefixes[prefix] then
        return nil, ("id %q is not known; a runbook's own ids carry a prefix of their own"):format(id)
    end
    return true
end

--- The graver of two severities.
function M.worse(a, b)
    return M.rank[a] >= M.rank[b] and a or b
end

--- `severity` held down to what the row allows.
---@param id string
---@param severity "info"|"warning"|"critical"
function M.capped(id, severity)
    local row = rows[id]
    if row and M.rank[severity] > M.rank[row.max] then
        return row.max
    end
    return severity
end

return M
