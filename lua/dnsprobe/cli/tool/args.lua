-- SPDX-License-Identifier: MIT
-- ① The command line of one command, on lua-argparse: options that several commands share are described once
-- here.
--
-- argparse prints and exits by itself; we parse with pparse and turn its message into one line and exit 64.

local argparse = require "argparse"
local exit = require "dnsprobe.base.exit"
local nearest = require "dnsprobe.base.nearest"
local sandbox = require "dnsprobe.guest.sandbox"
local values = require "dnsprobe.book.values"

local M = {}

-- A check of book/values.lua as a converter of argparse: its complaint begins with the option.
local function checked(option, check)
    return function(text)
        local value, err = check(text)
        if value == nil then
            return nil, option .. ": " .. err
        end
        return value
    end
end

--- What --allow may be given.
M.ALLOWED = { "flush", "burst", "private" }

local function words(name, allowed)
    local set = {}
    for _, word in ipairs(allowed) do
        set[word] = true
    end
    return function(text)
        local out = {}
        for word in text:gmatch("[^,]+") do
            if not set[word] then
                return nil, ("%s: unknown word '%s'%s"):format(name, word, nearest.listed(word, allowed))
            end
            out[#out + 1] = word
        end
        return out
    end
end

local function key_value(text)
    local key, value = text:match("^([^=]+)=(.*)$")
    if not key then
        return nil, ("--set: KEY=VALUE is needed, got '%s'"):format(text)
    end
    return { key, value }
end

-- name → function that adds the option to a parser
local shared = {}

function shared.format(parser)
    local formats = require "dnsprobe.base.formats"
    parser:option("--format", "Output: " .. table.concat(formats.names(), ", ") .. " (default text).")
        :choices(formats.names())
    parser:flag("--json", "The same as --format json.")
end

function shared.output(parser)
    parser:option("-o --output", "Write the report there, atomically."):argname("FILE")
end

function shared.type(parser)
    parser:option("-t --type", "Record types (default A,AAAA)."):argname("T[,T...]")
        :convert(checked("--type", values.types))
end

function shared.resolvers(parser)
    parser
        :option("--resolver", "Ask this recursive resolver instead of the built-in list (repeat).")
        :argname("ADDR[#PORT]")
        :count("*")
    parser
        :option(
            "--resolvers",
            "The resolvers in FILE, or a built-in group: @majors, @regional, @filtered, @other."
        )
        :argname("FILE|@GROUP")
end

function shared.steps(parser)
    parser:option("--step", "Only these steps."):argname("ID[,ID]"):convert(values.list)
    parser:option("--skip", "Without these steps."):argname("ID[,ID]"):convert(values.list)
end

function shared.set(parser)
    parser
        :option("--set", "Set a parameter of the runbook (repeat).")
        :argname("KEY=VALUE")
        :count("*")
        :convert(key_value)
end

function shared.samples(parser)
    parser:option("--detect", "See a fault of this rate with 95 % probability (default 10%). "
        .. "Where something failed once or twice, three times as much is asked again.")
        :argname("RATE"):convert(checked("--detect", values.rate))
    parser
        :option("--samples", "Take so many samples instead.")
        :argname("N")
        :convert(checked("--samples", values.samples))
end

function shared.time(parser)
    parser:option("--timeout", "One exchange, in seconds (default 2)."):argname("SECONDS")
        :convert(checked("--timeout", values.timeout_s))
    parser:option("--late", "Keep listening so many ms after a timeout (default 3000)."):argname("MS")
        :convert(checked("--late", values.late_ms))
end

function shared.deadline(parser)
    parser:option("--deadline", "The whole run, in seconds (default 120)."):argname("SECONDS")
        :convert(checked("--deadline", values.deadline_s))
end

function shared.pace(parser)
    parser
        :option("--qps", "Ceiling per server (default 20).")
        :argname("N")
        :convert(checked("--qps", values.qps))
    parser:option("--qps-total", "Ceiling over all servers (default 500)."):argname("N")
        :convert(checked("--qps-total", values.qps))
    parser
        :option(
            "--max-queries",
            "Ceiling of the whole run (default 50000; of --domains none, but that for each step of one)."
        )
        :argname("N")
        :convert(checked("--max-queries", values.max_queries))
end

function shared.allow(parser)
    parser
        :option("--allow", table.concat(M.ALLOWED, ", ") .. ": what the run may do besides.")
        :argname("WHAT[,WHAT]")
        :count("*")
        :convert(words("--allow", M.ALLOWED))
end

function shared.trust(parser)
    parser:flag(
        "--trust",
        "Let the runbook use all of Lua, without ceilings on time and memory: only if you have read it."
    )
end

function shared.network(parser)
    parser:option("--port", "Destination port of servers that name none (default 53)."):argname("N")
        :convert(checked("--port", values.port))
    parser:option("--root-hints", "Root servers, instead of the built-in 13."):argname("FILE")
    parser:flag("-4", "IPv4 only."):target("ipv4")
    parser:flag("-6", "IPv6 only."):target("ipv6")
end

function shared.lab(parser)
    parser:option("--lab", "Start this lab in-process and run against it."):argname("SCENARIO")
end

function shared.seed(parser)
    parser:option("--seed", "Make order, ids and jitter reproducible."):argname("N")
        :convert(checked("--seed", values.seed))
end

function shared.exchanges(parser)
    parser:flag("--exchanges", "Put every exchange into the report: what `replay` reads.")
end

function shared.capture(parser)
    parser:option("--capture", "Write every exchange as packets there (pcapng, for Wireshark and tshark).")
        :argname("FILE")
end

function shared.profile(parser)
    parser:flag("--profile", "Say on stderr which waits the run's time was made of, step by step.")
end

function shared.bulk(parser)
    parser
        :option(
            "--domains",
            "Run against each domain of a list, one a line; -: standard input. Writes JSON Lines."
        )
        :argname("FILE|-")
    parser
        :option("--jobs", "Domains at once (default 32).")
        :argname("N")
        :convert(checked("--jobs", values.jobs))
    parser:flag("--resume", "Go on with the file of --output; what is in it is not measured again.")
    parser:option("--shard", "Only every Nth line of the list, from line I on."):argname("I/N")
        :convert(checked("--shard", values.shard))
    parser:flag("--fresh", "Share no zone cuts between domains: walk from the root for each.")
end

function shared.state(parser)
    parser
        :option(
            "--state",
            "Keep the runbook's own state (ctx.state) in FILE; none: keep nothing (default: below "
                .. "$XDG_STATE_HOME/dnsprobe; with --lab none)."
        )
        :argname("FILE")
end

function shared.bundle(parser)
    parser
        :option(
            "--bundle",
            "Write a file to send: report, exchanges, host configuration, redacted (see help bundle)."
        )
        :argname("FILE")
    parser:flag(
        "--no-redact",
        "Leave host, user and interface names, private addresses and search domains in the bundle."
    )
end

function shared.voice(parser)
    parser:flag("-q --quiet", "No progress.")
    parser:flag("-v --verbose", "Progress even when stderr is no terminal; more detail.")
    parser:option("--color", "auto, always, never (default auto)."):choices(values.colors)
end

-- Shared options whose defaults a config file can set: group → keys of the file, each with the option's name.
local configurable = {
    format = { format = "format" },
    type = { types = "type" },
    samples = { detect = "detect", samples = "samples" },
    time = { timeout = "timeout", late = "late" },
    deadline = { deadline = "deadline" },
    pace = { qps = "qps", max_queries = "max_queries" },
    network = { port = "port" },
    voice = { color = "color" },
    resolvers = {},
    set = {},
}
-- The truth of a lab scenario holds for everybody, whatever stands in the config files of the one who tests.
local unconfigured = { test = true }

--- A parser for a command, with the shared options of these names.
---@param command { name: string, summary: string, options: fun(parser: table, add: fun(...)) }
---@return table parser of argparse
---@return string[] names of the shared options
function M.parser(command)
    local parser = argparse("dnsprobe " .. command.name, command.summary):add_help(false)
        :usage_max_width(100):help_max_width(100):help_description_margin(30)
    parser:option("-h --help", "Show this help."):args(0):action("store_true")
    local added = {}
    command.options(parser, function(...)
        for _, name in ipairs { ... } do
            shared[name](parser)
            added[#added + 1] = name
        end
    end)
    return parser, added
end

-- Fills in the options of some groups from config files; nil: no group has such options.
local function fill_in(options, groups)
    local settings
    for _, group in ipairs(groups) do
        local keys = configurable[group]
        settings = settings or keys and require("dnsprobe.book.config").load()
        for key, option in pairs(keys or {}) do
            if options[option] == nil and settings.values[key] ~= nil then
                options[option] = settings.values[key]
                options.configured[option] = true
            end
        end
    end
    return settings
end

-- Fills in what the command line leaves open: `config` is what the files say, `configured` which options came
-- from it.
local function with_config(options, groups, apply)
    local settings = fill_in(options, apply and groups or {})
    if options.configured.samples and options.detect and not options.configured.detect then
        options.samples = nil -- --detect on the command line asks for another count than the file's
    end
    options.format_given = options.format ~= nil and not options.configured.format
    options.format = options.format or "text"
    options.config = settings
    sandbox.limit {
        cpu_s = settings and settings.values.max_cpu,
        memory_mib = settings and settings.values.max_memory,
    }
    sandbox.trust(options.trust == true)
end

-- The message of argparse in the words that the rest of the program uses, and which choice was meant where it
-- lists them.
local function reworded(message, words_given)
    message = message:gsub("\n", " ")
    message = message:gsub(" Did you mean one of these: (.-)%?", function(list)
        return "; did you mean " .. list:gsub("' '", "' or '"):gsub("'", "") .. "?"
    end):gsub(" Did you mean '(.-)'%?", "; did you mean %1?")
    local option, listed = message:match("argument for option '([^']+)' must be one of (.*)$")
    local argument, named = message:match("argument '([^']+)' must be one of (.*)$")
    local choices, given = {}, argument and words_given[1]
    for choice in (listed or named or ""):gmatch("'([^']+)'") do
        choices[#choices + 1] = choice
    end
    for i, word in ipairs(option and words_given or {}) do
        given = word == option and words_given[i + 1]
            or word:match("^" .. option:gsub("%p", "%%%0") .. "=(.*)$")
            or given
    end
    local near = given and nearest.word(given, choices)
    return message .. (near and ("; did you mean %s?"):format(near) or "")
end

--- Parses the words of one command. Raises a usage Failure.
---@param command table
---@param words_given string[]
---@return table options
function M.parse(command, words_given)
    local parser, groups = M.parser(command)
    local ok, result = parser:pparse(words_given)
    if not ok then
        exit.usage_of(command.name, "%s", reworded(result, words_given))
    end
    if result.json then
        result.format = "json"
    end
    result.configured = {}
    with_config(result, groups, not unconfigured[command.name])
    if result.ipv4 and result.ipv6 then
        exit.usage_of(command.name, "-4 and -6 exclude each other")
    end
    return result
end

return M
