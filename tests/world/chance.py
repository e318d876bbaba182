# SPDX-License-Identifier: MIT
"""Worlds made by chance: `run.py chance.SEED BINARY` (or sound.SEED, faint.SEED). The seed decides the shape of a healthy world (how many name
servers, which software, pool, TTLs, oddities that are no fault), then one fault, two independent ones or none, who is
hit and how hard. tests/accuracy.sh counts how often the diagnosis is right over many seeds.

A fault is a generator function of (world, shape, rng): what stands before its `yield` happens before the servers
start, what follows after; it yields the finding ids that are its truth, the cause first."""
import random

import zones
from addresses import APP, APP_V6, CLIENT_V6, DOMAIN, MAJORS, NS1, NS1_V6, NS2, NS3, OLD_APP, ROUTER, SPARE
from dnssec import sign, sign_world
from servers import Bind, Knot, Nsd, Powerdns

NS = {"ns1": [NS1, NS1_V6], "ns2": [NS2], "ns3": [NS3]}
POOL = APP + ["104.18.20.%d" % n for n in range(40, 44)]
ON_THE_LINE = ("internet", "prerouting")
OLD_SERIAL = 2026111901


class Shape:
    """What a healthy world looks like this time; zone() is the zone under test in it."""

    def __init__(self, rng, reloads):
        self.names = rng.choice([("ns1", "ns2", "ns3")] * 3 + [("ns1", "ns2"), ("ns1", "ns3")])
        kinds = [Bind, Nsd, Knot] + ([] if reloads else [Powerdns])
        self.kinds = {name: rng.choice(kinds) for name in NS}
        self.ttl = rng.choice([60, 300, 300, 900, 3600])
        self.app = POOL[:rng.choice([1, 2, 2, 3, 6])]
        self.app_v6 = APP_V6 if rng.random() < 0.7 else []
        self.oddities = []

    def zone(self, **changes):
        return zones.shop(**{"app": self.app, "app_v6": self.app_v6, "ttl": self.ttl, "names": self.names, **changes})

    def old_zone(self):
        return self.zone(app=[OLD_APP], serial=OLD_SERIAL)

    def build(self, world):
        world.internet.ip_batch(["addr add %s/32 dev lo" % a for a in POOL if a not in APP])
        world.app_addresses = self.app + [OLD_APP] + self.app_v6
        for name, kind in self.kinds.items():
            hosted = {DOMAIN: self.zone()} if name in self.names else {}
            if name == "ns3":
                hosted["dnshost.net."] = zones.hoster()
            if hosted:
                world.add(kind, name, NS[name], hosted)
            else:
                world.servers.pop(name)
        glue = {name: NS[name] for name in self.names if name != "ns3"}
        world.set_parent(zones.delegation(self.names, glue))

    def replace(self, world, name, kind, text, extra=""):
        """Another server in the place of one, with this zone text (None: without the zone under test)."""
        hosted = {DOMAIN: text} if text else {}
        if name == "ns3":
            hosted["dnshost.net."] = zones.hoster()
        return world.add(kind, name, NS[name], hosted, extra)


# ---- faults of the zone's servers ----

def old_zone(world, shape, rng):
    behind = rng.sample(shape.names, rng.randint(1, len(shape.names) - 1))
    world.set_zone(shape.old_zone(), *behind)
    yield ["auth.ns-divergence"]


def serial_mismatch(world, shape, rng):
    world.set_zone(shape.zone(serial=OLD_SERIAL), rng.choice(shape.names))
    yield ["auth.serial-mismatch"]


def lame_refused(world, shape, rng):
    name = rng.choice(shape.names)
    server = shape.replace(world, name, rng.choice([Bind, Nsd, Knot]), None)
    if not server.zones:
        server.load({"other.test.": zones.shop().replace(DOMAIN, "other.test.")})
    yield ["auth.lame"]


def server_dead(world, shape, rng):
    name = rng.choice(shape.names)
    yield ["auth.ns-unreachable"]
    for address in NS[name]:
        world.drop("%s daddr %s" % ("ip6" if ":" in address else "ip", address), "internet", "input")


def server_flapping(world, shape, rng):
    name = rng.choice(shape.names)
    address = [a for a in NS[name] if ":" not in a][0]
    yield ["auth.ns-flapping"]
    world.drop("ip daddr %s udp dport 53 numgen random mod 100 < %d" % (address, rng.randint(20, 60)), "internet", "input")


def server_rate_limited(world, shape, rng):
    extra = "rate-limit { responses-per-second %d; slip %d; window 5; };" % (rng.randint(3, 8), rng.choice([0, 2, 3]))
    shape.replace(world, rng.choice(shape.names), Bind, shape.zone(), extra)
    yield ["auth.rate-limited"]


def node_divergence(world, shape, rng):
    name = rng.choice(shape.names)
    address = [a for a in NS[name] if ":" not in a][0]
    world.add(rng.choice([Bind, Nsd, Knot]), "node2", [SPARE[0]], {DOMAIN: shape.old_zone()})
    yield ["auth.node-divergence"]
    n = rng.randint(2, 4)
    targets = ", ".join("%d : %s" % (i, SPARE[0] if i == 0 else address) for i in range(n))
    for hook in ("prerouting", "output"):
        world.rule("ip daddr %s udp dport 53 dnat ip to numgen random mod %d map { %s }" % (address, n, targets),
                   "internet", hook, "nat", -100)


def all_dead(world, shape, rng):
    del shape, rng
    yield ["auth.ns-unreachable"]
    world.drop("ip daddr { %s, %s, %s } meta l4proto { tcp, udp } th dport 53" % (NS1, NS2, NS3), "internet", "input")
    world.drop("ip6 daddr %s meta l4proto { tcp, udp } th dport 53" % NS1_V6, "internet", "input")


# ---- faults of resolvers ----

def resolvers_behind(world, shape, rng):
    ttl = rng.choice([1800, 3600, 14400])
    world.set_zone(shape.zone(app=[OLD_APP], serial=2026112101, ttl=ttl), *shape.names)
    yield ["recursive.divergence"]
    world.warm(*rng.sample([name for name, _, _ in MAJORS], rng.randint(1, 8)))
    world.set_zone(shape.zone(ttl=ttl), *shape.names)
    world.wait_serial(2026112205, *shape.names)


def resolver_rate_limited(world, shape, rng):
    del shape
    name, four, six = rng.choice(MAJORS)
    world.add_resolver(name, [four, six], [four, six], " ip-ratelimit: %d\n ip-ratelimit-factor: 0" % rng.randint(5, 12))
    yield ["recursive.rate-limited"]


def resolver_flapping(world, shape, rng):
    del shape
    name, four, _ = rng.choice(MAJORS)
    world.add_resolver(name + "-node2", [SPARE[4]], [SPARE[4]], " access-control: 192.168.1.0/24 refuse")
    n = rng.randint(2, 4)
    yield ["recursive.flapping"]
    targets = ", ".join("%d : %s" % (i, SPARE[4] if i == 0 else four) for i in range(n))
    world.rule("ip daddr %s udp dport 53 dnat ip to numgen random mod %d map { %s }" % (four, n, targets),
               "internet", "prerouting", "nat", -100)


def resolver_two_caches(world, shape, rng):
    name, four, _ = rng.choice(MAJORS)
    world.add_resolver(name + "-node2", [SPARE[4]], [SPARE[4]])
    world.set_zone(shape.zone(app=[OLD_APP], serial=2026112101, ttl=7200), *shape.names)
    n = rng.randint(2, 3)
    yield ["recursive.divergence"]
    world.warm(name + "-node2")
    world.set_zone(shape.zone(ttl=7200), *shape.names)
    world.wait_serial(2026112205, *shape.names)
    targets = ", ".join("%d : %s" % (i, SPARE[4] if i == 0 else four) for i in range(n))
    world.rule("ip daddr %s udp dport 53 dnat ip to numgen random mod %d map { %s }" % (four, n, targets),
               "internet", "prerouting", "nat", -100)


# ---- faults of the delegation ----

def glue_mismatch(world, shape, rng):
    name = rng.choice([n for n in shape.names if n != "ns3"])
    glue = {n: NS[n] for n in shape.names if n != "ns3"}
    glue[name] = [SPARE[1]]
    world.set_parent(zones.delegation(shape.names, glue))
    world.add(rng.choice([Bind, Nsd, Knot]), "forgotten", [SPARE[1]], {DOMAIN: shape.old_zone()})
    yield ["delegation.glue-mismatch"]


def glue_missing(world, shape, rng):
    inside = [n for n in shape.names if n != "ns3"]
    name = rng.choice(inside)
    glue = {n: NS[n] for n in inside if n != name}
    world.set_parent(zones.delegation(shape.names, glue))
    yield ["delegation.glue-missing"]


def ns_mismatch(world, shape, rng):
    if rng.random() < 0.5:
        text = shape.zone(names=shape.names + ("ns4.shop.example.",), more=["ns4.shop.example. 3600 IN A " + SPARE[2]])
        world.add(rng.choice([Bind, Nsd, Knot]), "ns4", [SPARE[2]], {DOMAIN: text})
    else:
        text = shape.zone(names=shape.names[:-1])
    world.set_zone(text, *shape.names)
    yield ["delegation.ns-mismatch"]


# ---- faults of the path ----

def tcp_blocked(world, shape, rng):
    if rng.random() < 0.5:
        yield ["path.tcp-blocked"]
        world.drop("tcp dport 53", *ON_THE_LINE)
    else:
        name = rng.choice(shape.names)
        address = [a for a in NS[name] if ":" not in a][0]
        yield ["path.tcp-blocked"]
        world.rule("ip daddr %s tcp dport 53 %s" % (address, rng.choice(["reject with tcp reset", "drop"])), "internet", "input")


def loss(world, shape, rng):
    del shape
    rate = rng.choice([4, 5, 8, 12, 20, 30])
    world.options += ["--detect", "4%"] if rate < 12 else []
    yield ["path.loss"]
    world.drop("udp dport 53 numgen random mod 100 < %d" % rate, *ON_THE_LINE)


def edns_dropped(world, shape, rng):
    name = rng.choice(shape.names)
    address = [a for a in NS[name] if ":" not in a][0]
    yield ["path.edns-broken"]
    world.drop("ip daddr %s udp dport 53 @th,144,16 1" % address, "internet", "input")


def edns_formerr(world, shape, rng):
    name = rng.choice([n for n in shape.names if n != "ns1"])
    yield ["path.edns-broken"]
    world.relay("formerr.py", NS[name][0])


def slow(world, shape, rng):
    name = rng.choice([n for n in shape.names if n != "ns1"])
    yield ["path.slow"]
    world.relay("delay.py", NS[name][0], "%.1f" % rng.uniform(2.3, 4.0), "%.2f" % rng.uniform(0.25, 0.6))


def intercepted(world, shape, rng):
    del shape, rng
    yield ["path.intercepted"]
    for protocol in ("udp", "tcp"):
        world.rule("%s dport 53 ip daddr != %s dnat ip to %s" % (protocol, ROUTER, ROUTER), "internet", "prerouting", "nat", -100)


def fragments_dropped(world, shape, rng):
    del rng
    big = ["shop.example. 3600 IN TXT \"%s\"" % (("record %02d of many; " % n) * 12) for n in range(12)]
    text = shape.zone(more=big)
    for name in shape.names:
        kind = {"ns1": Bind, "ns2": Nsd, "ns3": Knot}[name]
        extra = {Bind: "edns-udp-size 4096; max-udp-size 4096;", Nsd: " ipv4-edns-size: 4096\n ipv6-edns-size: 4096",
                 Knot: "    udp-max-payload: 4096"}[kind]
        shape.replace(world, name, kind, text, extra)
    yield ["path.fragments-dropped"]
    world.rule("ip frag-off & 0x3fff != 0 drop", "client", "prerouting", priority=-450)
    world.rule("exthdr frag exists drop", "client", "prerouting", priority=-450)


# ---- faults of the host, the application, DNSSEC ----

def hosts_override(world, shape, rng):
    del shape
    world.client.etc_file("hosts", "127.0.0.1 localhost\n%s shop.example\n" % rng.choice([OLD_APP, "10.1.2.3"]))
    yield ["client.hosts-override"]


def split_dns(world, shape, rng):
    del shape
    company = "192.168.1.2"
    world.internet.ip("addr", "add", company + "/32", "dev", "lo")
    world.add_resolver("company", [company], [SPARE[0]],
                       " local-zone: \"shop.example.\" static\n"
                       " local-data: \"shop.example. 300 IN SOA dc1.corp. admin.corp. 1 3600 600 86400 300\"\n"
                       " local-data: \"shop.example. 300 IN A 10.20.30.%d\"" % rng.randint(1, 250))
    order = rng.sample([ROUTER, company], 2)
    world.client.etc_file("resolv.conf", "".join("nameserver %s\n" % a for a in order))
    yield ["client.split-dns"]


def resolver_down(world, shape, rng):
    del shape
    order = rng.choice([["192.168.1.99", ROUTER], [ROUTER, "192.168.1.99"], ["192.168.1.99", ROUTER, "8.8.8.8"]])
    world.client.etc_file("resolv.conf", "".join("nameserver %s\n" % a for a in order))
    yield ["client.resolver-down"]


def app_refused(world, shape, rng):
    gone = shape.app if rng.random() < 0.4 else [rng.choice(shape.app)]
    world.app_addresses = [a for a in world.app_addresses if a not in gone]
    yield ["app.connect-refused"]


def app_timeout(world, shape, rng):
    gone = rng.choice(shape.app)
    yield ["app.connect-timeout"]
    world.drop("ip daddr %s tcp dport 443" % gone, "internet", "input")


def tls_failure(world, shape, rng):
    del shape
    if rng.random() < 0.5:
        world.certificate_days = 0
    else:
        world.certificate_name = "old-shop.example"
    yield ["app.tls-failure"]


def stale_stub(world, shape, rng):
    del rng
    world.client.etc_file("resolv.conf", "nameserver 127.0.0.1\n")
    world.set_zone(shape.zone(app=[OLD_APP], serial=2026112101, ttl=1800), *shape.names)
    yield ["client.stale-cache"]
    world.start_dnsmasq("--cache-size=500")
    for rrtype in ("A", "AAAA"):
        world.dig("@127.0.0.1 %s %s" % (DOMAIN, rrtype))
    world.set_zone(shape.zone(ttl=1800), *shape.names)
    world.wait_serial(2026112205, *shape.names)
    world.servers["router"].restart()


def bogus(world, shape, rng):
    # The rest of the chain is made for three servers, and PowerDNS would want its own signing.
    for name in shape.names:
        if shape.kinds[name] is Powerdns:
            shape.replace(world, name, Nsd, shape.zone())
    delegation = zones.delegation
    zones.delegation = lambda: delegation(shape.names, {n: NS[n] for n in shape.names if n != "ns3"})
    try:
        how = rng.choice(["expired", "keys"])
        hosted, set_zone = shape.names, world.set_zone
        world.set_zone = lambda text, *names: set_zone(text, *(names or hosted))
        sign_world(world, shape.zone(), expired=how == "expired")
        if how == "keys":
            fresh, _ = sign(world.path("fresh-keys"), DOMAIN, shape.zone())
            world.set_zone(fresh)
    finally:
        zones.delegation = delegation
    yield ["dnssec.bogus"]


# ---- faint faults: 4 % to 10 % of what is asked of one party, or of everybody ----

def _now_and_then(world, address, other, rng, hook="prerouting"):
    """Sends a few of a hundred questions for an address to another server."""
    world.rule("ip daddr %s udp dport 53 numgen random mod 100 < %d dnat ip to %s" % (address, rng.randint(4, 10), other),
               "internet", hook, "nat", -100)


def faint_server_loss(world, shape, rng):
    address = [a for a in NS[rng.choice(shape.names)] if ":" not in a][0]
    yield ["auth.ns-flapping"]
    world.drop("ip daddr %s udp dport 53 numgen random mod 100 < %d" % (address, rng.randint(4, 10)), "internet", "input")


def faint_server_errors(world, shape, rng):
    address = [a for a in NS[rng.choice(shape.names)] if ":" not in a][0]
    world.add(rng.choice([Bind, Nsd, Knot]), "node2", [SPARE[0]], {"other.test.": zones.shop().replace(DOMAIN, "other.test.")})
    yield ["auth.ns-flapping"]
    _now_and_then(world, address, SPARE[0], rng)


def faint_node_divergence(world, shape, rng):
    address = [a for a in NS[rng.choice(shape.names)] if ":" not in a][0]
    world.add(rng.choice([Bind, Nsd, Knot]), "node2", [SPARE[0]], {DOMAIN: shape.old_zone()})
    yield ["auth.node-divergence"]
    _now_and_then(world, address, SPARE[0], rng)


def faint_resolver_errors(world, shape, rng):
    del shape
    name, four, _ = rng.choice(MAJORS)
    world.add_resolver(name + "-node2", [SPARE[4]], [SPARE[4]], " access-control: 192.168.1.0/24 refuse")
    yield ["recursive.flapping"]
    _now_and_then(world, four, SPARE[4], rng)


def faint_resolver_loss(world, shape, rng):
    del shape
    yield ["recursive.flapping"]
    world.drop("ip daddr %s udp dport 53 numgen random mod 100 < %d" % (rng.choice(MAJORS)[1], rng.randint(4, 10)), "internet",
               "input")


def faint_two_caches(world, shape, rng):
    name, four, _ = rng.choice(MAJORS)
    world.add_resolver(name + "-node2", [SPARE[4]], [SPARE[4]])
    world.set_zone(shape.zone(app=[OLD_APP], serial=2026112101, ttl=7200), *shape.names)
    yield ["recursive.divergence"]
    world.warm(name + "-node2")
    world.set_zone(shape.zone(ttl=7200), *shape.names)
    world.wait_serial(2026112205, *shape.names)
    _now_and_then(world, four, SPARE[4], rng)


def faint_loss(world, shape, rng):
    del shape
    yield ["path.loss"]
    world.drop("udp dport 53 numgen random mod 100 < %d" % rng.randint(4, 10), *ON_THE_LINE)


# ---- oddities that are no fault ----

def far_server(world, shape, rng):
    yield []
    name = rng.choice([n for n in shape.names if n != "ns1"])
    world.relay("delay.py", NS[name][0], "%.2f" % rng.uniform(0.05, 0.5), "1")


def major_unreachable(world, shape, rng):
    del shape
    yield []
    world.drop("ip daddr %s" % rng.choice(MAJORS)[1], "internet", "input")


def filtering_resolver(world, shape, rng):
    del shape
    name = "quad9"
    world.servers[name].extra += " local-zone: \"shop.example.\" always_nxdomain"
    yield ["recursive.filtered"]


def other_ttl(world, shape, rng):
    world.set_zone(shape.zone(ttl=shape.ttl * 2), rng.choice(shape.names))
    yield []


def no_ipv6(world, shape, rng):
    del shape, rng
    yield []
    world.client.ip("-6", "addr", "flush", "dev", "veth0")
    world.client.ip("-6", "route", "flush", "default")
    assert not world.client.run("ip", "-6", "route", "get", CLIENT_V6).stdout.count("veth0")


def shy_resolvers(world, shape, rng):
    del shape, rng
    for name, _, _ in MAJORS:
        world.servers[name].extra += " hide-identity: yes\n hide-version: yes\n deny-any: yes\n minimal-responses: yes"
    yield []


def forwarding_stub(world, shape, rng):
    del shape
    world.client.etc_file("resolv.conf", "nameserver 127.0.0.1\n")
    yield []
    world.start_dnsmasq("--cache-size=%d" % rng.choice([0, 150, 1000]))


def update_during_run(world, shape, rng):
    yield []
    for step in range(3):
        text = shape.zone(serial=2026112206 + step, more=["new.shop.example. 300 IN A 104.18.20.%d" % (40 + step)])
        for position, name in enumerate(shape.names):
            world.later(2 + rng.uniform(2, 6) * step + rng.uniform(0.1, 1.0) * position,
                        lambda t=text, n=name: world.set_zone(t, n))


def signed(world, shape, rng):
    del rng
    for name in shape.names:
        if shape.kinds[name] is Powerdns:
            shape.replace(world, name, Nsd, shape.zone())
    delegation = zones.delegation
    zones.delegation = lambda: delegation(shape.names, {n: NS[n] for n in shape.names if n != "ns3"})
    hosted, set_zone = shape.names, world.set_zone
    try:
        world.set_zone = lambda text, *names: set_zone(text, *(names or hosted))
        sign_world(world, shape.zone())
    finally:
        zones.delegation = delegation
    yield []


FAULTS = [old_zone, serial_mismatch, lame_refused, server_dead, server_flapping, server_rate_limited, node_divergence, all_dead,
          resolvers_behind, resolver_rate_limited, resolver_flapping, resolver_two_caches, glue_mismatch, glue_missing,
          ns_mismatch, tcp_blocked, loss, edns_dropped, edns_formerr, slow, intercepted, fragments_dropped, hosts_override,
          split_dns, resolver_down, filtering_resolver, app_refused, app_timeout, tls_failure, stale_stub, bogus]
FAINT = [faint_server_loss, faint_server_errors, faint_node_divergence, faint_resolver_errors, faint_resolver_loss,
         faint_two_caches, faint_loss]
# Pairs that do not touch one another: neither explains the other, neither hides the other.
PAIRS = [(old_zone, tls_failure), (old_zone, resolver_flapping), (old_zone, resolver_down), (resolvers_behind, server_dead),
         (resolvers_behind, app_timeout), (resolver_rate_limited, glue_missing), (tls_failure, serial_mismatch),
         (edns_formerr, resolvers_behind), (resolver_down, ns_mismatch), (resolver_flapping, server_dead),
         (lame_refused, tls_failure), (tcp_blocked, resolvers_behind), (glue_mismatch, app_timeout)]
ODDITIES = [far_server, major_unreachable, other_ttl, no_ipv6, shy_resolvers, forwarding_stub,
            update_during_run, signed]
# They give running servers a new zone, which PowerDNS would have to be told over its control socket.
RELOADS = {resolvers_behind, resolver_two_caches, stale_stub, update_during_run, faint_two_caches}
RELAYS = {far_server, edns_formerr, slow}
# An oddity that a fault rules out: it would change the same setting, or hide the fault.
CLASHES = {(stale_stub, forwarding_stub), (split_dns, forwarding_stub), (resolver_down, forwarding_stub),
           (hosts_override, forwarding_stub), (node_divergence, far_server)}


def choose(rng, kind="chance"):
    """(faults, oddities): three in ten worlds are healthy, one in ten has two faults. Of kind "faint": one faint fault."""
    if kind == "faint":
        return [rng.choice(FAINT)], []
    draw = rng.random()
    faults = [] if draw < 0.3 else list(rng.choice(PAIRS)) if draw < 0.4 else [rng.choice(FAULTS)]
    wanted = rng.sample(ODDITIES, rng.choice([0, 1, 1, 2]) if faults else rng.choice([0, 1, 2, 2]))
    oddities = []
    for one in wanted:
        others = faults + oddities
        relays = one in RELAYS and any(o in RELAYS for o in others)
        sets_zone = one in (other_ttl, update_during_run, signed) and bool(set(others) - {far_server, major_unreachable,
                                                                                          no_ipv6, shy_resolvers})
        hides = one is major_unreachable and bool(faults)
        if not relays and not sets_zone and not hides and not any((o, one) in CLASHES for o in others):
            oddities.append(one)
    return faults, oddities


def scenario(seed, kind="chance"):
    """The scenario of this seed, for run.py; `sound`: one without a fault, `faint`: with one that shows now and then only."""
    rng = random.Random(seed)
    faults, oddities = choose(rng, kind)
    while kind == "sound" and faults:
        faults, oddities = choose(rng)

    def run(world):
        shape = Shape(rng, any(part in RELOADS for part in faults + oddities))
        world.options = []
        shape.build(world)
        parts = [part(world, shape, rng) for part in faults + oddities]
        expected = [wanted for part in parts for wanted in next(part)]
        world.start()
        for part in parts:
            next(part, None)
        world.diagnose(*expected, options=world.options, any_order=True)

    run.__doc__ = "%s; besides: %s" % (" and ".join(f.__name__ for f in faults) or "healthy",
                                       ", ".join(o.__name__ for o in oddities) or "nothing")
    return run
