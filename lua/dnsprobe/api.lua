-- SPDX-License-Identifier: MIT
-- The reference of what runbooks can call, read from the annotations themselves.
--
-- The C functions are annotated in lua/meta, those in Lua where they are written; both texts are compiled into the
-- binary (lua/CMakeLists.txt, the modules source.*), so `dnsprobe help api`, the installed page and the editor say the
-- same. How an item is written: dnsprobe.api.annotations.

local annotations = require "dnsprobe.api.annotations"
local distance = require "dnsprobe.distance"
local fs = require "dnsprobe.fs"

local M = {}

--- The public modules in the order of the reference. `file` is below lua/, `local_name` what the file calls its table,
--- `shown` what users call it, `require` how they get it.
M.modules = {
    { shown = "runbook", require = "dnsprobe.runbook", file = "meta/runbook", local_name = "runbook",
      what = "runbooks and their steps" },
    { shown = "ctx", file = "dnsprobe/ctx", local_name = "Ctx", what = "what `measure` and `run` of a step are given" },
    { shown = "report", file = "dnsprobe/report", local_name = "Report", what = "what `judge` of a step reports with" },
    { shown = "state", file = "dnsprobe/state", local_name = "State", what = "ctx.state: what a runbook keeps between runs" },
    { shown = "servers", require = "dnsprobe.servers", file = "dnsprobe/servers", local_name = "M", what = "whom to ask" },
    { shown = "ask", require = "dnsprobe.ask", file = "dnsprobe/ask", local_name = "M",
      what = "matrices of questions: names x types x servers x dress" },
    { shown = "samples", require = "dnsprobe.samples", file = "dnsprobe/samples", local_name = "M",
      what = "choose, group and count what came back" },
    { shown = "answers", require = "dnsprobe.answers", file = "dnsprobe/answers", local_name = "M",
      what = "what one exchange says about its question" },
    { shown = "agree", require = "dnsprobe.agree", file = "dnsprobe/agree", local_name = "M", what = "do answers agree?" },
    { shown = "decide", require = "dnsprobe.decide", file = "dnsprobe/decide", local_name = "M", what = "decisions from counts" },
    { shown = "stats", require = "dnsprobe.stats", file = "meta/stats", local_name = "stats", what = "the formulas themselves" },
    { shown = "names", require = "dnsprobe.names", file = "dnsprobe/names", local_name = "M",
      what = "domain names and reverse names" },
    { shown = "addresses", require = "dnsprobe.addresses", file = "dnsprobe/addresses", local_name = "M",
      what = "addresses and prefixes" },
    { shown = "records", require = "dnsprobe.records", file = "dnsprobe/records", local_name = "M",
      what = "TXT, SPF, DKIM, MX, SVCB, SOA" },
    { shown = "text", require = "dnsprobe.text", file = "dnsprobe/text", local_name = "M", what = "words for findings" },
    { shown = "task", require = "dnsprobe.task", file = "dnsprobe/task", local_name = "M", what = "several things at once" },
    { shown = "dns", require = "dnsprobe", file = "meta/dnsprobe", local_name = "dns", what = "exact exchanges, traces, the stub" },
    { shown = "json", require = "dnsprobe.json", file = "meta/json", local_name = "json", what = "JSON" },
}

--- The text of a file below lua/: from the development folder where there is one, else as compiled in.
---@param file string
---@return string
function M.source(file)
    local folder = fs.getenv and fs.getenv "DNSPROBE_LUA"
    local text = folder and folder ~= "" and fs.read(folder .. "/" .. file .. ".lua")
    local embedded = "source." .. file:gsub("^dnsprobe/", ""):gsub("/", ".")
    return text or require(embedded)
end

local items

--- Every documented item, by module in the order of the reference, then as the file has them.
---@return dnsprobe.api.Item[]
function M.items()
    if not items then
        items = {}
        for _, module in ipairs(M.modules) do
            for _, one in ipairs(annotations.parse(module, M.source(module.file))) do
                items[#items + 1] = one
            end
        end
    end
    return items
end

local function plain(name)
    return (name:gsub("^dnsprobe%.", ""):gsub(":", "."):gsub("^dnsprobe$", "dns"):lower())
end

--- The items that a word names: a whole name ("names.parent", "ctx:query"), a module, or the last part of a name.
---@param word string
---@return dnsprobe.api.Item[]
function M.find(word)
    local whole, of_module, last, wanted = {}, {}, {}, plain(word)
    for _, one in ipairs(M.items()) do
        local name = plain(one.name)
        whole[#whole + 1] = name == wanted and one or nil
        of_module[#of_module + 1] = one.module.shown == wanted and one or nil
        last[#last + 1] = name:match("[^.]+$") == wanted and one or nil
    end
    return #whole > 0 and whole or #of_module > 0 and of_module or last
end

--- The names that look most like a word.
---@param word string
---@param most? integer
---@return string[]
function M.near(word, most)
    local rows, wanted = {}, plain(word)
    for _, one in ipairs(M.items()) do
        local name = plain(one.name)
        local d = math.min(distance.between(wanted, name), distance.between(wanted, name:match("[^.]+$")) + 0.5)
        rows[#rows + 1] = { name = one.name, d = name:find(wanted, 1, true) and d - #wanted / 2 or d }
    end
    table.sort(rows, function(a, b)
        if a.d ~= b.d then
            return a.d < b.d
        end
        return a.name < b.name
    end)
    local out = {}
    for i = 1, math.min(most or 3, #rows) do
        out[i] = rows[i].name
    end
    return out
end

--- The call as users write it: "names.relative(name, origin)".
---@param one dnsprobe.api.Item
---@return string
function M.call(one)
    if one.kind == "class" then
        return one.name
    end
    local optional, parts = {}, {}
    for _, param in ipairs(one.params) do
        optional[param.name] = param.optional
    end
    for i, arg in ipairs(one.args) do
        parts[i] = optional[arg] and "[" .. arg .. "]" or arg
    end
    return one.name .. "(" .. table.concat(parts, ", ") .. ")"
end

--- The first sentence.
---@param one dnsprobe.api.Item
---@return string
function M.summary(one)
    local text = one.text[1] or ""
    if text == "" and one.kind == "class" then
        local names = {}
        for i, field in ipairs(one.params) do
            names[i] = field.name
        end
        return "members: " .. table.concat(names, ", ")
    end
    return text:match("^(.-[.?!])%s") or text
end

return M
