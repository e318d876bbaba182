# SPDX-License-Identifier: MIT
"""JSON Lines while a run goes on: stream.py BINARY
Lines come while the process is at work, each whole; after SIGINT what has been written is still whole lines, the last of
them the verdict, and the exit status is that of an interruption."""
import json
import os
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
import golden  # pylint: disable=wrong-import-position

ENOUGH = 40  # lines that have to come before the run is interrupted
WAIT_S = 60


def main():
    argv = [sys.argv[1], "run", "intermittent", "shop.example", "--lab", "loss-4", "--format", "jsonl"]
    errors, records, early = [], [], 0
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=golden.environment()) as process:
        end = time.monotonic() + WAIT_S
        for line in process.stdout:
            if not line.endswith("\n"):
                errors.append("a line without an end: %r" % line[-80:])
            records.append(json.loads(line))
            if len(records) == ENOUGH:
                early = len([one for one in records if one["record"] == "exchange"])
                if process.poll() is not None:
                    errors.append("the lines came after the run")
                os.kill(process.pid, signal.SIGINT)
            if time.monotonic() > end:
                process.kill()
                errors.append("the run did not end")
        said = process.stderr.read()
    kinds = [one["record"] for one in records]
    if kinds[:1] != ["start"] or kinds[-1:] != ["verdict"]:
        errors.append("first and last: %s" % (kinds[:1] + kinds[-1:]))
    if early < ENOUGH - 1:
        errors.append("only %d exchanges at first" % early)
    if "run" not in kinds or [one for one in records if one["record"] == "run"][0].get("cut") != "interrupted":
        errors.append("the run is not said to be cut")
    if any(one["target"] != "shop.example." for one in records) or any("outcome" not in one for one in records[1:ENOUGH]):
        errors.append("a record lacks a member")
    if process.returncode != 130 or said:
        errors.append("exit %d, stderr %r" % (process.returncode, said))
    print("\n".join(errors) or "%d lines, %d of them before the interruption" % (len(records), ENOUGH))
    sys.exit(1 if errors else 0)


main()
