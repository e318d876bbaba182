# SPDX-License-Identifier: MIT
"""dnsprobe against dig, byte for byte:
    diff.py SERVER BINARY LUA
SERVER is named, knotd or raw. Every record of cases.py is asked for with both tools, several types at a name, and the
answer lines and the lines of +short are compared. Which types a tool names is found out first, by asking it.

With `kdig` for SERVER, kdig is the second opinion, on each type that it names. Its words are not dig's (hexadecimal
digits in other groups and cases, no quotes round an ALPN), so what it prints is read by dnsprobe, and has to become the
octets that the record is made of. For a type that this dig is too old to name that is the only one; on Debian 12 there
is none (dig 9.18 names all of the cases, kdig 3.2 some 50).

Ends with 77, and says why, where a tool or the server is missing."""
import concurrent.futures
import json
import os
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import cases  # pylint: disable=wrong-import-position
import servers  # pylint: disable=wrong-import-position
import skipped  # pylint: disable=wrong-import-position

ZONE = "diff.test"
OLDEST_DIG = (9, 18)
NOT_IN_ANY = {"DS", "RRSIG", "NSEC", "DNSKEY", "NSEC3PARAM"}
# knotd has to be asked for each record by itself, so it gets the first ones of each type.
NODES = {"knotd": 2}
AT_ONCE = 4  # questions; they wait more than they work


def dig_version():
    skipped.need("dig", "bind9-dnsutils")
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
    program, package = {"named": (servers.Named, "bind9"), "knotd": (servers.Knotd, "knot")}[kind]
    skipped.need(program.program, package)
    server = program(os.path.join(folder, kind), ZONE, zone_text(nodes))
    if not server.wait():
        print(server.log()[-4000:])
        server.stop()
        sys.exit("%s did not serve the zone" % kind)
    return server


def lines_of(argv, may_fail=False):
    done = subprocess.run(argv, capture_output=True, timeout=30, check=False)
    text = done.stdout.decode("latin-1")
    if done.returncode != 0 and not may_fail:
        print("%s: exit %d: %s" % (argv[0], done.returncode, done.stderr.decode("latin-1")[-400:]))
    return text.split("\n")


def named_by(tool):
    """Numbers of the types of the cases that a tool has a name for, which the question shows when asked by number."""
    numbers = sorted({cases.number_of(each) for each, _ in cases.cases()})
    server = servers.Raw([[]])
    try:
        argv = [tool, "@127.0.0.1", "-p", str(server.port), "+tcp", "+noedns", "+noall", "+question"]
        for number in numbers:
            argv += ["0", "TYPE%d" % number]
        lines = [line.split() for line in lines_of(argv) if line]
    finally:
        server.stop()
    if len(lines) != len(numbers):
        sys.exit("%s: %d types were asked for, %d shown" % (tool, len(numbers), len(lines)))
    return {number for number, line in zip(numbers, lines) if not line[-1].startswith("TYPE")}


def without(lines, numbers):
    """The answer lines that are not of these types."""
    return [line for line in lines if not numbers or cases.number_of(line.split(None, 4)[3]) not in numbers]


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


def compare(question, binary, port, unnamed):
    """Differences over one question, and how many records dig saw. It has no name for the types `unnamed`."""
    at, kind = question
    title = "%d %s" % (at, kind)
    number = "ANY" if kind == "ANY" else "TYPE%d" % cases.number_of(kind)
    words = ["%s.%s" % (cases.label(at), ZONE), number, "@127.0.0.1", "-p", str(port), "+tcp", "+noedns"]
    theirs = [line for line in lines_of(["dig", "+noall", "+answer", *words]) if line]
    mine = answer_section(lines_of([binary, "query", *words]))
    bad = differences(title, without(theirs, unnamed), without(mine, unnamed))
    if kind == "ANY" and not unnamed:
        short = [line for line in lines_of(["dig", "+short", *words]) if line]
        ours = [line for line in lines_of([binary, "query", "+short", *words]) if line]
        bad += differences(title + " +short", short, ours)
    return bad, len(theirs)


def whole(lines):
    """From the flags to the end of the last section."""
    text = "\n".join(lines)
    found = re.search(r"(?s)\n(;; flags: .*?)\n;; Query time", text)
    return found.group(1).rstrip().split("\n") if found else lines


def compare_names(binary):
    """The question, whose columns depend on its length, and the header, for names of every length of a label, and
    for classes without a mnemonic. Also how many were seen."""
    server = servers.Raw([[(1, b"\xc0\0\2\1")]])
    asked = [("0" * size, kind) for size in range(1, 64) for kind in ("IN", "ANY", "CLASS65535")]
    asked += [("0", "CLASS0"), ("0", "HS"), ("0", "NONE"), ("0", "CLASS257")]

    def one(case):
        words = [case[0] + ".", "TXT", "-c", case[1], "@127.0.0.1", "-p", str(server.port), "+tcp", "+noedns", "+qid=7"]
        return differences("%d %s" % (len(case[0]), case[1]), whole(lines_of(["dig", *words])), whole(lines_of([binary, "query", *words])))
    try:
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            return [line for lines in pool.map(one, asked) for line in lines], len(asked)
    finally:
        server.stop()


# ---- kdig ----

# An ALPN with quotes that begin inside the value: RFC 9460 allows them round the whole of it.
KDIG_WRITES_WRONG = {bytes.fromhex("0001000001000d03612c6203635c64042220ff1b00020000")}

# Reads a JSON list of [type, mnemonic, text, octets in hex]; prints those whose text does not become the octets.
READ = """
local dns, json = require "dnsprobe", require "dnsprobe.json"
for _, case in ipairs(json.decode(io.read("a"))) do
    local number, kind, text, hex = table.unpack(case)
    local message, why = dns.message.from_json { QR = 1, answerRRs = { { NAME = ".", TYPE = number, CLASS = 1, TTL = 0,
        ["rdata" .. kind] = text } } }
    local octets = message and (dns.message.to_json(message).answerRRs[1].RDATAHEX or ""):lower()
    if octets ~= hex then
        print(("%s: %s: %s instead of %s"):format(kind, text, why or octets, hex))
    end
end
"""


def said_by_kdig(port, case, at):
    """What kdig prints of a record; None for a type in the generic form, and where kdig refuses the whole answer."""
    argv = ["kdig", "+noall", "+answer", "+tcp", "+noedns", "@127.0.0.1", "-p", str(port), "%d." % at, "TYPE%d" % cases.number_of(case[0])]
    lines = [line for line in lines_of(argv, may_fail=True) if line[:1] not in ("", ";")]
    text = lines[0].split(None, 4)[4:] if lines else ["\\#"]
    return None if text and text[0].startswith("\\#") else "".join(text)


def second_opinion(lua):
    skipped.need("kdig", "knot-dnsutils")
    named = named_by("kdig")
    wanted = [case for case in cases.cases() if cases.number_of(case[0]) in named]
    server = servers.Raw([[(cases.number_of(kind), octets)] for kind, octets in wanted])
    try:
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            said = list(pool.map(lambda at: said_by_kdig(server.port, wanted[at], at), range(len(wanted))))
    finally:
        server.stop()
    heard = [[cases.number_of(kind), kind, text, octets.hex()]
             for (kind, octets), text in zip(wanted, said) if text is not None and octets not in KDIG_WRITES_WRONG]
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(READ)
        script.flush()
        done = subprocess.run([lua, script.name], input=json.dumps(heard), stdout=subprocess.PIPE, text=True, check=True)
    silent = sorted({kind for (kind, _), text in zip(wanted, said) if text is None})
    print(done.stdout[:8000] + "kdig names %d types; %d of %d records read back; some not printed of %s" % (
        len(named), len(heard), len(wanted), " ".join(silent)))
    sys.exit(1 if done.stdout or len(heard) < 0.8 * len(wanted) else 0)


def main():
    kind, binary, lua = sys.argv[1:4]
    if kind == "kdig":
        second_opinion(lua)
    if dig_version() < OLDEST_DIG:
        skipped.whole("this dig is older than %d.%d: it does not know all types" % OLDEST_DIG)
    nodes = cases.nodes(kind == "raw")[:NODES.get(kind)]
    unnamed = {cases.number_of(each) for each, _ in cases.cases() if not each.startswith("TYPE")} - named_by("dig")
    print("this dig has no name for: %s" % (sorted(unnamed) or "none"))
    with tempfile.TemporaryDirectory(prefix="dnsprobe-diff.") as folder:
        server = start(kind, folder, nodes)
        try:
            with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
                results = list(pool.map(lambda one: compare(one, binary, server.port, unnamed), questions(kind, nodes)))
        finally:
            server.stop()
    bad = [line for lines, _ in results for line in lines]
    if kind == "raw":
        lines, asked = compare_names(binary)
        bad += lines
        print("raw: %d questions compared" % asked)
    print("\n".join(line[:800] for line in bad))
    seen, expected = sum(count for _, count in results), sum(len(node) for node in nodes)
    print("%s: %d of %d records compared, %d differences" % (kind, seen, expected, len(bad)))
    sys.exit(1 if bad or seen != expected else 0)


main()
