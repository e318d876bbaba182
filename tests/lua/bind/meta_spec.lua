-- SPDX-License-Identifier: MIT
-- lua/meta says what the C modules have: names are compared both ways, and rr.lua with the types the binary
-- knows.

local function names_of(module, prefix, out)
    for key, value in pairs(module) do
        if type(value) == "function" then
            out[prefix .. key] = true
        elseif type(value) == "table" then
            names_of(value, prefix .. key .. ".", out)
        end
    end
    return out
end

local function sorted(set)
    local out = {}
    for name in pairs(set) do
        out[#out + 1] = name
    end
    table.sort(out)
    return out
end

local function documented(path)
    local out = {}
    for line in io.lines(path) do
        local name = line:match("^function [%w_]+%.([%w_.]+)%(")
        if name then
            out[name] = true
        end
    end
    return out
end

describe("lua/meta", function()
    for file, module in pairs {
        dnsprobe = "dnsprobe",
        json = "dnsprobe.json",
        stats = "dnsprobe.stats",
        fs = "dnsprobe.fs",
        process = "dnsprobe.process",
        gzip = "dnsprobe.gzip",
        stream = "dnsprobe.stream",
    } do
        it("names every function of " .. module .. ", and no other", function()
            assert.same(
                sorted(names_of(require(module), "", {})),
                sorted(documented("lua/meta/" .. file .. ".lua"))
            )
        end)
    end

    it("has the fields of every record type (rr.lua: tests/lua/bind/rr.lua writes it)", function()
        local file <close> = assert(io.open("lua/meta/rr.lua"))
        assert.equal(file:read("a"), dofile("tests/lua/bind/rr.lua")("core/wire/rrtypes.def"))
    end)
end)
