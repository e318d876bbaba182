-- SPDX-License-Identifier: MIT
-- dnsprobe lab [SCENARIO]: serve a fault on loopback until Ctrl-C; without SCENARIO: list them.

local dns = require "dnsprobe"
local exit = require "dnsprobe.base.exit"
local tables = require "dnsprobe.base.table"

local M = { name = "lab", summary = "serve the built-in fault lab on loopback; without SCENARIO: list them" }

local clocks = [[
Two clocks. TTLs, serve-stale, serials that move and events (net:after) go by the clock of the lab, which a scenario may let
run faster (`speed = 60`: 90 minutes in 90 seconds). Round trips, delays, timeouts, pacing and rate limits go by the real
clock, always: they are what is measured. So at speed 60 a TTL counts down by 60 a second, in every tool; dnsprobe notes the
factor with each exchange (lab_speed) and reckons with it where it holds TTLs against time. How finely caches can be told
apart falls with it: at speed 60, ends of TTLs that are less than 8 s of the lab's clock apart count as one. A scenario
whose fault lies in round trips or rates gains nothing from speed.]]

local function speed_of(text)
    local n = tonumber(text)
    if not n or n < 1 or n > 1000 then
        return nil, ("--speed: 1 to 1000 expected, got '%s'"):format(text)
    end
    return n
end

function M.options(parser, add)
    parser:argument("scenario", "A scenario, by name or path."):argname("SCENARIO"):args("?")
    parser
        :option("--for", "Stop after so many seconds.")
        :argname("SECONDS")
        :target("seconds")
        :convert(tonumber)
    parser
        :option(
            "--speed",
            "The lab's own clock runs so many times as fast (default: as the scenario says, else 1)."
        )
        :argname("N")
        :convert(speed_of)
    parser:flag("--json", "As JSON.")
    parser:epilog((clocks:gsub("\n", " ")))
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

-- What a node is, in a word, and what it has to say.
local function row_of(node)
    local recursive, zones = node.recursive, {}
    for i, item in ipairs(node.zones or {}) do
        zones[i] = type(item) == "string" and item or item.name
    end
    local what = recursive and (recursive.forward_to and "stub" or "resolver") or "server"
    return { what = what, address = node.address, name = node.name, zones = table.concat(zones, " ") }
end

-- Servers of the deepest zone that holds the domain, in the order of the net.
local function servers_of(net, domain)
    local best, out = "", {}
    for _, node in ipairs(net.servers) do
        for _, item in ipairs(node.zones or {}) do
            local zone = type(item) == "string" and item or item.name
            if (zone == "." or ("." .. domain .. "."):sub(-#zone - 1) == "." .. zone) and #zone > #best then
                best, out = zone, {}
            end
            if zone == best and out[#out] ~= node then
                out[#out + 1] = node
            end
        end
    end
    return out
end

local function dig_lines(handle)
    local net, domain, out = handle.net, handle.domain:gsub("%.$", ""), {}
    local function add(address, words, why)
        out[#out + 1] =
            { line = ("  dig @%s -p %d %s"):format(address, handle.port, words), why = "# " .. why }
    end
    add(net.host.resolvers[1], domain, "what this host gets")
    add(handle.resolvers[1].address, domain .. " +nsid", "a public resolver, and which machine of it")
    for _, node in ipairs(servers_of(net, domain)) do
        add(node.address, domain .. " +norec", node.name:gsub("%.$", "") .. ", exact")
    end
    add(net:server(net.roots[1]).address, domain .. " +norec", "the referral from the root")
    local own = servers_of(net, domain)[1]
    if own then
        add(own.address, domain .. " TXT +norec +tcp", "a large answer")
        add(own.address, domain .. " +norec +subnet=192.0.2.0/24", "as for that client")
    end
    return out
end

local function clock_lines(handle, out)
    if handle.speed ~= 1 then
        out[#out + 1] = ("clock: TTLs and events run %g times as fast as real time"):format(handle.speed)
    end
    for _, event in ipairs(handle.net.events) do
        out[#out + 1] = ("event: after %g s of the lab's clock (%.1f s from now)"):format(
            event.at,
            event.at / handle.speed
        )
    end
end

local function describe(scenario, handle, word)
    local out = { ("%s: %s"):format(scenario.name, tables.plain(scenario.title or "")) }
    out[#out + 1] = scenario.story ~= "" and tables.plain(scenario.story) or nil
    out[#out + 1] = ("domain %s, all on port %d"):format(tables.plain(handle.domain), handle.port)
    clock_lines(handle, out)
    local rows = {}
    handle.net:each(function(node)
        rows[#rows + 1] = row_of(node)
    end)
    table.move(tables.lines({ "what", "address", "name", "zones" }, rows, true), 1, #rows + 1, #out + 1, out)
    out[#out + 1] = "Try:"
    local lines, width = dig_lines(handle), 0
    for _, one in ipairs(lines) do
        width = math.max(width, #one.line)
    end
    for _, one in ipairs(lines) do
        out[#out + 1] = ("%-" .. width .. "s  %s"):format(one.line, one.why)
    end
    out[#out + 1] = ("  dnsprobe run intermittent %s --lab %s"):format(tables.plain(handle.domain), word)
    return table.concat(out, "\n") .. "\n"
end

-- Starts it; what is wrong with the scenario is told in one line.
local function started(lab, scenario, options)
    local ok, handle = pcall(lab.start, scenario, {
        seed = options.seed,
        speed = options.speed,
        on_event = function(at)
            io.stdout:write(("event: %g s\n"):format(at))
            io.stdout:flush()
        end,
    })
    if not ok then
        exit.input("%s: %s", scenario.path, (tostring(handle):match("^[^\n]*")))
    end
    return handle
end

function M.run(options)
    local lab = require "dnsprobe.lab.scenarios"
    local task = require "dnsprobe.base.task"
    if not options.scenario then
        list(lab, options.json)
        return 0
    end
    local scenario = lab.load(options.scenario)
    local handle = started(lab, scenario, options)
    io.stdout:write(
        describe(scenario, handle, tables.plain(options.scenario)),
        options.seconds and "" or "Ctrl-C ends it.\n"
    )
    io.stdout:flush()
    local stopped = false
    task.on_signal(function() stopped = true end)
    local ends = dns.now() + (options.seconds or math.huge)
    while not stopped and dns.now() < ends and not handle.failed() do
        task.sleep(0.1)
    end
    handle.stop()
    return 0
end

return M
