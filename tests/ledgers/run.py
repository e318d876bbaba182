# SPDX-License-Identifier: MIT
"""Judges recorded runs again, without a network, and compares with the truth of the world they were recorded in:
    run.py BINARY [NAME_PART...]
The wording may change; ids, severities, the server in question, their order and the verdict may not."""
import json
import lzma
import os
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
STATUS_OF_EXIT = {0: "ok", 1: "warning", 2: "critical", 3: "unknown"}


def replayed(binary, path):
    """The report that `replay` makes of a ledger, and its exit status; in a network of its own, where that is allowed."""
    argv = [binary, "replay", path, "--json"]
    if os.geteuid() == 0:
        argv = ["unshare", "--net", *argv]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=200, check=False)
    try:
        return json.loads(done.stdout), done.returncode
    except ValueError:
        sys.exit("%s: replay exits %d:\n%s" % (path, done.returncode, done.stderr[-2000:]))


def judged(report):
    grave = [finding for finding in report["findings"] if finding["severity"] != "info"]
    return {"status": report["verdict"]["status"], "cause": report["verdict"]["cause"],
            "findings": [[f["id"], f["severity"], f["subject"].get("server")] for f in grave],
            "info": sorted({f["id"] for f in report["findings"] if f["severity"] == "info" and "explained_by" not in f})}


def main():
    binary, parts = sys.argv[1], sys.argv[2:]
    with open(os.path.join(HERE, "truth.json"), encoding="utf-8") as file:
        truth = json.load(file)
    wrong, names = 0, [name for name in sorted(truth) if not parts or any(part in name for part in parts)]
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, name + ".json")
            with lzma.open(os.path.join(HERE, name + ".json.xz"), "rb") as packed, open(path, "wb") as file:
                file.write(packed.read())
            report, status = replayed(binary, path)
        found = judged(report)
        if found != truth[name] or STATUS_OF_EXIT.get(status) != truth[name]["status"]:
            wrong += 1
            print("%s:\n  truth  %s\n  judged %s, exit %d" % (name, json.dumps(truth[name]), json.dumps(found), status))
    print("%d of %d ledgers judged as their worlds were" % (len(names) - wrong, len(names)))
    sys.exit(1 if wrong or not names else 0)


main()
