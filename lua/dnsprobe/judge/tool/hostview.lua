-- SPDX-License-Identifier: MIT
--- This host's own resolvers: where they are, and what their answers make of them.

local answers = require "dnsprobe.dns.answers"
local caches = require "dnsprobe.judge.tool.caches"
local names = require "dnsprobe.judge.tool.delegated"
local resolvers = require "dnsprobe.judge.tool.resolvers"
local truths = require "dnsprobe.judge.truth"

local M = {}

--- Addresses of this host or its network: a stub, a home router, a company's resolver.
local LOCAL = {
    "^127%.",
    "^10%.",
    "^192%.168%.",
    "^169%.254%.",
    "^172%.1[6-9]%.",
    "^172%.2%d%.",
    "^172%.3[01]%.",
    "^100%.6[4-9]%.",
    "^100%.[7-9]%d%.",
    "^100%.1[01]%d%.",
    "^100%.12[0-7]%.",
    "^::1$",
    "^fe80:",
    "^f[cd]%x%x:",
}

---@param address string
---@return boolean
function M.is_private(address)
    for _, pattern in ipairs(LOCAL) do
        if address:lower():match(pattern) then
            return true
        end
    end
    return false
end

--- A resolver that this host uses, sitting on the host or in its own network, and not one of the list.
---@param target table
---@return boolean
function M.is_local(target)
    return target.host == true and not target.listed and M.is_private(target.address)
end

--- An address of this host itself.
---@param address string
---@return boolean
function M.is_loopback(address)
    return address:match("^127%.") ~= nil or address == "::1"
end

--- Private addresses that are of another kind than those of the truth (which is loopback in a lab).
local function all_private(rows, truth)
    local any = false
    for _, row in ipairs(rows) do
        for _, value in ipairs(row.answer.values) do
            any = true
            for true_value in pairs(truths.values(truth)) do
                if M.is_private(true_value) and M.is_loopback(true_value) == M.is_loopback(value) then
                    return false
                end
            end
            if not M.is_private(value) then
                return false
            end
        end
    end
    return any
end

--- The SOA of a negative answer that is not the zone's: the resolver has a zone of its own. Of an alias it is
--- that of the zone in which the chain ends.
local function own_soa(rows, zone)
    for _, row in ipairs(rows) do
        local soa, chain = row.answer.soa, row.answer.chain
        if soa and not names.within(#chain > 1 and chain[#chain] or zone, soa) then
            return true
        end
    end
    return false
end

--- Why a resolver of this host that disagrees with the truth does so.
---   "stale"   it holds old data that counts down: a cache
---   "split"   it has a view of its own: own SOA, private addresses, authority, or an answer that does not
---   age
---@param view dnsprobe.View
---@param truth dnsprobe.TypeTruth
---@param zone string
---@return "stale"|"split" what, string why
function M.disagreement(view, truth, zone)
    local rows = view.wrong
    if all_private(rows, truth) then
        return "split", "it gives private addresses"
    end
    if own_soa(rows, zone) then
        return "split", "its negative answers carry an SOA of its own"
    end
    if rows[1].answer.aa then
        return "split", "it answers with authority"
    end
    for _, row in ipairs(rows) do
        if answers.has_ede(row.answer, resolvers.STALE_EDE) then
            return "stale", "it says itself that the answer is expired"
        end
    end
    local cache = caches.view(rows)
    if cache and cache.past then
        return "split", "its answer outlives its TTL"
    end
    if cache and cache.pinned and cache.pinned > resolvers.STALE_TTL_MAX then
        return "split", "the TTL of its answer does not count down"
    end
    return "stale", "its answer counts down like a cached one"
end

return M
