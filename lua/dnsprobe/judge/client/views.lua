-- SPDX-License-Identifier: MIT
--- The table "views": what the C library, c-ares, each resolver of this host and the zone's servers give.

local answers = require "dnsprobe.dns.answers"
local resolvers = require "dnsprobe.judge.tool.resolvers"
local truths = require "dnsprobe.judge.truth"
local words = require "dnsprobe.judge.tool.words"

local M = {}

local function stub_text(result)
    if not result then
        return "-"
    end
    local list = table.move(result.addresses or {}, 1, #(result.addresses or {}), 1, {})
    table.sort(list)
    return #list > 0 and table.concat(list, " ") or tostring(result.status)
end

-- What the stub resolvers of this host say.
local function add_stubs(rows, lookups)
    for _, lookup in ipairs(lookups) do
        local function add(who, result, note)
            rows[#rows + 1] = { who, lookup.type, stub_text(result), words.time(result and result.elapsed_us),
                note or "" }
        end
        add("C library", lookup.libc, lookup.unmeasured and "not measured: " .. lookup.unmeasured or nil)
        add("c-ares", lookup.stub)
    end
end

-- What one of this host's resolvers says.
local function add_resolver(rows, group, types, truth)
    for _, type in ipairs(types) do
        local view = resolvers.view(group, type, truth and truth.types[type])
        local row = view.rows[1]
        rows[#rows + 1] = { words.server(group.target), type, row and answers.text(row.answer) or "-",
            words.time(row and row.exchange.rtt_us), view.state }
    end
end

function M.judge(report, data, groups, truth)
    local rows = {}
    add_stubs(rows, data.view.lookups)
    for _, group in ipairs(groups.domain) do
        if group.target.host then
            add_resolver(rows, group, report.target.types, truth)
        end
    end
    for _, type in ipairs(truth and report.target.types or {}) do
        rows[#rows + 1] = { "the zone's servers", type, truths.text(truth.types[type], 3), "-", "" }
    end
    report:table { key = "views", columns = { "who", "type", "answer", "took", "note" }, rows = rows }
end

return M
