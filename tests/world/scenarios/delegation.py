# SPDX-License-Identifier: MIT
"""Faults between the parent's delegation and the zone."""
import zones
from addresses import APP, DOMAIN, NS1, NS1_V6, NS2, NS_NAMES, OLD_APP, SPARE, TLDS
from servers import Bind, Knot, Nsd


def glue_mismatch(world):
    """The parent's glue for ns2 is its former address, where a forgotten server gives the old zone."""
    forgotten = SPARE[1]
    world.set_parent(zones.delegation(glue={"ns1": [NS1, NS1_V6], "ns2": [forgotten]}))
    world.add(Nsd, "forgotten", [forgotten], {DOMAIN: zones.shop(app=[OLD_APP], serial=2025030101)})
    world.start()
    world.prove("@194.0.6.1 %s NS +norec" % DOMAIN, "ns2.shop.example.\t86400\tIN\tA\t" + forgotten)
    world.prove("@%s ns2.shop.example. A +short" % NS1, NS2)
    world.prove("@%s %s A +short" % (forgotten, DOMAIN), OLD_APP)
    world.diagnose("delegation.glue-mismatch", subject=forgotten)


def old_glue_at_one(world):
    """One of the two servers of example. still has the former address of ns2, where a forgotten server gives the old zone."""
    (_, one, one_v6), (_, other, other_v6) = TLDS["example."]
    text, forgotten = zones.tld("example."), SPARE[1]
    world.add(Knot, "tld-example", [one, one_v6], {"example.": text})
    world.add(Bind, "tld-example-b", [other, other_v6], {"example.": text.replace(
        "%s 86400 IN A %s" % (NS_NAMES["ns2"], NS2), "%s 86400 IN A %s" % (NS_NAMES["ns2"], forgotten))})
    world.add(Nsd, "forgotten", [forgotten], {DOMAIN: zones.shop(app=[OLD_APP], serial=2025030101)})
    world.start()
    world.prove("@%s %s NS +norec" % (one, DOMAIN), NS2, absent=[forgotten])
    world.prove("@%s %s NS +norec" % (other, DOMAIN), forgotten, absent=[NS2])
    report = world.diagnose("delegation.glue-mismatch", statuses=(2,), subject=forgotten)
    assert "@" + other in report["findings"][0]["reproduce"][0], report["findings"][0]


def glue_missing(world):
    """ns2 lies inside the zone, and the parent gives no address for it."""
    world.set_parent(zones.delegation(glue={"ns1": [NS1, NS1_V6]}))
    world.start()
    world.prove("@194.0.6.1 %s NS +norec" % DOMAIN, NS_NAMES["ns2"], NS1, absent=[NS2])
    world.diagnose("delegation.glue-missing", subject="ns2.shop.example")


def ns_mismatch(world):
    """The zone lists a fourth server that the parent does not know."""
    more = ["ns4.shop.example. 3600 IN A " + SPARE[2]]
    text = zones.shop(names=("ns1", "ns2", "ns3", "ns4.shop.example."), more=more)
    world.set_zone(text)
    world.add(Nsd, "ns4", [SPARE[2]], {DOMAIN: text})
    world.start()
    world.prove("@%s %s NS +short" % (NS1, DOMAIN), "ns4.shop.example.")
    world.prove("@194.0.6.1 %s NS +norec" % DOMAIN, absent=["ns4.shop.example."])
    world.prove("@%s %s A +short" % (SPARE[2], DOMAIN), APP[0])
    world.diagnose("delegation.ns-mismatch", statuses=(1,))
