-- SPDX-License-Identifier: MIT
-- The lab's scenarios as a whole: every finding there is can be practised on, and none of them is told
-- wrongly.

local findings = require "dnsprobe.book.findings"
local lfs = require "lfs"

local FOLDER = "runbooks/lab"

local function scenarios()
    local out = {}
    for file in lfs.dir(FOLDER) do
        if file:match("%.lua$") then
            out[file] = dofile(FOLDER .. "/" .. file)
        end
    end
    return out
end

-- There the C library of this host is not measured, and no resolver fails by type.
local NOT_IN_LAB = { ["client.libc-differs"] = true, ["recursive.type-broken"] = true }

describe("the lab's scenarios", function()
    local all = scenarios()

    it("have every finding as the truth of at least one", function()
        local shown = {}
        for _, scenario in pairs(all) do
            for _, list in ipairs { scenario.expect, scenario.info or {} } do
                for _, id in ipairs(list) do
                    shown[id] = true
                end
            end
        end
        local missing = {}
        for _, id in ipairs(findings.ids()) do
            missing[#missing + 1] = not shown[id] and not NOT_IN_LAB[id] and id or nil
        end
        assert.same({}, missing)
    end)

    it("expect above info what may rise above it, and at info what there is", function()
        for file, scenario in pairs(all) do
            for _, id in ipairs(scenario.expect) do
                local row = findings.get(id)
                assert.is_truthy(row, file .. ": " .. id)
                assert.is_not.equal("info", row.max, file .. ": " .. id)
            end
            for _, id in ipairs(scenario.info or {}) do
                assert.is_truthy(findings.get(id), file .. ": " .. id)
            end
        end
    end)

    it("have at least a dozen in which nothing is wrong", function()
        local healthy = 0
        for file, scenario in pairs(all) do
            if file:match("^healthy") then
                healthy = healthy + 1
                assert.same({}, scenario.expect, file)
            end
        end
        assert.is_true(healthy >= 12, tostring(healthy))
    end)
end)

describe("dnsprobe help scenario", function()
    local page = require("dnsprobe.cli.help.scenario").page()

    local function read(path)
        local file <close> = assert(io.open(path))
        return file:read("a")
    end

    local function has(word)
        return page:find("%f[%w_]" .. word .. "%f[^%w_]") ~= nil
    end

    it("names every fault that the lab has", function()
        local n = 0
        for fault in read("lua/bind/dns/labfaults.c"):gmatch('{"([%w_]+)", DP_ARG') do
            n = n + 1
            assert.is_true(has(fault), fault)
        end
        assert.is_true(n > 20)
    end)

    it("names every member that lab/check.lua knows", function()
        local own = { events = true, rng = true, flush = true }
        for list in read("lua/dnsprobe/lab/check.lua"):gmatch('_members = words "([^"]+)"') do
            for word in list:gmatch("%S+") do
                assert.is_true(own[word] or has(word), word)
            end
        end
    end)

    it("names every method of a net", function()
        for method in read("lua/dnsprobe/lab/internet.lua"):gmatch("function Net:([%w_]+)") do
            assert.truthy(page:find("net:" .. method .. "(", 1, true), method)
        end
    end)
end)
