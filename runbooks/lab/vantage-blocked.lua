-- SPDX-License-Identifier: MIT
return {
    title = "This network lets nobody but its own resolver speak DNS",
    story = [[
A strict firewall: port 53 is open to the office's resolver only. What lies outside cannot be judged from
here, and nobody is to blame for it.]],
    change = function(net)
        net:each(function(node)
            if node.name ~= "office" then
                node.path.udp, node.path.tcp = "drop", "drop"
            end
        end)
    end,
    expect = {},
    info = { "path.blocked" },
    allow = { "recursive.unreachable" },
}
