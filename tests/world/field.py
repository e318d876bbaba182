# SPDX-License-Identifier: MIT
"""For the scenarios of what the field reports: servers with a bad habit, servers that sign as they answer, a parent whose
servers differ, signed zones with one thing broken, and what a report must say of it beyond the id of its cause."""
import os
import re
import shutil
import sys

import zones
from addresses import DOMAIN, TLDS
from dnssec import sign, sign_above
from net import sh, wait_until
from servers import Bind, Knot, Server
from world import Failed

HERE = os.path.dirname(os.path.abspath(__file__))
TLD_A, TLD_B = (server[1] for server in TLDS["example."])
STATUS = {"critical": (2,), "warning": (1,)}


# ---- what the report must say ----

def blame(world, *expected, severity="critical", facts=None, says=(), never=(), **more):
    """World.diagnose, and of the first expected finding: its severity (None: whatever is above info), members of its facts
    (a text is found in what the member holds), texts in its summary and fix, and texts that must not be there."""
    report = world.diagnose(*expected, statuses=STATUS.get(severity), **more)
    finding = next(one for one in report["findings"] if one["id"] == expected[0])
    errors = []
    if severity and finding["severity"] != severity:
        errors.append("severity is %s, expected %s" % (finding["severity"], severity))
    for key, wanted in (facts or {}).items():
        if wanted not in str((finding.get("facts") or {}).get(key)):
            errors.append("facts.%s is %r, expected %r" % (key, (finding.get("facts") or {}).get(key), wanted))
    text = (finding["summary"] + " " + finding["fix"]).lower()
    errors += ["%r is not said: %s" % (wanted, text) for wanted in says if wanted.lower() not in text]
    errors += ["%r is said: %s" % (word, text) for word in never if word.lower() in text]
    if errors:
        raise Failed("\n".join(errors))
    return report


def prove_delv(world, question, *expected, absent=(), zone=".", folder="sign-root"):
    """As World.prove, with delv, which validates by itself: from the keys of `zone`, which were made in `folder`."""
    with open(os.path.join(world.path(folder), "dsset-" + zone), encoding="utf-8") as file:
        rows = [line.split() for line in file.read().splitlines()]
    with open(world.path("delv.anchor"), "w", encoding="utf-8") as file:
        keys = ["\"%s\" static-ds %s %s %s \"%s\";" % (zone, *row[3:6], "".join(row[6:])) for row in rows]
        file.write("trust-anchors { %s };\n" % " ".join(keys))
    done = world.client.run("delv", "-a", world.path("delv.anchor"), "+root=" + zone, *question.split())
    out = done.stdout + done.stderr
    world.log.append("delv %s\n%s" % (question, out.strip()))
    wrong = [text for text in expected if text not in out] + ["not " + text for text in absent if text in out]
    if wrong:
        raise Failed("delv %s does not show %s:\n%s" % (question, wrong, out))


def delv_rejects(world, question, *expected, **where):
    """delv finds no valid chain to the answer."""
    prove_delv(world, question, "resolution failed", *expected, absent=["fully validated", "unsigned answer"], **where)


# ---- servers ----

class Wayward(Server):
    """wayward.py before a real server, which moves to a loopback address of its own."""

    software = "wayward"

    def __init__(self, real, behind, habit):
        super().__init__(real.namespace, os.path.dirname(real.folder), real.name + "-front", real.addresses)
        self.real, self.behind, self.habit = real, behind, habit
        real.addresses = [behind]

    def load(self, zones):
        self.real.load(zones)

    def configure(self):
        return ""

    def command(self):
        kind, *words = self.habit
        return [sys.executable, os.path.join(HERE, "wayward.py"), kind, self.behind, *words, "--", *self.addresses]

    def ready(self):
        self.zones = self.real.zones
        return super().ready()


def spoil(world, name, *habit):
    """Gives the server of that name a habit of wayward.py."""
    real = world.servers[name]
    behind = "127.1.0.%d" % (1 + sum(server.software == "wayward" for server in world.servers.values()))
    world.internet.ip("addr", "add", behind + "/32", "dev", "lo")
    world.servers[name + "-front"] = Wayward(real, behind, habit)


class OnlineKnot(Knot):
    """Knot DNS that signs its last zone as it answers (mod-onlinesign), with compact denials (RFC 9824)."""

    lifetime = "14d"

    def configure(self):
        online = ["policy:", "  - id: online", "    algorithm: ecdsap256sha256", "    rrsig-lifetime: " + self.lifetime,
                  "mod-onlinesign:", "  - id: online", "    policy: online", "zone:", ""]
        return super().configure().replace("zone:\n", "\n".join(online), 1) + "    module: mod-onlinesign/online\n"

    def make_key(self, zone):
        """The DS lines of a new key for the zone."""
        self.write("server.conf", self.configure())
        keymgr = ["keymgr", "-c", self.path("server.conf"), zone]
        sh(*keymgr, "generate", "algorithm=13", "ksk=yes", "zsk=yes")
        return sh(*keymgr, "ds").replace(" DS ", " IN DS ")


class BindViews(Bind):
    """BIND with two views: what the client's own network gets, and what everybody else gets."""

    def __init__(self, *words):
        super().__init__(*words)
        self.near = {}

    def configure(self):
        text, _, _ = super().configure().partition("zone ")
        for view, who, where in (("near", "192.168.1.0/24", self.near), ("far", "any", self.zones)):
            lines = ["zone \"%s\" { type primary; file \"%s\"; };" % (zone, self.view_file(view, zone, data))
                     for zone, data in where.items()]
            text += "view %s { match-clients { %s; }; %s };\n" % (view, who, " ".join(lines))
        return text

    def view_file(self, view, zone, data):
        name = view + "-" + os.path.basename(self.zone_file(zone))
        self.write(name, data)
        return self.path(name)


# ---- the zones above ----

def split_tld(world, text_b, kind_a=Knot, kind_b=Bind):
    """The two servers of example. become two, and the second one has a zone of its own."""
    (_, one, one_v6), (_, other, other_v6) = TLDS["example."]
    text = world.servers["tld-example"].zones["example."]
    world.add(kind_a, "tld-example", [one, one_v6], {"example.": text})
    world.add(kind_b, "tld-example-b", [other, other_v6], {"example.": text_b})


def without_delegation(text):
    return "".join(line + "\n" for line in text.splitlines() if not line.startswith(DOMAIN) and "." + DOMAIN not in line.split()[0])


def set_net(world, more):
    """Further lines in net., whatever else stands there."""
    world.servers["tld-net"].load({"net.": world.servers["tld-net"].zones["net."] + "\n".join(more) + "\n"})


def set_hoster(world, more):
    """Further lines in dnshost.net., which ns3 serves."""
    world.servers["ns3"].load({"dnshost.net.": world.servers["ns3"].zones["dnshost.net."] + "\n".join(more) + "\n"})


def change_parent(world, lines, serial=2026112299):
    """set_parent on running servers: a new serial, and nobody goes on before it is served."""
    world.set_parent(lines)
    text = world.servers["tld-example"].zones["example."].replace("2026112201", str(serial))
    world.servers["tld-example"].load({"example.": text})
    wait_until(lambda: str(serial) in world.dig("@%s example. SOA +short" % TLD_A), 8, "example. to change")


def with_alias(target, name="www.shop.example."):
    """The zone under test, in which `name` is an alias of `target`."""
    return zones.shop().replace("%s 300 IN CNAME %s" % (name, DOMAIN), "%s 300 IN CNAME %s" % (name, target))


# ---- signed zones, record by record ----

def covers(line, name, rrtype):
    """Is this line the signature over that set?"""
    words = line.split()
    return len(words) > 4 and words[0] == name and words[3] == "RRSIG" and words[4] == rrtype


def is_set(line, name, rrtype):
    words = line.split()
    return len(words) > 3 and words[0] == name and words[3] == rrtype


def edit(text, change):
    """The text with each line replaced by what `change` gives for it (None: the line is left out)."""
    lines = [change(line) for line in text.splitlines()]
    return "\n".join(line for line in lines if line is not None) + "\n"


def spoil_signature(text, name, rrtype):
    """The signature over that set is wrong."""
    def change(line):
        if not covers(line, name, rrtype):
            return line
        head, first = re.match(r"(.*\s%s\s)(.*)" % re.escape(line.split()[11]), line).groups()
        return head + first[::-1].replace("=", "").replace(" ", "")[:84] + "AA=="
    return edit(text, change)


def drop_signature(text, name, rrtype):
    return edit(text, lambda line: None if covers(line, name, rrtype) else line)


def take_set(text, other, name, rrtype, records=True):
    """That set and its signature (or the signature alone) as they are in another signing of the zone."""
    def mine(line):
        return covers(line, name, rrtype) or records and is_set(line, name, rrtype)
    theirs = [line for line in other.splitlines() if mine(line)]
    return edit(text, lambda line: None if mine(line) else line) + "\n".join(theirs) + "\n"


def sign_shop(world, text, folder="sign-shop", **how):
    """(signed text, DS lines) of the zone under test."""
    return sign(world.path(folder), DOMAIN, text, **how)


def sign_all(world, text, **how):
    """dnssec.sign_world, but the signed text of the zone under test is given back, and `how` it is signed is free."""
    signed, ds = sign_shop(world, text, **how)
    world.set_zone(signed)
    sign_above(world, ds)
    return signed


def dnskeys(folder, flags):
    """The DNSKEY lines of the keys in a folder with these flags (256 or 257)."""
    lines = []
    for file in sorted(os.listdir(folder)):
        if file.endswith(".key"):
            with open(os.path.join(folder, file), encoding="utf-8") as key:
                lines += [line.strip() for line in key if "DNSKEY %d " % flags in line]
    return lines


def ds_tag(world, folder):
    """The key tag of the DS of the keys in a folder, as dig +short begins its line with it."""
    with open(os.path.join(world.path(folder), "dsset-" + DOMAIN), encoding="utf-8") as file:
        return file.read().split()[3] + " "


def zsk_tag(signed):
    """The key tag in the signature over the apex addresses, as dig +rrcomments says it."""
    return "key id = " + next(line.split()[10] for line in signed.splitlines() if covers(line, DOMAIN, "A"))


def roll_zsk(world, folder, other):
    """A folder with the key signing key of `folder` and a new zone signing key."""
    os.makedirs(world.path(other))
    for file in os.listdir(world.path(folder)):
        if file.endswith(".key"):
            with open(os.path.join(world.path(folder), file), encoding="utf-8") as key:
                signs_keys = "DNSKEY 257 " in key.read()
            for kept in [file, file[:-3] + "private"] if signs_keys else []:
                shutil.copy(os.path.join(world.path(folder), kept), world.path(other))
    sh("dnssec-keygen", "-q", "-K", world.path(other), "-a", "ECDSAP256SHA256", DOMAIN)
    return other
