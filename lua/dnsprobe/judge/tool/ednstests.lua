-- SPDX-License-Identifier: MIT
--- The exchanges of ISC's EDNS compliance tests (ednscomp.isc.org): how each is asked, what must come back
--- (RFC 6891; RFC 1035 for the plain ones; RFC 8906, section 8), and what is wrong with what came.

local records = require "dnsprobe.dns.records"

local M = {}

--- Octets that a server may send over UDP to a question that announces 512.
local SMALL = 512
--- Codes and bits that no RFC has given a meaning: a server must ignore them.
local UNKNOWN_OPTION = 100
local UNKNOWN_FLAG = 0x0040
local UNKNOWN_OPCODE = 15

local NSID, EXPIRE, COOKIE = 3, 9, 10

--- The deviation of an answer without the SOA that the question was for.
M.NO_SOA = "no SOA"

---@class dnsprobe.EdnsTest
---@field id string
---@field title string
---@field ask table options of dns.exchange beside name, server and rd
---@field type? string when it is not SOA
---@field words string[] the same for dig
---@field rcode string what must come back
---@field opt boolean an OPT record must be in the answer; false: must not
---@field soa boolean the SOA must be in the answer section; false: must not
---@field expected string the above in words
---@field wrong? fun(response: dnsprobe.Message, exchange: dnsprobe.Exchange): string? what else is wrong

local function has_option(response, code)
    for _, option in ipairs(response.edns and response.edns.options or {}) do
        if option.code == code then
            return true
        end
    end
    return false
end

local function echoes_option(response)
    return has_option(response, UNKNOWN_OPTION) and "unknown option echoed" or nil
end

local function echoes_flag(response)
    return response.edns and response.edns.flags & 0x7fff ~= 0 and "unknown flag echoed" or nil
end

local function holds(list, type)
    return records.of(list or {}, type)[1] ~= nil
end

--- RFC 3225, section 3, and RFC 8906, section 3.2.6: the bit comes back where signatures do.
local function without_do(response)
    return response.edns
            and not response.edns.dnssec
            and holds(response.answer, "RRSIG")
            and "DO not returned"
        or nil
end

--- An empty answer is one where the SOA beside it says that there is no such record, as in a zone without
--- keys.
local function says_nothing(response)
    return #response.answer == 0 and not holds(response.authority, "SOA")
end

local function too_large(response, exchange)
    if exchange.size > SMALL then
        return exchange.size .. " bytes"
    end
    return says_nothing(response) and not response.tc and "neither data nor TC" or nil
end

local function empty(response)
    return says_nothing(response) and "no data" or nil
end

--- RFC 8906, section 8.1.1: the question had neither RD nor AD.
local function flags(response)
    return response.rd and "RD set" or response.ad and "AD set" or nil
end

--- RFC 8906, section 8: what has the zone's SOA is authoritative, and what only says that a version is
--- unknown is not. A truncated answer need not hold the SOA: a client asks again over TCP.
local function wrong_soa(test, response)
    local soa = holds(response.answer, "SOA")
    if test.soa then
        return not soa and not response.tc and M.NO_SOA or not response.aa and "no AA" or nil
    elseif test.soa == false then
        return soa and "SOA given" or test.rcode == "BADVERS" and response.aa and "AA set" or nil
    end
end

--- RFC 8906, section 8.1.4: nothing is known of such a message but its header, and that is all that may come
--- back.
local function more_than_header(response)
    if response.opcode_n ~= UNKNOWN_OPCODE then
        return "opcode " .. response.opcode_n
    end
    for _, section in ipairs { "answer", "authority", "additional" } do
        if response[section] and #response[section] > 0 then
            return section .. " not empty"
        end
    end
    return response.aa and "AA set" or response.rd and "RD set" or response.ad and "AD set" or nil
end

local unknown = { { code = UNKNOWN_OPTION, data = "" } }

---@type dnsprobe.EdnsTest[]
M.list = {
    { id = "plain", title = "plain DNS", ask = { edns = false }, words = { "+noedns" }, rcode = "NOERROR",
        opt = false, soa = true, wrong = flags },
    { id = "tcp", title = "plain TCP", ask = { edns = false, transport = "tcp" },
        words = { "+noedns", "+tcp" }, rcode = "NOERROR", opt = false, soa = true },
    { id = "edns", title = "EDNS 0", ask = {}, words = { "+edns=0" }, rcode = "NOERROR", opt = true,
        soa = true },
    { id = "edns1", title = "EDNS 1", ask = { edns = { version = 1 } },
        words = { "+edns=1", "+noednsnegotiation" }, rcode = "BADVERS", opt = true, soa = false },
    { id = "ednsopt", title = "unknown option", ask = { edns = { options = unknown } },
        words = { "+ednsopt=100" }, rcode = "NOERROR", opt = true, soa = true, wrong = echoes_option },
    { id = "edns1opt", title = "EDNS 1, unknown option", ask = { edns = { version = 1, options = unknown } },
        words = { "+edns=1", "+noednsnegotiation", "+ednsopt=100" }, rcode = "BADVERS", opt = true,
        soa = false, wrong = echoes_option },
    { id = "ednsflags", title = "unknown flag", ask = { edns = { flags = UNKNOWN_FLAG } },
        words = { "+ednsflags=0x40" }, rcode = "NOERROR", opt = true, soa = true, wrong = echoes_flag },
    { id = "edns1flags", title = "EDNS 1, unknown flag",
        ask = { edns = { version = 1, flags = UNKNOWN_FLAG } },
        words = { "+edns=1", "+noednsnegotiation", "+ednsflags=0x40" }, rcode = "BADVERS", opt = true,
        soa = false, wrong = echoes_flag },
    { id = "do", title = "DO", ask = { dnssec = true }, words = { "+dnssec" }, rcode = "NOERROR", opt = true,
        soa = true, wrong = without_do },
    { id = "edns1do", title = "EDNS 1, DO", ask = { edns = { version = 1 }, dnssec = true },
        words = { "+edns=1", "+noednsnegotiation", "+dnssec" }, rcode = "BADVERS", opt = true, soa = false },
    { id = "edns512", title = "512 bytes", ask = { edns = { size = SMALL }, dnssec = true }, type = "DNSKEY",
        words = { "+bufsize=512", "+dnssec", "+ignore" }, rcode = "NOERROR", opt = true, wrong = too_large },
    { id = "ednstcp", title = "EDNS over TCP",
        ask = { edns = { size = SMALL }, dnssec = true, transport = "tcp" },
        type = "DNSKEY", words = { "+bufsize=512", "+dnssec", "+tcp" }, rcode = "NOERROR", opt = true,
        wrong = empty },
    { id = "mixed", title = "mixed options", words = { "+nsid", "+subnet=0/0", "+ednsopt=expire", "+cookie" },
        ask = { nsid = true, subnet = "0.0.0.0/0", cookie = true,
            edns = { options = { { code = EXPIRE, data = "" } } } },
        rcode = "NOERROR", opt = true, soa = true },
    { id = "opcode", title = "unknown opcode",
        ask = { edns = false, opcode = UNKNOWN_OPCODE, question = false },
        words = { "+noedns", "+opcode=15", "+header-only" }, rcode = "NOTIMP", opt = false, soa = false,
        wrong = more_than_header },
}

for _, test in ipairs(M.list) do
    local parts = { test.rcode }
    parts[#parts + 1] = test.soa and "SOA" or nil
    parts[#parts + 1] = test.opt and "OPT" or nil
    test.expected = table.concat(parts, ", ")
end

local function add(list, item)
    list[#list + 1] = item or nil
end

--- What is wrong with the outcome of a test, in short words; an empty list where all is as it must be.
--- Another RCODE stands alone: what else is missing follows from it.
---@param test dnsprobe.EdnsTest
---@param exchange dnsprobe.Exchange
---@return string[]
function M.deviations(test, exchange)
    local response = exchange.response
    if exchange.outcome ~= "answer" then
        return { exchange.outcome }
    end
    if response.rcode ~= test.rcode then
        return { response.rcode }
    end
    local out = {}
    add(out, wrong_soa(test, response))
    add(out, test.opt and not response.edns and "no OPT")
    add(out, not test.opt and response.edns ~= nil and "OPT unasked")
    add(out, response.edns and response.edns.version ~= 0 and "OPT version " .. response.edns.version)
    add(out, test.wrong and test.wrong(response, exchange))
    return out
end

local shown = { [NSID] = "NSID", [8] = "ECS", [EXPIRE] = "EXPIRE", [COOKIE] = "COOKIE" }

--- Which of the options of the test `mixed` a server took up; none of them is an obligation.
---@param exchange dnsprobe.Exchange
---@return string[]
function M.supported(exchange)
    local out = {}
    for _, option in
        ipairs(exchange.response and exchange.response.edns and exchange.response.edns.options or {})
    do
        add(out, shown[option.code])
    end
    table.sort(out)
    return out
end

return M
