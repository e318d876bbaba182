---@meta dnsprobe.runbook
-- SPDX-License-Identifier: MIT
-- The module `dnsprobe.runbook` as a runbook's file sees it: what it returns is made by one of these.

---@class dnsprobe.runbook
local runbook = {}

---@class dnsprobe.StepSpec what a step's file returns, or a step in a list
---@field id string lower-case letters, digits and -
---@field title string the question that the step answers
---@field measure? fun(ctx: dnsprobe.Ctx): table sends and records; what it returns must be plain data and exchanges
---@field judge? fun(data: table, report: dnsprobe.StepReport) a pure function of what was recorded
---@field run? fun(ctx: dnsprobe.Ctx) instead of measure and judge, for a small check that cannot be replayed
---@field params? table<string, dnsprobe.ParamSpec>
---@field sends? string what it sends at defaults, for `show`
---@field provides? string[] members of its data that judges of other steps may use (truth, resolvers, walk,
--- auth, matrix_resolvers, climbs), or a side that it judges (path, client)
---@field essential? boolean false: the verdict may be "healthy" though it could not be measured

---@class dnsprobe.ParamSpec
---@field type "number"|"integer"|"boolean"|"string"|"name"|"address"
---@field default any
---@field min? number
---@field max? number
---@field unit? string shown by `show`
---@field help? string
---@field values? any[] the only ones allowed

---@class dnsprobe.RunbookSpec
---@field name string
---@field summary string one line
---@field steps (string|dnsprobe.StepSpec)[] ids of shipped steps, files beside this one ("./steps/spf.lua"), or tables
---@field params? table<string, dnsprobe.ParamSpec|any> declarations, or new defaults for those of the steps
---@field resolvers? string[] "ADDR[#PORT] label", asked instead of the public ones
---@field scenarios? (string|table)[] what `dnsprobe test` runs: names, or files beside this one
---@field explains? table[] own rows of what explains what: cause, effect, when, because
---@field max_queries? integer its own ceiling of queries, below that of the run

--- A runbook from a list of steps. The file returns it.
--- ```lua
--- book = runbook.define { name = "team-mx", summary = "is there an MX", steps = { "nameservers",
---     { id = "mx", title = "Is there an MX?", run = function(ctx)
---         if #records.mx(ask.one(ctx, ctx.target.name, "MX")) == 0 then
---             ctx:finding { id = "team.no-mx", severity = "warning", summary = "no MX" }
---         end
---     end } } }
--- #book.steps, book.steps[2].id --> 2, "mx"
--- ```
---@param spec dnsprobe.RunbookSpec
---@return dnsprobe.Runbook
function runbook.define(spec) end

--- A shipped runbook with changes, so that an upgrade of it is an upgrade of yours. What no longer fits is an
--- error that names the step. Besides the members of `define`: `before` and `after` (step id to a step),
--- `replace`, `skip` (ids).
--- ```lua
--- book = runbook.extend("intermittent", { name = "team", params = { app_port = 8443 }, skip = { "alias" } })
--- #book.steps, book.params.app_port.default --> 7, 8443
--- ```
---@param name string
---@param spec table
---@return dnsprobe.Runbook
function runbook.extend(name, spec) end

return runbook
