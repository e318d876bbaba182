-- SPDX-License-Identifier: MIT
-- Tasks: coroutines that read like straight code. A task waits in dns.exchange, task.sleep and the like while
-- others go on; it has a parent, and what a parent started ends with it. An error in a task is raised where
-- somebody waits for it; a canceled task unwinds through an error value of its own.
local core = require "dnsprobe.task.core"

local M = {}

--- Runs `f` as the first task and drives the event loop until it ends; what it started ends with it. Not for
--- runbooks, which run in one.
---@param f fun(...): any
---@param ... any its arguments
---@return any ... what f returns
M.run = core.run

--- Waits without holding up others.
--- ```lua
--- task.sleep(0.01)
--- ```
---@param seconds number
M.sleep = core.sleep

--- Tells the error value of a cancellation from others, after a pcall. It should be raised again.
--- ```lua
--- function canceled()
---     local waiting = task.spawn(function() task.sleep(60) end)
---     waiting:cancel()
---     local ok, err = pcall(waiting.await, waiting)
---     return ok, task.is_canceled(err)
--- end
--- canceled() --> false, true
--- ```
---@param value any
---@return boolean
M.is_canceled = core.is_canceled

--- The traceback of the last failure, through all the tasks it passed.
--- ```lua
--- pcall(task.all, { function() error "broken" end })
--- type(task.traceback()) --> "string"
--- ```
---@return string?
M.traceback = core.traceback

--- `f(name)` runs as a task when SIGINT or SIGTERM asks the run to stop. Without it the run is canceled. Not
--- for runbooks.
---@param f? fun(name: string)
M.on_signal = core.on_signal

---@class dnsprobe.Task
---@field cancel fun(self: dnsprobe.Task) ends it where it waits
---@field status fun(self: dnsprobe.Task): "running"|"done"|"failed"
---@field await fun(self: dnsprobe.Task): ... waits for its end; its results, or its error raised

--- Starts a task that runs beside the caller, and ends with it. Its handle has await, cancel and status.
--- ```lua
--- function both()
---     local beside = task.spawn(function() return ctx:query { name = "shop.example", server = "127.53.2.1" } end)
---     local here = ctx:query { name = "shop.example", server = "127.53.2.2" }
---     return here.outcome, beside:await().outcome
--- end
--- both() --> "answer", "answer"
--- ```
---@param f fun(...): any
---@param ... any its arguments
---@return dnsprobe.Task
M.spawn = core.spawn

-- A list of tasks that are canceled when the scope that holds it is left.
local group = {
    __close = function(handles)
        for i = 1, #handles do
            handles[i]:cancel()
        end
    end,
}

-- Waits for all; the first error of one is raised here, and the others are canceled by their group.
local function join(handles)
    if core.join(handles) == "failed" then
        for i = 1, #handles do
            if handles[i]:status() == "failed" then
                core.results(handles[i])
            end
        end
    end
end

--- Runs functions at once and waits for all; an error of one cancels the others and is raised.
--- ```lua
--- task.all { function() return 1 end, function() task.sleep(0.01) return 2 end } --> { 1, 2, n = 2 }
--- ```
---@param functions (fun(): any)[]
---@return any[] results the first result of each, in order; `n` is their number
function M.all(functions)
    local handles <close> = setmetatable({}, group)
    for i = 1, #functions do
        handles[i] = core.spawn(functions[i])
    end
    join(handles)
    local results = { n = #functions }
    for i = 1, results.n do
        results[i] = core.results(handles[i])
    end
    return results
end

--- Calls `f(item, index)` for every item, at most `limit` at once (default: all).
--- ```lua
--- outcomes = task.map(ctx.nameservers, function(server)
---     return ctx:query { name = "shop.example", server = server.address }.outcome
--- end, { limit = 2 })
--- outcomes --> { "answer", "answer", "answer", n = 3 }
--- ```
---@generic T
---@param list T[]
---@param f fun(item: T, index: integer): any
---@param options? { limit: integer? }
---@return any[] results the first result of each call, in the order of the list; `n` is their number
function M.map(list, f, options)
    local n = #list
    local results = { n = n }
    local handles <close> = setmetatable({}, group)
    local taken = 0
    local function worker() -- a task takes item after item: as many coroutines as run at once, not as items
        while taken < n do
            taken = taken + 1
            local i = taken
            results[i] = f(list[i], i)
        end
    end
    for i = 1, math.min(n, options and options.limit or n) do
        handles[i] = core.spawn(worker)
    end
    join(handles)
    return results
end

--- Calls `f(...)` and gives up after so many seconds: it is canceled, and has ended when this returns.
--- ```lua
--- task.deadline(0.01, task.sleep, 60) --> false, "deadline"
--- ```
---@param seconds number
---@param f fun(...): any
---@param ... any its arguments
---@return boolean finished
---@return any ... results, or "deadline"
function M.deadline(seconds, f, ...)
    local handle <close> = core.spawn(f, ...)
    if core.join({ handle }, seconds) == "deadline" then
        handle:cancel()
        core.join({ handle })
        return false, "deadline"
    end
    return true, core.results(handle)
end

return M
