-- SPDX-License-Identifier: MIT
return {
    title = "Validation fails for the zone",
    story = [[
The signatures ran out last night. Resolvers that validate answer SERVFAIL, those that do not are fine: it
works for half of the users, and with `+cd` for everybody.]],
    change = function(net)
        local validating = {
        "Cloudflare",
        "Google",
        "Quad9",
        "OpenDNS",
        "AdGuard unfiltered",
        "Control D",
        "DNS.SB",
        "CIRA Shield",
        "DNS4EU",
        "CZ.NIC ODVR",
        "office",
    }
        for _, name in ipairs(validating) do
            net:resolver(name).recursive.bogus = {
                { name = "shop.example.", ede = 7, text = "signature expired for shop.example. A" },
            }
        end
    end,
    expect = { "dnssec.bogus" },
}
