-- SPDX-License-Identifier: MIT
-- prometheus: gauges in the text format, for the node exporter's textfile collector (use -o: it writes
-- atomically).

local answers = require "dnsprobe.format.text.answers"
local facts = require "dnsprobe.document.pictures"
local stats = require "dnsprobe.stats"
local tables = require "dnsprobe.base.table"

local M = { summary = "gauges in text format, for the textfile collector", stream = false }

local status_value = { ok = 0, warning = 1, critical = 2, unknown = 3, info = 0 }

local function label(value)
    return (tables.plain(value):gsub('[\\"]', "\\%0"))
end

local function number(x)
    return math.type(x) == "integer" and tostring(x) or ("%.15g"):format(x)
end

local function metric(out, name, help, samples, kind)
    if #samples == 0 then
        return
    end
    out[#out + 1] = ("# HELP %s %s"):format(name, help)
    out[#out + 1] = ("# TYPE %s %s"):format(name, kind or "gauge")
    table.move(samples, 1, #samples, #out + 1, out)
end

local function sample(name, labels, value)
    local parts = {}
    for i = 1, #labels, 2 do
        parts[#parts + 1] = ('%s="%s"'):format(labels[i], label(labels[i + 1]))
    end
    return ("%s{%s} %s"):format(name, table.concat(parts, ","), number(value))
end

-- One series per finding id, step and server: the worst one where a step reports several alike.
local function finding_samples(document, value_of, name)
    local out, seen = {}, {}
    for _, finding in ipairs(document.findings) do
        local value = value_of(finding)
        if value then
            local line = {
                "target",
                document.target.name,
                "runbook",
                document.runbook.name,
                "id",
                finding.id,
                "step",
                finding.step,
                "server",
                finding.subject.server or "",
                "severity",
                finding.severity,
            }
            local key = table.concat(
                { finding.id, finding.step, tostring(finding.subject.server), finding.severity },
                " "
            )
            if not seen[key] then
                seen[key] = true
                out[#out + 1] = sample(name, line, value)
            end
        end
    end
    return out
end

local QUANTILES = { { "0.5", "p50" }, { "0.95", "p95" }, { "0.99", "p99" } }
local SERVERS_MAX = 64

-- Samples, losses and times by server. A server is its address; a name can change, and makes a series of its
-- own then.
local function server_metrics(out, document)
    local shown = facts.of(document)
    local counted, lost, times = {}, {}, {}
    for i, server in ipairs(shown and answers.servers(shown.servers) or {}) do
        if i > SERVERS_MAX then
            break
        end
        local labels = {
            "target",
            document.target.name,
            "runbook",
            document.runbook.name,
            "server",
            server.address,
            "port",
            tostring(server.port),
            "side",
            server.role,
        }
        counted[i] = sample("dnsprobe_server_samples", labels, #server.samples)
        lost[i] = sample("dnsprobe_server_samples_lost", labels, server.lost)
        local sum, q = 0, stats.quantiles(server.rtts)
        for _, us in ipairs(server.rtts) do
            sum = sum + us
        end
        for _, quantile in ipairs(#server.rtts > 0 and QUANTILES or {}) do
            local more = table.move(labels, 1, #labels, 1, {})
            more[#more + 1], more[#more + 2] = "quantile", quantile[1]
            times[#times + 1] = sample("dnsprobe_server_response_seconds", more,
                math.floor(q[quantile[2]] + 0.5) / 1000000)
        end
        times[#times + 1] = sample("dnsprobe_server_response_seconds_sum", labels, sum / 1000000)
        times[#times + 1] = sample("dnsprobe_server_response_seconds_count", labels, #server.rtts)
    end
    metric(out, "dnsprobe_server_samples", "Samples taken at a server by the run.", counted)
    metric(out, "dnsprobe_server_samples_lost", "Samples of the run that were not answered.", lost)
    metric(
        out,
        "dnsprobe_server_response_seconds",
        "Time of the answered samples of the run.",
        times,
        "summary"
    )
end

--- Renders the report.
---@param document table
---@return string
function M.render(document)
    local verdict, base =
        document.verdict, { "target", document.target.name, "runbook", document.runbook.name }
    local out, steps = {}, {}
    local function one(name, help, value)
        metric(out, name, help, { sample(name, base, value) })
    end
    one("dnsprobe_verdict_status", "0 ok, 1 warning, 2 critical, 3 unknown.", status_value[verdict.status])
    one("dnsprobe_verdict_confidence", "Confidence of the verdict, 0 to 1.", verdict.confidence)
    if type(verdict.share) == "table" and verdict.share.estimate then
        one(
            "dnsprobe_verdict_share",
            "Estimated share of client look-ups that hit the fault.",
            verdict.share.estimate
        )
    end
    one("dnsprobe_queries_sent", "Queries sent by the run.", document.sent.queries)
    one("dnsprobe_elapsed_seconds", "Duration of the run.", document.elapsed_ms / 1000)
    one("dnsprobe_started_timestamp_seconds", "When the run began.",
        require("dnsprobe.measure.ledger").from_rfc3339(document.started) / 1000000)
    for _, step in ipairs(document.steps) do
        if status_value[step.status] then
            steps[#steps + 1] = sample("dnsprobe_step_status", { "target", document.target.name, "runbook",
                document.runbook.name, "step", step.id }, status_value[step.status])
        end
    end
    metric(out, "dnsprobe_step_status", "0 ok, 1 warning, 2 critical, 3 unknown.", steps)
    metric(out, "dnsprobe_finding", "1 for each finding of the run.",
        finding_samples(document, function() return 1 end, "dnsprobe_finding"))
    metric(out, "dnsprobe_finding_rate", "Share of samples in which the finding was seen.",
        finding_samples(document, function(finding) return finding.stats and finding.stats.rate end,
            "dnsprobe_finding_rate"))
    server_metrics(out, document)
    return table.concat(out, "\n") .. "\n"
end

return M
