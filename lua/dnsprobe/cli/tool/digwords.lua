-- SPDX-License-Identifier: MIT
-- dig's words: NAME [TYPE] [CLASS] @SERVER +option -flag, in any order, as a table of options for dns.query.

local dns = require "dnsprobe"
local exit = require "dnsprobe.base.exit"
local nearest = require "dnsprobe.base.nearest"
local typed = require "dnsprobe.book.typed"

local M = {}

local function bad(text, ...)
    exit.usage_of("query", text, ...)
end

local function whole(word, value, low, high)
    local number = math.tointeger(tonumber(value or ""))
    if not number or number < low or number > high then
        bad("+%s: a whole number from %d to %d is needed", word, low, high)
    end
    return number
end

local function bytes(word, hex, most)
    if not hex:match("^%x*$") or #hex % 2 == 1 or #hex > 2 * most then
        bad("+%s: an even number of hexadecimal digits is needed, at most %d bytes", word, most)
    end
    return (hex:gsub("%x%x", function(pair) return string.char(tonumber(pair, 16)) end))
end

local opcodes = { query = 0, iquery = 1, status = 2, notify = 4, update = 5 }

-- EDNS options by name: dig's, and those that are younger than it.
local option_codes = { llq = 1, ul = 2, nsid = 3, dau = 5, dhu = 6, n3u = 7, ecs = 8, expire = 9, cookie = 10,
    keepalive = 11, pad = 12, padding = 12, chain = 13, ["key-tag"] = 14, ede = 15, ["client-tag"] = 16,
    ["server-tag"] = 17, ["report-channel"] = 18, zoneversion = 19, deviceid = 26946 }

-- Words with a yes and a no form. `set(q, on, value)` where the word takes a value as well.
local switches = {
    tcp = function(q, on)     q.transport = on and "tcp" or "udp"
end,
    rd = function(q, on) q.rd = on end,
    cd = function(q, on) q.cd = on end,
    ad = function(q, on) q.ad = on end,
    dnssec = function(q, on) q.dnssec = on end,
    nsid = function(q, on) q.nsid = on end,
    ignore = function(q, on) q.tcp_fallback = not on end,
    short = function(q, on) q.short = on end,
    ["header-only"] = function(q, on) q.header_only = on end,
    df = function(q, on) q.df = on end,
    ednsnegotiation = function(_, on)
        if on then
            bad("+ednsnegotiation: nothing is negotiated here; ask again with +edns=0")
        end
    end,
    cookie = function(q, on, value)
        q.cookie = on and (value and bytes("cookie", value, 40) or true) or nil
    end,
    subnet = function(q, on, value)
        if on and not value then
            bad("+subnet: a prefix such as 192.0.2.0/24 is needed")
        end
        q.subnet = on and M.prefix(value) or nil
    end,
    padding = function(q, on, value) q.padding = on and whole("padding", value, 0, 512) or nil end,
    edns = function(q, on, value)
        q.edns = on
        q.edns_version = on and value and whole("edns", value, 0, 255) or nil
    end,
    ednsopt = function(q, on, value)
        if not on then
            q.options = {}
            return
        end
        local code, hex = (value or ""):match("^([%w-]+):?(%x*)$")
        code = code and (option_codes[code:lower()] or math.tointeger(tonumber(code)))
        if not code or code < 0 or code > 65535 then
            bad("+ednsopt: CODE[:HEX] is needed, got '%s'", value or "")
        end
        q.options[#q.options + 1] = { code = code, data = bytes("ednsopt", hex, 1024) }
    end,
    ednsflags = function(q, on, value) q.edns_flags = on and whole("ednsflags", value, 0, 65535) or nil end,
}

-- Words that have a value and no "no" form.
local values = {
    bufsize = function(q, value)
        q.size = whole("bufsize", value, 0, 65535) -- 0 is sent as 0, as by dig; +noedns leaves EDNS out
        q.edns = true
    end,
    tries = function(q, value) q.tries = whole("tries", value, 1, 16) end,
    retry = function(q, value) q.tries = whole("retry", value, 0, 15) + 1 end,
    time = function(q, value)
        local seconds = tonumber(value)
        if not seconds or seconds < 0.01 or seconds > 60 then
            bad("+time: seconds from 0.01 to 60 are needed")
        end
        q.timeout = seconds
    end,
    qid = function(q, value) q.qid = whole("qid", value, 0, 65535) end,
    opcode = function(q, value) q.opcode = opcodes[value:lower()] or whole("opcode", value, 0, 15) end,
}

local synonyms = {
    recurse = "rd",
    rec = "rd",
    rdflag = "rd",
    cdflag = "cd",
    adflag = "ad",
    vc = "tcp",
    timeout = "time",
    dns = "dnssec",
    ["do"] = "dnssec",
    client = "subnet",
    ednsneg = "ednsnegotiation",
}

--- A subnet as dns.exchange takes it: "0" and addresses without a length are completed as dig does.
---@param text string
---@return string
function M.prefix(text)
    if text == "0" or text == "0/0" then
        return "0.0.0.0/0"
    end
    if text:find("/", 1, true) then
        return text
    end
    return text .. (text:find(":", 1, true) and "/128" or "/32")
end

local function sorted_names(...)
    local out = {}
    for _, set in ipairs { ... } do
        for name in pairs(set) do
            out[#out + 1] = name
        end
    end
    table.sort(out)
    return out
end

local function unknown(word, name)
    local near = nearest.word(name, sorted_names(switches, values, synonyms))
    bad("unknown option '%s'; %s", dns.escape(word), near and ("did you mean +%s?"):format(near)
        or "dig's words that are known: " .. M.known())
end

-- The switch that a word names, and whether it is turned on: "+nord" turns "rd" off.
local function switch_of(name)
    local full = synonyms[name] or name
    if switches[full] or not name:match("^no") then
        return full, true
    end
    full = synonyms[name:sub(3)] or name:sub(3)
    if full == "bufsize" then
        bad("+nobufsize is no option of dig; +bufsize=512 or +noedns is what is meant")
    end
    return full, false
end

local function plus_word(q, word)
    local name, value = word:match("^%+([%a-]+)=(.*)$")
    name = (name or word:sub(2)):lower()
    local full = synonyms[name] or name
    if values[full] then
        if not value or value == "" then
            bad("%s: a value is needed, as in +%s=N", dns.escape(word), full)
        end
        values[full](q, value)
        return
    end
    local switch, on = switch_of(name)
    if not switches[switch] then
        unknown(word, name)
    end
    switches[switch](q, on, on and value or nil)
end

--- All words, for messages and help.
---@return string
function M.known()
    local out = {}
    for i, name in ipairs(sorted_names(switches, values)) do
        out[i] = "+" .. name .. (values[name] and "=" or "")
    end
    return table.concat(out, " ")
end

-- Flags that take the next word: -p 5353 and -p5353 are the same.
local flags = {
    ["-p"] = function(q, v) q.port = whole("p", v, 1, 65535) end,
    ["-c"] = function(q, v) q.class = v:upper() end,
    ["-t"] = function(q, v) q.type = M.type(v) end,
    ["-q"] = function(q, v) q.name = v end,
    ["-x"] = function(q, v)
        local name = dns.name.reverse(v)
        if not name then
            bad("-x: an address is needed, got '%s'", dns.escape(v))
        end
        q.name, q.type = name, "PTR"
    end,
    ["-o"] = function(q, v) q.output = v end,
    ["--output"] = function(q, v) q.output = v end,
    ["--capture"] = function(q, v) q.capture = v end,
    ["--format"] = function(q, v)
        if v ~= "text" and v ~= "json" and v ~= "hex" then
            bad("--format: text, json or hex is needed, got '%s'", dns.escape(v))
        end
        q.format = v
    end,
    ["--timeout"] = function(q, v) values.time(q, v) end,
    ["--port"] = function(q, v) q.port = whole("port", v, 1, 65535) end,
    ["--late"] = function(q, v) q.late = whole("late", v, 0, 60000) / 1000 end,
    ["--seed"] = function(q, v) q.seed = whole("seed", v, 0, math.maxinteger) end,
}

local single = {
    ["-4"] = function(q) q.family = 4 end,
    ["-6"] = function(q) q.family = 6 end,
    ["--json"] = function(q) q.format = "json" end,
}

--- What begins with a minus.
---@return string[] sorted
function M.flags() return sorted_names(flags, single) end

--- A checked record type in upper case.
---@param text string
---@return string
function M.type(text)
    local type = text:upper()
    if not dns.is_type(type) then
        bad("unknown record type '%s'%s", dns.escape(text), nearest.hint(type, dns.types()))
    end
    return type
end

local function flag_word(q, words, i)
    local word = words[i]
    if single[word] then
        single[word](q)
        return i
    end
    local long, value = word:match("^(%-%-[%a-]+)=(.*)$")
    if long and flags[long] then
        flags[long](q, value)
        return i
    end
    if flags[word] then
        if not words[i + 1] then
            bad("%s: a value is needed", word)
        end
        flags[word](q, words[i + 1])
        return i + 1
    end
    if flags[word:sub(1, 2)] and word:sub(1, 2) ~= "--" then
        flags[word:sub(1, 2)](q, word:sub(3))
        return i
    end
    bad("unknown option '%s'%s", dns.escape(word), nearest.hint(word:match("^[^=]*"), M.flags()))
end

local classes = { IN = true, CH = true, HS = true, ANY = true }

-- Bare words: the name first, then type and class in any order.
local function bare_words(q, bare)
    if #bare >= 2 and not q.name and dns.is_type(bare[1]:upper()) and not dns.is_type(bare[2]:upper())
        and not classes[bare[2]:upper()] then
            bare[1], bare[2] = bare[2], bare[1]
    end
    for _, word in ipairs(bare) do
        if not q.name then
            q.name = word
        elseif classes[word:upper()] and word:upper() ~= "ANY" then
            q.class = word:upper()
        elseif not q.type then
            q.type = M.type(word)
        else
            bad("one NAME and one TYPE, not also '%s'", dns.escape(word))
        end
    end
end

--- Reads the words of a query. Raises usage Failures.
---@param words string[]
---@return table q name, type, class, server and the options of dns.query, plus short, format, output, family
function M.parse(words)
    local q = { rd = true, edns = true, options = {}, tries = 1, tcp_fallback = true, format = "text" }
    local bare, i = {}, 1
    while i <= #words do
        local first = words[i]:sub(1, 1)
        if first == "@" then
            q.server = words[i]:sub(2)
        elseif first == "+" then
            plus_word(q, words[i])
        elseif first == "-" and words[i] ~= "-" then
            i = flag_word(q, words, i)
        else
            bare[#bare + 1] = words[i]
        end
        i = i + 1
    end
    bare_words(q, bare)
    if not q.name then
        bad("a NAME is needed")
    end
    local name, err = typed.name(q.name)
    if not name then
        bad("%s is not a domain name: %s", dns.escape(q.name), err)
    end
    q.type = q.type or "A"
    return q
end

return M
