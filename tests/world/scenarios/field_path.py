# SPDX-License-Identifier: MIT
"""What public reports tell about the way between this host and everybody: sizes that do not arrive, boxes that answer for
everybody, a family that leads nowhere. Beside every fault stands what looks like it and is in order (`healthy_...`)."""
import socket

import zones
from addresses import APP, APP_V6, CLIENT, CLIENT_V6, DOMAIN, MAJORS, NS1, NS1_V6, NS2, NS3, ROOTS, ROUTER, TLDS
from dnssec import sign_world
from programs import (BOX, NAME, PORTAL, blames, box, larger_vanishes, look_up, portal, programs_get, quiet, resolv_conf)
from net import wait_until
from servers import Bind, Nsd
from world import Failed

# What comes from the client, before it reaches any server.
ON_THE_LINE = ("internet", "prerouting")
# 600 octets of text: an answer that is larger than 512 octets and smaller than a packet.
TEXT = ["shop.example. 300 IN TXT \"%s\"" % (("token %02d of a few; " % n) * 9) for n in range(4)]
# 1,150 octets of it, and 2,400.
MORE_TEXT = ["shop.example. 300 IN TXT \"%s\"" % (("token %02d of some; " % n) * 11) for n in range(5)]
MUCH_TEXT = ["shop.example. 300 IN TXT \"%s\"" % (("token %02d of many; " % n) * 12) for n in range(10)]


def _tls(world, address=APP[0]):
    """What openssl says of a handshake from the client."""
    wait_until(lambda: ":443" in world.internet.run("ss", "-Hltn").stdout, 10, "the application to listen")
    command = "timeout 6 openssl s_client -connect %s:443 -servername %s -CAfile %s -brief </dev/null"
    done = world.client.run("sh", "-c", command % (address, NAME, world.path("ca.pem")), timeout=15)
    world.log.append("openssl s_client %s: %s" % (address, done.stderr.strip()))
    return done.stderr


def _tls_hangs(world):
    if "CONNECTION ESTABLISHED" in _tls(world):
        raise Failed("the handshake does not hang")
    with world.client.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
        sock.settimeout(3)
        sock.connect((APP[0], 443))


# ---- what is larger than N octets never arrives ----

def _large_certificate(world):
    """A certificate with many names, which does not fit into one packet, as those of large sites are."""
    world.more_names = ["shop-%03d.region-%02d.shop.example" % (n, n % 7) for n in range(90)]


def mtu_black_hole(world):
    """Everything above 1,320 octets towards this host vanishes, and nobody says so: TLS hangs to every address."""
    _large_certificate(world)
    world.start()
    larger_vanishes(world, 1320)
    world.prove("%s A +short" % DOMAIN, APP[0])
    _tls_hangs(world)
    blames(world, "path.large-lost")


def mtu_black_hole_of_a_tunnel(world):
    """A tunnel inside a tunnel: 900 octets arrive, more do not, and the zone's TXT answer has 1,150."""
    _large_certificate(world)
    world.set_zone(zones.shop(more=MORE_TEXT))
    world.start()
    larger_vanishes(world, 900)
    world.prove("+ignore @%s %s TXT +norec +bufsize=1232" % (NS1, DOMAIN), "timed out")
    world.prove("@%s %s TXT +norec +tcp +time=3" % (NS1, DOMAIN), "timed out")
    world.prove("@%s %s A +norec" % (NS1, DOMAIN), APP[0])
    _tls_hangs(world)
    blames(world, "path.large-lost")


def mtu_black_hole_ipv6(world):
    """Over IPv6 what is larger than 1,280 octets vanishes (a tunnel broker's filter of ICMPv6); IPv4 is in order."""
    _large_certificate(world)
    world.start()
    world.rule("meta nfproto ipv6 meta length > 1280 drop", "client", "prerouting", priority=-450)
    if "CONNECTION ESTABLISHED" not in _tls(world) or "CONNECTION ESTABLISHED" in _tls(world, "[%s]" % APP_V6[0]):
        raise Failed("TLS does not hang over IPv6 alone")
    blames(world, "path.large-lost", severity="either")


def healthy_small_mtu(world):
    """The same tunnel, and both ends know of its MTU of 1,320 octets."""
    _large_certificate(world)
    world.start()
    world.client.ip("link", "set", "veth0", "mtu", "1320")
    world.internet.ip("link", "set", "veth0", "mtu", "1320")
    if "CONNECTION ESTABLISHED" not in _tls(world):
        raise Failed("TLS does not work")
    quiet(world)


def healthy_mtu_announced(world):
    """The way back is narrower than this host's link, and ICMP says so to the servers."""
    _large_certificate(world)
    world.start()
    for address in (CLIENT, CLIENT_V6):
        family = ["-6"] if ":" in address else []
        world.internet.ip(*family, "route", "replace", address, "dev", "veth0", "mtu", "1320")
    if "CONNECTION ESTABLISHED" not in _tls(world):
        raise Failed("TLS does not work")
    quiet(world)


def _large_answers_vanish(world, octets):
    """A firewall beside this host that still has the limit of the first DNS: UDP from port 53 above it is dropped."""
    world.rule("udp sport 53 udp length > %d drop" % (octets + 8), "client", "prerouting", priority=-450)


def udp_over_512(world):
    """The firewall drops DNS over UDP above 512 octets from anybody; the zone is signed."""
    sign_world(world, zones.shop(more=TEXT))
    world.start()
    _large_answers_vanish(world, 512)
    for address in (NS1, NS2, NS3):
        world.prove("+ignore @%s %s TXT +norec +dnssec" % (address, DOMAIN), "timed out")
        world.prove("@%s %s TXT +norec +dnssec +tcp" % (address, DOMAIN), "token 03")
        world.prove("@%s %s A +norec" % (address, DOMAIN), APP[0])
    blames(world, "path.large-lost", says=("512",))


def udp_over_512_unsigned(world):
    """The same firewall; the zone is not signed, and has 40 addresses that programs with EDNS ask for."""
    many = _forty(world)
    world.set_zone(zones.shop(app=many))
    resolv_conf(world, ROUTER, more="options edns0\n")
    world.start()
    _large_answers_vanish(world, 512)
    world.prove("+ignore @%s %s A" % (ROUTER, DOMAIN), "timed out")
    world.prove("+ignore +noedns @%s %s A" % (ROUTER, DOMAIN), "flags: qr tc rd ra")
    blames(world, "path.large-lost")


def udp_over_1024(world):
    """A firewall whose limit somebody set to 1,024 octets, before answers of 1,150."""
    world.set_zone(zones.shop(more=MORE_TEXT))
    world.start()
    _large_answers_vanish(world, 1024)
    for address in (NS1, NS2, NS3):
        world.prove("+ignore @%s %s TXT +norec +bufsize=1232" % (address, DOMAIN), "timed out")
        world.prove("@%s %s TXT +norec +bufsize=1000" % (address, DOMAIN), "token 04", "(TCP)")
    blames(world, "path.large-lost", options=("-t", "A,TXT"))


def healthy_udp_512(world):
    """The zone's servers never send more than 512 octets over UDP; TC and TCP do the rest."""
    sign_world(world, zones.shop(more=TEXT))
    shop = world.servers["ns1"].zones[DOMAIN]
    world.add(Bind, "ns1", [NS1, NS1_V6], {DOMAIN: shop}, "max-udp-size 512; edns-udp-size 512;")
    world.add(Nsd, "ns2", [NS2], {DOMAIN: shop}, " ipv4-edns-size: 512\n ipv6-edns-size: 512")
    world.add(Nsd, "ns3", [NS3], {DOMAIN: shop, "dnshost.net.": zones.hoster()}, " ipv4-edns-size: 512")
    world.start()
    world.prove("+ignore @%s %s TXT +norec +dnssec" % (NS3, DOMAIN), "flags: qr aa tc")
    world.prove("@%s %s TXT +norec +dnssec" % (NS3, DOMAIN), "token 03", "(TCP)")
    quiet(world)


# ---- one box that cannot carry what is large ----

def _forty(world):
    """40 addresses of a content network, all of which answer: an A answer of 686 octets."""
    many = ["104.18.30.%d" % n for n in range(1, 41)]
    world.internet.ip_batch(["addr add %s/32 dev lo" % a for a in many])
    world.app_addresses = many + APP_V6
    return many


def cut_at_512(world):
    """The router's proxy sends the first 512 octets of an answer of 686, TC clear. Programs use EDNS here."""
    world.set_zone(zones.shop(app=_forty(world)))
    box(world, "cut", "size=512")
    resolv_conf(world, BOX, more="options edns0\n")
    world.start()
    world.prove("@%s %s A" % (BOX, DOMAIN), "malformed")
    world.prove("@%s %s A +tcp" % (BOX, DOMAIN), "104.18.30.40")
    world.prove("@%s %s A" % (ROUTER, DOMAIN), "104.18.30.40", "ANSWER: 40")
    blames(world, "recursive.type-broken", subject=BOX, says=("512",))


def large_never_sent(world):
    """The router's proxy drops what is larger than 512 octets; all that is smaller comes."""
    world.set_zone(zones.shop(app=_forty(world)))
    box(world, "small", "size=512")
    resolv_conf(world, BOX, more="options edns0\n")
    world.start()
    world.prove("+ignore @%s %s A" % (BOX, DOMAIN), "timed out")
    world.prove("@%s %s AAAA +short" % (BOX, DOMAIN), APP_V6[0])
    blames(world, "recursive.type-broken", subject=BOX, says=("512",))


def healthy_large_set(world):
    """40 addresses, and a resolver that gives them all, over UDP and TCP."""
    world.set_zone(zones.shop(app=_forty(world)))
    box(world, "plain")
    resolv_conf(world, BOX, more="options edns0\n")
    world.start()
    world.prove("@%s %s A" % (BOX, DOMAIN), "104.18.30.40", "ANSWER: 40")
    programs_get(world, "104.18.30.1")
    quiet(world)


# ---- a box that answers for everybody ----

def _everybody_is_the_box(world, *expected):
    for address in (ROUTER, MAJORS[0][1], ROOTS[0][1], TLDS["example."][0][1], NS1, "203.0.113.77"):
        world.prove("@%s %s A +norec" % (address, DOMAIN), *expected)


def portal_with_its_address(world):
    """A captive portal answers every question of this network with its own address."""
    world.start()
    portal(world, "--address=/#/" + PORTAL)
    _everybody_is_the_box(world, PORTAL)
    programs_get(world, PORTAL, absent=APP)
    blames(world, "path.intercepted")


def portal_nxdomain(world):
    """A gateway says NXDOMAIN to every question until its user has paid, without AA."""
    world.start()
    portal(world, "--address=/#/")
    _everybody_is_the_box(world, "status: NXDOMAIN")
    programs_get(world)
    blames(world, "path.intercepted")


def portal_refuses(world):
    """A gateway refuses every question of a host that it does not know."""
    world.start()
    portal(world)
    _everybody_is_the_box(world, "status: REFUSED")
    programs_get(world)
    blames(world, "path.intercepted")


def portal_for_everybody_but_one(world):
    """A gateway lets questions go to its own resolver only, and answers all others with NXDOMAIN itself."""
    world.start()
    portal(world, "--address=/#/")
    world.internet.nft("insert rule inet world nat_prerouting iifname \"veth0\" ip daddr %s return\n" % ROUTER)
    world.prove("@%s %s A +short" % (ROUTER, DOMAIN), APP[0])
    for address in (MAJORS[0][1], ROOTS[0][1], NS1, "203.0.113.77"):
        world.prove("@%s %s A +norec" % (address, DOMAIN), "status: NXDOMAIN", absent=["flags: qr aa"])
    programs_get(world, APP[0], APP_V6[0])
    blames(world, "path.intercepted", severity="either")


def healthy_portal_passed(world):
    """The same network after its user has paid; its resolver still knows the portal's own name."""
    world.servers["router"].extra = " local-zone: \"portal.test.\" static\n local-data: \"portal.test. 60 IN A %s\"" % PORTAL
    world.start()
    world.prove("@%s portal.test A +short" % ROUTER, PORTAL)
    world.prove("@%s %s A +norec" % (ROOTS[0][1], DOMAIN), "b.nic.example.")
    programs_get(world, APP[0], APP_V6[0])
    quiet(world)


# ---- a family that leads nowhere ----

def family_dead(world):
    """IPv6 has an address and a route here, and nothing comes back over it."""
    world.start()
    world.rule("meta nfproto ipv6 icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept", *ON_THE_LINE)
    world.drop("meta nfproto ipv6", *ON_THE_LINE)
    world.prove("%s AAAA +short" % DOMAIN, APP_V6[0])
    world.prove("@%s %s A +norec" % (NS1_V6, DOMAIN), "timed out")
    programs_get(world, APP[0], APP_V6[0])
    blames(world, "client.family-dead", severity="warning", says=("IPv6",))


def family_dead_nameserver(world):
    """The same line, and the first nameserver of resolv.conf is at the far end of it: programs wait for DNS as well."""
    resolv_conf(world, MAJORS[0][2], ROUTER)
    world.start()
    world.rule("meta nfproto ipv6 icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept", *ON_THE_LINE)
    world.drop("meta nfproto ipv6", *ON_THE_LINE)
    times = [took for _, took in look_up(world, NAME)]
    if times[0] < 4:
        raise Failed("look-ups took %s" % times)
    blames(world, "client.family-dead", severity="warning", says=("IPv6",))


def healthy_no_route_for_ipv6(world):
    """This host has an IPv6 address, and no way out with it: the kernel says so at once."""
    world.start()
    world.client.ip("-6", "route", "flush", "default")
    programs_get(world, APP[0], APP_V6[0])
    quiet(world)
