# SPDX-License-Identifier: MIT
"""`diff` and `merge` over recorded runs of worlds whose truth is known:
    between.py BINARY
What one of them says of two runs is what is known to differ between their worlds; every document fits its schema."""
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

USED = ["healthy.plain", "healthy.geo-answers", "healthy.cname-chain", "healthy.weighted-pool", "authoritative.lame", "authoritative.ns-flapping",
        "authoritative.old-zone", "path.blocked", "client.resolver-down", "signed.expired-at-one"]


def light(report):
    """What diff and merge look at: the questions about the target, and the batches that say what they were asked for."""
    name = report["target"]["name"]
    report["exchanges"] = [one for one in report["exchanges"] if one["question"]["name"] == name and one["question"]["type"] in ("A", "AAAA")]
    for one in report["exchanges"]:
        for message in filter(None, (one["query"], one["response"])):
            for section in ("authorityRRs", "additionalRRs"):
                message.pop(section, None)
    measured = report["recorded"]["measured"]
    report["recorded"]["measured"] = {step: measured[step] for step in ("nameservers", "recursive") if step in measured}
    return report


class Case:
    def __init__(self, binary, folder):
        self.binary, self.folder, self.errors = binary, folder, []

    def path(self, name):
        return os.path.join(self.folder, name + ".json")

    def run(self, *words):
        argv = [self.binary, *(self.path(word) if word in USED else word for word in words)]
        return subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)

    def want(self, what, condition, got):
        if not condition:
            self.errors.append("%s: %s" % (what, str(got)[:600]))

    def document(self, *words):
        done = self.run(*words, "--json")
        try:
            document = json.loads(done.stdout)
        except ValueError:
            sys.exit("%s: exit %d\n%s" % (words, done.returncode, done.stderr))
        for error in reports.schema_errors(document):
            self.errors.append("%s: %s" % (words, error))
        return document, done.returncode


def diffs(case):
    same, status = case.document("diff", "authoritative.lame", "authoritative.lame")
    case.want("a run beside itself", status == 0 and not same["worse"] and not same["verdict"]["changed"], same["verdict"])
    case.want("the same findings", {f["change"] for f in same["findings"]} == {"same"}, same["findings"])
    case.want("no server differs from itself", all(not s["answers"] and s["failures"]["p"] > 0.99 and not s["failures"]["significant"]
              and "change" not in s["latency"] for s in same["servers"]) and len(same["servers"]) > 5, same["servers"])

    broken, status = case.document("diff", "healthy.plain", "authoritative.old-zone")
    new = [f for f in broken["findings"] if f["change"] == "new" and f["after"]["severity"] == "critical"]
    case.want("an old zone appears", status == 1 and broken["worse"] and [f["id"] for f in new] == ["auth.ns-divergence"], broken["findings"])
    case.want("with its rate", new and new[0]["after"]["stats"]["failures"] > 0 and new[0]["before"] is None, new)
    differing = {s["server"] for s in broken["servers"] if s["answers"]}
    case.want("and its server answers otherwise", new and new[0]["subject"]["server"] in differing, differing)
    mended, status = case.document("diff", "authoritative.old-zone", "healthy.plain")
    case.want("and goes again", status == 0 and not mended["worse"] and {f["change"] for f in mended["findings"]} <= {"gone", "same"}, mended["findings"])

    flapping, status = case.document("diff", "healthy.weighted-pool", "authoritative.ns-flapping")
    changed = {s["server"]: s["failures"] for s in flapping["servers"] if s["failures"].get("significant")}
    case.want("a flapping server's rate has changed", status == 1 and set(changed) == {"93.184.216.53"} and changed["93.184.216.53"]["direction"] == "up", changed)
    text = case.run("diff", "healthy.plain", "authoritative.old-zone").stdout
    case.want("text", text.startswith("WORSE") and "auth.ns-divergence (critical)" in text and "Answers that differ" in text, text)


def merges(case):
    one, status = case.document("merge", "healthy.plain", "authoritative.lame")
    first = one["findings"][0]
    case.want("at one of two", status == 2 and first["id"] == "auth.lame" and first["scope"] == "local" and first["seen"] == [2]
              and first["clean"] == [1] and one["verdict"]["scope"] == "local" and "local to" in one["verdict"]["summary"], one["verdict"])
    case.want("names of vantage points", [v["name"] for v in one["vantages"]] == ["healthy.plain", "authoritative.lame"], one["vantages"])
    both, status = case.document("merge", "authoritative.lame", "authoritative.lame")
    first = both["findings"][0]
    counts = [row["stats"] for row in first["vantages"]]
    case.want("at two of two", status == 2 and first["scope"] == "everywhere" and "everywhere" in both["verdict"]["summary"], both["verdict"])
    case.want("the rates are pooled", first["stats"]["samples"] == sum(c["samples"] for c in counts) and
              first["stats"]["failures"] == sum(c["failures"] for c in counts) and
              first["stats"]["low"] > min(c["low"] for c in counts), first["stats"])
    some, status = case.document("merge", "authoritative.lame", "healthy.plain", "authoritative.lame")
    case.want("at two of three", some["findings"][0]["scope"] == "some" and some["findings"][0]["seen"] == [1, 3], some["findings"][0])
    blind, status = case.document("merge", "authoritative.lame", "path.blocked")
    case.want("one that cannot measure says nothing", blind["findings"][0]["scope"] == "single" and
              blind["findings"][0]["unmeasured"] == [2], blind["findings"][0])
    fine, status = case.document("merge", "healthy.plain", "healthy.geo-answers")
    case.want("all is well", status == 0 and fine["verdict"]["status"] == "ok" and fine["findings"] == [], fine["verdict"])
    client, status = case.document("merge", "healthy.plain", "client.resolver-down")
    case.want("another's resolver is not measured here", status == 1 and client["findings"][0]["unmeasured"] == [1], client["findings"][0])
    text = case.run("merge", "healthy.plain", "authoritative.lame").stdout
    case.want("text", "CRITICAL  auth.lame" in text and "only at authoritative.lame" in text and "Pooled" in text, text)


def refusals(case):
    with open(case.path("healthy.plain"), encoding="utf-8") as file:
        report = json.load(file)
    report["exchanges"], small = report["exchanges"][:20], case.path("small")
    with open(small, "w", encoding="utf-8") as file:
        json.dump({key: value for key, value in report.items() if key not in ("exchanges", "recorded")}, file)
    broken = {"empty": ("", 65), "cut": (json.dumps(report)[:5000], 65), "other": ('{"schema": "dnsprobe.query/1"}', 65),
              "deep": ("[" * 100000, 65)}
    for member, value in (("target", {"name": 3, "types": []}), ("findings", [{"id": "auth.lame"}]), ("steps", {"0": {}}),
                          ("exchanges", [3]), ("verdict", {"status": "fine", "summary": ""}), ("recorded", {"measured": 3})):
        broken["member-" + member] = (json.dumps({**report, member: value}), 65)
    for name, (text, code) in broken.items():
        path = os.path.join(case.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        for words in (("diff", path, small), ("merge", small, path)):
            done = case.run(*words)
            case.want("%s %s" % (words[0], name), done.returncode == code and done.stderr.count("\n") == 1 and name in done.stderr,
                      (done.returncode, done.stderr))
    for words in (("diff", small, "healthy.cname-chain"), ("merge", small, "healthy.cname-chain"),
                  ("diff", small, "/nowhere/x.json"), ("merge",), ("diff", small)):
        done = case.run(*words)
        case.want(words, done.returncode == 64 and done.stderr.count("\n") == 1, (done.returncode, done.stderr))


def main():
    with tempfile.TemporaryDirectory() as folder:
        case = Case(os.path.abspath(sys.argv[1]), folder)
        for name in USED:
            with lzma.open(os.path.join(HERE, name + ".json.xz"), "rt", encoding="utf-8") as packed:
                report = light(json.load(packed))
            with open(case.path(name), "w", encoding="utf-8") as file:
                json.dump(report, file)
        diffs(case)
        merges(case)
        refusals(case)
    print("\n".join(case.errors) or "diff and merge say what is known of these worlds")
    sys.exit(1 if case.errors else 0)


main()
