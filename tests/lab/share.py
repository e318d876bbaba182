# SPDX-License-Identifier: MIT
"""Is `verdict.share` the share of clients' look-ups that meet the fault? Held against a simulated population:
    share.py BINARY [CASE...]
A case is a lab scenario. dnsprobe runs against it; beside it the lab is served once more, and a population of caching
clients looks the name up there for simulated hours: real queries to the lab's servers, a simulated clock for the
caches. Population and dnsprobe share nothing but the servers. Wanted: the share that the population met lies in the
interval of the report, give or take what chance does to the population.

With root, both run in a network namespace that has a loopback interface and nothing else."""
import json
import os
import random
import re
import socket
import struct
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
NAME, RIGHT = "shop.example", {"127.80.0.1", "127.80.0.2"}
HOURS_S = 6 * 3600.0
RESOLVERS, LOOKUPS = 400, 12000

# Case: the scenario's text (None: that of this name), options of the run, who is asked, changes to the scenario.
NS = ["--step", "nameservers", "--samples", "12"]
BOTH = ["--step", "recursive,nameservers", "--samples", "12"]
CASES = {
    "ns-divergence": ("ns-divergence", NS, "servers", {}),
    # The old zone's records live ten times as long: resolvers keep them far longer than a third of the time.
    "ns-divergence-long-ttl": ("ns-divergence", NS, "servers",
                               {'["@          A    127.80.0.1"] = "@          A    127.80.0.3"':
                                '["@          A    127.80.0.1"] = "@     3000 A    127.80.0.3"'}),
    "node-divergence": ("node-divergence", ["--step", "nameservers", "--samples", "40"], "servers", {}),
    "lame-ns": ("lame-ns", NS, "first tries", {}),
    "dead-ns": ("dead-ns", NS, "first tries", {}),
    "stale-resolver": ("stale-resolver", BOTH, "resolvers", {}),
}


def query(address, port, recursive):
    """(addresses, TTL) of one query for the name, or None when there is no usable answer."""
    number = random.randrange(65536)
    packet = struct.pack("!6H", number, 0x0100 if recursive else 0, 1, 0, 0, 0)
    packet += b"".join(bytes([len(label)]) + label.encode() for label in NAME.split(".")) + b"\0\0\1\0\1"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(0.3)
        sock.sendto(packet, (address, port))
        try:
            answer = sock.recv(4096)
        except OSError:
            return None
    _, flags, _, count, _, _ = struct.unpack("!6H", answer[:12])
    if flags & 15 or not count or not (recursive or flags & 0x0400):
        return None
    found, ttl, place = set(), None, len(packet)
    for _ in range(count):
        rrtype, _, ttl, size = struct.unpack("!HHIH", answer[place + 2:place + 12])
        if rrtype == 1:
            found.add(socket.inet_ntoa(answer[place + 12:place + 16]))
        place += 12 + size
    return found, ttl


class Population:
    """Clients behind resolvers with caches of their own; each look-up happens at a random moment."""

    def __init__(self, addresses, port):
        self.addresses, self.port = addresses, port
        self.known = {}

    def ask(self, address, recursive):
        """Servers answer in a few ways only; each is asked often enough to have them in their shares."""
        self.known.setdefault(address, [])
        if len(self.known[address]) < 60:
            self.known[address].append(query(address, self.port, recursive))
            return self.known[address][-1]
        return random.choice(self.known[address])

    def behind_servers(self):
        """Resolvers fill their caches from a server chosen evenly, and keep what they got for its TTL."""
        caches = [(0.0, False)] * RESOLVERS
        met = 0
        for moment in sorted(random.uniform(0, HOURS_S) for _ in range(LOOKUPS * 10)):
            one = random.randrange(RESOLVERS)
            ends, wrong = caches[one]
            if moment >= ends:
                answer = self.ask(random.choice(self.addresses), False)
                while answer is None:
                    answer = self.ask(random.choice(self.addresses), False)
                wrong = not answer[0] <= RIGHT
                caches[one] = (moment + answer[1], wrong)
            met += wrong
        return met / (LOOKUPS * 10)

    def first_tries(self):
        """Of the cache fills, those whose first try fails."""
        return sum(self.ask(random.choice(self.addresses), False) is None for _ in range(LOOKUPS)) / LOOKUPS

    def behind_resolvers(self):
        """Clients of the lab's own resolvers, spread evenly."""
        wrong = 0
        for _ in range(LOOKUPS):
            answer = self.ask(random.choice(self.addresses), True)
            wrong += answer is None or not answer[0] <= RIGHT
        return wrong / LOOKUPS


def scenario_file(folder, case):
    scenario, _, _, changes = CASES[case]
    with open(os.path.join(HERE, "..", "..", "runbooks", "lab", scenario + ".lua"), encoding="utf-8") as file:
        text = file.read()
    for old, new in changes.items():
        assert old in text, "%s: the scenario no longer has %s" % (case, old)
        text = text.replace(old, new)
    path = os.path.join(folder, case + ".lua")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def check(binary, case):
    _, options, how, _ = CASES[case]
    with tempfile.TemporaryDirectory() as folder:
        path = scenario_file(folder, case)
        done = subprocess.run([binary, "run", "intermittent", NAME, "--lab", path, "--json", *options], check=False,
                              capture_output=True, text=True, timeout=120)
        report = json.loads(done.stdout)
        lab = subprocess.Popen([binary, "lab", path], stdout=subprocess.PIPE, text=True)
        try:
            listed = ""
            while "Ctrl-C" not in listed:
                listed += lab.stdout.readline()
            port = int(re.search(r"on port (\d+)", listed).group(1))
            servers = ["127.53.2.1", "127.53.2.2", "127.53.2.3"]
            resolvers = re.findall(r"^resolver +(127\.53\.10\.\d+) ", listed, re.M)
            assert len(resolvers) == 12, "the lab no longer lists its public resolvers as this reads them"
            people = Population(resolvers if how == "resolvers" else servers, port)
            met = {"servers": people.behind_servers, "first tries": people.first_tries,
                   "resolvers": people.behind_resolvers}[how]()
        finally:
            lab.terminate()
            lab.wait(10)
    share = report["verdict"]["share"]
    # Clients of resolvers: the report counts this host's own resolver too, the population does not use it.
    slack = 3 * (met * (1 - met) / RESOLVERS) ** 0.5 if how == "servers" else 0.05
    good = share["low"] - slack <= met <= share["high"] + slack and abs(share["estimate"] - met) <= slack + 0.1
    print("%-24s %-22s population %.3f, report %.3f (%.3f to %.3f)%s" % (case, report["verdict"]["cause"], met,
          share["estimate"], share["low"], share["high"], "" if good else "  WRONG"), flush=True)
    return good


def main():
    if os.geteuid() == 0 and "--inside" not in sys.argv:
        os.execvp("unshare", ["unshare", "--net", "sh", "-c", "ip link set lo up && exec \"$@\"", "sh", sys.executable, "-B",
                              *sys.argv, "--inside"])
    words = [word for word in sys.argv[1:] if word != "--inside"]
    random.seed(1)
    results = [check(words[0], case) for case in words[1:] or CASES]
    sys.exit(0 if all(results) else 1)


main()
