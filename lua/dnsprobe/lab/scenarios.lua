-- SPDX-License-Identifier: MIT
-- The lab: scenario files to a small running internet on loopback.
--
-- A scenario is a file runbooks/lab/NAME.lua that returns a table:
--   title, story        one line, and what users see
--   base                another scenario, by name or as a file beside this one, whose change is made first
--   change(net)         breaks something in the healthy internet of lab/internet.lua; absent: nothing is
--   broken
--   expect              the finding ids above info that are the truth about it, most to blame first
--   info                ids that have to be reported at info
--   allow               ids that may appear at info besides
--   speed               how fast the lab's own clock runs: TTLs, serve-stale and events go by it (1)
--   domain              what to examine; "shop.example" if absent
--   also_run            options of `run` that it needs, such as { detect = "4%" }

local build = require "dnsprobe.lab.build"
local check = require "dnsprobe.lab.check"
local exit = require "dnsprobe.base.exit"
local find = require "dnsprobe.guest.find"
local fs = require "dnsprobe.fs"
local happen = require "dnsprobe.lab.happen"
local place = require "dnsprobe.lab.called"
local sandbox = require "dnsprobe.guest.sandbox"
local task = require "dnsprobe.base.task"
local world = require "dnsprobe.lab.internet"

local M = {}

local DEFAULT_DOMAIN = "shop.example"
local DEFAULT_SEED = 1
local BASES_MAX = 4

---@class dnsprobe.lab.Scenario
---@field name string
---@field path string
---@field title string
---@field story string
---@field domain string
---@field change? fun(net: dnsprobe.lab.Net)
---@field base? string
---@field expect string[]
---@field info? string[]
---@field allow? string[]
---@field also_run? table<string, any>

---@class dnsprobe.lab.Handle
---@field name string of the scenario
---@field port integer of every server, resolver and stub
---@field domain string
---@field roots { name: string, addresses: string[] }[]
---@field resolvers { address: string, port: integer, name: string }[] in the place of the public ones
---@field host { resolvers: table[], search: string[] } what this host is configured to use
---@field stub { resolvconf: string, hosts: string, nsswitch: string, measure_libc: boolean } files to read instead
---@field params table<string, any> parameters for the runbook
---@field expect string[]
---@field net dnsprobe.lab.Net what is being served
---@field speed number of the lab's own clock
---@field failed fun(): boolean did an event go wrong? stop() raises it
---@field stop fun() closes all sockets and removes the files; may be called twice; raises what went wrong in an event

-- ---- scenario files ----

--- All scenarios found, sorted by name.
---@return { name: string, path: string }[]
function M.list()
    local out, seen = {}, {}
    for _, folder in ipairs(find.folders()) do
        for _, file in ipairs(fs.list(folder .. "lab/") or {}) do
            local name = file:match("^([%w][%w_-]*)%.lua$")
            if name and not seen[name] then
                seen[name] = true
                out[#out + 1] = { name = name, path = folder .. "lab/" .. file }
            end
        end
    end
    table.sort(out, function(a, b)
        return a.name < b.name
    end)
    return out
end

local function path_of(name)
    if name:find("/", 1, true) then
        return name
    end
    local bare, names = name:gsub("%.lua$", ""), {}
    for i, item in ipairs(M.list()) do
        if item.name == bare then
            return item.path
        end
        names[i] = item.name
    end
    return exit.input(
        "there is no lab scenario %q%s",
        name,
        require("dnsprobe.base.nearest").listed(name, names)
    )
end

local loaded = setmetatable({}, { __mode = "k" }) -- scenarios that this module gave out

local function copied(t)
    local out = {}
    for key, value in pairs(t) do
        out[key] = value
    end
    return out
end

-- What the file at `path` returns; ends the command (exit 65) where it is broken.
local function evaluate(path)
    local chunk, err = sandbox.load(path)
    if not chunk then
        exit.input("%s", tostring(err))
    end
    local ok, scenario = pcall(sandbox.guard, chunk)
    if not ok then
        exit.input("%s", tostring(scenario))
    end
    return scenario
end

-- The scenario that this one starts from, with its own bases behind it.
local function base_of(scenario, path, depth)
    if scenario.base then
        if depth > BASES_MAX then
            exit.input("%s: base: more than %d scenarios stand behind one another", path, BASES_MAX)
        end
        local file = scenario.base:find("/", 1, true)
        local ok, name =
            pcall(file and sandbox.beside or path_of, file and path or scenario.base, scenario.base)
        if not ok then
            exit.input("%s: base: %s", path, tostring(name))
        end
        scenario.parent = M.load(name, nil, depth + 1)
    end
end

--- Loads and checks a scenario. What is wrong with the file ends the command (exit 65).
---@param entry string|table a name from M.list(), a path, a scenario in place, or one that is loaded already
---@param file? string whose table it is, where it stands in place
---@param depth? integer
---@return dnsprobe.lab.Scenario
function M.load(entry, file, depth)
    if loaded[entry] then
        return entry
    end
    local inline = type(entry) == "table"
    local path = inline and (file or "scenario") or path_of(entry)
    local scenario = inline and copied(entry) or evaluate(path)
    local ok, err = pcall(check.scenario, scenario, inline)
    if not ok then
        local name = inline and type(scenario.name) == "string" and ("scenario %s: "):format(scenario.name)
            or ""
        exit.input("%s: %s%s", path, name, tostring(err))
    end
    scenario.path = path
    scenario.name = scenario.name or path:match("([^/]+)%.lua$")
    base_of(scenario, path, depth or 1)
    local parent = scenario.parent or {}
    scenario.domain = scenario.domain or parent.domain or DEFAULT_DOMAIN
    scenario.also_run, scenario.speed = scenario.also_run or parent.also_run, scenario.speed or parent.speed
    scenario.title = scenario.title or parent.title or ""
    scenario.story = scenario.story or parent.story or ""
    loaded[scenario] = true
    return scenario
end

-- ---- running ----

local function changed(scenario, net)
    if scenario.parent then
        changed(scenario.parent, net)
    end
    if scenario.change then
        sandbox.guard(place.call, scenario.path, scenario.change, net)
    end
end

--- The healthy internet with the scenario's fault in it. Raises a line that says what is wrong.
---@param scenario dnsprobe.lab.Scenario
---@param seed integer?
---@return dnsprobe.lab.Net
function M.net(scenario, seed)
    local net = world.new(seed)
    changed(scenario, net)
    check.net(net)
    return net
end

-- What would stand in this host's files.
local function config_texts(net)
    local lines = {}
    for i, address in ipairs(net.host.resolvers) do
        lines[i] = "nameserver " .. address
    end
    if #net.host.search > 0 then
        lines[#lines + 1] = "search " .. table.concat(net.host.search, " ")
    end
    if net.host.options then
        lines[#lines + 1] = "options " .. net.host.options
    end
    return {
        resolvconf = table.concat(lines, "\n") .. "\n",
        hosts = net.host.hosts,
        nsswitch = "hosts: files dns\n",
    }
end

local function host_files(net)
    return config_texts(net).resolvconf .. net.host.hosts
end

-- The files that this host's configuration would be in.
local function stub_files(net)
    local texts, stub = config_texts(net), { measure_libc = false }
    for _, key in ipairs { "resolvconf", "hosts", "nsswitch" } do
        stub[key] = os.tmpname()
        local ok, err = fs.write_atomic(stub[key], texts[key])
        if not ok then
            error(("%s cannot be written: %s"):format(stub[key], tostring(err)), 0)
        end
    end
    return stub
end

local function remove_files(stub)
    for _, key in ipairs { "resolvconf", "hosts", "nsswitch" } do
        os.remove(stub[key])
    end
end

local function resolver_list(net, port)
    local out = {}
    for i, resolver in ipairs(net.resolvers) do
        out[i] = {
            address = resolver.address,
            port = port,
            name = resolver.name,
            operator = resolver.name,
            group = "lab",
        }
    end
    return out
end

local function host_resolvers(net, port)
    local out = {}
    for i, address in ipairs(net.host.resolvers) do
        out[i] = { address = address, port = port, source = "resolv.conf" }
    end
    return out
end

local function roots(net)
    local out = {}
    for i, name in ipairs(net.roots) do
        out[i] = { name = name, addresses = { net:server(name).address } }
    end
    return out
end

--- Starts a scenario on the loop of this process. Raises a line that says what is wrong.
---@param scenario dnsprobe.lab.Scenario
---@param options { seed: integer?, speed: number?, on_event: (fun(at: number))? }?
---@return dnsprobe.lab.Handle
---@usage local handle = lab.start(lab.load "healthy", { seed = 1 }); print(handle.port); handle.stop()
function M.start(scenario, options)
    local seed = options and options.seed or DEFAULT_SEED
    local speed = options and options.speed or scenario.speed or 1
    local net = M.net(scenario, seed)
    local running, port, app_port = build.start(net, seed, speed)
    local stub = stub_files(net)
    local params = { app_port = app_port or 0 }
    for key, value in pairs(net.params) do
        params[key] = value
    end
    local handle = {
        name = scenario.name, port = port, domain = scenario.domain, roots = roots(net), resolvers = resolver_list(net, port),
        host = { resolvers = host_resolvers(net, port), search = net.host.search }, stub = stub, params = params,
        expect = scenario.expect, net = net, lab = running.lab, speed = speed,
    }
    local files = host_files(net)
    local events = #net.events > 0 and task.spawn(happen.run, scenario.path, running, speed, {
        on_event = options and options.on_event,
        check = function()
            check.net(net)
            if host_files(net) ~= files then
                error("an event cannot change this host's files", 0)
            end
        end,
    })
    function handle.failed()
        return events and events:status() == "failed"
    end
    function handle.stop()
        if handle.lab then
            handle.lab:stop()
            handle.lab = nil
            remove_files(stub)
            if handle.failed() then
                events:await() -- raises what went wrong in an event
            elseif events then
                events:cancel()
            end
        end
    end
    return handle
end

return M
