-- SPDX-License-Identifier: MIT
-- Lines are counted in the task that asked for it and in those it spawns.

local coverage = require "dnsprobe.coverage"
local task = require "dnsprobe.base.task"

local path = os.tmpname()

local function chunk(text)
    local file <close> = assert(io.open(path, "w"))
    file:write(text)
    file:close()
    return assert(loadfile(path))
end

describe("dnsprobe.coverage", function()
    teardown(function() os.remove(path) end)

    it("counts what ran, in tasks too, and nothing else", function()
        local f = chunk(table.concat({
            "local task, which = ...",             -- 1
            "if which then",                       -- 2
            "    task.sleep(0.001)",               -- 3
            "else",
            "    error 'not reached'",             -- 5
            "end",
            "return task.map({ 1, 2 }, function(n)",
            "    task.sleep(0)",                   -- 8
            "    return n",                        -- 9
            "end)",
        }, "\n"))
        local seen
        task.run(function()
            coverage.start()
            f(task, true)
            seen = coverage.lines()[path]
        end)
        for _, line in ipairs { 1, 2, 3, 8, 9 } do
            assert.is_true(seen[line], tostring(line))
        end
        assert.is_nil(seen[5])
    end)

    it("leaves out the library, also for a runbook of the current folder", function()
        local real = coverage.lines
        coverage.lines = function()
            return { ["lua/main.c"] = { [1] = true }, ["dnsprobe/measure/walk.lua"] = { [1] = true } }
        end
        local taken = require("dnsprobe.test.coverage").taken({ path = "./book.lua" }, { outcomes = {} }, {})
        coverage.lines = real
        assert.same({ ["lua/main.c"] = { 1 } }, taken.files)
    end)
end)
