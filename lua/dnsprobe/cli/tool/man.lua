-- SPDX-License-Identifier: MIT
-- The man pages, in roff, from the declarations that `dnsprobe help` is made of: `dnsprobe help man PAGE`.

local describe = require "dnsprobe.cli.tool.describe"
local dns = require "dnsprobe"
local find = require "dnsprobe.guest.find"
local findings = require "dnsprobe.book.findings"
local fs = require "dnsprobe.fs"

local M = {}

-- ---- roff ----

---@class dnsprobe.Roff
---@field lines string[]
local Roff = {}
Roff.__index = Roff

local function escaped(text)
    text = text:gsub("\\", "\\e"):gsub("%-", "\\-")
    return (text:gsub("^([.'])", "\\&%1"):gsub("\n([.'])", "\n\\&%1"))
end

function Roff:macro(line)
    self.lines[#self.lines + 1] = "." .. line
end

function Roff:text(text)
    self.lines[#self.lines + 1] = escaped((text:gsub("%s+", " "):gsub("^ ", ""):gsub(" $", "")))
end

function Roff:section(title) self:macro('SH "' .. title .. '"') end

function Roff:part(title) self:macro('SS "' .. escaped(title) .. '"') end

-- An entry of a list: what it is called, in bold, and what it is.
function Roff:entry(name, value, text)
    self:macro "TP"
    self.lines[#self.lines + 1] = "\\fB"
        .. escaped(name)
        .. "\\fR"
        .. (value and " \\fI" .. escaped(value) .. "\\fR" or "")
    self:text(text ~= "" and text or "\\&")
end

-- Lines as they are.
function Roff:verbatim(text)
    if not self.lines[#self.lines]:match("^%.SH") then
        self:macro "PP"
    end
    self:macro "nf"
    self.lines[#self.lines + 1] = escaped((text:gsub("\n$", "")))
    self:macro "fi"
end

local function page(name, section, summary)
    local self = setmetatable({ lines = {} }, Roff)
    self:macro(('TH %s %s "" "dnsprobe %s" ""'):format(name:upper():gsub("%-", "\\-"), section, dns.version))
    self:section "NAME"
    self.lines[#self.lines + 1] = escaped(name) .. " \\- " .. escaped(summary)
    return self
end

-- ---- dnsprobe(1) ----

local function command_part(out, command)
    out:part(command.name)
    out.lines[#out.lines + 1] = "\\fB" .. escaped(command.usage) .. "\\fR"
    out:macro "PP"
    out:text(command.summary:gsub("^%l", string.upper) .. ".")
    if command.name == "query" then
        out:text "See dnsprobe-query(1)."
        return
    end
    for paragraph in
        ((command.description or "") .. "\n\n" .. (command.epilog or "")):gmatch("%S.-%f[\n\0]\n?\n?")
    do
        out:macro "PP"
        out:text(paragraph)
    end
    for _, one in ipairs(command.arguments) do
        out:entry(one.name, nil, one.text)
    end
    for _, option in ipairs(command.options) do
        if option.text ~= "" and option.names[1] ~= "-h" then
            out:entry(table.concat(option.names, ", "), option.value, option.text)
        end
    end
end

local EXIT = { { "0", "healthy: no finding above info" }, { "1", "the worst finding is a warning" },
    { "2", "the worst finding is critical" }, { "3", "unknown: too little could be measured to say" },
    { "64", "wrong usage" }, { "65", "a broken runbook or input file" }, { "70", "an internal error" },
    { "130", "interrupted; the partial report is still written" } }

local ENVIRONMENT = {
    { "DNSPROBE_PATH", "Folders in which runbooks are looked for, separated by colons." },
    {
        "DNSPROBE_CONFIG",
        "A config file that stands for those below; empty: none is read. See dnsprobe help config.",
    },
    { "DNSPROBE_SET_KEY", "Value of the parameter KEY of the runbook, where --set does not give one." },
    { "NO_COLOR", "Where set and not empty, output has no colours." },
    {
        "SSL_CERT_FILE, SSL_CERT_DIR",
        "Certificates that the application check trusts, instead of the system's.",
    },
}

local FILES = {
    { "/etc/dnsprobe/config.lua, ~/.config/dnsprobe/config.lua", "Defaults of a host and of a user." },
    { "/etc/dnsprobe/runbooks, ~/.config/dnsprobe/runbooks", "Runbooks of a host and of a user." },
}

local function entries(out, title, list)
    out:section(title)
    for _, one in ipairs(list) do
        out:entry(one[1], nil, one[2])
    end
end

local pages = {}

pages["dnsprobe"] = function()
    local out = page("dnsprobe", 1, "find the DNS fault that hits only some users, some of the time")
    out:section "SYNOPSIS"
    local forms = {}
    for i, command in ipairs(describe.all()) do
        forms[i] = ("dnsprobe %s %s"):format(command.name, command.form or ""):gsub(" $", "")
    end
    out:verbatim(table.concat(forms, "\n"))
    out:section "DESCRIPTION"
    out:text(
        "dnsprobe asks every party that could be at fault, often enough for the rate in question, and says "
            .. "with figures who is to blame, how sure it is, what to do, and which dig line shows it again. "
            .. "What is asked and how it is judged stands in runbooks: see dnsprobe-runbook(5)."
    )
    out:section "COMMANDS"
    for _, command in ipairs(describe.all()) do
        command_part(out, command)
    end
    entries(out, "EXIT STATUS", EXIT)
    entries(out, "ENVIRONMENT", ENVIRONMENT)
    entries(out, "FILES", FILES)
    out:section "EXAMPLES"
    out:verbatim(
        "dnsprobe run intermittent shop.example\ndnsprobe run intermittent shop.example --lab ns-divergence\n"
            .. "dnsprobe query shop.example @192.0.2.1 +nsid\ndnsprobe explain auth.ns-divergence"
    )
    out:section "SEE ALSO"
    out:text "dnsprobe-query(1), dnsprobe-runbook(5), dig(1)"
    return out
end

-- ---- dnsprobe-query(1) ----

pages["dnsprobe-query"] = function()
    local command = describe.command "query"
    local out = page("dnsprobe-query", 1, command.summary)
    out:section "SYNOPSIS"
    out:text(command.usage)
    out:section "DESCRIPTION"
    out:verbatim(command.description)
    out:section "WORDS"
    out:text(require("dnsprobe.cli.tool.digwords").known())
    out:section "SEE ALSO"
    out:text "dnsprobe(1), dig(1)"
    return out
end

-- ---- dnsprobe-runbook(5) ----

local EXAMPLE = [[
local runbook = require "dnsprobe.runbook"
return runbook.define {
    name = "team-mail",
    summary = "the zone's servers, and our mail records",
    steps = { "nameservers", "./steps/spf.lua" },
}]]

-- The shipped runbooks, as they are in the folder of the one that is always there.
local function shipped()
    local out, folder = {}, (find.shipped("intermittent.lua") or ""):match("^.*/") or ""
    for _, file in ipairs(fs.list(folder) or {}) do
        if find.runbook_text(folder .. file) then
            local ok, book = pcall(require("dnsprobe.book.runbook").load, folder .. file)
            out[#out + 1] = ok and book or nil
        end
    end
    return out
end

pages["dnsprobe-runbook"] = function()
    local out = page("dnsprobe-runbook", 5, "what dnsprobe measures and how it judges, in Lua")
    out:section "DESCRIPTION"
    out:text(
        "A runbook is a Lua file that returns what runbook.define made of a table: name, summary, params, "
            .. "steps, explains, findings. A step is a shipped one by its id, a file beside the runbook, or "
            .. "a table with id, title, and either measure and judge, or run. runbook.extend changes a "
            .. "shipped runbook without copying it."
    )
    out:verbatim(EXAMPLE)
    out:macro "PP"
    out:text(
        "dnsprobe new NAME writes a skeleton, dnsprobe check loads and validates it, dnsprobe test runs it "
            .. "against the lab, and dnsprobe help api describes every function that it can call."
    )
    out:section "PLACES"
    out:text(
        "A runbook is looked for as the path given, then in ./, $DNSPROBE_PATH, "
            .. "$XDG_CONFIG_HOME/dnsprobe/runbooks, /etc/dnsprobe/runbooks and the installed "
            .. "share/dnsprobe/runbooks."
    )
    out:section "SANDBOX"
    out:text(
        "A runbook reads no files but those below its own folder and the installed ones, starts no programs, "
            .. "and sees no environment. It has ceilings on memory, on processor time between two waits, on "
            .. "queries (--max-queries, or its own max_queries) and on the rate at each server (--qps); it "
            .. "asks no private address that the run does not name, and connects only to what was answered "
            .. "for the target. --trust lifts what holds Lua and the ceilings on time and memory, and the "
            .. "report says so."
    )
    out:section "STATE"
    out:text(
        "ctx.state:get and ctx.state:set keep a little from run to run: below $XDG_STATE_HOME/dnsprobe, or "
            .. "where --state says; with --lab only where --state names a file."
    )
    out:section "SHIPPED RUNBOOKS"
    local seen = {}
    local books = shipped()
    for _, book in ipairs(books) do
        out:entry(book.name, nil, book.summary)
    end
    out:section "SHIPPED STEPS"
    for _, book in ipairs(books) do
        for _, step in ipairs(book.steps) do
            if not seen[step.id] then
                seen[step.id] = true
                out:entry(step.id, nil, step.title)
            end
        end
    end
    out:section "FINDINGS"
    for _, id in ipairs(findings.ids()) do
        out:entry(id, nil, findings.get(id).title)
    end
    out:section "SEE ALSO"
    out:text "dnsprobe(1)"
    return out
end

--- Names of the pages, sorted.
---@return string[]
function M.pages()
    return { "dnsprobe", "dnsprobe-query", "dnsprobe-runbook" }
end

--- A page in roff, or nil where there is none of that name.
---@param name string
---@return string?
function M.page(name)
    return pages[name] and table.concat(pages[name]().lines, "\n") .. "\n"
end

return M
