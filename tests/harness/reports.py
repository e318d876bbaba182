# SPDX-License-Identifier: MIT
"""What the lab and the world tests ask of a report: it fits the published schema, and it blames what it should."""
import json
import os

import jsonschema

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SCHEMAS = os.path.join(ROOT, "lua", "dnsprobe", "schema")
os.environ["DNSPROBE_CONFIG"] = ""  # a developer's own config file is no part of a test
EXIT = {"ok": 0, "warning": 1, "critical": 2, "unknown": 3}


def schema_errors(report):
    """What keeps a document from fitting the schema that it names (dnsprobe.report/1: report-1.json)."""
    name = str(report.get("schema")).partition("dnsprobe.")[2].replace("/", "-") + ".json"
    if name not in os.listdir(SCHEMAS):
        return ["schema: there is none for %r" % report.get("schema")]
    with open(os.path.join(SCHEMAS, name), encoding="utf-8") as file:
        schema = json.load(file)
    validator = jsonschema.validators.validator_for(schema)(schema)
    errors = sorted(validator.iter_errors(report), key=lambda e: list(map(str, e.path)))
    return ["schema: %s: %s" % ("/".join(map(str, e.path)), e.message[:200]) for e in errors[:5]]


def loud(report):
    """Ids of the findings above info, most to blame first, each once."""
    ids = []
    for finding in report["findings"]:
        if finding["severity"] != "info" and finding["id"] not in ids:
            ids.append(finding["id"])
    return ids


def verdict_errors(report, status, expected):
    """`expected`: the ids above info, first one the cause; the errors as texts."""
    errors = []
    found = loud(report)
    verdict = report["verdict"]
    if sorted(found) != sorted(expected):
        errors.append("findings above info: %s, expected %s" % (found or "none", list(expected) or "none"))
    cause = expected[0] if expected else None
    if verdict["cause"] != cause:
        errors.append("verdict.cause is %s, expected %s" % (verdict["cause"], cause))
    if (found[0] if found else None) != verdict["cause"]:
        errors.append("verdict.cause %s is not the first finding (%s)" % (verdict["cause"], found[:1]))
    if status != EXIT.get(verdict["status"]):
        errors.append("exit status %s does not fit verdict.status %s" % (status, verdict["status"]))
    return errors


def write_outcome(path, expected, report, errors):
    """What accuracy.py counts: beside the report, which ids were expected and found, and what was wrong with it."""
    outcome = {"expected": list(expected), "found": loud(report), "cause": report["verdict"]["cause"],
               "errors": errors, "queries": report["sent"]["queries"], "elapsed_ms": report["elapsed_ms"]}
    with open(os.path.splitext(path)[0] + ".outcome", "w", encoding="utf-8") as file:
        json.dump(outcome, file)


def extra_options():
    """Further options of `dnsprobe run` for every run of a harness, e.g. --seed 7."""
    return os.environ.get("DNSPROBE_TEST_OPTIONS", "").split()


def may_show_in_climb(name):
    """Is a scenario healthy, or is its fault one of rates? Elsewhere the climb of step rate-limit finds nothing new."""
    return any(part in name for part in ("healthy", "rate", "flap", "loss", "slow", "dead", "combined"))


def describe(report):
    """The findings in a few lines, for the log of a failed test."""
    lines = ["verdict: %s %s: %s" % (report["verdict"]["status"], report["verdict"]["cause"], report["verdict"]["summary"])]
    for finding in report["findings"]:
        lines.append("  %-8s %-26s %s %s" % (finding["severity"], finding["id"], json.dumps(finding.get("subject") or {}),
                                             finding["summary"]))
    return "\n".join(lines)
