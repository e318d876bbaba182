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
    ["delegation.parent-divergence"] = {
        severity = "critical", direct = true,
        title = "the servers above disagree on the delegation",
        means = "Of the servers of a zone above, some refer to the zone and some say that it does not exist, "
            .. "or they name different servers for it. Which one a resolver asks decides where its users "
            .. "come to.",
        decided = "Every server at every level of the walk from the root is compared with the others of its "
            .. "level; servers that disagree are asked again. The minority is named. Critical where it "
            .. "denies the zone or names servers that the others do not, else a warning.",
        mistaken = "A change of the delegation on its way through the registry's servers; a server that also "
            .. "serves the zone below and answers itself.",
        fixes = "Its operator (the registry) has to repair the transfer of the zone to that server.",
        rfc = { "RFC 1034 section 4.2.2" },
    },
    ["delegation.ns-unusable"] = {
        severity = "warning", direct = true,
        title = "a delegated server cannot be asked",
        means = "The delegation names a server that nobody can ask: its name cannot be resolved, because the "
            .. "servers of that name's own zone are silent or fail; or it is an alias; or its only addresses "
            .. "are private.",
        decided = "The walk looks up the name of every delegated server from the root, as a resolver with an "
            .. "empty cache does. Critical where no server of the zone is left, else a warning: what remains "
            .. "carries the zone by luck.",
        mistaken = "A name that its zone says is not there (auth.ns-unreachable); a zone that is internal on "
            .. "purpose.",
        fixes = "Repair the zone that the server's name lies in, name the server otherwise, or take it out.",
        rfc = { "RFC 2181 section 10.3", "RFC 1912 section 2.4", "RFC 1918 section 5" },
    },
}
