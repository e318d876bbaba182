-- SPDX-License-Identifier: MIT
-- One cause out of many findings: what steps back, what order, what share, how sure.
local verdict = require "dnsprobe.judge.verdict"
local wilson = require("dnsprobe.stats").wilson

local function finding(id, fields)
    local out = {
        id = id,
        layer = "authoritative",
        severity = "critical",
        summary = id .. " was seen",
        subject = {},
        evidence = {},
        reproduce = {},
        fix = "",
        facts = {},
    }
    for key, value in pairs(fields or {}) do
        out[key] = value
    end
    return out
end

local function sampled(failures, samples)
    local low, high = wilson(failures, samples)
    return { failures = failures, samples = samples, rate = failures / samples, low = low, high = high }
end

local steps = { { id = "one", status = "ok" }, { id = "two", status = "ok" } }
local run = { detect = 0.1, samples = 29 }

local function above_info(list)
    local out = {}
    for _, one in ipairs(list) do
        if one.severity ~= "info" then
            out[#out + 1] = one.id
        end
    end
    return out
end

describe("verdict", function()
    it("is ok without findings, as sure as the samples allow", function()
        local v = verdict.judge({}, steps, run)
        assert.equal("ok", v.status)
        assert.is_nil(v.cause)
        assert.is_true(math.abs(v.confidence - (1 - 0.9 ^ 29)) < 1e-9)
    end)

    it("promises nothing where no server was asked", function()
        local judged = verdict.judge({}, steps, { detect = 0.1, samples = 0 })
        assert.same({ "ok", 0 }, { judged.status, judged.confidence })
        assert.equal("No fault seen by the steps that ran; none of them asked a server.", judged.summary)
    end)

    it("keeps the weightier of two findings that explain one another", function()
        local facts = { servers = { "192.0.2.1" }, kinds = { "timeout" } }
        local list = {
            finding("path.edns-broken", { layer = "path", weight = 0.2, facts = facts,
                subject = { server = "192.0.2.1" } }),
            finding("path.fragments-dropped", { layer = "path", weight = 0.5, facts = facts,
                subject = { server = "192.0.2.1" } }),
        }
        local v = verdict.judge(list, steps, run)
        assert.same({ "path.fragments-dropped" }, above_info(list))
        assert.equal("critical", v.status)
    end)

    it("is ok with findings that only inform", function()
        local v = verdict.judge({ finding("recursive.unreachable", { severity = "info" }) }, steps, run)
        assert.equal("ok", v.status)
        assert.is_nil(v.cause)
    end)

    it("is unknown when a step could not be measured and nothing was found", function()
        local v = verdict.judge(
            {},
            { { id = "one", status = "unknown" }, { id = "two", status = "ok" } },
            run
        )
        assert.equal("unknown", v.status)
        assert.equal(0, v.confidence)
        assert.truthy(v.summary:find("one", 1, true))
    end)

    it("is unknown when nothing was measured at all", function()
        assert.equal("unknown", verdict.judge({}, { { id = "one", status = "skipped" } }, run).status)
    end)

    it("does not wait for a step that is not essential", function()
        local v = verdict.judge(
            {},
            { { id = "a", status = "unknown", essential = false }, { id = "b", status = "ok" } },
            run
        )
        assert.equal("ok", v.status)
    end)

    it("says what was found although another step could not be measured", function()
        local v = verdict.judge({ finding("auth.lame") }, { { id = "one", status = "unknown" } }, run)
        assert.equal("critical", v.status)
        assert.equal("auth.lame", v.cause)
    end)

    it("lets the node absorb the servers, and the servers the serials", function()
        local list = {
            finding("auth.serial-mismatch", { severity = "warning", evidence = { 9 } }),
            finding("auth.ns-divergence", { evidence = { 5 } }),
            finding("auth.node-divergence", { evidence = { 7 } }),
        }
        local v = verdict.judge(list, steps, run)
        assert.equal("auth.node-divergence", v.cause)
        assert.same({ "auth.node-divergence" }, above_info(list))
        assert.same({ 5, 7, 9 }, list[1].evidence)
        assert.equal("auth.node-divergence", list[2].explained_by)
        assert.truthy(list[2].observed == "critical" or list[2].observed == "warning")
    end)

    it("keeps two independent faults apart", function()
        local list = {
            finding("app.tls-failure", { layer = "application", facts = { addresses = { "192.0.2.80" } } }),
            finding("auth.ns-divergence", { weight = 0.3, facts = { values = { "192.0.2.99" } } }),
        }
        local v = verdict.judge(list, steps, run)
        assert.equal(2, #above_info(list))
        assert.equal("critical", v.status)
    end)

    it("blames the wrong answer when the failing address comes from it", function()
        local list = {
            finding(
                "app.connect-timeout",
                { severity = "warning", facts = { addresses = { "192.0.2.99" } } }
            ),
            finding("auth.ns-divergence", { facts = { values = { "192.0.2.99" } } }),
        }
        verdict.judge(list, steps, run)
        assert.same({ "auth.ns-divergence" }, above_info(list))
    end)

    it("takes the same loss everywhere for the path's, more loss for the server's", function()
        local function judged(failures)
            local list = { finding("path.loss", { layer = "path", stats = sampled(20, 500) }),
                finding("auth.ns-flapping", { stats = sampled(failures, 60) }) }
            verdict.judge(list, steps, run)
            return above_info(list)
        end
        assert.same({ "path.loss" }, judged(3))
        assert.equal(2, #judged(30))
    end)

    it("leaves stale answers beside dead servers", function()
        local list = { finding("auth.ns-unreachable", { facts = { all = true } }),
            finding("recursive.stale-served", { severity = "warning", layer = "recursive" }) }
        local v = verdict.judge(list, steps, run)
        assert.same({ "auth.ns-unreachable", "recursive.stale-served" }, above_info(list))
        assert.equal("auth.ns-unreachable", v.cause)
    end)

    it("puts critical before warning, then the larger share", function()
        local list = { finding("path.slow", { severity = "warning", weight = 0.9 }),
            finding("team.small", { weight = 0.1 }), finding("team.large", { weight = 0.5 }) }
        verdict.judge(list, steps, run)
        assert.same({ "team.large", "team.small", "path.slow" }, above_info(list))
    end)

    it("gives the share with the interval of its samples", function()
        local v = verdict.judge({ finding("team.x", { weight = 0.5, stats = sampled(10, 20) }) }, steps, run)
        assert.equal(0.5, v.share.estimate)
        assert.is_true(v.share.low < 0.5 and v.share.high > 0.5)
        v = verdict.judge({ finding("auth.lame") }, steps, run)
        assert.is_nil(v.share)
    end)

    it("is less sure of few samples and beside rivals, and says why", function()
        local few = verdict.judge({ finding("auth.ns-flapping", { stats = sampled(1, 4) }) }, steps, run)
        local many = verdict.judge({ finding("auth.ns-flapping", { stats = sampled(25, 100) }) }, steps, run)
        local rival = verdict.judge(
            { finding("auth.ns-flapping", { stats = sampled(25, 100) }), finding("team.x") },
            steps,
            run
        )
        assert.is_true(few.confidence < many.confidence)
        assert.is_true(rival.confidence < many.confidence)
        assert.truthy(table.concat(rival.confidence_basis, ";"):find("beside it", 1, true))
    end)
end)
