-- SPDX-License-Identifier: MIT
-- `dnsprobe repl`: what lines do, in this process; and from a pipe, in the binary. The terminal is
-- tests/repl.
local fs = require "dnsprobe.fs"
local dns = require "dnsprobe"
local repl = require "dnsprobe.cli.tool.prompt"
local task = require "dnsprobe.base.task"
local value = require "dnsprobe.format.tool.value"

local function prompt_of(options)
    local said = {}
    local prompt = repl.new { ctx = {}, report = {}, name = "repl", numbered = options and options.numbered,
        ceiling = "10 of one line", write = function(text) said[#said + 1] = text end }
    return prompt, said
end

-- Feeds lines; all that was printed.
local function talk(...)
    local lines, prompt, said = { ... }, prompt_of()
    local state, text
    task.run(function()
        for _, line in ipairs(lines) do
            state, text = prompt:feed(line)
            said[#said + 1] = text
        end
    end)
    return table.concat(said), state, prompt
end

describe("a line", function()
    it("prints the value of an expression, and nothing for a statement", function()
        assert.equal('3\n', (talk "1 + 2"))
        assert.equal('"a", nil, { 1, b = 2 }\n', (talk '"a", nil, { b = 2, 1 }'))
        assert.equal("", (talk "x = 3"))
        assert.equal("", (talk("", "   ", "-- nothing")))
        assert.equal("7\n7\n14\n", (talk("7", "_", "_ + _")))
    end)

    it("keeps what is local to it, so that lines of a runbook can be pasted", function()
        assert.equal("4\n", (talk("local x = 4", "x")))
        assert.equal("5\n", (talk("local function f() return 5 end", "f()")))
        assert.equal("true\n", (talk('local n = require "dnsprobe.names"', 'n.equal("a.b", "A.B.")')))
    end)

    it("goes on in the next line", function()
        local text, state = talk("for i = 1, 2 do", "print(i)", "end")
        assert.equal("1\n2\n", text)
        assert.equal("done", state)
        assert.equal("more", (select(2, talk("f("))))
        assert.equal("3\n", (talk("1 +", "2")))
    end)

    it("fails in one line", function()
        for line, pattern in pairs {
            ["x.y.z"] = "repl:1: attempt to index a nil value",
            ["1 2"] = "repl:1: .*expected",
            ["error 'a\\nb'"] = "^repl:1: a$",
            ["error {}"] = "^{}$",
            ['require "io"'] = "not available",
            ['names.parent "a..b"'] = "no domain name",
            ['help "frobnicate"'] = "the API has no",
        } do
            local text, state = talk(line)
            assert.equal("failed", state)
            assert.matches(pattern, text)
            assert.is_nil(text:find("\n", 1, true), line)
        end
    end)

    it("waits without more ado", function()
        assert.equal(
            "{ 1, 2, n = 2 }\n",
            (talk "task.all { function() task.sleep(0.001) return 1 end, function() return 2 end }")
        )
    end)

    it("sends so many queries and no more, whatever it catches; the next one has as many again", function()
        dns.setup { guard = { mode = "public", allow = { "127.0.0.1#9" } }, max_queries = 0,
            step_queries = 10 }
        local loop =
            [[for _ = 1, 1000 do pcall(dns.exchange, { name = "x.example", server = "127.0.0.1", port = 9, timeout = 0.01,
            late = 0, linger = 0, qps = 1000 }) end]]
        for _, line in ipairs { loop, "task.spawn(function() " .. loop .. " end):await()" } do
            local before = dns.stats().queries
            local text, state, prompt = talk(line)
            assert.same(
                { "failed", "stopped: the ceiling of queries is reached: 10 of one line" },
                { state, text }
            )
            assert.equal(10, dns.stats().queries - before)
            assert.same(
                { "done", "3\n" },
                { task.run(function()
                    return prompt:feed "1 + 2"
                end) }
            )
        end
        assert.equal("done", (select(2, talk(loop:gsub("1000 do", "9 do"), (loop:gsub("1000 do", "9 do"))))))
        dns.setup { guard = { mode = "public" }, step_queries = 0 }
    end)

    it("asks and connects to what the user may, unlike a runbook", function()
        dns.setup { guard = { mode = "public", allow = { "127.0.0.1" } }, step_queries = 10 }
        local text = talk "(dns.connect { address = '127.0.0.1', port = 9, timeout = 0.1 }).outcome"
        assert.equal('"refused"\n', text)
        dns.setup { guard = { mode = "public" }, step_queries = 0 }
    end)

    it("has what a runbook has, and not the host", function()
        assert.equal(
            '"nil", "nil", "nil", "nil"\n',
            (talk "type(io), type(load), type(os.execute), type(debug)")
        )
        assert.equal('"nil"\n', (talk "type(dns.setup)"))
    end)
end)

describe("TAB", function()
    it("completes names, members and methods", function()
        local prompt = prompt_of()
        assert.equal("s", (prompt:complete "name"))
        assert.equal("ent", (prompt:complete "x = names.par"))
        assert.equal("", (prompt:complete "names.parent"))
        assert.equal("parent  parents", (select(2, prompt:complete "names.parent")))
        assert.equal("ery", (prompt:complete "ctx:qu"))
        assert.equal("", (prompt:complete "nothing.at.all"))
    end)
end)

describe("a value", function()
    it("is one safe line where it fits, with sorted keys", function()
        assert.equal(
            '{ 1, "b", a = true, ["x-y"] = { 0.5 } }',
            value.text { 1, "b", ["x-y"] = { 0.5 }, a = true }
        )
        assert.equal([["a\027[31m\"\\\010"]], value.text "a\27[31m\"\\\n")
        assert.equal("<function>", value.text(print))
    end)

    it("is bounded", function()
        local itself = {}
        itself.me = itself
        assert.equal("{ me = <itself> }", value.text(itself))
        local many, deep = {}, {}
        for i = 1, 5000 do
            many[i] = ("x"):rep(200)
            deep = { deep }
        end
        assert.is_true(#value.text(many) < 100000)
        assert.matches("and 4800 more", value.text(many))
        assert.is_true(#value.text(deep) < 1000)
    end)
end)

describe("from a pipe", function()
    local function piped(lines, options)
        local file = os.tmpname()
        fs.write_atomic(file, table.concat(lines, "\n") .. "\n")
        local pipe = assert(
            io.popen(
                ("%s/dnsprobe repl %s <%s 2>&1; echo $?"):format(fs.executable_dir(), options or "", file)
            )
        )
        local text = pipe:read("a")
        pipe:close()
        os.remove(file)
        return text
    end

    it("prints results only", function()
        assert.equal('"b."\n0\n', piped { 'names.parent "a.b"' })
        assert.equal(
            '"shop.example."\n"answer"\n0\n',
            piped(
                { "ctx.target.name", 'ctx:query { name = "shop.example", server = "127.53.2.1" }.outcome' },
                "--lab healthy"
            )
        )
    end)

    it("ends with 65 and the line at the first error", function()
        assert.matches(
            "^1\ndnsprobe: stdin:4: [^\n]*'oops'[^\n]*\n65\n$",
            piped { "1", "", "-- note", "oops.x()", "2" }
        )
        assert.matches("stdin:3: [^\n]*\n65\n$", piped { "x = {", "1,", "}}" })
        assert.matches(
            "stdin:2: the input ends within a statement\n65\n$",
            piped { "f = function()", "x = 1" }
        )
        assert.matches("unknown option[^\n]*\n64\n$", piped({}, "--frob"))
    end)
end)
