# SPDX-License-Identifier: MIT
"""How a test says that it does not run here, or that a part of it does not: a line that tests/run.sh lists at its end.

    SKIPPED: WHY                    the end of the line may name what to install: (Debian: PACKAGE)
"""
import os
import shutil
import subprocess
import sys

STATUS = 77  # SKIP_RETURN_CODE of the tests that may be skipped as a whole


def part(why, package=None):
    """What remains of the test goes on."""
    print("SKIPPED: %s%s" % (why, " (Debian: %s)" % package if package else ""), flush=True)


def whole(why, package=None):
    """Ends this test."""
    part(why, package)
    sys.exit(STATUS)


def need(program, package):
    """The path of a program, without which the test ends here; also of those that only root usually finds."""
    path = found(program)
    if path is None:
        whole("%s is not installed" % program, package)
    return path


def found(program):
    """The path of a program or None."""
    return shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")


def need_namespaces():
    """Ends this test where no network namespaces are to be had: without root, and in most containers."""
    if os.geteuid() != 0:
        whole("network namespaces need root")
    if subprocess.run(["unshare", "--net", "true"], capture_output=True, check=False).returncode != 0:
        whole("this system gives no network namespaces, not to root either")
