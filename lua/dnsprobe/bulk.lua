-- SPDX-License-Identifier: MIT
-- Bulk: one runbook against a list of domains, many at once on one loop.
--
--   1. A worker takes the next domain, measures it like a run of its own (ledger, deadline, verdict), judges, writes its
--      line, and forgets it. Nothing is kept for finished domains but counts.
--   2. One engine sends for all, so its ceilings per server and in total hold for all together; zone cuts are shared
--      (cuts.lua), and so is what is this host's and not the domain's (survey/common.lua).
--   3. Strays may still come LINGER_S after the last answer. A worker waits for those of one domain while it measures the
--      next.
--   4. What goes wrong with one domain (its name, the runbook, ourselves) is a line with `error`, and the rest goes on.
--   5. SIGINT and SIGTERM end the workers where they are; domains under way have no line, and --resume measures them.

local common = require "dnsprobe.survey.common"
local cuts = require "dnsprobe.cuts"
local dns = require "dnsprobe"
local exit = require "dnsprobe.exit"
local fs = require "dnsprobe.fs"
local input = require "dnsprobe.bulk.input"
local journal = require "dnsprobe.bulk.journal"
local launch = require "dnsprobe.launch"
local line = require "dnsprobe.bulk.line"
local run = require "dnsprobe.run"
local summary = require "dnsprobe.bulk.summary"
local task = require "dnsprobe.task"

local M = {}

local JOBS = 32
local LINGER_S = 0.1
local PROGRESS_S = 1

---@class dnsprobe.Bulk
---@field base dnsprobe.Launch
---@field input dnsprobe.BulkInput
---@field journal dnsprobe.Journal
---@field summary dnsprobe.BulkSummary
---@field running table<dnsprobe.Session, boolean>

-- ---- one domain ----

local function failed(bulk, item, err)
    local failure = exit.failure(err)
    local text = failure and failure.message or tostring(err):match("^[^\n]*")
    return line.failed(item, bulk.base.book.name, failure and failure.code or exit.INTERNAL, text)
end

local function write(bulk, record)
    bulk.journal:write(record)
    bulk.summary:add(record)
    bulk.written = bulk.written + 1
end

local function measure(bulk, item)
    local session = bulk.base:session(item.name)
    session.ctx.cuts, session.ctx.common = bulk.cuts, bulk.common
    session.with_exchanges = bulk.options.exchanges
    bulk.running[session] = true
    local _ <close> = setmetatable({}, { __close = function() bulk.running[session] = nil end })
    run.measure_among(session)
    return session
end

-- Judges and writes when the strays are in.
local function finish(bulk, item, session)
    task.sleep(LINGER_S)
    run.look_at_self(session)
    local ok, record = pcall(function()
        return line.of(item, session, run.judge(session), bulk.whole)
    end)
    write(bulk, ok and record or failed(bulk, item, record))
end

-- ---- all of them ----

local function worker(bulk)
    local before -- the task that ends the domain before
    while not bulk.stopped do
        local item = bulk.input:next()
        if not item then
            break
        end
        if bulk.journal:has(item.domain) then
            bulk.skipped = bulk.skipped + 1
        elseif item.error then
            write(bulk, line.failed(item, bulk.base.book.name, exit.INPUT, item.error))
        else
            local ok, session = pcall(measure, bulk, item)
            if bulk.stopped then
                break
            elseif before then
                before:await()
            end
            if ok then
                before = task.spawn(finish, bulk, item, session)
            else
                before = nil
                write(bulk, failed(bulk, item, session))
            end
        end
    end
    if before and not bulk.stopped then
        before:await()
    end
end

local function progress(bulk)
    local started = dns.now()
    while true do
        task.sleep(PROGRESS_S)
        local n, rate = bulk.written, bulk.written / (dns.now() - started)
        local counts = bulk.summary.by_status
        io.stderr:write(("\r%d done (%.0f/s), %d failing, %d unknown\27[K"):format(n + bulk.journal.resumed, rate,
            counts.warning + counts.critical, counts.unknown))
        io.stderr:flush()
    end
end

local function run_workers(bulk, jobs)
    local workers = {}
    task.on_signal(function()
        bulk.stopped = true
        for session in pairs(bulk.running) do
            session.cut = "interrupted"
        end
        for _, handle in ipairs(workers) do
            handle:cancel()
        end
    end)
    local _ <close> = bulk.show and task.spawn(progress, bulk) or nil -- ends with this function
    for i = 1, jobs do
        workers[i] = task.spawn(worker, bulk)
    end
    local trouble
    for _, handle in ipairs(workers) do
        local ok, err = pcall(handle.await, handle)
        if not ok and not bulk.stopped then
            trouble = trouble or err -- the list or the output failed: nobody can go on
            bulk.stopped = true
            for _, other in ipairs(workers) do
                other:cancel()
            end
        end
    end
    task.on_signal(nil)
    if trouble then
        error(trouble, 0)
    end
end

local function check(options)
    local format = options.format
    if options.format_given and format ~= "json" and format ~= "jsonl" then
        exit.usage_of("run", "--domains writes JSON Lines; --format json puts each whole report into its line, '%s' is for"
            .. " one domain", format)
    end
    for _, name in ipairs { "capture", "profile" } do
        if options[name] then
            exit.usage_of("run", "--%s is for one domain, not for a list", name)
        end
    end
    if options.resume and not options.output then
        exit.usage_of("run", "--resume goes on with the file of --output, and none is given")
    end
    if options.output and options.domains ~= "-" and options.output == options.domains then
        exit.usage_of("run", "--output %s is the list of --domains", options.output)
    end
end

-- Where the summary for people goes: with the lines on stdout it would be in their way.
local function say(bulk, document)
    local text = summary.text(document)
    if bulk.skipped > 0 then
        text = text .. ("%d were finished before\n"):format(bulk.skipped)
    end
    if bulk.options.output then
        io.stdout:write(text)
        io.stdout:flush()
    elseif not bulk.options.quiet then
        io.stderr:write(text)
    end
end

--- Runs a runbook against a list. Raises Failures for whatever is wrong with the options.
---@param options table as parsed by cli/run.lua
---@param argv string[] the whole command line
---@return integer code the worst of all domains; 130 when it was interrupted
function M.run(options, argv)
    check(options)
    local totals = summary.new()
    local list = input.open(options.domains, options.shard)
    local base = launch.prepare(options, argv)
    local bulk = {
        options = options, base = base, input = list, summary = totals, written = 0, skipped = 0, running = {},
        journal = journal.open(options.output, options.resume, function(record) totals:add(record) end),
        cuts = not options.fresh and cuts.new() or nil, common = common.new(), stopped = false,
        whole = options.exchanges or options.format_given and options.format == "json",
        show = not options.quiet and (options.verbose or fs.isatty(2)),
    }
    run_workers(bulk, options.jobs or JOBS)
    if bulk.show then
        io.stderr:write("\r\27[K")
    end
    list:close()
    local document = totals:document()
    if not bulk.stopped then
        bulk.journal:write(document)
    end
    bulk.journal:close()
    say(bulk, document)
    return bulk.stopped and exit.INTERRUPTED or exit.of_status[document.status]
end

return M
