-- SPDX-License-Identifier: MIT
-- nagios: one line for monitoring plugins (Nagios, Icinga, Checkmk), performance data behind the bar,
-- findings below.

local tables = require "dnsprobe.base.table"

local M = { summary = "one line with performance data, for monitoring", stream = false }

local SUMMARY_MAX = 300

-- The bar parts text from figures; it must not come from the network.
local function safe(value)
    return (tables.plain(value):gsub("|", "/"))
end

local function cut(text)
    if #text <= SUMMARY_MAX then
        return text
    end
    return text:sub(1, (utf8.offset(text, 0, SUMMARY_MAX - 2) or SUMMARY_MAX - 2) - 1) .. "..."
end

-- 'label'=value[unit];warn;crit;min;max, as the Monitoring Plugins guidelines have it. A finding above info
-- is a warning at least, a critical one is critical: the thresholds say so to whoever draws them.
local function figures(document)
    local above, critical = 0, 0
    for _, finding in ipairs(document.findings) do
        above = above + (finding.severity ~= "info" and 1 or 0)
        critical = critical + (finding.severity == "critical" and 1 or 0)
    end
    local verdict = document.verdict
    local parts = {
        ("time=%.3fs;;;0"):format(document.elapsed_ms / 1000),
        ("queries=%d;;;0"):format(document.sent.queries),
        ("findings=%d;0;;0"):format(above),
        ("critical=%d;;0;0"):format(critical),
        ("confidence=%.1f%%;;;0;100"):format(100 * verdict.confidence),
    }
    local attribution, share = verdict.attribution, verdict.share
    if type(attribution) == "table" and attribution.samples > 0 then
        parts[#parts + 1] = ("failed=%.2f%%;;;0;100"):format(100 * attribution.failures / attribution.samples)
    end
    if type(share) == "table" and share.estimate then
        parts[#parts + 1] = ("share=%.1f%%;;;0;100"):format(100 * share.estimate)
    end
    return table.concat(parts, " ")
end

--- Renders the report.
---@param document table
---@return string
function M.render(document)
    local verdict = document.verdict
    local cause = type(verdict.cause) == "string" and verdict.cause .. ": " or ""
    local out = { ("DNSPROBE %s - %s: %s | %s"):format(verdict.status:upper(), safe(document.target.name),
        cut(safe(cause .. verdict.summary)), figures(document)) }
    for _, finding in ipairs(document.findings) do
        if finding.severity ~= "info" then
            out[#out + 1] = ("%s %s: %s"):format(
                finding.severity:upper(),
                safe(finding.id),
                safe(finding.summary)
            )
        end
    end
    return table.concat(out, "\n") .. "\n"
end

return M
