-- SPDX-License-Identifier: MIT
-- Layer path: what lies between the one who asks and the server.
return {
    ["path.tcp-blocked"] = {
        severity = "critical",
        title = "TCP to the server fails",
        means = "The server answers over UDP, DNS over TCP to it does not work. Every answer that is "
            .. "truncated is lost.",
        decided = "UDP samples are answered; TCP samples time out, are refused or reset. With that server as "
            .. "subject. Critical when an answer of this name needs TCP, warning when none of those asked "
            .. "does.",
        mistaken = "A firewall near this vantage that blocks TCP to every server (then it is not one "
            .. "server's fault).",
        fixes = "Open TCP port 53 to and on that server.",
        rfc = { "RFC 7766 section 5", "RFC 9210" },
    },
    ["path.edns-broken"] = {
        severity = "critical",
        title = "EDNS queries fail",
        means = "Queries without EDNS are answered, queries with it are not, or get FORMERR, NOTIMP or "
            .. "BADVERS. Modern resolvers send EDNS always; some no longer fall back.",
        decided = "The matrix of transports is sampled in shuffled order: the cells with EDNS fail, those "
            .. "without succeed (Fisher's exact test).",
        mistaken = "Loss; a server that only rejects an unknown version or option, which it may.",
        fixes = "Update the server, or repair the firewall that drops OPT records (DNS inspection, ALG).",
        rfc = { "RFC 6891 section 7", "RFC 8906 section 8" },
    },
    ["path.fragments-dropped"] = {
        severity = "critical",
        title = "large UDP answers vanish",
        means = "Answers larger than one packet do not arrive, small ones and TCP do: a firewall drops "
            .. "fragments. Look-ups with large answers (DNSSEC, TXT, many addresses) hang.",
        decided = "EDNS 4096 loses the large answer, EDNS 512 gets a truncated one, TCP gets it whole.",
        mistaken = "A zone with no large answer: then the step says that it cannot know.",
        fixes = "Set the server's EDNS size to 1232 bytes, or let fragments through.",
        rfc = { "RFC 6891 section 6.2.5", "RFC 9715 (fragmentation avoidance)", "RFC 8900" },
    },
    ["path.blocked"] = {
        severity = "info",
        max = "info",
        direct = true,
        title = "this vantage may not ask the outside",
        means = "DNS from this host reaches only its own resolver, or a few that are allowed. What the "
            .. "zone's servers and public resolvers answer cannot be known from here.",
        decided = "No root or top-level server and none of the zone's servers answered, while this host's "
            .. "own resolver does; a public resolver or two that may be asked make no difference.",
        mistaken = "An outage of the target: then the root and other resolvers still answer.",
        fixes = "Run it from a host that may use port 53, or ask the network team.",
        rfc = {},
    },
    ["path.loss"] = {
        severity = "critical",
        title = "packets are lost to unrelated servers",
        means = "A share of the queries to servers that have nothing to do with one another is lost: the "
            .. "fault is near this host (line, Wi-Fi, NAT table), not at any one server.",
        decided = "Failures are spread over servers of different operators at rates that do not differ "
            .. "(Fisher's exact test). A burst that spared the samples is seen in the transport matrix, "
            .. "where it must hit the zone's servers and the resolvers alike.",
        mistaken = "One flapping server; rate limiting, which follows the rate.",
        fixes = "Look at the local link, the NAT or conntrack table and the uplink.",
        rfc = { "RFC 7680 (loss metric)" },
    },
    ["path.slow"] = {
        severity = "warning",
        max = "warning",
        title = "answers arrive too late for some clients",
        means = "Answers come, but part of them after 2 s or 5 s, when a common client's timeout has fired "
            .. "already: always slow, and now and then failing.",
        decided = "The share of answers later than 2 s and 5 s over everything measured; late answers are "
            .. "counted here and never as loss.",
        mistaken = "Loss: an answer that never came is not slow. A first look-up that fills a cache.",
        fixes = "Find the slow hop in the latency table; raise the client's timeout meanwhile.",
        rfc = { "RFC 1536 section 1", "resolv.conf(5): timeout" },
    },
    ["path.intercepted"] = {
        severity = "critical",
        direct = true,
        title = "something answers in the server's place",
        means = "A device on the way answers queries that were sent to another server. What that server "
            .. "would say cannot be seen from here, and users behind the device get the device's answers.",
        decided = "An address that must not answer DNS does; or CHAOS id.server, hostname.bind and NSID do "
            .. "not fit the operator; or an authoritative server answers with RA and without AA.",
        mistaken = "An operator that changed its server names; a local forwarder that is configured on "
            .. "purpose.",
        fixes = "Ask the network's operator to take port 53 out of the transparent proxy, or use DNS over "
            .. "TLS.",
        rfc = { "RFC 4892 (id.server)", "RFC 5001 (NSID)", "RFC 8499 (middlebox)" },
    },
}
