# SPDX-License-Identifier: MIT
"""dig's words, end to end:
    words.py BINARY DNSPROBE_LUA
What each word puts into the message is read from the packet that reached the server; what each EDNS option is shown as
is compared line by line; a response that went through `--format json` and back has the same text as the one that came."""
import json
import os
import re
import struct
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import peer as peers  # pylint: disable=wrong-import-position

RD, CD, AD, DO = 0x0100, 0x0010, 0x0020, 0x8000

# words, what is to be found in the query: flags, opcode, type, class, edns (None: none), options
SENT = [
    ([], {"flags": RD, "opcode": 0, "type": 1, "class": 1, "size": 1232, "version": 0, "ednsflags": 0, "options": []}),
    (["+nord"], {"flags": 0}), (["+norecurse"], {"flags": 0}), (["+rd"], {"flags": RD}),
    (["+cd"], {"flags": RD | CD}), (["+ad"], {"flags": RD | AD}), (["+nocd", "+noad"], {"flags": RD}),
    (["+noedns"], {"size": None}), (["+bufsize=512"], {"size": 512}), (["+bufsize=65535"], {"size": 65535}),
    (["+edns=1"], {"version": 1}), (["+edns=255", "+noednsneg"], {"version": 255}), (["+ednsflags=0x40"], {"ednsflags": 0x40}),
    (["+dnssec"], {"ednsflags": DO}), (["+do"], {"ednsflags": DO}), (["+dnssec", "+ednsflags=1"], {"ednsflags": DO | 1}),
    (["+ednsopt=100"], {"options": [(100, b"")]}), (["+ednsopt=65001:dead", "+ednsopt=nsid"],
                                                    {"options": [(65001, b"\xde\xad"), (3, b"")]}),
    (["+ednsopt=KEY-TAG:4f66", "+ednsopt=chain:00", "+ednsopt=dau:0d08"], {"options": [(14, b"Of"), (13, b"\0"), (5, b"\x0d\x08")]}),
    (["+bufsize=0"], {"size": 0}), (["+bufsize=0", "+noedns"], {"size": None}),
    (["+nsid"], {"options": [(3, b"")]}), (["+cookie=0102030405060708"], {"options": [(10, bytes(range(1, 9)))]}),
    (["+subnet=192.0.2.77/24"], {"options": [(8, b"\0\1\x18\0\xc0\0\2")]}), (["+subnet=0"], {"options": [(8, b"\0\1\0\0")]}),
    (["+subnet=2001:db8::/33"], {"options": [(8, b"\0\2\x21\0\x20\1\x0d\xb8\0")]}),
    (["+opcode=15"], {"opcode": 15}), (["+opcode=notify"], {"opcode": 4}), (["+qid=4711"], {"id": 4711}),
    (["-c", "CH"], {"class": 3}), (["-cHS"], {"class": 4}), (["-t", "TXT"], {"type": 16}), (["AAAA"], {"type": 28}),
    (["TYPE65400", "CLASS1"], None), (["TYPE65400"], {"type": 65400}),
]
REFUSED = [["+bufsize=65536"], ["+edns=256"], ["+subnet=300.1.1.1/8"], ["+cookie=zz"], ["+tries=0"], ["+time=0"], ["+qid=x"],
           ["+nonsense"], ["+nobufsize"], ["-p", "0"], ["--format", "xml"], ["NOSUCHTYPE"], ["+ednsopt=65536"]]

OPTIONS_TEXT = [
    'NSID: 6e 73 31 2e 65 78 61 6d 70 6c 65 ("ns1.example")', "CLIENT-SUBNET: 192.0.2.0/24/16", "EXPIRE: 604800 (1 week)",
    "COOKIE: 010203040506070801000000737373737373737373737373 (good)", "TCP KEEPALIVE: 10.0 secs", "PAD: (20 bytes)",
    "CHAIN: example.", "KEY-TAG: 20326", "EDE: 3 (Stale Answer): (old data)", "REPORT-CHANNEL: agent.example.",
    "ZONEVERSION: SOA-SERIAL 2024010101 (zone of 1 label)", 'OPT=65001: 01 61 (".a")',
]

# Reads a JSON message and the octets in hex of the same one: 0 when what comes back from JSON is the same.
SAME = """
local dns, json = require "dnsprobe", require "dnsprobe.json"
local file <close> = io.open(arg[1])
local back = dns.message.from_json(json.decode(file:read("a")))
local came = dns.message.from_wire((arg[2]:gsub("%x%x", function(c) return string.char(tonumber(c, 16)) end)))
assert(dns.message.text(back) == dns.message.text(came), "the texts differ")
assert(dns.message.from_wire(back.wire).id == came.id)
"""


def read_query(query):
    """What the words change, out of the octets of a query."""
    ident, flags, _, _, _, additional = struct.unpack(">6H", query[:12])
    end = peers.question_end(query)
    kind, rrclass = struct.unpack(">HH", query[end - 4:end])
    found = {"id": ident, "flags": flags & 0x87FF, "opcode": flags >> 11 & 15, "type": kind, "class": rrclass, "size": None}
    if additional:
        kind, size, _, version, ednsflags, length = struct.unpack(">HHBBHH", query[end + 1:end + 11])
        options, at = [], end + 11
        while at < end + 11 + length:
            code, count = struct.unpack(">HH", query[at:at + 4])
            options.append((code, query[at + 4:at + 4 + count]))
            at += 4 + count
        found.update(size=size, version=version, ednsflags=ednsflags, options=options, bytes=len(query))
    return found


class Test:
    def __init__(self, binary, lua):
        self.binary, self.lua, self.peer, self.errors = binary, lua, peers.Peer(), 0

    def ask(self, label, *words):
        return self.run([label + ".test"], words)

    def run(self, question, words):
        return subprocess.run([self.binary, "query", *question, "@127.0.0.1", "-p", str(self.peer.port), "+time=1",
                               "--late", "100", *words], capture_output=True, timeout=30, check=False, text=True)

    def expect(self, what, got, wanted):
        if got != wanted:
            self.errors += 1
            print("%s: %r, not %r" % (what, got, wanted))

    def sent(self):
        for at, (words, wanted) in enumerate(SENT):
            label = "good-%d" % at
            done = self.ask(label, *words)
            if wanted is None:
                self.expect("%s: exit" % words, done.returncode, 64)
                continue
            found = read_query(self.peer.seen[label]) if label in self.peer.seen else {}
            self.expect("%s" % words, {key: found.get(key) for key in wanted}, wanted)
        self.ask("good-pad", "+padding=128")
        self.expect("+padding", len(self.peer.seen["good-pad"]), 128)
        self.ask("good-cookie", "+cookie")
        self.expect("+cookie", [(code, len(data)) for code, data in read_query(self.peer.seen["good-cookie"])["options"]],
                    [(10, 8)])
        self.run(["-x", "192.0.2.1"], ["+time=0.1"])
        self.expect("-x", self.peer.seen["1"][12:-4 - 11], b"\x011\x012\x010\x03192\x07in-addr\x04arpa\0")
        self.expect("-x type", read_query(self.peer.seen["1"])["type"], 12)

    def refused(self):
        for words in REFUSED:
            done = self.ask("good", *words)
            self.expect("%s: exit, output, lines" % words, (done.returncode, done.stdout, done.stderr.count("\n")),
                        (64, "", 1))

    def shown(self):
        lines = self.ask("options", "+cookie=0102030405060708").stdout.split("\n")
        got = [line[2:] for line in lines if line.startswith("; ") and not line.startswith(("; EDNS", "; <<"))]
        self.expect("options", got, OPTIONS_TEXT)
        for label, verdict in (("echo", "echoed"), ("bad", "bad")):
            self.expect(label, "(%s)" % verdict in self.ask(label, "+cookie").stdout, True)
        both = self.ask("truncated")
        self.expect("both attempts", (both.stdout.count(";; SERVER:"), both.returncode), (2, 3))
        self.expect("+ignore", self.ask("truncated", "+ignore").stdout.count(";; SERVER:"), 1)
        tries = json.loads(self.ask("silent", "+time=0.1", "+tries=3", "--json").stdout)["exchanges"]
        self.expect("+tries", [one["outcome"] for one in tries], ["timeout"] * 3)
        # a broadcast address: the system sends nothing there
        done = subprocess.run([self.binary, "query", "a.test", "@255.255.255.255", "+time=0.1", "--json"], capture_output=True, text=True, check=False)
        one = json.loads(done.stdout)["exchanges"][0]
        self.expect("unsent", (one["outcome"], one.get("unsent"), one["sent"] > "2024"), ("host-unreachable", True, True))
        self.expect("sent", "unsent" in json.loads(self.ask("good", "--json").stdout)["exchanges"][0], False)
        self.expect("+short", self.ask("good", "+short").stdout, "192.0.2.1\n")
        strays = [line for line in self.ask("twice").stdout.split("\n") if line.startswith(";; STRAY: duplicate")]
        self.expect("strays", [bool(re.search("it differs$", line)) for line in strays], [True])

    def back_from_json(self):
        for label in ("good", "options", "escapes", "header", "truncated"):
            words = ["+qid=77", "+ignore", "+cookie=0102030405060708"]
            response = json.loads(self.ask(label, *words, "--json").stdout)["exchanges"][0]["response"]
            octets = dict(line.split() for line in self.ask(label, *words, "--format", "hex").stdout.split("\n") if line)
            with tempfile.TemporaryDirectory(prefix="dnsprobe-words.") as folder:
                script, message = os.path.join(folder, "same.lua"), os.path.join(folder, "message.json")
                with open(script, "w", encoding="ascii") as file:
                    file.write(SAME)
                with open(message, "w", encoding="utf-8") as file:
                    json.dump(response, file)
                done = subprocess.run([self.lua, script, message, octets["response"]], capture_output=True, text=True,
                                      check=False)
            self.expect("%s: back from JSON" % label, (done.returncode, done.stderr), (0, ""))


def main():
    test = Test(*sys.argv[1:3])
    for part in (test.sent, test.refused, test.shown, test.back_from_json):
        part()
    print("%d errors" % test.errors)
    sys.exit(1 if test.errors else 0)


main()
