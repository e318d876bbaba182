# SPDX-License-Identifier: MIT
"""What the field reports of signed zones, one thing broken at a time, and signed zones that are odd and in order. The proof
is delv's, which validates by itself, wherever it can see the fault."""
import zones
from addresses import APP, APP_V6, DOMAIN, MAJORS, NS1, NS1_V6, NS2, NS3
from dnssec import DAY_S, EXPIRED, sign, sign_above
from field import (TLD_A, TLD_B, OnlineKnot, blame, delv_rejects, dnskeys, drop_signature, ds_tag, edit, is_set, prove_delv,
                   roll_zsk, set_hoster, sign_all, sign_shop, split_tld, spoil_signature, take_set, with_alias, zsk_tag)

CLOUDFLARE, GOOGLE, QUAD9 = (MAJORS[n][1] for n in range(3))
BELOW = {"zone": DOMAIN, "folder": "sign-shop"}   # delv asks a server of the zone itself, from the zone's own keys
HOUR_S = 3600
# dnssec.bogus is never healed by waiting, unless signatures are about to begin.
NEVER = ("wait", "its load")


def _reason(reason, rrtype=None, zone=DOMAIN, server=None):
    facts = {"reason": reason, "zone": zone}
    if rrtype:
        facts["type"] = rrtype
    if server:
        facts["servers"] = server
    return facts


# ---- one thing broken ----

def bad_denial(world):
    """A is fine; AAAA does not exist, and the signature over the NSEC that says so is broken."""
    signed = sign_all(world, zones.shop(app_v6=[]))
    world.set_zone(spoil_signature(signed, DOMAIN, "NSEC"))
    world.start()
    prove_delv(world, "@%s %s A" % (NS1, DOMAIN), "fully validated", APP[0], **BELOW)
    delv_rejects(world, "@%s %s AAAA" % (NS1, DOMAIN), **BELOW)
    world.prove("@%s %s AAAA +time=5" % (CLOUDFLARE, DOMAIN), "status: SERVFAIL")
    world.prove("@%s %s A" % (CLOUDFLARE, DOMAIN), "status: NOERROR")
    blame(world, "dnssec.bogus", facts=_reason("bad-denial", "AAAA"), never=NEVER)


def bad_denial_nsec3(world):
    """The same with NSEC3, at one server only: resolvers that ask it ask on elsewhere, and some give up."""
    signed = sign_all(world, zones.shop(app_v6=[]), options=("-3", "-"))
    owner = [line.split()[0] for line in signed.splitlines() if " NSEC3 " in line.replace("\t", " ") and " SOA " in line]
    world.set_zone(spoil_signature(signed, owner[0], "NSEC3"), "ns2")
    world.start()
    prove_delv(world, "@%s %s AAAA" % (NS1, DOMAIN), "ncache nxrrset", "fully validated", **BELOW)
    delv_rejects(world, "@%s %s AAAA" % (NS2, DOMAIN), **BELOW)
    blame(world, "dnssec.bogus", facts=_reason("bad-denial", "AAAA", server=NS2), subject=NS2, never=NEVER)


def bad_denial_nxdomain(world):
    """The name does not exist, and the proof of that has expired at every server: two things to say."""
    fresh = sign_all(world, zones.shop())
    old, _ = sign_shop(world, zones.shop(), **EXPIRED)
    for name in (DOMAIN, "mail.shop.example.", "ns1.shop.example.", "ns2.shop.example.", "www.shop.example."):
        fresh = take_set(fresh, old, name, "NSEC")
    world.set_zone(fresh)
    world.start()
    prove_delv(world, "@%s %s A" % (NS1, DOMAIN), "fully validated", **BELOW)
    delv_rejects(world, "@%s wwww.%s A" % (NS1, DOMAIN), **BELOW)
    world.prove("@%s wwww.%s A +time=5" % (CLOUDFLARE, DOMAIN), "status: SERVFAIL")
    blame(world, "dnssec.bogus", "auth.name-missing", facts=_reason("bad-denial"), any_order=True, domain="wwww.shop.example",
          never=NEVER)


def expired_type(world):
    """At ns3 only the signature over AAAA has expired."""
    signed = sign_all(world, zones.shop())
    old, _ = sign_shop(world, zones.shop(), **EXPIRED)
    world.set_zone(take_set(signed, old, DOMAIN, "AAAA"), "ns3")
    world.start()
    delv_rejects(world, "@%s %s AAAA" % (NS3, DOMAIN), "expired", **BELOW)
    prove_delv(world, "@%s %s A" % (NS3, DOMAIN), "fully validated", **BELOW)
    prove_delv(world, "@%s %s AAAA" % (NS1, DOMAIN), "fully validated", **BELOW)
    blame(world, "dnssec.bogus", facts=_reason("expired", "AAAA", server=NS3), subject=NS3, never=NEVER)


def expired_keys(world):
    """Everything is signed freshly but the DNSKEY set, whose signatures ran out: the key ceremony was forgotten."""
    signed = sign_all(world, zones.shop())
    old, _ = sign_shop(world, zones.shop(), **EXPIRED)
    world.set_zone(take_set(signed, old, DOMAIN, "DNSKEY", records=False))
    world.start()
    delv_rejects(world, "@%s %s A" % (CLOUDFLARE, DOMAIN))
    world.prove("@%s %s A +time=5" % (CLOUDFLARE, DOMAIN), "status: SERVFAIL")
    blame(world, "dnssec.bogus", facts=_reason("expired", "DNSKEY"), never=NEVER)


def not_yet_valid(world):
    """The signer's clock is three days ahead: the signatures have not begun (validators forgive a day at most)."""
    sign_all(world, zones.shop(), start_s=3 * DAY_S, end_s=30 * DAY_S)
    world.start()
    delv_rejects(world, "@%s %s A" % (NS1, DOMAIN), **BELOW)
    world.prove("@%s %s A +time=5" % (CLOUDFLARE, DOMAIN), "status: SERVFAIL")
    blame(world, "dnssec.bogus", facts=_reason("not-yet-valid"), says=("clock",))


def no_signature_at_one(world):
    """ns2 has a copy of the zone from before it was signed (bw., seen for weeks)."""
    sign_all(world, zones.shop())
    world.set_zone(zones.shop(), "ns2")
    world.start()
    delv_rejects(world, "@%s %s A" % (NS2, DOMAIN), **BELOW)
    prove_delv(world, "@%s %s A" % (NS1, DOMAIN), "fully validated", **BELOW)
    blame(world, "dnssec.bogus", facts=_reason("no-signature", server=NS2), subject=NS2, never=NEVER)


def no_signature_of_type(world):
    """The signer left one set out: AAAA has no signature anywhere."""
    signed = sign_all(world, zones.shop())
    world.set_zone(drop_signature(signed, DOMAIN, "AAAA"))
    world.start()
    delv_rejects(world, "@%s %s AAAA" % (NS1, DOMAIN), **BELOW)
    prove_delv(world, "@%s %s A" % (NS1, DOMAIN), "fully validated", **BELOW)
    blame(world, "dnssec.bogus", facts=_reason("no-signature", "AAAA"), never=NEVER)


def wrong_signature(world):
    """Somebody edited the signed zone by hand: the address no longer fits its signature, at any server."""
    signed = sign_all(world, zones.shop(app=[APP[0]]))
    world.set_zone(edit(signed, lambda line: line.replace(APP[0], APP[1]) if is_set(line, DOMAIN, "A") else line))
    world.start()
    delv_rejects(world, "@%s %s A" % (NS2, DOMAIN), **BELOW)
    prove_delv(world, "@%s %s AAAA" % (NS2, DOMAIN), "fully validated", **BELOW)
    blame(world, "dnssec.bogus", facts=_reason("wrong-signature", "A"), never=NEVER)


def wrong_signature_at_one(world):
    """ns2 signs by itself, with a broken machine: its signature over A does not fit the data, which are right."""
    signed = sign_all(world, zones.shop())
    world.set_zone(spoil_signature(signed, DOMAIN, "A"), "ns2")
    world.start()
    delv_rejects(world, "@%s %s A" % (NS2, DOMAIN), **BELOW)
    prove_delv(world, "@%s %s A" % (NS1, DOMAIN), "fully validated", **BELOW)
    blame(world, "dnssec.bogus", facts=_reason("wrong-signature", "A", server=NS2), subject=NS2, never=NEVER)


def ds_mismatch(world):
    """The zone was signed with new keys when it moved, and the registry still has the DS of the old ones (nasa.gov, 2012)."""
    sign_all(world, zones.shop())
    fresh, _ = sign_shop(world, zones.shop(), folder="fresh-keys")
    world.set_zone(fresh)
    world.start()
    delv_rejects(world, "@%s %s A" % (CLOUDFLARE, DOMAIN))
    world.prove("@%s %s A +time=5" % (CLOUDFLARE, DOMAIN), "status: SERVFAIL")
    blame(world, "dnssec.bogus", facts=_reason("ds-mismatch"), says=("ds",), never=NEVER)


def ds_of_unsigned_zone(world):
    """The zone moved to a hoster that does not sign, and the registry still has its DS."""
    sign_all(world, zones.shop())
    world.set_zone(zones.shop())
    world.start()
    delv_rejects(world, "@%s %s A" % (CLOUDFLARE, DOMAIN))
    world.prove("@%s %s A +time=5" % (CLOUDFLARE, DOMAIN), "status: SERVFAIL")
    world.prove("@%s %s DNSKEY +norec" % (NS1, DOMAIN), "ANSWER: 0")
    blame(world, "dnssec.bogus", facts=_reason("key-missing"), says=("ds",), never=NEVER)


def ds_at_one_parent(world):
    """One server of example. still has the DS of the former keys."""
    _, old_ds = sign_shop(world, zones.shop(), folder="old-keys")
    sign_all(world, zones.shop())
    old_parent, _ = sign(world.path("sign-example"), "example.", zones.tld("example.").replace("2026112201", "2026112101") + old_ds)
    split_tld(world, old_parent)
    world.start()
    tag, former = (ds_tag(world, folder) for folder in ("sign-shop", "old-keys"))
    world.prove("@%s %s DS +norec +short" % (TLD_A, DOMAIN), tag, absent=[former])
    world.prove("@%s %s DS +norec +short" % (TLD_B, DOMAIN), former, absent=[tag])
    blame(world, "delegation.parent-divergence", subject=TLD_B, says=("ds",), never=("wait",))


def key_missing(world):
    """After a roll of the zone signing key the old key was taken away, and its signatures are still there (de., 5 May 2026)."""
    signed = sign_all(world, zones.shop())
    rolled, _ = sign_shop(world, zones.shop(), folder=roll_zsk(world, "sign-shop", "rolled"))
    world.set_zone(take_set(signed, rolled, DOMAIN, "DNSKEY"))
    world.start()
    world.prove("@%s %s DNSKEY +norec +rrcomments" % (NS1, DOMAIN), "key id = ", absent=[zsk_tag(signed)])
    delv_rejects(world, "@%s %s A" % (CLOUDFLARE, DOMAIN))
    blame(world, "dnssec.bogus", facts=_reason("key-missing"), never=NEVER)


def multi_signer_half(world):
    """Two providers sign with keys of their own, and neither has published the other's: what validates depends on whom a
    resolver asked for the keys and whom for the address (RFC 8901)."""
    one, ds_one = sign_shop(world, zones.shop())
    two, ds_two = sign_shop(world, zones.shop(), folder="sign-two")
    sign_above(world, ds_one + ds_two)
    world.set_zone(one, "ns1", "ns2")
    world.set_zone(two, "ns3")
    world.start()
    prove_delv(world, "@%s %s A" % (NS1, DOMAIN), "fully validated", **BELOW)
    prove_delv(world, "@%s %s A" % (NS3, DOMAIN), "fully validated", zone=DOMAIN, folder="sign-two")
    blame(world, "dnssec.bogus", facts=_reason("key-missing", server=NS3), subject=NS3, says=("key",), never=NEVER)


def above_expired(world):
    """The zone is not signed; the signatures of example. above it have expired, and no validator finds it."""
    sign_above(world, "", **EXPIRED)
    world.start()
    delv_rejects(world, "@%s %s A" % (CLOUDFLARE, DOMAIN))
    world.prove("@%s %s A +time=5" % (CLOUDFLARE, DOMAIN), "status: SERVFAIL")
    world.prove("@%s %s A +cd" % (CLOUDFLARE, DOMAIN), "status: NOERROR", APP[0])
    blame(world, "dnssec.bogus", facts=_reason("expired", zone="example."), says=("example.",), never=NEVER)


def above_expired_at_one(world):
    """One of the two servers of example. has signatures that have expired (a secondary that gets no transfers)."""
    sign_all(world, zones.shop())
    ds = [line for line in world.servers["tld-example"].zones["example."].splitlines() if is_set(line, DOMAIN, "DS")]
    old, _ = sign(world.path("sign-example"), "example.", zones.tld("example.") + "\n".join(ds) + "\n", **EXPIRED)
    split_tld(world, old)
    world.start()
    at = {"zone": "example.", "folder": "sign-example"}
    prove_delv(world, "@%s %s DS" % (TLD_A, DOMAIN), "fully validated", **at)
    delv_rejects(world, "@%s %s DS" % (TLD_B, DOMAIN), **at)
    blame(world, "dnssec.bogus", facts=_reason("expired", zone="example.", server=TLD_B), subject=TLD_B, never=NEVER)


def above_bad_referral(world):
    """The zone is not signed, and the NSEC3 with which example. proves that has a broken signature."""
    sign_above(world, "", options=("-3", "-"))
    good = world.servers["tld-example"].zones["example."]
    owners = [line.split()[0] for line in good.splitlines() if "\tNSEC3 " in line or " NSEC3 " in line.replace("\t", " ")]
    bad = good
    for owner in {o for o in owners if o.count(".") == 2}:
        bad = spoil_signature(bad, owner, "NSEC3")
    world.servers["tld-example"].load({"example.": bad})
    world.start()
    delv_rejects(world, "@%s %s A" % (CLOUDFLARE, DOMAIN))
    world.prove("@%s %s A +time=5" % (CLOUDFLARE, DOMAIN), "status: SERVFAIL")
    blame(world, "dnssec.bogus", facts=_reason("bad-denial", zone="example."), says=("example.",), never=NEVER)


def expiring(world):
    """The signatures end in 20 hours, and the signer has not made new ones for a month."""
    sign_all(world, zones.shop(), start_s=-29 * DAY_S, end_s=20 * HOUR_S)
    world.start()
    prove_delv(world, "@%s %s A" % (CLOUDFLARE, DOMAIN), "fully validated")
    blame(world, "dnssec.expiring", severity="warning", says=(DOMAIN,))


def expiring_at_one(world):
    """ns3 has got no transfer for weeks: its signatures end in 30 hours, those of the others in a month."""
    sign_all(world, zones.shop())
    old, _ = sign_shop(world, zones.shop(), start_s=-28 * DAY_S, end_s=30 * HOUR_S)
    world.set_zone(old, "ns3")
    world.start()
    prove_delv(world, "@%s %s A" % (NS3, DOMAIN), "fully validated", **BELOW)
    blame(world, "dnssec.expiring", severity="warning", subject=NS3)


def _aggressive(world):
    for name, _, _ in MAJORS:
        world.servers[name].extra += "\n aggressive-nsec: yes"


def _with_and_without_www():
    without = zones.shop().replace("www.shop.example. 300 IN CNAME %s\n" % DOMAIN, "")
    return without + "www.shop.example. 300 IN A %s\nwww.shop.example. 300 IN AAAA %s\n" % (APP[0], APP_V6[0]), without


def _add_www(gap, whole):
    """The zone signed without www, and www with its signatures, but not in the NSEC chain."""
    return take_set(take_set(gap, whole, "www.shop.example.", "A"), whole, "www.shop.example.", "AAAA")


def nsec_gap(world):
    """The NSEC chain leaves www out; after anybody asks wwv, aggressive resolvers deny www for ten minutes (zones that were not
    rectified)."""
    with_www, without = _with_and_without_www()
    whole = sign_all(world, with_www)
    gap, _ = sign_shop(world, without)
    world.set_zone(_add_www(gap, whole))
    _aggressive(world)
    world.start()
    prove_delv(world, "@%s www.%s A" % (NS1, DOMAIN), "fully validated", APP[0], **BELOW)
    prove_delv(world, "@%s wwv.%s A" % (NS1, DOMAIN), "ncache nxdomain", "fully validated", **BELOW)
    for resolver in (GOOGLE, QUAD9):
        world.dig("@%s wwv.%s A" % (resolver, DOMAIN))
        world.prove("@%s www.%s A" % (resolver, DOMAIN), "status: NXDOMAIN")
    blame(world, "auth.wrong-denial", says=("NSEC",), never=("wait",), domain="www.shop.example")


def nsec_gap_unseen(world):
    """The same at ns2 only, and nobody has asked a neighbour yet: every resolver is right today."""
    with_www, without = _with_and_without_www()
    whole = sign_all(world, with_www, options=("-3", "-"))
    gap, _ = sign_shop(world, without, options=("-3", "-"))
    world.set_zone(_add_www(gap, whole), "ns2")
    world.start()
    prove_delv(world, "@%s www.%s A" % (NS2, DOMAIN), "fully validated", APP[0], **BELOW)
    blame(world, "auth.wrong-denial", severity=None, says=("NSEC3",), subject=NS2, domain="www.shop.example")


def nsec_bitmap(world):
    """AAAA does not exist, and the NSEC that says so denies A as well (global load balancers): whoever asked AAAA first gets no A."""
    base = zones.shop().replace("www.shop.example. 300 IN CNAME " + DOMAIN, "www.shop.example. 300 IN TXT \"here\"")
    whole = sign_all(world, base + "www.shop.example. 300 IN A %s\n" % APP[0])
    less, _ = sign_shop(world, base)
    world.set_zone(take_set(whole, less, "www.shop.example.", "NSEC"))
    _aggressive(world)
    world.start()
    prove_delv(world, "@%s www.%s A" % (NS1, DOMAIN), "fully validated", APP[0], **BELOW)
    world.prove("@%s www.%s AAAA +norec +dnssec" % (NS1, DOMAIN), "NSEC\tshop.example. TXT RRSIG NSEC")
    world.dig("@%s www.%s AAAA +dnssec" % (GOOGLE, DOMAIN))
    blame(world, "auth.wrong-denial", says=("NSEC",), never=("wait",), domain="www.shop.example")


# ---- odd, and in order ----

def healthy_opt_out(world):
    """example. is signed with NSEC3 and opt-out; the zone has no DS, and only an opt-out span says so."""
    sign_above(world, "", options=("-3", "-", "-A"))
    world.start()
    world.prove("@%s %s A +norec +dnssec" % (TLD_A, DOMAIN), "NSEC3 1 1 0")
    prove_delv(world, "@%s %s A" % (CLOUDFLARE, DOMAIN), "unsigned answer", APP[0])
    world.diagnose()


def healthy_nsec3_iterations(world):
    """NSEC3 with a salt and 50 iterations: against the advice of RFC 9276, and valid."""
    sign_all(world, zones.shop(app_v6=[]), options=("-3", "CAFE", "-H", "50"))
    world.start()
    world.prove("@%s %s AAAA +norec +dnssec" % (NS1, DOMAIN), "NSEC3 1 0 50 CAFE")
    prove_delv(world, "@%s %s AAAA" % (CLOUDFLARE, DOMAIN), "ncache nxrrset", "fully validated")
    world.diagnose()


def _online(world, lifetime):
    text = zones.shop(app_v6=[])
    server = world.add(OnlineKnot, "ns1", [NS1, NS1_V6, NS2, NS3], {"dnshost.net.": zones.hoster(), DOMAIN: text})
    server.lifetime = lifetime
    del world.servers["ns2"], world.servers["ns3"]
    sign_above(world, server.make_key(DOMAIN))


def healthy_compact_denial(world):
    """Knot DNS signs as it answers: what is not there has no data and a compact denial (RFC 9824), on three addresses."""
    _online(world, "30d")
    world.start()
    world.prove("@%s wwww.%s A +norec +dnssec" % (NS2, DOMAIN), "status: NOERROR", "NSEC\t\\000.wwww.shop.example.")
    prove_delv(world, "@%s %s AAAA" % (CLOUDFLARE, DOMAIN), "fully validated", "ncache nxrrset")
    world.diagnose()


def healthy_short_lived_signatures(world):
    """A signer that makes every signature as it answers, valid for two days: that they end soon is no fault."""
    _online(world, "2d")
    world.start()
    prove_delv(world, "@%s %s A" % (CLOUDFLARE, DOMAIN), "fully validated", APP[0])
    world.diagnose()


def healthy_multi_signer(world):
    """Two providers sign with keys of their own, and each has published the other's zone signing key (RFC 8901, model 2)."""
    sign_shop(world, zones.shop())
    sign_shop(world, zones.shop(), folder="sign-two")
    keys = {folder: "\n".join(dnskeys(world.path(folder), 256)) + "\n" for folder in ("sign-shop", "sign-two")}
    one, ds_one = sign_shop(world, zones.shop() + keys["sign-two"])
    two, ds_two = sign_shop(world, zones.shop() + keys["sign-shop"], folder="sign-two")
    sign_above(world, ds_one + ds_two)
    world.set_zone(one, "ns1", "ns2")
    world.set_zone(two, "ns3")
    world.start()
    for address in (NS1, NS3):
        world.prove("@%s %s DNSKEY +norec" % (address, DOMAIN), "ANSWER: 3")
    prove_delv(world, "@%s %s A" % (NS1, DOMAIN), "fully validated", **BELOW)
    prove_delv(world, "@%s %s A" % (NS3, DOMAIN), "fully validated", zone=DOMAIN, folder="sign-two")
    world.diagnose()


def healthy_double_ds(world):
    """A roll of the key signing key is under way: the registry has two DS, and the key of one is not published yet."""
    _, ds_next = sign_shop(world, zones.shop(), folder="next-keys")
    signed, ds = sign_shop(world, zones.shop())
    sign_above(world, ds + ds_next)
    world.set_zone(signed)
    world.start()
    world.prove("@%s %s DS +norec" % (TLD_A, DOMAIN), "ANSWER: 2")
    prove_delv(world, "@%s %s A" % (CLOUDFLARE, DOMAIN), "fully validated")
    world.diagnose()


def _algorithm(world, algorithm):
    sign_all(world, zones.shop(), algorithm=algorithm)
    world.start()
    prove_delv(world, "@%s %s A" % (CLOUDFLARE, DOMAIN), "fully validated", APP[0])
    world.diagnose()


def healthy_ed25519(world):
    """Signed with Ed25519."""
    _algorithm(world, "ED25519")


def healthy_ed448(world):
    """Signed with Ed448."""
    _algorithm(world, "ED448")


def healthy_rsa512(world):
    """Signed with RSA and SHA-512."""
    _algorithm(world, "RSASHA512")


def healthy_p384(world):
    """Signed with ECDSA P-384."""
    _algorithm(world, "ECDSAP384SHA384")


def healthy_wildcard(world):
    """The name exists by a wildcard of a zone with NSEC3: its answer has a proof that the name itself does not exist."""
    wild = ["*.shop.example. 300 IN A " + address for address in APP]
    sign_all(world, zones.shop(more=wild), options=("-3", "-"))
    world.certificate_name = "tenant7.shop.example"
    world.start()
    world.prove("@%s tenant7.%s A +norec +dnssec" % (NS1, DOMAIN), APP[0], "NSEC3")
    prove_delv(world, "@%s tenant7.%s A" % (CLOUDFLARE, DOMAIN), "fully validated", APP[0])
    world.diagnose(domain="tenant7.shop.example")


def healthy_empty_non_terminal(world):
    """eu.shop.example is an empty non-terminal of a signed zone, and the target lies below it."""
    sign_all(world, zones.shop(app_v6=[], more=["api.eu.shop.example. 300 IN A " + address for address in APP]))
    world.certificate_name = "api.eu.shop.example"
    _aggressive(world)
    world.start()
    prove_delv(world, "@%s eu.%s A" % (NS1, DOMAIN), "ncache nxrrset", "fully validated", **BELOW)
    world.diagnose(domain="api.eu.shop.example")


def healthy_alias_to_unsigned(world):
    """A signed alias leads into a zone that is not signed."""
    sign_all(world, with_alias("pool.dnshost.net."))
    set_hoster(world, ["pool.dnshost.net. 60 IN A " + address for address in APP])
    world.start()
    prove_delv(world, "@%s www.%s A" % (CLOUDFLARE, DOMAIN), "pool.dnshost.net.", APP[0], "unsigned answer")
    world.diagnose(domain="www.shop.example")


def healthy_dname(world):
    """Everything below eu.shop.example is a copy of what is below shop.example (DNAME); the alias made from it has no signature."""
    sign_all(world, zones.shop(more=["eu.shop.example. 300 IN DNAME shop.example."]))
    world.start()
    world.prove("@%s www.eu.%s A +norec +dnssec" % (NS1, DOMAIN), "DNAME", "CNAME")
    prove_delv(world, "@%s www.eu.%s A" % (CLOUDFLARE, DOMAIN), "fully validated", APP[0])
    world.certificate_name = "eu.shop.example"
    world.certificate("eu.shop.example", 30)
    world.diagnose(domain="www.eu.shop.example", options=("--set", "app_port=0"))


def healthy_resigned_during_run(world):
    """The servers get a new signing of the zone, one after the other, while we look."""
    sign_all(world, zones.shop())
    later, _ = sign_shop(world, zones.shop(serial=2026112206), start_s=-DAY_S + 60)
    world.start()
    for position, name in enumerate(("ns1", "ns2", "ns3")):
        world.later(4 + 2 * position, lambda n=name: world.set_zone(later, n))
    prove_delv(world, "@%s %s A" % (CLOUDFLARE, DOMAIN), "fully validated")
    world.diagnose()


def healthy_different_signatures(world):
    """The servers sign by themselves with the same keys: the same data, and other signatures at each."""
    sign_all(world, zones.shop())
    for position, name in enumerate(("ns2", "ns3")):
        mine, _ = sign_shop(world, zones.shop(), start_s=-(position + 2) * DAY_S, end_s=(25 - position) * DAY_S)
        world.set_zone(mine, name)
    world.start()
    for address in (NS1, NS2, NS3):
        prove_delv(world, "@%s %s A" % (address, DOMAIN), "fully validated", **BELOW)
    world.diagnose()
