# SPDX-License-Identifier: MIT
"""What an exchange tells of the packets themselves, seen over a real link of two network namespaces (needs root):
    packets.py BINARY
Answers that come in fragments say so; the don't-fragment bit on the wire is the one asked for; a query that is too
long for the link is no silence but a reason."""
import json
import os
import subprocess
import sys

CLIENT, SERVER = "10.99.0.1", "10.99.0.2"
NAMES = {"client": "dnsp-c%d" % os.getpid(), "server": "dnsp-s%d" % os.getpid()}

# Answers every query with one TXT record: of as many octets as the first label says.
ANSWERER = """
import socket, struct, sys
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.bind((sys.argv[1], 53))
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
    ip("link", "add", "v0", "netns", NAMES["client"], "type", "veth", "peer", "name", "v0", "netns", NAMES["server"])
    for where, address in (("client", CLIENT), ("server", SERVER)):
        ip("-n", NAMES[where], "addr", "add", address + "/24", "dev", "v0")
        for device in ("lo", "v0"):
            ip("-n", NAMES[where], "link", "set", device, "up")
    inside("server", "nft", "-f", "-", input=COUNTERS)


def counted():
    """(queries that arrived with DF, without)."""
    rules = json.loads(inside("server", "nft", "-j", "list", "table", "ip", "seen").stdout)["nftables"]
    packets = {rule["rule"]["comment"]: one["counter"]["packets"] for rule in rules if "rule" in rule
               for one in rule["rule"]["expr"] if "counter" in one}
    return packets["set"], packets["clear"]


def query(binary, *words):
    done = inside("client", binary, "query", "@" + SERVER, "TXT", "+norec", "+ignore", "+time=1", "--format", "json", *words)
    return json.loads(done.stdout)["exchanges"][0]


def check(binary):
    errors = []

    def want(what, condition, got):
        if not condition:
            errors.append("%s: %s" % (what, got))

    large, small = query(binary, "3000.test", "+bufsize=4096"), query(binary, "100.test")
    want("a large answer came in fragments", 1000 < large.get("fragment_size", 0) <= 1500 < large["size"], large)
    want("a small one did not", small["outcome"] == "answer" and "fragment_size" not in small, small)
    for word, place in (("+df", 0), ("+nodf", 1)):
        before = counted()
        query(binary, "10.test", word)
        after = counted()
        want(word, [a - b for a, b in zip(after, before)] == [int(place == 0), int(place == 1)], (before, after))
    long = query(binary, "10.test", "+df", "+ednsopt=65001:" + "00" * 1024, "+ednsopt=65002:" + "00" * 600)
    want("too long for the link", long["response"] is None and "too long" in long.get("errno_text", ""), long)
    return errors


def main():
    if os.geteuid() != 0:
        print("SKIPPED: network namespaces need root")
        sys.exit(77)
    answerer = None
    try:
        link()
        answerer = subprocess.Popen(["ip", "netns", "exec", NAMES["server"], sys.executable, "-c", ANSWERER, SERVER],
                                    stdout=subprocess.PIPE, text=True)
        answerer.stdout.readline()
        errors = check(os.path.abspath(sys.argv[1]))
    finally:
        if answerer:
            answerer.kill()
            answerer.wait()
        for name in NAMES.values():
            subprocess.run(["ip", "netns", "del", name], check=False)
    print("\n".join(errors) or "fragments, DF and a link too narrow: as they were")
    sys.exit(1 if errors else 0)


main()
