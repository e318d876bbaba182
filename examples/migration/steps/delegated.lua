-- SPDX-License-Identifier: MIT
--- Does the parent delegate to the new servers, and to nobody else?
--
-- Sends: nothing of its own; the walk from the root is shared with the other steps.

local servers = require "./servers.lua"

local function measure(ctx)
    local list = {}
    for i, server in ipairs(ctx.nameservers) do
        list[i] = { address = server.address, name = server.name, source = server.source, glue = server.glue }
    end
    return list
end

local function judge(delegated, report)
    local new, others = {}, {}
    for _, address in ipairs(servers.words(report.params.new_servers)) do
        new[address] = true
    end
    for _, server in ipairs(delegated) do
        if not new[server.address] then
            others[#others + 1] = server.address
        end
    end
    if #delegated == 0 or next(new) == nil then
        report:status(
            "unknown",
            next(new) and "the delegation could not be walked" or "no new servers were named"
        )
    elseif #others > 0 then
        report:finding {
            id = "migration.not-delegated",
            layer = "migration",
            severity = "critical",
            summary = ("the parent still delegates to %s, which is none of the new servers"):format(
                table.concat(others, ", ")
            ),
            subject = { name = report.target.name, server = others[1] },
            fix = "Correct the name servers at the registrar; wait for the parent's TTL; run this again.",
            reproduce = { ("dig %s NS +trace"):format(report.target.name) },
        }
    end
end

return {
    id = "delegated",
    title = "Does the parent name the new servers only?",
    measure = measure,
    judge = judge,
    sends = "nothing of its own",
}
