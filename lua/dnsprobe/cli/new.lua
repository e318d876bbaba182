-- SPDX-License-Identifier: MIT
-- dnsprobe new NAME [--from RUNBOOK]: an editable runbook in the current folder.
--
-- Without --from it is a skeleton with one step of its own; with --from it is a copy of that runbook's file, whose
-- steps are still found by their ids in the search path.

local exit = require "dnsprobe.exit"
local find = require "dnsprobe.runbook.find"
local fs = require "dnsprobe.fs"

local M = { name = "new", summary = "write an editable copy or skeleton into the current folder" }

local skeleton = [[
-- NAME: what it looks for, in one sentence.
-- Try it:   dnsprobe check ./NAME.lua
--           dnsprobe run ./NAME.lua shop.example --lab healthy
local runbook = require "dnsprobe.runbook"

-- A step asks in `measure` and decides in `judge`. `judge` sees only what `measure` returned, so a recorded run can
-- be judged again (dnsprobe replay) after a threshold has changed.
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
        if slow > 0 then
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
    steps = { "nameservers", answers_slowly },
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

function M.run(options)
    local name = options.name:gsub("%.lua$", "")
    if not name:match("^%l[%w-]*$") then
        exit.usage_of("new", "NAME: lower-case letters, digits and - are needed, got '%s'", require("dnsprobe").escape(name))
    end
    local file = name .. ".lua"
    if fs.exists(file) then
        exit.usage_of("new", "%s is there already", file)
    end
    local text = options.from and copy_of(options.from, name) or skeleton:gsub("NAME", (name:gsub("%%", "%%%%")))
    local ok, err = fs.write_atomic(file, text)
    if not ok then
        exit.usage("%s: %s", file, err or "cannot be written")
    end
    io.stdout:write(("%s written; next: dnsprobe check ./%s\n"):format(file, file))
    return 0
end

return M
