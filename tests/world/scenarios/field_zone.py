# SPDX-License-Identifier: MIT
"""What the field reports of the zone's servers and of the zones above it (unsigned zones; field_dnssec.py has the
signed ones), and neighbours that look alike with nothing wrong in them. Where a public report stands behind a case, it is named."""
import os

import zones
from addresses import (APP, APP_V6, DOMAIN, MAJORS, NS1, NS1_V6, NS2, NS3, NS_NAMES, OLD_APP, ROOTS, SPARE, TLDS)
from dnssec import sign
from field import (TLD_A, TLD_B, BindViews, blame, change_parent, prove_delv, set_hoster, set_net, sign_all, split_tld,
                   spoil, with_alias, without_delegation)
from servers import Bind, Knot, Nsd, Powerdns

OLD = {"app": [OLD_APP], "app_v6": []}
CLOUDFLARE, GOOGLE = MAJORS[0][1], MAJORS[1][1]


# ---- the zones above: their servers do not agree ----

def parent_nxdomain(world):
    """One of the two servers of example. has lost the delegation and says a validly signed NXDOMAIN."""
    sign_all(world, zones.shop())
    plain = without_delegation(zones.tld("example.")).replace("2026112201", "2026112202")
    lost, _ = sign(world.path("sign-example"), "example.", plain)
    split_tld(world, lost)
    world.start()
    world.prove("@%s %s A +norec +dnssec" % (TLD_A, DOMAIN), "status: NOERROR", "ns1.shop.example.")
    world.prove("@%s %s A +norec +dnssec" % (TLD_B, DOMAIN), "status: NXDOMAIN", "flags: qr aa", "NSEC")
    prove_delv(world, "@%s %s A" % (TLD_B, DOMAIN), "ncache nxdomain", "fully validated", zone="example.", folder="sign-example")
    blame(world, "delegation.parent-divergence", subject=TLD_B, says=("registry",), never=("wait", "ttl ends"))


def parent_truncated(world):
    """One server of example. has a zone that was cut off in the middle (de., 12 May 2010): unsigned, `run delegation`."""
    split_tld(world, without_delegation(zones.tld("example.")).replace("2026112201", "2026112202"), kind_b=Nsd)
    world.start()
    world.prove("@%s %s NS +norec" % (TLD_A, DOMAIN), "status: NOERROR", NS1)
    world.prove("@%s %s NS +norec" % (TLD_B, DOMAIN), "status: NXDOMAIN", "flags: qr aa")
    blame(world, "delegation.parent-divergence", subject=TLD_B, runbook="delegation")


def parent_servfail(world):
    """One server of example. knows the zone, and its copy has expired: SERVFAIL; resolvers go to the other one."""
    split_tld(world, zones.tld("example."))
    server = world.servers["tld-example-b"]
    os.remove(server.zone_file("example."))
    server.ready = lambda: world.answer(TLD_B) is not None
    world.start()
    world.prove("@%s %s A +norec" % (TLD_B, DOMAIN), "status: SERVFAIL")
    world.prove("@%s %s A +norec" % (TLD_A, DOMAIN), "status: NOERROR", NS1)
    blame(world, "auth.lame", severity=None, subject=TLD_B)


def parent_dead(world):
    """One of the two servers of example. answers nobody."""
    split_tld(world, zones.tld("example."))
    world.start()
    four, six = TLDS["example."][1][1:]
    world.drop("ip daddr %s" % four, "internet", "input")
    world.drop("ip6 daddr %s" % six, "internet", "input")
    world.prove("@%s %s A +norec" % (TLD_B, DOMAIN), "no servers could be reached")
    blame(world, "auth.ns-unreachable", severity="warning", subject=TLD_B)


def parent_old_servers(world):
    """One server of example. still delegates the zone to its former hoster, who still answers with the old address."""
    former = SPARE[1]
    lines = ["%s 86400 IN NS old.dnshost.net." % DOMAIN]
    split_tld(world, zones.tld("example.").replace("\n".join(zones.delegation()), "\n".join(lines)), kind_b=Nsd)
    set_hoster(world, ["old.dnshost.net. 86400 IN A " + former])
    world.add(Nsd, "former", [former], {DOMAIN: zones.shop(names=("old.dnshost.net.",), serial=2025010101, **OLD)})
    world.start()
    world.prove("@%s %s A +norec" % (TLD_A, DOMAIN), "ns1.shop.example.", absent=["old.dnshost.net."])
    world.prove("@%s %s A +norec" % (TLD_B, DOMAIN), "old.dnshost.net.", absent=["ns1.shop.example."])
    world.prove("@%s %s A +norec +short" % (former, DOMAIN), OLD_APP)
    blame(world, "delegation.parent-divergence", subject=TLD_B, never=("zone transfer",))


def root_old_servers(world):
    """One root server still delegates example. to a former operator, whose server has old data of the whole TLD."""
    name, four, six = ROOTS[9]
    former = SPARE[1]
    old_host = ["old.dnshost.net. 86400 IN A " + SPARE[2]]
    text = zones.root()
    for server, a, aaaa in TLDS["example."]:
        text = text.replace("example. 172800 IN NS %s\n%s 172800 IN A %s\n%s 172800 IN AAAA %s\n" % (server, server, a, server, aaaa), "")
    text += "example. 172800 IN NS ns.former.example.\nns.former.example. 172800 IN A %s\n" % former
    world.add(Nsd, "root", [a for n, v4, v6 in ROOTS if n != name for a in (v4, v6)], {".": zones.root()})
    world.add(Knot, "root-j", [four, six], {".": text.replace("2026112200", "2026112100")})
    set_hoster(world, old_host)
    lines = [zones.SOA % ("example.", 3600, "ns.former.example.", "example.", 2020010101, 900),
             "example. 172800 IN NS ns.former.example.", "ns.former.example. 172800 IN A " + former,
             "%s 86400 IN NS old.dnshost.net." % DOMAIN]
    world.add(Bind, "former-tld", [former], {"example.": "\n".join(lines) + "\n"})
    world.add(Nsd, "former", [SPARE[2]], {DOMAIN: zones.shop(names=("old.dnshost.net.",), serial=2025010101, **OLD)})
    world.start()
    world.prove("@%s %s A +norec" % (four, DOMAIN), "ns.former.example.", absent=["a.nic.example."])
    world.prove("@%s %s A +norec" % (ROOTS[0][1], DOMAIN), "a.nic.example.", absent=["ns.former.example."])
    world.prove("@%s %s A +norec +short" % (SPARE[2], DOMAIN), OLD_APP)
    blame(world, "delegation.parent-divergence", subject=four)


def _app_zone(world):
    """app.shop.example, a zone of its own at two new servers, delegated by shop.example; the delegation's lines."""
    names = {"ns-a.app.shop.example.": SPARE[0], "ns-b.app.shop.example.": SPARE[1]}
    lines = ["app.shop.example. 3600 IN NS " + name for name in names]
    glue = ["%s 3600 IN A %s" % pair for pair in names.items()]
    zone = [zones.SOA % ("app.shop.example.", 3600, "ns-a.app.shop.example.", DOMAIN, 7, 300), *lines, *glue]
    zone += ["app.shop.example. 300 IN A " + address for address in APP]
    for kind, name, address in ((Knot, "app-a", SPARE[0]), (Nsd, "app-b", SPARE[1])):
        world.add(kind, name, [address], {"app.shop.example.": "\n".join(zone) + "\n"})
    world.certificate_name = "app.shop.example"
    return lines + glue


def midparent(world):
    """ns3 of shop.example is old and delegates app.shop.example to the former hoster, who still answers."""
    former = SPARE[2]
    world.set_zone(zones.shop(more=_app_zone(world)), "ns1", "ns2")
    world.set_zone(zones.shop(serial=2026110101, more=["app.shop.example. 3600 IN NS old.dnshost.net."]), "ns3")
    set_hoster(world, ["old.dnshost.net. 86400 IN A " + former])
    old = [zones.SOA % ("app.shop.example.", 3600, "old.dnshost.net.", DOMAIN, 3, 300),
           "app.shop.example. 3600 IN NS old.dnshost.net.", "app.shop.example. 300 IN A " + OLD_APP]
    world.add(Nsd, "former", [former], {"app.shop.example.": "\n".join(old) + "\n"})
    world.start()
    world.prove("@%s app.%s A +norec" % (NS1, DOMAIN), "ns-a.app.shop.example.", absent=["old.dnshost.net."])
    world.prove("@%s app.%s A +norec" % (NS3, DOMAIN), "old.dnshost.net.", absent=["ns-a.app.shop.example."])
    world.prove("@%s app.%s A +norec +short" % (former, DOMAIN), OLD_APP)
    blame(world, "delegation.parent-divergence", subject=NS3, never=("at the former", former), domain="app.shop.example")


def midparent_missing(world):
    """The delegation of app.shop.example was added, and ns2 of shop.example has not got it: NXDOMAIN there."""
    world.set_zone(zones.shop(more=_app_zone(world)), "ns1", "ns3")
    world.set_zone(zones.shop(serial=2026112204), "ns2")
    world.start()
    world.prove("@%s app.%s A +norec" % (NS1, DOMAIN), "ns-a.app.shop.example.")
    world.prove("@%s app.%s A +norec" % (NS2, DOMAIN), "status: NXDOMAIN", "flags: qr aa")
    blame(world, "delegation.parent-divergence", subject=NS2, domain="app.shop.example")


# ---- name servers' names ----

def ns_name_dead(world):
    """Two of three name servers' names lie in a zone whose servers are all silent."""
    silent = SPARE[2]
    names = ("ns1", "dns1.partner.net.", "dns2.partner.net.")
    set_net(world, ["partner.net. 172800 IN NS ns.partner.net.", "ns.partner.net. 172800 IN A " + silent])
    world.set_parent(zones.delegation(names, {"ns1": [NS1, NS1_V6]}))
    world.set_zone(zones.shop(names=names))
    world.start()
    world.drop("ip daddr %s" % silent, "internet", "input")
    world.prove("@%s %s NS +short" % (NS1, DOMAIN), *names[1:])
    world.prove("@192.5.6.30 dns1.partner.net A +norec", silent)
    world.prove("@%s dns1.partner.net A +norec" % silent, "no servers could be reached")
    blame(world, "delegation.ns-unusable", severity="warning", subject="partner.net", says=("partner.net", silent))


def ns_names_all_dead(world):
    """All name servers' names lie in a zone whose servers are silent: nobody can resolve the name."""
    silent = SPARE[2]
    names = ("dns1.partner.net.", "dns2.partner.net.")
    set_net(world, ["partner.net. 172800 IN NS ns.partner.net.", "ns.partner.net. 172800 IN A " + silent])
    world.set_parent(zones.delegation(names, {}))
    world.set_zone(zones.shop(names=names))
    world.start()
    world.drop("ip daddr %s" % silent, "internet", "input")
    world.prove("@%s dns1.partner.net A +norec" % silent, "no servers could be reached")
    world.prove("@%s %s A +norec +short" % (NS1, DOMAIN), *APP)
    world.prove("+time=5 @%s %s A" % (GOOGLE, DOMAIN), absent=["status: NOERROR"])
    blame(world, "delegation.ns-unusable", subject="partner.net", says=("partner.net",))


def ns_circle(world):
    """Two zones that need one another: each one's only name server has its name in the other, and nobody has glue (tsuNAME)."""
    names = ("ns1.partner.net.",)
    set_net(world, ["partner.net. 172800 IN NS ns1.shop.example."])
    world.set_parent(zones.delegation(names, {}))
    partner = [zones.SOA % ("partner.net.", 3600, "ns1.shop.example.", "partner.net.", 5, 300),
               "partner.net. 3600 IN NS ns1.shop.example.", "ns1.partner.net. 3600 IN A " + NS1]
    world.set_zone(zones.shop(names=names))
    world.servers["ns1"].load({"partner.net.": "\n".join(partner) + "\n"})
    world.start()
    world.prove("@%s %s A +norec" % (TLD_A, DOMAIN), "ns1.partner.net.", "ADDITIONAL: 1")
    world.prove("@192.5.6.30 partner.net A +norec", "ns1.shop.example.", "ADDITIONAL: 1")
    world.prove("@%s ns1.partner.net A +norec +short" % NS1, NS1)
    world.prove("+time=8 @%s %s A" % (GOOGLE, DOMAIN), "status: SERVFAIL")
    blame(world, "delegation.ns-unusable", subject="partner.net", says=("partner.net", "shop.example"))


def ns_is_alias(world):
    """A name server's name is an alias (RFC 2181 section 10.3)."""
    names = ("ns1", "ns2", "dns.dnshost.net.")
    set_hoster(world, ["dns.dnshost.net. 3600 IN CNAME ns3.dnshost.net."])
    world.set_parent(zones.delegation(names))
    world.set_zone(zones.shop(names=names))
    world.start()
    world.prove("@%s dns.dnshost.net A +norec" % NS3, "CNAME", NS3)
    world.prove("@%s %s NS +short" % (NS1, DOMAIN), "dns.dnshost.net.")
    blame(world, "delegation.ns-unusable", severity="warning", subject="dns.dnshost.net", says=("alias",))


def private_ns(world):
    """ns4 has a private address in zone and glue, which nobody outside can reach."""
    names = ("ns1", "ns2", "ns4.shop.example.")
    more = ["ns4.shop.example. 3600 IN A 10.8.0.53"]
    world.set_zone(zones.shop(names=names, more=more))
    world.set_parent(zones.delegation(names) + ["ns4.shop.example. 86400 IN A 10.8.0.53"])
    world.start()
    world.prove("@%s %s NS +norec" % (TLD_A, DOMAIN), "10.8.0.53")
    world.prove("@%s ns4.%s A +norec +short" % (NS1, DOMAIN), "10.8.0.53")
    blame(world, "delegation.ns-unusable", severity="warning", subject="10.8.0.53", says=("private",))


def private_ns_ula(world):
    """A name server outside the zone has an IPv6 address of a local network (fd00::/8) beside its public IPv4 one."""
    set_hoster(world, ["ns3.dnshost.net. 86400 IN AAAA fd12:3456:789a::53"])
    world.start()
    world.prove("@%s ns3.dnshost.net AAAA +norec +short" % NS3, "fd12:3456:789a::53")
    blame(world, "delegation.ns-unusable", severity="warning", subject="fd12:3456:789a::53")


# ---- which server is right ----

def serial_from_future(world):
    """The secondaries once got a serial of 2062 and never took anything since: the primary (MNAME) has the new data."""
    world.set_zone(zones.shop(serial=2026113001), "ns1")
    world.set_zone(zones.shop(serial=2062112201, **OLD), "ns2", "ns3")
    world.start()
    world.prove("@%s %s SOA +short" % (NS1, DOMAIN), "ns1.shop.example. ", "2026113001")
    world.prove("@%s %s SOA +short" % (NS2, DOMAIN), "ns1.shop.example. ", "2062112201")
    world.prove("@%s %s A +norec +short" % (NS1, DOMAIN), *APP)
    world.prove("@%s %s A +norec +short" % (NS3, DOMAIN), OLD_APP)
    blame(world, "auth.ns-divergence", subject=NS2, says=("serial", "1982"))


def serial_fell_back(world):
    """The primary came back from an old backup with a lower serial; one of its two secondaries keeps the higher one."""
    new = "new.shop.example. 300 IN A " + APP[0]
    world.set_zone(zones.shop(serial=1043, more=[new]), "ns1")
    world.set_zone(zones.shop(serial=1043, more=[new]), "ns2")
    world.set_zone(zones.shop(serial=1088), "ns3")
    world.certificate_name = "new.shop.example"
    world.start()
    world.prove("@%s %s SOA +short" % (NS3, DOMAIN), "1088")
    world.prove("@%s new.%s A +norec" % (NS3, DOMAIN), "status: NXDOMAIN")
    world.prove("@%s new.%s A +norec +short" % (NS1, DOMAIN), APP[0])
    blame(world, "auth.ns-divergence", subject=NS3, says=("serial",), domain="new.shop.example")


def wrong_source(world):
    """One server has two addresses, and answers over UDP always from its first: not the one that was asked."""
    world.add(Nsd, "ns2", [NS2], {DOMAIN: zones.shop()})
    spoil(world, "ns2", "from", SPARE[0])
    world.servers["ns2-front"].ready = lambda: True
    world.start()
    assert world.answer(NS2) == (0, len(APP)), "a socket that takes answers from anywhere gets one"
    world.prove("@%s %s A +norec" % (NS2, DOMAIN), "timed out")
    world.prove("@%s %s A +norec +tcp" % (NS2, DOMAIN), APP[0])
    blame(world, "path.wrong-source", severity="warning", subject=NS2, says=(SPARE[0],))


def mute_type(world):
    """One server never answers AAAA (an old load balancer); A is right."""
    spoil(world, "ns2", "mute", "AAAA")
    world.start()
    world.prove("@%s %s AAAA +norec" % (NS2, DOMAIN), "timed out")
    world.prove("@%s %s A +norec +short" % (NS2, DOMAIN), *APP)
    blame(world, "auth.type-broken", severity=None, subject=NS2, says=("AAAA",), never=("intermittent",))


def notimp_type(world):
    """All servers answer AAAA with NOTIMP; the name has no IPv6 address, A is right."""
    world.set_zone(zones.shop(app_v6=[]))
    for name in ("ns1", "ns2", "ns3"):
        spoil(world, name, "refuse-type", "AAAA", "NOTIMP")
    world.start()
    world.prove("@%s %s AAAA +norec" % (NS1, DOMAIN), "status: NOTIMP")
    world.prove("@%s %s A +norec +short" % (NS1, DOMAIN), *APP)
    world.prove("@%s %s AAAA +time=5" % (CLOUDFLARE, DOMAIN), "status: SERVFAIL")
    blame(world, "auth.type-broken", says=("AAAA",), never=("wait",))


# ---- denials that are wrong ----

def _strict(world, *names):
    """Resolvers that minimise question names and take an NXDOMAIN on the way for the end (RFC 9156, RFC 8020)."""
    for name in names:
        world.servers[name].extra += "\n qname-minimisation: yes\n qname-minimisation-strict: yes"


def ent(world):
    """The servers say NXDOMAIN for eu.shop.example, below which api.eu.shop.example exists (rbldnsd, load balancers)."""
    world.set_zone(zones.shop(more=["api.eu.shop.example. 300 IN A " + address for address in APP]))
    for name in ("ns1", "ns2", "ns3"):
        spoil(world, name, "nxdomain-at", "eu.shop.example")
    _strict(world, "cloudflare", "quad9", "odvr")
    world.certificate_name = "api.eu.shop.example"
    world.start()
    world.prove("@%s eu.%s A +norec" % (NS1, DOMAIN), "status: NXDOMAIN", "flags: qr aa")
    world.prove("@%s api.eu.%s A +norec +short" % (NS1, DOMAIN), *APP)
    world.prove("@%s api.eu.%s A" % (CLOUDFLARE, DOMAIN), "status: NXDOMAIN")
    world.prove("@%s api.eu.%s A" % (GOOGLE, DOMAIN), "status: NOERROR", APP[0])
    blame(world, "auth.wrong-denial", says=("eu.shop.example",), never=("wait",), domain="api.eu.shop.example")


def ent_unseen(world):
    """The same at one server only, with resolvers that all get round it: wrong today, and nobody has met it yet."""
    world.set_zone(zones.shop(more=["api.eu.shop.example. 300 IN A " + address for address in APP]))
    spoil(world, "ns2", "nxdomain-at", "eu.shop.example")
    world.certificate_name = "api.eu.shop.example"
    world.start()
    world.prove("@%s eu.%s A +norec" % (NS1, DOMAIN), "status: NOERROR", "ANSWER: 0")
    world.prove("@%s eu.%s A +norec" % (NS2, DOMAIN), "status: NXDOMAIN")
    world.prove("@%s api.eu.%s A" % (CLOUDFLARE, DOMAIN), "status: NOERROR", APP[0])
    blame(world, "auth.wrong-denial", severity=None, subject=NS2, domain="api.eu.shop.example")


def nxdomain_for_aaaa(world):
    """The servers say NXDOMAIN for AAAA of a name that has an A record (load balancers, service discovery)."""
    world.set_zone(zones.shop(app_v6=[], more=["lb.shop.example. 30 IN A " + address for address in APP]))
    for name in ("ns1", "ns2", "ns3"):
        spoil(world, name, "nxdomain-at", "lb.shop.example", "AAAA")
    world.certificate_name = "lb.shop.example"
    world.start()
    world.prove("@%s lb.%s AAAA +norec" % (NS1, DOMAIN), "status: NXDOMAIN", "flags: qr aa")
    world.prove("@%s lb.%s A +norec +short" % (NS1, DOMAIN), *APP)
    blame(world, "auth.wrong-denial", says=("AAAA",), domain="lb.shop.example")


# ---- names that are not there, aliases that lead nowhere ----

def circle(world):
    """www.shop.example is an alias of shop.fastcdn.net, and that one of www.shop.example."""
    world.set_zone(with_alias("shop.fastcdn.net."))
    set_net(world, ["fastcdn.net. 172800 IN NS ns.fastcdn.net.", "ns.fastcdn.net. 172800 IN A " + SPARE[2]])
    lines = [zones.SOA % ("fastcdn.net.", 3600, "ns.fastcdn.net.", "fastcdn.net.", 5, 300), "fastcdn.net. 3600 IN NS ns.fastcdn.net.",
             "ns.fastcdn.net. 3600 IN A " + SPARE[2], "shop.fastcdn.net. 300 IN CNAME www.shop.example."]
    world.add(Knot, "cdn", [SPARE[2]], {"fastcdn.net.": "\n".join(lines) + "\n"})
    world.start()
    world.prove("@%s www.%s A +norec" % (NS1, DOMAIN), "shop.fastcdn.net.")
    world.prove("@%s shop.fastcdn.net A +norec" % SPARE[2], "www.shop.example.")
    blame(world, "auth.alias-broken", facts={"reason": "circle"}, says=("shop.fastcdn.net",), never=("wait",), domain="www.shop.example")


def circle_in_zone(world):
    """Two names of one zone are aliases of one another."""
    world.set_zone(with_alias("web.shop.example.") + "web.shop.example. 300 IN CNAME www.shop.example.\n")
    world.start()
    world.prove("@%s www.%s A +norec" % (NS2, DOMAIN), "web.shop.example.", "ANSWER: 2")
    blame(world, "auth.alias-broken", facts={"reason": "circle"}, never=("wait",), domain="www.shop.example")


def target_missing(world):
    """www.shop.example is an alias of a name that does not exist: the service behind it was removed."""
    world.set_zone(with_alias("shop-prod.dnshost.net."))
    world.start()
    world.prove("@%s www.%s A +norec" % (NS1, DOMAIN), "CNAME", "shop-prod.dnshost.net.")
    world.prove("@%s shop-prod.dnshost.net A +norec" % NS3, "status: NXDOMAIN", "flags: qr aa")
    world.prove("@%s www.%s A" % (GOOGLE, DOMAIN), "status: NXDOMAIN", "shop-prod.dnshost.net.")
    blame(world, "auth.alias-broken", facts={"reason": "target-missing"}, says=("shop-prod.dnshost.net", "dnshost.net"), domain="www.shop.example")


def target_zone_gone(world):
    """The alias leads into a domain that is not registered any more: its parent says NXDOMAIN."""
    world.set_zone(with_alias("shop.oldcdn.net."))
    world.start()
    world.prove("@192.5.6.30 shop.oldcdn.net A +norec", "status: NXDOMAIN", "flags: qr aa")
    blame(world, "auth.alias-broken", facts={"reason": "target-missing"}, says=("shop.oldcdn.net",), domain="www.shop.example")


def alias_too_long(world):
    """Twenty aliases in a row: resolvers give up after eleven or sixteen."""
    chain = ["hop%d.shop.example. 300 IN CNAME hop%d.shop.example." % (n, n + 1) for n in range(1, 20)]
    world.set_zone(with_alias("hop1.shop.example.") + "\n".join(chain + ["hop20.shop.example. 300 IN A " + APP[0]]) + "\n")
    world.start()
    world.prove("@%s hop20.%s A +norec +short" % (NS1, DOMAIN), APP[0])
    world.prove("@%s www.%s A" % (GOOGLE, DOMAIN), "status: SERVFAIL")
    blame(world, "auth.alias-broken", facts={"reason": "too-long"}, domain="www.shop.example")


def alias_at_apex(world):
    """A CNAME beside SOA and NS at the apex: resolvers that have it in their cache find no name servers and no mail."""
    text = zones.shop(app=[], app_v6=[]).replace("shop.example. 3600 IN MX 10 mail.shop.example.\n", "")
    text = text.replace("shop.example. 3600 IN TXT \"v=spf1 mx -all\"\n", "")
    set_hoster(world, ["pool.dnshost.net. 60 IN A " + address for address in APP])
    for name, addresses in (("ns1", [NS1, NS1_V6]), ("ns2", [NS2])):
        world.add(Powerdns, name, addresses, {DOMAIN: text + DOMAIN + " 300 IN CNAME pool.dnshost.net.\n"})
    hoster = world.servers["ns3"].zones["dnshost.net."]
    world.add(Powerdns, "ns3", [NS3], {DOMAIN: text + DOMAIN + " 300 IN CNAME pool.dnshost.net.\n", "dnshost.net.": hoster})
    world.start()
    world.prove("@%s %s A +norec" % (NS1, DOMAIN), "CNAME", "pool.dnshost.net.")
    world.prove("@%s %s MX +norec" % (NS1, DOMAIN), "CNAME")
    blame(world, "auth.alias-broken", severity=None, facts={"reason": "at-apex"})


def missing(world):
    """A typing error: every server says NXDOMAIN."""
    world.start()
    world.prove("@%s wwww.%s A +norec" % (NS1, DOMAIN), "status: NXDOMAIN", "flags: qr aa")
    blame(world, "auth.name-missing", domain="wwww.shop.example", says=("wwww.shop.example",))


def missing_domain(world):
    """The domain itself is not registered: the servers of example. say NXDOMAIN."""
    world.start()
    world.prove("@%s shopp.example A +norec" % TLD_A, "status: NXDOMAIN", "flags: qr aa")
    blame(world, "auth.name-missing", domain="shopp.example", says=("shopp.example", "example."))


def missing_types(world):
    """The name is there, with a TXT record only: none of the types asked for."""
    world.set_zone(zones.shop(more=["_dmarc.shop.example. 300 IN TXT \"v=DMARC1; p=reject\""]))
    world.start()
    world.prove("@%s _dmarc.%s A +norec" % (NS1, DOMAIN), "status: NOERROR", "ANSWER: 0")
    world.prove("@%s _dmarc.%s TXT +norec +short" % (NS1, DOMAIN), "DMARC1")
    blame(world, "auth.name-missing", severity="warning", domain="_dmarc.shop.example")


# ---- nothing wrong ----

def healthy_root_target(world):
    """The target is the root."""
    world.start()
    world.prove("@%s . NS +norec" % ROOTS[0][1], "flags: qr aa", "m.root-servers.net.")
    world.diagnose(domain=".", options=("-t", "NS,SOA"))


def healthy_root_default(world):
    """The target is the root, with the default types: it has no address, and nobody expects one."""
    world.start()
    world.prove("@%s . A +norec" % ROOTS[0][1], "status: NOERROR", "ANSWER: 0")
    world.diagnose(domain=".")


def healthy_tld_target(world):
    """The target is a top-level domain."""
    world.start()
    world.prove("@%s example. NS +norec" % TLD_A, "flags: qr aa", "b.nic.example.")
    world.diagnose(domain="example")


def _reverse_zone(world):
    """The zone of the reverse names beside ns1's address, delegated by the root; the name of that address in it."""
    zone = "216.184.93.in-addr.arpa."
    names = [NS_NAMES["ns1"], NS_NAMES["ns2"]]
    lines = [zones.SOA % (zone, 3600, names[0], DOMAIN, 7, 300), *("%s 3600 IN NS %s" % (zone, name) for name in names)]
    text = "\n".join([*lines, "53.%s 3600 IN PTR ns1.shop.example." % zone]) + "\n"
    for name in ("ns1", "ns2"):
        world.servers[name].load({zone: text})
    world.servers["root"].load({".": zones.root() + "".join("%s 172800 IN NS %s\n" % (zone, name) for name in names)})
    world.start()
    world.prove("-x %s +short" % NS1, "ns1.shop.example.")
    return "53." + zone


def healthy_reverse_name(world):
    """The target is a reverse name."""
    world.diagnose(domain=_reverse_zone(world), options=("-t", "PTR", "--set", "app_port=0"))


def healthy_address_target(world):
    """The target is an address: its reverse name is what is asked for."""
    _reverse_zone(world)
    report = world.diagnose(domain=NS1, options=("-t", "PTR", "--set", "app_port=0"))
    assert report["target"]["name"] == "53.216.184.93.in-addr.arpa.", report["target"]


def healthy_deep_name(world):
    """The target lies five labels below the zone, and nothing is between it and the apex."""
    world.set_zone(zones.shop(more=["a.b.c.d.e.shop.example. 300 IN A " + address for address in APP]))
    world.certificate_name = "a.b.c.d.e.shop.example"
    world.start()
    for name in ("e", "d.e", "b.c.d.e"):
        world.prove("@%s %s.%s A +norec" % (NS2, name, DOMAIN), "status: NOERROR", "ANSWER: 0")
    world.diagnose(domain="a.b.c.d.e.shop.example")


def healthy_any(world):
    """The type asked for is ANY; NSD answers that over UDP with TC set and without the question (refuse-any)."""
    world.start()
    world.prove("@%s %s ANY +norec +tcp" % (NS1, DOMAIN), "flags: qr aa")
    world.prove("@%s %s ANY +norec +notcp +ignore" % (ROOTS[0][1], DOMAIN), "flags: qr tc; QUERY: 0")
    world.diagnose(options=("-t", "ANY", "--set", "app_port=0"))


def healthy_thirteen_servers(world):
    """A zone with thirteen name servers."""
    addresses = {"ns%02d.shop.example." % n: "45.54.64.%d" % (100 + n) for n in range(13)}
    world.internet.ip_batch(["addr add %s/32 dev lo" % address for address in addresses.values()])
    text = zones.shop(names=tuple(addresses), more=["%s 3600 IN A %s" % pair for pair in addresses.items()])
    world.set_parent(["%s 86400 IN NS %s" % (DOMAIN, name) for name in addresses]
                     + ["%s 86400 IN A %s" % pair for pair in addresses.items()])
    spread = list(addresses.values())
    for kind, name, some in ((Bind, "many1", spread[:5]), (Nsd, "many2", spread[5:9]), (Knot, "many3", spread[9:])):
        world.add(kind, name, some, {DOMAIN: text})
    world.start()
    world.prove("@%s %s NS +norec" % (TLD_A, DOMAIN), "ns00.shop.example.", "ns12.shop.example.")
    world.diagnose()


def healthy_nine_aliases(world):
    """Nine aliases in a row, through two zones, lead to addresses."""
    chain = ["hop%d.shop.example. 300 IN CNAME hop%d.shop.example." % (n, n + 1) for n in range(1, 7)]
    world.set_zone(with_alias("hop1.shop.example.") + "\n".join(chain + ["hop7.shop.example. 300 IN CNAME a.dnshost.net."]) + "\n")
    set_hoster(world, ["a.dnshost.net. 60 IN CNAME b.dnshost.net."] + ["b.dnshost.net. 60 IN A " + address for address in APP])
    world.start()
    world.prove("@%s www.%s A +short" % (GOOGLE, DOMAIN), "hop7.shop.example.", "b.dnshost.net.", APP[0])
    world.diagnose(domain="www.shop.example")


def healthy_wildcard(world):
    """The name exists by a wildcard only, and so does every other one beside it."""
    world.set_zone(zones.shop(more=["*.shop.example. 300 IN A " + address for address in APP]))
    world.certificate_name = "tenant7.shop.example"
    world.start()
    world.prove("@%s tenant7.%s A +norec +short" % (NS3, DOMAIN), *APP)
    world.prove("@%s tenant8.%s A +norec +short" % (NS3, DOMAIN), *APP)
    world.diagnose(domain="tenant7.shop.example")


def healthy_empty_non_terminal(world):
    """eu.shop.example is empty, api.eu.shop.example below it exists, and resolvers minimise names strictly."""
    world.set_zone(zones.shop(more=["api.eu.shop.example. 300 IN A " + address for address in APP]))
    _strict(world, "cloudflare", "quad9", "odvr")
    world.certificate_name = "api.eu.shop.example"
    world.start()
    world.prove("@%s eu.%s A +norec" % (NS1, DOMAIN), "status: NOERROR", "ANSWER: 0")
    world.diagnose(domain="api.eu.shop.example")


def healthy_views_by_place(world):
    """BIND gives this host's network one address and everybody else another (views)."""
    for name, addresses in (("ns1", [NS1, NS1_V6]), ("ns2", [NS2]), ("ns3", [NS3])):
        more = {"dnshost.net.": zones.hoster()} if name == "ns3" else {}
        server = world.add(BindViews, name, addresses, {DOMAIN: zones.shop(app=[APP[1]]), **more})
        server.near = {DOMAIN: zones.shop(app=[APP[0]]), **more}
    world.start()
    world.prove("@%s %s A +norec +short" % (NS2, DOMAIN), APP[0], absent=[APP[1]])
    world.prove("@%s %s A +short" % (CLOUDFLARE, DOMAIN), APP[1], absent=[APP[0]])
    world.diagnose()


def healthy_registry_update(world):
    """The registry loads a new zone while we look; both its servers have the same delegation before and after."""
    split_tld(world, zones.tld("example."))
    world.start()
    for step in range(4):
        text = zones.tld("example.").replace("2026112201", str(2026112202 + step)) + "new%d.example. 900 IN NS ns1.shop.example.\n" % step
        for position, name in enumerate(("tld-example", "tld-example-b")):
            world.later(1 + 3 * step + 1.2 * position, lambda t=text, n=name: world.servers[n].load({"example.": t}))
    world.prove("@%s %s NS +norec" % (TLD_B, DOMAIN), "ns1.shop.example.")
    world.diagnose()


def healthy_registry_serials(world):
    """The registry's servers have different serials, as during any publication; the delegation is the same at both."""
    split_tld(world, zones.tld("example.").replace("2026112201", "2026112190"))
    world.start()
    world.prove("@%s example. SOA +norec +short" % TLD_A, "2026112201")
    world.prove("@%s example. SOA +norec +short" % TLD_B, "2026112190")
    world.diagnose()


def healthy_registry_moves(world):
    """The registry changed the zone's servers, at all of its own at once; both lists are right, old caches included."""
    world.set_parent(zones.delegation(("ns1", "ns2"), {"ns1": [NS1, NS1_V6], "ns2": [NS2]}))
    world.set_zone(zones.shop(names=("ns1", "ns2")), "ns1", "ns2", "ns3")
    world.start()
    world.warm("quad9", "odvr")
    change_parent(world, zones.delegation())
    world.set_zone(zones.shop(serial=2026112299))
    world.wait_serial(2026112299)
    world.prove("@%s %s NS +norec" % (TLD_A, DOMAIN), "ns3.dnshost.net.")
    world.diagnose()


def healthy_delegation_below(world):
    """The target lies in a zone of its own below shop.example, and all three servers there delegate it alike."""
    world.set_zone(zones.shop(more=_app_zone(world)))
    world.start()
    for address in (NS1, NS2, NS3):
        world.prove("@%s app.%s A +norec" % (address, DOMAIN), "ns-a.app.shop.example.", SPARE[1])
    world.diagnose(domain="app.shop.example")


def healthy_two_addresses_of_one_host(world):
    """Two name servers' names are one host with two addresses, and a third has IPv6 only: all answer."""
    names = ("ns1", "ns2", "ns3", "ns6.shop.example.")
    world.set_zone(zones.shop(names=names, more=["ns6.shop.example. 3600 IN AAAA " + NS1_V6]))
    world.set_parent(zones.delegation(names) + ["ns6.shop.example. 86400 IN AAAA " + NS1_V6])
    world.start()
    world.prove("@%s ns6.%s AAAA +norec +short" % (NS2, DOMAIN), NS1_V6)
    world.prove("@%s ns6.%s A +norec" % (NS2, DOMAIN), "ANSWER: 0")
    world.diagnose()


def healthy_alias_without_ipv6(world):
    """An alias leads to a name with IPv4 addresses only."""
    world.set_zone(with_alias("v4.dnshost.net."))
    set_hoster(world, ["v4.dnshost.net. 60 IN A " + address for address in APP])
    world.start()
    world.prove("@%s www.%s AAAA +short" % (GOOGLE, DOMAIN), "v4.dnshost.net.", absent=APP_V6)
    world.diagnose(domain="www.shop.example")
