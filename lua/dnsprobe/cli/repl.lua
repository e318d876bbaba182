-- SPDX-License-Identifier: MIT
-- dnsprobe repl [DOMAIN]: a prompt with the functions of a runbook; with input that is no terminal, without a
-- prompt.

local dns = require "dnsprobe"
local exit = require "dnsprobe.base.exit"
local fs = require "dnsprobe.fs"

local M = { name = "repl", summary = "a prompt with the functions of a runbook, to try things" }

local DAY_S = 86400

function M.options(parser, add)
    parser
        :argument("domain", "The target of `ctx`; default: the scenario's domain, else the root.")
        :argname("DOMAIN")
        :args("?")
    add("type", "resolvers", "samples", "time", "pace", "allow", "network", "lab", "seed", "state")
    parser:epilog(
        "Examples:\n  dnsprobe repl --lab healthy\n  echo 'names.reverse \"192.0.2.1\"' | dnsprobe "
            .. "repl\n\nEvery module of the API is there by its name (dnsprobe help api), `ctx` is that of a "
            .. "run, and calls wait as they\ndo in a runbook. An expression prints its value; `_` is the "
            .. "last one. help() lists the functions, TAB completes,\nCtrl-C stops the running call, Ctrl-D "
            .. "ends. From a pipe, the first error ends it with exit 65.\nA line sends at most 50000 "
            .. "queries, and all together what --max-queries says."
    )
end

-- What ends a line that sends without end.
local function ceiling_of(options)
    local in_all, of_a_line = require("dnsprobe.run.launch.ceilings").queries(options, options.book)
    return (in_all > 0 and ("%d of the session (--max-queries), "):format(in_all) or "")
        .. ("%d of one line"):format(of_a_line)
end

-- A run without steps, for its context.
local function session_of(options, argv)
    options.book = { name = "repl", summary = "", params = {}, steps = {} }
    options.deadline, options.by_line = DAY_S, true
    if not options.domain then
        options.domain = options.lab and require("dnsprobe.lab.scenarios").load(options.lab).domain or "."
    end
    return require("dnsprobe.run.launch").session(options, argv)
end

local function report_of(ctx, vantage)
    return require("dnsprobe.judge.pen").new(
        { id = "repl" },
        {
            target = ctx.target,
            params = ctx.params,
            data = {},
            resolvers = ctx.resolvers,
            host = ctx.host,
            vantage = vantage,
            samples = ctx.samples,
            detect = ctx.detect,
            lab = ctx.lab,
            nameservers = {},
        }
    )
end

local function write(text)
    io.stdout:write(text)
    io.stdout:flush()
end

-- ---- from a pipe ----

local function run_lines(prompt, lines)
    local state, last = "done", 0
    for line in lines do
        local text
        last = last + 1
        state, text = prompt:feed(line)
        if state == "failed" then
            exit.input("%s", (text:match("^stdin:%d+:") and "" or ("stdin:%d: "):format(last)) .. text)
        end
        write(text)
    end
    if state == "more" then
        exit.input("stdin:%d: the input ends within a statement", last)
    end
    return exit.OK
end

-- ---- at a terminal ----

local function history_file()
    local path = require("dnsprobe.measure.state").path "repl"
    local folder = path and path:match("^(.*)/[^/]*$")
    return folder and fs.mkdir_p(folder) and folder .. "/repl_history" or nil
end

-- Lines without an editor, where libedit is not there.
local plain = {}

function plain.read(_, prompt)
    write(prompt)
    local line = io.stdin:read("l")
    if require("dnsprobe.task.core").interrupted() then -- it came while we read: the line is not meant
        return nil, "interrupted"
    end
    return line, not line and "end" or nil
end

function plain.remember() end

function plain.close() end

local function converse(prompt, editor)
    local state = "done"
    local function complete(before)
        return prompt:complete(before)
    end
    while true do
        local line, why = editor:read(state == "more" and ">> " or "> ", complete)
        if not line then
            write("\n")
            if why ~= "interrupted" then
                return why == "terminated" and exit.INTERRUPTED or exit.OK
            end
            prompt:forget()
            state = "done"
        else
            if line:match("%S") then
                editor:remember(line)
            end
            local text
            state, text = prompt:feed(line)
            write(state == "failed" and text .. "\n" or text)
        end
    end
end

local function banner(ctx)
    return ("dnsprobe %s; ctx is about %s. help() lists the functions, Ctrl-D ends.\n"):format(dns.version,
        require("dnsprobe.dns.names").plain(ctx.target.name))
end

function M.run(options, argv)
    local session = session_of(options, argv)
    local ctx, terminal = session.ctx, fs.isatty(0)
    ctx.report = report_of(ctx, session.vantage)
    require("dnsprobe.task.core").on_signal(nil, true)
    require("dnsprobe.base.task").sleep(0) -- from here on the loop sees Ctrl-C
    local prompt = require("dnsprobe.cli.tool.prompt").new { ctx = ctx, report = ctx.report, write = write,
        ceiling = ceiling_of(options), name = terminal and "repl" or "stdin", numbered = not terminal }
    local ok, code
    if terminal then
        local editor = require("dnsprobe.line").open(history_file()) or plain
        write(banner(ctx))
        ok, code = pcall(converse, prompt, editor)
        editor:close()
    else
        ok, code = pcall(run_lines, prompt, io.stdin:lines())
    end
    session.save_state()
    if session.lab then
        session.lab.stop()
    end
    if not ok then
        error(code, 0)
    end
    return code
end

return M
