-- SPDX-License-Identifier: MIT
-- The table of causes is sound: known ids, a sentence each, and no circle.
local explains = require "dnsprobe.book.explains"
local findings = require "dnsprobe.book.findings"

describe("explains", function()
    it("names known ids and gives a sentence", function()
        for _, row in ipairs(explains.rows) do
            assert.truthy(findings.get(row.cause), row.cause)
            assert.truthy(#row.because > 10)
            for _, effect in ipairs(row.effect) do
                assert.truthy(findings.get(effect), effect)
                assert.not_equal(row.cause, effect)
            end
        end
    end)

    it("forms no circle without conditions", function()
        local leads = {}
        for _, row in ipairs(explains.rows) do
            if not row.when then
                for _, effect in ipairs(row.effect) do
                    leads[row.cause] = leads[row.cause] or {}
                    table.insert(leads[row.cause], effect)
                end
            end
        end
        local function visit(id, path)
            assert.is_nil(path[id], "circle at " .. id)
            path[id] = true
            for _, effect in ipairs(leads[id] or {}) do
                visit(effect, path)
            end
            path[id] = nil
        end
        for id in pairs(leads) do
            visit(id, {})
        end
    end)

    it("compares servers whether or not they carry a port", function()
        local function finding(id, server, servers)
            return { id = id, subject = { server = server }, facts = { servers = servers } }
        end
        local cause = finding("recursive.rate-limited", "192.0.2.1", {})
        assert.truthy(explains.why(cause, finding("recursive.flapping", nil, { "192.0.2.1#53" })))
        assert.is_nil(explains.why(cause, finding("recursive.flapping", nil, { "192.0.2.2#53" })))
    end)

    it("lets the hosts file explain a resolver that reads it, and no other wrong answer", function()
        local file =
            { id = "client.hosts-override", subject = {}, facts = { values = { "192.0.2.9" }, host = true } }
        for _, id in ipairs { "client.split-dns", "client.stale-cache" } do
            local function stub(...)
                return { id = id, subject = {}, facts = { values = { ... }, host = true } }
            end
            assert.truthy(explains.why(file, stub("192.0.2.9", "nodata")))
            assert.is_nil(explains.why(file, stub "192.0.2.7"))
        end
    end)

    it(
        "takes a cache beside the others for one of them, and this host's own for a case of its own",
        function()
            local function behind(most)
                return {
                    id = "recursive.divergence",
                    subject = {},
                    facts = { values = { "old" }, most = most },
                }
            end
            local function cache(server)
                return {
                    id = "client.stale-cache",
                    subject = { server = server },
                    facts = { values = { "old" } },
                }
            end
            assert.truthy(explains.why(behind(false), cache "192.168.1.1"))
            assert.is_nil(explains.why(behind(false), cache "127.0.0.53"))
            assert.truthy(explains.why(behind(true), cache "127.0.0.53"))
        end
    )

    it("does not let what was not noted satisfy a condition", function()
        local cause = { id = "auth.ns-divergence", subject = {}, facts = {} }
        assert.is_nil(explains.why(cause, { id = "recursive.divergence", subject = {}, facts = {} }))
    end)
end)

describe("findings", function()
    it("has all paragraphs in every row", function()
        for _, id in ipairs(findings.ids()) do
            local row = findings.get(id)
            for _, member in ipairs { "title", "means", "decided", "mistaken", "fixes", "layer" } do
                assert.equal("string", type(row[member]), id .. " " .. member)
            end
            assert.is_true(findings.rank[row.severity] <= findings.rank[row.max], id)
        end
    end)

    it("holds severities down to what the contract allows", function()
        assert.equal("info", findings.capped("path.blocked", "critical"))
        assert.equal("critical", findings.capped("auth.lame", "critical"))
        assert.equal("critical", findings.capped("team.own", "critical"))
    end)

    it("lets runbooks have ids with a prefix of their own only", function()
        assert.truthy(findings.valid_id("team.mail-spf"))
        assert.falsy(findings.valid_id("auth.made-up"))
        assert.falsy(findings.valid_id("noprefix"))
        assert.falsy(findings.valid_id(42))
    end)
end)
