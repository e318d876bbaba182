# SPDX-License-Identifier: MIT
"""What the tests of this folder share: the recorded report, how it is rendered, and the files it is compared with."""
import lzma
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
REPORT = os.path.join(HERE, "report.json.xz")
sys.path.insert(0, os.path.join(HERE, "..", "harness"))


def environment():
    """The caller's environment with a known character set and time zone."""
    env = {key: value for key, value in os.environ.items() if not key.startswith(("LC_", "LANG", "DNSPROBE_C", "NO_COLOR", "COLUMNS"))}
    env.update(LC_ALL="C.UTF-8", TZ="UTC", DNSPROBE_CONFIG="")
    return env


def unpacked(folder):
    """The path of the recorded report, unpacked into a folder."""
    path = os.path.join(folder, "report.json")
    with lzma.open(REPORT) as packed, open(path, "wb") as file:
        file.write(packed.read())
    return path


def rendered(lua, report, *kinds):
    """A report in several formats, each as render.lua has them: FORMAT[,WORD...]."""
    argv = [lua, os.path.join(HERE, "render.lua"), report, *kinds]
    done = subprocess.run(argv, capture_output=True, env=environment(), timeout=120, check=False)
    if done.returncode != 0:
        sys.exit("%s: %s" % (kinds, done.stderr.decode("utf-8", "replace")))
    return done.stdout.decode("utf-8").split("\f")


def difference(name, text, update=False):
    """What is different from the file that is kept, as a text; empty when nothing is. With update, the file is written."""
    path = os.path.join(HERE, name)
    if update:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return ""
    with open(path, encoding="utf-8") as file:
        kept = file.read()
    if kept == text:
        return ""
    for number, (was, now) in enumerate(zip(kept.splitlines() + [""] * 9999, text.splitlines()), 1):
        if was != now:
            return "%s:%d:\n  kept: %r\n  now:  %r" % (name, number, was, now)
    return "%s: lines are missing at the end" % name
