-- SPDX-License-Identifier: MIT
-- The lab's own clock, and what happens in it later. The sockets are real; one second of ours is 100 of the
-- lab's.

local dns = require "dnsprobe"
local lab = require "dnsprobe.lab.scenarios"
local task = require "dnsprobe.base.task"

local SPEED = 100

local function scenario(change)
    return lab.load { name = "here", expect = {}, speed = SPEED, change = change }
end

local function ask(handle, server, options)
    local out =
        { name = "shop.example.", type = "A", server = server, port = handle.port, rd = true, timeout = 1 }
    for key, value in pairs(options or {}) do
        out[key] = value
    end
    return (assert(dns.exchange(out)))
end

local function addresses(exchange)
    local out = {}
    for i, record in ipairs(exchange.response and exchange.response.answer or {}) do
        out[i] = record.rdata
    end
    table.sort(out)
    return table.concat(out, " "),
        exchange.response and exchange.response.answer[1] and exchange.response.answer[1].ttl
end

-- Calls f in a task with a running lab.
local function within(change, f, options)
    task.run(function()
        dns.setup { guard = { mode = "loopback" }, qps = 1000, burst = 100 }
        local handle = lab.start(scenario(change), options)
        local ok, err = pcall(f, handle)
        handle.stop()
        dns.settle(1)
        assert(ok, err)
    end)
end

local OFFICE, NS1 = "127.53.20.1", "127.53.2.1"

describe("the lab's clock", function()
    it("lets TTLs count down by its speed", function()
        within(nil, function(handle)
            local _, first = addresses(ask(handle, OFFICE))
            local began = dns.now()
            task.sleep(0.4)
            local _, second = addresses(ask(handle, OFFICE))
            local passed = (dns.now() - began) * SPEED
            assert.is_true(
                first - second >= 38 and first - second <= passed + 15,
                ("%d to %d"):format(first, second)
            )
        end)
    end)

    it("leaves round trips to the real one", function()
        within(function(net) net:server("ns1.shop.example.").faults.delay = 0.2 end, function(handle)
            assert.is_true(ask(handle, NS1).rtt_us >= 190000) -- timers are of whole milliseconds
        end)
    end)

    it("ends what is cached, and serves it stale where the servers are gone", function()
        within(function(net)
            for i = 1, 3 do
                net:server("ns" .. i .. ".shop.example.").faults.flap = "servfail"
                net:server("ns" .. i .. ".shop.example.").faults.flap_share = 1
            end
            net:resolver("office").recursive = { serve_stale = true, cached = {
                { records = "shop.example. 60 IN A 127.80.0.9", age = 10 } } }
        end, function(handle)
            task.sleep(0.6)
            local text, ttl = addresses(ask(handle, OFFICE))
            assert.equal("127.80.0.9", text)
            assert.equal(30, ttl) -- RFC 8767
        end)
    end)
end)

describe("an event", function()
    local happened

    -- Starts with `change`, waits until `event` has happened 0.8 s later, then calls f.
    local function after(change, event, before, f)
        happened = false
        within(function(net)
            change(net)
            net:after(80, event)
        end, function(handle)
            before(handle)
            for _ = 1, 500 do
                if happened then
                    break
                end
                task.sleep(0.02)
            end
            assert.is_true(happened)
            f(handle)
        end, { on_event = function() happened = true end })
    end

    local large = { type = "TXT", transport = "tcp", timeout = 0.5 }

    it("changes zones, faults, caches and listeners of the running lab", function()
        after(function() end, function(net)
            net:edit("shop.example.", { ["@          A    127.80.0.1\n"] = "@ A 127.80.0.3\n" })
            net:flush("office")
            net:server("ns2.shop.example.").faults.flap, net:server("ns2.shop.example.").faults.flap_share =
                "refused", 1
            net:server("ns3.shop.example.").faults.tcp = "refuse"
            net.apps["127.80.0.2"] = "refuse"
        end, function(handle)
            assert.equal("127.80.0.1 127.80.0.2", (addresses(ask(handle, OFFICE))))
        end, function(handle)
            assert.equal("127.80.0.2 127.80.0.3", (addresses(ask(handle, NS1))))
            assert.equal("127.80.0.2 127.80.0.3", (addresses(ask(handle, OFFICE))))
            assert.equal("REFUSED", ask(handle, "127.53.2.2").response.rcode)
            assert.is_not.equal("answer", ask(handle, "127.53.2.3", large).outcome)
            local app = dns.connect { address = "127.80.0.2", port = handle.params.app_port, timeout = 1 }
            assert.is_not.equal("ok", app.outcome)
        end)
    end)

    it("heals what was broken from the start", function()
        after(function(net)
            net:server("ns2.shop.example.").faults.udp = "drop"
            net:server("ns3.shop.example.").faults.tcp = "refuse"
            net:server("ns1.shop.example.").faults.tcp = "drop"
        end, function(net)
            net:server("ns2.shop.example.").faults.udp = nil
            net:server("ns3.shop.example.").faults.tcp = "open"
            net:server("ns1.shop.example.").faults.tcp = "open"
        end, function() end, function(handle)
            assert.equal("answer", ask(handle, "127.53.2.2").outcome)
            assert.equal("answer", ask(handle, "127.53.2.3", large).outcome)
            assert.equal("answer", ask(handle, NS1, large).outcome)
        end)
    end)

    it("comes when the seed says", function()
        local function moments(seed)
            local out = {}
            local net = lab.net(scenario(function(net)
                for _ = 1, 3 do
                    net:after({ 10, 1000 }, function() end)
                end
            end), seed)
            for i, event in ipairs(net.events) do
                out[i] = event.at
                assert.is_true(event.at >= 10 and event.at < 1000)
            end
            return table.concat(out, " ")
        end
        assert.equal(moments(1), moments(1))
        assert.is_not.equal(moments(1), moments(2))
    end)

    it("that asks for what cannot change ends the run with a line that says so", function()
        local ok, err = pcall(within, function(net)
            net:after(1, function(now)
                table.insert(
                    now.servers,
                    { name = "late.", address = "127.53.2.77", faults = {}, zones = { "." } }
                )
            end)
        end, function() task.sleep(0.2) end)
        assert.is_false(ok)
        assert.truthy(
            tostring(err):find("event after 1 s: late.: an event cannot add or move a server", 1, true),
            tostring(err)
        )
    end)
end)
