# SPDX-License-Identifier: MIT
"""The recorded report in every format for people and machines, compared with what is kept beside this file:
    formats.py LUA            LUA is dnsprobe-lua; with --update behind it the kept files are written anew: look at them then"""
import os
import shutil
import subprocess
import sys
import tempfile
import unicodedata

sys.dont_write_bytecode = True
import golden  # pylint: disable=wrong-import-position
import skipped  # pylint: disable=wrong-import-position

CASES = {
    "text-60.txt": "text,60", "text-100.txt": "text,100", "text-200.txt": "text,200", "text-80-ascii.txt": "text,80,ascii",
    "text-100-colour.txt": "text,100,colour", "markdown.md": "markdown", "junit.xml": "junit", "prometheus.prom": "prometheus",
    "nagios.txt": "nagios",
}


def columns_of(line):
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


def layout_errors(name, text, columns):
    """Lines that are too wide, and are no commands to be copied; and what is not ASCII where that is asked for."""
    errors = []
    for number, line in enumerate(text.splitlines(), 1):
        if columns_of(line) > columns and "dig @" not in line:
            errors.append("%s:%d: %d columns" % (name, number, columns_of(line)))
        if line != line.rstrip():
            errors.append("%s:%d: spaces at the end" % (name, number))
    if "ascii" in name and not text.isascii():
        errors.append("%s: not ASCII" % name)
    return errors


def metrics_errors(text):
    """What Prometheus' own checker says of the metrics, where it is there (tests/setup.sh unpacks it)."""
    promtool = shutil.which("promtool") or shutil.which("promtool", path=os.environ.get("DNSPROBE_UNPACKED", "") + "/usr/bin")
    if not promtool:
        skipped.part("promtool is not there, so nobody else has read the metrics", "prometheus")
        return []
    run = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, text=True, timeout=60, check=False)
    said = (run.stdout + run.stderr).strip()
    return ["promtool: %s" % (said or "exits with %d" % run.returncode)] if said or run.returncode != 0 else []


def main():
    lua, update = sys.argv[1], "--update" in sys.argv
    errors = []
    with tempfile.TemporaryDirectory() as folder:
        report = golden.unpacked(folder)
        for (name, kind), text in zip(CASES.items(), golden.rendered(lua, report, *CASES.values())):
            errors.append(golden.difference(name, text, update))
            if kind == "prometheus":
                errors += metrics_errors(text)
            if kind.startswith("text,") and "colour" not in kind:
                errors += layout_errors(name, text, int(kind.split(",")[1]))
    errors = [error for error in errors if error]
    print("\n".join(errors) or "%d formats as they are kept" % len(CASES))
    sys.exit(1 if errors else 0)


main()
