-- SPDX-License-Identifier: MIT
-- dnsprobe help [COMMAND]

local cli = require "dnsprobe.cli.entry"

local M = {
    name = "help",
    summary = "this overview, or the options of a command",
    usage = "dnsprobe help [COMMAND]",
}

-- Help on what is no command: name → module that writes the page.
local topics = {
    config = "dnsprobe.cli.help.config",
    bulk = "dnsprobe.cli.help.bulk",
    scenario = "dnsprobe.cli.help.scenario",
    runbook = "dnsprobe.cli.help.runbook",
    api = "dnsprobe.cli.help.api",
    man = "dnsprobe.cli.help.man",
    completion = "dnsprobe.cli.help.complete",
    complete = "dnsprobe.cli.help.complete",
}

--- What stands behind a command, in short.
M.forms = {
    run = "RUNBOOK DOMAIN",
    query = "NAME [TYPE] [@SERVER] [+opt ...]",
    trace = "NAME [TYPE]",
    show = "RUNBOOK",
    lab = "[SCENARIO]",
    new = "NAME [--from RUNBOOK]",
    check = "RUNBOOK",
    test = "RUNBOOK",
    replay = "REPORT",
    diff = "A B",
    merge = "REPORT...",
    bundle = "show FILE",
    explain = "FINDING",
    repl = "[DOMAIN]",
    help = "[COMMAND]",
    flush = "[--plan]",
}

local function overview()
    local lines = { "dnsprobe finds the DNS fault that hits only some users, some of the time.", "" }
    for _, name in ipairs(cli.commands) do
        local form = name .. " " .. (M.forms[name] or "")
        lines[#lines + 1] = ("  dnsprobe %-42s %s"):format(form, cli.command(name).summary)
    end
    lines[#lines + 1] = ""
    lines[#lines + 1] = "First steps:   dnsprobe run intermittent shop.example       dnsprobe lab"
    lines[#lines + 1] = "More:          dnsprobe help config       (defaults of a host or a user)"
    lines[#lines + 1] = "               dnsprobe help bulk         (lists of domains)"
    lines[#lines + 1] = "               dnsprobe help runbook      (what a runbook is made of, and may)"
    lines[#lines + 1] = "               dnsprobe help scenario     (what a lab scenario is made of)"
    lines[#lines + 1] = "               dnsprobe help api [NAME]   (what runbooks can call)"
    lines[#lines + 1] =
        "               dnsprobe help man PAGE     (dnsprobe, dnsprobe-query or dnsprobe-runbook, for man)"
    lines[#lines + 1] = "               dnsprobe help completion SHELL    (bash, zsh or fish)"
    lines[#lines + 1] =
        "Exit status:   0 healthy, 1 warning, 2 critical, 3 unknown, 64 usage, 65 broken input, 130 "
            .. "interrupted"
    return table.concat(lines, "\n") .. "\n"
end

function M.run(words)
    local name = words[1]
    if not name then
        io.stdout:write(overview())
        return 0
    end
    if topics[name] then
        io.stdout:write(require(topics[name]).page({ table.unpack(words, 2) }, name))
        return 0
    end
    if not pcall(cli.command, name) then
        local all = { table.unpack(cli.commands) }
        for topic in pairs(topics) do
            all[#all + 1] = topic
        end
        require("dnsprobe.base.exit").usage(
            "no help on '%s'%s",
            name,
            require("dnsprobe.base.nearest").hint(name, all)
        )
    end
    local command = cli.command(name)
    if command.options then
        io.stdout:write(require("dnsprobe.cli.tool.args").parser(command):get_help(), "\n")
    else
        io.stdout:write("Usage: ", command.usage, "\n\n", command.summary:gsub("^%l", string.upper), ".\n")
        if command.help then
            io.stdout:write("\n", command.help)
        end
    end
    return 0
end

return M
