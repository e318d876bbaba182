#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`dnsprobe repl` at a pseudo-terminal: editing, completion, history, Ctrl-C and Ctrl-D.  terminal.py DNSPROBE"""
import os
import pty
import re
import select
import signal
import subprocess
import sys
import tempfile
import time

PATIENCE_S = 30


class Terminal:
    def __init__(self, dnsprobe, folder):
        self.seen, self.keys = b"", b""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            env = dict(os.environ, TERM="xterm", HOME=folder, XDG_STATE_HOME=folder + "/state", LC_ALL="C.UTF-8",
                       DNSPROBE_CONFIG="")
            os.execve(dnsprobe, [dnsprobe, "repl", "--lab", "healthy"], env)

    def wait(self, pattern):
        """What was printed up to the pattern and with it."""
        ends = time.monotonic() + PATIENCE_S
        while True:
            found = re.search(pattern, self.seen)
            if found:
                text, self.seen = self.seen[: found.end()], self.seen[found.end():]
                return text
            ready = select.select([self.fd], [], [], max(0, ends - time.monotonic()))[0]
            try:
                data = os.read(self.fd, 65536) if ready else b""
            except OSError:
                data = b""
            if not data:
                sys.exit(f"after {self.keys!r}: waited for {pattern!r}, saw {self.seen!r}")
            self.seen += data

    def say(self, keys, pattern=rb"> $"):
        self.keys = keys
        os.write(self.fd, keys)
        return self.wait(pattern)

    def end(self, wanted):
        """Waits for the end of the process, with this exit code."""
        ends = time.monotonic() + PATIENCE_S
        while time.monotonic() < ends:
            try:
                data = os.read(self.fd, 65536) if select.select([self.fd], [], [], 1)[0] else b""
            except OSError:
                break
            self.seen += data
        code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        if code != wanted:
            sys.exit(f"exit {code}, expected {wanted}: {self.seen!r}")


def served_port(one):
    """The lab answers while the prompt waits for a key."""
    text = one.say(b"ctx.nameservers[1].port\n", rb"\n(\d+)\r\n> $")
    return int(re.search(rb"\n(\d+)\r\n", text).group(1))


def main():
    dnsprobe = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder:
        one = Terminal(dnsprobe, folder)
        assert b"shop.example" in one.wait(rb"> $")
        one.say(b"names.par\t", rb"ent")
        one.say(b'\x01\x0bnames.parent "a.b"\n', rb'"b\."')
        one.wait(rb"> $")
        port = served_port(one)
        asked = subprocess.run([dnsprobe, "query", "shop.example", "@127.53.2.1", "-p", str(port), "+norec", "+short"],
                               capture_output=True, text=True, timeout=PATIENCE_S, check=False)
        assert sorted(asked.stdout.split()) == ["127.80.0.1", "127.80.0.2"], asked
        # Ctrl-C stops a call that waits, one that does not, and one that tries to go on; never the prompt.
        for line in (b"task.sleep(600)\n", b"while true do end\n", b"while true do pcall(function() while true do end end) end\n"):
            one.say(line, rb"\n")
            time.sleep(0.2)
            one.say(b"\x03", rb"interrupted\r\n> $")
        one.say(b"half(\n", rb">> $")
        one.say(b"\x03", rb"\n[^>]*> $")
        one.say(b"'\xc3\xa9'\n", "\"é\"".encode())
        one.wait(rb"> $")
        one.say(b"\x04", rb"\n")
        one.end(0)
        # The history is there the next time.
        two = Terminal(dnsprobe, folder)
        two.wait(rb"> $")
        two.say(b"\x10\x10", rb"half\(")
        os.kill(two.pid, signal.SIGTERM)
        two.end(130)
        assert os.stat(folder + "/state/dnsprobe/repl_history").st_mode & 0o077 == 0
    print("repl: editing, completion, history and signals are in order")


main()
