-- SPDX-License-Identifier: MIT
-- dnsprobe new NAME [--from RUNBOOK]: an editable runbook in the current folder.
--
-- Without --from it is a skeleton with one step of its own and a scenario beside it that tests it; with
-- --from it is a copy of that runbook's file, whose steps are still found by their ids in the search path.

local exit = require "dnsprobe.base.exit"
local find = require "dnsprobe.guest.find"
local fs = require "dnsprobe.fs"

local M = { name = "new", summary = "write an editable copy or skeleton into the current folder" }

local skeleton = [[
-- NAME: what it looks for, in one sentence.
--
--   dnsprobe check ./NAME.lua                      is everything written as it should be?
--   dnsprobe test ./NAME.lua                       does it find what it should, and nothing else? (in the
--   lab, no network) dnsprobe test ./NAME.lua --coverage            which of these lines has no scenario
--   reached? dnsprobe run ./NAME.lua shop.example           the real thing
--
-- Where to begin: change the question in `measure`, the condition in `judge`, then the fault in
-- scenarios/NAME-slow.lua. If Lua is new to you: `--` begins a remark, `..` joins texts, `~=` is "not equal",
-- `#list` is how many there are.
local runbook = require "dnsprobe.runbook"

-- A step asks in `measure` and decides in `judge`. `judge` sees only what `measure` returned, so a recorded
-- run can be judged again (dnsprobe replay) after a threshold has changed.
local answers_slowly = {
    id = "answers-slowly",
    title = "Do the zone's servers answer in time?",
    sends = "one A query, --samples times, to every server of the zone",
    params = {
        limit_ms = { type = "integer", default = 200, min = 1, max = 10000, unit = "ms",
                     help = "an answer that takes longer counts as slow" },
    },
    measure = function(ctx)
        return ctx:sample {
            targets = ctx.nameservers,
            questions = { { name = ctx.target.name, type = "A", rd = false } },
        }
    end,
    judge = function(samples, report)
        local slow, evidence = 0, {}
        for _, sample in ipairs(samples) do
            local rtt_us = sample.exchange.rtt_us
            if rtt_us and rtt_us > report.params.limit_ms * 1000 then
                slow = slow + 1
                evidence[#evidence + 1] = sample.exchange
            end
        end
        if slow * 10 > #samples then -- one slow answer now and then is nobody's fault
            report:finding {
                id = "NAME.slow", severity = "warning",
                summary = ("%d of %d answers took longer than %d ms"):format(slow, #samples, report.params.limit_ms),
                stats = { failures = slow, samples = #samples },
                evidence = evidence,
                fix = "Ask the DNS provider why.",
            }
        end
    end,
}

return runbook.define {
    name = "NAME",
    summary = "The zone's servers, and whether they answer in time",
    steps = { "nameservers", answers_slowly }, -- "nameservers" is a shipped one: dnsprobe show intermittent
    scenarios = {
        "healthy", -- a shipped one, in which nothing is wrong: dnsprobe lab
        "./scenarios/NAME-slow.lua", -- a file beside this one
        -- A small one can stand here. `base` is the scenario it starts from, `expect` what has to be found.
        { name = "one-server-dead", base = "dead-ns", expect = { "auth.ns-unreachable" },
          also_run = { samples = 8 } }, -- options of `run`: few samples show a server that is dead
    },
}
]]

local scenario = [[
-- A small internet with one fault in it, for: dnsprobe test ./NAME.lua
-- Look at it with dig:                        dnsprobe lab ./scenarios/NAME-slow.lua
-- What else may stand here:                   dnsprobe help scenario
return {
    title = "One of three name servers is slow",
    story = "ns2 sits behind an overloaded link: its answers take half a second.",
    change = function(net)
        net:server("ns2.shop.example.").faults.delay = 0.5 -- seconds
    end,
    expect = { "NAME.slow" }, -- what the runbook has to find, and nothing else above info
}
]]

function M.options(parser)
    parser:argument("name", "Name of the new runbook, and of its file NAME.lua."):argname("NAME")
    parser:option("--from", "Copy this runbook instead of the skeleton."):argname("RUNBOOK")
end

-- The copy carries the new name; relative files and everything else stay as they are.
local function copy_of(from, name)
    local path, err = find.runbook(from)
    if not path then
        exit.usage("%s", err)
    end
    local text = fs.read(path)
    return (text:gsub('(name%s*=%s*)"[^"\n]*"', function(key) return ('%s"%s"'):format(key, name) end, 1))
end

local function write(path, text)
    local ok, err = fs.write_atomic(path, text)
    if not ok then
        exit.usage("%s: %s", path, err or "cannot be written")
    end
end

function M.run(options)
    local name = options.name:gsub("%.lua$", "")
    if not name:match("^%l[%w-]*$") then
        exit.usage_of(
            "new",
            "NAME: lower-case letters, digits and - are needed, got '%s'",
            require("dnsprobe").escape(name)
        )
    end
    local file, beside = name .. ".lua", ("scenarios/%s-slow.lua"):format(name)
    for _, path in ipairs { file, not options.from and beside or nil } do
        if fs.exists(path) then
            exit.usage_of("new", "%s is there already", path)
        end
    end
    if options.from then
        write(file, copy_of(options.from, name))
        io.stdout:write(("%s written; next: dnsprobe check ./%s\n"):format(file, file))
        return 0
    end
    local made, err = fs.mkdir_p("scenarios")
    if not made then
        exit.usage("scenarios: %s", err or "the folder cannot be made")
    end
    write(file, (skeleton:gsub("NAME", name)))
    write(beside, (scenario:gsub("NAME", name)))
    io.stdout:write(
        ("%s and %s written; next:\n  dnsprobe test ./%s      (in the lab, no network; takes some "
            .. "seconds)\n"):format(
            file,
            beside,
            file
        )
    )
    return 0
end

return M
