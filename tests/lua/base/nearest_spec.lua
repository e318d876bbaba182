-- SPDX-License-Identifier: MIT
-- Errors of the command line name the nearest right word, in one line and always in the same form.
local host = require "support.host"
local nearest = require "dnsprobe.base.nearest"
local run = require "support.commandline"

before_each(host.begin)
after_each(host.restore)

describe("the nearest word", function()
    for line, expected in pairs {
        ["run demo x --lap healthy"] = "unknown option '--lap'; did you mean --lab? (see: dnsprobe help run)",
        ["run demo x --fromat=html"] = "unknown option '--fromat'; did you mean --format? (see: dnsprobe "
            .. "help run)",
        ["run demo x --resolvesr 1.1.1.1"] = "unknown option '--resolvesr'; did you mean --resolver or "
            .. "--resolvers? (see: dnsprobe help run)",
        ["run demo x --format htm"] = "argument for option '--format' must be one of 'html', 'json', "
            .. "'jsonl', 'junit', 'markdown', 'nagios', 'prometheus', 'text'; did you mean html? (see: "
            .. "dnsprobe help run)",
        ["bundle sow x"] = "argument 'action' must be one of 'show'; did you mean show? (see: dnsprobe help "
            .. "bundle)",
        ["replya x"] = "unknown command 'replya'; there are: run, query, trace, flush, list, show, lab, new, "
            .. "check, test, replay, diff, merge, bundle, explain, repl, help, version; did you mean replay?",
    } do
        it("is named for: " .. line, function()
            local code, out, err = run(line)
            assert.same({ 64, "", "dnsprobe: " .. expected .. "\n" }, { code, out, err })
        end)
    end

    it("stands alone where the list would be long", function()
        local words = {}
        for i = 1, 40 do
            words[i] = ("scenario-%02d"):format(i)
        end
        assert.equal("; did you mean scenario-07?", nearest.listed("scenaro-07", words))
        assert.matches("^; there are: scenario%-01, ", nearest.listed("zzz", words))
    end)
end)
