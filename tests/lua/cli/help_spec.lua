-- SPDX-License-Identifier: MIT
-- What is made of the declarations of the commands: completion, man pages, and the word that was meant.
local host = require "support.host"
local run = require "support.commandline"

local function candidates(line)
    local _, out = run("help complete -- " .. line)
    local words = {}
    for word in out:gmatch("([^\t\n]+)[^\n]*\n") do
        words[#words + 1] = word
    end
    return table.concat(words, " ")
end

describe("help", function()
    before_each(function()
        host.begin()
        host.files["/src/runbooks/demo.lua"] =
            [[return require "dnsprobe.runbook".define{ name = "demo", summary = "a demo",
            params = { limit = { type = "integer", default = 3, min = 1, max = 9, help = "so many" } },
            steps = { { id = "quiet", title = "Quiet", run = function() end },
                { id = "quick", title = "Quick", run = function() end } } }]]
        host.files["/src/runbooks/intermittent.lua"] =
            host.files["/src/runbooks/demo.lua"]:gsub('name = "demo"', 'name = "intermittent"')
        host.files["/src/runbooks/resolvers.lua"] =
            [[return { { group = "majors", name = "One", address = "198.51.100.1" } }]]
    end)

    after_each(host.restore)

    it("completes what there is at the moment", function()
        for line, expected in pairs {
            ["repl"] = "replay repl",
            ["run d"] = "demo",
            ["run demo x --step qui"] = "quiet quick",
            ["run demo x --step quiet,quic"] = "quiet,quick",
            ["run demo x --set l"] = "limit=",
            ["run demo x --capt"] = "--capture",
            ["run demo x --format js"] = "json jsonl",
            ["run demo x --format=js"] = "--format=json --format=jsonl",
            ["run demo x --color = al"] = "always",
            ["run -h demo x --resolvers @"] = "@majors",
            ["run demo x --resolvers @ ma"] = "majors",
            ["run demo x --resolvers @ma"] = "@majors",
            ["run demo x --allow fl"] = "flush",
            ["explain auth.la"] = "auth.lame",
            ["run demo x --allow flush,"] = "flush,burst flush,private",
            ["query x +nsi"] = "+nsid",
            ["query x MX"] = "MX",
            ["query x +nons"] = "+nonsid",
            ["query x +notim"] = "",
            ["query x @s mx"] = "mx",
            ["query m"] = "",
            ["help expl"] = "explain",
            ["bundle sh"] = "show",
            ["nothing x"] = "",
            ["run demo x --step \27"] = "",
        } do
            assert.equal(expected, candidates(line), line)
        end
    end)

    it("writes man pages that know every command and option", function()
        local _, page = run "help man dnsprobe"
        for _, word in ipairs { '.SS "merge"', "\\-\\-no\\-redact", "\\-\\-detect", '.SH "EXIT STATUS"' } do
            assert.truthy(page:find(word, 1, true), word)
        end
        for line in page:gmatch("[^\n]+") do
            assert.truthy(line:sub(1, 1) ~= "." or line:match("^%.%u%u") or line:match("^%.[nf][fi]$"), line)
        end
        assert.truthy(select(2, run "help man dnsprobe-query"):find("+bufsize", 1, true))
        assert.truthy(select(2, run "help man dnsprobe-runbook"):find("quiet", 1, true))
    end)

    it("names the word that was meant", function()
        for line, meant in pairs {
            ["exlain"] = "explain",
            ["run dmeo x"] = "demo",
            ["run demo x --step quit"] = "quick, quiet",
            ["run demo x --set limt=3"] = "limit",
            ["run demo x --format jsno"] = "json",
            ["explain auth.lam"] = "auth.lame",
            ["query x +nisd"] = "+nsid",
            ["query x --fromat json"] = "--format",
            ["help exlain"] = "explain",
            ["help completion bsah"] = "bash",
            ["help man dnsprobe-qery"] = "dnsprobe-query",
        } do
            local code, _, err = run(line)
            assert.truthy(code == 64 or code == 65, line)
            assert.truthy(err:find(meant, 1, true), line .. ": " .. err)
        end
    end)
end)
