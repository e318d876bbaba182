-- SPDX-License-Identifier: MIT
-- dnsprobe query: one exact exchange, with dig's words and dig's looks. What dig leaves out is shown:
-- microseconds, the local port, every packet that came and was not the answer.

local digwords = require "dnsprobe.cli.tool.digwords"
local dns = require "dnsprobe"
local exchangetext = require "dnsprobe.format.tool.exchangetext"
local exit = require "dnsprobe.base.exit"
local output = require "dnsprobe.base.output"

local M = {
    name = "query",
    summary = "one exact exchange, dig-like",
    usage = "dnsprobe query NAME [TYPE] [@SERVER] [+opt ...] [-x ADDR] [-p PORT] [-c CLASS] [--format "
        .. "text|json|hex]",
    help = table.concat({
        "Sends one message, retries nothing; a truncated answer is asked for again over TCP and both are "
            .. "shown.",
        "",
        "  +tcp +notcp              over TCP or UDP               +bufsize=N        EDNS size (default 1232)",
        "  +noedns +edns=V          without EDNS, its version     +ednsflags=N +ednsopt=CODE[:HEX]",
        "  +dnssec +cd +ad +rd      flags; +no... clears          +nsid +cookie[=HEX] +subnet=PREFIX "
            .. "+padding=N",
        "  +ignore                  no TCP retry on truncation    +tries=N +time=S  attempts, seconds for "
            .. "each",
        "  +short                   only the data                 +qid=N +opcode=N +header-only",
        "  +df +nodf                don't-fragment bit on or off; else as the system has it",
        "",
        "Shown besides what dig shows: microseconds and whose clock stamped them (the kernel's at both ends "
            .. "over UDP; over",
        "TCP and on shared sockets sending is stamped by this program), TTL or hop limit of the answer, the "
            .. "size of the",
        "fragments it came in, the path's MTU as the kernel has it (over TCP, and where size mattered), ICMP "
            .. "type, code and",
        "sender, the phases of TCP, and every packet that was not the answer (STRAY), with the reason.",
        "",
        "  -4 -6 --port N --timeout S --late MS --seed N -o FILE --capture FILE --json",
        "",
        "Exit status: 0 NOERROR or NXDOMAIN, 2 any other answer, 3 no usable answer in time, 64 wrong usage.",
    }, "\n") .. "\n",
}

-- ---- asking ----

-- The first of this host's resolvers, of the family that was asked for.
local function default_server(q)
    for _, one in ipairs(dns.stub.config().resolvers or {}) do
        local v6 = one.address:find(":", 1, true) ~= nil
        if not q.family or (q.family == 6) == v6 then
            return one.address, one.port
        end
    end
    exit.usage_of("query", "this host has no resolver configured: name one with @SERVER")
end

-- An address, or a host name that this host can resolve.
local function named_server(q)
    local parsed = dns.address.parse(q.server, q.port or 53)
    if parsed then
        return parsed.address, parsed.port
    end
    if not dns.name.absolute(q.server) then
        exit.usage_of("query", "@%s: neither an address nor a host name", dns.escape(q.server))
    end
    for _, type in ipairs(q.family == 6 and { "AAAA" } or q.family == 4 and { "A" } or { "A", "AAAA" }) do
        local found = dns.stub.lookup(q.server, { type = type })
        if found.addresses and found.addresses[1] then
            return found.addresses[1], q.port
        end
    end
    exit.usage_of("query", "@%s: its address was not found", dns.escape(q.server))
end

local function edns_of(q)
    if not q.edns then
        return false
    end
    return { size = q.size or 1232, version = q.edns_version, flags = q.edns_flags, options = q.options }
end

-- What dns.query is asked for.
local function options_of(q, address, port)
    return {
        name = q.name,
        type = q.type,
        class = q.class,
        server = address,
        port = q.port or port,
        transport = q.transport,
        edns = edns_of(q),
        rd = q.rd,
        cd = q.cd,
        ad = q.ad,
        opcode = q.opcode,
        qid = q.qid,
        timeout = q.timeout,
        question = not q.header_only,
        dnssec = q.edns and q.dnssec,
        nsid = q.edns and q.nsid,
        cookie = q.edns and q.cookie or nil,
        subnet = q.edns and q.subnet or nil,
        padding = q.edns and q.padding or nil,
        tries = q.tries,
        tcp_fallback = q.tcp_fallback,
        df = q.df,
    }
end

local function ask(q)
    dns.setup { seed = q.seed, late = q.late, family = q.family }
    local address, port = (q.server and named_server or default_server)(q)
    dns.allow(address)
    local ok, exchange, message = pcall(dns.query, options_of(q, address, port))
    if not ok then
        local wrong = type(exchange) == "string" and exchange:match("bad argument #1 to '[^']*' %((.*)%)")
        if wrong then
            exit.usage_of("query", "%s", wrong)
        end
        error(exchange, 0)
    end
    if not exchange then
        exit.usage_of("query", "%s: %s", address, message)
    end
    dns.settle()
    return exchange
end

-- ---- showing ----

local function truncated(exchange)
    return exchange.outcome == "answer" and exchange.response and exchange.response.tc
end

local formats = {}

function formats.text(last, q, words)
    local out =
        { ("\n; <<>> dnsprobe %s <<>> %s\n"):format(dns.version, dns.escape(table.concat(words, " "))) }
    for i, exchange in ipairs(last.attempts) do
        out[#out + 1] = exchangetext.of(exchange)
        if last.attempts[i + 1] then
            local retry = truncated(exchange)
                    and q.tcp_fallback
                    and "\n;; Truncated, asking again over TCP.\n"
                or "\n;; Asking again.\n"
            out[#out + 1] = retry
        end
    end
    return table.concat(out) .. "\n"
end

function formats.short(last)
    local out = {}
    for _, record in ipairs(last.outcome == "answer" and last.response and last.response.answer or {}) do
        out[#out + 1] = dns.escape(record.rdata) .. "\n"
    end
    return table.concat(out)
end

function formats.json(last)
    local json = require "dnsprobe.json"
    local ledger = require "dnsprobe.measure.ledger"
    local list = {}
    for i, exchange in ipairs(last.attempts) do
        list[i] = ledger.to_json(exchange)
    end
    return json.encode(
        { schema = "dnsprobe.query/1", exchanges = json.array(list) },
        { pretty = true, sort = true }
    ) .. "\n"
end

function formats.hex(last)
    local out = {}
    local function line(what, message)
        if message then
            local hex = message.wire:gsub(".", function(c) return ("%02x"):format(c:byte()) end)
            out[#out + 1] = ("%s %s\n"):format(what, hex)
        end
    end
    for _, exchange in ipairs(last.attempts) do
        line("query", exchange.query)
        line("response", exchange.response)
    end
    return table.concat(out)
end

local function exit_code(last)
    if last.outcome ~= "answer" then
        return exit.UNKNOWN
    end
    local rcode = last.response.rcode
    return (rcode == "NOERROR" or rcode == "NXDOMAIN") and exit.OK or exit.CRITICAL
end

function M.run(words)
    local q = digwords.parse(words)
    output.check(q.output)
    output.check(q.capture, "--capture")
    local last = ask(q)
    require("dnsprobe.run.capture").deliver(q.capture, last.attempts)
    local code = exit_code(last)
    local format = q.short and q.format == "text" and "short" or q.format
    if format == "short" and code == exit.UNKNOWN then
        io.stderr:write(("dnsprobe: %s: %s\n"):format(last.outcome, exchangetext.where(last)))
    end
    output.write(q.output, formats[format](last, q, words))
    return code
end

return M
