-- SPDX-License-Identifier: MIT
-- ① The entry of the command: finds the command's file and turns what it raises into one line and an exit
-- code.
--
-- Each command is one file, cli/NAME.lua, which returns
--   name, summary   for help
--   usage           lines of usage for help, where argparse's would not do
--   options         fun(parser, add): declares the options on lua-argparse; absent: `run` reads the words
--   itself
--   run             fun(options, words): returns the exit code
-- Only the file of the command that is called is loaded, so `dnsprobe version` costs no more than itself.

local exit = require "dnsprobe.base.exit"

local M = {}

--- All commands in the order of `dnsprobe help`.
M.commands = {
    "run",
    "query",
    "trace",
    "flush",
    "list",
    "show",
    "lab",
    "new",
    "check",
    "test",
    "replay",
    "diff",
    "merge",
    "bundle",
    "explain",
    "repl",
    "help",
    "version",
}

local aliases = { ["--help"] = "help", ["-h"] = "help", ["--version"] = "version", ["-V"] = "version" }

local known = {}
for _, name in ipairs(M.commands) do
    known[name] = true
end

--- The module of a command. Raises a usage Failure.
---@param name string
---@return table
function M.command(name)
    if not known[name] then
        exit.usage("unknown command '%s'%s", name, require("dnsprobe.base.nearest").listed(name, M.commands))
    end
    return require("dnsprobe.cli." .. name)
end

local function wants_help(words)
    for _, word in ipairs(words) do
        if word == "--" then
            return false
        end
        if word == "-h" or word == "--help" then
            return true
        end
    end
    return false
end

local function call(argv)
    local name = aliases[argv[1]] or argv[1]
    if not name then
        exit.usage("a command is needed: %s", table.concat(M.commands, ", "))
    end
    local command = M.command(name)
    local words = { table.unpack(argv, 2) }
    if wants_help(words) then
        command, words = M.command("help"), { name }
    end
    if not command.options then
        return command.run(words, argv)
    end
    return command.run(require("dnsprobe.cli.tool.args").parse(command, words), argv)
end

local function complain(err)
    local failure = exit.failure(err)
    if failure then
        local hint = failure.code == exit.USAGE
                and failure.see
                and (" (see: dnsprobe help %s)"):format(failure.see)
            or ""
        -- A runbook's own words are in it: whatever they are, it stays one line of text.
        io.stderr:write("dnsprobe: ", require("dnsprobe").escape(failure.message), hint, "\n")
        return failure.code
    end
    io.stderr:write("dnsprobe: internal error: ", tostring(err), "\n")
    return exit.INTERNAL
end

-- A signal that nobody waits for by itself (`run` does, and writes what it has) cancels the first task.
local function interrupted(err)
    local ok, task = pcall(require, "dnsprobe.task.core")
    return ok and task.is_canceled(err)
end

local function trace(err)
    if exit.failure(err) or interrupted(err) then
        return err
    end
    return debug.traceback(tostring(err), 2)
end

--- Runs a command line.
---@param argv string[] words behind the program's name
---@return integer code exit code
function M.main(argv)
    local ok, result = xpcall(call, trace, argv)
    if ok then
        return result or exit.OK
    end
    return interrupted(result) and exit.INTERRUPTED or complain(result)
end

return M
