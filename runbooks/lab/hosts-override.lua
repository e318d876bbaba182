-- SPDX-License-Identifier: MIT
return {
    title = "The hosts file decides the name",
    story = [[
Somebody tested the migration with an entry in the hosts file, and forgot it. On this host the shop is still
where it was; every DNS tool says that all is well.]],
    change = function(net)
        net.host.hosts = net.host.hosts
            .. "127.80.0.3 shop.example www.shop.example # test, remove on Monday\n"
    end,
    expect = { "client.hosts-override" },
}
