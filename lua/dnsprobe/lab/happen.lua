-- SPDX-License-Identifier: MIT
-- What happens in a running lab later: the task that calls the events of a net (net:after) on the lab's
-- clock, and lets the lab serve what they have changed.

local dns = require "dnsprobe"
local exit = require "dnsprobe.base.exit"
local place = require "dnsprobe.lab.called"
local sandbox = require "dnsprobe.guest.sandbox"
local task = require "dnsprobe.base.task"

local M = {}

-- The next event that has not happened, the earliest first; an event may add others.
local function next_of(events)
    local best
    for _, event in ipairs(events) do
        if not event.done and (not best or event.at < best.at) then
            best = event
        end
    end
    return best
end

local function change(path, event, running, check)
    sandbox.guard(place.call, path, event.change, running.net)
    check()
    running:apply()
end

--- Lets all events happen; to be spawned. An event that goes wrong ends the command (exit 65).
---@param path string the scenario's, for errors
---@param running dnsprobe.lab.Build
---@param speed number of the lab's clock
---@param options { check: fun(), on_event: (fun(at: number))? } check raises what an event may not do
function M.run(path, running, speed, options)
    local started, event = dns.now(), next_of(running.net.events)
    while event do
        task.sleep(math.max(0, started + event.at / speed - dns.now()))
        event.done = true
        local ok, err = pcall(change, path, event, running, options.check)
        if not ok then
            exit.input("%s: event after %g s: %s", path, event.at, tostring(err))
        end
        if options.on_event then
            options.on_event(event.at)
        end
        event = next_of(running.net.events)
    end
end

return M
