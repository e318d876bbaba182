-- SPDX-License-Identifier: MIT
--- What one exchange says about a question, in a form that can be compared.
--
-- Two answers are the same when a client would do the same with them. So the order of the records,
-- the case of names and the TTLs do not count, and an answer is the SET of values found at the end of
-- the CNAME chain, together with that chain. What is kept apart, because clients do different things
-- with it, are the ways of not getting a value: NODATA, NXDOMAIN, SERVFAIL, REFUSED, a referral,
-- a truncated answer and silence.
--
-- Everything here is a pure function of an Exchange, read once (dns/answers/kept.lua).

local kept = require "dnsprobe.dns.answers.kept"
local borrowed = require "dnsprobe.dns.answers.borrowed"

local M = {}

---@alias dnsprobe.AnswerKind "data"|"open"|"nodata"|"nxdomain"|"servfail"|"refused"|"rcode"|"referral"
---|"truncated"|"timeout"|"unreachable"|"malformed"|"canceled"

---@class dnsprobe.Answer
---@field kind dnsprobe.AnswerKind
---@field key string equal for two answers that mean the same to a client
---@field values string[] sorted; the values at the end of the chain
---@field chain string[] the names followed, the asked one first
---@field ttl integer? seconds; the smallest along the chain (negative answers: RFC 2308)
---@field late boolean
---@field rcode string?
---@field aa boolean
---@field ra boolean
---@field ad boolean
---@field soa string? owner of the SOA of a negative answer
---@field ede integer[] extended error codes (RFC 8914)

--- Reads an exchange as an answer to its question: what kind it is, and the values at the end of its alias
--- chain.
--- ```lua
--- x = ctx:query { name = "shop.example", type = "A", server = "127.53.2.1" }
--- answer = answers.of(x)
--- answer.kind, answer.values, answer.ttl --> "data", { "127.80.0.1", "127.80.0.2" }, 300
--- ```
---@param exchange dnsprobe.Exchange
---@return dnsprobe.Answer
function M.of(exchange)
    return kept.copy(borrowed.of(exchange))
end

local USABLE = { data = true, open = true, nodata = true, nxdomain = true }

--- True when a client could use the answer: a value, or a definite "there is none".
--- ```lua
--- x = ctx:query { name = "shop.example", type = "A", server = "127.53.2.1" }
--- answers.usable(answers.of(x)) --> true
--- ```
---@param answer dnsprobe.Answer
---@return boolean
function M.usable(answer)
    return USABLE[answer.kind] or false
end

--- True when an answer's values are exactly the members of a set.
--- ```lua
--- x = ctx:query { name = "shop.example", type = "A", server = "127.53.2.1" }
--- answers.same_values(answers.of(x), { ["127.80.0.1"] = true }) --> false
--- ```
---@param answer dnsprobe.Answer
---@param set table<string, any>
---@return boolean
function M.same_values(answer, set)
    local size = 0
    for _ in pairs(set) do
        size = size + 1
    end
    for _, value in ipairs(answer.values) do
        if not set[value] then
            return false
        end
    end
    return size == #answer.values
end

--- The serial of a zone, from the answer to an SOA question.
--- ```lua
--- x = ctx:query { name = "shop.example", type = "SOA", server = "127.53.2.1" }
--- answers.serial(answers.of(x)) --> 2026112201, "ns1.shop.example."
--- ```
---@param answer dnsprobe.Answer
---@return integer? serial, string? mname
function M.serial(answer)
    local mname, serial = (answer.values[1] or ""):match("^(%S+)%s+%S+%s+(%d+)%s")
    return tonumber(serial), mname
end

--- The name-server identifier of a response (RFC 5001), as text: which node behind an address answered.
--- ```lua
--- x = ctx:query { name = "shop.example", server = "127.53.2.1", nsid = true }
--- answers.nsid(x) --> "ns1.shop.example"
--- ```
---@param exchange dnsprobe.Exchange
---@return string?
function M.nsid(exchange)
    local edns = exchange.response and exchange.response.edns
    return edns and edns.nsid or nil
end

--- The first extended error (RFC 8914) of an answer that is one of these; nil where there is none.
--- ```lua
--- x = ctx:query { name = "shop.example", type = "A", server = "127.53.2.1" }
--- answers.has_ede(answers.of(x), { [3] = true, [19] = true }) == nil --> true
--- ```
---@param answer dnsprobe.Answer
---@param codes table<integer, any>
---@return integer? code the first that fits
function M.has_ede(answer, codes)
    for _, code in ipairs(answer.ede) do
        if codes[code] then
            return code
        end
    end
end

--- Short text for a table or a sentence.
--- ```lua
--- x = ctx:query { name = "shop.example", type = "A", server = "127.53.2.1" }
--- answers.text(answers.of(x)) --> "127.80.0.1 127.80.0.2"
--- ```
---@param answer dnsprobe.Answer
---@return string
function M.text(answer)
    if answer.kind == "data" or answer.kind == "open" or answer.kind == "rcode" then
        return answer.key
    end
    return answer.kind:upper()
end

return M
