-- SPDX-License-Identifier: MIT
--- What one exchange says about a question, in a form that can be compared.
--
-- Two answers are the same when a client would do the same with them. So the order of the records,
-- the case of names and the TTLs do not count, and an answer is the SET of values found at the end of
-- the CNAME chain, together with that chain. What is kept apart, because clients do different things
-- with it, are the ways of not getting a value: NODATA, NXDOMAIN, SERVFAIL, REFUSED, a referral,
-- a truncated answer and silence.
--
-- Everything here is a pure function of an Exchange.

local M = {}

--- Types whose presentation form may be compared without regard to case (addresses and names).
local CASELESS = {
    A = true, AAAA = true, NS = true, CNAME = true, DNAME = true, PTR = true, MX = true, SRV = true,
    SOA = true, DS = true, TLSA = true, SSHFP = true,
}

--- A chain longer than any that resolvers follow (BIND and Unbound stop at 16 and 11).
local CHAIN_MAX = 16

local KIND_OF_RCODE = { NXDOMAIN = "nxdomain", SERVFAIL = "servfail", REFUSED = "refused" }

--- Outcomes in which the peer's host said no, as against saying nothing.
local KIND_OF_OUTCOME = {
    timeout = "timeout", ["connect-timeout"] = "timeout", ["port-unreachable"] = "unreachable",
    ["host-unreachable"] = "unreachable", ["connection-refused"] = "unreachable", reset = "unreachable",
    closed = "unreachable", malformed = "malformed", canceled = "canceled",
}

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

local function canonical(record)
    if CASELESS[record.type] then
        return (record.rdata:lower():gsub("%s+", " "))
    end
    return record.rdata
end

--- The smaller of two TTLs of which either may be absent.
local function least(a, b)
    if a and b then
        return math.min(a, b)
    end
    return a or b
end

--- Follow the aliases of an answer section from `name`.
---@return string[] chain, integer? ttl
local function follow(records, name, type)
    local chain, ttl = { name }, nil
    if type == "CNAME" or type == "ANY" then
        return chain, ttl
    end
    local owner = name
    for _ = 1, CHAIN_MAX do
        local found
        for _, record in ipairs(records) do
            if record.type == "CNAME" and record.name:lower() == owner then
                found = record
                break
            end
        end
        if not found then
            return chain, ttl
        end
        owner = found.rdata:lower()
        chain[#chain + 1] = owner
        ttl = least(ttl, found.ttl)
    end
    return chain, ttl
end

--- The values of `type` at `owner`, without repetitions, sorted.
local function collect(records, owner, type, ttl)
    local values, seen = {}, {}
    for _, record in ipairs(records) do
        if record.type == type and record.name:lower() == owner then
            local value = canonical(record)
            if not seen[value] then
                seen[value] = true
                values[#values + 1] = value
            end
            ttl = least(ttl, record.ttl)
        end
    end
    table.sort(values)
    return values, ttl
end

--- The first SOA of a message's authority section, and how long it lets the negative answer be kept.
local function negative(message)
    for _, record in ipairs(message.authority or {}) do
        if record.type == "SOA" then
            local minimum = tonumber(record.rdata:match("(%d+)%s*$"))
            return record.name:lower(), least(record.ttl, minimum)
        end
    end
end

local function has_type(records, type)
    for _, record in ipairs(records or {}) do
        if record.type == type then
            return true
        end
    end
    return false
end

local function ede_codes(message)
    local codes = {}
    for _, ede in ipairs(message.edns and message.edns.ede or {}) do
        codes[#codes + 1] = ede.code
    end
    return codes
end

--- Name the kind of a NOERROR answer that holds no value of the type asked for.
local function kind_without_values(message, chain, soa)
    if #chain > 1 and not soa then
        return "open"
    end
    if not soa and not message.aa and has_type(message.authority, "NS") then
        return "referral"
    end
    return "nodata"
end

local function kind_of(message, chain, values, soa)
    if message.rcode ~= "NOERROR" then
        return KIND_OF_RCODE[message.rcode] or "rcode"
    end
    if message.tc then
        return "truncated"
    end
    if #values > 0 then
        return "data"
    end
    return kind_without_values(message, chain, soa)
end

--- What makes two answers equal, as text. The asked name itself is left out of the chain. Not for runbooks: they have
--- agree.same.
---@param kind dnsprobe.AnswerKind
---@param chain string[]
---@param values string[]
---@param rcode string?
---@return string
function M.key(kind, chain, values, rcode)
    if kind == "rcode" then
        return "rcode " .. tostring(rcode)
    end
    local via = table.concat(chain, " > ", 2)
    if kind == "data" then
        return (via ~= "" and via .. " = " or "") .. table.concat(values, " ")
    end
    if kind == "open" then
        return via .. " ="
    end
    return kind
end

--- Reads an exchange as an answer to its question: what kind it is, and the values at the end of its alias chain.
--- ```lua
--- x = ctx:query { name = "shop.example", type = "A", server = "127.53.2.1" }
--- answer = answers.of(x)
--- answer.kind, answer.values, answer.ttl --> "data", { "127.80.0.1", "127.80.0.2" }, 300
--- ```
---@param exchange dnsprobe.Exchange
---@return dnsprobe.Answer
function M.of(exchange)
    local message = exchange.response
    local silent = KIND_OF_OUTCOME[exchange.outcome]
    if silent or not message then
        local kind = silent or "malformed"
        return { kind = kind, key = kind, values = {}, chain = {}, late = false, aa = false, ra = false, ad = false,
            ede = {} }
    end
    local name, type = exchange.question and exchange.question.name:lower() or ".", exchange.question and exchange.question.type
    local records = message.answer or {}
    local chain, ttl = follow(records, name, type)
    local values
    values, ttl = collect(records, chain[#chain], type, ttl)
    local soa, negative_ttl = negative(message)
    local kind = kind_of(message, chain, values, soa)
    if kind == "nodata" or kind == "nxdomain" then
        ttl = least(ttl, negative_ttl)
    end
    return {
        kind = kind, key = M.key(kind, chain, values, message.rcode), values = values, chain = chain, ttl = ttl,
        late = exchange.outcome == "late", rcode = message.rcode, aa = message.aa or false, ra = message.ra or false,
        ad = message.ad or false, soa = soa, ede = ede_codes(message),
    }
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
