-- SPDX-License-Identifier: MIT
-- --capture FILE: every exchange as packets in a pcapng file (draft-ietf-opsawg-pcapng), for Wireshark and
-- tshark.
--
-- Messages, addresses, ports and times are those of the exchange. What carried them was not kept, so it is
-- made again: IP and UDP headers with right checksums; for TCP a stream with handshake, sequence numbers and
-- the two octets of length before each message (RFC 1035, section 4.2.2). Every packet has a comment that
-- says so. The link type is raw IP (101), times are microseconds. An exchange that never left this host is
-- not in it; an ICMP error stands in the comment of the query that it is about.
--
-- Packets are written in the order of their times while the exchanges, sorted by theirs, go by: what is kept
-- in memory is what was in flight at one moment.

local dns = require "dnsprobe"
local fs = require "dnsprobe.fs"
local headers = require "dnsprobe.run.capture.headers"
local pcapng = require "dnsprobe.run.capture.pcapng"

local M = {}

local SEGMENT_BYTES <const> = 1440 -- of TCP payload in one packet: what fits an Ethernet frame with IPv6
local datagram, segment = headers.datagram, headers.segment
local FIN <const>, SYN <const>, RST <const>, PSH <const>, ACK <const> = 1, 2, 4, 8, 16
local INBOUND <const>, OUTBOUND <const> = pcapng.INBOUND, pcapng.OUTBOUND

-- ---- the frames of one exchange ----

local function endpoint(address)
    local ip = dns.address.octets(address.address)
    return ip and { ip = ip, port = address.port or 0 }
end

-- This host's end: the address is the one that the system's routing gives, asked once for each server.
local function local_end(server, port, sources)
    local text = server.address
    if sources[text] == nil then
        sources[text] = dns.address.source(text) or false
    end
    local remote = dns.address.octets(text)
    local ip = sources[text] and dns.address.octets(sources[text])
    if not ip or #ip ~= #remote then
        ip = ("\0"):rep(#remote)
    end
    return { ip = ip, port = port or 0 }
end

local function framer(exchange, frames, how)
    return function(at_us, direction, data, text, missing)
        frames[#frames + 1] = { at_us = at_us, direction = direction, data = data, missing = missing or 0,
            comment = ("exchange %d, %s (outcome: %s); %s reconstructed"):format(exchange.n, text,
                exchange.outcome, how) }
    end
end

local function query_text(exchange)
    local icmp = exchange.icmp
    local why = icmp and (", ICMP type %d code %d from %s"):format(icmp.type, icmp.code, icmp.from)
        or exchange.errno_text and ", " .. exchange.errno_text
        or ""
    return "query" .. why
end

-- What came for an exchange, in the order in which it came: { after_us, wire, size, from, ttl, text }.
local function arrivals(exchange)
    local list = {}
    if exchange.response then
        list[1] = { after_us = exchange.rtt_us or exchange.after_us or 0, wire = exchange.response.wire,
            size = exchange.size, from = exchange.from, ttl = exchange.ttl, text = "response" }
    end
    for _, stray in ipairs(exchange.stray) do
        if stray.wire then
            list[#list + 1] = {
                after_us = stray.after_us,
                wire = stray.wire,
                size = stray.size,
                from = stray.from,
                text = "stray: " .. stray.reason,
            }
        end
    end
    table.sort(list, function(a, b) return a.after_us < b.after_us end)
    return list
end

local function udp_frames(exchange, here, there, add)
    add(
        exchange.sent_us,
        OUTBOUND,
        datagram(here, there, exchange.query.wire, #exchange.query.wire, 64),
        query_text(exchange)
    )
    for _, one in ipairs(arrivals(exchange)) do
        local from = endpoint(one.from)
        if from and #from.ip == #here.ip then
            add(
                exchange.sent_us + one.after_us,
                INBOUND,
                datagram(from, here, one.wire, one.size, one.ttl or 64),
                one.text,
                one.size - #one.wire
            )
        end
    end
end

local unconnected = { ["connection-refused"] = true, ["connect-timeout"] = true, ["host-unreachable"] = true,
    ["port-unreachable"] = true, canceled = true }

-- Sends one way in segments; returns the next sequence number.
local function stream(add, at_us, direction, from, to, sequence, acknowledged, data, text, ttl, missing)
    for first = 1, #data, SEGMENT_BYTES do
        local part = data:sub(first, first + SEGMENT_BYTES - 1)
        local last = first + SEGMENT_BYTES > #data
        add(
            at_us,
            direction,
            segment(from, to, last and PSH | ACK or ACK, sequence, acknowledged, part, ttl),
            text,
            last and missing or 0
        )
        sequence = sequence + #part
    end
    return sequence
end

local function tcp_frames(exchange, here, there, add)
    local sent, ttl = exchange.sent_us, exchange.ttl or 64
    -- Any number will do
    local ours, theirs = exchange.n * 2654435761 & 0xFFFFFFFF, exchange.n * 40503 & 0xFFFFFFFF
    add(sent, OUTBOUND, segment(here, there, SYN, ours, 0, "", 64), "handshake, " .. query_text(exchange))
    if exchange.outcome == "connection-refused" then
        add(
            sent,
            INBOUND,
            segment(there, here, RST | ACK, 0, ours + 1, "", ttl),
            "refusal, its time was not kept"
        )
    end
    if unconnected[exchange.outcome] then
        return
    end
    local at = sent + (exchange.connect_us or 0)
    add(at, INBOUND, segment(there, here, SYN | ACK, theirs, ours + 1, "", ttl), "handshake")
    ours, theirs = ours + 1, theirs + 1
    add(at, OUTBOUND, segment(here, there, ACK, ours, theirs, "", 64), "handshake")
    local query = exchange.query.wire
    ours = stream(
        add,
        at,
        OUTBOUND,
        here,
        there,
        ours,
        theirs,
        string.pack(">s2", query),
        query_text(exchange),
        64
    )
    for _, one in ipairs(arrivals(exchange)) do
        at = math.max(at, sent + one.after_us)
        theirs = stream(
            add,
            at,
            INBOUND,
            there,
            here,
            theirs,
            ours,
            string.pack(">I2", one.size) .. one.wire,
            one.text,
            ttl,
            one.size - #one.wire
        ) + one.size - #one.wire
        add(at, OUTBOUND, segment(here, there, ACK, ours, theirs, "", 64), "acknowledgement")
    end
    if exchange.outcome == "reset" then
        add(
            at,
            INBOUND,
            segment(there, here, RST | ACK, theirs, ours, "", ttl),
            "reset, its time was not kept"
        )
    elseif exchange.outcome == "closed" then
        add(
            at,
            INBOUND,
            segment(there, here, FIN | ACK, theirs, ours, "", ttl),
            "close, its time was not kept"
        )
    elseif exchange.response then
        add(at, OUTBOUND, segment(here, there, FIN | ACK, ours, theirs, "", 64), "close")
        add(at, INBOUND, segment(there, here, FIN | ACK, theirs, ours + 1, "", ttl), "close")
        add(at, OUTBOUND, segment(here, there, ACK, ours + 1, theirs + 1, "", 64), "close")
    end
end

-- All packets of an exchange, in the order of their times.
local function frames_of(exchange, sources)
    local frames = {}
    local there = endpoint(exchange.server)
    if there then
        local here = local_end(exchange.server, exchange.local_port, sources)
        if exchange.transport == "tcp" then
            tcp_frames(exchange, here, there, framer(exchange, frames, "IP, TCP and the handshake are"))
        else
            udp_frames(exchange, here, there, framer(exchange, frames, "IP and UDP headers are"))
        end
    end
    return frames
end

-- ---- the file ----

local function was_sent(exchange)
    return not exchange.unsent
        and (exchange.sent_us or 0) > 0
        and exchange.query
        and exchange.query.wire
        and exchange.server.address
end

-- Wireshark knows DNS by port 53; for others the file itself says how to have it decoded.
local function about(exchanges)
    local ports, words = {}, {}
    for _, exchange in ipairs(exchanges) do
        local port = exchange.server.port
        if port ~= 53 and not ports[port] and #words < 8 then
            ports[port] = true
            words[#words + 1] = ("-d udp.port==%d,dns -d tcp.port==%d,dns"):format(port, port)
        end
    end
    local text = "DNS messages, addresses, ports and times are those of the exchanges; IP, UDP and TCP "
        .. "headers and the TCP handshake are reconstructed."
    if #words > 0 then
        text = text .. " DNS is not on port 53 only; decode it with: " .. table.concat(words, " ")
    end
    return text
end

-- Writes what is older than `until_us`, in the order of time.
local function flush(file, pending, until_us)
    table.sort(pending, function(a, b)
        if a.at_us ~= b.at_us then
            return a.at_us < b.at_us
        end
        return a.place < b.place
    end)
    local kept, done = {}, 0
    for i, frame in ipairs(pending) do
        if frame.at_us > until_us then
            table.move(pending, i, #pending, 1, kept)
            break
        end
        local ok, err = file:write(pcapng.packet(frame))
        if not ok then
            return nil, err
        end
        done = i
    end
    return done > 0 and kept or pending
end

local function write_all(file, exchanges)
    local ok, err = file:write(pcapng.head(about(exchanges)))
    if not ok then
        return nil, err
    end
    local pending, place, sources, earliest = {}, 0, {}, math.maxinteger
    for i = 1, #exchanges + 1 do
        local now = exchanges[i] and exchanges[i].sent_us or math.maxinteger
        if earliest < now or not exchanges[i] then
            pending, err = flush(file, pending, now - 1)
            if not pending then
                return nil, err
            end
            earliest = pending[1] and pending[1].at_us or math.maxinteger
        end
        for _, frame in ipairs(exchanges[i] and frames_of(exchanges[i], sources) or {}) do
            place = place + 1
            frame.place = place
            pending[#pending + 1] = frame
            earliest = math.min(earliest, frame.at_us)
        end
    end
    return file:commit()
end

--- Writes a capture; the file appears when it is whole.
---@param path string
---@param exchanges dnsprobe.Exchange[]
---@return true? ok
---@return string? message
function M.write(path, exchanges)
    local list = {}
    for _, exchange in ipairs(exchanges) do
        if was_sent(exchange) then
            list[#list + 1] = exchange
        end
    end
    table.sort(list, function(a, b)
        if a.sent_us ~= b.sent_us then
            return a.sent_us < b.sent_us
        end
        return a.n < b.n
    end)
    local file, err = fs.create(path)
    if not file then
        return nil, err
    end
    local ok
    ok, err = write_all(file, list)
    file:close()
    return ok, err
end

--- The same for a command: a file that cannot be written ends it.
---@param path string? value of --capture; nil: nothing to do
---@param exchanges dnsprobe.Exchange[]
function M.deliver(path, exchanges)
    if path then
        local ok, err = M.write(path, exchanges)
        if not ok then
            require("dnsprobe.base.exit").usage("--capture %s: %s", path, err or "cannot be written")
        end
    end
end

return M
