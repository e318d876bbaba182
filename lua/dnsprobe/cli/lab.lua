-- SPDX-License-Identifier: MIT
-- dnsprobe lab [SCENARIO]: serve a fault on loopback until Ctrl-C; without SCENARIO: list them.

local dns = require "dnsprobe"
local tables = require "dnsprobe.render.table"

local M = { name = "lab", summary = "serve the built-in fault lab on loopback; without SCENARIO: list them" }

function M.options(parser, add)
    parser:argument("scenario", "A scenario, by name or path."):argname("SCENARIO"):args("?")
    parser:option("--for", "Stop after so many seconds."):argname("SECONDS"):target("seconds"):convert(tonumber)
    parser:flag("--json", "As JSON.")
    add("seed")
end

local function list(lab, as_json)
    local rows = {}
    for i, item in ipairs(lab.list()) do
        local scenario = lab.load(item.name)
        rows[i] = { scenario = scenario.name, title = scenario.title, expect = scenario.expect }
    end
    if as_json then
        local json = require "dnsprobe.json"
        io.stdout:write(json.encode({ schema = "dnsprobe.lab/1", scenarios = json.array(rows) },
            { pretty = true, sort = true }), "\n")
        return
    end
    io.stdout:write(table.concat(tables.lines({ "scenario", "title", "expect" }, rows, true), "\n"), "\n\n",
        "dnsprobe run intermittent shop.example --lab SCENARIO\n")
end

local function describe(scenario, handle)
    local out = { ("%s: %s"):format(scenario.name, tables.plain(scenario.title or "")) }
    if scenario.story then
        out[#out + 1] = tables.plain(scenario.story)
    end
    out[#out + 1] = ("domain %s, all servers on port %d"):format(tables.plain(handle.domain), handle.port)
    local rows = {}
    for _, root in ipairs(handle.roots or {}) do
        rows[#rows + 1] = { what = "root", name = root.name, address = table.concat(root.addresses, " ") }
    end
    for _, one in ipairs(handle.resolvers or {}) do
        rows[#rows + 1] = { what = "resolver", name = one.name, address = ("%s#%d"):format(one.address, one.port) }
    end
    table.move(tables.lines({ "what", "name", "address" }, rows, true), 1, #rows + 1, #out + 1, out)
    if handle.resolvers and handle.resolvers[1] then
        local first = handle.resolvers[1]
        out[#out + 1] = ("try: dig @%s -p %d %s"):format(first.address, first.port, tables.plain(handle.domain))
    end
    return table.concat(out, "\n") .. "\n"
end

function M.run(options)
    local lab = require "dnsprobe.lab"
    local task = require "dnsprobe.task"
    if not options.scenario then
        list(lab, options.json)
        return 0
    end
    local scenario = lab.load(options.scenario)
    local handle = lab.start(scenario, { seed = options.seed })
    io.stdout:write(describe(scenario, handle), options.seconds and "" or "Ctrl-C ends it.\n")
    io.stdout:flush()
    local stopped = false
    task.on_signal(function() stopped = true end)
    local ends = dns.now() + (options.seconds or math.huge)
    while not stopped and dns.now() < ends do
        task.sleep(0.1)
    end
    handle.stop()
    return 0
end

return M
