-- SPDX-License-Identifier: MIT
-- A run: the measures of all steps in order, then the judges of all steps in order, then the report.
--
-- Measuring sends and fills the ledger; judging is a pure function of what was recorded (run/replay.lua
-- judges recorded data with the same function). A run that is cut (deadline, SIGINT) is judged as far as it
-- got: steps that were not measured are `unknown`.

local answered = require "dnsprobe.guest.answered"
local attribution = require "dnsprobe.judge.tool.attribution"
local ctx = require "dnsprobe.measure.ctx"
local dns = require "dnsprobe"
local document = require "dnsprobe.document.document"
local evidence = require "dnsprobe.judge.tool.evidence"
local exit = require "dnsprobe.base.exit"
local handed = require "dnsprobe.run.handed"
local ledger = require "dnsprobe.measure.ledger"
local meter = require "dnsprobe.measure.meter"
local located = require "dnsprobe.guest.located"
local plain = require "dnsprobe.base.plain"
local report = require "dnsprobe.judge.pen"
local sandbox = require "dnsprobe.guest.sandbox"
local state = require "dnsprobe.measure.state"
local task = require "dnsprobe.base.task"
local verdict = require "dnsprobe.judge.verdict"

local M = {}

local SETTLE_MAX_S = 1.0 -- for strays of the last exchanges, within which --deadline is overrun at most

---@class dnsprobe.Outcome one step of a run
---@field step dnsprobe.Step
---@field number integer place in the runbook
---@field skipped boolean
---@field measured any frozen data, nil when it was not measured
---@field own? table findings, data, tables and notes of a step with `run`
---@field why? string why it was not measured
---@field began_us? integer when its measuring began
---@field elapsed_ms number
---@field sent integer

---@class dnsprobe.Session
---@field runbook dnsprobe.Runbook
---@field ctx dnsprobe.Ctx
---@field ledger dnsprobe.Ledger
---@field outcomes dnsprobe.Outcome[]
---@field cut? string "deadline" or "interrupted"
---@field started_us integer
---@field meter dnsprobe.Meter
---@field judging? function the judge that is at work
---@field strict? boolean errors of shipped steps pass through

-- ---- measuring ----

-- An error in a step that is shipped is that step's: it becomes unknown, with the error as its reason, and
-- what the others found stands. (`strict`: a test wants to see it.)
local OWN_ERROR = "an error of dnsprobe itself, please report it: %s"

local function own_error(session, step, err)
    if not step.shipped or session.strict or exit.failure(err) or task.is_canceled(err) then
        return nil
    end
    local text = tostring(err):match("^[^\n]*")
    return not text:find("runbook stopped: ", 1, true) and OWN_ERROR:format(text) or nil
end

-- An error in a team's runbook ends the run with exit 65, and a line that says where: at the least in this
-- function of it. Ours stays what it is.
local function blame_runbook(err, f)
    if exit.failure(err) then
        error(err, 0)
    end
    local text = task.is_canceled(err) and "what a canceled task raised was not caught"
        or tostring(err):match("^[^\n]*")
    exit.input("%s", f and located.within(text, f) or text)
end

local function shared_of(session)
    local c, settings = session.ctx, handed.settings(session.ctx)
    return {
        target = settings.target,
        params = settings.params,
        resolvers = settings.resolvers,
        host = settings.host,
        vantage = plain.data(session.vantage, "vantage"),
        samples = c.samples,
        detect = c.detect,
        lab = c.lab,
        data = {}, provided = {},
        nameservers = ctx.nameservers(c),
    }
end

local function measure_step(session, outcome)
    local step, c = outcome.step, session.handed[outcome.step.origin]
    if step.run then
        local own = report.new(step, shared_of(session))
        c.report = own
        step.run(c)
        outcome.own = report.out(own)
        c.report = nil
        return
    end
    local data = step.measure(c)
    session.ctx.data[step.id] = data
    local ok, frozen = pcall(session.ledger.freeze, session.ledger, data == nil and {} or data)
    if not ok then
        error(located.within(("step %s: %s"):format(step.id, frozen), step.measure), 0)
    end
    outcome.measured = frozen
end

-- The context of a step: steps of one folder write into the same one, and no others do.
local function hand(session, origin)
    local c = session.handed[origin] or handed.ctx(session.ctx)
    session.handed[origin] = c
    local target = rawget(c, "target")
    if type(target) == "table" then
        rawset(target, "zone", rawget(target, "zone") or session.ctx.target.zone)
    end
end

-- The zone is found by whoever walks first.
local function take_zone(session, origin)
    local zone = rawget(session.handed[origin], "target")
    zone = type(zone) == "table" and rawget(zone, "zone")
    session.ctx.target.zone = type(zone) == "string" and dns.name.absolute(zone) and zone
        or session.ctx.target.zone
end

local function measure_timed(session, outcome)
    local before, started = session.ledger:sent(), dns.now()
    outcome.began_us = math.floor(dns.time() * 1000000)
    local left = session.ctx:remaining()
    local ok, finished = true, false
    hand(session, outcome.step.origin)
    if left > 0 then
        -- What was recorded is read on the leash too: it may hold what the runbook made.
        ok, finished = pcall(task.deadline, left, sandbox.guard_measure, measure_step, session, outcome)
    end
    take_zone(session, outcome.step.origin)
    outcome.elapsed_ms = (dns.now() - started) * 1000
    outcome.sent = session.ledger:sent() - before
    if session.cut then
        return
    elseif not ok and sandbox.is_ceiling(finished) then
        session.cut = "ceiling"
    elseif not ok then
        outcome.why = own_error(session, outcome.step, finished)
            or blame_runbook(finished, outcome.step.run or outcome.step.measure)
    elseif not finished then
        session.cut = "deadline"
    end
end

local reasons = { deadline = "the deadline came first", ceiling = "the ceiling of queries was reached first",
    interrupted = "the run was interrupted" }

local function measure_all(session, on_step)
    session.handed = {}
    for _, outcome in ipairs(session.outcomes) do
        if not outcome.skipped and not session.cut then
            on_step(outcome)
            measure_timed(session, outcome)
        end
        if session.cut and outcome.measured == nil and not outcome.own then
            outcome.why = reasons[session.cut]
        end
    end
end

-- The run has ended, whatever ended it.
local function leave(c)
    answered.finish(c.target.name)
    for _, shared in ipairs { c.cuts or false, c.common or false } do
        if shared then
            shared:leave(c)
        end
    end
end

--- Measures one session among several: without handling signals, and without waiting for strays of the last
--- exchanges, which is left to the caller. Raises what went wrong in the runbook.
---@param session dnsprobe.Session
function M.measure_among(session)
    local _ <close> = setmetatable({}, { __close = function() leave(session.ctx) end })
    measure_all(session, function() end)
    session.elapsed_ms = (dns.now() - session.started) * 1000
end

--- Takes down how this host and process did: lag of the event loop, and what the system refused to send.
---@param session dnsprobe.Session
function M.look_at_self(session)
    local stats = dns.stats()
    session.vantage.lag, session.vantage.socket_errors = stats.lag, stats.socket_errors
end

--- Measures every step in order. Steps after a cut (deadline, SIGINT) stay unmeasured.
---@param session dnsprobe.Session
---@param on_step fun(outcome: dnsprobe.Outcome) called before each step
function M.measure(session, on_step)
    local handle = task.spawn(measure_all, session, on_step)
    task.on_signal(function()
        session.cut = "interrupted"
        handle:cancel()
    end)
    local ok, err = pcall(handle.await, handle)
    task.on_signal(nil)
    if not ok and session.cut ~= "interrupted" then
        error(err, 0)
    end
    if session.cut ~= "interrupted" then
        dns.settle(SETTLE_MAX_S)
    else
        for _, outcome in ipairs(session.outcomes) do
            if outcome.measured == nil and not outcome.own and not outcome.skipped then
                outcome.why = reasons.interrupted
            end
        end
    end
    local kept, message = session.save_state()
    if not kept then
        io.stderr:write("dnsprobe: the runbook's state was not kept: ", dns.escape(tostring(message)), "\n")
    end
    session.elapsed_ms = (dns.now() - session.started) * 1000
    M.look_at_self(session)
    if session.lab and session.lab.failed() then
        session.lab.stop() -- raises what went wrong in an event
    end
end

-- ---- judging ----


-- What judges of one folder share: copies of the settings, of all that was measured, and of the exchanges in it.
local function bench_of(session)
    session.ledger:restore()
    session.ledger:reread()
    local shared = shared_of(session)
    for _, outcome in ipairs(session.outcomes) do
        if outcome.measured ~= nil then
            local data = session.ledger:thaw(outcome.measured)
            shared.data[outcome.step.id] = data
            table.insert(shared.provided, evidence.offer(outcome.step.provides, data))
        end
    end
    return shared
end

local function judge_step(outcome, shared)
    local step_report = report.new(outcome.step, shared)
    outcome.step.judge(shared.data[outcome.step.id], step_report)
    return report.out(step_report)
end

-- The same; where a shipped judge stumbles, what it had reported so far is dropped: it may be half of
-- something.
local function judged_step(session, outcome, shared)
    session.judging = outcome.step.judge
    if not outcome.step.shipped then -- its errors are told at its own line, which only the stack knows
        local out = judge_step(outcome, shared)
        session.judging = nil
        return out
    end
    local ok, out = pcall(judge_step, outcome, shared)
    if not ok then
        local why = own_error(session, outcome.step, out) or error(out, 0)
        local instead = report.new(outcome.step, shared)
        instead:status("unknown", why)
        out = report.out(instead)
    end
    session.judging = nil
    return out
end

local function unjudged(outcome)
    if outcome.own then
        return outcome.own
    end
    local step_report = report.new(outcome.step, {})
    step_report:status(outcome.skipped and "skipped" or "unknown", outcome.why)
    return report.out(step_report)
end

local function is_judged(outcome)
    return not outcome.own and outcome.measured ~= nil
end

-- Folder after folder, in the order of the runbook: what a judge writes into, judges of other folders do not
-- read. Returns what each step reported, and what was provided, as no other folder's judge left it.
local function judge_steps(session)
    local outs, bench, benches = {}, nil, 0
    for i, first in ipairs(session.outcomes) do
        if not is_judged(first) then
            outs[i] = unjudged(first)
        elseif not outs[i] then
            bench, benches = bench_of(session), benches + 1
            for k = i, #session.outcomes do
                local outcome = session.outcomes[k]
                if is_judged(outcome) and outcome.step.origin == first.step.origin then
                    outs[k] = judged_step(session, outcome, bench)
                end
            end
        end
    end
    if benches > 1 then
        bench = bench_of(session)
    else
        session.ledger:restore() -- the judges had the exchanges in their hands
    end
    return outs, bench and bench.provided or {}
end

local cuts = { deadline = "The deadline came first", ceiling = "The ceiling of queries was reached first",
    interrupted = "Interrupted" }

local function judge_all(session)
    local outs, provided = judge_steps(session)
    local list, steps = {}, {}
    for i, outcome in ipairs(session.outcomes) do
        steps[i] = { id = outcome.step.id, status = outs[i].status, essential = outcome.step.essential,
            out = outs[i], outcome = outcome }
        table.move(outs[i].findings, 1, #outs[i].findings, #list + 1, list)
    end
    local samples = math.min(session.ctx.samples, session.ledger:repeats())
    local judged = verdict.judge(list, steps, { detect = session.ctx.detect, samples = samples,
        explains = session.runbook.explains, cut = session.cut and cuts[session.cut] })
    judged.attribution = attribution.of(provided)
    for _, step in ipairs(steps) do
        step.status = document.step_status(step)
    end
    return document.checked(document.build(session, judged, steps, list))
end

--- Judges what was recorded and builds the report. All of it on the leash: the library reads what the runbook
--- made.
---@param session dnsprobe.Session
---@return table document, schema dnsprobe.report/1
function M.judge(session)
    local ok, built = pcall(sandbox.guard, judge_all, session)
    if not ok then
        blame_runbook(built, session.judging)
    end
    return built
end

-- ---- a session ----

--- A session for a live run.
---@param fields table runbook, ctx fields, selection of steps, state_path (file of the runbook's state, or nil)
---@return dnsprobe.Session
function M.new(fields)
    local session = {
        runbook = fields.runbook, ledger = ledger.new(), outcomes = {}, started_us = math.floor(dns.time() * 1000000),
        trusted = sandbox.is_trusted(), started = dns.now(), vantage = fields.vantage, seed = fields.seed,
        command = fields.command, lab = fields.lab,
    }
    fields.ctx.ledger = session.ledger
    session.meter = meter.new { steps = #fields.runbook.steps, deadline = fields.ctx.deadline }
    session.ledger.on_enter = function(exchange)
        session.meter:entered(exchange)
    end
    fields.ctx.meter = session.meter
    fields.ctx.state, session.save_state = state.open(fields.state_path, fields.runbook.name)
    session.ctx = ctx.new(fields.ctx)
    for i, step in ipairs(fields.runbook.steps) do
        session.outcomes[i] =
            { step = step, number = i, skipped = not fields.selected(step.id), elapsed_ms = 0, sent = 0 }
    end
    return session
end

return M
