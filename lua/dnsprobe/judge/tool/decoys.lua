-- SPDX-License-Identifier: MIT
--- Addresses at which nobody lives: who answers there stands on the way.
--
-- They come from the blocks for documentation (RFC 5737), which are routed nowhere. A block in which the run
-- meets any address of its own (a lab, a test network) is not used, and in the lab there is no way to stand
-- on.

local M = {}

--- Questions to each.
M.SAMPLES = 3

local BLOCKS = { "192.0.2.", "198.51.100.", "203.0.113." }
local HOST = "53"

local function meets(address, block)
    return address:sub(1, #block) == block
end

--- Every address that the run knows of.
local function known(ctx)
    local list = {}
    local function add(items)
        for _, item in ipairs(items or {}) do
            list[#list + 1] = item.address
        end
    end
    add(ctx.resolvers)
    add(ctx.host and ctx.host.resolvers)
    add(ctx.nameservers)
    for _, level in ipairs(ctx:trace().levels or {}) do
        for _, server in ipairs(level.servers) do
            add(server.addresses)
        end
    end
    return list
end

--- One address to ask, or none.
---@param ctx dnsprobe.Ctx
---@return table[] targets
function M.choose(ctx)
    if ctx.lab then
        return {}
    end
    local addresses = known(ctx)
    for _, address in ipairs(addresses) do
        for _, block in ipairs(BLOCKS) do
            if meets(address, block) then
                return {}
            end
        end
    end
    return { { address = BLOCKS[1] .. HOST, port = ctx.port, label = "nobody" } }
end

return M
