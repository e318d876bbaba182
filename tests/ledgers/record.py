# SPDX-License-Identifier: MIT
"""Records what the worlds of real servers (tests/world) gave, as fixtures for the judges; needs root:
    record.py BINARY [SCENARIO...]
A ledger is a report with --exchanges, without what belongs to the host it was made on, compressed; its truth is
written to truth.json. Only runs that were judged right are kept. Most are recorded with few samples and without the
climb of step rate-limit, which keeps them small, but where the fault shows only so."""
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
BRIEF = "--exchanges --samples 6 --set cell_samples=3 --skip rate-limit"
RATES = "--exchanges --samples 20 --set cell_samples=3 --skip rate-limit"
WHOLE = "--exchanges --set cell_samples=3 --skip rate-limit"
AT_ONCE = 3

# One for each finding id that a world shows (but recursive.rate-limited, which is judged as the zone's is), the healthy
# ones that are hard to tell, and a pair of faults.
SCENARIOS = {
    "alias.geo-blind": BRIEF, "alias.healthy": BRIEF, "alias.healthy-content-network": BRIEF,
    "alias.lame-target-server": BRIEF, "alias.stale": RATES,
    "authoritative.lame": BRIEF, "authoritative.node-divergence": RATES, "authoritative.ns-flapping": RATES,
    "authoritative.ns-unreachable": BRIEF, "authoritative.old-zone": BRIEF, "authoritative.rate-limited": "--exchanges",
    "authoritative.serial-mismatch": BRIEF,
    "client.connect-refused": BRIEF, "client.connect-timeout": BRIEF, "client.hosts-override": BRIEF,
    "client.resolver-down": BRIEF, "client.split-dns": BRIEF, "client.stale-local-cache": BRIEF, "client.tls-expired": BRIEF,
    "combined.old-zone-and-tcp-refused": BRIEF,
    "delegation.glue-mismatch": BRIEF, "delegation.glue-missing": BRIEF, "delegation.ns-mismatch": BRIEF,
    "healthy.cname-chain": BRIEF, "healthy.geo-answers": BRIEF, "healthy.plain": BRIEF, "healthy.weighted-pool": RATES,
    "path.blocked": BRIEF, "path.edns-broken": BRIEF, "path.fragments-dropped": BRIEF, "path.intercepted": BRIEF,
    "path.loss-four-percent": WHOLE, "path.slow": BRIEF, "path.tcp-blocked": BRIEF,
    "recursive.flapping": RATES, "recursive.stale-resolver": BRIEF,
    "recursive.stale-served": BRIEF, "recursive.unreachable-major": BRIEF,
    "signed.bogus": BRIEF, "signed.expired-at-one": BRIEF,
}


def scrubbed(report):
    """Without the host on which it was made."""
    report["command"] = ["run", report["runbook"]["name"], report["target"]["name"]]
    report["runbook"]["path"] = "runbooks/%s.lua" % report["runbook"]["name"]
    report["vantage"]["host"] = "client"
    return report


def record(binary, name):
    """The truth of one scenario, or None when the run was not right."""
    with tempfile.TemporaryDirectory() as folder:
        env = dict(os.environ, DNSPROBE_TEST_OPTIONS=SCENARIOS[name])
        done = subprocess.run([sys.executable, RUNNER, name, binary, folder], env=env, capture_output=True, text=True,
                              timeout=300, check=False)
        if done.returncode != 0:
            print("%s: not recorded:\n%s" % (name, (done.stdout + done.stderr)[-600:]), flush=True)
            return None
        with open(os.path.join(folder, name + ".json"), encoding="utf-8") as file:
            report = scrubbed(json.load(file))
    with lzma.open(os.path.join(HERE, name + ".json.xz"), "wt", encoding="utf-8", preset=9 | lzma.PRESET_EXTREME) as file:
        json.dump(report, file, separators=(",", ":"))
    print("%s: %d exchanges" % (name, len(report["exchanges"])), flush=True)
    grave = [finding for finding in report["findings"] if finding["severity"] != "info"]
    return {"status": report["verdict"]["status"], "cause": report["verdict"]["cause"],
            "findings": [[f["id"], f["severity"], f["subject"].get("server")] for f in grave],
            "info": sorted({f["id"] for f in report["findings"] if f["severity"] == "info" and "explained_by" not in f})}


def main():
    binary, names = os.path.abspath(sys.argv[1]), sys.argv[2:] or sorted(SCENARIOS)
    path = os.path.join(HERE, "truth.json")
    truth = {}
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            truth = json.load(file)
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        for name, one in zip(names, pool.map(lambda name: record(binary, name), names)):
            if one:
                truth[name] = one
    with open(path, "w", encoding="utf-8") as file:
        file.write("{\n%s\n}\n" % ",\n".join("%s: %s" % (json.dumps(name), json.dumps(truth[name])) for name in sorted(truth)))


main()
