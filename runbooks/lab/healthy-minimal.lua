-- SPDX-License-Identifier: MIT
return {
    title = "Nothing is wrong: servers that answer with as little as they may",
    story = [[
No authority and no additional records beside an answer; ANY and CHAOS are refused.]],
    change = function(net)
        net:each(function(node)
            node.faults.minimal, node.faults.refuse_any, node.faults.refuse_chaos = true, true, true
        end)
    end,
    expect = {},
}
