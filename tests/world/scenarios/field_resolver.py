# SPDX-License-Identifier: MIT
"""What the field reports of resolvers that do not find the zone, or do not want to, and neighbours with nothing wrong."""
import time

import zones
from addresses import APP, APP_V6, DOMAIN, MAJORS, NS1, NS2, NS3, OLD_APP, SPARE
from field import TLD_A, blame, change_parent, set_hoster, sign_all, spoil
from net import wait_until
from servers import Bind, Nsd

LIMIT_WINDOW_S = 1.5   # after the proof: the limiter has forgotten it
ADDRESS = {name: four for name, four, _ in MAJORS}
FORMER = {"old1.dnshost.net.": SPARE[0], "old2.dnshost.net.": SPARE[1]}


def _former_provider(world, text, *held):
    """The registry once listed the former provider's two servers, and the named resolvers asked then; now it lists the new
    ones. The former ones serve on, with their own NS records, which stay for a day."""
    set_hoster(world, ["%s 86400 IN A %s" % pair for pair in FORMER.items()])
    text = text.replace("shop.example. 3600 IN NS", "shop.example. 86400 IN NS")
    for kind, name, address in ((Bind, "old1", SPARE[0]), (Nsd, "old2", SPARE[1])):
        world.add(kind, name, [address], {DOMAIN: text})
    world.set_parent(zones.delegation(tuple(FORMER), {}))
    world.start()
    world.warm(*held)
    change_parent(world, zones.delegation())


def old_provider(world):
    """The former provider still serves the zone, and three of twelve resolvers stay with it for as long as it does."""
    old = zones.shop(app=[OLD_APP], app_v6=[], serial=2024030101, ttl=30, names=tuple(FORMER))
    _former_provider(world, old, "quad9", "opendns", "he")
    world.prove("@%s %s NS +norec" % (TLD_A, DOMAIN), "ns1.shop.example.", absent=["old1.dnshost.net."])
    world.prove("@%s %s NS +short" % (ADDRESS["quad9"], DOMAIN), "old1.dnshost.net.", absent=["ns1.shop.example."])
    world.prove("@%s %s A +short" % (ADDRESS["he"], DOMAIN), OLD_APP, absent=APP)
    world.prove("@%s %s A +short" % (ADDRESS["google"], DOMAIN), APP[0], absent=[OLD_APP])
    blame(world, "recursive.old-servers", subject=ADDRESS["quad9"], says=("old1.dnshost.net",), never=("wait", "within its ttl"))


def old_provider_parked(world):
    """The former provider has put its parking page there: its own SOA, another MX; one resolver stays with it."""
    parked = zones.shop(app=[OLD_APP], app_v6=[], serial=1, ttl=600, names=tuple(FORMER))
    parked = parked.replace("SOA ns1.shop.example. hostmaster.shop.example.", "SOA old1.dnshost.net. abuse.dnshost.net.")
    _former_provider(world, parked, "ultradns")
    world.prove("@%s %s SOA +short" % (ADDRESS["ultradns"], DOMAIN), "old1.dnshost.net. abuse.dnshost.net.")
    world.prove("@%s %s A +short" % (ADDRESS["ultradns"], DOMAIN), OLD_APP)
    blame(world, "recursive.old-servers", subject=ADDRESS["ultradns"], never=("wait",))


def old_provider_denies(world):
    """The former provider has removed the new host: a resolver that stays with it says that the name does not exist."""
    old = zones.shop(serial=2024030101, ttl=30, names=tuple(FORMER))
    more = ["new.shop.example. 300 IN A " + address for address in APP]
    world.set_zone(zones.shop(more=more))
    world.certificate_name = "new.shop.example"
    _former_provider(world, old, "cira", "odvr")
    world.prove("@%s new.%s A" % (ADDRESS["cira"], DOMAIN), "status: NXDOMAIN", "2024030101")
    world.prove("@%s new.%s A +short" % (ADDRESS["google"], DOMAIN), APP[0])
    blame(world, "recursive.old-servers", subject=ADDRESS["cira"], never=("wait",), domain="new.shop.example")


def filtered_by_one(world):
    """One of the twelve says NXDOMAIN without a SOA, as a response policy zone has it."""
    spoil(world, "he", "block", "shop.example")
    world.start()
    world.prove("@%s %s A" % (ADDRESS["he"], DOMAIN), "status: NXDOMAIN", "AUTHORITY: 0")
    world.prove("@%s . NS" % ADDRESS["he"], "a.root-servers.net.")
    blame(world, "recursive.filtered", severity="warning", subject=ADDRESS["he"], never=("wait",))


def filtered_with_ede(world):
    """One of the twelve blocks the name and says so (EDE 15)."""
    world.start()
    world.relay("policy.py", ADDRESS["cira"], "shop.example")
    world.prove("@%s %s A" % (ADDRESS["cira"], DOMAIN), "status: NXDOMAIN", "EDE: 15")
    blame(world, "recursive.filtered", severity="warning", subject=ADDRESS["cira"], says=("15",), never=("wait",))


def filtered_to_sink(world):
    """One of the twelve answers 0.0.0.0 and :: for the name."""
    world.servers["adguard"].extra += ("\n local-zone: \"shop.example.\" redirect\n local-data: \"shop.example. A 0.0.0.0\""
                                       "\n local-data: \"shop.example. AAAA ::\"")
    world.start()
    world.prove("@%s %s A +short" % (ADDRESS["adguard"], DOMAIN), "0.0.0.0")
    blame(world, "recursive.filtered", severity="warning", subject=ADDRESS["adguard"], never=("wait",))


def rate_limit_refusing(world):
    """One public resolver answers REFUSED above six questions a second from one address."""
    spoil(world, "google", "limit", "6", "REFUSED")
    world.start()
    codes = [reply and reply[0] for reply in [world.answer(ADDRESS["google"]) for _ in range(14)]]
    assert 5 in codes and 0 in codes, codes
    time.sleep(LIMIT_WINDOW_S)
    blame(world, "recursive.rate-limited", severity="warning", subject=ADDRESS["google"])


def rate_limit_servfail(world):
    """One public resolver answers SERVFAIL above eight questions a second from one address."""
    spoil(world, "dnssb", "limit", "8", "SERVFAIL")
    world.start()
    codes = [reply and reply[0] for reply in [world.answer(ADDRESS["dnssb"]) for _ in range(18)]]
    assert 2 in codes and 0 in codes, codes
    time.sleep(LIMIT_WINDOW_S)
    blame(world, "recursive.rate-limited", severity="warning", subject=ADDRESS["dnssb"])


def rate_limit_penalty(world):
    """One public resolver refuses everything to who asks more than six questions a second, until that one has slowed down."""
    spoil(world, "google", "penalty", "6", "REFUSED")
    world.start()
    codes = [reply and reply[0] for reply in [world.answer(ADDRESS["google"]) for _ in range(14)]]
    assert codes == [0] * 6 + [5] * 8, codes
    time.sleep(LIMIT_WINDOW_S)
    assert world.answer(ADDRESS["google"])[0] == 0
    time.sleep(LIMIT_WINDOW_S)
    blame(world, "recursive.rate-limited", severity="warning", subject=ADDRESS["google"])


def cannot_resolve(world):
    """One resolver cannot reach any of the zone's servers (they block its network): SERVFAIL every time, with EDE."""
    four = ADDRESS["opendns"]
    world.add_resolver("opendns", world.servers["opendns"].addresses, [four], " ede: yes")
    world.start()
    world.drop("ip saddr %s ip daddr { %s, %s, %s }" % (four, NS1, NS2, NS3), "internet", "output")
    world.prove("+time=10 @%s %s A" % (four, DOMAIN), "status: SERVFAIL")
    world.prove("@%s . NS" % four, "a.root-servers.net.")
    blame(world, "recursive.cannot-resolve", subject=four, never=("wait", "its load"))


def type_broken(world):
    """One resolver never answers AAAA, and everything else right."""
    spoil(world, "controld", "mute", "AAAA")
    world.start()
    world.prove("@%s %s AAAA" % (ADDRESS["controld"], DOMAIN), "timed out")
    world.prove("@%s %s A +short" % (ADDRESS["controld"], DOMAIN), *APP)
    blame(world, "recursive.type-broken", subject=ADDRESS["controld"], says=("AAAA",))


def type_refused(world):
    """One resolver answers SERVFAIL to every AAAA question."""
    spoil(world, "ultradns", "refuse-type", "AAAA", "SERVFAIL")
    world.start()
    world.prove("@%s %s AAAA" % (ADDRESS["ultradns"], DOMAIN), "status: SERVFAIL")
    world.prove("@%s %s A +short" % (ADDRESS["ultradns"], DOMAIN), *APP)
    blame(world, "recursive.type-broken", subject=ADDRESS["ultradns"], says=("AAAA",), never=("wait",))


# ---- nothing wrong ----

def healthy_wide_limit(world):
    """Resolvers limit each client to far more than anybody in a household asks."""
    for name in ("google", "quad9"):
        spoil(world, name, "limit", "80", "REFUSED")
    world.start()
    world.prove("@%s %s A +short" % (ADDRESS["google"], DOMAIN), *APP)
    world.diagnose()


def healthy_former_servers_off(world):
    """The former provider has removed the zone and refuses: who asked there then finds the new servers."""
    old = zones.shop(app=[OLD_APP], serial=2024030101, ttl=1, names=tuple(FORMER))
    _former_provider(world, old, "quad9")
    for name in ("old1", "old2"):
        world.servers[name].zones.clear()
        world.servers[name].restart()
    wait_until(lambda: APP[0] in world.dig("@%s %s A +short" % (ADDRESS["quad9"], DOMAIN)), 20, "quad9 to find the new servers")
    world.diagnose()


def healthy_former_servers_copy(world):
    """The former provider's servers are secondaries of the new one: some resolvers still ask them, and get the same."""
    same = zones.shop(names=("ns1", "ns2", "ns3"))
    _former_provider(world, same, "quad9", "he")
    world.prove("@%s %s A +short" % (ADDRESS["quad9"], DOMAIN), *APP)
    world.diagnose()


def healthy_validators_and_others(world):
    """Of the public resolvers some validate and some do not; the zone is signed and in order."""
    sign_all(world, zones.shop())
    for name in ("he", "ultradns", "dnssb"):
        world.servers[name].extra = " module-config: \"iterator\""
    world.start()
    world.prove("@%s %s A +dnssec" % (ADDRESS["google"], DOMAIN), "flags: qr rd ra ad")
    world.prove("@%s %s A +dnssec" % (ADDRESS["he"], DOMAIN), "flags: qr rd ra;")
    world.diagnose()


def healthy_ipv4_only_resolver(world):
    """A resolver without IPv6 reaches the zone's servers over IPv4 only."""
    four = ADDRESS["opendns"]
    world.add_resolver("opendns", world.servers["opendns"].addresses, [four])
    world.start()
    world.prove("@%s %s AAAA +short" % (four, DOMAIN), *APP_V6)
    world.diagnose()
