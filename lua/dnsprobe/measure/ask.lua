-- SPDX-License-Identifier: MIT
--- Asking many things at once: names x types x servers x dress, sampled and paced; and asking one thing until
--- somebody answers it.
--
-- What comes back are samples, the same records that ctx:sample gives; dnsprobe.samples and dnsprobe.agree
-- read them.

local answers = require "dnsprobe.dns.answers"
local dns = require "dnsprobe"
local servers = require "dnsprobe.measure.servers"

local M = {}

---@class dnsprobe.Sample
---@field target dnsprobe.Target the server that was asked
---@field question { name: string, type: string } with the options of dns.exchange that were set
---@field exchange dnsprobe.Exchange
---@field dress? string how the question was dressed; of ask.matrix

--- The dresses of a question, by name: what else the packet carries, and over what it goes. A table of
--- options of dns.exchange with a `name` is a dress too.
---@type table<string, table>
M.dresses = {
    edns = { edns = { size = 1232 } },
    plain = { edns = false },
    small = { edns = { size = 512 } },
    large = { edns = { size = 4096 } },
    dnssec = { dnssec = true },
    cd = { cd = true, dnssec = true },
    nsid = { nsid = true },
    cookie = { cookie = true },
    tcp = { transport = "tcp" },
}

---@class dnsprobe.MatrixPlan
---@field names? string[] default: the target
---@field types? string[] default: the target's types
---@field servers? dnsprobe.Target[] default: the servers of the target's zone
---@field dress? (string|table)[] words of ask.dresses, or tables of options with a `name`; default { "edns" }
---@field n? integer samples of each question at each server; default 1 (ctx.samples where a rate is to be told)
---@field spread? number seconds over which they are spread; default: as fast as the ceiling allows
---@field rd? boolean ask for recursion; default: only where `servers` is given

local PLAN = { names = true, types = true, servers = true, dress = true, n = true, spread = true, rd = true }


local function sorted_keys(t)
    local out = {}
    for key in pairs(t) do
        out[#out + 1] = tostring(key)
    end
    table.sort(out)
    return out
end

local function check(plan)
    for key in pairs(plan) do
        if not PLAN[key] then
            error(("ask.matrix: unknown member %q; there are: %s"):format(tostring(key),
                table.concat(sorted_keys(PLAN), ", ")), 3)
        end
    end
end

local function dress_of(word)
    if type(word) == "table" and type(word.name) == "string" then
        local options = {}
        for key, value in pairs(word) do
            options[key] = key ~= "name" and value or nil
        end
        return word.name, options
    end
    if not M.dresses[word] then
        error(("ask.matrix: no dress %q; there are: %s, or a table with `name`"):format(tostring(word),
            table.concat(sorted_keys(M.dresses), ", ")), 4)
    end
    return word, M.dresses[word]
end

-- The questions of a plan, and the dress of each.
local function questions_of(ctx, plan, rd)
    local questions, dress_by = {}, {}
    for _, name in ipairs(plan.names or { ctx.target.name }) do
        local absolute, message = dns.name.absolute(name)
        if not absolute then
            error(("ask.matrix: names: %q is no domain name: %s"):format(dns.escape(name), message), 3)
        end
        for _, type in ipairs(plan.types or ctx.target.types) do
            for _, word in ipairs(plan.dress or { "edns" }) do
                local dress, options = dress_of(word)
                local question = { name = absolute, type = type, rd = rd }
                for key, value in pairs(options) do
                    question[key] = value
                end
                questions[#questions + 1] = question
                dress_by[question] = dress
            end
        end
    end
    return questions, dress_by
end

--- Asks every server every question, interleaved, shuffled and paced. `n` samples of each; by default one.
--- ```lua
--- list = ask.matrix(ctx, { names = { "shop.example", "www.shop.example" }, types = { "A" }, dress = { "edns", "tcp" } })
--- #list --> 12
--- #samples.where(list, { dress = "tcp", kind = "data" }) --> 6
--- ```
---@param ctx dnsprobe.Ctx
---@param plan? dnsprobe.MatrixPlan
---@return dnsprobe.Sample[]
function M.matrix(ctx, plan)
    plan = plan or {}
    check(plan)
    local rd = plan.rd
    if rd == nil then
        rd = plan.servers ~= nil
    end
    local questions, dress_by = questions_of(ctx, plan, rd)
    local list = ctx:sample {
        targets = plan.servers or ctx.nameservers,
        questions = questions,
        n = plan.n or 1,
        spread = plan.spread,
    }
    for _, sample in ipairs(list) do
        sample.dress = dress_by[sample.question]
    end
    return list
end

--- Asks one server after another until one gives a usable answer (data, NODATA or NXDOMAIN); with retries,
--- and TCP where the answer is truncated. For what a check needs to know, not for what it measures.
--- ```lua
--- exchange, answer = ask.one(ctx, "_dmarc.shop.example", "TXT")
--- answer.kind --> "nxdomain"
--- ```
---@param ctx dnsprobe.Ctx
---@param name string
---@param type string
---@param list? dnsprobe.Target[] default: the servers of the name's zone, without recursion
---@return dnsprobe.Exchange? exchange the usable one, else the last; nil where there is nobody to ask
---@return dnsprobe.Answer? answer
function M.one(ctx, name, type, list)
    local exchange, answer
    local whom = list or servers.of_zone(ctx, name)
    for _, server in ipairs(whom) do
        exchange = ctx:query { name = name, type = type, server = server.address, port = server.port,
            label = server.label or server.name, rd = list ~= nil, tries = 2 }
        answer = answers.of(exchange)
        if answers.usable(answer) then
            break
        end
    end
    return exchange, answer
end

return M
