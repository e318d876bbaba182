-- SPDX-License-Identifier: MIT
-- Layer dnssec: signatures that do not verify.
return {
    ["dnssec.bogus"] = {
        severity = "critical",
        direct = true,
        title = "DNSSEC validation fails",
        means = "The zone's signatures do not verify. Resolvers that validate answer SERVFAIL; those that do not give the "
            .. "answer: some users fail, always the same ones.",
        decided = "A resolver answers SERVFAIL without CD and NOERROR with CD (checking disabled) for the same question, more "
            .. "often than chance allows, or its EDE names a DNSSEC error (6 to 12).",
        mistaken = "A resolver that fails for another reason: then CD does not help either.",
        fixes = "Renew the signatures, or make the DS at the parent fit a DNSKEY of the zone. In an emergency: remove the DS.",
        rfc = { "RFC 4035 section 5.5", "RFC 8914 sections 4.7 to 4.13" },
    },
}
