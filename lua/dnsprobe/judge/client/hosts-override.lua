-- SPDX-License-Identifier: MIT
--- client.hosts-override: the hosts file decides the name on this host.

local dig = require "dnsprobe.judge.tool.dig"
local truths = require "dnsprobe.judge.truth"
local words = require "dnsprobe.judge.tool.words"

local M = {}

--- Does the hosts file come before DNS in the name service switch? Without a list it does.
local function hosts_first(nsswitch)
    for _, source in ipairs(nsswitch or {}) do
        if source == "files" then
            return true
        elseif source == "dns" then
            return false
        end
    end
    return nsswitch == nil or #nsswitch == 0
end

-- The addresses of the entries, where they stand, and whether the zone does not give one of them.
local function compared(entries, truth)
    local wrong, all, places = false, {}, {}
    for i, entry in ipairs(entries) do
        local type = entry.address:find(":", 1, true) and "AAAA" or "A"
        local one = truth and truth.types[type]
        all[i] = entry.address
        places[i] = string.format("%s:%s", entry.file or "/etc/hosts", tostring(entry.line or "?"))
        wrong = wrong or not (one and truths.values(one)[entry.address:lower()])
    end
    return all, places, wrong
end

function M.judge(report, data, truth)
    local entries = data.view.hosts
    if #entries == 0 or not hosts_first(report.host and report.host.nsswitch) then
        return
    end
    local all, places, wrong = compared(entries, truth)
    local file = entries[1].file or "/etc/hosts"
    local name = report.target.name:gsub("%.$", "")
    report:finding {
        id = "client.hosts-override",
        severity = wrong and "critical" or "warning",
        summary = string.format(
            "the hosts file decides %s on this host: %s (%s)%s",
            name,
            words.list(all),
            words.list(places),
            wrong and ", which the zone does not give" or ", the same as the zone for now"
        ),
        subject = { name = report.target.name },
        weight = 1,
        facts = { addresses = all, values = all, host = true },
        fix = "Remove the line from " .. file .. " unless it is meant to be there.",
        reproduce = { "grep -nwiF " .. dig.quote(name) .. " " .. dig.quote(file) },
    }
end

return M
