# SPDX-License-Identifier: MIT
"""The small internet of real servers, and the run of dnsprobe in it.

    client (192.168.1.20) --veth, MTU 1500-- internet (every other address, on lo)

    root      13 addresses   NSD            resolvers  12 public addresses   Unbound, one process and cache each
    example.  2 servers      Knot DNS                  192.168.1.1 (router)  Unbound, this host's own resolver
    net.      2 servers      Knot DNS       ns1 BIND, ns2 NSD, ns3 Knot DNS  the zone shop.example
    application  TLS on port 443 of the addresses that the zone gives

A scenario changes the parts before start() (zones, settings, who listens), or the network after it (nftables,
new zone data), proves its fault with dig, runs dnsprobe and says what the report must hold.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
# pylint: disable=wrong-import-position
import reports
import zones
from addresses import (APP, APP_V6, CLIENT, CLIENT_V6, DOMAIN, MAJORS, NS1, NS1_V6, NS2, NS3, OLD_APP, ROOTS, ROUTER,
                       ROUTER_OUTSIDE, ROUTER_V6, SPARE, TLDS)
from net import Namespace, join, sh, wait_until
from servers import Bind, Knot, Nsd, Unbound, udp_query

HERE = os.path.dirname(os.path.abspath(__file__))


class Failed(Exception):
    """The scenario did not come out as it should."""


class Skipped(Exception):
    """Something that only this scenario needs is not here: why, and the Debian package that has it."""


class World:
    def __init__(self, name, binary, reports_folder):
        self.name = name
        self.binary = binary
        self.reports_folder = reports_folder
        self.folder = tempfile.mkdtemp(prefix="dnsprobe-world-")
        os.chmod(self.folder, 0o755)
        self.client = Namespace("client")
        self.internet = Namespace("internet")
        self.servers = {}
        self.app_addresses = APP + [OLD_APP] + APP_V6
        self.certificate_name = DOMAIN.rstrip(".")
        self.certificate_days = 30
        self.more_names = []
        self.runs = 0
        self.brief = False
        self.log = []
        try:
            self.make_network()
            self.make_servers()
        except BaseException:
            self.remove()
            raise

    # ---- what there is before start ----

    def make_network(self):
        join(self.client, self.internet, [CLIENT + "/24", CLIENT_V6 + "/64"], [ROUTER + "/24", ROUTER_V6 + "/64"])
        addresses = [a for _, four, six in ROOTS + MAJORS for a in (four, six)]
        addresses += [a for servers in TLDS.values() for _, four, six in servers for a in (four, six)]
        addresses += [NS1, NS1_V6, NS2, NS3, ROUTER_OUTSIDE, OLD_APP] + APP + APP_V6 + SPARE
        self.internet.ip_batch(
            ["addr add %s/128 dev lo nodad" % a if ":" in a else "addr add %s/32 dev lo" % a for a in addresses])
        self.client.etc_file("resolv.conf", "nameserver %s\n" % ROUTER)
        self.client.etc_file("hosts", "127.0.0.1 localhost\n::1 localhost\n%s workstation\n" % CLIENT)
        self.client.etc_file("nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n")

    def make_servers(self):
        hints = os.path.join(self.folder, "root.hints")
        with open(hints, "w", encoding="utf-8") as file:
            file.write(zones.hints())
        self.hints = hints
        self.add(Nsd, "root", [a for _, four, six in ROOTS for a in (four, six)], {".": zones.root()})
        for zone, servers in TLDS.items():
            self.add(Knot, "tld-" + zone.strip("."), [a for _, four, six in servers for a in (four, six)],
                     {zone: zones.tld(zone)})
        self.add(Bind, "ns1", [NS1, NS1_V6], {DOMAIN: zones.shop()})
        self.add(Nsd, "ns2", [NS2], {DOMAIN: zones.shop()})
        self.add(Knot, "ns3", [NS3], {DOMAIN: zones.shop(), "dnshost.net.": zones.hoster()})
        for name, four, six in MAJORS:
            self.add_resolver(name, [four, six], [four, six])
        self.add_resolver("router", [ROUTER, ROUTER_OUTSIDE], [ROUTER_OUTSIDE])

    def add(self, kind, name, addresses, zone_texts, extra=""):
        """Puts an authoritative server there, or another one in the place of what has that name."""
        server = kind(self.internet, self.folder, name, addresses, extra)
        server.load(zone_texts)
        self.servers[name] = server
        return server

    def add_resolver(self, name, addresses, source=None, extra=""):
        server = Unbound(self.internet, self.folder, name, addresses, self.hints, extra, source)
        self.servers[name] = server
        return server

    def set_zone(self, text, *names):
        """The zone under test on the named servers (all three when none is named); also on running ones."""
        for name in names or ("ns1", "ns2", "ns3"):
            self.servers[name].load({DOMAIN: text})

    def set_parent(self, lines):
        """Other lines for the delegation of the zone under test in example."""
        usual = "\n".join(zones.delegation())
        self.servers["tld-example"].load({"example.": zones.tld("example.").replace(usual, "\n".join(lines))})

    # ---- start and end ----

    def start(self):
        for server in self.servers.values():
            server.start()
        self.start_application()
        for server in self.servers.values():
            server.wait()

    def start_application(self):
        """The TLS listener, with a certificate signed by the world's own authority."""
        self.certificate(self.certificate_name, self.certificate_days)
        if self.app_addresses:
            self.internet.spawn(self.path("tls.log"), sys.executable, os.path.join(HERE, "tls_server.py"),
                                self.path("app.pem"), self.path("app.key"), *self.app_addresses)

    def certificate(self, name, days):
        ca, key = self.path("ca.pem"), self.path("ca.key")
        new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        sh("openssl", "req", "-x509", *new_key, "-keyout", key, "-out", ca, "-days", "60", "-subj", "/CN=World test CA")
        sh("openssl", "req", *new_key, "-keyout", self.path("app.key"), "-out", self.path("app.csr"), "-subj", "/CN=" + name)
        with open(self.path("san"), "w", encoding="utf-8") as file:
            file.write("subjectAltName=%s\n" % ",".join("DNS:" + n for n in (name, "www." + name, *self.more_names)))
        sh("openssl", "x509", "-req", "-in", self.path("app.csr"), "-CA", ca, "-CAkey", key, "-CAcreateserial",
           "-out", self.path("app.pem"), "-days", str(days), "-extfile", self.path("san"))

    def path(self, file):
        return os.path.join(self.folder, file)

    def remove(self):
        self.client.remove()
        self.internet.remove()
        shutil.rmtree(self.folder, ignore_errors=True)

    # ---- what scenarios do ----

    def dig(self, *words):
        """dig from the client, one try; its whole output."""
        argv = " ".join(words).split()
        return self.client.run("dig", "+tries=1", "+time=2", *argv).stdout

    def prove(self, question, *expected, absent=()):
        """The fault (or its absence) seen with dig: every expected text is in the output, no absent one is."""
        out = self.dig(question)
        self.log.append("dig %s\n%s" % (question, out.strip()))
        for text in expected:
            if text not in out:
                raise Failed("dig %s does not show %r:\n%s" % (question, text, out))
        for text in absent:
            if text in out:
                raise Failed("dig %s shows %r:\n%s" % (question, text, out))

    def warm(self, *resolvers, types=("A", "AAAA")):
        """Lets resolvers fetch the zone's data into their caches."""
        for name in resolvers:
            for rrtype in types:
                self.dig("@%s %s %s" % (self.servers[name].addresses[0], DOMAIN, rrtype))

    def wait_serial(self, serial, *names):
        """Until the named servers give this SOA serial."""
        for name in names or ("ns1", "ns2", "ns3"):
            address = self.servers[name].addresses[0]
            wait_until(lambda a=address: str(serial) in self.dig("@%s %s SOA +short +noedns" % (a, DOMAIN)), 8,
                       "%s to serve serial %s" % (name, serial))

    def start_dnsmasq(self, *options):
        """A dnsmasq on the client's 127.0.0.1 that forwards to the router."""
        self.client.spawn(self.path("dnsmasq.log"), "dnsmasq", "-k", "--no-resolv", "--no-hosts", "--user=root",
                          "--conf-file=/dev/null", "--pid-file=", "--server=" + ROUTER, "--listen-address=127.0.0.1",
                          "--bind-interfaces", *options)
        wait_until(lambda: udp_query(self.client, "127.0.0.1", ".", 2) is not None, 5, "dnsmasq to answer")

    def relay(self, script, address, *words):
        """Puts one of the relay scripts before the UDP port of an address: it is asked in the server's place, asks
        the server, and answers as it likes."""
        self.internet.spawn(self.path("relay.log"), sys.executable, os.path.join(HERE, script), ROUTER, "5300",
                            address, *words)
        wait_until(lambda: ":5300" in self.internet.run("ss", "-Hlun").stdout, 10, script + " to listen")
        self.rule("ip daddr %s udp dport 53 dnat ip to %s:5300" % (address, ROUTER), "internet", "prerouting", "nat", -100)

    def later(self, seconds, action):
        """Does something while dnsprobe runs."""
        timer = threading.Timer(seconds, action)
        timer.daemon = True
        timer.start()
        return timer

    def report_path(self):
        return os.path.join(self.reports_folder, "%s%s.json" % (self.name, "" if self.runs == 1 else "-%d" % self.runs))

    def dnsprobe(self, *options, runbook="intermittent", domain="shop.example", seconds=170):
        """Runs dnsprobe in the client with its defaults; (exit status, report)."""
        self.runs += 1
        out = self.report_path()
        os.makedirs(self.reports_folder, exist_ok=True)
        if os.path.exists(out):
            os.remove(out)
        env = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "HOME": self.folder, "LANG": "C.UTF-8", "DNSPROBE_CONFIG": "",
               "SSL_CERT_FILE": self.path("ca.pem"), "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "")}
        argv = [self.binary, "run", runbook, domain, "--json", "-o", out, *options, *reports.extra_options()]
        if self.brief and runbook == "intermittent" and not options and not reports.may_show_in_climb(self.name):
            argv += ["--skip", "rate-limit"]
        try:
            done = self.client.run(*argv, timeout=seconds, env=env, cwd=self.folder)
        except subprocess.TimeoutExpired as error:
            raise Failed("dnsprobe did not end within %d s" % seconds) from error
        if not os.path.exists(out):
            raise Failed("no report; exit %d\n%s%s" % (done.returncode, done.stdout[-2000:], done.stderr[-4000:]))
        with open(out, encoding="utf-8") as file:
            return done.returncode, json.load(file)

    def diagnose(self, *expected, options=(), statuses=None, subject=None, quiet=(), any_order=False, **more):
        """Runs dnsprobe and checks the report: the ids above info (first the cause), the exit status, schema,
        a fragment of the first finding's subject, its sample counts and the commands that it prints.
        `quiet`: ids that must be there at info; `any_order`: which of the expected ids comes first is left open."""
        status, report = self.dnsprobe(*options, **more)
        if any_order and report["verdict"]["cause"] in expected:
            expected = sorted(expected, key=lambda wanted_id: wanted_id != report["verdict"]["cause"])
        errors = reports.schema_errors(report) + reports.verdict_errors(report, status, expected)
        wanted = statuses or ((2, 1) if expected else (0,))
        if status not in wanted:
            errors.append("exit status %d, expected %s" % (status, " or ".join(map(str, wanted))))
        if expected and report["findings"]:
            errors += self.finding_errors(report["findings"][0], subject)
        ids = [finding["id"] for finding in report["findings"]]
        errors += ["%s is not reported" % wanted_id for wanted_id in quiet if wanted_id not in ids]
        errors += self.reproduce_errors(report)
        reports.write_outcome(self.report_path(), expected, report, errors)
        if errors:
            raise Failed("\n".join(errors) + "\n" + reports.describe(report))
        return report

    def finding_errors(self, finding, subject):
        errors = []
        if subject and subject not in json.dumps(finding.get("subject") or {}):
            errors.append("subject %s does not name %s" % (finding.get("subject"), subject))
        stats = finding.get("stats")
        if stats and not 0 <= stats["failures"] <= stats["samples"]:
            errors.append("stats do not fit: %s" % stats)
        if stats and stats["samples"] and not stats["low"] <= stats["rate"] <= stats["high"]:
            errors.append("the rate is outside its interval: %s" % stats)
        if not finding.get("fix"):
            errors.append("no fix is given")
        if not finding.get("reproduce"):
            errors.append("nothing to reproduce it with")
        return errors

    def loop_errors(self, report):
        """Runs the loop that is printed for the cause, if any: it has to show the fault again, and that it comes and goes."""
        lines = [line for finding in report["findings"][:1] for line in finding.get("reproduce") or [] if line.startswith("for ")]
        errors = []
        for line in lines[:1]:
            done = self.client.run("timeout", "90", "sh", "-c", line, timeout=100)
            if len(done.stdout.splitlines()) < 2:
                errors.append("the loop does not show it: %s: %s" % (line, (done.stderr or done.stdout)[-300:]))
        return errors

    def reproduce_errors(self, report, limit=4):
        """Runs the printed dig lines: 0 and 9 (no answer, which may be the fault itself) are dig's own results."""
        errors = self.loop_errors(report)
        lines = [line for finding in report["findings"] if finding["severity"] != "info"
                 for line in finding.get("reproduce") or [] if line.startswith("dig ")]
        for line in lines[:limit]:
            done = self.client.run("timeout", "20", "sh", "-c", line)
            if done.returncode not in (0, 9, 124) or "Invalid option" in done.stderr:
                errors.append("reproduce line does not run: %s: %s" % (line, (done.stderr or done.stdout)[-200:]))
        return errors

    def drop(self, match, where="client", hook="output"):
        """An nftables rule that drops what matches, in the client's or the internet's namespace."""
        self.rule(match + " drop", where, hook)

    def rule(self, rule, where="client", hook="output", chain="filter", priority=0):
        namespace = self.client if where == "client" else self.internet
        name = "%s_%s" % (chain, hook)
        if hook == "prerouting":
            rule = "iifname \"veth0\" " + rule
        namespace.nft("add table inet world\nadd chain inet world %s { type %s hook %s priority %d; }\n"
                      "add rule inet world %s %s\n" % (name, chain, hook, priority, name, rule))

    def answer(self, address, name=DOMAIN, qtype=1):
        """(rcode, count) seen from the client, or None."""
        return udp_query(self.client, address, name, qtype, 2)
