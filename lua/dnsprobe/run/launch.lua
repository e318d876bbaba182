-- SPDX-License-Identifier: MIT
-- From the options of `run` to a session that is ready to measure: target, parameters, resolvers, lab, guard.

local answered = require "dnsprobe.guest.answered"
local ceilings = require "dnsprobe.run.launch.ceilings"
local config = require "dnsprobe.book.config"
local dns = require "dnsprobe"
local exit = require "dnsprobe.base.exit"
local fs = require "dnsprobe.fs"
local nearest = require "dnsprobe.base.nearest"
local params = require "dnsprobe.book.runbook.params"
local resolvers = require "dnsprobe.book.resolvers"
local run = require "dnsprobe.run.session"
local runbook = require "dnsprobe.book.runbook"
local state = require "dnsprobe.measure.state"
local stats = require "dnsprobe.stats"
local typed = require "dnsprobe.book.typed"
local values = require "dnsprobe.book.values"

local M = {}

local DEFAULT = {
    types = { "A", "AAAA" },
    detect = 0.10,
    timeout_s = 2,
    late_ms = 3000,
    deadline_s = 120,
    qps = 20,
    qps_total = 500,
    port = 53,
}

local function target_of(domain, options)
    local name, err, how = typed.target(domain)
    if not name then
        exit.usage_of("run", "%s is not a domain name: %s", dns.escape(domain), err)
    end
    local types = options.type or how == "reverse" and { "PTR" } or DEFAULT.types
    return { name = name, types = types, absolute = domain:sub(-1) == "." or nil }, how
end

local function selection(options, book)
    local ids = {}
    for _, step in ipairs(book.steps) do
        ids[step.id] = true
    end
    local function set_of(list, option)
        local set = {}
        for _, id in ipairs(list or {}) do
            if not ids[id] then
                exit.usage_of("run", "%s: %s has no step '%s'%s", option, book.name, id,
                    nearest.listed(id, params.sorted_keys(ids)))
            end
            set[id] = true
        end
        return set
    end
    local only, without = options.step and set_of(options.step, "--step"), set_of(options.skip, "--skip")
    return function(id)
        return (not only or only[id] == true) and not without[id]
    end
end

-- Parameters from --set, over those a lab scenario asks for, over environment and config files.
local function params_of(options, book, lab_params)
    local given = options.config and config.params(options.config, book) or {}
    for key, value in pairs(lab_params or {}) do
        if book.params[key] then
            given[key] = value
        end
    end
    for _, pair in ipairs(options.set or {}) do
        given[pair[1]] = pair[2]
    end
    local checked, err = params.values(book.params, given)
    if not checked then
        exit.usage_of("run", "--set: %s", err)
    end
    return checked
end

local function allowed_of(options)
    local out = {}
    for _, list in ipairs(options.allow or {}) do
        for _, word in ipairs(list) do
            out[word] = true
        end
    end
    return out
end

-- Lines of a named.root file: `NAME TTL [CLASS] A|AAAA ADDRESS`.
local function root_hints(path)
    local text, err = fs.read(path)
    if not text then
        exit.usage("--root-hints %s: cannot be read: %s", path, err or "unknown reason")
    end
    local list, by_name = {}, {}
    for line in text:gmatch("[^\r\n]+") do
        local name, type, address = line:gsub(";.*", ""):match("^(%S+)%s+.-(A+)%s+([%x.:]+)%s*$")
        local parsed = address and (type == "A" or type == "AAAA") and dns.address.parse(address)
        if parsed then
            name = name:lower()
            if not by_name[name] then
                by_name[name] = { name = name, addresses = {} }
                list[#list + 1] = by_name[name]
            end
            table.insert(by_name[name].addresses, parsed.address)
        end
    end
    if #list == 0 then
        exit.input("%s: no A or AAAA record of a root server in it", path)
    end
    return list
end

local function start_lab(options)
    if not options.lab then
        return nil
    end
    local lab = require "dnsprobe.lab.scenarios"
    local scenario = lab.load(options.lab)
    local ok, handle = pcall(lab.start, scenario, { seed = options.seed })
    if not ok then
        exit.input("lab %s: %s", scenario.name, (tostring(handle):match("^[^\n]*")))
    end
    handle.also_run = scenario.also_run
    return handle
end

local function copied(t)
    local out = {}
    for key, value in pairs(t) do
        out[key] = value
    end
    return out
end

-- What a scenario needs of a run (`also_run`), where the command line does not say otherwise. The lab has its
-- own port.
local function with_lab_options(options, handle)
    if not handle then
        return options
    end
    local out, configured = copied(options), options.configured or {}
    local function leave_to_lab(key)
        if configured[key] then
            out[key] = nil
        end
    end
    leave_to_lab "port"
    for key, value in pairs(handle.also_run or {}) do
        leave_to_lab(key)
        if key == "detect" then
            leave_to_lab "samples"
        end
        if out[key] == nil then
            out[key] = key == "detect" and values.rate(value) or value
        end
    end
    return out
end

-- A report from the lab says so, and by what clock the lab's caches lived.
local function vantage_of(host, handle)
    local list = {}
    for i, one in ipairs(host.resolvers or {}) do
        list[i] = { address = one.address, port = one.port, link = one.link, source = one.source }
    end
    return { host = fs.hostname(), os = fs.os(), resolvers = list, search = host.search or {},
        lab = handle and { scenario = handle.name, speed = handle.speed } or nil }
end

-- Every run has a seed, so that every report says how to do it again; without --seed nobody can guess it.
local function seed_of(options)
    return options.seed or dns.random(0, 2097151) << 32 | dns.random(0, 4294967294)
end

local function setup_engine(options, allow, handle, list, named, book)
    local qps = options.qps or DEFAULT.qps
    local in_all, of_a_step = ceilings.queries(options, book)
    dns.setup {
        seed = options.seed,
        qps = qps,
        qps_most = ceilings.qps_most(qps, allow),
        qps_total = options.qps_total or DEFAULT.qps_total,
        burst = 10,
        max_queries = in_all,
        step_queries = of_a_step,
        port = options.port or (handle and handle.port) or DEFAULT.port,
        family = options.ipv6 and 6 or options.ipv4 and 4 or nil,
        timeout = options.timeout or DEFAULT.timeout_s,
        late = (options.late or DEFAULT.late_ms) / 1000,
        root_hints = options.root_hints and root_hints(options.root_hints)
            or (handle and handle.roots)
            or nil,
        guard = ceilings.guard(allow, handle, named and list or {}, options.domains),
        stub = handle and handle.stub or nil,
        allow_flush = allow.flush,
    }
end

-- This host's resolvers are asked whatever their address, and so are the lab's.
local function host_view(handle)
    local host = dns.stub.config()
    for _, one in ipairs(host.resolvers or {}) do
        dns.allow(ceilings.with_port(one))
    end
    if handle and handle.host and handle.host.resolvers then
        host.resolvers = handle.host.resolvers
    end
    return host
end

--- The walk to a name, for `dnsprobe trace`.
---@param options table
---@param name string
---@param type string
---@return dnsprobe.Trace
function M.trace(options, name, type)
    options.seed = seed_of(options)
    setup_engine(options, allowed_of(options), nil, {}, false)
    return dns.trace(
        name,
        type,
        { family = options.ipv6 and 6 or options.ipv4 and 4 or nil, port = options.port }
    )
end

-- The file of the runbook's own state; nil: it lives for this run only, as it does in the lab unless asked
-- for.
local function state_path(options, book, in_lab)
    if options.state then
        return options.state ~= "none" and options.state or nil
    end
    return not in_lab and state.path(book.name) or nil
end

---@class dnsprobe.Launch what all runs of one command have in common
---@field book dnsprobe.Runbook
---@field options table
---@field resolvers table[]
---@field host table
---@field vantage table
---@field types string[]
local Launch = {}
Launch.__index = Launch

--- Everything but the domain: runbook, lab, resolvers, engine, this host. Raises Failures for whatever is
--- wrong with the options.
---@param options table as parsed by cli/run.lua; `book` stands for the runbook that `runbook` names
---@param argv string[] the whole command line, for the report
---@return dnsprobe.Launch
function M.prepare(options, argv)
    local book = options.book or runbook.load(options.runbook)
    local selected, allow = selection(options, book), allowed_of(options)
    params_of(options, book) -- a mistake in --set is told before a lab is started
    local handle = start_lab(options)
    options = with_lab_options(options, handle)
    local family = options.ipv6 and 6 or options.ipv4 and 4 or nil
    local port = options.port or (handle and handle.port) or DEFAULT.port
    local list, named
    if handle and #(options.resolver or {}) == 0 and not options.resolvers then
        list, named = handle.resolvers, true
    else
        list, named = resolvers.of_run(options, book, family, port)
    end
    options.seed = seed_of(options)
    setup_engine(options, allow, handle, list, named, book)
    local host = host_view(handle)
    return setmetatable({
        book = book, options = options, argv = argv, selected = selected, allow = allow, handle = handle,
        family = family, port = port, resolvers = list, host = host, vantage = vantage_of(host, handle),
        types = options.type or DEFAULT.types,
    }, Launch)
end

--- A session for one domain. Raises a Failure where the name is none.
---@param domain string
---@return dnsprobe.Session
function Launch:session(domain)
    local options, handle = self.options, self.handle
    local target, given = target_of(domain, options), params_of(options, self.book, handle and handle.params)
    answered.begin(target.name, given, self.book.params)
    local detect, deadline_s = options.detect or DEFAULT.detect, options.deadline or DEFAULT.deadline_s
    return run.new {
        runbook = self.book,
        selected = self.selected,
        vantage = copied(self.vantage),
        command = self.argv,
        seed = options.seed,
        lab = handle,
        deadline_s = deadline_s,
        state_path = state_path(options, self.book, handle ~= nil),
        ctx = {
            target = target,
            params = given,
            resolvers = self.resolvers,
            host = self.host,
            samples = options.samples or stats.samples_for(detect),
            closer = options.samples == nil,
            detect = detect,
            deadline = dns.now() + deadline_s,
            lab = handle ~= nil,
            family = self.family,
            port = self.port,
            qps = options.qps or DEFAULT.qps,
            qps_total = options.qps_total or DEFAULT.qps_total,
            allow = self.allow,
            lab_speed = handle and handle.speed ~= 1 and handle.speed or nil,
            timeout = options.timeout or DEFAULT.timeout_s,
            late = (options.late or DEFAULT.late_ms) / 1000,
        },
    }
end

--- Prepares a run of one domain. Raises Failures for whatever is wrong with the options.
---@param options table as parsed by cli/run.lua
---@param argv string[] the whole command line, for the report
---@return dnsprobe.Session
function M.session(options, argv)
    local target, how = target_of(options.domain, options) -- before a lab is started
    if how and not options.quiet then
        local text = "dnsprobe: %s is looked up as %s\n"
        io.stderr:write(text:format(dns.escape(options.domain), dns.escape(target.name)))
    end
    return M.prepare(options, argv):session(options.domain)
end

return M
