-- SPDX-License-Identifier: MIT
return {
    title = "The path of this host loses 4 % of the packets",
    story = [[
A failing line card on the way out: whatever is asked, whoever is asked, one query in twenty-five stays
without an answer. Tools that repeat the question never show it.]],
    change = function(net)
        net:each(function(node)
            node.path.lose_query, node.path.lose_answer = 0.02, 0.02
        end)
    end,
    expect = { "path.loss" },
    also_run = { detect = "4%" },
}
