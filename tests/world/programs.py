# SPDX-License-Identifier: MIT
"""What the field_* scenarios share: what programs of the client get, boxes with a bad habit, and what a report has to say
beyond its ids.

The C library is asked in a process of its own, as a program asks it: the name as typed, with the search list, ndots and
nsswitch.conf of the client; dig knows none of these."""
import json
import os
import socket
import sys

from addresses import DOMAIN, ROUTER
from net import wait_until
from servers import Unbound, udp_query
from world import HERE, Failed

# A box on the client's own network that forwards to the router.
BOX = "192.168.1.2"
# Another address of that box.
BOX_OTHER = "192.168.1.3"
# Addresses of the client's network at which nobody lives: ARP gives up after three seconds.
NOBODY = ["192.168.1.97", "192.168.1.98", "192.168.1.99"]
STUB = "127.0.0.1"
NAME = DOMAIN.rstrip(".")

LOOK_UP = """
import json, socket, sys, time
for name in sys.argv[2:]:
    began = time.monotonic()
    try:
        got = sorted({item[4][0] for item in socket.getaddrinfo(name, None, int(sys.argv[1]), socket.SOCK_STREAM)})
    except OSError as error:
        got = str(error)
    print(json.dumps([got, time.monotonic() - began]), flush=True)
"""


def resolv_conf(world, *nameservers, more=""):
    """The client's resolv.conf: these nameservers in this order, then `more`."""
    world.client.etc_file("resolv.conf", "".join("nameserver %s\n" % address for address in nameservers) + more)


# ---- what programs get ----

def look_up(world, *names, family=0, seconds=100):
    """getaddrinfo in the client, one after the other in one process: [(addresses or the error's text, seconds)]."""
    done = world.client.run(sys.executable, "-c", LOOK_UP, str(family), *(names or (NAME,)), timeout=seconds)
    found = [tuple(json.loads(line)) for line in done.stdout.splitlines()]
    world.log.append("getaddrinfo %s: %s %s" % (" ".join(names or (NAME,)), found, done.stderr))
    return found


def programs_get(world, *expected, absent=(), at_least_s=0.0, at_most_s=2.0, n=3, name=NAME):
    """The fault (or its absence) seen by a program: every look-up gives these addresses (none: an error), no absent one,
    within that time."""
    for got, took in look_up(world, *[name] * n):
        if isinstance(got, str) != (not expected) or any(address not in got for address in expected):
            raise Failed("getaddrinfo %s gives %s, expected %s" % (name, got, expected or "an error"))
        if any(address in got for address in absent):
            raise Failed("getaddrinfo %s gives %s, and so one of %s" % (name, got, absent))
        if not at_least_s <= took <= at_most_s:
            raise Failed("getaddrinfo %s took %.1f s, expected %g to %g" % (name, took, at_least_s, at_most_s))


def sender_of_answer(world, address):
    """Who answers a question to this address, seen from a socket that is not connected; None where nobody does."""
    query = b"\x12\x34\x01\0\0\1\0\0\0\0\0\0" + b"\4shop\7example\0" + b"\0\1\0\1"
    with world.client.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(2)
        try:
            sock.sendto(query, (address, 53))
            return sock.recvfrom(4096)[1][0]
        except OSError:
            return None


def share_of_failures(world, address, names, qtype=1):
    """Of one question over UDP for each name, how many come back with SERVFAIL or not at all (0 to 1)."""
    seen = [udp_query(world.client, address, name, qtype, 1.0) for name in names]
    failed = sum(answer is None or answer[0] == 2 for answer in seen)
    world.log.append("%d of %d questions to %s fail" % (failed, len(seen), address))
    return failed / len(seen)


def fresh(n, domain=DOMAIN):
    """Names below the domain that nobody has asked before."""
    return ["fresh-%d-%d.%s" % (os.getpid(), number, domain) for number in range(n)]


# ---- what stands between ----

def box(world, habit, *words, address=BOX, resolver=ROUTER, more=()):
    """A box of the client's network with that habit (habit.py); `more` are further addresses of it. It is there once
    the world has started."""
    if "%" not in address:
        world.internet.ip_batch(["addr add %s/32 dev lo" % a for a in (address, *more)])
    world.internet.spawn(world.path("habit.log"), sys.executable, os.path.join(HERE, "habit.py"), address, resolver,
                         habit, *words)
    place = address.partition("%")[0]
    wait_until(lambda: any(place in line and ":53 " in line for line in
                           world.internet.run("ss", "-Hlun").stdout.splitlines()), 10, "the box to listen")


def second_packet_lost(world, share_percent=100):
    """A NAT box loses the second packet of a source port towards port 53 within 150 ms, or a share of these."""
    world.internet.nft(
        "table inet nat_box {\n"
        " set ports { type ipv4_addr . inet_service; size 65535; flags dynamic,timeout; timeout 150ms; }\n"
        " chain way { type filter hook prerouting priority -450;\n"
        "  iifname \"veth0\" udp dport 53 ip saddr . udp sport @ports%s drop\n"
        "  iifname \"veth0\" udp dport 53 update @ports { ip saddr . udp sport timeout 150ms }\n"
        " }\n}\n" % ("" if share_percent == 100 else " numgen random mod 100 < %d" % share_percent))


def one_answer_per_port(world):
    """A firewall closes the flow with the first answer: what else comes back for that port within 150 ms is dropped."""
    world.client.nft(
        "table inet guard {\n"
        " set ports { type ipv4_addr . inet_service; size 65535; flags dynamic,timeout; timeout 150ms; }\n"
        " chain way { type filter hook prerouting priority -450;\n"
        "  iifname \"veth0\" udp sport 53 ip daddr . udp dport @ports drop\n"
        "  iifname \"veth0\" udp sport 53 update @ports { ip daddr . udp dport timeout 150ms }\n"
        " }\n}\n")


def larger_vanishes(world, octets):
    """What is larger than this (octets of IP) never reaches the client, and no ICMP says so. -450: before connection
    tracking would put fragments together."""
    world.rule("meta length > %d drop" % octets, "client", "prerouting", priority=-450)


def answers_at_port_53_go_to(world, address, address_v6=None):
    """Every question from the client to any address, over UDP or TCP, is answered by this one in its place."""
    for protocol in ("udp", "tcp"):
        world.rule("%s dport 53 dnat ip to %s" % (protocol, address), "internet", "prerouting", "nat", -100)
        if address_v6:
            world.rule("%s dport 53 dnat ip6 to %s" % (protocol, address_v6), "internet", "prerouting", "nat", -100)


PORTAL, PORTAL_V6 = "10.1.1.1", "fd10:1::1"


def portal(world, *options):
    """A dnsmasq without a resolver behind it answers all questions of this network."""
    world.internet.ip_batch(["addr add %s/32 dev lo" % PORTAL, "addr add %s/128 dev lo nodad" % PORTAL_V6])
    world.internet.spawn(world.path("portal.log"), "dnsmasq", "-k", "--no-resolv", "--no-hosts", "--user=root",
                         "--conf-file=/dev/null", "--pid-file=", "--listen-address=" + PORTAL,
                         "--listen-address=" + PORTAL_V6, "--bind-interfaces", *options)
    wait_until(lambda: udp_query(world.internet, PORTAL, ".", 1) is not None, 5, "the portal to answer")
    answers_at_port_53_go_to(world, PORTAL, PORTAL_V6)


def validating_stub(world, extra="", resolver=ROUTER, anchor=True):
    """An Unbound on the client that validates from the world's own trust anchor and forwards to `resolver`; the zones
    are signed and in order."""
    resolv_conf(world, STUB)
    anchors = " trust-anchor-file: \"%s\"\n" % world.path("anchor") if anchor else ""
    stub = Unbound(world.client, world.folder, "stub", [STUB], world.hints, anchors + " ede: yes\n" + extra
                   + " do-not-query-localhost: no\nforward-zone:\n name: \".\"\n forward-addr: %s" % resolver)
    stub.ready = lambda: udp_query(world.client, STUB, ".", 2, 1) is not None
    world.servers["stub"] = stub


# ---- what a report says ----

def blames(world, finding_id, *others, severity="critical", reason=None, share=None, says=(), **more):
    """The run blames `finding_id` first, with that severity, and nobody but `others` beside it; the finding's
    facts.reason, and texts of its summary or fix; the share of look-ups is between two bounds."""
    statuses = {"critical": (2,), "warning": (1,), "either": (1, 2)}[severity]
    report = world.diagnose(finding_id, *others, statuses=statuses, **more)
    first, errors = report["findings"][0], []
    if reason and (first.get("facts") or {}).get("reason") != reason:
        errors.append("facts.reason is %s, expected %s" % ((first.get("facts") or {}).get("reason"), reason))
    for text in says:
        if text not in first["summary"] + first["fix"]:
            errors.append("neither summary nor fix says %r: %s | %s" % (text, first["summary"], first["fix"]))
    estimate = (report["verdict"].get("share") or {}).get("estimate")
    if share and (estimate is None or not share[0] <= estimate <= share[1]):
        errors.append("the share of look-ups is %s, expected %g to %g" % (estimate, *share))
    if errors:
        raise Failed("\n".join(errors))
    return report


def quiet(world, *infos, statuses=(0,), **more):
    """Nothing above info; these ids are there at info."""
    return world.diagnose(statuses=statuses, quiet=infos, **more)
