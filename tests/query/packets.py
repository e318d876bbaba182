# SPDX-License-Identifier: MIT
"""What an exchange tells of the packets themselves, seen over real links of three network namespaces (needs root):
    packets.py BINARY
client (1500 octets) router (1300) server. Answers that come in fragments say so; the don't-fragment bit on the wire is
the one asked for; a query that is too long for the link is no silence but a reason, and one that is too long for a link
behind the router has ICMP's word for it, the MTU of the path, and still the time-out that it met."""
import json
import os
import re
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import skipped  # pylint: disable=wrong-import-position

SERVER, SERVER6 = "10.99.1.2", "fd00:99:1::2"
NAMES = {where: "dnsp-%s%d" % (where[0], os.getpid()) for where in ("client", "router", "server")}
ADDRESSES = [("client", "c0", "10.99.0.1/24", "fd00:99::1/64"), ("router", "c0", "10.99.0.9/24", "fd00:99::9/64"),
             ("router", "s0", "10.99.1.9/24", "fd00:99:1::9/64"), ("server", "s0", SERVER + "/24", SERVER6 + "/64")]
NARROW = 1300

# Answers every query with one TXT record: of as many octets as the first label says.
ANSWERER = """
import socket, struct, sys
sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
sock.bind(("::", 53))
print("ready", flush=True)
for _ in range(100):
    query, peer = sock.recvfrom(4096)
    end = query.index(0, 12) + 5
    size = int(query[13:13 + query[12]])
    text = b"".join(bytes([n]) + b"x" * n for n in [255] * (size // 255) + [size % 255])
    record = b"\\xc0\\x0c" + struct.pack("!HHIH", 16, 1, 60, len(text)) + text
    sock.sendto(query[:2] + struct.pack("!HHHHH", 0x8400, 1, 1, 0, 0) + query[12:end] + record, peer)
"""

COUNTERS = """table ip seen {
  chain arrived {
    type filter hook prerouting priority -450;
    udp dport 53 ip frag-off & 0x4000 != 0 counter comment "set"
    udp dport 53 ip frag-off & 0x4000 == 0 counter comment "clear"
  }
}
"""


def ip(*words):
    subprocess.run(["ip", *words], check=True)


def inside(where, *argv, **more):
    return subprocess.run(["ip", "netns", "exec", NAMES[where], *argv], capture_output=True, text=True, timeout=30,
                          check=False, **more)


def link():
    for name in NAMES.values():
        ip("netns", "add", name)
        ip("-n", name, "link", "set", "lo", "up")
    for device, where in (("c0", "client"), ("s0", "server")):
        ip("link", "add", device, "netns", NAMES[where], "type", "veth", "peer", "name", device, "netns", NAMES["router"])
    for where, device, v4, v6 in ADDRESSES:
        ip("-n", NAMES[where], "addr", "add", v4, "dev", device)
        ip("-n", NAMES[where], "addr", "add", v6, "dev", device, "nodad")
        ip("-n", NAMES[where], "link", "set", device, "up", *(["mtu", str(NARROW)] if device == "s0" else []))
        if where != "router":
            ip("-n", NAMES[where], "route", "add", "default", "via", "10.99.%d.9" % (where == "server"))
            ip("-n", NAMES[where], "route", "add", "default", "via", "fd00:99:%s:9" % ("1:" if where == "server" else ""))
    inside("router", "sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1")
    inside("server", "nft", "-f", "-", input=COUNTERS)


def counted():
    """(queries that arrived with DF, without)."""
    rules = json.loads(inside("server", "nft", "-j", "list", "table", "ip", "seen").stdout)["nftables"]
    packets = {rule["rule"]["comment"]: one["counter"]["packets"] for rule in rules if "rule" in rule
               for one in rule["rule"]["expr"] if "counter" in one}
    return packets["set"], packets["clear"]


def query(binary, *words, server=SERVER):
    done = inside("client", binary, "query", "@" + server, "TXT", "+norec", "+ignore", "+time=1", "--late", "0", "--format", "json", *words)
    return json.loads(done.stdout)["exchanges"][0]


def check(binary):
    errors = []

    def want(what, condition, got):
        if not condition:
            errors.append("%s: %s" % (what, got))

    large, small = query(binary, "3000.test", "+bufsize=4096"), query(binary, "100.test")
    want("a large answer came in fragments", 1000 < large.get("fragment_size", 0) <= NARROW < large["size"], large)
    want("a small one did not", small["outcome"] == "answer" and "fragment_size" not in small, small)
    want("and has no use for the path's MTU", "path_mtu" not in small and large.get("path_mtu") == 1500, (small, large))
    text = inside("client", binary, "query", "@" + SERVER6, "TXT", "3000.test", "+bufsize=4096").stdout
    want("the same over IPv6, in text", re.search("rcvd: 30.*, in fragments of up to 1[0-9]{3} bytes", text), text)
    for word, place in (("+df", 0), ("+nodf", 1)):
        before = counted()
        query(binary, "10.test", word)
        after = counted()
        want(word, [a - b for a, b in zip(after, before)] == [int(place == 0), int(place == 1)], (before, after))
    long = query(binary, "10.test", "+df", "+ednsopt=65001:" + "00" * 1024, "+ednsopt=65002:" + "00" * 600)
    want("too long for the link", long["response"] is None and "too long" in long.get("errno_text", "")
         and long.get("path_mtu") == 1500, long)
    for server, kind in ((SERVER, {"type": 3, "code": 4}), (SERVER6, {"type": 2, "code": 0})):
        long = query(binary, "10.test", "+df", "+ednsopt=65001:" + "00" * 1024, "+ednsopt=65002:" + "00" * 300, server=server)
        icmp = long.get("icmp", {})
        want("too long behind the router", {**icmp, **kind, "mtu": NARROW} == icmp and icmp["from"].endswith("9")
             and long.get("path_mtu") == NARROW and long["outcome"] == "timeout", long)
    return errors


def main():
    skipped.need_namespaces()
    for program, package in (("ip", "iproute2"), ("nft", "nftables")):
        skipped.need(program, package)
    answerer = None
    try:
        link()
        answerer = subprocess.Popen(["ip", "netns", "exec", NAMES["server"], sys.executable, "-c", ANSWERER],
                                    stdout=subprocess.PIPE, text=True)
        answerer.stdout.readline()
        errors = check(os.path.abspath(sys.argv[1]))
    finally:
        if answerer:
            answerer.kill()
            answerer.wait()
        for name in NAMES.values():
            subprocess.run(["ip", "netns", "del", name], check=False)
    print("\n".join(errors) or "fragments, DF and links too narrow: as they were")
    sys.exit(1 if errors else 0)


main()
