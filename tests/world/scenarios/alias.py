# SPDX-License-Identifier: MIT
"""An apex that a PowerDNS server flattens (ALIAS) from the name of a content network."""
import zones
from addresses import APP, DOMAIN, MAJORS, NS1, NS2, NS3, OLD_APP, SPARE
from servers import Bind, Powerdns

POOL = "pool.dnshost.net."
GOOGLE = MAJORS[1][1]
# The content network's regions: one half of the address space each.
REGIONS = "%s 60 IN LUA A \";if netmask({'0.0.0.0/1'}) then return '%s' else return '%s' end\"" % (POOL, *APP)


def _set_up(world, pool_lines, resolver, pool_settings=""):
    """shop.example with an ALIAS at the apex on three PowerDNS servers, which look the target up at `resolver`;
    the target lies in dnshost.net, on a PowerDNS server of its own."""
    settings = "expand-alias=yes\nresolver=%s\ndname-processing=no" % resolver
    text = zones.shop(app=[], app_v6=[]).replace("www.shop.example. 300 IN CNAME " + DOMAIN,
                                                 "www.shop.example. 300 IN CNAME " + POOL)
    text += "%s 300 IN ALIAS %s\n" % (DOMAIN, POOL)
    pool_server = SPARE[3]
    hoster = zones.hoster() + "pool.dnshost.net. 3600 IN NS ns.pool.dnshost.net.\nns.pool.dnshost.net. 3600 IN A %s\n" % pool_server
    for name, addresses in (("ns1", world.servers["ns1"].addresses), ("ns2", [NS2])):
        world.add(Powerdns, name, addresses, {DOMAIN: text}, settings)
    world.add(Powerdns, "ns3", [NS3], {DOMAIN: text, "dnshost.net.": hoster}, settings)
    soa = zones.SOA % (POOL, 60, "ns.pool.dnshost.net.", "dnshost.net.", 1, 60)
    lines = [soa, POOL + " 3600 IN NS ns.pool.dnshost.net.", "ns.pool.dnshost.net. 3600 IN A " + pool_server]
    world.add(Powerdns, "pool", [pool_server], {POOL: "\n".join(lines + pool_lines) + "\n"}, pool_settings)


def healthy(world):
    """The apex follows its target: worth a line (info), nothing is wrong."""
    _set_up(world, ["%s 60 IN A %s" % (POOL, address) for address in APP], GOOGLE)
    world.start()
    world.prove("@%s %s A +norec" % (NS1, DOMAIN), "flags: qr aa", *APP)
    world.prove("@%s www.%s A +short" % (GOOGLE, DOMAIN), POOL, APP[0])
    world.diagnose(quiet=["auth.alias-flattened"])


def stale(world):
    """The target moved; the name servers still give what their resolver once found and holds for a day."""
    held = world.add_resolver("held", [SPARE[4]], [SPARE[4]])
    _set_up(world, ["%s 86400 IN A %s" % (POOL, OLD_APP)], held.addresses[0])
    world.start()
    world.dig("@%s %s A" % (held.addresses[0], POOL))
    pool = world.servers["pool"]
    pool.load({POOL: pool.zones[POOL].replace("%s 86400 IN A %s" % (POOL, OLD_APP), "%s 60 IN A %s" % (POOL, APP[0]))})
    pool.restart()
    world.prove("@%s %s A +norec" % (NS1, DOMAIN), "flags: qr aa", OLD_APP, absent=APP)
    world.prove("@%s %s A +short" % (GOOGLE, POOL), APP[0], absent=[OLD_APP])
    world.diagnose("auth.alias-stale")


def geo_blind(world):
    """The target answers by the client's subnet; the flattened apex gives everybody one region's address."""
    google = world.servers["google"]
    world.add_resolver("google", google.addresses, google.addresses,
                       " module-config: \"subnetcache iterator\"\n send-client-subnet: 0.0.0.0/0")
    _set_up(world, [REGIONS], MAJORS[0][1], "enable-lua-records=yes\nedns-subnet-processing=yes")
    world.start()
    world.prove("@%s %s A +short +subnet=24.0.0.0/24" % (GOOGLE, POOL), APP[0], absent=[APP[1]])
    world.prove("@%s %s A +short +subnet=193.0.0.0/24" % (GOOGLE, POOL), APP[1], absent=[APP[0]])
    for subnet in ("24.0.0.0/24", "193.0.0.0/24"):
        world.prove("@%s %s A +norec +short +subnet=%s" % (NS1, DOMAIN, subnet), APP[0], absent=[APP[1]])
    world.diagnose("auth.alias-geo-blind")


def _content_network(world, kind, *lines, settings=""):
    """www.shop.example is an alias into dnshost.net, which two servers of `kind` answer for, each with its own line."""
    world.set_zone(zones.shop().replace("www.shop.example. 300 IN CNAME " + DOMAIN,
                                        "www.shop.example. 300 IN CNAME " + POOL))
    second = SPARE[2]
    more = "dnshost.net. %d IN NS ns4.dnshost.net.\nns4.dnshost.net. %d IN A " + second + "\n"
    hoster = zones.hoster() + more % (86400, 86400)
    world.add(kind, "ns3", [NS3], {DOMAIN: world.servers["ns3"].zones[DOMAIN], "dnshost.net.": hoster + lines[0]}, settings)
    world.add(kind, "ns4", [second], {"dnshost.net.": hoster + lines[1]} if lines[1] else {}, settings)
    world.servers["tld-net"].load({"net.": zones.tld("net.") + more % (172800, 172800)})
    return second


def healthy_content_network(world):
    """The name is an alias into a content network that answers by the resolver's place."""
    _content_network(world, Powerdns, REGIONS + "\n", REGIONS + "\n", settings="enable-lua-records=yes")
    world.start()
    world.prove("@%s www.%s A +short" % (GOOGLE, DOMAIN), POOL)
    world.diagnose(domain="www." + DOMAIN)


def lame_target_server(world):
    """The name is an alias; one of the two servers of the zone it leads to does not have that zone."""
    second = _content_network(world, Bind, "".join("%s 60 IN A %s\n" % (POOL, address) for address in APP), None)
    world.start()
    world.prove("@%s %s A +norec" % (second, POOL), "status: REFUSED")
    world.diagnose("auth.lame", domain="www." + DOMAIN, subject=second)
