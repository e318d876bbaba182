# SPDX-License-Identifier: MIT
"""Faults of the zone's own servers."""
import os

import zones
from addresses import APP, DOMAIN, NS1, NS1_V6, NS2, NS3, OLD_APP, SPARE
from servers import Bind, Nsd

OLD_ZONE = {"app": [OLD_APP], "serial": 2026111901}


def old_zone(world):
    """One of three name servers still serves the zone of three days ago."""
    world.set_zone(zones.shop(**OLD_ZONE), "ns3")
    world.start()
    world.prove("@%s %s A +norec" % (NS3, DOMAIN), "flags: qr aa", OLD_APP, absent=APP)
    for address in (NS1, NS2):
        world.prove("@%s %s A +norec" % (address, DOMAIN), "flags: qr aa", APP[0], absent=[OLD_APP])
    report = world.diagnose("auth.ns-divergence", statuses=(2,), subject=NS3)
    share = report["verdict"].get("share")
    assert share is None or share["low"] <= 1 / 3 <= share["high"], share


def serial_mismatch(world):
    """The servers' answers agree, but one has an older serial."""
    world.set_zone(zones.shop(serial=2026111901), "ns2")
    world.start()
    world.prove("@%s %s SOA +short" % (NS1, DOMAIN), "2026112205")
    world.prove("@%s %s SOA +short" % (NS2, DOMAIN), "2026111901")
    world.prove("@%s %s A +short" % (NS2, DOMAIN), *APP)
    world.diagnose("auth.serial-mismatch", statuses=(1,), subject=NS2)


def node_divergence(world):
    """Behind one server address stand two nodes, and one of them has the old zone."""
    world.add(Nsd, "ns2-node2", [SPARE[0]], {DOMAIN: zones.shop(**OLD_ZONE)})
    world.start()
    for hook in ("prerouting", "output"):
        world.rule("ip daddr %s udp dport 53 dnat ip to numgen random mod 2 map { 0 : %s, 1 : %s }"
                   % (NS2, NS2, SPARE[0]), "internet", hook, "nat", -100)
    seen = "".join(world.dig("@%s %s A +short" % (NS2, DOMAIN)) for _ in range(24))
    assert OLD_APP in seen and APP[0] in seen, seen
    world.diagnose("auth.node-divergence", statuses=(2,), subject=NS2)


def lame(world):
    """A delegated server knows nothing of the zone and refuses."""
    del world.servers["ns3"].zones[DOMAIN]
    world.start()
    world.prove("@%s %s A +norec" % (NS3, DOMAIN), "status: REFUSED")
    world.diagnose("auth.lame", subject=NS3)


def lame_recursive(world):
    """A delegated server is only a resolver: it has the data, but nothing it says is authoritative."""
    hoster = zones.hoster().replace("NS ns3.dnshost.net.", "NS dns.dnshost.net.") + "dns.dnshost.net. 86400 IN A %s\n" % SPARE[0]
    world.add(Nsd, "ns3", [SPARE[0]], {"dnshost.net.": hoster})
    world.servers["tld-net"].load({"net.": zones.tld("net.").replace(
        "dnshost.net. 172800 IN NS ns3.dnshost.net.",
        "dnshost.net. 172800 IN NS dns.dnshost.net.\ndns.dnshost.net. 172800 IN A " + SPARE[0])})
    world.add_resolver("resolver-as-server", [NS3], [NS3])
    world.start()
    world.prove("@%s %s A +norec" % (NS1, DOMAIN), "flags: qr aa")
    world.prove("@%s %s A" % (NS3, DOMAIN), "flags: qr rd ra;", APP[0])
    world.diagnose("auth.lame", subject=NS3)


def lame_servfail(world):
    """A delegated server cannot load its copy of the zone: it answers SERVFAIL."""
    server = world.add(Bind, "ns2", [NS2], {DOMAIN: zones.shop()})
    os.remove(server.zone_file(DOMAIN))
    server.ready = lambda: world.answer(NS2) is not None
    world.start()
    world.prove("@%s %s A +norec" % (NS2, DOMAIN), "status: SERVFAIL")
    world.diagnose("auth.lame", subject=NS2)


def record_missing_at_one(world):
    """A new name was added, and one server does not have it yet."""
    text = zones.shop(more=["new.shop.example. 300 IN A " + APP[0]])
    world.set_zone(text, "ns1", "ns2")
    world.set_zone(zones.shop(serial=2026112204), "ns3")
    world.certificate_name = "new.shop.example"
    world.start()
    world.prove("@%s new.%s A +norec +short" % (NS1, DOMAIN), APP[0])
    world.prove("@%s new.%s A +norec" % (NS3, DOMAIN), "status: NXDOMAIN", "flags: qr aa")
    world.diagnose("auth.ns-divergence", statuses=(2,), subject=NS3, domain="new.shop.example")


def ipv6_address_dead(world):
    """A server is well on IPv4, but the IPv6 address that its glue gives answers nobody."""
    world.start()
    world.drop("ip6 daddr %s" % NS1_V6, "internet", "input")
    world.prove("@%s %s A +norec" % (NS1, DOMAIN), APP[0])
    world.prove("@%s %s A +norec" % (NS1_V6, DOMAIN), "no servers could be reached")
    world.diagnose("auth.ns-unreachable", statuses=(1,), subject=NS1_V6)


def ns_unreachable(world):
    """One server's address answers nobody."""
    del world.servers["ns2"]
    world.start()
    world.drop("ip daddr %s" % NS2, "internet", "input")
    world.prove("@%s %s A +norec" % (NS2, DOMAIN), "no servers could be reached")
    world.diagnose("auth.ns-unreachable", statuses=(1,), subject=NS2)


def ns_without_address(world):
    """The parent and the zone list a server whose name does not exist."""
    names = ("ns1", "ns2", "ns9.dnshost.net.")
    world.set_parent(zones.delegation(names))
    world.set_zone(zones.shop(names=names))
    world.start()
    world.prove("@%s ns9.dnshost.net. A" % NS3, "status: NXDOMAIN")
    world.prove("@%s %s NS +short" % (NS1, DOMAIN), "ns9.dnshost.net.")
    world.diagnose("auth.ns-unreachable", statuses=(1,), subject="ns9.dnshost.net")


def edns_dropped_at_one_outside(world):
    """The one server that lies outside the zone, and holds its own address, sits behind a firewall that eats EDNS."""
    world.start()
    world.drop("ip daddr %s udp dport 53 @th,144,16 1" % NS3, "internet", "input")
    world.prove("@%s %s A +norec" % (NS3, DOMAIN), "timed out")
    world.prove("@%s %s A +norec +noedns" % (NS3, DOMAIN), APP[0])
    world.diagnose("path.edns-broken", subject=NS3)


def ns_flapping(world):
    """One server answers two of three questions, whoever asks."""
    world.start()
    world.drop("ip daddr %s udp dport 53 numgen random mod 100 < 35" % NS1, "internet", "input")
    failed = sum("no servers" in world.dig("+time=1 @%s %s A" % (NS1, DOMAIN)) for _ in range(12))
    assert 0 < failed < 12, failed
    world.diagnose("auth.ns-flapping", subject=NS1)


def rate_limited(world):
    """One server limits its responses (BIND's RRL) to a rate that an office behind one address reaches."""
    world.add(Bind, "ns1", world.servers["ns1"].addresses, {DOMAIN: zones.shop()},
              "rate-limit { responses-per-second 5; slip 2; window 5; };")
    world.start()
    replies = [world.answer(NS1) for _ in range(14)]
    assert None in replies or any(r and r[1] == 0 for r in replies), replies
    world.diagnose("auth.rate-limited", subject=NS1)


def all_dead(world):
    """None of the zone's servers answers, and caches hold nothing."""
    world.start()
    world.drop("ip daddr { %s, %s, %s } meta l4proto { tcp, udp } th dport 53" % (NS1, NS2, NS3), "internet", "input")
    world.drop("ip6 daddr %s meta l4proto { tcp, udp } th dport 53" % NS1_V6, "internet", "input")
    world.prove("@%s %s A +norec" % (NS1, DOMAIN), "no servers could be reached")
    world.diagnose("auth.ns-unreachable", statuses=(2,))
