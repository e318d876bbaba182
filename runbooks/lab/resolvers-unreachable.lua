-- SPDX-License-Identifier: MIT
return {
    title = "Two public resolvers cannot be reached from here",
    story = [[
Some networks block the well-known resolvers. This host does not use them: worth a line, not an alarm.]],
    change = function(net)
        for _, name in ipairs { "Google", "DNS.SB" } do
            local path = net:resolver(name).path
            path.udp, path.tcp = "drop", "drop"
        end
    end,
    expect = {},
    info = { "recursive.unreachable" },
}
