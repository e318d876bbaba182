-- SPDX-License-Identifier: MIT
--- Would a validating resolver accept what each server of a signed zone gives? (RFC 4034 and 4035)
--
-- Looked at, per server, are the things in which copies of a zone come to differ: the dates of the
-- signatures, whether there are any, and whether one of the keys that the parent's DS records name has signed
-- the keys. The cryptography is left to the validating resolvers, which are asked too.
--
-- Dates are held against this host's clock, which can be wrong itself. So only servers that differ from
-- others of their zone are blamed here; where all are alike, a resolver that fails to validate has to confirm
-- it.

local M = {}

--- Bad answers that a server must have given.
local BAD_MIN = 2

-- The dates of the signatures over each set of an answer.
local function dates_of(records, now)
    local sets = {}
    for _, record in ipairs(records) do
        local covered, expiration, inception
        if record.type == "RRSIG" then
            covered, expiration, inception = record.rdata:match("^(%S+) %d+ %d+ %d+ (%d+) (%d+) ")
        end
        if covered and #expiration == 14 and #inception == 14 then
            local set = sets[record.name:lower() .. covered] or {}
            sets[record.name:lower() .. covered] = set
            set.valid = set.valid or (inception <= now and now <= expiration)
            set.expiration = math.max(set.expiration or 0, tonumber(expiration))
            set.inception = math.min(set.inception or math.huge, tonumber(inception))
        end
    end
    return sets
end

local function day(stamp)
    return (("%d"):format(stamp):gsub("^(%d%d%d%d)(%d%d)(%d%d).*$", "%1-%2-%3"))
end

--- Has this answer no signature in force over one of its sets? Says what is wrong, or nil.
local function wrong_dates(records, now)
    local texts = {}
    for _, set in pairs(dates_of(records, now)) do
        if not set.valid then
            texts[#texts + 1] = set.expiration < tonumber(now)
                    and "its signatures ran out on " .. day(set.expiration)
                or "its signatures hold from " .. day(set.inception) .. " on only"
        end
    end
    table.sort(texts)
    return texts[1]
end

--- Data without any signature over it.
local function unsigned(response, answer)
    if answer.kind ~= "data" or not answer.aa or not response.edns then
        return nil
    end
    for _, record in ipairs(response.answer) do
        if record.type == "RRSIG" then
            return nil
        end
    end
    return "it gives no signatures, though the parent has a DS for the zone"
end

--- Keys that none of those named by the parent has signed.
local function unanchored(records, ds)
    local anchored, tags, named = {}, {}, {}
    for _, record in ipairs(ds) do
        local tag, algorithm = record.rdata:match("^(%d+) (%d+) ")
        anchored[tostring(tag) .. " " .. tostring(algorithm)] = true
        named[#named + 1] = string.format("%s (algorithm %s)", tostring(tag), tostring(algorithm))
    end
    for _, record in ipairs(records) do
        local algorithm, tag = nil, nil
        if record.type == "RRSIG" then
            algorithm, tag = record.rdata:match("^DNSKEY (%d+) %d+ %d+ %d+ %d+ (%d+) ")
        end
        if tag and anchored[tag .. " " .. algorithm] then
            return nil
        end
        tags[#tags + 1] = tag and string.format("%s (algorithm %s)", tag, algorithm)
    end
    table.sort(tags)
    return tags[1] and ("its keys are signed with %s, the DS at the parent names %s"):format(
        table.concat(tags, ", "), table.concat(named, ", ")) or nil
end

--- What a validator would dislike in one answer, or nil.
local function fault_of(row, zone)
    local response, answer = row.exchange.response, row.answer
    if not response or response.tc or response.rcode ~= "NOERROR" then
        return nil
    end
    local now = os.date("!%Y%m%d%H%M%S", math.floor(row.exchange.sent or 0))
    local keys = row.question.type == "DNSKEY" and unanchored(response.answer, zone.ds) or nil
    return keys or wrong_dates(response.answer, now) or unsigned(response, answer)
end

---@class dnsprobe.SignatureFault
---@field target table
---@field zone string
---@field bad integer
---@field samples integer
---@field text string
---@field exchange dnsprobe.Exchange
---@field question table

--- One server's answers to questions with DO about signed zones.
local function look(group, zones)
    local by_zone = {}
    for _, row in ipairs(group.rows) do
        local zone = row.question.dnssec and zones[row.question.zone or 0]
        if zone and row.exchange.response then
            local seen = by_zone[zone] or { target = group.target, zone = zone.zone, bad = 0, samples = 0 }
            by_zone[zone] = seen
            local text = fault_of(row, zone)
            seen.samples = seen.samples + 1
            seen.bad = seen.bad + (text and 1 or 0)
            seen.text, seen.exchange = seen.text or text, seen.exchange or (text and row.exchange)
            seen.question = seen.question or (text and row.question)
        end
    end
    return by_zone
end

--- The servers of signed zones whose answers no validator would accept, though others of their zone are in
--- order; and what was wrong where all servers of a zone are alike.
---@param groups dnsprobe.Group[] the matrix of the zones' servers
---@param zones { zone: string, ds: table[] }[] those that have DS records at the parent; questions name them by number
---@return dnsprobe.SignatureFault[] some, dnsprobe.SignatureFault? everywhere
function M.judge(groups, zones)
    local some, everywhere = {}, nil
    local found = {}
    for _, group in ipairs(groups) do
        for zone, seen in pairs(look(group, zones)) do
            found[zone] = found[zone] or { bad = {}, servers = 0 }
            found[zone].servers = found[zone].servers + 1
            table.insert(found[zone].bad, seen.bad >= BAD_MIN and seen or nil)
        end
    end
    for _, zone in ipairs(zones) do
        local one = found[zone]
        if one and #one.bad < one.servers then
            table.move(one.bad, 1, #one.bad, #some + 1, some)
        elseif one then
            everywhere = everywhere or one.bad[1]
        end
    end
    return some, everywhere
end

return M
