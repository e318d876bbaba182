-- SPDX-License-Identifier: MIT
-- Stands in for the C module `dnsprobe` where a spec tests the Lua library alone: no sockets, a fake clock,
-- and an answer function that the spec sets (stub.answer).
local M = { version = "0.0.0-stub", clock = 1000.0, sent = {}, setups = {} }

function M.now() return M.clock end
function M.time() return 1700000000.25 end
function M.allow() end
function M.answered() end
function M.settle() end
function M.stats() return { socket_errors = 0, lag = { samples = 3, max_us = 900, mean_us = 400 } } end
function M.setup(options) M.setups[#M.setups + 1] = options end
function M.random(m, n)
    if not m then
        return math.random()
    end
    return n and math.random(m, n) or math.random(m)
end

function M.escape(text)
    return (text:gsub("[%c\127]", function(c) return ("\\%03d"):format(c:byte()) end))
end

local types = {
    A = true,
    AAAA = true,
    NS = true,
    SOA = true,
    TXT = true,
    MX = true,
    CNAME = true,
    DS = true,
    PTR = true,
}
function M.is_type(text) return types[text] or text:match("^TYPE%d+$") ~= nil end
function M.types()
    local out = {}
    for type in pairs(types) do
        out[#out + 1] = type
    end
    table.sort(out)
    return out
end

M.name = {}
function M.name.absolute(text)
    if text == "" or text:find("..", 1, true) or #text > 253 then
        return nil, "malformed name"
    end
    text = text:lower()
    return text:sub(-1) == "." and text or text .. "."
end
function M.name.equal(a, b) return a:lower() == b:lower() end
function M.name.reverse(address)
    return address:match("^%d") and address:gsub("(%d+)%.(%d+)%.(%d+)%.(%d+)", "%4.%3.%2.%1.in-addr.arpa.")
        or nil,
        "no address"
end

M.address = {}
function M.address.parse(text, default_port)
    local address, port = text:match("^%[([%x:]+)%]:(%d+)$")
    if not address then
        address, port = text:match("^([%x:.]+)#(%d+)$")
    end
    address = address or text
    if not (address:match("^%d+%.%d+%.%d+%.%d+$") or address:match("^[%x:]*:[%x:]*$")) then
        return nil, "no address (ADDR or ADDR#PORT)"
    end
    return { address = address, port = math.tointeger(tonumber(port)) or default_port or 0,
        family = address:find(":", 1, true) and 6 or 4, scope = "global" }
end

local Exchange = { __name = "dnsprobe.Exchange" }

--- What a spec's exchange looks like; `fields` are laid over it.
function M.make_exchange(fields)
    local n = #M.sent + 1
    local exchange = {
        n = n,
        transport = "udp",
        outcome = "answer",
        rtt_us = 1000,
        sent_us = 1700000000000000 + n,
        sent = 1700000000.0,
        local_port = 4000,
        query_size = 40,
        size = 80,
        clock = "user",
        stray = {},
        server = { address = "192.0.2.1", port = 53 },
        query = { ID = n },
        response = { ID = n },
        from = { address = "192.0.2.1", port = 53 },
    }
    for key, value in pairs(fields or {}) do
        exchange[key] = value
    end
    setmetatable(exchange, Exchange)
    exchange.attempts = { exchange }
    M.sent[n] = exchange
    return exchange
end

function M.exchange(options)
    return M.make_exchange {
        server = { address = options.server, port = options.port or 53, label = options.label },
        question = { name = options.name, type = options.type, class = "IN" },
    }
end
M.query = M.exchange

function M.trace(name)
    return { name = name, zone = name, levels = {}, exchanges = {},
        parent = { zone = name, ns = { "ns1." .. name, "ns2." .. name },
            glue = { ["ns1." .. name] = { "192.0.2.1" }, ["ns2." .. name] = { "192.0.2.2" } } },
        child = { ns = { "ns1." .. name }, addresses = { ["ns1." .. name] = { "192.0.2.1", "2001:db8::1" } } } }
end

M.message = {}
function M.message.to_json(message)
    return message
end
function M.message.text(message) return ";; " .. tostring(message.rcode) .. "\n" end
function M.message.from_json(message) return message end

M.stub = {}
function M.stub.config()
    return { resolvers = { { address = "192.0.2.53", port = 53 } }, search = { "example." } }
end

return M
