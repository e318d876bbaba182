-- SPDX-License-Identifier: MIT
-- How an exchange is read as an answer (answers.of): the alias chain followed, the values at its end, and
-- what kind of answer that makes.

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

--- What makes two answers equal, as text. The asked name itself is left out of the chain.
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

--- What an exchange says about its question.
---@param exchange dnsprobe.Exchange
---@return dnsprobe.Answer
function M.answer(exchange)
    local message, outcome, question = exchange.response, exchange.outcome, exchange.question
    local silent = KIND_OF_OUTCOME[outcome]
    if silent or not message then
        local kind = silent or "malformed"
        return {
            kind = kind,
            key = kind,
            values = {},
            chain = {},
            late = false,
            aa = false,
            ra = false,
            ad = false,
            ede = {},
        }
    end
    local name, type = question and question.name:lower() or ".", question and question.type
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
        kind = kind,
        key = M.key(kind, chain, values, message.rcode),
        values = values,
        chain = chain,
        ttl = ttl,
        late = outcome == "late",
        rcode = message.rcode,
        aa = message.aa or false,
        ra = message.ra or false,
        ad = message.ad or false,
        soa = soa,
        ede = ede_codes(message),
    }
end

return M
