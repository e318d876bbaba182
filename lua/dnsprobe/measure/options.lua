-- SPDX-License-Identifier: MIT
-- Options of an exchange with what the run sets by default.

local M = {}

-- Options that the library made and nobody changes → what was made of them; false: nothing yet. A sampler
-- asks the same many times.
local lasting = setmetatable({}, { __mode = "k" })

--- These options will not be changed.
---@param options table
---@return table the same
function M.last(options)
    lasting[options] = false
    return options
end

--- The options with the defaults of a run.
---@param ctx { timeout: number?, late: number? }
---@param options table
---@return table not to be changed
function M.full(ctx, options)
    local made = lasting[options]
    if made and made.timeout == ctx.timeout and made.late == ctx.late then
        return made
    end
    local out = { timeout = ctx.timeout, late = ctx.late, type = "A", -- and room for what is usual
        name = nil, server = nil, port = nil, label = nil, rd = nil, edns = nil, qps = nil, transport = nil }
    for key, value in pairs(options) do
        out[key] = value
    end
    if made ~= nil then
        lasting[options] = out
    end
    return out
end

return M
