# SPDX-License-Identifier: MIT
"""Faults of recursive resolvers."""
import zones
from addresses import APP, DOMAIN, MAJORS, NS1, NS1_V6, NS2, NS3, OLD_APP, SPARE

ADDRESS = {name: four for name, four, _ in MAJORS}


def stale_resolver(world):
    """One big resolver still holds the old address in its cache: the zone was changed within its TTL."""
    world.set_zone(zones.shop(app=[OLD_APP], serial=2026112101, ttl=7200))
    world.start()
    world.warm("quad9")
    world.set_zone(zones.shop(ttl=7200))
    world.wait_serial(2026112205)
    world.prove("@%s %s A +short" % (ADDRESS["quad9"], DOMAIN), OLD_APP, absent=APP)
    world.prove("@%s %s A +short" % (ADDRESS["google"], DOMAIN), APP[0], absent=[OLD_APP])
    world.diagnose("recursive.divergence", subject=ADDRESS["quad9"])


def partial_propagation(world):
    """Four of twelve resolvers hold the old address."""
    world.set_zone(zones.shop(app=[OLD_APP], serial=2026112101, ttl=3600))
    world.start()
    world.warm("quad9", "opendns", "he", "odvr")
    world.set_zone(zones.shop(ttl=3600))
    world.wait_serial(2026112205)
    world.prove("@%s %s A +short" % (ADDRESS["he"], DOMAIN), OLD_APP, absent=APP)
    world.diagnose("recursive.divergence")


def stale_served(world):
    """The zone's servers are dead; one resolver goes on with expired data (RFC 8767) and says so with EDE 3."""
    world.set_zone(zones.shop(ttl=1))
    world.add_resolver("cloudflare", world.servers["cloudflare"].addresses, world.servers["cloudflare"].addresses,
                       " serve-expired: yes\n ede: yes\n ede-serve-expired: yes\n serve-expired-client-timeout: 300\n"
                       " serve-expired-ttl: 86400")
    world.start()
    world.warm("cloudflare")
    for address in (NS1, NS2, NS3):
        world.drop("ip daddr %s meta l4proto { tcp, udp } th dport 53" % address, "internet", "input")
    world.drop("ip6 daddr %s meta l4proto { tcp, udp } th dport 53" % NS1_V6, "internet", "input")
    world.prove("@%s %s A +norec" % (NS1, DOMAIN), "no servers could be reached")
    world.prove("+time=4 @%s %s A" % (ADDRESS["cloudflare"], DOMAIN), APP[0], "EDE: 3")
    world.diagnose("auth.ns-unreachable", "recursive.stale-served", statuses=(2,))


def rate_limited(world):
    """One resolver drops what comes faster than eight queries a second from one address."""
    world.add_resolver("google", world.servers["google"].addresses, world.servers["google"].addresses,
                       " ip-ratelimit: 8\n ip-ratelimit-factor: 0")
    world.start()
    replies = [world.answer(ADDRESS["google"]) for _ in range(12)]
    assert None in replies, replies
    world.diagnose("recursive.rate-limited", subject=ADDRESS["google"])


def flapping(world):
    """One resolver fails for a third of the questions, at any rate: a node behind its address refuses everybody."""
    google, broken = ADDRESS["google"], SPARE[4]
    node = world.add_resolver("google-node2", [broken], [broken], " access-control: 192.168.1.0/24 refuse")
    world.start()
    world.rule("ip daddr %s udp dport 53 dnat ip to numgen random mod 3 map { 0 : %s, 1 : %s, 2 : %s }"
               % (google, google, google, node.addresses[0]), "internet", "prerouting", "nat", -100)
    seen = "".join(world.dig("@%s %s A" % (google, DOMAIN)) for _ in range(15))
    assert "status: REFUSED" in seen and "status: NOERROR" in seen, seen
    world.diagnose("recursive.flapping", subject=google)


def two_caches_behind_one_address(world):
    """Behind one resolver's address stand two caches, and one of them still holds the old address."""
    google, node = ADDRESS["google"], SPARE[4]
    world.add_resolver("google-node2", [node], [node])
    world.set_zone(zones.shop(app=[OLD_APP], serial=2026112101, ttl=7200))
    world.start()
    world.warm("google-node2")
    world.set_zone(zones.shop(ttl=7200))
    world.wait_serial(2026112205)
    world.rule("ip daddr %s udp dport 53 dnat ip to numgen random mod 2 map { 0 : %s, 1 : %s }" % (google, google, node),
               "internet", "prerouting", "nat", -100)
    seen = "".join(world.dig("@%s %s A +short" % (google, DOMAIN)) for _ in range(16))
    assert OLD_APP in seen and APP[0] in seen, seen
    world.diagnose("recursive.divergence", subject=google)


def negative_cached(world):
    """A name was looked up before it was created: one resolver still says that it does not exist."""
    world.start()
    world.dig("@%s new.%s A" % (ADDRESS["opendns"], DOMAIN))
    world.set_zone(zones.shop(serial=2026112206, more=["new.shop.example. 300 IN A " + APP[0]]))
    world.wait_serial(2026112206)
    world.prove("@%s new.%s A" % (ADDRESS["opendns"], DOMAIN), "status: NXDOMAIN")
    world.prove("@%s new.%s A +short" % (ADDRESS["google"], DOMAIN), APP[0])
    world.diagnose("recursive.divergence", subject=ADDRESS["opendns"], domain="new.shop.example",
                   options=("--set", "app_port=0"))


def unreachable_major(world):
    """A public resolver that this host does not use is not there: worth a line, never an alarm."""
    world.start()
    world.drop("ip daddr %s" % ADDRESS["cira"], "internet", "input")
    world.prove("@%s . NS" % ADDRESS["cira"], "no servers could be reached")
    world.diagnose(quiet=["recursive.unreachable"])


def filtered(world):
    """Two resolvers block the name by policy: one says so (EDE 15), one of a known filtering operator does not."""
    world.servers["quad9"].extra = " local-zone: \"shop.example.\" always_nxdomain"
    world.start()
    world.relay("policy.py", ADDRESS["cira"], "shop.example")
    world.prove("@%s %s A" % (ADDRESS["quad9"], DOMAIN), "status: NXDOMAIN", "AUTHORITY: 0")
    world.prove("@%s %s A" % (ADDRESS["cira"], DOMAIN), "status: NXDOMAIN", "EDE: 15")
    world.prove("@%s . NS" % ADDRESS["cira"], "a.root-servers.net.")
    world.diagnose("recursive.filtered", subject=ADDRESS["quad9"])
