-- SPDX-License-Identifier: MIT
-- Layer recursive: the resolvers between the users and the zone.
return {
    ["recursive.divergence"] = {
        severity = "critical",
        direct = true,
        title = "partial propagation",
        means = "Some recursive resolvers give other data than the authoritative servers. Their users see "
            .. "the old answer until the TTL in that cache ends.",
        decided = "The truth is the set of answers that the authoritative servers give over all samples. A "
            .. "resolver is behind when it gives what is not in that set, order, case and TTL left aside. "
            .. "Answers that are negative, within their TTL, or past it are told apart. Beyond an alias that "
            .. "leaves the zone, an answer is called old only where the truth there stands still and lives "
            .. "longer than 300 s. Two or more resolvers that fetched a foreign answer at the moment when "
            .. "they were first asked (its TTL is the zone's, at most 300 s, and counts down) were given it "
            .. "for their place, if the SOA that they give is one that the zone's servers give too.",
        mistaken = "CDN pools and geo answers, of which a part was not seen; round robin; a resolver that "
            .. "filters by policy (EDE 15 to 18); AAAA records that DNS64 makes of the zone's A records.",
        fixes = "Wait for the TTL shown, or ask the operator to flush the name (Google and Cloudflare have a "
            .. "public form). Lower the TTL before the next change.",
        rfc = { "RFC 2181 section 8", "RFC 2308 (negative answers)", "RFC 8914 (extended errors)",
            "RFC 6147 (DNS64)" },
    },
    ["recursive.stale-served"] = {
        severity = "warning",
        direct = true,
        title = "expired data is served",
        means = "A resolver serves data whose TTL is over, because the authoritative side does not answer "
            .. "it. Users still reach the old address; when the resolver gives up serving stale, they reach "
            .. "nothing.",
        decided = "The answer carries EDE 3 or 19, or its TTL is pinned low (30 s) over all samples, while "
            .. "the authoritative servers do not answer.",
        mistaken = "A record with a low TTL of its own.",
        fixes = "Bring the authoritative servers back. The stale answers are the symptom, and a kind one.",
        rfc = { "RFC 8767", "RFC 8914 sections 4.4 and 4.20" },
    },
    ["recursive.rate-limited"] = {
        decider = "authoritative/rate-limited",
        severity = "warning",
        title = "the resolver limits the query rate",
        means = "Above a certain rate the resolver refuses, drops or answers SERVFAIL. Many clients behind "
            .. "one NAT share that limit: each of them fails now and then.",
        decided = "The rate is raised within the ceiling and lowered again, beside a slow control. It is "
            .. "reported only when failures come with the rate and go with it (Fisher's exact test).",
        mistaken = "Loss at this vantage: the slow control suffers from that too, or every server does at "
            .. "the top. A resolver that flaps at any rate.",
        fixes = "Run a local cache (unbound, dnsmasq, systemd-resolved), spread queries over several "
            .. "resolvers, slow the bursts down.",
        rfc = { "RFC 8906 section 5" },
    },
    ["recursive.flapping"] = {
        severity = "critical",
        title = "the resolver alternates between good and bad",
        means = "The same resolver gives good answers and failures (SERVFAIL, REFUSED or silence) in turn, "
            .. "whatever the query rate: a share of its users' look-ups fails.",
        decided = "Part of the samples failed and part succeeded, spread over the run: two failures at least "
            .. "whose 95 % interval begins above 1 %, or three where it begins above 0.5 %. Where there are "
            .. "fewer, everybody is asked again, three times as often. Late answers are not failures here "
            .. "(path.slow). Loss no worse than at unrelated servers counts as path.loss.",
        mistaken = "Rate limiting; loss on this host's own line; a lame or dead authoritative server behind "
            .. "it.",
        fixes = "Read the extended error (EDE) for the reason; if an authoritative server is at fault it is "
            .. "named first.",
        rfc = { "RFC 8914", "RFC 2308 section 7" },
    },
    ["recursive.unreachable"] = {
        severity = "info",
        max = "info",
        title = "a public resolver does not answer this vantage",
        means = "A resolver that this host does not use never answered, not even the control question `. "
            .. "NS`. It says something about this vantage or that resolver, nothing about the domain.",
        decided = "No sample was answered. The resolver is left out of every comparison.",
        mistaken = "Nothing: it is never held against the target.",
        fixes = "None is needed. `--resolvers FILE` asks other resolvers.",
        rfc = {},
    },
    ["recursive.filtered"] = {
        severity = "warning", direct = true,
        title = "a public resolver blocks the name",
        means = "A public resolver does not resolve the name by policy: malware and phishing lists, court "
            .. "orders, parental filters. Its users cannot reach the name.",
        decided = "It says so (EDE 15 to 18), or gives a sink address or NXDOMAIN without an SOA, and its "
            .. "operator is known to filter.",
        mistaken = "A cache that remembers that the name did not exist (recursive.divergence: that has an "
            .. "SOA and a TTL).",
        fixes = "Ask its operator to take the name off the list.",
        rfc = { "RFC 8914 sections 4.16 to 4.19" },
    },
    ["recursive.cannot-resolve"] = {
        severity = "critical", direct = true,
        title = "resolvers cannot resolve the name",
        means = "A resolver that answers other questions fails for this name every time: SERVFAIL, a refusal "
            .. "or silence, of every type that was asked. Its users get an error; no TTL will end it.",
        decided = "All its samples of the name failed while the zone's servers answer. Mostly it follows "
            .. "from them, from the delegation or from the signatures, and is then told below that cause.",
        mistaken = "An old answer (recursive.divergence); failures now and then (recursive.flapping); a rate "
            .. "limit.",
        fixes = "Its network may be kept out by the zone's servers, or it validates what others do not.",
        rfc = { "RFC 8914", "RFC 9520" },
    },
    ["recursive.type-broken"] = {
        severity = "critical", direct = true,
        decider = "recursive/cannot-resolve",
        title = "a resolver fails one type",
        means = "A resolver fails every question of one type (AAAA, HTTPS) and answers the others right. "
            .. "Programs that ask for both wait, or fail.",
        decided = "All samples of the type failed at this resolver, and none of the others.",
        mistaken = "Failures now and then (recursive.flapping).",
        fixes = "Its operator has to mend it; a box on the way that drops the type does the same.",
        rfc = { "RFC 4074" },
    },
}
