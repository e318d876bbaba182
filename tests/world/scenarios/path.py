# SPDX-License-Identifier: MIT
"""Faults of the way between this host and the servers. Rules ON_THE_LINE hit this vantage only, those of the internet's
input hook hit resolvers as well. (A rule in the client's own output hook would be no loss: sendmsg() fails with EPERM.)"""
import zones
from addresses import APP, DOMAIN, NS1, NS2, NS3, ROUTER
from servers import Bind, Knot, Nsd

# What comes from the client, before it reaches any server.
ON_THE_LINE = ("internet", "prerouting")


def tcp_blocked(world):
    """A firewall beside this host lets no DNS over TCP out."""
    world.start()
    world.drop("tcp dport 53", *ON_THE_LINE)
    world.prove("@%s %s A +norec" % (NS1, DOMAIN), APP[0])
    world.prove("@%s %s A +norec +tcp" % (NS1, DOMAIN), "timed out")
    world.diagnose("path.tcp-blocked")


def tcp_refused_at_one(world):
    """One server's firewall rejects DNS over TCP from everywhere."""
    world.start()
    world.rule("ip daddr %s tcp dport 53 reject with tcp reset" % NS2, "internet", "input")
    world.prove("@%s %s A +norec" % (NS2, DOMAIN), APP[0])
    world.prove("@%s %s A +norec +tcp" % (NS2, DOMAIN), "connection refused")
    world.prove("@%s %s A +norec +tcp" % (NS3, DOMAIN), APP[0])
    world.diagnose("path.tcp-blocked", subject=NS2)


def loss_four_percent(world):
    """Four of a hundred packets are lost on this host's line, whatever server they go to."""
    world.start()
    world.drop("udp dport 53 numgen random mod 100 < 4", *ON_THE_LINE)
    world.prove("+tries=4 @%s %s A +norec" % (NS3, DOMAIN), APP[0])
    failed = sum(world.answer(NS1) is None for _ in range(0, 60))
    world.log.append("60 single queries: %d lost" % failed)
    world.diagnose("path.loss", options=("--detect", "4%"))


def edns_broken(world):
    """A firewall in front of one server drops every query with an OPT record."""
    world.start()
    # ARCOUNT is the sixth 16-bit word of the DNS header, which follows the 8 bytes of UDP.
    world.drop("ip daddr %s udp dport 53 @th,144,16 1" % NS2, "internet", "input")
    world.prove("@%s %s A +norec" % (NS2, DOMAIN), "timed out")
    world.prove("@%s %s A +norec +noedns" % (NS2, DOMAIN), APP[0])
    world.diagnose("path.edns-broken", subject=NS2)


def edns_formerr(world):
    """One server is so old that it answers FORMERR to every query with an OPT record."""
    world.start()
    world.relay("formerr.py", NS2)
    world.prove("@%s %s A +norec" % (NS2, DOMAIN), "status: FORMERR")
    world.prove("@%s %s A +norec +noedns" % (NS2, DOMAIN), APP[0])
    world.diagnose("path.edns-broken", subject=NS2)


def heavy_loss(world):
    """A quarter of all packets is lost on this host's line: every server seems to flap, none of them does."""
    world.start()
    world.drop("udp dport 53 numgen random mod 100 < 25", *ON_THE_LINE)
    failed = sum(world.answer(NS1) is None for _ in range(12))
    assert failed < 12
    world.diagnose("path.loss")


def fragments_dropped(world):
    """A firewall beside this host drops fragments, and the zone has answers larger than one packet."""
    big = ["shop.example. 3600 IN TXT \"%s\"" % (("record %02d of many; " % n) * 12) for n in range(12)]
    text = zones.shop(more=big)
    world.add(Bind, "ns1", world.servers["ns1"].addresses, {DOMAIN: text}, "edns-udp-size 4096; max-udp-size 4096;")
    world.add(Nsd, "ns2", [NS2], {DOMAIN: text}, " ipv4-edns-size: 4096\n ipv6-edns-size: 4096")
    world.add(Knot, "ns3", [NS3], {DOMAIN: text, "dnshost.net.": zones.hoster()}, "    udp-max-payload: 4096")
    world.start()
    world.prove("@%s %s TXT +norec +bufsize=4096" % (NS1, DOMAIN), "record 07", "(UDP)")
    # Before connection tracking would put the fragments together again.
    world.rule("ip frag-off & 0x3fff != 0 drop", "client", "prerouting", priority=-450)
    world.prove("+ignore @%s %s TXT +norec +bufsize=4096" % (NS1, DOMAIN), "timed out")
    world.prove("@%s %s TXT +norec +tcp" % (NS1, DOMAIN), "record 07")
    world.prove("@%s %s A +norec +bufsize=4096" % (NS1, DOMAIN), APP[0])
    world.diagnose("path.fragments-dropped")


def slow(world):
    """One server's answers arrive, but a third of them after 2.6 seconds."""
    world.start()
    world.relay("delay.py", NS2, "2.6", "0.33")
    seen = [world.answer(NS2) for _ in range(10)]
    assert None in seen and any(seen), seen
    world.prove("+time=5 @%s %s A +norec" % (NS2, DOMAIN), APP[0])
    world.diagnose("path.slow", statuses=(1,))


def intercepted(world):
    """The router answers every DNS question itself, whatever server it was sent to."""
    world.start()
    for protocol in ("udp", "tcp"):
        world.rule("%s dport 53 ip daddr != %s dnat ip to %s" % (protocol, ROUTER, ROUTER), "internet", "prerouting", "nat", -100)
    world.prove("@%s id.server TXT CH +short" % NS1, "router")
    world.prove("@203.0.113.77 %s A" % DOMAIN, APP[0], "ra;")
    world.diagnose("path.intercepted")


def blocked(world):
    """This host may ask its own resolver only. Nobody is to be blamed for what cannot be seen from here."""
    world.start()
    world.drop("meta l4proto { tcp, udp } th dport 53 ip daddr != %s" % ROUTER, *ON_THE_LINE)
    world.drop("meta l4proto { tcp, udp } th dport 53 meta nfproto ipv6", *ON_THE_LINE)
    world.prove("%s A +short" % DOMAIN, APP[0])
    world.prove("@%s %s A" % (NS1, DOMAIN), "no servers could be reached")
    world.diagnose(statuses=(0, 3), quiet=["path.blocked"])


def blocked_by_own_firewall(world):
    """The same rule on this host itself: sending fails at once, which is no fault of any server either."""
    world.start()
    world.drop("meta l4proto { tcp, udp } th dport 53 ip daddr != %s" % ROUTER)
    world.drop("meta l4proto { tcp, udp } th dport 53 meta nfproto ipv6")
    world.prove("%s A +short" % DOMAIN, APP[0])
    world.prove("@%s %s A" % (NS1, DOMAIN), absent=["ANSWER: 2"])
    world.diagnose(statuses=(0, 3), quiet=["path.blocked"])
