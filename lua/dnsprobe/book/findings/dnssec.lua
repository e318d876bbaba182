-- SPDX-License-Identifier: MIT
-- Layer dnssec: signatures that do not verify.
return {
    ["dnssec.bogus"] = {
        severity = "critical",
        direct = true,
        title = "DNSSEC validation fails",
        means = "The zone's signatures do not verify. Resolvers that validate answer SERVFAIL; those that do "
            .. "not give the answer: some users fail, always the same ones. Where one server of several is "
            .. "at fault, they fail now and then.",
        decided = "A resolver answers SERVFAIL without CD and NOERROR with CD (checking disabled) for the "
            .. "same question, more often than chance allows. Or one of several servers of a zone with a DS "
            .. "at the parent gives what no validator accepts, though the others are in order: signatures "
            .. "out of their dates, none at all, or keys that no DS names. Then that server is the subject, "
            .. "and resolvers fail when they meet it.",
        mistaken = "A resolver that fails for another reason: then CD does not help either. A wrong clock on "
            .. "this host: where all servers look expired, a resolver has to confirm it.",
        fixes = "Renew the signatures, or make the DS at the parent fit a DNSKEY of the zone. In an "
            .. "emergency: remove the DS.",
        rfc = { "RFC 4035 section 5.5", "RFC 8914 sections 4.7 to 4.13" },
    },
}
