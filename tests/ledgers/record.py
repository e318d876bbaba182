# SPDX-License-Identifier: MIT
"""Records what the worlds of real servers (tests/world) gave, as fixtures for the judges; needs root:
    record.py BINARY [SCENARIO...]       without a name: every scenario that has no ledger yet
A ledger is a report with --exchanges, without what belongs to the host it was made on, compressed; its truth is
written to truth.json. Only runs that were judged right are kept: the first such of ever more samples, so that ledgers are
as small as their fault allows."""
import concurrent.futures
import json
import lzma
import os
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
RUNNER = os.path.join(HERE, "..", "world", "run.py")
AT_ONCE = 6

FEWER = "--exchanges --set cell_samples=3 --skip rate-limit"
WAYS = (FEWER + " --samples 6", FEWER + " --samples 20", FEWER)
WHOLE = ("--exchanges",)
ONLY_WHOLE = ("authoritative.rate-limited", "recursive.rate-limited")  # the fault shows in the climb


def scrubbed(report):
    """Without the host on which it was made."""
    report["command"] = ["run", report["runbook"]["name"], report["target"]["name"]]
    report["runbook"]["path"] = "runbooks/%s.lua" % report["runbook"]["name"]
    report["vantage"]["host"] = "client"
    return report


def ran_right(binary, name, options, folder):
    """The report of one scenario, or None when the run was not right."""
    env = dict(os.environ, DNSPROBE_TEST_OPTIONS=options)
    done = subprocess.run([sys.executable, RUNNER, name, binary, folder], env=env, capture_output=True, text=True,
                          timeout=300, check=False)
    path = os.path.join(folder, name + ".json")
    if done.returncode != 0 or not os.path.exists(path):
        print("%s: not right with %s:\n%s" % (name, options, (done.stdout + done.stderr)[-600:]), flush=True)
        return None
    with open(path, encoding="utf-8") as file:
        return scrubbed(json.load(file))


def record(binary, name):
    """The truth of one scenario, whose ledger is written; None when no run was right."""
    report = None
    for options in WHOLE if name in ONLY_WHOLE else WAYS:
        with tempfile.TemporaryDirectory() as folder:
            report = report or ran_right(binary, name, options, folder)
    if not report:
        return None
    with lzma.open(os.path.join(HERE, name + ".json.xz"), "wt", encoding="utf-8", preset=9 | lzma.PRESET_EXTREME) as file:
        json.dump(report, file, separators=(",", ":"))
    print("%s: %d exchanges" % (name, len(report["exchanges"])), flush=True)
    grave = [finding for finding in report["findings"] if finding["severity"] != "info"]
    return {"status": report["verdict"]["status"], "cause": report["verdict"]["cause"],
            "findings": [[f["id"], f["severity"], f["subject"].get("server")] for f in grave],
            "info": sorted({f["id"] for f in report["findings"] if f["severity"] == "info" and "explained_by" not in f})}


def scenarios():
    return subprocess.run([sys.executable, RUNNER, "--list"], capture_output=True, text=True, check=True).stdout.split()


def main():
    binary = os.path.abspath(sys.argv[1])
    path = os.path.join(HERE, "truth.json")
    truth = {}
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            truth = json.load(file)
    names = sys.argv[2:] or [name for name in scenarios() if name not in truth]
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        for name, one in zip(names, pool.map(lambda name: record(binary, name), names)):
            if one:
                truth[name] = one
    with open(path, "w", encoding="utf-8") as file:
        file.write("{\n%s\n}\n" % ",\n".join("%s: %s" % (json.dumps(name), json.dumps(truth[name])) for name in sorted(truth)))


main()
