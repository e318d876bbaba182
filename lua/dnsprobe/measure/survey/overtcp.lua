-- SPDX-License-Identifier: MIT
--- What was truncated over UDP, asked again over TCP as every client does: a zone with large answers would
--- otherwise have no truth. Whether TCP works at all is the business of step `transport`, so only what was
--- answered is kept.

local answers = require "dnsprobe.dns.answers"
local borrowed = require "dnsprobe.dns.answers.borrowed"
local task = require "dnsprobe.base.task"

local M = {}

--- Samples of each truncated question at each server (dnsprobe.judge.vary compares from 5 on).
local SAMPLES = 8

local function copy_of(question)
    local copy = {}
    for key, value in pairs(question) do
        copy[key] = value
    end
    copy.transport, copy.late = "tcp", 0
    return copy
end

--- Questions that had a truncated answer, with the targets that gave one, in the order of the samples.
local function truncated(samples)
    local list, by_question = {}, {}
    for _, sample in ipairs(samples) do
        if borrowed.of(sample.exchange).kind == "truncated" then
            local entry = by_question[sample.question]
            if not entry then
                entry = { question = copy_of(sample.question), targets = {}, seen = {} }
                by_question[sample.question], list[#list + 1] = entry, entry
            end
            if not entry.seen[sample.target] then
                entry.seen[sample.target] = true
                entry.targets[#entry.targets + 1] = sample.target
            end
        end
    end
    return list
end

--- Ask again and add the answers to the samples.
---@param ctx dnsprobe.Ctx
---@param samples { target: table, question: table, exchange: dnsprobe.Exchange }[]
function M.add(ctx, samples)
    local parts = task.map(truncated(samples), function(entry)
        return ctx:sample {
            targets = entry.targets,
            questions = { entry.question },
            n = math.min(SAMPLES, ctx.samples),
        }
    end)
    for _, part in ipairs(parts) do
        for _, sample in ipairs(part) do
            samples[#samples + 1] = answers.usable(borrowed.of(sample.exchange)) and sample or nil
        end
    end
end

return M
