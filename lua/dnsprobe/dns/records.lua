-- SPDX-License-Identifier: MIT
--- What records say: the joined text of TXT, SPF and the tag lists of DKIM and DMARC, mail exchangers in
--- order, SVCB parameters, zone serials.
--
-- `source` is always an exchange, a message or a list of records. Of an exchange only the records at the end
-- of the alias chain of its question count, so that an answer behind a CNAME needs no care. Pure functions,
-- for measures and judges.

local answers = require "dnsprobe.dns.answers"
local dns = require "dnsprobe"
local svcparams = require "dnsprobe.dns.svcparams"

local M = {}

--- RFC 1982, section 3.2: half of the space of serials.
local SERIAL_HALF = 0x80000000

-- ---- which records ----

local function of_exchange(exchange, type)
    local answer = answers.of(exchange)
    local owner = answer.chain[#answer.chain] or ""
    local out = {}
    for _, record in ipairs(exchange.response and exchange.response.answer or {}) do
        if record.type == type and record.name:lower() == owner then
            out[#out + 1] = record
        end
    end
    return out
end

local function member(source, key)
    local ok, value = pcall(function() return source[key] end)
    return ok and value or nil
end

--- The records of a type in an answer, in the order of the message; none where there is no answer.
--- ```lua
--- mx = ctx:query { name = "shop.example", type = "MX", server = ctx.nameservers[1].address }
--- records.of(mx, "MX")[1].rdata --> "10 mail.shop.example."
--- #records.of(mx, "A") --> 0
--- ```
---@param source dnsprobe.Exchange|dnsprobe.Message|dnsprobe.Record[]
---@param type string
---@return dnsprobe.Record[]
function M.of(source, type)
    if member(source, "outcome") then
        return of_exchange(source, type)
    end
    local out = {}
    for _, record in ipairs(member(source, "answer") or source) do
        out[#out + 1] = record.type == type and record or nil
    end
    return out
end

--- The addresses in an answer, A and AAAA, IPv4 first, sorted.
--- ```lua
--- records.addresses(ctx:query { name = "shop.example", server = ctx.nameservers[1].address })
---     --> { "127.80.0.1", "127.80.0.2" }
--- ```
---@param source dnsprobe.Exchange|dnsprobe.Message|dnsprobe.Record[]
---@return string[]
function M.addresses(source)
    local out = {}
    for _, type in ipairs { "A", "AAAA" } do
        for _, record in ipairs(M.of(source, type)) do
            out[#out + 1] = record.rdata
        end
    end
    return require("dnsprobe.dns.addresses").sorted(out)
end

-- ---- text ----

local function unescaped(piece)
    return (piece:gsub("\\(%d%d%d)", function(digits) return string.char(tonumber(digits) & 0xff) end)
        :gsub("\\(.)", "%1"))
end

-- Where a character-string that goes on at `at` ends: at what the pattern `stop` matches, or behind the text.
local function end_of_string(rdata, at, stop)
    while at <= #rdata and not rdata:match(stop, at) do
        if rdata:sub(at, at) == "\\" then
            at = at + (rdata:match("^%d%d%d", at + 1) and 4 or 2)
        else
            at = at + 1
        end
    end
    return at
end

-- The character-strings of a TXT record in presentation form.
local function strings_of(rdata)
    local out, at = {}, rdata:match("^%s*()")
    while at <= #rdata do
        local quote = rdata:sub(at, at) == '"' and 1 or 0
        local from = at + quote
        at = end_of_string(rdata, from, quote == 1 and '^"' or "^%s")
        out[#out + 1] = unescaped(rdata:sub(from, at - 1))
        at = rdata:match("^%s*()", at + quote) or #rdata + 1
    end
    return out
end

--- The text of a TXT record: its character-strings joined without a space between, as SPF (RFC 7208, section
--- 3.3) and DKIM (RFC 6376, section 3.6.2.2) read it. It may hold any octet: dns.escape before it is shown.
--- ```lua
--- records.text '"v=DKIM1; p=MIGfMA0" "GCSqGSIb3"' --> "v=DKIM1; p=MIGfMA0GCSqGSIb3"
--- ```
---@param record dnsprobe.Record|string record, or its presentation form
---@return string
function M.text(record)
    return table.concat(strings_of(type(record) == "string" and record or record.rdata))
end

--- The joined texts of all TXT records in an answer, sorted.
--- ```lua
--- txt = ctx:query { name = "shop.example", type = "TXT", server = ctx.nameservers[1].address }
--- #records.texts(txt) --> 8
--- ```
---@param source dnsprobe.Exchange|dnsprobe.Message|dnsprobe.Record[]
---@return string[]
function M.texts(source)
    local out = {}
    for i, record in ipairs(M.of(source, "TXT")) do
        out[i] = M.text(record)
    end
    table.sort(out)
    return out
end

--- The SPF record in an answer, and how many there are: more than one is an error to mail servers (RFC 7208,
--- section 4.5).
--- ```lua
--- txt = ctx:query { name = "shop.example", type = "TXT", server = ctx.nameservers[1].address }
--- records.spf(txt) --> "v=spf1 ip4:192.0.2.0/24 -all", 1
--- ```
---@param source dnsprobe.Exchange|dnsprobe.Message|dnsprobe.Record[]
---@return string? spf the first one
---@return integer count
function M.spf(source)
    local first, count = nil, 0
    for _, text in ipairs(M.texts(source)) do
        local lower = text:lower()
        if lower == "v=spf1" or lower:match("^v=spf1 ") then
            first, count = first or text, count + 1
        end
    end
    return first, count
end

--- A list of `tag=value` between semicolons, as DKIM keys, DMARC, MTA-STS and TLS-RPT records are (RFC 6376,
--- section 3.2). Names of tags are case-sensitive; a tag that comes twice or lacks its `=` makes the list
--- invalid.
--- ```lua
--- records.tags "v=DMARC1; p=none; rua=mailto:dmarc@shop.example"
---     --> { p = "none", rua = "mailto:dmarc@shop.example", v = "DMARC1" }
--- records.tags "v=DMARC1; p=none; p=reject" --> nil, "tag p comes twice"
--- ```
---@param text string
---@return table<string, string>? tags
---@return string? message
function M.tags(text)
    local out = {}
    for part in text:gmatch("[^;]+") do
        local name, value = part:match("^%s*([%a][%w_]*)%s*=%s*(.-)%s*$")
        if not name and part:match("%S") then
            return nil, ("%q is not tag=value"):format(dns.escape((part:match("^%s*(.-)%s*$"))))
        elseif name and out[name] then
            return nil, ("tag %s comes twice"):format(name)
        elseif name then
            out[name] = value
        end
    end
    return out
end

-- ---- lists in order ----

--- Mail exchangers, the preferred one first. A single `.` says that the domain takes no mail (RFC 7505).
--- ```lua
--- mx = ctx:query { name = "shop.example", type = "MX", server = ctx.nameservers[1].address }
--- records.mx(mx) --> { { exchange = "mail.shop.example.", preference = 10 } }
--- ```
---@param source dnsprobe.Exchange|dnsprobe.Message|dnsprobe.Record[]
---@return { preference: integer, exchange: string }[]
function M.mx(source)
    local out = {}
    for i, record in ipairs(M.of(source, "MX")) do
        local preference, exchange = record.rdata:match("^(%d+)%s+(%S+)$")
        out[i] =
            { preference = math.tointeger(tonumber(preference)) or 0, exchange = (exchange or "."):lower() }
    end
    table.sort(out, function(a, b)
        if a.preference ~= b.preference then
            return a.preference < b.preference
        end
        return a.exchange < b.exchange
    end)
    return out
end

--- Services, the preferred one first (RFC 2782): by priority, then the heavier one, then the name.
--- ```lua
--- records.srv { { type = "SRV", rdata = "20 5 5060 b.test." }, { type = "SRV", rdata = "10 5 5060 a.test." } }
---     --> { { port = 5060, priority = 10, target = "a.test.", weight = 5 },
---     -->   { port = 5060, priority = 20, target = "b.test.", weight = 5 } }
--- ```
---@param source dnsprobe.Exchange|dnsprobe.Message|dnsprobe.Record[]
---@return { priority: integer, weight: integer, port: integer, target: string }[]
function M.srv(source)
    local out = {}
    for _, record in ipairs(M.of(source, "SRV")) do
        local priority, weight, port, target = record.rdata:match("^(%d+)%s+(%d+)%s+(%d+)%s+(%S+)$")
        if priority then
            out[#out + 1] = {
                priority = math.tointeger(tonumber(priority)),
                weight = math.tointeger(tonumber(weight)),
                port = math.tointeger(tonumber(port)),
                target = target:lower(),
            }
        end
    end
    table.sort(out, function(a, b)
        if a.priority ~= b.priority then
            return a.priority < b.priority
        elseif a.weight ~= b.weight then
            return a.weight > b.weight
        end
        return a.target < b.target
    end)
    return out
end

-- ---- SVCB and HTTPS (RFC 9460) ----

--- An SVCB or HTTPS record in its parts. Priority 0 makes it an alias of `target`, without parameters; a
--- target of `.` is the owner itself. `alpn`, `ipv4hint`, `ipv6hint` and `mandatory` are lists, `port` is a
--- number, a key without a value is true, all others are text.
--- ```lua
--- records.svcb { type = "HTTPS", name = "shop.example.", rdata = '1 . alpn="h2,h3" port=8443 ipv4hint=192.0.2.1' }
---     --> { alias = false, params = { alpn = { "h2", "h3" }, ipv4hint = { "192.0.2.1" }, port = 8443 }, priority = 1,
---     -->   target = "shop.example." }
--- ```
---@param record dnsprobe.Record
---@return { priority: integer, target: string, alias: boolean, params: table<string, string|integer|boolean|string[]> }?
---@return string? message
function M.svcb(record)
    local priority, target, rest = record.rdata:match("^(%d+)%s+(%S+)%s*(.*)$")
    if not priority or (record.type ~= "SVCB" and record.type ~= "HTTPS") then
        return nil, "an SVCB or HTTPS record is needed"
    end
    priority = math.tointeger(tonumber(priority))
    return { priority = priority, alias = priority == 0, params = svcparams(rest),
        target = target == "." and record.name or target }
end

-- ---- zone serials ----

--- The SOA record in an answer, in its fields.
--- ```lua
--- records.soa(ctx:query { name = "shop.example", type = "SOA", server = ctx.nameservers[1].address }).serial
---     --> 2026112201
--- ```
---@param source dnsprobe.Exchange|dnsprobe.Message|dnsprobe.Record[]
---@return dnsprobe.rdata.SOA?
function M.soa(source)
    local record = M.of(source, "SOA")[1]
    if not record then
        return nil
    end
    local out, words, numbers = {}, {}, { "serial", "refresh", "retry", "expire", "minimum" }
    for word in record.rdata:gmatch("%S+") do
        words[#words + 1] = word
    end
    out.mname, out.rname = words[1], words[2]
    for i, key in ipairs(numbers) do
        out[key] = math.tointeger(tonumber(words[i + 2]))
    end
    return out
end

--- Is serial `a` newer than `b`? Serials go round (RFC 1982): 1 is newer than 4294967295.
--- ```lua
--- records.serial_newer(2026112201, 2026112200) --> true
--- records.serial_newer(1, 4294967295) --> true
--- ```
---@param a integer
---@param b integer
---@return boolean
function M.serial_newer(a, b)
    local ahead = (a - b) % 0x100000000
    return ahead > 0 and ahead < SERIAL_HALF
end

return M
