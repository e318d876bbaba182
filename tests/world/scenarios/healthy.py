# SPDX-License-Identifier: MIT
"""Setups with nothing wrong in them, some of which look odd. Any finding above info here is a false alarm."""
import zones
from addresses import APP, CLIENT_V6, DOMAIN, MAJORS, NS1, NS1_V6, NS2, NS3, ROUTER
from servers import Bind, Nsd, Powerdns



def _powerdns(world, apex_lines):
    """The zone on three PowerDNS servers, with LUA records at the apex."""
    text = zones.shop(app=[], more=apex_lines)
    settings = "enable-lua-records=yes\nedns-subnet-processing=yes"
    for name, addresses in (("ns1", [NS1, NS1_V6]), ("ns2", [NS2])):
        world.add(Powerdns, name, addresses, {DOMAIN: text}, settings)
    world.add(Powerdns, "ns3", [NS3], {DOMAIN: text, "dnshost.net.": zones.hoster()}, settings)


def plain(world):
    """Three servers that agree, resolvers that work, an application that answers."""
    world.start()
    for address in (NS1, NS2, NS3):
        world.prove("@%s %s A +norec" % (address, DOMAIN), "flags: qr aa", APP[0])
    world.prove("%s A +short" % DOMAIN, APP[0])
    world.diagnose()


def answer_order(world):
    """Ten addresses, and every server gives them in another order each time."""
    many = ["104.18.20.%d" % n for n in range(30, 40)]
    text = zones.shop(app=many)
    world.app_addresses += [a for a in many if a not in world.app_addresses]
    world.internet.ip_batch(["addr add %s/32 dev lo" % a for a in many if a not in APP])
    world.add(Bind, "ns1", [NS1, NS1_V6], {DOMAIN: text}, "rrset-order { order random; };")
    world.add(Nsd, "ns2", [NS2], {DOMAIN: text}, " round-robin: yes")
    world.set_zone(text, "ns3")
    world.start()
    orders = {world.dig("@%s %s A +short" % (NS1, DOMAIN)) for _ in range(6)}
    assert len(orders) > 1, orders
    world.diagnose()


def weighted_pool(world):
    """One address at a time from a pool, nine to one."""
    _powerdns(world, ["shop.example. 5 IN LUA A \"pickwrandom({{90,'%s'},{10,'%s'}})\"" % tuple(APP)])
    world.start()
    seen = "".join(world.dig("@%s %s A +short" % (NS1, DOMAIN)) for _ in range(40))
    assert APP[0] in seen and APP[1] in seen, seen
    world.diagnose()


def geo_answers(world):
    """Every client's region has its own address; half of the resolvers sit in the other region."""
    _powerdns(world, ["shop.example. 60 IN LUA A \";if netmask({'0.0.0.0/1', '2606:4700:4700::/48'}) then return '%s' else return '%s' end\"" % tuple(APP)])
    world.start()
    world.prove("@%s %s A +short +norec" % (NS1, DOMAIN), APP[1], absent=[APP[0]])
    world.prove("@1.1.1.1 %s A +short" % DOMAIN, APP[0], absent=[APP[1]])
    world.prove("@193.17.47.1 %s A +short" % DOMAIN, APP[1], absent=[APP[0]])
    world.diagnose()


def ttl_differences(world):
    """One server gives the same data with a shorter TTL."""
    world.set_zone(zones.shop(ttl=60), "ns3")
    world.start()
    world.prove("@%s %s A +norec" % (NS3, DOMAIN), "shop.example.\t\t60\tIN\tA\t" + APP[0])
    world.diagnose()


def update_during_run(world):
    """The zone gets a new serial while it is looked at, one server after the other."""
    world.start()
    for step in range(3):
        text = zones.shop(serial=2026112206 + step, more=["new.shop.example. 300 IN A 104.18.20.%d" % (40 + step)])
        for position, name in enumerate(("ns1", "ns2", "ns3")):
            world.later(2 + 4 * step + 0.4 * position, lambda t=text, n=name: world.set_zone(t, n))
    world.prove("@%s %s SOA +short" % (NS1, DOMAIN), "2026112205")
    world.diagnose()


def no_ipv6(world):
    """This host has no IPv6; one name server and the application have IPv6 addresses."""
    world.start()
    world.client.ip("-6", "addr", "flush", "dev", "veth0")
    world.client.ip("-6", "route", "flush", "default")
    assert not world.client.run("ip", "-6", "route", "get", CLIENT_V6).stdout.count("veth0")
    world.prove("@%s %s AAAA +norec +short" % (NS1, DOMAIN), "2606:4700::6812:1422")
    world.diagnose()


def no_aaaa(world):
    """The zone has no AAAA record at all."""
    world.set_zone(zones.shop(app_v6=[]))
    world.start()
    world.prove("@%s %s AAAA +norec" % (NS1, DOMAIN), "status: NOERROR", "ANSWER: 0")
    world.diagnose()


def cname_chain(world):
    """The name is an alias of an alias of a name in another zone."""
    chain = ["cdn.shop.example. 300 IN CNAME edge.shop.example.", "edge.shop.example. 60 IN CNAME pool.dnshost.net."]
    text = zones.shop(more=chain).replace("www.shop.example. 300 IN CNAME shop.example.",
                                          "www.shop.example. 300 IN CNAME cdn.shop.example.")
    world.set_zone(text)
    pool = "".join("pool.dnshost.net. 60 IN A %s\n" % a for a in APP)
    world.servers["ns3"].load({"dnshost.net.": zones.hoster() + pool})
    world.start()
    world.prove("www.%s A +short" % DOMAIN, "edge.shop.example.", "pool.dnshost.net.", APP[0])
    world.diagnose(domain="www.shop.example")


def any_and_chaos_refused(world):
    """Servers that say nothing about themselves and do not answer ANY."""
    world.add(Bind, "ns1", [NS1, NS1_V6], {DOMAIN: zones.shop()}, "minimal-any yes; version none; hostname none;")
    world.add(Nsd, "ns2", [NS2], {DOMAIN: zones.shop()}, " hide-version: yes\n hide-identity: yes")
    for name, four, six in MAJORS:
        world.add_resolver(name, [four, six], [four, six], " hide-identity: yes\n hide-version: yes\n deny-any: yes")
    world.start()
    world.prove("@%s id.server TXT CH" % NS2, "status: REFUSED")
    world.prove("@%s version.bind TXT CH" % MAJORS[0][1], "status: REFUSED")
    world.diagnose()


def single_server(world):
    """A zone with one server only."""
    text = zones.shop(names=("ns1",))
    world.set_parent(zones.delegation(names=("ns1",), glue={"ns1": [NS1]}))
    world.set_zone(text, "ns1")
    del world.servers["ns2"]
    world.start()
    world.prove("@%s %s NS +short" % (NS1, DOMAIN), "ns1.shop.example.", absent=["ns2"])
    world.diagnose()


def minimal_responses(world):
    """Servers that leave out everything that was not asked for."""
    world.add(Bind, "ns1", [NS1, NS1_V6], {DOMAIN: zones.shop()}, "minimal-responses yes;")
    world.add(Nsd, "ns2", [NS2], {DOMAIN: zones.shop()}, " minimal-responses: yes")
    world.start()
    world.prove("@%s %s A +norec" % (NS1, DOMAIN), "AUTHORITY: 0", APP[0])
    world.diagnose()


def large_text(world):
    """A TXT set so large that every answer over UDP is truncated: clients ask again over TCP, and so must we."""
    big = ["shop.example. 300 IN TXT \"%s\"" % (("token %02d of many; " % n) * 12) for n in range(12)]
    world.set_zone(zones.shop(more=big))
    world.start()
    world.prove("+ignore @%s %s TXT +norec" % (NS1, DOMAIN), "flags: qr aa tc")
    report = world.diagnose(options=("-t", "TXT"))
    propagation = [step for step in report["steps"] if step["id"] == "recursive"][0]["data"]["propagation"]["TXT"]
    assert propagation["verdict"] == "propagated" and propagation["asked"] >= 12, propagation


def far_server(world):
    """One server is far away: every answer takes 350 ms."""
    world.start()
    world.relay("delay.py", NS2, "0.35", "1")
    world.prove("@%s %s A +norec" % (NS2, DOMAIN), APP[0])
    world.diagnose()


def forwarding_stub(world):
    """A dnsmasq without a cache on this host, and a second resolver that works."""
    world.client.etc_file("resolv.conf", "nameserver 127.0.0.1\nnameserver %s\noptions edns0\n" % ROUTER)
    world.start()
    world.start_dnsmasq("--cache-size=0")
    world.prove("@127.0.0.1 %s A +short" % DOMAIN, APP[0])
    world.diagnose()


def no_application_check(world):
    """Nothing listens on port 443 by design, and the user says so."""
    world.app_addresses = []
    world.start()
    world.prove("%s A +short" % DOMAIN, APP[0])
    world.diagnose(options=("--set", "app_port=0"))
