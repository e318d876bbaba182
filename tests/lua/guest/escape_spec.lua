-- SPDX-License-Identifier: MIT
-- Attempts to get out of the sandbox, or to hold up who runs it: each in the state of the binary, on a short
-- leash.
local dns = require "dnsprobe"
local exit = require "dnsprobe.base.exit"
local fs = require "dnsprobe.fs"
local lab = require "dnsprobe.lab.scenarios"
local sandbox = require "dnsprobe.guest.sandbox"
sandbox.offer(require "dnsprobe.api.modules")
local task = require "dnsprobe.base.task"

local CPU_S, MEMORY_MIB = 0.05, 12
local folder = os.tmpname()
os.remove(folder)
assert(fs.mkdir_p(folder .. "/in/steps"))
folder = assert(fs.realpath(folder))

local function write(path, text)
    assert(fs.write_atomic(folder .. "/" .. path, text))
    return folder .. "/" .. path
end

-- Runs code as a runbook's measure (or `how`), on a leash. Results of pcall.
local function run(code, how)
    local path = write("in/x.lua", code)
    local chunk, err = sandbox.load(path)
    if not chunk then
        return false, err
    end
    return task.run(function()
        return pcall(how or sandbox.guard_measure, chunk)
    end)
end

local function stopped(code, why, how)
    local ok, err = run(code, how)
    assert.is_false(ok, code)
    assert.truthy(tostring(err):find(why, 1, true), code .. "\n-> " .. tostring(err))
    return tostring(err)
end

local TIME = "x.lua:%d: runbook stopped: more than " .. CPU_S .. " s of processor time without waiting"
local function timed(code, line)
    stopped(code, line and TIME:format(line) or "of processor time without waiting")
end

local MEMORY = "runbook stopped: more than " .. MEMORY_MIB .. " MiB of memory"

setup(function()
    sandbox.limit { cpu_s = CPU_S, memory_mib = MEMORY_MIB }
end)
teardown(function()
    sandbox.limit { cpu_s = sandbox.defaults.cpu_s, memory_mib = sandbox.defaults.memory_mib }
    os.execute("rm -r '" .. folder .. "'")
end)

describe("code that never waits is stopped at its line", function()
    local cases = {
        ["a loop"] = { "local n = 0\nwhile true do n = n + 1 end", 2 },
        ["a loop that catches errors"] = { "while true do\npcall(function() while true do end end) end", 2 },
        ["xpcall with a handler that loops"] =
            { "xpcall(function() while true do end end, function() while true do end end)", 1 },
        ["errors whose handler fails"] =
            { "local function f() return xpcall(error, f) end\nwhile true do f() end" },
        ["a loop in <close>"] =
            { "local x <close> = setmetatable({}, { __close = function() while true do end end "
                .. "})\nerror('x')", 1 },
        ["a loop, then one in <close>"] = { "local x <close> = setmetatable({}, { __close = function() while "
            .. "true do end end })\nwhile true do end", 2 },
        ["__index"] =
            { "local t = setmetatable({}, { __index = function() while true do end end })\nreturn t.x" },
        ["__eq, __lt, __concat"] = { "local m = {}\nfor _, k in ipairs { '__eq', '__lt', '__concat' } do\n"
            .. "m[k] = function() while true do end end end\n"
            .. "local a, b = setmetatable({}, m), setmetatable({}, m)\nreturn a == b, a < b, a .. b", 3 },
        ["a comparator that loops"] = { "table.sort({ 3, 2, 1 }, function() while true do end end)", 1 },
        ["a comparator that catches"] = { "table.sort({ 3, 2, 1 }, function()\n"
            .. "while true do pcall(function() while true do end end) end end)", 2 },
        ["a comparator with xpcall"] =
            { "table.sort({ 3, 2, 1 }, function() xpcall(function() while true do end end,\n"
            .. "function() while true do end end) end)" },
        ["a gsub function"] = { "return (('x'):gsub('x', function() while true do end end))", 1 },
        ["__tostring"] =
            { "return tostring(setmetatable({}, { __tostring = function() while true do end end }))", 1 },
        ["an iterator"] = { "for _ in function() return 1 end do end", 1 },
        ["__pairs"] =
            { "for _ in pairs(setmetatable({}, { __pairs = function() while true do end end })) do end", 1 },
        ["an error with __tostring"] =
            { "error(setmetatable({}, { __tostring = function() while true do end end }))", 1 },
        ["recursion by tail calls"] = { "local function f() return f() end\nf()", 1 },
        ["a search that backtracks"] = { "return (('a'):rep(40)):find(('.-'):rep(20) .. 'b')", 1 },
        ["match"] = { "return (('a'):rep(30000)):match('.*.*.*.*x')", 1 },
        ["gmatch"] = { "for _ in (('a'):rep(30000)):gmatch('.-.-.-.-x') do end", 1 },
        ["gsub"] = { "return (('a'):rep(30000)):gsub('a*a*a*a*b', '')", 1 },
        ["balanced pairs"] = { "return (('('):rep(1000000)):find('%b()')", 1 },
        ["caught patterns"] = { "while true do\npcall(string.find, ('a'):rep(3000), '.-.-.-.-.-b') end", 2 },
        ["table.move without end"] = { "table.move(setmetatable({}, { __index = rawlen }), 1, 1 << 23, 1,\n"
            .. "setmetatable({}, { __newindex = rawequal }))\nwhile true do end" },
        ["goto"] = { "::again:: goto again", 1 },
        ["packs that are refused"] = { "while true do\npcall(string.pack, 'c2147483647', 'x') end", 2 },
        ["comparisons of long texts"] =
            { "local a = ('x\\0'):rep(500000)\nlocal b = a .. 'b'\nwhile true do local _ = a < b end", 3 },
        ["numbers in long texts"] = { "local a = ('1'):rep(1000000)\nwhile true do tonumber(a, 36) end", 2 },
        ["lengths in characters"] = { "local a = ('x'):rep(1000000)\nwhile true do utf8.len(a) end", 2 },
        ["statistics of great counts"] = { "local stats = require 'dnsprobe.stats'\n"
            .. "while true do stats.binom_tail(1000000000, 2000000000, 0.5) end", 2 },
        ["insert into a pretended list"] =
            { "table.insert(setmetatable({}, { __len = function() return 1 << 60 end,\n"
            .. "__index = math.type, __newindex = rawequal }), 1, 1)" },
        ["a loop in a coroutine"] = { "coroutine.wrap(function()\nwhile true do end end)()", 2 },
        ["coroutines whose errors are caught"] = { "while true do\n"
            .. "pcall(coroutine.wrap(function() pcall(function() while true do end end) end)) end", 2 },
        ["one coroutine in another"] = { "local function nested(f) return coroutine.wrap(function() pcall(f) "
            .. "end) end\nwhile true do pcall(nested(nested(function() while true do end end))) end", 2 },
        ["a coroutine in a comparator"] = { "table.sort({ 3, 2, 1 }, function()\n"
            .. "coroutine.wrap(function() while true do end end)() end)", 2 },
        ["a comparator in a coroutine"] = { "coroutine.wrap(function()\n"
            .. "table.sort({ 3, 2, 1 }, function() while true do end end) end)()", 2 },
        ["a coroutine that is closed"] = { "local co = coroutine.create(function()\n"
            .. "local x <close> = setmetatable({}, { __close = function() while true do end end })\n"
            .. "coroutine.yield() end)\ncoroutine.resume(co)\ncoroutine.close(co)", 2 },
        ["a coroutine that closes after its error"] = { "coroutine.wrap(function()\nlocal x <close> = "
            .. "setmetatable({}, { __close = function() while true do end end })\nerror 'x' end)()", 2 },
        ["a generator without end"] = { "for _ in coroutine.wrap(function()\n"
            .. "while true do coroutine.yield(1) end end) do end" },
        ["patterns in a coroutine"] = { "coroutine.wrap(function()\n"
            .. "return (('a'):rep(30000)):match('.*.*.*.*x') end)()", 2 },
        ["concat of a pretended list"] =
            { "return table.concat(setmetatable({}, { __len = function() return 1 << 60 end,\n"
            -- Slow: its time ends before its memory
            .. "__index = function() for _ = 1, 1000 do end return '' end }))" },
    }
    for what, case in pairs(cases) do
        it(what, function()
            timed(case[1], case[2])
        end)
    end

    it("tasks that it started are stopped too", function()
        timed([[local task = require "dnsprobe.task"
            task.spawn(function() while true do end end)
            while true do task.sleep(0.001) end]])
        timed(
            [[local task = require "dnsprobe.task"
            task.all { function() while true do pcall(task.map, { 1 },
                function() while true do end end) end end }]]
        )
    end)

    it("and one that waits meanwhile does not outlive it", function()
        local started = dns.now()
        timed([[local task = require "dnsprobe.task"
            task.all { function() task.sleep(60) end, function() while true do end end }]])
        assert.is_true(dns.now() - started < 20)
    end)

    it("time that is spent waiting does not count", function()
        sandbox.limit { cpu_s = 0.3 }
        local started = os.clock()
        assert.is_true(
            run [[local task = require "dnsprobe.task"
            local started = os.clock()
            while os.clock() - started < 0.5 do
                local n = 0; for i = 1, 300000 do n = n + i end; task.sleep(0.001)
            end]]
        )
        sandbox.limit { cpu_s = CPU_S }
        assert.is_true(os.clock() - started > 0.4)
    end)

    it("a task that goes on after it was canceled is left behind", function()
        assert.is_true(run [[local task = require "dnsprobe.task"
            local done = task.deadline(0.01, function() while true do pcall(task.sleep, 10) end end)
            assert(not done)]])
    end)

    it("who was stopped does not stop the next", function()
        timed("while true do end", 1)
        local ok, value = run "return 7"
        assert.same({ true, 7 }, { ok, value })
    end)
end)

describe("endless lists are refused", function()
    for what, code in pairs {
        ["table.move"] = "table.move({}, 1, math.maxinteger - 1, 1, {})",
        ["a border far away"] = "local t = {}; for i = 0, 61 do t[1 << i] = 1 end\n"
            .. "if #t < 1 << 30 then error 'x elements' end; table.insert(t, 1, 0)",
    } do
        it(what, function()
            stopped(code, "elements")
        end)
    end
    it("string.rep of nothing", function()
        assert.same({ true, "" }, { run "return (''):rep('9000000000000000000')" })
        assert.same({ true, "" }, { run "return string.rep('', math.maxinteger, '')" })
    end)
    it("string.rep by a number in a text", function()
        stopped("return ('x'):rep('1e10')", "too large")
    end)
end)

-- An answer of 60,000 octets, of which a Message takes some 400,000 in C and next to nothing in Lua.
local ANSWER = "local dns, t = require 'dnsprobe', {}\n"
    .. "local wire = '\\0\\1\\x84\\0\\0\\0\\x0f\\xa0\\0\\0\\0\\0'"
    .. " .. ('\\0\\0\\1\\0\\1\\0\\0\\0\\60\\0\\4\\127\\0\\0\\1'):rep(4000)\n"

describe("memory is bounded", function()
    before_each(function()
        collectgarbage()
    end) -- the ceiling is over what the heap is when the leash is made, garbage included
    for what, code in pairs {
        ["a list that grows"] = "local t = {}\nfor i = 1, 1e9 do t[i] = i end",
        ["texts"] = "local t = {}\nfor i = 1, 1e9 do t[i] = ('x'):rep(1000) .. i end",
        ["a text that doubles"] = "local s = 'x'\nwhile true do s = s .. s end",
        ["rep"] = "local t = {}\nfor i = 1, 100 do t[i] = ('x'):rep(8000000) end",
        ["closures"] = "local t = {}\nfor i = 1, 1e9 do t[i] = function() return i end end",
        ["gsub that multiplies"] =
            "local s = ('x'):rep(100000)\nfor _ = 1, 20 do s = s:gsub('x', 'xxxxxxxx') end",
        ["concat"] =
            "local t = {}\nfor i = 1, 4000 do t[i] = ('x'):rep(1000) end\nlocal s = table.concat(t)\n"
            .. "s = table.concat({ s, s, s, s, s, s, s, s, s })\nreturn s",
        ["caught"] = "local t = {}\n"
            .. "while true do pcall(function() for i = 1, 1e9 do t[i] = ('x'):rep(100) .. i end end) end",
        ["tasks"] = "local task, t = require 'dnsprobe.task', {}\n"
            .. "while true do t[#t + 1] = task.spawn(function() task.sleep(60) end) end",
        ["messages, which live in C"] = ANSWER .. "for i = 1, 100 do t[i] = dns.message.from_wire(wire) end",
        ["a table of its own keys"] = "local t = {}\nfor i = 1, 1e9 do t[{}] = {} end",
    } do
        it(what, function()
            sandbox.limit { cpu_s = 20 }
            local err = stopped(code, MEMORY)
            sandbox.limit { cpu_s = CPU_S }
            assert.truthy(err:find("x.lua:%d+: "), err)
        end)
    end
    it("garbage does not count", function()
        sandbox.limit { cpu_s = 20 }
        local ok, err = run "for i = 1, 60 do local s = ('x'):rep(500000) .. i end"
        sandbox.limit { cpu_s = CPU_S }
        assert.is_true(ok, tostring(err))
    end)
    -- What answers hold is the core's memory: that of Lua alone would never reach the ceiling here.
    for what, keep in pairs { ["of answers that are kept"] = true,
        ["but answers that are let go do not count"] = false } do
        it(what, function()
            local strings = (' "%s"'):format(("x"):rep(250)):rep(240)
            local handle = task.run(
                lab.start,
                lab.load {
                    name = "large",
                    expect = {},
                    change = function(net)
                        net:edit(
                            "shop.example.",
                            {
                                ["@          A    127.80.0.1\n"] = "@ A 127.80.0.1\nbig TXT"
                                    .. strings
                                    .. "\n",
                            }
                        )
                    end,
                },
                { seed = 1 }
            )
            dns.setup {
                port = handle.port,
                guard = { mode = "loopback" },
                qps = 0,
                qps_total = 0,
                linger = 0,
                late = 0,
            }
            sandbox.limit { cpu_s = 20 }
            local ok, err = run([[local dns, kept = require "dnsprobe", {}
                for i = 1, 250 do
                    local x = dns.exchange { name = "big.shop.example", type = "TXT", server = "127.53.2.1",
                        transport = "tcp" }
                    assert(x.response.size > 60000)
                    kept[]] .. (keep and "i" or "1") .. [[] = x
                end]])
            sandbox.limit { cpu_s = CPU_S }
            dns.setup { guard = { mode = "public" } }
            task.run(handle.stop)
            assert.equal(not keep, ok, tostring(err))
            assert.truthy(ok or tostring(err):find("x%.lua:%d: " .. MEMORY))
        end)
    end
    it("also in coroutines, and of them", function()
        sandbox.limit { cpu_s = 20 }
        stopped("local all = {}\nfor i = 1, 1e7 do all[i] = coroutine.create(print or error) end", MEMORY)
        stopped("local all = {}\ncoroutine.wrap(function() for i = 1, 1e8 do all[i] = {} end end)()", MEMORY)
        stopped("coroutine.wrap(function() local t = {}\nfor i = 1, 9 do t[i] = ('x'):rep(9 << 20) end "
            .. "end)()", MEMORY)
        -- and what is garbage does not count
        assert.is_true(
            run [[coroutine.wrap(function() for _ = 1, 300000 do local _ = { {}, ("x"):rep(100) } end end)()]]
        )
        sandbox.limit { cpu_s = CPU_S }
    end)
    it("coroutines in one another without end are an error", function()
        sandbox.limit { cpu_s = 20 }
        stopped("local function f() return coroutine.wrap(f)() end\nf()", "C stack overflow")
        assert.is_true(run [[local function deep()
                local co = coroutine.create(function()
                    local x <close> = setmetatable({}, { __close = function() deep() end })
                    coroutine.yield()
                end)
                coroutine.resume(co)
                return assert(coroutine.close(co))
            end
            assert(not pcall(deep))]])
        sandbox.limit { cpu_s = CPU_S }
    end)
    it("recursion without end is an error of its own", function()
        sandbox.limit { cpu_s = 20 }
        stopped("local function f() return 1 + f() end\nf()", "")
        stopped(
            "local m = {}; m.__index = function(t, k) return t[k] end\nreturn setmetatable({}, m).x",
            "C stack overflow"
        )
        sandbox.limit { cpu_s = CPU_S }
    end)
end)

describe("coroutines of a runbook's own", function()
    it("are those of Lua", function()
        assert.same(
            { true, 2, 10 },
            {
                run [[local f = coroutine.wrap(function(a) return 2 * coroutine.yield(a + 1) end)
            return f(1), f(5)]],
            }
        )
        assert.is_true(run [[local seen = {}
            for name in coroutine.wrap(function() for _, x in ipairs { "a", "b" } do coroutine.yield(x) end end) do
                seen[#seen + 1] = name
            end
            assert(table.concat(seen) == "ab")]])
        assert.is_true(run [[local co = coroutine.create(function(...)
                assert(select("#", ...) == 3 and coroutine.isyieldable())
                local _, main = coroutine.running()
                assert(not main and coroutine.status((coroutine.running())) == "running")
                error { code = 7 }
            end)
            assert(coroutine.status(co) == "suspended")
            local ok, err = coroutine.resume(co, nil, nil, nil)
            assert(not ok and err.code == 7 and coroutine.status(co) == "dead")
            assert(select(2, coroutine.resume(co)) == "cannot resume dead coroutine")
            local closed
            co = coroutine.create(function()
                local x <close> = setmetatable({}, { __close = function() closed = true end })
                coroutine.yield()
            end)
            coroutine.resume(co)
            assert(coroutine.close(co) and closed and coroutine.status(co) == "dead")
            local main, is_main = coroutine.running()
            assert(is_main and not coroutine.isyieldable() and coroutine.status(main) == "running")]])
    end)
    it("fail at the line of the mistake", function()
        local code = "local f = coroutine.wrap(function()\nlocal x\nreturn x.y end)\nf()"
        assert.truthy(stopped(code, "attempt to index"):find("^[^\n:]*x%.lua:3: "))
    end)
    it("do not wait, and reach no task", function()
        stopped("coroutine.wrap(function() require 'dnsprobe.task'.sleep(0) end)()", "coroutine of your own")
        stopped(
            "coroutine.wrap(function() require 'dnsprobe'.exchange { name = 'x.test', type = 'A', server = "
                .. "'127.0.0.1' } end)()",
            "coroutine of your own"
        )
        stopped("coroutine.yield()", "outside a coroutine")
        stopped("local t = coroutine.running()\nassert(coroutine.resume(t))", "cannot resume a task")
        stopped("coroutine.close((coroutine.running()))", "cannot close a running coroutine")
        local other = "local task, t = require 'dnsprobe.task', nil\n"
            .. "task.spawn(function() t = coroutine.running() task.sleep(1) end) task.sleep(0.01)\n"
        stopped(other .. "assert(coroutine.resume(t))", "cannot resume a task")
        stopped(other .. "coroutine.close(t)", "cannot close a normal coroutine")
    end)
end)

describe("nothing of the host is reached", function()
    it("no function of it has a name", function()
        for _, name in ipairs {
            "io",
            "load",
            "loadstring",
            "loadfile",
            "dofile",
            "debug",
            "package",
            "collectgarbage",
            "print",
            "os.execute",
            "os.getenv",
            "os.remove",
            "os.rename",
            "os.tmpname",
            "os.exit",
            "os.setlocale",
            "string.dump",
            "math.randomseed",
            "warn",
            "arg",
        } do
            assert.same({ true, nil }, { run("return " .. name) }, name)
        end
    end)
    it("nor by the way of a metatable", function()
        for _, code in ipairs {
            "return getmetatable('')",
            "return getmetatable(require 'dnsprobe.task'.spawn(function() end))",
            "return getmetatable(require 'dnsprobe'.name)",
            "return getmetatable(_G)",
            "return getmetatable(print)",
        } do
            assert.same({ true, nil }, { run(code) }, code)
        end
        stopped("setmetatable({}, { __gc = function() end })", "__gc")
        stopped("local m = {}; setmetatable({}, m); m.__gc = 1; setmetatable({}, m)", "__gc")
        stopped("setmetatable('', {})", "table expected")
        local frozen = setmetatable({}, { __name = "dnsprobe.Exchange" })
        local chunk = sandbox.load(
            write("in/y.lua", "local t = ...; assert(getmetatable(t) == nil); setmetatable(t, {})")
        )
        local ok, err = task.run(function()
            return pcall(sandbox.guard_measure, chunk, frozen)
        end)
        assert.is_false(ok)
        assert.truthy(tostring(err):find("belongs to dnsprobe", 1, true))
    end)
    it("nor by bytecode", function()
        local path = write("in/x.lua", string.dump(function() return 1 end))
        local chunk, err = sandbox.load(path)
        assert.is_nil(chunk)
        assert.truthy(err:find("binary", 1, true))
    end)
    it("nor by what configures the run", function()
        for _, name in ipairs { "setup", "allow", "answered" } do
            assert.same({ true, nil }, { run("return require 'dnsprobe'." .. name) }, name)
        end
        for _, name in ipairs {
            "dnsprobe.fs",
            "dnsprobe.guest.sandbox",
            "dnsprobe.sandbox.core",
            "dnsprobe.process",
            "dnsprobe.lab.core",
            "dnsprobe.task.core",
            "dnsprobe.guest.answered",
            "dnsprobe.cli.entry",
            "io",
            "dnsprobe.judge..fs",
        } do
            stopped(("return require %q"):format(name), "not available")
        end
    end)
    it("nor does what it changes change what others use", function()
        assert.is_true(run [[local dns, json = require "dnsprobe", require "dnsprobe.json"
            dns.exchange, dns.name.absolute, json.encode, string.find, table.concat = nil, nil, nil, nil, nil
            getmetatable = nil; _G.pairs = nil; return true]])
        assert.equal("function", type(dns.name.absolute))
        assert.same({ 1, 1 }, { ("x"):find("x") })
        assert.equal("function", type(pairs))
    end)
    it("nor does an answer to itself pass for an exchange", function()
        local exchanges = require "dnsprobe.dns.exchanges"
        local ok, value = run "return { setmetatable({ n = 1 }, { __name = 'dnsprobe.Exchange' }) }"
        assert.is_true(ok)
        assert.is_false(exchanges.is_exchange(value[1]))
        assert.is_nil(debug.getmetatable(value[1]))
    end)
end)

describe("files", function()
    it("are read below the runbook's folder only, links followed", function()
        write("secret.lua", "return 'secret'")
        write("in/part.lua", "return 'part'")
        write("in/steps/a.lua", "return 'a'")
        os.execute(
            ("ln -s ../secret.lua '%s/in/link.lua'; ln -s .. '%s/in/up'; "
                .. "ln -s part.lua '%s/in/inner.lua'"):format(
                folder,
                folder,
                folder
            )
        )
        assert.same({ true, "part" }, { run "return require './part.lua'" })
        assert.same({ true, "part" }, { run "return require './inner.lua'" })
        assert.same({ true, "a" }, { run "return require './steps/a.lua'" })
        for _, name in ipairs {
            "./link.lua",
            "./up/secret.lua",
            "./../secret.lua",
            "./steps/../../secret.lua",
            ".//etc/x.lua",
            "./part.lua/../../secret.lua",
        } do
            local ok, value = run(("return require %q"):format(name))
            assert.is_false(ok, name .. " -> " .. tostring(value))
        end
        stopped("return require './../secret.txt\\0.lua'", "path")
        stopped("return require './part.txt'", ".lua")
    end)
    it("are files: nothing that keeps the reader waiting or never ends", function()
        os.execute(
            ("cd '%s/in' && mkfifo fifo.lua && mkdir folder.lua && truncate -s 3G big.lua"):format(folder)
                .. " && ln -s /dev/zero zero.lua && ln -s loop.lua loop.lua"
        )
        for name, words in pairs {
            fifo = "cannot be read",
            zero = "out of the folder",
            folder = "cannot be read",
            loop = "cannot be read",
            big = "File too large",
        } do
            stopped(("return require './%s.lua'"):format(name), words)
        end
        os.execute(("cd '%s/in' && rm -r fifo.lua zero.lua folder.lua loop.lua big.lua"):format(folder))
    end)
    it("nor by the way of a runbook's steps, base and scenarios", function()
        local runbook = require "dnsprobe.book.runbook"
        write("secret.lua", "return { id = 'secret', title = 'T', run = function() end }")
        for _, text in ipairs { "return r.define{ name = 'x', summary = 's', steps = { './link.lua' } }",
            "return r.define{ name = 'x', summary = 's', steps = { '../secret.lua' } }",
            "return r.define{ name = 'x', summary = 's', steps = { 'leak' } }",
            "return r.extend('" .. folder .. "/secret.lua', {})", "return r.extend('./link.lua', {})",
            "return r.define{ name = 'x', summary = 's', steps = {}, scenarios = { './link.lua' } }" } do
                os.execute(("ln -sf ../../secret.lua '%s/in/steps/leak.lua'"):format(folder))
                local path = write("in/x.lua", "local r = require 'dnsprobe.runbook'\n" .. text)
                local ok, err = task.run(function()
                return pcall(runbook.load, path)
            end)
            assert.is_false(ok, text)
            assert.equal(65, exit.failure(err) and exit.failure(err).code, tostring(err))
            assert.truthy(tostring(err):find("folder", 1, true), tostring(err))
        end
    end)
end)

describe("sending", function()
    local exchange =
        "return require 'dnsprobe'.exchange{ name = 'x.example', timeout = 0.05, late = 0, linger = 0, "
            .. "server = %s }"
    local function refused(code, expected)
        local ok, result, message, reason = run(code)
        assert.is_true(ok, tostring(result))
        assert.same({ nil, expected }, { result, reason }, code)
        return message
    end
    before_each(function()
        dns.setup { guard = { mode = "public", allow = {} }, max_queries = 1000 }
    end)

    it("is not for files that are loaded, and not for judges", function()
        stopped(exchange:format "'192.0.2.1'", "not while it is loaded", sandbox.guard)
        stopped("require 'dnsprobe.task'.sleep(0)", "not while it is loaded", sandbox.guard)
        stopped("return require 'dnsprobe'.trace('x.example')", "not while it is loaded", sandbox.guard)
        stopped("return require 'dnsprobe'.stub.lookup('x.example')", "not while it is loaded", sandbox.guard)
    end)
    it("does not reach addresses that nobody named", function()
        for _, address in ipairs {
            "127.0.0.1",
            "127.1.2.3",
            "10.0.0.1",
            "172.16.0.1",
            "192.168.0.1",
            "100.64.0.1",
            "169.254.169.254",
            "0.0.0.0",
            "0.1.2.3",
            "224.0.0.251",
            "255.255.255.255",
            "240.0.0.1",
            "::",
            "::1",
            "fe80::1",
            "fc00::1",
            "fd00:ec2::254",
            "ff02::fb",
            "fec0::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::10.0.0.1",
            "64:ff9b:1::1",
            "2002:7f00:1::1",
            "2002:a00:1::1",
            "::127.0.0.1",
        } do
            refused(exchange:format(("%q"):format(address)), "private")
            refused(
                ("return require 'dnsprobe'.connect{ address = %q, port = 443, timeout = 0.05 }"):format(
                    address
                ),
                "private"
            )
        end
    end)
    it("does not connect to what was neither named nor answered", function()
        refused(
            "return require 'dnsprobe'.connect{ address = '192.0.2.1', port = 443, timeout = 0.05 }",
            "unknown"
        )
        dns.answered("10.0.0.9")
        refused(exchange:format "'10.0.0.9'", "private") -- answered is for the application check only
    end)
    -- What a walk may ask is what an exchange may ask: the roots that a runbook names are no leave.
    local function walked(options)
        local before = dns.stats().queries
        local ok, trace = run(
            ("return require 'dnsprobe'.trace('x.example', 'A', "
                .. "{ timeout = 0.02, late = 0, family = 4, %s })"):format(
                options
            )
        )
        assert.is_true(ok, tostring(trace))
        return dns.stats().queries - before, trace
    end
    it("does not reach them by a walk from roots of its own", function()
        for _, address in ipairs { "127.0.0.1", "10.0.0.1", "169.254.169.254", "224.0.0.251",
            "127.0.0.1#9" } do
            for _, how in ipairs { "roots = %s",
                "start = { zone = 'example.', servers = %s }, roots = %s" } do
                local list = ("{ { name = 'a.root.', addresses = { %q } } }"):format(address)
                local sent, trace = walked((how:gsub("%%s", list)))
                assert.equal(0, sent, address)
                assert.equal("private", trace.levels[1].servers[1].addresses[1].kind)
            end
        end
    end)
    it("nor more servers and ports than a runbook may ask", function()
        local function in_all(address, from)
            local before = dns.stats().queries
            assert.is_true((run(([[local dns = require "dnsprobe"
                for i = 1, 30 do
                    dns.trace("x.example", "A", { timeout = 0.01, late = 0, family = 4,
                        roots = { { name = "a.root.", addresses = { (%q):format(%d + i) } } } })
                end]]):format(address, from))))
            return dns.stats().queries - before
        end
        dns.setup { guard = { mode = "off" } }
        assert.equal(8, in_all("127.0.0.1#%d", 20000))
        dns.setup { guard = { mode = "off", servers = 5 } }
        assert.equal(5, in_all("127.0.1.%d", 0))
        dns.setup { guard = { mode = "public", servers = 0 } }
    end)
    it("but those that the run was given are asked, and it may walk from the run's own roots", function()
        dns.setup { root_hints = { { name = "a.root.", addresses = { "127.0.0.1" } } }, port = 9 }
        assert.is_true(walked "" > 0)
        assert.equal(0, (walked "roots = { { name = 'a.root.', addresses = { '127.0.0.2' } } }"))
        dns.setup { root_hints = {}, port = 53 }
    end)
    it("does not follow a delegation to addresses that nobody named", function()
        local handle = task.run(lab.start, lab.load "healthy", { seed = 1 })
        local named = {}
        for _, root in ipairs(handle.roots) do
            table.move(root.addresses, 1, #root.addresses, #named + 1, named)
        end
        dns.setup { port = handle.port, guard = { mode = "public", allow = named },
            root_hints = handle.roots }
        local before = dns.stats().queries
        local ok, trace =
            run("return require 'dnsprobe'.trace('www.shop.example', 'A', "
                .. "{ timeout = 0.2, late = 0, family = 4 })")
        local sent = dns.stats().queries - before
        task.run(handle.stop)
        dns.setup { port = 53, guard = { mode = "public", allow = {} }, root_hints = {} }
        assert.is_true(ok, tostring(trace))
        assert.equal("answer", trace.exchanges[1].outcome)
        for _, one in ipairs(trace.exchanges) do
            assert.truthy(one.server.address:find("^127%.53%.0%."), one.server.address)
        end
        assert.equal(#trace.exchanges, sent)
        assert.equal("private", trace.levels[2].servers[1].addresses[1].kind)
    end)
    it("holds to the pace of a server, whatever the port, the transport and the way to write its address",
        function()
        dns.setup {
            guard = { mode = "public", allow = { "127.0.0.1", "::ffff:127.0.0.1" } },
            qps = 100,
            qps_total = 100000,
            qps_most = 100,
            burst = 10,
            max_queries = 1000,
        }
        local began = dns.now()
        assert.is_true(run [[local dns, task, list = require "dnsprobe", require "dnsprobe.task", {}
            for i = 1, 40 do list[i] = i end
            task.map(list, function(i)
                if i % 4 == 0 then
                    return dns.connect { address = "127.0.0.1", port = 20001, timeout = 0.1 }
                end
                return dns.exchange { name = "x.example",
                    server = i % 2 == 0 and "127.0.0.1" or "::ffff:127.0.0.1", late = 0, linger = 0,
                    port = 20001 + i % 6, transport = i % 3 == 0 and "tcp" or "udp", qps = 100000, timeout = 0.05 }
            end)]])
        dns.setup { qps = 0, qps_total = 0, qps_most = 1000 }
        assert.is_true(dns.now() - began > 0.25) -- 30 more than a burst, at 100 a second
    end)
    it("lets loopback be asked as fast as the step rate-limit climbs there", function()
        dns.setup {
            guard = { mode = "public", allow = { "127.0.0.1" } },
            qps = 5,
            qps_total = 0,
            qps_most = 5,
            burst = 10,
        }
        local began = dns.now()
        assert.is_true(run [[local dns, task, list = require "dnsprobe", require "dnsprobe.task", {}
            for i = 1, 40 do list[i] = i end
            task.map(list, function()
                return dns.exchange { name = "x.example", server = "127.0.0.1", late = 0, linger = 0, port = 20001, qps = 100000,
                    timeout = 0.05 }
            end)]])
        dns.setup { qps = 0, qps_total = 0, qps_most = 1000 }
        local took = dns.now() - began
        assert.is_true(took > 0.25 and took < 3, took) -- 30 more than a burst, at 100 a second; 6 s at 5
    end)
    it("knows no switch that lifts the pace", function()
        stopped(
            "return require 'dnsprobe'.exchange{ name = 'x.example', server = '192.0.2.1', unpaced = true }",
            "not for runbooks"
        )
    end)
    it("asks a few ports only", function()
        dns.setup { guard = { mode = "public", allow = { "127.0.0.1#5353" } } }
        local message = refused(
            [[local dns = require "dnsprobe"
            for port = 20001, 20100 do
                local result, message, code = dns.exchange{ name = "x.example", server = "127.0.0.1", port = port, timeout = 0.01,
                    late = 0, linger = 0 }
                if not result then return nil, message, code .. " " .. port end
            end]],
            "crowded 20009"
        )
        assert.truthy(message:find("one port more", 1, true), message)
    end)
    it("ends at the ceiling of the run, and cannot be caught there", function()
        for _, loop in ipairs {
            "for _ = 1, 50 do ask() end",
            "while true do pcall(ask) end",
            "local task = require 'dnsprobe.task'; while true do pcall(task.map, { 1, 2, 3 }, ask) end",
        } do
            dns.setup { guard = { mode = "public", allow = { "127.0.0.1#9" } }, max_queries = 10 }
            local before = dns.stats().queries
            local ok, err = run([[local dns = require "dnsprobe"
                local function ask() return dns.exchange{ name = "x.example", server = "127.0.0.1", port = 9, timeout = 0.01,
                    late = 0, linger = 0, qps = 1000 } end
                ]] .. loop)
            assert.is_false(ok)
            assert.is_true(sandbox.is_ceiling(err), tostring(err))
            assert.is_true(dns.stats().queries - before <= 10)
        end
    end)
end)

describe("a list of domains", function()
    local function sent_of(count)
        local before = dns.stats().queries
        local ok, err = run([[local dns = require "dnsprobe"
            for _ = 1, ]] .. count .. [[ do dns.exchange{ name = "x.example", server = "127.0.0.1", port = 9, timeout = 0.01,
                late = 0, linger = 0, qps = 1000 } end]])
        return ok, err, dns.stats().queries - before
    end
    it("has a ceiling for each step of a domain: who goes over it ends alone", function()
        local guard = { mode = "public", allow = { "127.0.0.1#9" } }
        dns.setup { guard = guard, max_queries = 0, step_queries = 10 }
        for _ = 1, 3 do
            assert.is_true((sent_of(9)))
        end
        local ok, err, sent = sent_of(50)
        assert.is_false(ok)
        assert.is_true(sandbox.is_ceiling(err), tostring(err))
        assert.is_true(sent <= 10)
        assert.is_true((sent_of(9)))
        dns.setup { guard = guard, step_queries = 0 }
        assert.is_true((sent_of(12)))
    end)
    it("takes it from the runbook, and --max-queries for all together", function()
        local ceilings = require "dnsprobe.run.launch.ceilings"
        local function of(options, own)
            options.configured = options.configured or {}
            return { ceilings.queries(options, own and { max_queries = own }) }
        end
        assert.same({ 50000, 0 }, of {})
        assert.same({ 700, 0 }, of({}, 700))
        assert.same({ 90, 0 }, of({ max_queries = 90 }, 700))
        assert.same({ 0, 50000 }, of { domains = "x" })
        assert.same({ 0, 50000 }, of { by_line = true })
        assert.same({ 0, 700 }, of({ domains = "x" }, 700))
        assert.same({ 90, 700 }, of({ domains = "x", max_queries = 90 }, 700))
        assert.same(
            { 0, 300 },
            of({ domains = "x", max_queries = 300, configured = { max_queries = "config.lua" } }, 700)
        )
    end)
end)

describe("trust", function()
    it("gives all of Lua, without ceilings on time and memory", function()
        sandbox.trust(true)
        local ok, value =
            run("local n = os.clock(); while os.clock() - n < 0.15 do end; "
                .. "return io.open and #('x'):rep(20000000)")
        sandbox.trust(false)
        assert.same({ true, 20000000 }, { ok, value })
    end)
end)
