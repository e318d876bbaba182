# SPDX-License-Identifier: MIT
"""The real binary over one lab scenario, against the truth that stands in the scenario:
    run.py SCENARIO_FILE BINARY LUA [REPORTS_FOLDER] [--replay]
1. The ids above info are exactly `expect`, the first of them is the verdict's cause, the exit status fits; those of `info`
   are reported at info.
2. The report fits the published JSON Schema.
3. With --replay: judging the recorded run again, without a network, gives the same findings and the same verdict.
The climb of step rate-limit, which is half of all queries, is made where it matters: in healthy scenarios, and in those
whose fault shows as a rate. With root, dnsprobe runs in a network namespace that has a loopback interface and nothing else,
and without any of root's powers: neither a run nor the lab may need them."""
import json
import os
import re
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import reports  # pylint: disable=wrong-import-position

# Prints what the harness needs of a scenario: one "expect ID", "info ID" or "option WORD" a line.
READ_SCENARIO = """
local scenario = dofile(arg[1])
for _, id in ipairs(scenario.expect) do print("expect " .. id) end
for _, id in ipairs(scenario.info or {}) do print("info " .. id) end
local keys = {}
for key in pairs(scenario.also_run or {}) do keys[#keys + 1] = key end
table.sort(keys)
for _, key in ipairs(keys) do
  print("option --" .. key)
  print("option " .. tostring(scenario.also_run[key]))
end
"""


def read_scenario(path, lua):
    program = ["-e", READ_SCENARIO.replace("arg[1]", json.dumps(path))]
    lines = subprocess.run([lua, *program], capture_output=True, text=True, check=True).stdout.splitlines()
    words = [line.split(" ", 1) for line in lines]
    return tuple([value for kind, value in words if kind == wanted] for wanted in ("expect", "info", "option"))


def alone(argv):
    """The command in a network of its own, where that is allowed."""
    if os.geteuid() == 0:
        return ["unshare", "--net", "sh", "-c", "ip link set lo up && exec setpriv --bounding-set=-all --inh-caps=-all \"$@\"",
                "sh", *argv]
    return argv


def run(argv, seconds=200):
    return subprocess.run(alone(argv), capture_output=True, text=True, timeout=seconds, check=False, errors="replace",
                          stdin=subprocess.DEVNULL)


def load(path, done):
    if not os.path.exists(path):
        print("no report was written; exit %d\n%s%s" % (done.returncode, done.stdout[-2000:], done.stderr[-4000:]))
        sys.exit(1)
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def replay_errors(binary, path, status, report):
    """What differs when the recorded run is judged again."""
    again = path + ".replayed"
    done = run([binary, "replay", path, "--json", "-o", again], 60)
    replayed = load(again, done)
    os.remove(again)
    errors = ["replay: %s differs:\n  run:    %s\n  replay: %s" % (key, json.dumps(report[key])[:600], json.dumps(replayed[key])[:600])
              for key in ("findings", "verdict") if report[key] != replayed[key]]
    if done.returncode != status:
        errors.append("replay exits %d, the run %d" % (done.returncode, status))
    return errors


def vantage_errors(name, report):
    """The tool's own health: it is on loopback, where the system refuses nothing; what is lost, the scenario lost."""
    vantage = report["vantage"]
    errors = ["vantage.socket_errors is %s" % vantage["socket_errors"]] if vantage["socket_errors"] else []
    loss = vantage.get("loss", {"failures": 0, "samples": 0})
    if name == "loss-4" and not 0 < loss["failures"] < loss["samples"] / 5:
        errors.append("vantage.loss is %s, where 4 %% is lost" % loss)
    return errors


def main():
    replay = "--replay" in sys.argv
    scenario, binary, lua, *rest = [word for word in sys.argv[1:] if word != "--replay"]
    folder = rest[0] if rest else "reports"
    name = os.path.splitext(os.path.basename(scenario))[0]
    expected, noted, options = read_scenario(scenario, lua)
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, name + ".json")
    if os.path.exists(path):
        os.remove(path)
    with open(scenario, encoding="utf-8") as file:
        domain = re.search(r'\n    domain = "([^"]+)"', file.read())
    done = run([binary, "run", "intermittent", domain.group(1) if domain else "shop.example", "--lab", name, "--json", "-o", path, *options,
                *(["--exchanges"] if replay else []), *([] if reports.may_show_in_climb(name) else ["--skip", "rate-limit"]),
                *reports.extra_options()])
    report = load(path, done)
    errors = reports.schema_errors(report) + reports.verdict_errors(report, done.returncode, expected)
    errors += vantage_errors(name, report)
    infos = [finding["id"] for finding in report["findings"] if finding["severity"] == "info"]
    errors += ["not seen at info: " + wanted for wanted in noted if wanted not in infos]
    if replay:
        errors += replay_errors(binary, path, done.returncode, report)
    reports.write_outcome(path, expected, report, errors)
    print("%s: exit %d, %d queries in %.1f s" % (name, done.returncode, report["sent"]["queries"], report["elapsed_ms"] / 1000))
    if errors:
        print("\n".join(errors))
        print(reports.describe(report))
        print(done.stderr[-3000:])
        sys.exit(1)


main()
