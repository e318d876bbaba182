-- SPDX-License-Identifier: MIT
--- One exchange as `query` shows it: the message as dig prints it, and below what dig leaves out:
--- microseconds and whose clock, the phases of TCP, ICMP, the hop limit, every packet that came and was not
--- the answer.

local dns = require "dnsprobe"

local M = {}

--- Octets of a cookie's client part, and of the server part in the form of RFC 9018, section 4.
local CLIENT_BYTES, SERVER_BYTES, COOKIE_MAX_BYTES = 8, 16, 40

local meanings = {
    timeout = "no answer in time, and none came late", ["port-unreachable"] = "the port is closed there",
    ["host-unreachable"] = "there is no way to that host", ["connection-refused"] = "the connection was "
        .. "refused",
    ["connect-timeout"] = "the connection was not accepted in time", reset = "the connection was reset",
    closed = "the connection was closed before the answer", malformed = "the answer cannot be read",
    late = "the answer came after the timeout", canceled = "canceled",
}

--- Server, transport and own port.
---@param exchange dnsprobe.Exchange
---@return string
function M.where(exchange)
    return ("%s#%d (%s, from port %d)"):format(
        exchange.server.address,
        exchange.server.port,
        exchange.transport:upper(),
        exchange.local_port or 0
    )
end

--- What is to be made of a cookie that came back, in dig's words.
---@param sent string? the cookie of the query
---@param got string
---@return string?
function M.cookie_verdict(sent, got)
    if not sent then
        return nil
    end
    if
        #got < CLIENT_BYTES
        or #got > COOKIE_MAX_BYTES
        or got:sub(1, CLIENT_BYTES) ~= sent:sub(1, CLIENT_BYTES)
    then
        return "bad"
    end
    return #got == CLIENT_BYTES and "echoed" or "good"
end

-- What a server cookie of RFC 9018 says about itself: its version and when it was made.
local function server_cookie(got, sent_us)
    if #got ~= CLIENT_BYTES + SERVER_BYTES or got:byte(CLIENT_BYTES + 1) ~= 1 then
        return nil
    end
    local made = (">I4"):unpack(got, CLIENT_BYTES + 5)
    local age = (sent_us // 1000000 - made + 0x80000000) % 0x100000000 - 0x80000000
    return (";; COOKIE: version 1 (RFC 9018), made %d s %s"):format(
        math.abs(age),
        age < 0 and "from now" or "ago"
    )
end

local function cookie_of(message)
    local edns = message and message.edns
    return edns and edns.cookie
end

local function question_of(message)
    return message and message.question and message.question[1] or {}
end

-- A zone transfer ends with the SOA that it began with, in this message or a later one (RFC 5936, section
-- 2.2).
local function goes_on(query, response)
    local type, answer = question_of(query).type, response.answer or {}
    local last = answer[#answer]
    return (type == "AXFR" or type == "IXFR") and last ~= nil and
        (last.type ~= "SOA" or type == "AXFR" and #answer == 1)
end

-- What the header and the counts of an answer say that those of its query did not.
local function add_header_warnings(out, query, response)
    if query.opcode ~= response.opcode then
        out[#out + 1] = (";; WARNING: the query had the opcode %s, this has %s"):format(query.opcode,
            response.opcode)
    end
    local sent, came = #(query.question or {}), #(response.question or {})
    if came > sent then
        out[#out + 1] = (";; WARNING: %d questions in the answer, not %d"):format(came, sent)
    end
end

-- What the header and the question of an answer say that those of the query did not: dig waits on for another
-- answer then, or keeps silent about it.
local function add_warnings(out, query, response)
    if query then
        add_header_warnings(out, query, response)
    end
    local asked, got = question_of(query).name, question_of(response).name
    if asked and got and asked ~= got and asked:lower() == got:lower() then
        out[#out + 1] = (";; WARNING: the question was %s, in these letters"):format(asked)
    end
    if goes_on(query, response) then
        out[#out + 1] = ";; WARNING: the transfer goes on in further messages, which are not shown"
    end
    if (response.trailing or 0) > 0 then
        out[#out + 1] = (";; WARNING: %d bytes behind the end of the message"):format(response.trailing)
    end
end

local function message_part(out, exchange)
    local response = exchange.response
    local text = dns.message.text(response):gsub("\n+$", "")
    local verdict = M.cookie_verdict(cookie_of(exchange.query), cookie_of(response) or "")
    if verdict then
        text = text:gsub("(\n; COOKIE: %x*)", "%1 (" .. verdict .. ")", 1)
    end
    if response.rd and not response.ra and response.flags.qr then
        text = text:gsub("(\n;; flags:[^\n]*)", "%1\n;; WARNING: recursion requested but not available", 1)
    end
    out[#out + 1] = ";; Got answer:"
    out[#out + 1] = text
    add_warnings(out, exchange.query, response)
    out[#out + 1] = ""
end

local function phases(out, exchange)
    if exchange.connect_us then
        local line = (";; TCP: connected after %d usec"):format(exchange.connect_us)
        if exchange.first_byte_us then
            line = line .. (", first byte after %d"):format(exchange.first_byte_us)
        end
        if exchange.last_byte_us then
            line = line .. (", last byte after %d"):format(exchange.last_byte_us)
        end
        out[#out + 1] = line
    end
    if exchange.icmp then
        out[#out + 1] = (";; ICMP: type %d code %d from %s%s"):format(exchange.icmp.type, exchange.icmp.code,
            exchange.icmp.from, exchange.icmp.mtu
                and (", the link there takes %d bytes"):format(exchange.icmp.mtu) or "")
    elseif exchange.errno_text then
        out[#out + 1] = ";; SYSTEM: " .. exchange.errno_text
    end
end

local function strays(out, exchange)
    for _, stray in ipairs(exchange.stray) do
        out[#out + 1] = (";; STRAY: %s, %d bytes from %s#%d after %d usec%s"):format(
            stray.reason,
            stray.size,
            stray.from.address,
            stray.from.port,
            stray.after_us,
            stray.differs and ", and it differs" or ""
        )
    end
    if exchange.strays_seen then
        out[#out + 1] = (";; STRAY: %d more"):format(exchange.strays_seen - #exchange.stray)
    end
end

local function footer(out, exchange)
    if exchange.rtt_us then
        out[#out + 1] = (";; Query time: %d usec (%s clock%s)"):format(exchange.rtt_us, exchange.clock,
            exchange.sent_clock ~= exchange.clock and (", sending %s clock"):format(exchange.sent_clock)
                or "")
    end
    phases(out, exchange)
    out[#out + 1] = ";; SERVER: " .. M.where(exchange)
    out[#out + 1] = ";; WHEN: " .. os.date("%a %b %d %H:%M:%S %Z %Y", exchange.sent_us // 1000000)
    if exchange.size then
        out[#out + 1] = (";; MSG SIZE  rcvd: %d%s"):format(
            exchange.size,
            exchange.ttl and (", TTL %d"):format(exchange.ttl) or ""
        )
        if exchange.fragment_size then
            out[#out] = out[#out] .. (", in fragments of up to %d bytes"):format(exchange.fragment_size)
        end
    end
    if exchange.path_mtu then
        out[#out + 1] = (";; PATH MTU: %d bytes, as this host has it"):format(exchange.path_mtu)
    end
    out[#out + 1] = server_cookie(cookie_of(exchange.response) or "", exchange.sent_us)
    strays(out, exchange)
end

--- The text, with a newline at its end.
---@param exchange dnsprobe.Exchange
---@return string
function M.of(exchange)
    local out = {}
    if exchange.outcome ~= "answer" then
        local part = exchange.first_byte_us and not exchange.response and "; a part of it had come" or ""
        out[#out + 1] = (";; %s: %s%s"):format(exchange.outcome, meanings[exchange.outcome] or "", part)
    end
    if exchange.error then
        out[#out + 1] = (";; at byte %d (%s): %s"):format(exchange.error.offset, exchange.error.field,
            exchange.error.text)
    end
    if exchange.response then
        message_part(out, exchange)
    end
    footer(out, exchange)
    return table.concat(out, "\n") .. "\n"
end

return M
