-- SPDX-License-Identifier: MIT
--- The `dig` line that shows a finding again: for dig 9.18, ready to paste into a shell.
--
-- dig hides what we look for unless told otherwise: it retries (so `+tries=1`), asks servers of a zone to
-- recurse (so `+norecurse`), sends a cookie, and goes to TCP on its own.

local stats = require "dnsprobe.stats"

local M = {}

--- How often a repeated line asks, at least and at most.
local TIMES_MIN, TIMES_MAX = 10, 300

--- Quote what a shell would take apart. Names and addresses need it only when they are hostile.
---@param word string
---@return string
function M.quote(word)
    if word:match("^[%w%.%-_:/@+=%%,]+$") and not word:match("^[-+@]") then
        return word
    end
    return "'" .. word:gsub("'", "'\\''") .. "'"
end

--- A target that answers without EDNS only: lines for it do without.
---@param target table
---@return table
function M.plain(target)
    local copy = { noedns = true }
    for key, value in pairs(target) do
        copy[key] = value
    end
    return copy
end

---@class dnsprobe.DigOptions
---@field norecurse? boolean for authoritative servers
---@field tcp? boolean
---@field notcp? boolean stay on UDP and show a truncated answer as it is
---@field edns? false|integer no EDNS, or the UDP size to announce
---@field dnssec? boolean
---@field cd? boolean
---@field nsid? boolean
---@field cookie? boolean
---@field subnet? string
---@field time? integer seconds; default 3
---@field extra? string[]

--- One dig line.
---@param target { address: string, port: integer?, noedns: boolean? }
---@param name string
---@param type string
---@param options? dnsprobe.DigOptions
---@return string
---@usage dig.line({ address = "192.0.2.1" }, "shop.example.", "A", { norecurse = true })
function M.line(target, name, type, options)
    options = options or {}
    local words = { "dig", "@" .. target.address }
    if target.port and target.port ~= 53 then
        words[#words + 1] = "-p " .. target.port
    end
    words[#words + 1] = M.quote(name)
    words[#words + 1] = type
    words[#words + 1] = "+tries=1 +time=" .. (options.time or 3)
    local function add(condition, word)
        if condition then
            words[#words + 1] = word
        end
    end
    add(options.norecurse, "+norecurse")
    add(options.tcp, "+tcp")
    add(options.notcp, "+notcp +ignore")
    if options.edns == false or (target.noedns and not options.edns) then
        add(true, "+noedns")
    else
        add(not options.cookie, "+nocookie")
        add(options.edns, "+bufsize=" .. tostring(options.edns))
    end
    add(options.dnssec, "+dnssec")
    add(options.cd, "+cd")
    add(options.nsid, "+nsid")
    add(options.subnet, "+subnet=" .. tostring(options.subnet))
    for _, word in ipairs(options.extra or {}) do
        add(true, word)
    end
    return table.concat(words, " ")
end

--- The same question as one dig line per server, for at most `most` servers.
---@param targets table[]
---@param name string
---@param type string
---@param options? dnsprobe.DigOptions
---@param most? integer default 4
---@return string[]
function M.lines(targets, name, type, options, most)
    local lines = {}
    for i = 1, math.min(#targets, most or 4) do
        lines[i] = M.line(targets[i], name, type, options)
    end
    return lines
end

-- So often that what was seen at this rate shows again with 95 % probability, also at the lower end of its
-- interval.
local function times_for(failures, samples)
    local low = failures > 0 and stats.wilson(failures, samples) or 0
    return low > 0 and math.max(TIMES_MIN, math.min(TIMES_MAX, stats.samples_for(math.min(low, 0.9))))
        or TIMES_MAX
end

--- A shell loop that repeats a dig line and counts what comes back.
---@param line string
---@param failures integer how often it was seen: the less often, the more often the line is repeated
---@param samples integer
---@return string
function M.repeated(line, failures, samples)
    return string.format("for i in $(seq %d); do %s +short || echo failed; sleep 0.1; done | sort | uniq -c",
        times_for(failures, samples), line)
end

--- The same for what fails rather than differs: +short is silent about errors, so what is counted is the
--- outcome.
---@param line string
---@param failures integer as for `repeated`
---@param samples integer
---@return string
function M.outcomes(line, failures, samples)
    return string.format(
        "for i in $(seq %d); do %s | grep -oE 'status: [A-Z]+|no servers could be reached'; sleep 0.1; done "
            .. "| sort | uniq -c",
        times_for(failures, samples),
        line
    )
end

return M
