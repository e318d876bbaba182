-- SPDX-License-Identifier: MIT
return {
    title = "Nothing is wrong: a cache on this host that forwards",
    story = [[
The local stub caches and forwards, as on most Linux desktops, and holds what its resolver gives.]],
    change = function(net)
        net:add_stub()
    end,
    expect = {},
}
