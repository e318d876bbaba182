-- SPDX-License-Identifier: MIT
-- dnsprobe trace NAME [TYPE]: the walk from the root, every server at every level, and what each of them
-- said.

local dns = require "dnsprobe"
local exit = require "dnsprobe.base.exit"
local output = require "dnsprobe.base.output"
local tables = require "dnsprobe.base.table"
local typed = require "dnsprobe.book.typed"

local M =
    { name = "trace", summary = "walk the delegation from the root, asking every server at every level" }

function M.options(parser, add)
    parser:argument("name", "The name to walk to."):argname("NAME")
    parser:argument("type", "A record type (default A)."):argname("TYPE"):args("?")
    parser:option("--format", "text or json."):choices { "text", "json" }:default("text")
    parser:flag("--json", "The same as --format json.")
    add("output", "capture", "time", "pace", "network", "allow", "seed")
end

-- ---- text ----

local function time_text(exchange)
    if not exchange or not exchange.rtt_us then
        return "-"
    end
    return ("%.1f ms"):format(exchange.rtt_us / 1000)
end

local function rows_of(level)
    local rows = {}
    for _, server in ipairs(level.servers) do
        for _, address in ipairs(server.addresses) do
            local exchange = address.exchange
            local response = exchange and exchange.response
            rows[#rows + 1] = {
                server = server.name,
                address = address.address,
                source = address.source,
                says = address.kind or (exchange and exchange.outcome),
                rcode = response and response.rcode or "-",
                aa = response and (response.aa and "aa" or "-") or "-",
                time = time_text(exchange),
            }
        end
        if #server.addresses == 0 then
            rows[#rows + 1] = { server = server.name, says = "no address" }
        end
    end
    return rows
end

local function referral_rows(referral)
    local rows = {}
    for _, name in ipairs(referral.ns or {}) do
        local glue = referral.glue and referral.glue[name] or {}
        rows[#rows + 1] = { server = name, glue = #glue > 0 and table.concat(glue, " ") or "-" }
    end
    return rows
end

local function add_table(out, columns, rows)
    for _, line in ipairs(tables.lines(columns, rows, true)) do
        out[#out + 1] = "  " .. line
    end
end

local function text_of(trace)
    local out = {}
    for _, level in ipairs(trace.levels) do
        out[#out + 1] = ("%s  asked in %.1f ms"):format(
            tables.plain(level.zone),
            (level.elapsed_us or 0) / 1000
        )
        add_table(out, { "server", "address", "source", "says", "rcode", "aa", "time" }, rows_of(level))
        if level.referral then
            local ds = level.referral.ds and ", signed (DS)" or ""
            out[#out + 1] = ("  refers to %s%s"):format(tables.plain(level.referral.zone), ds)
            add_table(out, { "server", "glue" }, referral_rows(level.referral))
        end
        out[#out + 1] = ""
    end
    out[#out + 1] = ("%s %s: %s in zone %s"):format(tables.plain(trace.name), tables.plain(trace.type),
        tables.plain(trace.status), tables.plain(trace.zone or "unknown"))
    for _, record in ipairs(trace.answer or {}) do
        out[#out + 1] = ("  %s %s %s %s %s"):format(tables.plain(record.name), tables.plain(record.ttl),
            tables.plain(record.class), tables.plain(record.type), dns.escape(record.rdata))
    end
    return table.concat(out, "\n") .. "\n"
end

-- ---- json ----

local function json_of(trace)
    local json = require "dnsprobe.json"
    local ledger = require("dnsprobe.measure.ledger").new()
    local frozen = ledger:freeze(trace)
    frozen.exchanges = nil
    return json.encode({ schema = "dnsprobe.trace/1", trace = frozen, exchanges = ledger:to_json() },
        { pretty = true, sort = true }) .. "\n"
end

local codes = { answer = exit.OK, nodata = exit.OK, nxdomain = exit.OK }

function M.run(options)
    output.check(options.output)
    output.check(options.capture, "--capture")
    local name, err = typed.name(options.name)
    local type = (options.type or "A"):upper()
    if not name then
        exit.usage_of("trace", "%s is not a domain name: %s", dns.escape(options.name), err)
    elseif not dns.is_type(type) then
        exit.usage_of("trace", "unknown record type '%s'%s", dns.escape(type),
            require("dnsprobe.base.nearest").hint(type, dns.types()))
    end
    local trace = require("dnsprobe.run.launch").trace(options, name, type)
    if options.capture then
        local ledger = require("dnsprobe.measure.ledger").new()
        ledger:freeze(trace)
        require("dnsprobe.run.capture").deliver(options.capture, ledger.list)
    end
    output.write(
        options.output,
        (options.json and json_of or options.format == "json" and json_of or text_of)(trace)
    )
    return codes[trace.status] or exit.UNKNOWN
end

return M
