-- SPDX-License-Identifier: MIT
-- A runbook cannot get out of its environment.
local host = require "support.host"
local sandbox = require "dnsprobe.guest.sandbox"
sandbox.offer(require "dnsprobe.api.modules")

local function run(text)
    host.files["/books/x.lua"] = text
    local chunk, err = sandbox.load("/books/x.lua")
    if not chunk then
        return nil, err
    end
    local ok, value = pcall(chunk)
    if not ok then
        return nil, value
    end
    return value
end

before_each(host.begin)
after_each(host.restore)

describe("sandbox", function()
    it("gives the language and nothing of the host", function()
        for _, name in ipairs {
            "io",
            "load",
            "loadfile",
            "dofile",
            "debug",
            "package",
            "collectgarbage",
            "print",
        } do
            assert.equal("nil", run("return type(" .. name .. ")"), name)
        end
        assert.equal("nil", run "return type(os.execute)")
        assert.equal("nil", run "return type(os.getenv)")
        assert.equal("nil", run "return type(string.dump)")
        assert.equal(6, run "return #table.pack(('a b c'):gsub(' ', '-')) + 4")
    end)

    it("refuses modules outside the list", function()
        for _, name in ipairs {
            "io",
            "os",
            "dnsprobe.fs",
            "dnsprobe.cli.entry",
            "dnsprobe.guest.sandbox",
            "argparse",
            "dnsprobe.run.launch",
        } do
            local value, err = run(("return require %q"):format(name))
            assert.is_nil(value, name)
            assert.truthy(tostring(err):find("not available", 1, true), name)
        end
    end)

    it("hands out copies without what configures the run", function()
        assert.equal("nil", run [[return type(require "dnsprobe".setup)]])
        assert.equal("nil", run [[return type(require "dnsprobe".allow)]])
        run [[require "dnsprobe".exchange = function() end; require "dnsprobe".name.absolute = nil]]
        assert.equal("function", type(require("dnsprobe").name.absolute))
        run [[string.rep = nil; table.concat = nil; math.huge = 0]]
        assert.equal("function", type(table.concat))
    end)

    it("keeps what walks remember for one another to the library", function()
        local dns, given = require "dnsprobe", nil
        local real = dns.trace
        dns.trace = function(_, _, options) given = options return {} end
        run [[local options = { remember = true, family = 4 }
            require "dnsprobe".trace("x.example", "A", options); assert(options.remember)]]
        dns.trace = real
        assert.same({ family = 4 }, given)
    end)

    it("keeps the metatables of strings and modules to itself", function()
        assert.is_nil(run [[return getmetatable("")]])
        local _, err = run [[setmetatable({}, { __gc = function() end })]]
        assert.truthy(tostring(err):find("__gc", 1, true))
    end)

    it("refuses bytecode", function()
        local value, err = run(string.dump(function() return 1 end))
        assert.is_nil(value)
        assert.truthy(tostring(err):find("binary", 1, true))
    end)

    it("reads Lua files beside the runbook and nowhere else", function()
        host.files["/books/part.lua"] = "return 7"
        host.files["/secret.lua"] = "return 8"
        assert.equal(7, run [[return require "./part.lua"]])
        for _, name in ipairs { "./../secret.lua", ".//secret.lua", "./a/../../secret.lua", "./part.txt" } do
            assert.is_nil(run(("return require %q"):format(name)), name)
        end
    end)

    it("names file and line of an error", function()
        local _, err = run "local x = 1\nerror('broken')"
        assert.truthy(tostring(err):find("/books/x.lua:2:", 1, true))
    end)

    it("bounds what string.rep makes", function()
        for _, text in ipairs {
            [[return string.rep("x", 1e9)]],
            [[return ("x"):rep(1e9)]],
            [[return ("").rep("x", 1e9, "y")]],
        } do
            local _, err = run(text)
            assert.truthy(tostring(err):find("too large", 1, true), text)
        end
        assert.equal("xx", run [[return ("x"):rep(2)]])
    end)
end)
