-- SPDX-License-Identifier: MIT
--- Alias chains: parts of an answer that went over several names, and whether two of them are the same way.

local answers = require "dnsprobe.dns.answers"
local read = require "dnsprobe.dns.answers.read"

local M = {}

--- Does the alias chain of `long` begin with that of `short`, and go on?
---@param long dnsprobe.Answer
---@param short dnsprobe.Answer
---@return boolean
function M.extends(long, short)
    for i, name in ipairs(short.chain) do
        if long.chain[i] ~= name then
            return false
        end
    end
    return #long.chain > #short.chain or (long.kind ~= "open" and answers.usable(long))
end

local function copy_of(answer)
    local copy = {}
    for member, value in pairs(answer) do
        copy[member] = value
    end
    return copy
end

--- An answer with its chain cut to that of `short`, as a server would give it that knows no more.
---@param answer dnsprobe.Answer
---@param short dnsprobe.Answer
---@return dnsprobe.Answer
function M.cut(answer, short)
    local copy = copy_of(answer)
    copy.kind, copy.key, copy.values, copy.chain = "open", short.key, {}, short.chain
    return copy
end

--- An answer as it would be if the name at place `first` of its chain had been asked for.
---@param answer dnsprobe.Answer
---@param first integer
---@return dnsprobe.Answer
function M.from(answer, first)
    local copy = copy_of(answer)
    copy.chain = table.move(answer.chain, first, #answer.chain, 1, {})
    copy.key = read.key(copy.kind, copy.chain, copy.values, copy.rcode)
    return copy
end

--- Is an answer's chain one of these, or does it go on from one?
---@param ways table<string, boolean> chains as texts, without the asked name
---@param answer dnsprobe.Answer
---@return boolean
function M.fits(ways, answer)
    for way in pairs(ways) do
        local given = M.text(answer)
        if given == way or given:sub(1, #way + 3) == way .. " > " then
            return true
        end
    end
    return false
end

--- The names that an answer went over, without the asked one.
---@param answer dnsprobe.Answer
---@return string
function M.text(answer)
    return table.concat(answer.chain, " > ", 2)
end

return M
