# SPDX-License-Identifier: MIT
"""Bundles of recorded runs, redacted:
    bundles.py BINARY
Into each report things are put that tell of the one who made it; none of them is in the bundle, and replaying it gives
the findings and the verdict that the report gives. Broken and oversized bundles are refused in one line."""
import copy
import gzip
import json
import lzma
import os
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "harness"))
import reports  # pylint: disable=wrong-import-position

USED = ["client.split-dns", "client.stale-local-cache"]
HOST, DOMAIN, USER = "Alices-Laptop", "corp.acme.test", "alice"
SECRETS = ["alices-laptop", "acme", "/home/alice", "192.168.1.", "C0A801", "10.20.30.40", "0A141E28", "1.1.168.192.in-addr",
           "fd12:3456", b"acme".hex(), b"laptop".hex(), "tell-nobody"]


def record(name, kind, number, text):
    return {"NAME": name, "TYPE": number, "TYPEname": kind, "CLASS": 1, "CLASSname": "IN", "TTL": 60, "rdata" + kind: text}


def personal(report):
    """The report with a host name, a search domain and a user name, and an exchange that holds them in every form."""
    report["vantage"]["host"] = HOST + "." + DOMAIN
    for place in (report["vantage"], report["recorded"]["host"]):
        place["search"] = [DOMAIN]
    report["command"] = ["run", "/home/%s/intermittent.lua" % USER, "shop.example", "--resolver", "192.168.1.1#53",
                         "--output", "/home/%s/%s.json" % (USER, HOST)]
    first = report["exchanges"][0]
    one = copy.deepcopy(next(e for e in report["exchanges"] if e["outcome"] == "answer"))
    one["n"] = max(e["n"] for e in report["exchanges"]) + 1
    one.pop("attempts", None)
    one["question"] = {"name": "%s.%s." % (HOST, DOMAIN), "type": "A", "class": "IN"}
    one["response"].update(answerRRs=[record("%s.%s." % (HOST.lower(), DOMAIN), "A", 1, "192.168.1.77"),
                                      record("x.", "TXT", 16, '"v=spf1 ip4:192.168.1.9 host=%s.%s"' % (HOST, DOMAIN)),
                                      record("1.1.168.192.in-addr.arpa.", "PTR", 12, "%s.%s." % (HOST, DOMAIN.upper())),
                                      record("x.", "AAAA", 28, "fd12:3456:789a::1")], ANCOUNT=4)
    one["stray"] = [{"reason": "id", "from": {"address": "192.168.1.1", "port": 53}, "size": 300, "after_us": 5,
                     "messageOctetsHEX": "ABCD" + b"alices-laptop".hex() + b"\4corp\4acme\4test\0".hex() + "C0A80101"}]
    broken = copy.deepcopy(first)
    broken.update(n=one["n"] + 1, outcome="malformed", error={"offset": 20, "field": "NAME", "text": "x"})
    broken.pop("attempts", None)
    broken["response"] = {"ID": 1, "messageOctetsHEX": "0001840000010001" + "C0A80101" + b"\4ACME\4test".hex()}
    report["exchanges"] += [one, broken]
    return report


def judged(report):
    return {"status": report["verdict"]["status"], "cause": report["verdict"]["cause"], "share": report["verdict"]["share"],
            "confidence": report["verdict"]["confidence"], "steps": [(s["id"], s["status"]) for s in report["steps"]],
            "findings": [[f["id"], f["severity"], f.get("stats"), f["evidence"], f.get("explained_by")] for f in report["findings"]]}


def run(binary, *words, text=True):
    return subprocess.run([binary, *words], capture_output=True, text=text, timeout=120, check=False, env={**os.environ, "USER": USER})


def check(binary, name, folder):
    errors = []
    path, bundle = os.path.join(folder, name + ".json"), os.path.join(folder, name + ".bundle")
    with lzma.open(os.path.join(HERE, name + ".json.xz"), "rt", encoding="utf-8") as packed:
        report = personal(json.load(packed))
    with open(path, "w", encoding="utf-8") as file:
        json.dump(report, file)
    plain = run(binary, "replay", path, "--json", "--bundle", bundle)
    if plain.returncode not in reports.EXIT.values():
        return ["%s: exit %d: %s" % (name, plain.returncode, plain.stderr)]
    with gzip.open(bundle, "rt", encoding="utf-8") as file:
        text = file.read()
    for secret in SECRETS:
        at = text.lower().find(secret.lower())
        if at >= 0:
            errors.append("%s: %r is in the bundle: %s" % (name, secret, text[max(0, at - 60):at + 60]))
    if HOST not in plain.stderr or "is in it as host-1" not in plain.stderr or DOMAIN not in plain.stderr:
        errors.append("%s: what was redacted is not said: %s" % (name, plain.stderr))
    document = json.loads(text)
    errors += reports.schema_errors(document) + reports.schema_errors(document["report"])
    again = run(binary, "replay", bundle, "--json")
    if judged(json.loads(again.stdout)) != judged(json.loads(plain.stdout)) or again.returncode != plain.returncode:
        errors.append("%s: the bundle is judged otherwise:\n  %s\n  %s" % (name, judged(json.loads(again.stdout)), judged(json.loads(plain.stdout))))
    shown = run(binary, "bundle", "show", bundle)
    if shown.returncode != 0 or "redacted   private address" not in shown.stdout or "acme" in shown.stdout.lower():
        errors.append("%s: bundle show: %s" % (name, shown.stdout + shown.stderr))
    return errors


def refusals(binary, folder):
    good = os.path.join(folder, USED[0] + ".bundle")
    with open(good, "rb") as file:
        packed = file.read()
    document = json.loads(gzip.decompress(packed))
    small = {**document, "report": {**document["report"], "exchanges": document["report"]["exchanges"][:3]}}
    broken = {"cut": packed[:len(packed) // 2], "flipped": packed[:2000] + bytes([packed[2000] ^ 255]) + packed[2001:],
              "trailing": packed + b"x", "header": b"\x1f\x8b", "bomb": gzip.compress(b" " * (80 << 20), 6),
              "json": gzip.compress(b"{"), "schema": gzip.compress(b'{"schema":"dnsprobe.bundle/2"}'),
              "files": gzip.compress(json.dumps({**small, "files": [3]}).encode()),
              "report": gzip.compress(json.dumps({**small, "report": {**small["report"], "steps": 3}}).encode()),
              "other": gzip.compress(json.dumps({**small, "report": {"schema": "dnsprobe.query/1"}}).encode())}
    errors = []
    for name, octets in broken.items():
        path = os.path.join(folder, name)
        with open(path, "wb") as file:
            file.write(octets)
        for words in (("replay", path), ("bundle", "show", path))[len(name) % 2:][:1]:
            done = run(binary, *words)
            if done.returncode != 65 or done.stderr.count("\n") != 1 or path not in done.stderr:
                errors.append("%s %s: exit %d, %s" % (words[0], name, done.returncode, done.stderr[-500:]))
    for words in (("bundle", "show", "/nowhere/x"), ("bundle", "sow", good), ("bundle",), ("replay", good, "--no-redact")):
        done = run(binary, *words)
        if done.returncode != 64 or done.stderr.count("\n") != 1:
            errors.append("%s: exit %d, %s" % (words, done.returncode, done.stderr[-500:]))
    return errors


def live(binary, folder):
    """A run of the lab: the host's files are in it, and without redaction all is as it was."""
    path, errors = os.path.join(folder, "live.gz"), []
    done = run(binary, "run", "delegation", "shop.example", "--lab", "healthy", "--samples", "2", "--bundle", path, "--no-redact",
               "--json")
    with gzip.open(path, "rt", encoding="utf-8") as file:
        bundle = json.load(file)
    if done.returncode != 0 or bundle["redacted"] or "NOT REDACTED" not in done.stderr:
        errors.append("live: exit %d, %s" % (done.returncode, done.stderr))
    if "exchanges" in json.loads(done.stdout) or len(bundle["report"]["exchanges"]) != bundle["report"]["sent"]["queries"]:
        errors.append("live: the exchanges belong into the bundle, and into the report when they are asked for")
    if [f["name"] for f in bundle["files"]] != ["resolv.conf", "nsswitch.conf", "hosts"] or "nameserver" not in bundle["files"][0]["text"]:
        errors.append("live: files %s" % bundle["files"])
    return errors


def main():
    binary = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        errors = [error for name in USED for error in check(binary, name, folder)]
        errors += refusals(binary, folder) + live(binary, folder)
    print("\n".join(errors) or "bundles tell nothing of their makers and are judged as before")
    sys.exit(1 if errors else 0)


main()
