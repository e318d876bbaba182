# SPDX-License-Identifier: MIT
"""How often the diagnosis is right: runs scenarios several times with other seeds and counts.
    accuracy.py BINARY REPORTS FIRST RUNS JOBS lab|world|chance|sound|faint [NAME_PART...]
Seeds are FIRST, FIRST + 1, ...; with `chance`, RUNS worlds made by chance run once each, with `sound` such without a fault, with `faint` such with a fault of 4 % to 10 %. What REPORTS holds already is counted and not run again.
Prints one line per scenario, the confusion matrix of what was missed, and the rates with Wilson 95 % intervals."""
import collections
import concurrent.futures
import json
import math
import os
import subprocess
import sys
import time

sys.dont_write_bytecode = True
TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LAB = os.path.join(os.path.dirname(TESTS), "runbooks", "lab")


def wilson(hits, n, z=1.959964):
    """Wilson score interval (Wilson 1927), as a text in per cent."""
    if n == 0:
        return "-"
    share = hits / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return "%d of %d, %.1f %% (%.1f to %.1f)" % (hits, n, 100 * share, 100 * (middle - half), 100 * (middle + half))


def commands(kind, binary, seeds):
    """Scenario name -> the harness command that runs it; the reports folder is to be added."""
    runner = os.path.join(TESTS, "world", "run.py")
    if kind in ("chance", "sound", "faint"):
        return {"%s.%d" % (kind, seed): [sys.executable, runner, "%s.%d" % (kind, seed), binary] for seed in seeds}
    if kind == "world":
        names = subprocess.run([sys.executable, runner, "--list"], capture_output=True, text=True, check=True).stdout.split()
        return {name: [sys.executable, runner, name, binary] for name in names}
    runner = os.path.join(TESTS, "lab", "run.py")
    files = sorted(file for file in os.listdir(LAB) if file.endswith(".lua"))
    return {file[:-4]: [sys.executable, runner, os.path.join(LAB, file), binary, "lua5.4"] for file in files}


def run_once(name, command, folder, seed):
    """The outcome of one run, or None when there is none."""
    place = os.path.join(folder, "seed-%d" % seed)
    os.makedirs(place, exist_ok=True)
    env = dict(os.environ, DNSPROBE_TEST_OPTIONS="--seed %d --exchanges" % seed)
    path = os.path.join(place, name)
    try:
        if not os.path.exists(path + ".outcome"):
            done = subprocess.run([*command, place], env=env, capture_output=True, text=True, timeout=300, check=False)
            with open(path + ".log", "w", encoding="utf-8") as file:
                file.write(done.stdout + done.stderr)
        with open(os.path.join(place, name + ".outcome"), encoding="utf-8") as file:
            return json.load(file)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None


def print_matrix(missed):
    print("\nexpected -> found, where they differ")
    for (expected, found), count in sorted(missed.items()):
        print("  %3d x %-45s -> %s" % (count, expected, found))


def main():
    binary, folder, kind = sys.argv[1], sys.argv[2], sys.argv[6]
    first, runs, jobs = (int(word) for word in sys.argv[3:6])
    wanted, seeds = sys.argv[7:], range(first, first + runs)
    began = time.monotonic()
    table = {n: c for n, c in commands(kind, os.path.abspath(binary), seeds).items() if not wanted or any(w in n for w in wanted)}
    seeds = range(1, 2) if kind in ("chance", "sound", "faint") else seeds
    totals, missed = collections.Counter(), collections.Counter()
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        futures = {name: [pool.submit(run_once, name, command, folder, seed) for seed in seeds]
                   for name, command in table.items()}
        for name, list_of in futures.items():
            right = 0
            for outcome in (future.result() for future in list_of):
                expected = " + ".join(outcome["expected"]) or "healthy" if outcome else "a report"
                found = " + ".join(outcome["found"]) or "healthy" if outcome else "none"
                exact = bool(outcome) and sorted(outcome["expected"]) == sorted(outcome["found"])
                top = bool(outcome) and outcome["cause"] == (outcome["expected"] or [None])[0]
                kind_of = "healthy" if outcome and not outcome["expected"] else "fault"
                totals[kind_of] += 1
                totals[kind_of + " exact"] += exact
                totals[kind_of + " top"] += top
                right += exact and top
                if not exact:
                    missed[(expected, found)] += 1
            note = "" if right == len(list_of) else "  expected %s, found %s" % (expected, found)
            print("%-45s %d of %d%s" % (name, right, len(list_of), note), flush=True)
    print_matrix(missed)
    print("\ncause named first        " + wilson(totals["fault top"], totals["fault"]))
    print("findings exactly right   " + wilson(totals["fault exact"], totals["fault"]))
    print("false alarms             " + wilson(totals["healthy"] - totals["healthy exact"], totals["healthy"]))
    print("time                     %.0f s, %d runs at once" % (time.monotonic() - began, jobs))


main()
