-- SPDX-License-Identifier: MIT
-- The scheduler: order, errors, cancellation, deadlines. Times are those of the loop; none is waited for
-- longer than a few milliseconds, except where the point is that it is not waited for.
local dns = require "dnsprobe"
local task = require "dnsprobe.base.task"

local function quick(f, ...)
    local started = dns.now()
    local results = table.pack(task.run(f, ...))
    assert.is_true(dns.now() - started < 5, "waited for what was canceled")
    return table.unpack(results, 1, results.n)
end

describe("task", function()
    it("returns what the first task returns", function()
        assert.same({ 1, "b" }, { quick(function(...) return ... end, 1, "b") })
    end)

    it("runs functions at once and keeps their order", function()
        local results = quick(function()
            return task.all { function() task.sleep(0.003) return "slow" end, function() return "fast" end }
        end)
        assert.same({ "slow", "fast", n = 2 }, results)
    end)

    it("maps at most `limit` items at once", function()
        local running, most = 0, 0
        local results = quick(function()
            return task.map({ 1, 2, 3, 4, 5, 6 }, function(item)
                running = running + 1
                most = math.max(most, running)
                task.sleep(0.001)
                running = running - 1
                return item * 2
            end, { limit = 2 })
        end)
        assert.same({ 2, 4, 6, 8, 10, 12, n = 6 }, results)
        assert.equal(2, most)
    end)

    it("raises the first error and cancels the others", function()
        local canceled = false
        local ok, err = pcall(quick, function()
            task.all {
                function() canceled = not pcall(task.sleep, 60) end,
                function() task.sleep(0.001) error("boom") end,
            }
        end)
        assert.is_false(ok)
        assert.matches("task_spec%.lua:%d+: boom", err)
        assert.is_true(canceled)
        assert.matches("stack traceback", task.traceback())
    end)

    it("cancels by an error value that unwinds <close> variables", function()
        local closed = false
        quick(function()
            local handle = task.spawn(function()
                local guard <close> = setmetatable({}, { __close = function() closed = true end })
                task.sleep(60)
                return guard
            end)
            task.sleep(0.001)
            handle:cancel()
            local ok, err = pcall(handle.await, handle)
            assert.is_false(ok)
            assert.is_true(task.is_canceled(err))
            assert.equal("failed", handle:status())
        end)
        assert.is_true(closed)
    end)

    it("cancels what has not begun yet by the same error value", function()
        quick(function()
            local handle = task.spawn(task.sleep, 60)
            handle:cancel()
            local ok, err = pcall(handle.await, handle)
            assert.is_false(ok)
            assert.is_true(task.is_canceled(err))
        end)
    end)

    it("gives up at a deadline", function()
        quick(function()
            assert.same({ false, "deadline" }, { task.deadline(0.002, task.sleep, 60) })
            assert.same({ true, 7 }, { task.deadline(1, function() return 7 end) })
        end)
    end)

    it("ends children with their parent", function()
        quick(function()
            task.spawn(task.sleep, 60)
        end)
    end)

    it("uses a coroutine again without a trace of the task before", function()
        quick(function()
            local seen, handles = {}, {}
            for i = 1, 600 do
                local handle = task.spawn(function(...)
                    seen[coroutine.running()] = true
                    task.sleep(0)
                    return table.unpack({ ... }, 1, i % 4)
                end, i, -i, nil, i)
                local got = table.pack(handle:await())
                assert.same(table.pack(table.unpack({ i, -i, nil, i }, 1, i % 4)), got)
                handles[i] = handle
                if i % 50 == 0 then -- one that fails is not used again
                    assert.is_false(pcall(handle.await, task.spawn(error, "wrong")))
                end
            end
            assert.same({ 597, "done" }, { handles[597]:await(), handles[597]:status() }) -- a second time
            assert.same({ 598, -598 }, { handles[598]:await() })
            assert.equal(0, select("#", handles[600]:await()))
            local count = 0
            for _ in pairs(seen) do
                count = count + 1
            end
            assert.is_true(count < 500, "a coroutine for each")
        end)
    end)

    it("loses no error of a child that nobody waited for", function()
        local ok, err = pcall(quick, function()
            task.spawn(function() error("unseen") end)
            task.sleep(0.001)
        end)
        assert.is_false(ok)
        assert.matches("unseen", err)
    end)

    it("says where waiting is impossible", function()
        assert.error_matches(function() task.sleep(0) end, "inside task%.run")
        assert.error_matches(function()
            quick(function() coroutine.wrap(function() task.sleep(0) end)() end)
        end, "coroutine of your own")
        assert.error_matches(function()
            quick(function() table.sort({ 2, 1 }, function() task.sleep(0) end) end)
        end, "sort or gsub")
    end)

    it("has thousands of tasks at once", function()
        quick(function()
            local handles = {}
            for i = 1, 3000 do
                handles[i] = task.spawn(function() task.sleep(0.001) return i end)
            end
            assert.equal(3000, handles[3000]:await())
        end)
    end)
end)
