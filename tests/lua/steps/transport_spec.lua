-- SPDX-License-Identifier: MIT
-- Step `transport` on hand-made matrices: which cell fails, and what must not be read into it.
local batch = require "dnsprobe.judge.tool.batch"
local cells = require "dnsprobe.judge.tool.cells"
local world = require "support.world"
local grave, find = world.grave, world.find

local GOOD = { values = { "203.0.113.1" } }

-- Is a cell asked at this kind of server?
local function is_asked(cell, at_resolver, large)
    if cell.big and (at_resolver or not large) then
        return false
    end
    return at_resolver or not cell.resolver
end

--- A matrix; `say(address, cell, i)` describes an answer or nil for a good one.
local function matrix(say, options)
    options = options or {}
    local parts = { auth = {}, matrix_resolvers = {} }
    for _, server in ipairs { "192.0.2.1", "192.0.2.2", "198.51.100.1" } do
        local resolver = server:match("^198") ~= nil
        local target = { address = server, port = 53, name = server }
        local list = resolver and parts.matrix_resolvers or parts.auth
        for _, cell in ipairs(cells.list) do
            local question = { name = "shop.example.", type = "A", cell = cell.id }
            for i = 1, is_asked(cell, resolver, options.large) and (options.n or 18) or 0 do
                local given = say(server, cell.id, i) or GOOD
                list[#list + 1] = { target = target, question = question,
                    exchange = world.exchange(target, question, given, { aa = not resolver, ra = resolver }) }
            end
        end
    end
    local w = world.new()
    return w:judge("transport", {
        zone = "shop.example.", large = options.large, sizes = batch.pack {}, auth = batch.pack(parts.auth),
        matrix_resolvers = batch.pack(parts.matrix_resolvers),
    })
end

local LARGE = { name = "shop.example.", type = "TXT", size = 2100 }

local function at(address, ids, kind)
    return function(server, cell)
        return (not address or server == address) and ids[cell] and { kind = kind } or nil
    end
end

describe("the transport matrix", function()
    it("says nothing when everything passes, and that nothing large was there", function()
        local found, out = matrix(function() end)
        assert.same({}, grave(found))
        assert.truthy(out.notes[1]:find("no large answer", 1, true))
    end)

    it("names the server whose TCP is refused", function()
        local found = matrix(at("192.0.2.2", { tcp = true }, "connection-refused"))
        assert.same({ "path.tcp-blocked 192.0.2.2" }, grave(found, true))
    end)

    it("blames no server when TCP fails at all of them", function()
        local found = matrix(at(nil, { tcp = true }, "connect-timeout"))
        assert.same({ "path.tcp-blocked" }, grave(found))
        assert.is_nil(find(found, "path.tcp-blocked").subject.server)
    end)

    it("sees EDNS dropped and EDNS refused", function()
        local edns =
            { edns512 = true, edns1232 = true, edns4096 = true, ["do"] = true, cookie = true, option = true }
        local found = matrix(at("192.0.2.1", edns, "timeout"))
        assert.equal("critical", find(found, "path.edns-broken").severity)
        found = matrix(at("192.0.2.1", edns, "formerr"))
        assert.equal("warning", find(found, "path.edns-broken").severity)
        assert.same({ "path.edns-broken 192.0.2.1" }, grave(found, true))
    end)

    it("sees a server that chokes on unknown options only", function()
        local found = matrix(at("192.0.2.1", { option = true }, "timeout"))
        assert.truthy(find(found, "path.edns-broken").summary:find("option", 1, true))
    end)

    it("prints a line in the dress that does not get through", function()
        local function line(ids)
            return find(matrix(at("192.0.2.2", ids, "timeout")), "path.edns-broken").reproduce[1]
        end
        assert.is_nil(line { cookie = true }:find("+nocookie", 1, true))
        assert.truthy(line { option = true }:find("+ednsopt=65001", 1, true))
        assert.truthy(line { ["do"] = true }:find("+dnssec", 1, true))
    end)

    it("takes fragments for the cause where the name itself has the large answer", function()
        local large = { name = "shop.example.", type = "A", size = 2100 }
        local found =
            matrix(at("192.0.2.2", { edns4096 = true, big4096 = true }, "timeout"), { large = large })
        assert.same({ "path.fragments-dropped" }, grave(found))
    end)

    it("sees fragments dropped, where large answers exist", function()
        local found = matrix(at(nil, { big4096 = true }, "timeout"), { large = LARGE })
        assert.same({ "path.fragments-dropped" }, grave(found))
    end)

    it("does not take a truncated large answer for a dropped one", function()
        assert.same(
            {},
            grave((matrix(at(nil, { big4096 = true, big1232 = true }, "truncated"), { large = LARGE })))
        )
    end)

    it("sees validation fail where checking disabled helps", function()
        local found = matrix(function(server, cell)
            return server == "198.51.100.1" and cell ~= "cd" and { kind = "servfail", ede = { 7 } } or nil
        end)
        assert.same({ "dnssec.bogus 198.51.100.1" }, grave(found, true))
    end)

    it("reads nothing into a server that loses a third of everything", function()
        local turn = 0
        assert.same({}, grave((matrix(function(server)
            turn = turn + 1
            return server == "192.0.2.1" and turn % 3 == 0 and { kind = "timeout" } or nil
        end))))
    end)

    it("reads nothing into a server that refuses everything", function()
        assert.same({}, grave((matrix(function(server)
            return server == "192.0.2.1" and { kind = "refused" } or nil
        end))))
    end)
end)
