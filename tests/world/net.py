# SPDX-License-Identifier: MIT
"""Network namespaces and the processes in them.

A world has two namespaces joined by a veth pair: `client`, where dnsprobe runs, and `internet`, where every server
has its real address on lo. Nothing leaves the machine: neither namespace has a route outside.

What must not stay behind, also when a test is killed:
1. Daemons are started with PR_SET_PDEATHSIG, so they die with the harness, whatever ends it.
2. Namespaces carry the harness's process id in their names; whoever starts next removes those of dead processes.
"""
import ctypes
import os
import re
import shutil
import signal
import socket
import subprocess
import time

LIBC = ctypes.CDLL(None, use_errno=True)
PR_SET_PDEATHSIG = 1
CLONE_NEWNET = 0x40000000
PREFIX = "dpw"


def sh(*argv, text=None, check=True, timeout=20):
    """Runs a command to its end; its output on success, an error with its output otherwise."""
    done = subprocess.run(argv, input=text, capture_output=True, text=True, timeout=timeout, check=False)
    if check and done.returncode != 0:
        raise RuntimeError("%s: exit %d: %s%s" % (" ".join(argv), done.returncode, done.stdout, done.stderr))
    return done.stdout


def die_with_parent():
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Namespace:
    """One network namespace; `files` are laid over /etc for what runs in it (ip-netns(8): /etc/netns/NAME)."""

    def __init__(self, role):
        self.name = "%s-%d-%s" % (PREFIX, os.getpid(), role)
        self.etc = "/etc/netns/" + self.name
        self.children = []
        self.holder = None
        sh("ip", "netns", "add", self.name)
        self.ip("link", "set", "lo", "up")

    def ip(self, *argv):
        sh("ip", "-n", self.name, *argv)

    def ip_batch(self, lines):
        sh("ip", "-n", self.name, "-batch", "-", text="\n".join(lines) + "\n")

    def etc_file(self, name, text):
        os.makedirs(self.etc, exist_ok=True)
        with open(os.path.join(self.etc, name), "w", encoding="utf-8") as file:
            file.write(text)

    def nft(self, rules):
        sh("ip", "netns", "exec", self.name, "nft", "-f", "-", text=rules)

    def enter(self, pid):
        """From now on, what runs here runs in the mount namespace of this process as well."""
        self.holder = pid

    def argv(self, argv):
        if self.holder:
            return ["nsenter", "--target", str(self.holder), "--root", "--mount", "--net", *argv]
        return ["ip", "netns", "exec", self.name, *argv]

    def run(self, *argv, timeout=30, env=None, cwd=None):
        """Runs a command in the namespace; the finished process with its output as text."""
        return subprocess.run(self.argv(argv), capture_output=True, text=True, timeout=timeout, check=False,
                              env=env, cwd=cwd, errors="replace")

    def spawn(self, log, *argv, cwd=None):
        """Starts a daemon that stays in the foreground; its output goes to the file `log`."""
        with open(log, "ab") as out:
            child = subprocess.Popen(self.argv(argv), stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd=cwd,
                                     preexec_fn=die_with_parent)
        child.log = log
        self.children.append(child)
        return child

    def stop(self, child, how=signal.SIGTERM):
        if child.poll() is None:
            child.send_signal(how)
            try:
                child.wait(3)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait(3)
        if child in self.children:
            self.children.remove(child)

    def socket(self, family, kind):
        """A socket of this namespace for the harness itself, which stays outside."""
        here = os.open("/proc/self/ns/net", os.O_RDONLY)
        there = os.open("/run/netns/" + self.name, os.O_RDONLY)
        try:
            if LIBC.setns(there, CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "setns")
            try:
                return socket.socket(family, kind)
            finally:
                LIBC.setns(here, CLONE_NEWNET)
        finally:
            os.close(here)
            os.close(there)

    def remove(self):
        for child in list(self.children):
            if child.poll() is None:
                child.kill()
        for child in list(self.children):
            child.wait(5)
        self.children = []
        sh("ip", "netns", "del", self.name, check=False)
        shutil.rmtree(self.etc, ignore_errors=True)


def join(one, other, one_addresses, other_addresses):
    """A veth pair between two namespaces, with its addresses; the first one routes everything through it."""
    sh("ip", "link", "add", "veth0", "netns", one.name, "type", "veth", "peer", "name", "veth0", "netns", other.name)
    for namespace, addresses in ((one, one_addresses), (other, other_addresses)):
        lines = ["addr add %s dev veth0%s" % (a, " nodad" if ":" in a else "") for a in addresses]
        namespace.ip_batch(lines + ["link set veth0 up"])
    for address in other_addresses:
        gateway = address.split("/")[0]
        one.ip(*(["-6"] if ":" in gateway else []), "route", "add", "default", "via", gateway, "dev", "veth0")


def remove_leftovers():
    """Namespaces of harnesses that no longer run."""
    for line in sh("ip", "netns", "list", check=False).splitlines():
        match = re.match(PREFIX + r"-(\d+)-\w+", line)
        if match and not os.path.exists("/proc/" + match.group(1)):
            sh("ip", "netns", "del", match.group(0), check=False)
            shutil.rmtree("/etc/netns/" + match.group(0), ignore_errors=True)


def wait_until(test, seconds, what):
    """Polls `test` until it is true; an error naming `what` when it does not come true in time."""
    end = time.monotonic() + seconds
    while not test():
        if time.monotonic() > end:
            raise RuntimeError("waited %g s in vain: %s" % (seconds, what))
        time.sleep(0.03)
