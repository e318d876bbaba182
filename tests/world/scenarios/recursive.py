# SPDX-License-Identifier: MIT
"""Faults of recursive resolvers."""
import zones
from addresses import APP, DOMAIN, MAJORS, NS1, NS2, NS3, OLD_APP

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
    world.drop("ip6 daddr %s meta l4proto { tcp, udp } th dport 53" % world.servers["ns1"].addresses[1], "internet", "input")
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
    """One resolver fails for a third of the questions, at any rate: one node behind its address is broken."""
    broken = world.add_resolver("google-node2", ["45.54.64.1"], ["45.54.64.1"])
    broken.hints = world.path("broken.hints")
    with open(broken.hints, "w", encoding="utf-8") as file:
        file.write(". 3600000 IN NS dead.invalid.\ndead.invalid. 3600000 IN A 203.0.113.250\n")
    broken.wait = lambda: None
    broken.extra = " access-control: %s refuse" % "192.168.1.0/24"
    world.start()
    world.rule("ip daddr %s udp dport 53 dnat ip to numgen random mod 3 map { 0 : %s, 1 : %s, 2 : 45.54.64.1 }"
               % (ADDRESS["google"], ADDRESS["google"], ADDRESS["google"]), "internet", "prerouting", "nat", -100)
    seen = "".join(world.dig("@%s %s A" % (ADDRESS["google"], DOMAIN)) for _ in range(15))
    assert "status: REFUSED" in seen and "status: NOERROR" in seen, seen
    world.diagnose("recursive.flapping", subject=ADDRESS["google"])


def unreachable_major(world):
    """A public resolver that this host does not use is not there: worth a line, never an alarm."""
    world.start()
    world.drop("ip daddr %s" % ADDRESS["cira"], "internet", "input")
    world.prove("@%s . NS" % ADDRESS["cira"], "no servers could be reached")
    world.diagnose(quiet=["recursive.unreachable"])
