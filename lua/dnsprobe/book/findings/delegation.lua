-- SPDX-License-Identifier: MIT
-- Layer delegation: what the parent zone says about the zone.
return {
    ["delegation.glue-mismatch"] = {
        severity = "critical",
        direct = true,
        title = "glue differs from the servers' own addresses",
        means = "The parent hands out other addresses for the zone's servers than the zone itself does. "
            .. "Resolvers that follow the glue ask one machine, those that looked the address up ask "
            .. "another.",
        decided = "The walk from the root collects the glue of every parent server, asks the zone for A and "
            .. "AAAA of its servers, and asks the glue addresses themselves. Critical when a glue address "
            .. "gives wrong data or none, warning when it answers rightly.",
        mistaken = "`dig +trace` looks server names up through the local resolver and never sees this fault. "
            .. "Servers outside the zone need no glue.",
        fixes = "Change the host records (glue) at the registrar to the addresses that the zone gives.",
        rfc = { "RFC 1034 section 4.2.1", "RFC 9471 (glue in referrals)" },
    },
    ["delegation.glue-missing"] = {
        severity = "critical",
        direct = true,
        title = "needed glue is absent",
        means = "A server of the zone has a name inside the zone, but the parent gives no address for it: a "
            .. "resolver that starts empty cannot reach that server.",
        decided = "An NS name at or below the delegation has no address in the referral of any parent "
            .. "server, over UDP and over TCP. Critical when no server of the zone is reachable otherwise, "
            .. "warning when others are.",
        mistaken = "A referral that was truncated; servers outside the zone, which need no glue.",
        fixes = "Register the server's addresses (host objects) at the registrar.",
        rfc = { "RFC 9471 section 3", "RFC 1034 section 4.2.2" },
    },
    ["delegation.ns-mismatch"] = {
        severity = "warning",
        max = "warning",
        direct = true,
        title = "parent and child list different servers",
        means = "The NS set at the parent and the one in the zone differ. Resolvers use one or the other; a "
            .. "server on one list only is asked by some of them, some of the time.",
        decided = "The union of the parents' referrals is compared with the NS sets that the zone's servers "
            .. "give with AA.",
        mistaken = "A change in progress at the registry.",
        fixes = "Make both lists equal: change the zone's NS records or the delegation at the registrar.",
        rfc = { "RFC 1034 section 4.2.2", "RFC 7477 (CSYNC)" },
    },
}
