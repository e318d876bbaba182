# SPDX-License-Identifier: MIT
"""Two independent faults at once: two findings, neither hidden by the other."""
import zones
from addresses import APP, DOMAIN, MAJORS, NS2, NS3, OLD_APP

QUAD9 = MAJORS[2][1]


def stale_resolver_and_dead_server(world):
    """One resolver holds the old address, and one name server is dead."""
    world.set_zone(zones.shop(app=[OLD_APP], serial=2026112101, ttl=7200))
    world.start()
    world.warm("quad9")
    world.set_zone(zones.shop(ttl=7200))
    world.wait_serial(2026112205)
    world.drop("ip daddr %s" % NS2, "internet", "input")
    world.prove("@%s %s A +short" % (QUAD9, DOMAIN), OLD_APP, absent=APP)
    world.prove("@%s %s A +norec" % (NS2, DOMAIN), "no servers could be reached")
    world.diagnose("recursive.divergence", "auth.ns-unreachable", statuses=(2,))


def old_zone_and_tcp_refused(world):
    """One server has the old zone, another one takes no TCP."""
    world.set_zone(zones.shop(app=[OLD_APP], serial=2026111901), "ns3")
    world.start()
    world.rule("ip daddr %s tcp dport 53 reject with tcp reset" % NS2, "internet", "input")
    world.prove("@%s %s A +norec" % (NS3, DOMAIN), OLD_APP, absent=APP)
    world.prove("@%s %s A +norec +tcp" % (NS2, DOMAIN), "connection refused")
    world.diagnose("auth.ns-divergence", "path.tcp-blocked", statuses=(2,))


def old_zone_and_expired_certificate(world):
    """One server has the old zone, and the application's certificate has run out."""
    world.certificate_days = 0
    world.set_zone(zones.shop(app=[OLD_APP], serial=2026111901), "ns3")
    world.start()
    world.prove("@%s %s A +norec" % (NS3, DOMAIN), OLD_APP, absent=APP)
    world.diagnose("auth.ns-divergence", "app.tls-failure", statuses=(2,), any_order=True)
