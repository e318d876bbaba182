# SPDX-License-Identifier: MIT
"""dnsprobe against dig, byte for byte:
    diff.py SERVER BINARY
SERVER is named, knotd or raw. Every record of cases.py is asked for with both tools, several types at a name, and the
answer lines and the lines of +short are compared. dig 9.18 names every type that kdig 3.2 of the same distribution
names, so kdig is not needed as a second opinion. Ends with 77, and says why, where dig or the server is missing."""
import concurrent.futures
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cases  # pylint: disable=wrong-import-position
import servers  # pylint: disable=wrong-import-position

ZONE = "diff.test"
OLDEST_DIG = (9, 18)
NOT_IN_ANY = {"DS", "RRSIG", "NSEC", "DNSKEY", "NSEC3PARAM"}
# knotd has to be asked for each record by itself, so it gets the first ones of each type.
NODES = {"knotd": 2}
AT_ONCE = 4  # questions; they wait more than they work


def skip(why):
    print("SKIPPED: %s" % why)
    sys.exit(77)


def dig_version():
    if shutil.which("dig") is None:
        skip("dig is not installed (Debian: bind9-dnsutils)")
    done = subprocess.run(["dig", "-v"], capture_output=True, text=True, check=False)
    found = re.search(r"DiG (\d+)\.(\d+)", done.stdout + done.stderr)
    return tuple(int(part) for part in found.groups()) if found else (0, 0)


def zone_text(nodes):
    lines = ["$ORIGIN %s." % ZONE, "$TTL 300", "@ IN SOA ns.%s. host.%s. 1 7200 3600 1209600 300" % (ZONE, ZONE),
             "@ IN NS ns.%s." % ZONE, "ns IN A 127.0.0.1"]
    for at, records in enumerate(nodes):
        for kind, octets in records:
            lines.append("%s IN TYPE%d \\# %d %s" % (cases.label(at), cases.number_of(kind), len(octets), octets.hex()))
    return "\n".join(lines) + "\n"


def start(kind, folder, nodes):
    if kind == "raw":
        return servers.Raw([[(cases.number_of(k), octets) for k, octets in node] for node in nodes])
    program = {"named": servers.Named, "knotd": servers.Knotd}[kind]
    if servers.find(program.program) is None:
        skip("%s is not installed" % program.program)
    server = program(os.path.join(folder, kind), ZONE, zone_text(nodes))
    if not server.wait():
        print(server.log()[-4000:])
        server.stop()
        sys.exit("%s did not serve the zone" % kind)
    return server


def lines_of(argv):
    done = subprocess.run(argv, capture_output=True, timeout=30, check=False)
    text = done.stdout.decode("latin-1")
    if done.returncode != 0:
        print("%s: exit %d: %s" % (argv[0], done.returncode, done.stderr.decode("latin-1")[-400:]))
    return text.split("\n")


def answer_section(lines):
    """What stands below the title, to the next empty line."""
    if ";; ANSWER SECTION:" not in lines:
        return []
    below = lines[lines.index(";; ANSWER SECTION:") + 1:]
    return below[:below.index("")]


def differences(title, theirs, ours):
    """What one tool says and the other does not, as text."""
    out = ["%s: only dig:      %s" % (title, line) for line in theirs if line not in ours]
    out += ["%s: only dnsprobe: %s" % (title, line) for line in ours if line not in theirs]
    if not out and theirs != ours:
        out = ["%s: another order" % title]
    return out


def questions(kind, nodes):
    """(node, type) to ask for. ANY gives all records of a node at once, except: named keeps the DNSSEC types of a zone
    that is not signed to itself until they are asked for, knotd gives one type only (RFC 8482)."""
    out = []
    for at, node in enumerate(nodes):
        out += [(at, "ANY")] if kind != "knotd" else []
        out += [(at, each) for each, _ in node if kind == "knotd" or (kind == "named" and each in NOT_IN_ANY)]
    return out


def compare(question, binary, port):
    """Differences over one question, and how many records dig saw."""
    at, kind = question
    title = "%d %s" % (at, kind)
    number = "ANY" if kind == "ANY" else "TYPE%d" % cases.number_of(kind)
    words = ["%s.%s" % (cases.label(at), ZONE), number, "@127.0.0.1", "-p", str(port), "+tcp", "+noedns"]
    theirs = [line for line in lines_of(["dig", "+noall", "+answer", *words]) if line]
    bad = differences(title, theirs, answer_section(lines_of([binary, "query", *words])))
    if kind == "ANY":
        short = [line for line in lines_of(["dig", "+short", *words]) if line]
        ours = [line for line in lines_of([binary, "query", "+short", *words]) if line]
        bad += differences(title + " +short", short, ours)
    return bad, len(theirs)


def main():
    kind, binary = sys.argv[1:3]
    if dig_version() < OLDEST_DIG:
        skip("this dig is older than %d.%d: it does not know all types" % OLDEST_DIG)
    nodes = cases.nodes(kind == "raw")[:NODES.get(kind)]
    with tempfile.TemporaryDirectory(prefix="dnsprobe-diff.") as folder:
        server = start(kind, folder, nodes)
        try:
            with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
                results = list(pool.map(lambda one: compare(one, binary, server.port), questions(kind, nodes)))
        finally:
            server.stop()
    bad = [line for lines, _ in results for line in lines]
    print("\n".join(line[:800] for line in bad))
    seen, expected = sum(count for _, count in results), sum(len(node) for node in nodes)
    print("%s: %d of %d records compared, %d differences" % (kind, seen, expected, len(bad)))
    sys.exit(1 if bad or seen != expected else 0)


main()
