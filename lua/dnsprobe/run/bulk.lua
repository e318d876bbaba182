-- SPDX-License-Identifier: MIT
-- Bulk: one runbook against a list of domains, many at once on one loop.
--
--   1. A worker takes the next domain, measures it like a run of its own (ledger, deadline, verdict), judges,
--      writes its line, and forgets it. Nothing is kept for finished domains but counts.
--   2. One engine sends for all, so its ceilings per server and in total hold for all together; zone cuts are
--      shared (measure/cuts.lua), and so is what is this host's and not the domain's
--      (measure/survey/common.lua).
--   3. Strays may still come LINGER_S after the last answer. Workers do not wait for them: measured domains
--      stand in a row (as long as it holds fewer than HELD_MAX exchanges), from which one task judges and
--      writes each when its time is up.
--   4. What goes wrong with one domain (its name, the runbook, ourselves) is a line with `error`, and the
--      rest goes on.
--   5. SIGINT and SIGTERM end the workers where they are; domains under way have no line, and --resume
--      measures them. What is measured is written.

local common = require "dnsprobe.measure.survey.common"
local cuts = require "dnsprobe.measure.cuts"
local dns = require "dnsprobe"
local exit = require "dnsprobe.base.exit"
local fs = require "dnsprobe.fs"
local input = require "dnsprobe.run.bulk.input"
local journal = require "dnsprobe.run.bulk.journal"
local launch = require "dnsprobe.run.launch"
local line = require "dnsprobe.run.bulk.line"
local run = require "dnsprobe.run.session"
local summary = require "dnsprobe.run.bulk.summary"
local task = require "dnsprobe.base.task"

local M = {}

local JOBS = 32
local LINGER_S = 0.1
local HELD_MAX = 1024 -- exchanges of measured domains in memory, where one more domain may come on top
local POLL_S = 0.01
local PROGRESS_S = 1

---@class dnsprobe.Bulk
---@field base dnsprobe.Launch
---@field input dnsprobe.BulkInput
---@field journal dnsprobe.Journal
---@field summary dnsprobe.BulkSummary
---@field running table<dnsprobe.Session, boolean>
---@field under_way table<string, boolean> absolute names that are measured or in the row
---@field lingering { item: dnsprobe.BulkItem, session: dnsprobe.Session, due: number }[] from `first` to `last`
---@field first integer
---@field last integer
---@field held integer exchanges in the row

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

local function finish(bulk, item, session)
    run.look_at_self(session)
    local ok, record = pcall(function()
        return line.of(item, session, run.judge(session), bulk.whole)
    end)
    write(bulk, ok and record or failed(bulk, item, record))
end

-- ---- the row of those that are measured ----

local function linger(bulk, item, session)
    bulk.last, bulk.held = bulk.last + 1, bulk.held + #session.ledger.list
    bulk.lingering[bulk.last] = { item = item, session = session, due = dns.now() + LINGER_S }
end

-- The next of the list, when the row has room and no other worker has the same domain: one listed twice is
-- measured twice, one after the other.
local function take(bulk)
    while bulk.held >= HELD_MAX and not bulk.stopped do
        task.sleep(POLL_S)
    end
    local item = bulk.input:next()
    while item and bulk.under_way[item.name] and not bulk.stopped do
        task.sleep(POLL_S)
    end
    return not bulk.stopped and item or nil
end

-- Judges and writes each when its strays are in, until the workers have ended and the row is empty. Does not
-- look for more often than every POLL_S: one wait serves all that became due meanwhile.
local function finisher(bulk)
    while bulk.first <= bulk.last or not bulk.ended do
        local one = bulk.lingering[bulk.first]
        local left = one and one.due - dns.now() or POLL_S
        if left > 0 then
            task.sleep(math.max(left, POLL_S))
        else
            bulk.lingering[bulk.first], bulk.first = nil, bulk.first + 1
            bulk.held = bulk.held - #one.session.ledger.list
            finish(bulk, one.item, one.session)
            bulk.under_way[one.item.name] = nil
        end
    end
end

-- ---- all of them ----

local function worker(bulk)
    for item in take, bulk do
        if bulk.journal:has(item.domain) then
            bulk.skipped = bulk.skipped + 1
        elseif item.error then
            write(bulk, line.failed(item, bulk.base.book.name, exit.INPUT, item.error))
        else
            bulk.under_way[item.name] = true
            local ok, session = pcall(measure, bulk, item)
            if bulk.stopped then
                break
            elseif ok then
                linger(bulk, item, session)
            else
                bulk.under_way[item.name] = nil
                write(bulk, failed(bulk, item, session))
            end
        end
    end
end

local function progress(bulk)
    local started = dns.now()
    while true do
        task.sleep(PROGRESS_S)
        local n, rate = bulk.written, bulk.written / (dns.now() - started)
        local counts = bulk.summary.by_status
        io.stderr:write(
            ("\r%d done (%.0f/s), %d failing, %d unknown\27[K"):format(
                n + bulk.journal.resumed,
                rate,
                counts.warning + counts.critical,
                counts.unknown
            )
        )
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
    local trouble
    local function stop(err) -- the list or the output failed: nobody can go on
        trouble, bulk.stopped = trouble or err, true
        for _, handle in ipairs(workers) do
            handle:cancel()
        end
    end
    local last <close> = task.spawn(function()
        local ok, err = pcall(finisher, bulk)
        if not ok then
            stop(err)
        end
    end)
    for i = 1, jobs do
        workers[i] = task.spawn(worker, bulk)
    end
    for _, handle in ipairs(workers) do
        local ok, err = pcall(handle.await, handle)
        if not ok and not bulk.stopped then
            stop(err)
        end
    end
    bulk.ended = true
    if not trouble then
        last:await()
    end
    task.on_signal(nil)
    if trouble then
        error(trouble, 0)
    end
end

local function check(options)
    local format = options.format
    if options.format_given and format ~= "json" and format ~= "jsonl" then
        exit.usage_of(
            "run",
            "--domains writes JSON Lines; --format json puts each whole report into its line, '%s' is for "
                .. "one domain",
            format
        )
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

-- What was measured before has to be the same measurement: another runbook's lines, or other types, are not
-- resumed.
local function check_same(base, path, record)
    local types, had =
        table.concat(base.types, ","), type(record.types) == "table" and table.concat(record.types, ",")
    if record.runbook ~= base.book.name then
        exit.usage(
            "--output %s is of the runbook %s, not of %s: it cannot be resumed with it",
            path,
            tostring(record.runbook),
            base.book.name
        )
    elseif had and had ~= types then
        exit.usage(
            "--output %s is about the types %s, not %s: it cannot be resumed with them",
            path,
            had,
            types
        )
    end
end

-- Where the summary for people goes: with the lines on stdout it would be in their way.
local function say(bulk, document)
    local text = summary.text(document)
    if bulk.skipped > 0 then
        text = text .. ("%d were finished before\n"):format(bulk.skipped)
    end
    local left = not bulk.stopped and bulk.journal:left() or 0
    if left > 0 then
        text = text
            .. ("%d that were finished before are not in %s%s\n"):format(
                left,
                bulk.options.domains == "-" and "the list" or bulk.options.domains,
                bulk.options.shard and ("'s shard %d/%d"):format(table.unpack(bulk.options.shard)) or ""
            )
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
    totals.shards:add(options.shard and { table.concat(options.shard, "/") })
    local list = input.open(options.domains, options.shard)
    local base = launch.prepare(options, argv)
    local bulk = {
        options = options, base = base, input = list, summary = totals, written = 0, skipped = 0,
        running = {}, under_way = {}, lingering = {}, first = 1, last = 0, held = 0, ended = false,
        journal = journal.open(options.output, options.resume, function(record)
            check_same(base, options.output, record)
            totals:add(record)
        end),
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
