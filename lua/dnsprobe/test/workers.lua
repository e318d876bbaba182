-- SPDX-License-Identifier: MIT
-- Scenarios side by side: each runs in a child process of this program (a lab and its clock of its own), so
-- many at a time as --jobs says. A child gets the command line of `dnsprobe test` and `--worker
-- INDEX:SEED:FILE`: it runs that one case and leaves its row in FILE as JSON. A child that does not end in
-- time is killed.

local compare = require "dnsprobe.test.compare"
local fs = require "dnsprobe.fs"
local json = require "dnsprobe.json"
local process = require "dnsprobe.process"
local task = require "dnsprobe.base.task"

local M = {}

local DEADLINE_S, GRACE_S = 120, 45 -- of a run by itself; then for judging and on a busy machine

--- How many children run at a time unless --jobs says so: labs mostly wait.
---@return integer
function M.jobs()
    return 2 * process.cores()
end

---@class dnsprobe.test.Case
---@field index integer of the scenario
---@field scenario dnsprobe.lab.Scenario
---@field seed integer

--- The word behind --worker, taken apart; nil where it is none.
---@param text string
---@return integer? index
---@return integer? seed
---@return string? file
function M.parse(text)
    local index, seed, file = text:match("^(%d+):(%d+):(.+)$")
    return math.tointeger(index), math.tointeger(seed), file
end

local function words_of(argv, case, file)
    local words = { process.self() }
    table.move(argv, 1, #argv, 2, words)
    words[#words + 1] = "--worker"
    words[#words + 1] = ("%d:%d:%s"):format(case.index, case.seed, file)
    return words
end

local function why(outcome, seconds)
    if outcome.timed_out then
        return ("killed: it did not end within %d s"):format(seconds)
    elseif outcome.stderr ~= "" then
        return (outcome.stderr:gsub("^dnsprobe: ", ""):gsub("\\010$", ""))
    elseif outcome.signal then
        return ("signal %d ended it"):format(outcome.signal)
    end
    return ("it exited with %d and no report"):format(outcome.status or -1)
end

local function run(argv, case, seconds)
    local file = os.tmpname()
    local _ <close> = setmetatable({}, { __close = function() os.remove(file) end })
    local outcome, err = process.run(words_of(argv, case, file), seconds)
    if not outcome then
        return compare.broken(case.scenario, case.seed, "it could not be started: " .. err)
    end
    local text = fs.read(file)
    local row = text and text ~= "" and json.decode(text)
    return row or compare.broken(case.scenario, case.seed, why(outcome, seconds))
end

--- Runs all cases; rows come in their order.
---@param argv string[] words of the command line behind the program's name
---@param cases dnsprobe.test.Case[]
---@param options { jobs: integer, deadline: number?, on_row: fun(row: dnsprobe.test.Row) }
---@return dnsprobe.test.Row[]
function M.run(argv, cases, options)
    local seconds = (options.deadline or DEADLINE_S) + GRACE_S
    return task.map(cases, function(case)
        local row = run(argv, case, seconds)
        options.on_row(row)
        return row
    end, { limit = options.jobs })
end

return M
