-- SPDX-License-Identifier: MIT
-- Layer client: this host's own files, resolvers and caches.
return {
    ["client.hosts-override"] = {
        severity = "critical",
        direct = true,
        title = "the hosts file decides this name",
        means = "An entry in this host's hosts file answers for the name before any DNS server is asked. "
            .. "Everything that was measured on the wire is irrelevant to the programs on this host.",
        decided = "The hosts file has a line for the name, and nsswitch puts `files` before `dns`. Critical "
            .. "when its addresses are not among those the authoritative servers give, a warning when they "
            .. "are.",
        mistaken = "A development override that is meant to be there; container platforms write such lines "
            .. "themselves.",
        fixes = "Remove the line named in the finding from the hosts file.",
        rfc = { "RFC 952", "nsswitch.conf(5)", "hosts(5)" },
    },
    ["client.split-dns"] = {
        severity = "critical",
        direct = true,
        title = "this host's resolvers disagree",
        means = "The resolvers that this host is configured with give different data from one another, or "
            .. "from the public DNS: a VPN, a split horizon, or several lines in resolv.conf that do not "
            .. "mean the same thing. Which answer a program gets depends on which one it asks.",
        decided = "Each configured resolver is asked by itself and compared with the others and with the "
            .. "authoritative answers. An SOA of its own, private addresses, or answers that outlive their "
            .. "TTL tell a split view from a stale cache.",
        mistaken = "A cache that is merely old (client.stale-cache); a pool whose members rotate.",
        fixes = "Configure one consistent set of resolvers, or route the internal domain to the VPN's "
            .. "resolver only.",
        rfc = { "RFC 8499 (split DNS)", "RFC 6731" },
    },
    ["client.resolver-down"] = {
        severity = "critical",
        title = "a configured resolver does not answer",
        means = "A resolver in this host's configuration does not answer, or refuses or fails every "
            .. "question. Programs wait for its timeout (5 s with glibc) before they try the next one; some "
            .. "take a refusal for the end.",
        decided = "None of the samples had a usable answer, the control question `. NS` included. Warning if "
            .. "another configured resolver answers, critical if none does.",
        mistaken = "A resolver that is only reachable through a VPN that is down by intention.",
        fixes = "Remove the address from resolv.conf or the link's configuration, or bring the resolver "
            .. "back.",
        rfc = { "resolv.conf(5)" },
    },
    ["client.stale-cache"] = {
        severity = "critical",
        direct = true,
        title = "the local cache is behind",
        means = "The cache on this host (or the forwarder next to it) serves data that the recursive layer "
            .. "behind it no longer gives. Other hosts are fine; this one heals when the TTL ends or the "
            .. "cache is flushed.",
        decided = "The stub's answer differs from the truth and from the recursive layer, its TTL counts "
            .. "down from sample to sample, and for other names it forwards as the recursive layer does.",
        mistaken = "A stub that only forwards; a split view (own SOA, private addresses, TTL that never "
            .. "moves).",
        fixes = "Flush the cache: `dnsprobe flush --plan` prints the commands for this host.",
        rfc = { "RFC 1035 section 7.4", "RFC 2181 section 8" },
    },
    ["client.filtered"] = {
        severity = "critical", direct = true,
        title = "this host's own resolver filters the name",
        means = "The resolver that this host uses gives a sink address (0.0.0.0, ::), NXDOMAIN without an "
            .. "SOA, or an extended error of policy for the name, where the zone and the other resolvers "
            .. "give an answer.",
        decided = "Its answers are held against the zone's own. The signs of policy that excuse a public "
            .. "filter accuse one's own resolver.",
        mistaken = "A company's own view of the name (client.split-dns); AAAA that is taken out for every "
            .. "name.",
        fixes = "Take the name off that resolver's list or local zone, or use another resolver.",
        rfc = { "RFC 8914 sections 4.16 to 4.19" },
    },
    ["client.libc-differs"] = {
        severity = "critical", direct = true,
        title = "programs get something else than DNS gives",
        means = "The resolvers of this host give the right answer, and the C library, which programs ask, "
            .. "gives another one, none, or takes longer than people wait.",
        decided = "The C library is asked as programs ask it: the name as typed, both address families at "
            .. "once, several times. Beside it stand its look-ups of the absolute name for one family each, "
            .. "and the exact answers of every resolver. The reason is read off these and off nsswitch.conf "
            .. "and resolv.conf.",
        mistaken = "A resolver that is wrong itself (client.split-dns, client.filtered), a hosts entry "
            .. "(client.hosts-override), a dead resolver that is waited for (client.resolver-down).",
        fixes = "The line of nsswitch.conf or resolv.conf that the report names; for two questions from one "
            .. "socket `options single-request-reopen`, or a cache on the host.",
        rfc = { "resolv.conf(5)", "nsswitch.conf(5)", "getaddrinfo(3)" },
    },
}
