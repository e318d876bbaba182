-- SPDX-License-Identifier: MIT
-- Layer authoritative: the zone's own servers.
return {
    ["auth.ns-divergence"] = {
        severity = "critical",
        direct = true,
        title = "the zone's servers disagree",
        means = "The servers of the zone answer the same question differently: a transfer failed, or one was "
            .. "edited alone. A resolver picks one of them for each cache fill, so a share of the users gets "
            .. "the odd answer.",
        decided = "Every address of every delegated server is sampled, interleaved; where the name is an "
            .. "alias, those of the zones it leads to as well. Reported when two servers always give "
            .. "different answers (5 samples each at least), or when servers that vary give some value in "
            .. "shares that differ beyond chance (Fisher's exact test at 0.001, times servers and values). "
            .. "Order and TTL do not count.",
        mistaken = "Round robin and weighted pools (the shares agree); a zone that is being updated during "
            .. "the run (servers go over once); beyond an alias, a content network that answers by the "
            .. "client's place; servers of one version of the zone that answer this host's IPv4 and IPv6 "
            .. "address differently.",
        fixes = "Repair the zone transfer to the server named in the finding (NOTIFY, ACL, TSIG, disk), then "
            .. "compare serials.",
        rfc = { "RFC 1034 section 4.3.5", "RFC 1996 (NOTIFY)" },
    },
    ["auth.serial-mismatch"] = {
        severity = "warning",
        max = "warning",
        direct = true,
        title = "serials differ, answers agree",
        means = "The servers hold different versions of the zone; for this name they happen to agree. The "
            .. "next change may reach only some of them.",
        decided = "SOA serials differ between servers over the whole run, the answers asked for do not. "
            .. "Where serials rise during the run, only a server counts that keeps one older than any the "
            .. "others gave. Of a zone that an alias leads to, which is another party's, at info only.",
        mistaken = "A zone that is being updated while it is measured; providers that use serials of their "
            .. "own per server.",
        fixes = "Check the zone transfer to the server with the lower serial.",
        rfc = { "RFC 1982 (serial arithmetic)", "RFC 1034 section 4.3.5" },
    },
    ["auth.node-divergence"] = {
        severity = "critical",
        direct = true,
        title = "one server address gives different answers",
        means = "Behind one server address stand several machines (anycast, load balancer), and they do not "
            .. "hold the same data. No comparison between servers can show it; only many samples of one "
            .. "address do.",
        decided = "Samples of one address fall into answer sets that have nothing in common and change back "
            .. "and forth. NSID names the machines where the operator gives it.",
        mistaken = "A weighted pool; a zone that was updated once in the middle of the run.",
        fixes = "Bring the machines behind that address to the same zone version.",
        rfc = { "RFC 5001 (NSID)", "RFC 4786 section 4.4 (anycast data consistency)" },
    },
    ["auth.lame"] = {
        severity = "critical",
        direct = true,
        title = "a delegated server is not authoritative",
        means = "The parent delegates the zone to a server that does not serve it: it refuses, fails, or "
            .. "answers without AA. Resolvers waste time there, and some give up.",
        decided = "A server listed in the delegation answers REFUSED, SERVFAIL, an upward referral, or "
            .. "without the AA flag for the zone in all samples.",
        mistaken = "A server that refuses this vantage only; a recursive resolver in the way "
            .. "(path.intercepted).",
        fixes = "Load the zone on that server, or remove the server from the delegation.",
        rfc = { "RFC 1912 section 2.8", "RFC 8499 (lame delegation)" },
    },
    ["auth.ns-unreachable"] = {
        severity = "critical",
        title = "a delegated server does not answer",
        means = "An address of a delegated server never answered. Resolvers lose a timeout whenever they "
            .. "pick it.",
        decided = "No answer to any sample over UDP or TCP, while this vantage can speak DNS to the outside. "
            .. "Warning while other addresses answer, critical when none does.",
        mistaken = "A vantage without IPv6 or with port 53 filtered (path.blocked): nobody is blamed for "
            .. "that.",
        fixes = "Bring the server back, or remove it from the delegation and the zone's NS set.",
        rfc = { "RFC 2182 section 3", "RFC 8906" },
    },
    ["auth.ns-flapping"] = {
        severity = "critical",
        title = "a server answers only part of the samples",
        means = "A server of the zone answers some of the queries. Each look-up that meets the gap is slow "
            .. "or fails.",
        decided = "Its losses exceed what unrelated servers lose on the same path (Fisher's exact test at "
            .. "0.01, corrected), or it gives errors to questions that it answers at other times. Two "
            .. "failures at least whose 95 % interval begins above 1 %, or three where it begins above 0.5 "
            .. "%; where there are fewer, everybody is asked again, three times as often. Failures do not "
            .. "come with the query rate. Late answers are no failures.",
        mistaken = "Response rate limiting (auth.rate-limited); loss on the path (path.loss).",
        fixes = "Look at load, socket buffers and the load balancer of that server.",
        rfc = { "RFC 8906 section 3" },
    },
    ["auth.rate-limited"] = {
        decider = "authoritative/rate-limited",
        severity = "warning",
        title = "the server limits responses",
        means = "The server drops or truncates (TC, empty) answers when queries come fast. Large resolvers "
            .. "may meet that limit and see loss.",
        decided = "Truncated empty answers or drops that come with the rate and go with it, while the slow "
            .. "control is well.",
        mistaken = "Loss at this vantage; a genuinely large answer that is truncated at any rate.",
        fixes = "Raise the RRL limit, exempt known resolvers, and keep slip at 2 so that real clients fall "
            .. "back to TCP.",
        rfc = { "RFC 5358", "RFC 8906 section 5" },
    },
    ["auth.alias-flattened"] = {
        severity = "info",
        max = "info",
        direct = true,
        title = "the apex is a synthesised alias",
        means = "The addresses at the apex are copied from another name (ALIAS, ANAME, CNAME flattening) by "
            .. "the DNS provider. That is no fault; it is the ground on which the two alias faults grow.",
        decided = "The apex answers the same addresses as its target (`--set alias_target`, or found through "
            .. "`www`), and the TTL shows that the server looks them up.",
        mistaken = "An apex that merely shares addresses with another name.",
        fixes = "None is needed.",
        rfc = { "RFC 9460 section 1.2 (why SVCB AliasMode exists)" },
    },
    ["auth.alias-stale"] = {
        decider = "authoritative/alias-flattened",
        severity = "critical",
        direct = true,
        title = "the apex serves addresses its target has left",
        means = "The provider copied the target's addresses and keeps them longer than their TTL allows. "
            .. "Users of the apex reach machines that the CDN no longer uses.",
        decided = "Addresses at the apex were given by none of the target's servers in any sample.",
        mistaken = "A pool that rotates: then later samples of the target show the address again.",
        fixes = "Use a provider that follows the target's TTL, or serve the site from www with a real CNAME "
            .. "and redirect.",
        rfc = { "RFC 9460 section 2.4.2", "RFC 2181 section 8" },
    },
    ["auth.alias-geo-blind"] = {
        decider = "authoritative/alias-flattened",
        severity = "warning",
        max = "warning",
        direct = true,
        title = "the apex gives everyone one region's addresses",
        means = "The target answers by region, the apex gives every client the addresses of the region in "
            .. "which the provider's server stands. Far users are slow.",
        decided = "With client subnets of several regions (ECS) the target's answers differ and the apex's "
            .. "do not.",
        mistaken = "A target without regional answers; a resolver that does not send ECS (told apart by the "
            .. "scope).",
        fixes = "Use a provider that passes ECS to the target, or a CNAME on www.",
        rfc = { "RFC 7871" },
    },
    ["auth.name-missing"] = {
        severity = "critical", direct = true,
        title = "the name is not in its zone",
        means = "The zone's own servers say that the name does not exist (NXDOMAIN), or that it has none of "
            .. "the types asked for (NODATA). Nobody can reach it, and no cache is to blame.",
        decided = "Every usable answer of every server says so, of every type that was asked. Critical for "
            .. "NXDOMAIN, warning where the name is there and has none of these types. That a top-level "
            .. "domain has no address is no fault.",
        mistaken = "Servers of the zone that disagree (auth.ns-divergence); an alias whose target is missing "
            .. "(auth.alias-broken); caches that still remember the name.",
        fixes = "Correct the typing error, or add the record on the primary server.",
        rfc = { "RFC 2308 section 2", "RFC 8020" },
    },
    ["auth.alias-broken"] = {
        severity = "critical", direct = true,
        title = "the aliases of the name lead nowhere",
        means = "The name is an alias (CNAME), and whoever follows it comes to no answer: in a circle, over "
            .. "more names than resolvers follow, or to a name that is not there. Resolvers answer SERVFAIL, "
            .. "NXDOMAIN or nothing.",
        decided = "The chain is followed as the servers of each zone on it give it. A CNAME at the apex of a "
            .. "zone is told as well: it hides the zone's own records.",
        mistaken = "A cache that still has the target; a chain of many names that does end.",
        fixes = "Point the alias at a name that exists, or bring the target back.",
        rfc = { "RFC 1034 section 3.6.2", "RFC 2181 section 10.1" },
    },
}
