-- SPDX-License-Identifier: MIT
-- The reference of the API is true: every public function is documented, with its parameters, and every
-- example prints what stands behind its `-->`, at the prompt of `dnsprobe repl`, in the healthy lab.
local api = require "dnsprobe.api.reference"
local repl = require "dnsprobe.cli.tool.prompt"
local report = require "dnsprobe.judge.pen"
local task = require "dnsprobe.base.task"

-- Runs `f` with a context of the healthy lab.
local function in_lab(f)
    task.run(function()
        local session = require("dnsprobe.run.launch").session(
            {
                lab = "healthy",
                domain = "shop.example",
                seed = 1,
                qps = 500,
                deadline = 3600,
                book = { name = "repl", summary = "", params = {}, steps = {} },
            },
            {}
        )
        local ctx = session.ctx
        ctx.report = report.new(
            { id = "repl" },
            { target = ctx.target, params = {}, data = {}, resolvers = ctx.resolvers }
        )
        local ok, err = pcall(f, ctx)
        session.lab.stop()
        assert(ok, err)
    end)
end

local function squeezed(text)
    return (text:gsub("%s+", " "):gsub("^ ", ""):gsub(" $", ""))
end

-- An example as lines of code, each with what it should print.
local function steps_of(example)
    local out = {}
    for _, line in ipairs(example) do
        local code, wanted = line:match("^(.-)%s*%-%->%s?(.*)$")
        if code and not code:match("%S") then
            local last = out[#out]
            last.wanted = (last.wanted and last.wanted .. " " or "") .. wanted
        else
            out[#out + 1] = { code = code or line, wanted = wanted }
        end
    end
    return out
end

local function run_example(one, ctx)
    local said = {}
    local prompt = repl.new { ctx = ctx, report = ctx.report, name = one.name, numbered = true,
        write = function(text) said[#said + 1] = text end }
    for _, step in ipairs(steps_of(one.example)) do
        local state, text = prompt:feed(step.code)
        assert(state ~= "failed", ("%s: %s: %s"):format(one.name, step.code, text))
        if step.wanted then
            assert.equal(squeezed(step.wanted), squeezed(text), one.name .. ": " .. step.code)
        end
    end
    assert.is_false(prompt:forget(), one.name .. ": the example is not complete")
end

-- A function takes as many arguments as its annotation names, and each of them has a @param.
local function check_arguments(item, f)
    local info = type(f) == "function" and debug.getinfo(f, "uS")
    if info and info.what == "Lua" then
        local dots = item.args[#item.args] == "..." and 1 or 0
        assert.equal(info.nparams, #item.args - dots, item.name)
    end
    local named = {}
    for _, param in ipairs(item.params or {}) do
        named[param.name] = true
    end
    for _, arg in ipairs(item.kind == "function" and item.args or {}) do
        assert(arg == "..." or named[arg], ("%s: @param %s is missing"):format(item.name, arg))
    end
end

describe("the API's reference", function()
    it("has an example for every function", function()
        for _, one in ipairs(api.items()) do
            assert(one.kind ~= "function" or #one.example > 0,
                one.name .. " has no example: put one between ```lua and ``` in its annotation")
            assert(one.kind ~= "function" or (one.text[1] or "") ~= "", one.name .. " has no text")
        end
    end)

    it("has examples that hold", function()
        in_lab(function(ctx)
            local wrong = {}
            for _, one in ipairs(api.items()) do
                local ok, err = pcall(run_example, one, ctx)
                wrong[#wrong + 1] = not ok and tostring(type(err) == "table" and err.message or err) or nil
            end
            assert.equal("", table.concat(wrong, "\n"))
        end)
    end)

    it("names the parameters that the functions have", function()
        local seen = {}
        for _, one in ipairs(api.items()) do
            seen[one.name] = one
        end
        for _, module in ipairs(api.modules) do
            local path = module.file:match("^dnsprobe/(.*)$")
            local loaded = path and module.require and require(module.require) or {}
            for name, f in pairs(loaded) do
                local item = seen[module.shown .. "." .. name]
                if item then
                    check_arguments(item, f)
                end
            end
        end
    end)

    it("leaves no public function out", function()
        local seen = {}
        for _, one in ipairs(api.items()) do
            seen[one.name] = true
        end
        local inner = { ["task.run"] = true, ["task.on_signal"] = true }
        for _, module in ipairs(api.modules) do
            if module.file:match("^dnsprobe/") and module.require then
                for name, f in pairs(require(module.require)) do
                    local whole = module.shown .. "." .. name
                    assert(
                        type(f) ~= "function" or seen[whole] or inner[whole],
                        whole .. " is not documented"
                    )
                end
            end
        end
    end)

    it("is what the sandbox gives", function()
        local sandbox = require "dnsprobe.guest.sandbox"
        for _, module in ipairs(api.modules) do
            if module.require and module.require ~= "dnsprobe.runbook" then
                assert.equal("table", type(sandbox.module("./x.lua", module.require)), module.require)
            end
        end
    end)

    it("finds what is meant", function()
        assert.equal("names.parent", api.find("names.parent")[1].name)
        assert.equal("ctx:query", api.find("ctx.query")[1].name)
        assert.equal("names.reverse_zones", api.find("reverse_zones")[1].name)
        assert.same({}, api.find "frobnicate")
        assert.equal("names.relative", api.near("names.realtive")[1])
        assert.equal("agree.distinct", api.near("distict")[1])
    end)
end)
