# SPDX-License-Identifier: MIT
"""A workstation on which systemd-resolved is the resolver: per-link servers, routing domains, its cache, its flush."""
import zones
from addresses import APP, DOMAIN, OLD_APP, ROUTER, SPARE
from resolved import STUB, Resolved
from servers import udp_query

VPN_LINK, VPN_ADDRESS, VPN_SERVER = "tun0", "10.8.0.2", "10.8.0.53"
PRIVATE = "10.20.30.40"


def _company(world, zone):
    """The company's resolver at the far end of the tunnel: it knows one private zone and refuses everything else."""
    server = world.add_resolver("company", [VPN_SERVER], [SPARE[0]],
                       " local-zone: \".\" refuse\n local-zone: \"%s\" static\n"
                       " local-data: \"%s 300 IN SOA dc1.corp. admin.corp. 1 3600 600 86400 300\"\n"
                       " local-data: \"%s 300 IN A %s\"" % (zone, zone, zone, PRIVATE))
    server.ready = lambda: udp_query(world.internet, VPN_SERVER, zone) is not None


def healthy(world):
    """Nothing is wrong: systemd-resolved forwards to the router."""
    resolved = Resolved(world, {"veth0": ([ROUTER], ["~."])})
    world.start()
    resolved.start()
    world.prove("@%s %s A +short" % (STUB, DOMAIN), APP[0])
    world.diagnose()


def healthy_split_tunnel(world):
    """Nothing is wrong: a VPN's resolver is asked for the company's names only, and refuses all others."""
    resolved = Resolved(world, {"veth0": ([ROUTER], ["~."]), VPN_LINK: ([VPN_SERVER], ["~corp.internal"])})
    resolved.vpn(VPN_LINK, VPN_ADDRESS, VPN_SERVER)
    _company(world, "corp.internal.")
    world.start()
    resolved.start()
    world.prove("@%s %s A +short" % (STUB, DOMAIN), APP[0])
    world.prove("@%s corp.internal A +short" % STUB, PRIVATE)
    world.prove("@%s %s A" % (VPN_SERVER, DOMAIN), "REFUSED")
    world.diagnose()


def vpn_takes_the_zone(world):
    """The VPN's routing domain covers the zone: this host gets the company's private address."""
    resolved = Resolved(world, {"veth0": ([ROUTER], ["~."]), VPN_LINK: ([VPN_SERVER], ["~shop.example"])})
    resolved.vpn(VPN_LINK, VPN_ADDRESS, VPN_SERVER)
    _company(world, DOMAIN)
    world.start()
    resolved.start()
    world.prove("@%s %s A +short" % (STUB, DOMAIN), PRIVATE, absent=APP)
    world.prove("@%s %s A +short" % (ROUTER, DOMAIN), APP[0])
    world.diagnose("client.split-dns")


def stale_cache(world):
    """systemd-resolved holds the old address; the resolver behind it has the new one. A flush heals it."""
    world.set_zone(zones.shop(app=[OLD_APP], serial=2026112101, ttl=1800))
    resolved = Resolved(world, {"veth0": ([ROUTER], ["~."])})
    world.start()
    resolved.start()
    for rrtype in ("A", "AAAA"):
        world.dig("@%s %s %s" % (STUB, DOMAIN, rrtype))
    world.set_zone(zones.shop(ttl=1800))
    world.wait_serial(2026112205)
    world.servers["router"].restart()   # with an empty cache
    world.prove("@%s %s A +short" % (STUB, DOMAIN), OLD_APP, absent=APP)
    world.prove("@%s %s A +short" % (ROUTER, DOMAIN), APP[0], absent=[OLD_APP])
    report = world.diagnose("client.stale-cache", options=("--allow", "flush"))
    finding = report["findings"][0]
    assert "the flush healed it" in finding["summary"] and "`resolvectl flush-caches`" in finding["fix"], finding
    world.prove("@%s %s A +short" % (STUB, DOMAIN), APP[0], absent=[OLD_APP])
