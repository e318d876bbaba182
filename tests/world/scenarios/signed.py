# SPDX-License-Identifier: MIT
"""Zones with DNSSEC."""
import zones
from addresses import APP, DOMAIN, MAJORS, NS1, NS2
from dnssec import EXPIRED, sign, sign_world


def healthy(world):
    """A signed zone with answers larger than a packet, and validating resolvers: nothing is wrong."""
    big = ["shop.example. 3600 IN TXT \"%s\"" % (("record %02d of many; " % n) * 12) for n in range(8)]
    sign_world(world, zones.shop(more=big))
    world.start()
    world.prove("@%s %s A +dnssec" % (MAJORS[0][1], DOMAIN), "flags: qr rd ra ad", APP[0], "RRSIG")
    world.diagnose()


def bogus(world):
    """The zone's signatures ran out three days ago: validating resolvers fail, with CD they answer."""
    sign_world(world, zones.shop(), expired=True)
    world.start()
    world.prove("@%s %s A +time=5" % (MAJORS[0][1], DOMAIN), "status: SERVFAIL")
    world.prove("@%s %s A +cd" % (MAJORS[0][1], DOMAIN), "status: NOERROR", APP[0])
    world.prove("@%s %s A +norec" % (NS1, DOMAIN), APP[0])
    world.diagnose("dnssec.bogus", statuses=(2,))


def ds_mismatch(world):
    """The zone was signed anew with other keys, and the parent still has the DS of the old ones."""
    sign_world(world, zones.shop())
    fresh, _ = sign(world.path("fresh-keys"), DOMAIN, zones.shop())
    world.set_zone(fresh)
    world.start()
    world.prove("@%s %s A +time=5" % (MAJORS[0][1], DOMAIN), "status: SERVFAIL")
    world.prove("@%s %s A +cd" % (MAJORS[0][1], DOMAIN), "status: NOERROR", APP[0])
    world.diagnose("dnssec.bogus", statuses=(2,))


def expired_at_one(world):
    """One of three servers still gives the signatures that ran out three days ago; resolvers mostly meet the others."""
    sign_world(world, zones.shop())
    old, _ = sign(world.path("sign-shop"), DOMAIN, zones.shop(), **EXPIRED)
    world.set_zone(old, "ns2")
    world.start()
    world.prove("@%s %s A +norec +dnssec" % (NS2, DOMAIN), "RRSIG", APP[0])
    world.diagnose("dnssec.bogus", statuses=(2,), subject=NS2)
