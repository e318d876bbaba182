-- SPDX-License-Identifier: MIT
-- Step `alias`: a flattened name against its target.
local batch = require "dnsprobe.judge.tool.batch"
local world = require "support.world"
local always, grave, find = world.always, world.grave, world.find

local TARGET = { address = "192.0.2.77", port = 53 }

local function samples(name, n, say, subnet)
    local list, question = {}, { name = name, type = "A", subnet = subnet }
    for i = 1, n do
        list[i] = { target = TARGET, question = question, exchange = world.exchange(TARGET, question, say(i),
            { aa = true }) }
    end
    return list
end

--- Judge `own` against a target that says `pool`.
local function judge(own, pool, more)
    local w = world.new():auth("192.0.2.1", "ns1", own):auth("192.0.2.2", "ns2", own)
    local alias = {
        target = "pool.cdn.test.",
        final = "pool.cdn.test.",
        pool = batch.pack(samples("pool.cdn.test.", 29, pool)),
        pool_abroad = batch.pack {},
        own_abroad = batch.pack {},
        reach = {},
    }
    local data = { given = false, types = { "A" }, alias = alias }
    for key, value in pairs(more or {}) do
        if key == "given" then
            data.given = value
        else
            alias[key] = value
        end
    end
    return (w:judge("alias", data))
end

local function abroad(name, by_subnet)
    local list = {}
    for subnet, value in pairs(by_subnet) do
        for _, sample in ipairs(samples(name, 3, always { values = { value } }, subnet)) do
            list[#list + 1] = sample
        end
    end
    return batch.pack(list)
end

local ONE, OLD = always { values = { "203.0.113.1" } }, always { values = { "203.0.113.99" } }

describe("an alias that is well", function()
    it("is an observation, no fault", function()
        local found = judge(ONE, ONE)
        assert.same({}, grave(found))
        assert.truthy(find(found, "auth.alias-flattened"))
    end)

    it("may hold one member of a pool that rotates", function()
        assert.same({}, grave(judge(ONE, function(i)
            return { values = { "203.0.113." .. i % 4 } }
        end)))
    end)

    it("may hold a member of a pool too large to be seen whole", function()
        assert.same({}, grave(judge(OLD, function(i)
            return { values = { "203.0.113." .. i } }
        end, { given = true })))
    end)

    it("is none when www simply lives elsewhere", function()
        local found = judge(OLD, ONE, { reach = { { side = "own", address = "203.0.113.99", outcome = "ok" },
            { side = "target", address = "203.0.113.1", outcome = "ok" } } })
        assert.same({}, grave(found))
        assert.is_nil(find(found, "auth.alias-flattened"))
    end)
end)

describe("an alias with a fault", function()
    it("serves what its given target has left", function()
        assert.same({ "auth.alias-stale" }, grave(judge(OLD, ONE, { given = true })))
    end)

    it("serves what its target has left, as its moving TTL shows", function()
        local copied = function(i)
            return { values = { "203.0.113.99" }, ttl = 300 - i }
        end
        assert.same({ "auth.alias-stale" }, grave(judge(copied, ONE)))
    end)

    it("serves dead addresses while the target's serve the name", function()
        assert.same({ "auth.alias-stale" }, grave(judge(OLD, ONE, { reach = {
            { side = "own", address = "203.0.113.99", outcome = "refused" },
            { side = "target", address = "203.0.113.1", outcome = "ok" } } })))
    end)

    it("gives every region one answer where the target has several", function()
        assert.same({ "auth.alias-geo-blind" }, grave(judge(ONE, ONE, {
            pool_abroad = abroad("pool.cdn.test.", { ["18.9.22.0/24"] = "203.0.113.1", ["133.11.0.0/24"] =
                "203.0.113.2" }),
            own_abroad = abroad("shop.example.", { ["18.9.22.0/24"] = "203.0.113.1", ["133.11.0.0/24"] =
                "203.0.113.1" }) })))
    end)
end)
