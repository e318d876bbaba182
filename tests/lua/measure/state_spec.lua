-- SPDX-License-Identifier: MIT
-- What runbooks keep between runs: round trips, limits, broken files, and that nothing else can be reached.
local exit = require "dnsprobe.base.exit"
local fs = require "dnsprobe.fs"
local state = require "dnsprobe.measure.state"

local folder

local function path()
    return folder .. "/deep/book.json"
end

before_each(function()
    folder = os.tmpname()
    os.remove(folder)
end)

after_each(function()
    os.remove(path())
    os.remove(folder .. "/deep")
    os.remove(folder)
end)

describe("ctx.state", function()
    it("keeps plain values for the next run", function()
        local one, save = state.open(path(), "book")
        one:set("serial", 2026112201)
        one:set("hosts", { "a.test.", "b.test." })
        one:set("seen", { first = { 1.5, true } })
        assert.is_true(save())
        local two = state.open(path(), "book")
        assert.is_true(two.kept)
        assert.same({ "hosts", "seen", "serial" }, two:keys())
        assert.equal(2026112201, two:get "serial")
        assert.same({ "a.test.", "b.test." }, two:get "hosts")
        assert.same({ first = { 1.5, true } }, two:get "seen")
        assert.equal("none", two:get("nothing", "none"))
    end)

    it("writes only where something was set, and touches no file before", function()
        local one, save = state.open(path(), "book")
        assert.is_nil(one:get "serial")
        assert.is_true(save())
        assert.is_false(fs.exists(folder))
    end)

    it("hands out copies", function()
        local one = state.open(nil)
        local list = { "a" }
        one:set("list", list)
        list[1] = "changed"
        one:get("list")[1] = "changed"
        assert.same({ "a" }, one:get "list")
    end)

    it("forgets what has no file", function()
        local one, save = state.open(nil)
        one:set("x", 1)
        assert.equal(1, one:get "x")
        assert.is_false(one.kept)
        assert.is_true(save())
    end)

    it("keeps the keys of a run that overlaps", function()
        local one, save_one = state.open(path(), "book")
        local two, save_two = state.open(path(), "book")
        one:set("a", 1)
        two:set("b", 2)
        assert.is_true(save_one())
        assert.is_true(save_two())
        assert.same({ "a", "b" }, state.open(path()):keys())
        local three, save_three = state.open(path(), "book")
        three:set("a", nil)
        assert.is_true(save_three())
        assert.same({ "b" }, state.open(path()):keys())
    end)

    it("is bounded and takes plain values only", function()
        local one = state.open(nil)
        local function fails(pattern, key, value)
            assert.error_matches(function() one:set(key, value) end, pattern)
        end
        fails("a key is a text", "", 1)
        fails("a key is a text", ("k"):rep(201), 1)
        fails("a key is a text", 7, 1)
        fails("is a function", "f", print)
        fails("no finite number", "n", 0 / 0)
        fails("with a metatable", "t", setmetatable({}, {}))
        fails("neither a list nor a table by names", "t", { 1, a = 2 })
        local itself = {}
        itself.itself = itself
        fails("more than 8 tables", "t", itself)
        fails("does not fit", "big", ("x"):rep(300000))
        assert.same({}, one:keys())
        for i = 1, 1000 do
            one:set("k" .. i, i)
        end
        fails("at most 1000 keys", "one more", 1)
        one:set("k1", nil)
        one:set("one more", 1)
    end)

    it("says which file is broken", function()
        fs.mkdir_p(folder .. "/deep")
        for _, text in ipairs {
            "",
            "[]",
            '{"schema": "other"}',
            '{"schema": "dnsprobe.state/1", "values": 3}',
        } do
            assert.is_true(fs.write_atomic(path(), text))
            local ok, err = pcall(state.open(path()).get, state.open(path()), "x")
            assert.is_false(ok)
            assert.equal(exit.INPUT, exit.failure(err).code)
            assert.matches(path(), exit.failure(err).message, 1, true)
        end
    end)

    it("shows nothing but its methods", function()
        local one = state.open(path())
        assert.is_false(getmetatable(one))
        assert.error_matches(function() one.get = nil end, "ctx.state:set")
        assert.is_nil(next(one))
        assert.error_matches(function() one.get({}, "x") end, "with a colon")
    end)

    it("has a file of its own for each name", function()
        for _, name in ipairs { "../../etc/passwd", "a/b", "", ("x"):rep(500) } do
            local file = state.path(name)
            local tail = file and file:match("/dnsprobe/([^/]*)%.json$")
            assert(not file or (tail and #tail <= 100), tostring(file))
        end
    end)
end)
