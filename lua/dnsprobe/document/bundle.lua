-- SPDX-License-Identifier: MIT
-- A file to send, schema dnsprobe.bundle/1: one run with everything that `replay` needs, and what the host is
-- configured with. One JSON document, compressed with gzip: whoever gets it can look into it without
-- dnsprobe.
--
--   schema, tool, redacted, redactions [{ kind, count }], files [{ name, text }] of the host's configuration,
--   report
--
-- It is redacted unless that is switched off: document/redact.lua says of what. Comments and unrelated
-- entries of configuration files are left out too.

local dns = require "dnsprobe"
local form = require "dnsprobe.document.form"
local fs = require "dnsprobe.fs"
local json = require "dnsprobe.json"

local M = {}

M.SCHEMA = "dnsprobe.bundle/1"

local UNPACKED_MAX <const> = 64 * 1024 * 1024 -- what a JSON text may take (core/json)
local FILE_MAX <const> = 1024 * 1024 -- of a configuration file

-- ---- the host's configuration ----

local function without_comments(text, mark)
    local out = {}
    for line in text:gmatch("[^\n]+") do
        line = line:gsub(mark .. ".*", ""):gsub("%s+$", "")
        out[#out + 1] = line ~= "" and line or nil
    end
    return table.concat(out, "\n") .. "\n"
end

-- Lines that name the target, and those that name nothing but this host itself.
local function related_hosts(text, target)
    local out, left = {}, 0
    local bare = target:lower():gsub("%.$", "")
    for line in without_comments(text, "#"):gmatch("[^\n]+") do
        local related, only_local = false, true
        for word in line:lower():gmatch("%s(%S+)") do
            related = related or word:gsub("%.$", "") == bare
            only_local = only_local and (word:match("^localhost") or word:match("^ip6%-")) ~= nil
        end
        if related or only_local then
            out[#out + 1] = line
        else
            left = left + 1
        end
    end
    return table.concat(out, "\n") .. "\n", left
end

local SOURCES =
    { { "resolvconf", "resolv.conf", "[#;]" }, { "nsswitch", "nsswitch.conf", "#" }, { "hosts", "hosts" } }

local function host_files(report, redact)
    local out, left = {}, 0
    local host = report.recorded.host
    local here = report.vantage.host == fs.hostname() -- a run that is replayed can be another host's
    local sources = here and type(host) == "table" and type(host.sources) == "table" and host.sources or {}
    for _, source in ipairs(SOURCES) do
        local path = sources[source[1]]
        local text = type(path) == "string" and fs.read(path)
        if text and redact then
            if source[1] == "hosts" then
                text, left = related_hosts(text, report.target.name)
            else
                text = without_comments(text, source[3])
            end
        end
        if text then
            out[#out + 1] = { name = source[2], text = text:sub(1, FILE_MAX) }
        end
    end
    return json.array(out), left
end

-- ---- making one ----

local function counted(list, left)
    local counts, out = {}, {}
    for _, one in ipairs(list) do
        counts[one.kind] = (counts[one.kind] or 0) + 1
    end
    counts["unrelated hosts entry"] = left > 0 and left or nil
    for _, kind in ipairs { "host name", "private address", "search domain", "interface name", "user name",
        "unrelated hosts entry" } do
            out[#out + 1] = counts[kind] and { kind = kind, count = counts[kind] } or nil
    end
    return json.array(out)
end

-- Who runs this: also the one behind sudo, and whose home it is.
local function users()
    local out = {}
    for _, name in ipairs { "USER", "LOGNAME", "SUDO_USER" } do
        out[#out + 1] = fs.getenv(name)
    end
    out[#out + 1] = (fs.getenv("HOME") or ""):match("([^/]+)/*$")
    return out
end

--- A bundle of a report that has its exchanges.
---@param report table schema dnsprobe.report/1 with `exchanges` and `recorded`
---@param redact boolean
---@return table bundle
---@return { kind: string, was: string, is: string }[] list what was replaced by what; not in the bundle
function M.of(report, redact)
    local files, left = host_files(report, redact)
    local out = { schema = M.SCHEMA, tool = { name = "dnsprobe", version = dns.version }, redacted = redact,
        redactions = json.array {}, files = files, report = report }
    if not redact then
        return out, {}
    end
    local redactor = require("dnsprobe.document.redact").new(report, users())
    out.report, out.files = redactor:value(report), redactor:value(files)
    local host = report.vantage.host
    if host ~= "" and out.report.vantage.host == host then
        out.report.vantage.host = "host-1"
        table.insert(redactor.list, 1, { kind = "host name", was = host, is = "host-1" })
    end
    out.redactions = counted(redactor.list, left)
    return out, redactor.list
end

--- The octets of the file.
---@param bundle table
---@return string
function M.pack(bundle)
    return require("dnsprobe.gzip").pack(json.encode(bundle, { sort = true }))
end

-- ---- reading one ----

--- Is this what gzip writes?
---@param data string
---@return boolean
function M.is_packed(data)
    return data:sub(1, 2) == "\31\139"
end

--- The text in packed octets.
---@param data string
---@return string? text
---@return string? message
function M.unpack(data)
    return require("dnsprobe.gzip").unpack(data, UNPACKED_MAX)
end

--- What is wrong with the form of a bundle, or nil; its report is for document/intake.lua to check.
---@param bundle any
---@return string?
function M.complaint(bundle)
    if type(bundle.report) ~= "table" or bundle.report.schema ~= form.SCHEMA then
        return "report is no report of schema " .. form.SCHEMA
    elseif type(bundle.redacted) ~= "boolean" then
        return "redacted is no boolean"
    end
    for _, list in ipairs { { "files", "name", "text" }, { "redactions", "kind", "count" } } do
        local name = list[1]
        if type(bundle[name]) ~= "table" then
            return name .. " is no list"
        end
        for i, one in ipairs(bundle[name]) do
            if
                type(one) ~= "table"
                or type(one[list[2]]) ~= "string"
                or one[list[3]] == nil
                or type(one[list[3]]) == "table"
            then
                return ("%s[%d] has another form"):format(name, i - 1)
            end
        end
    end
    return nil
end

-- ---- showing one ----

local function add(out, text, ...)
    out[#out + 1] = select("#", ...) > 0 and text:format(...) or text
end

local function sorted(set)
    local out = {}
    for key in pairs(set) do
        out[#out + 1] = key
    end
    table.sort(out)
    return out
end

-- Names and addresses that the ledger holds, for whoever decides whether to send it.
local function held(report)
    local names, servers = {}, {}
    for _, exchange in ipairs(report.exchanges or {}) do
        servers[exchange.server.address] = true
        if exchange.question then
            names[exchange.question.name] = true
        end
    end
    return sorted(names), sorted(servers)
end

--- What a bundle holds, in lines for a terminal.
---@param bundle table checked
---@return string[]
function M.lines(bundle)
    local plain = require("dnsprobe.base.table").plain
    local report, out = bundle.report, {}
    local names, servers = held(report)
    add(out, "report     %s of %s, run %s, verdict %s", plain(report.runbook.name), plain(report.target.name),
        plain(report.started), plain(report.verdict.status))
    add(out, "host       %s, %s", plain(report.vantage.host), plain(report.vantage.os))
    add(out, "command    dnsprobe %s", plain(table.concat(report.command or {}, " ")))
    add(
        out,
        "ledger     %d exchanges with %d servers, about %d names",
        #(report.exchanges or {}),
        #servers,
        #names
    )
    for _, list in ipairs { { "names", names }, { "servers", servers } } do
        add(out, "  %-8s %s", list[1], plain(table.concat(list[2], " ")))
    end
    for _, file in ipairs(bundle.files) do
        add(out, "file       %s", plain(file.name))
        for line in tostring(file.text):gmatch("[^\n]+") do
            add(out, "  | %s", dns.escape(line))
        end
    end
    if not bundle.redacted then
        add(
            out,
            "NOT REDACTED: host, user and interface names, private addresses, search domains and the hosts "
                .. "file are as they were"
        )
    end
    for _, one in ipairs(bundle.redactions) do
        add(out, "redacted   %s: %s", plain(one.kind), plain(one.count))
    end
    return out
end

return M
