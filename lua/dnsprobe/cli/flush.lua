-- SPDX-License-Identifier: MIT
-- dnsprobe flush: flush this host's stub caches, or say how (--plan), also for another platform.

local dns = require "dnsprobe"
local exit = require "dnsprobe.base.exit"
local tables = require "dnsprobe.base.table"

local M = { name = "flush", summary = "flush this host's stub caches; --plan only prints how" }

function M.options(parser)
    parser:flag("--plan", "Print what would be run, and run nothing.")
    parser
        :option("--platform", "Another platform; implies --plan.")
        :choices { "linux", "macos", "windows", "java" }
    parser:option("--format", "text or json."):choices { "text", "json" }:default("text")
    parser:flag("--json", "The same as --format json.")
end

local function command_text(step)
    if step.argv then
        local words = {}
        for i, word in ipairs(step.argv) do
            words[i] = word:match("^[%w%-_./=:]+$") and word or "'" .. word .. "'"
        end
        return table.concat(words, " ")
    end
    return step.text or ""
end

local function state_of(step)
    local outcome = step.outcome
    if outcome then
        if outcome.ok then
            return "flushed"
        end
        local why = outcome.stderr and outcome.stderr ~= "" and outcome.stderr
            or outcome.signal and ("signal %d"):format(outcome.signal)
            or ("status %s"):format(outcome.status or "?")
        return "failed: " .. tables.plain(why)
    end
    if step.manual then
        return "by hand"
    end
    return step.present == false and "not on this host" or step.needs_root and "needs root" or ""
end

local function text_of(plan)
    local out = {}
    for _, step in ipairs(plan.steps) do
        local state = state_of(step)
        out[#out + 1] = ("%s%s"):format(tables.plain(step.what), state ~= "" and "  (" .. state .. ")" or "")
        out[#out + 1] = "  " .. tables.plain(command_text(step))
        if step.why then
            out[#out + 1] = "  " .. tables.plain(step.why)
        end
    end
    if #plan.steps == 0 then
        out[1] = "No cache to flush was found on this host."
    end
    return table.concat(out, "\n") .. "\n"
end

local function worst(plan)
    for _, step in ipairs(plan.steps) do
        if step.outcome and not step.outcome.ok then
            return exit.WARNING
        end
    end
    return exit.OK
end

function M.run(options)
    local only_plan = options.plan or options.platform ~= nil
    if not only_plan then
        dns.setup { allow_flush = true }
    end
    local plan = dns.flush { plan = only_plan, platform = options.platform }
    if options.format == "json" then
        local json = require "dnsprobe.json"
        io.stdout:write(json.encode({ schema = "dnsprobe.flush/1", platform = plan.platform,
            steps = json.array(plan.steps) }, { pretty = true, sort = true }), "\n")
    else
        io.stdout:write(text_of(plan))
    end
    return worst(plan)
end

return M
