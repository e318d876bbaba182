-- SPDX-License-Identifier: MIT
-- What the runs of a list of domains share: whatever a runbook does with it for one domain, the next one
-- finds it whole.
local common = require "dnsprobe.measure.survey.common"
local cuts = require "dnsprobe.measure.cuts"
local dns = require "dnsprobe"
local fs = require "dnsprobe.fs"
local launch = require "dnsprobe.run.launch"
local run = require "dnsprobe.run.session"
local runbook = require "dnsprobe.book.runbook"
local sandbox = require "dnsprobe.guest.sandbox"
local task = require "dnsprobe.base.task"

local PATH = os.tmpname() .. ".lua"

-- For the first domain the runbook does its worst; for every domain it tells then what it was given.
local BOOK = [[
local dns, r, task = require "dnsprobe", require "dnsprobe.runbook", require "dnsprobe.task"
local function told(ctx)
    local trace, list, servers = ctx:trace(), ctx.common:samples "control", {}
    for _, level in ipairs(trace.levels) do
        for _, server in ipairs(level.servers) do
            for _, address in ipairs(server.addresses) do
                servers[#servers + 1] = ("%s %s %s"):format(server.name, address.address, address.exchange and
                    address.exchange.response and address.exchange.response.rcode)
            end
        end
    end
    table.sort(servers)
    local asked = {}
    for i, sample in ipairs(list) do
        asked[i] = ("%s %s %s"):format(sample.target.address, sample.question.name, sample.exchange.outcome)
    end
    return { zone = trace.zone, parent = trace.parent.ns, servers = servers, asked = asked, n = #list }
end
local function worst(ctx)
    WORST
end
return r.define { name = "book", summary = "s", steps = { { id = "one", title = "One", measure = function(ctx)
    if ctx.target.name:find "^bad" then worst(ctx) end
    return told(ctx)
end, judge = function() end } } }
]]

-- What the runbook tells of each of these domains, one after the other; how each run was cut.
local function told_by(worst, domains)
    assert(fs.write_atomic(PATH, (BOOK:gsub("WORST", function() return worst end))))
    return task.run(function()
        local base = launch.prepare(
            {
                lab = "healthy",
                seed = 1,
                samples = 1,
                deadline = 1.5,
                timeout = 0.3,
                late = 0,
                qps = 1000,
                qps_total = 10000,
                domains = "x",
                max_queries = 150,
                configured = { max_queries = "config.lua" },
                book = runbook.load(PATH),
            },
            { "test" }
        )
        local known, samples, out, how = cuts.new(), common.new(), {}, {}
        for i, domain in ipairs(domains) do
            local session = base:session(domain .. ".shop.example")
            session.ctx.cuts, session.ctx.common = known, samples
            local ok, err = pcall(run.measure_among, session)
            how[i] = session.cut or not ok and tostring(err):match "stopped" or "whole"
            out[i] = session.outcomes[1].measured or false
        end
        base.handle.stop()
        return out, how
    end)
end

teardown(function()
    os.remove(PATH)
    sandbox.limit { cpu_s = sandbox.defaults.cpu_s }
    dns.setup { guard = { mode = "public" }, max_queries = 0, step_queries = 0 }
end)

describe("a list of domains", function()
    local alone
    setup(function()
        alone = told_by("", { "www" })[1]
        assert.equal("shop.example.", alone.zone)
        assert.is_true(#alone.servers > 3 and #alone.asked > 0)
    end)

    for what, code in pairs {
        ["a walk"] = [[local trace = ctx:trace()
            trace.parent.ns[1], trace.parent.glue = "ns.evil.example.", {}
            for _, level in ipairs(trace.levels) do
                for _, server in ipairs(level.servers) do
                    for _, address in ipairs(server.addresses) do
                        if address.exchange then address.exchange.response, address.exchange.outcome = nil, "timeout" end
                        address.address = "192.0.2.66"
                    end
                    server.name = "ns.evil.example."
                end
                level.servers[1], level.referral = nil, nil
            end
            trace.levels[1] = nil]],
        ["samples"] = [[local list, targets = ctx.common:samples "control"
            for i, sample in ipairs(list) do
                sample.target.address, sample.question.name, sample.exchange.outcome = "192.0.2.66", "evil.", "timeout"
                sample.exchange.response = nil
                list[i] = nil
            end
            targets[1] = nil]],
        ["what holds them"] = [[for _, name in ipairs { "common", "cuts" } do
                for key in pairs(ctx[name]) do
                    if type(ctx[name][key]) == "table" then ctx[name][key] = {} end
                end
            end
            local samples = ctx.common.samples
            ctx.common.samples = function(self) return samples(self, "control") end]],
        ["samples of its own making"] = [[ctx.common:samples("control", function() return {}, {} end)
            assert(not pcall(ctx.common.samples, ctx.common, "mine", function() return {} end))]],
        ["whom to ask"] = [[ctx.resolvers, ctx.host = { { address = "127.0.0.66", port = 53 } }, {}
            assert(ctx.common:samples("control")[1].target.address == "127.0.0.66")
            ctx.common, ctx.cuts = nil, nil]],
        ["how to ask"] = "ctx.timeout, ctx.family = 0.001, 6; ctx:trace()",
        ["the memory of walks"] = [[dns.trace("x.shop.example", "A", { remember = true,
            roots = { { name = "evil.", addresses = { "127.53.2.66" } } } })]],
    } do
        it("does not pass on what a runbook made of " .. what, function()
            local out = told_by(code:gsub("\n%s+", "\n"), { "bad", "www", "www" })
            assert.same({ alone, alone }, { out[2], out[3] })
        end)
    end

    -- Who is stopped closes nothing: neither the walk that others wait for nor the samples.
    for what, code in pairs {
        ["walks"] = [[task.spawn(function() ctx:trace() end); task.sleep(0); while true do end]],
        ["samples"] =
            [[task.spawn(function() ctx.common:samples "control" end); task.sleep(0); while true do end]],
    } do
        it("is not held up by one that was stopped while it " .. what, function()
            sandbox.limit { cpu_s = 0.05 }
            local out, how = told_by(code, { "bad", "www" })
            sandbox.limit { cpu_s = sandbox.defaults.cpu_s }
            assert.same({ "stopped", "whole" }, how)
            assert.same(alone, out[2])
        end)
    end
end)
