-- SPDX-License-Identifier: MIT
-- Runbooks: found by the search path, defined, extended, checked; parameters typed and in range.
local exit = require "dnsprobe.exit"
local find = require "dnsprobe.runbook.find"
local fs = require "dnsprobe.fs"
local params = require "dnsprobe.runbook.params"
local runbook = require "dnsprobe.runbook"

local HEAD = [[local runbook = require "dnsprobe.runbook"
]]

local function step(id)
    return ('return { id = %q, title = "T", measure = function() return {} end, judge = function() end }'):format(id)
end

local function load_failure(name)
    local ok, err = pcall(runbook.load, name)
    assert.is_false(ok)
    return exit.failure(err), tostring(err)
end

local function ids(book)
    local out = {}
    for i, one in ipairs(book.steps) do
        out[i] = one.id
    end
    return table.concat(out, " ")
end

before_each(function()
    fs.files, fs.env = {}, {}
    for _, id in ipairs { "one", "two", "three" } do
        fs.files["/src/runbooks/steps/" .. id .. ".lua"] = step(id)
    end
    fs.files["/src/runbooks/base.lua"] = HEAD .. [[return runbook.define{ name = "base", summary = "the base",
        params = { limit = { type = "integer", default = 5, min = 1, max = 9, unit = "ms", help = "a limit" } },
        steps = { "one", "two" } }]]
end)

describe("search", function()
    it("goes through the contract's folders in order", function()
        fs.env = { DNSPROBE_PATH = "/a:/b/", XDG_CONFIG_HOME = "/xdg" }
        fs.data = "/usr/share/dnsprobe"
        assert.same({ "./", "/a/", "/b/", "/xdg/dnsprobe/runbooks/", "/etc/dnsprobe/runbooks/",
            "/usr/share/dnsprobe/runbooks/", "/src/runbooks/" }, find.folders())
        fs.data = nil
    end)

    it("takes a name, a file name and a path", function()
        assert.equal("/src/runbooks/base.lua", find.runbook "base")
        assert.equal("/src/runbooks/base.lua", find.runbook "base.lua")
        assert.equal("/src/runbooks/base.lua", find.runbook "/src/runbooks/base.lua")
        fs.files["./base.lua"] = fs.files["/src/runbooks/base.lua"]
        assert.equal("./base.lua", find.runbook "base")
    end)

    it("says exit 64 where there is none", function()
        assert.equal(64, load_failure("nowhere").code)
    end)
end)

describe("define", function()
    it("loads steps by id, by file and in place", function()
        fs.files["/t/steps/own.lua"] = step "own"
        fs.files["/t/team.lua"] = HEAD .. [[return runbook.define{ name = "team", summary = "s",
            steps = { "one", "./steps/own.lua", { id = "mx", title = "T", run = function() end } } }]]
        local book = runbook.load "/t/team.lua"
        assert.equal("one own mx", ids(book))
        assert.equal(64, #book.sha256)
    end)

    it("takes parameters from steps, and the runbook's own on top", function()
        fs.files["/src/runbooks/steps/one.lua"] = [[return { id = "one", title = "T", run = function() end,
            params = { depth = { type = "integer", default = 3, min = 1, max = 9 } } }]]
        fs.files["/t/x.lua"] = HEAD .. [[return runbook.define{ name = "x", summary = "s", steps = { "one" },
            params = { depth = 4 } }]]
        assert.equal(4, runbook.load("/t/x.lua").params.depth.default)
    end)

    it("says exit 65 with file and line for each mistake", function()
        local mistakes = {
            ["syntax"] = "return {",
            ["returns nothing"] = "local x = 1",
            ["unknown member"] = HEAD .. "return runbook.define{ name = 'x', summary = 's', steps = {}, stepps = {} }",
            ["no summary"] = HEAD .. "return runbook.define{ name = 'x', steps = {} }",
            ["no such step"] = HEAD .. "return runbook.define{ name = 'x', summary = 's', steps = { 'nope' } }",
            ["step twice"] = HEAD .. "return runbook.define{ name = 'x', summary = 's', steps = { 'one', 'one' } }",
            ["half a step"] = HEAD .. "return runbook.define{ name='x', summary='s', steps={ { id='a', title='t', measure=print } } }",
            ["bad default"] = HEAD .. "return runbook.define{ name='x', summary='s', steps={}, "
                .. "params={ p={ type='integer', default='a' } } }",
            ["leaves folder"] = HEAD .. "return runbook.define{ name='x', summary='s', steps={ './../y.lua' } }",
            ["lua error"] = "error('boom')",
        }
        for what, text in pairs(mistakes) do
            fs.files["/t/x.lua"] = text
            local failure, message = load_failure "/t/x.lua"
            assert.equal(65, failure and failure.code, what)
            assert.truthy(message:find("/t/x.lua", 1, true), what .. ": " .. message)
            assert.is_nil(message:find("\n", 1, true), what)
        end
    end)
end)

describe("extend", function()
    local function extended(spec)
        fs.files["/t/team.lua"] = HEAD .. "return runbook.extend('base', " .. spec .. ")"
        return runbook.load "/t/team.lua"
    end

    it("puts steps before, after, in place of, and leaves out", function()
        assert.equal("three one two", ids(extended "{ before = { one = 'three' } }"))
        assert.equal("one three two", ids(extended "{ after = { one = 'three' } }"))
        assert.equal("three two", ids(extended "{ replace = { one = 'three' } }"))
        assert.equal("two", ids(extended "{ skip = { 'one' } }"))
    end)

    it("changes parameters, name and resolvers", function()
        local book = extended "{ name = 'mine', params = { limit = 7 }, resolvers = { '192.0.2.1' } }"
        assert.equal("mine", book.name)
        assert.equal("the base", book.summary)
        assert.equal(7, book.params.limit.default)
        assert.same({ "192.0.2.1" }, book.resolvers)
    end)

    it("names the steps that are there when a place is unknown", function()
        fs.files["/t/team.lua"] = HEAD .. "return runbook.extend('base', { after = { nine = 'one' } })"
        local failure, message = load_failure "/t/team.lua"
        assert.equal(65, failure.code)
        assert.truthy(message:find("one, two", 1, true))
    end)

    it("extends the shipped runbook of the same name, not itself", function()
        fs.files["./base.lua"] = HEAD .. "return runbook.extend('base', { skip = { 'two' } })"
        assert.equal("one", ids(runbook.load "base"))
    end)
end)

describe("params", function()
    local specs = { n = { type = "integer", default = 5, min = 0, max = 9 }, word = { values = { "a", "b" }, default = "a" },
        on = { type = "boolean", default = false }, who = { type = "name" }, where = { type = "address" } }

    it("checks types and ranges", function()
        assert.same({ n = 7, word = "b", on = true, who = "x.example.", where = "192.0.2.1#5353" }, params.values(specs,
            { n = "7", word = "b", on = "yes", who = "X.example", where = "192.0.2.1#5353" }))
        for key, text in pairs { n = "10", word = "c", on = "maybe", who = "a..b", where = "nowhere" } do
            local values, err = params.values(specs, { [key] = text })
            assert.is_nil(values, key)
            assert.truthy(err:find(key, 1, true))
        end
        assert.is_nil((params.values(specs, { n = "1.5" })))
    end)

    it("names the valid keys where one is unknown", function()
        local _, err = params.values(specs, { nn = "1" })
        assert.truthy(err:find("n, on, where, who, word", 1, true))
    end)
end)
