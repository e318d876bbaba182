# SPDX-License-Identifier: MIT
"""What people see, looked at in a real terminal (tmux):
    terminal.py report LUA       the recorded report at three widths, compared with the kept files
    terminal.py live BINARY      the line of a run while the window changes its width, and after Ctrl-C"""
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
import golden  # pylint: disable=wrong-import-position
import skipped  # pylint: disable=wrong-import-position

ROWS, HISTORY = 40, 5000
WAIT_S = 30
SETTLE_S = 4


class Terminal:
    """A tmux server of its own with one window and a shell in it."""

    def __init__(self, columns, env):
        self.folder = tempfile.mkdtemp()
        self.base = ["tmux", "-S", os.path.join(self.folder, "s"), "-f", "/dev/null", "-u"]
        self.env = {key: value for key, value in env.items() if key not in ("TMUX", "COLUMNS")}
        self.tmux("new-session", "-d", "-x", str(columns), "-y", str(ROWS), "env PS1='$ ' sh", ";", "set", "-g", "history-limit",
                  str(HISTORY))
        # The limit holds for windows that are made after it was set.
        self.tmux("new-window", "-k", "-t", ":0", "env PS1='$ ' sh")
        self.until(lambda screen: "$" in screen)

    def tmux(self, *words):
        done = subprocess.run(self.base + list(words), env=self.env, capture_output=True, text=True, timeout=20, check=True)
        return done.stdout

    def screen(self, colours=False):
        """All that was shown, lines that the terminal broke joined again."""
        text = self.tmux("capture-pane", "-p", "-J", "-S", "-%d" % HISTORY, *(["-e"] if colours else []))
        return "\n".join(line.rstrip() for line in text.split("\n")).rstrip("\n") + "\n"

    def until(self, test):
        """The screen as soon as it passes the test."""
        end = time.monotonic() + WAIT_S
        while time.monotonic() < end:
            screen = self.screen()
            if test(screen):
                return screen
            time.sleep(0.1)
        self.close()
        sys.exit("what was waited for did not come; the screen:\n" + screen)

    def type(self, line):
        self.tmux("send-keys", "-l", line)
        self.tmux("send-keys", "Enter")

    def close(self):
        self.tmux("kill-server")
        shutil.rmtree(self.folder, ignore_errors=True)


def report_errors(lua):
    errors = []
    widths = (60, 100, 200)
    with tempfile.TemporaryDirectory() as folder:
        texts = golden.rendered(lua, golden.unpacked(folder), *["text,%d,colour" % columns for columns in widths])
        for columns, text in zip(widths, texts):
            path = os.path.join(folder, "report-%d" % columns)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            terminal = Terminal(columns, golden.environment())
            terminal.type("clear; cat %s; echo; echo all \"shown\"" % shlex.quote(path))
            screen = terminal.until(lambda shown: shown.rstrip("$ \n").endswith("all shown"))
            errors.append(golden.difference("text-%d.txt" % columns, screen[screen.index("shop.example.  A,AAAA"):screen.rindex("\nall shown")]))
            if not any(red in terminal.screen(True) for red in ("\x1b[1m\x1b[31m", "\x1b[1;31m", "\x1b[31;1m", "\x1b[31m\x1b[1m")):
                errors.append("no red at %d columns" % columns)
            terminal.close()
    return errors


def is_live(screen):
    return [line for line in screen.splitlines() if line.startswith("[") and "/8] " in line]


def live_errors(binary):
    """One line, at every width; nothing left of it; the cursor there; the scrollback as it was; the exit code that of the contract."""
    errors = []
    terminal = Terminal(100, golden.environment())
    terminal.type("echo be\"\"fore")
    terminal.type(shlex.join([binary, "run", "intermittent", "shop.example", "--lab", "loss-4", "--samples", "30"]))
    terminal.until(lambda screen: any(" samples" in line for line in is_live(screen)))
    for columns in (60, 30, 140):
        terminal.tmux("resize-window", "-x", str(columns), "-y", str(ROWS))
        end = time.monotonic() + SETTLE_S # a machine under load redraws late; what is left behind stays
        time.sleep(0.8)
        while (len(lines := is_live(terminal.screen())) != 1 or len(lines[0]) >= columns) and time.monotonic() < end:
            time.sleep(0.2)
        if len(lines) != 1 or len(lines[0]) >= columns:
            errors.append("at %d columns: %r" % (columns, lines))
    terminal.tmux("send-keys", "C-c")
    terminal.until(lambda screen: "queries, " in screen and "seed" in screen)
    terminal.type("echo status $?")
    screen = terminal.until(lambda text: "status 130" in text)
    if "\nbefore\n" not in screen or "UNKNOWN" not in screen:
        errors.append("the screen after Ctrl-C:\n" + screen)
    if terminal.tmux("display", "-p", "#{cursor_flag}").strip() != "1":
        errors.append("the cursor is hidden")
    if is_live(screen):
        errors.append("lines are left: %r" % is_live(screen))
    terminal.close()
    return errors


def main():
    skipped.need("tmux", "tmux")
    errors = [error for error in (report_errors if sys.argv[1] == "report" else live_errors)(sys.argv[2]) if error]
    print("\n".join(errors) or "as it should be")
    sys.exit(1 if errors else 0)


main()
