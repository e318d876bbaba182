# SPDX-License-Identifier: MIT
"""Every command of README.md is run, and what README.md shows of their output is held against it.
    readme.py BINARY README        without BINARY: only what is found in README.md, and how it will be run

A fenced block is either commands (```sh, no output shown), a session (``` with lines that begin with `$ `, or `> ` at a
prompt of dnsprobe, and their output, `...` for what is left out) or a file (```lua). What cannot be run as it stands says
so in a comment before the block, which a reader of the page does not see:
    <!-- test: add WORDS -->          to `dnsprobe run` and `dnsprobe trace` in it: the lab in the place of the internet
    <!-- test: parse, REASON -->      only parsed, because of REASON
    <!-- test: file NAME, COMMAND --> is written to NAME, and COMMAND is content with it
A block of another kind is an error, so that none goes unseen. It all happens in one network namespace with loopback only,
where 192.0.2.1 stands for a name server of the lab and the tool's own root hints for the lab's root."""
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import skipped  # pylint: disable=wrong-import-position

LAB_PORT = re.compile(r"all on port (\d+)")
STATUS = [  # what a command exits with, the first that is found in it; 0 otherwise
    (r"\| grep|dnsprobe repl\b", 0), (r"--lab (ns-divergence|lame-ns)", 2), (r"dnsprobe (replay|merge)\b", 2), (r"dnsprobe diff\b", 0),
]
GIVEN = {  # files that a reader has and this test makes
    "domains.txt": "shop.example\nwww.shop.example\nnews.test\n",
    "steps/spf.lua": 'return { id = "spf", title = "SPF", run = function(ctx) ctx:progress("spf") end }\n',
}
COPIES = {"before.json": "run.json", "after.json": "run.json", "office.json": "run.json", "vpn.json": "run.json",
          "cloud.json": "run.json"}


class Block:
    def __init__(self, line, kind, marker, lines):
        self.line, self.kind, self.marker, self.lines = line, kind, marker, lines

    def words(self, name):
        return self.marker[len(name):].strip(" ,") if self.marker.startswith(name) else ""


def blocks(text):
    out, marker, inside = [], "", None
    for number, line in enumerate(text.split("\n"), 1):
        if line.startswith("```"):
            if inside:
                out.append(inside)
                inside, marker = None, ""
            else:
                inside = Block(number, line[3:].strip(), marker, [])
        elif inside:
            inside.lines.append(line)
        elif line.startswith("<!-- test: "):
            marker = line[len("<!-- test: "):].removesuffix("-->").strip()
        elif line.strip():
            marker = ""
    return out


def session(lines):
    """[(command, [lines of output])]"""
    out = []
    for line in lines:
        if line.startswith("$ "):
            out.append((line[2:], []))
        elif out:
            out[-1][1].append(line)
        else:
            raise ValueError("output before a command")
    return out


def command_of(line):
    return re.sub(r"\s{2,}# .*$", "", line).strip()


# ---- output ----

def norm(text):
    """Text in which only figures that differ from run to run are alike: numbers, bar and cell symbols, line breaks."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", text)
    text = re.sub(r"[●▲◐✗] ([ab]|NODATA)[ab/,+]*( \d+/\d+( [a-z]+)?)?(?=\s)", lambda m: "● NODATA" if m[1] == "NODATA" else "● x", text)
    out = []
    for word in text.split():
        word = re.sub(r"#\d+", "#N", word)
        word = re.sub(r"^(\W*)\d[\d./]*(\W*)$", lambda m: m[0] if word.count(".") > 1 else m[1] + "N" + m[2], word)
        out.append(word)
    return re.sub(r"N(, N)+", "N", " ".join(out))


def shown_is_true(shown, got):
    """The parts of what README shows, between its `...`, come in this order in what came. -> error or None"""
    rest = norm(got)
    for part in re.split(r"(?m)^\.\.\.$", "\n".join(shown)):
        part = norm(part)
        at = rest.find(part)
        if at < 0:
            size = len(part)
            while size > 0 and part[:size] not in rest:
                size -= 1
            return "is not what came:\n    README: ...%s\n    came as far as: %s" % (part[max(0, size - 60):size + 60], part[:size][-60:])
        rest = rest[at + len(part):]
    return None


# ---- the place ----

def alone():
    """This process anew, in a network namespace of its own, where a user may make one."""
    if os.environ.get("DNSPROBE_README_ALONE"):
        return
    way = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--net"]
    if subprocess.run(way + ["ip", "link", "set", "lo", "up"], capture_output=True, check=False).returncode != 0:
        skipped.whole("no network namespace is to be had here, or `ip` is not installed", "iproute2")
    os.environ["DNSPROBE_README_ALONE"] = "1"
    os.execvp(way[0], way + ["sh", "-c", 'ip link set lo up && ip addr add 192.0.2.1/32 dev lo && exec "$@"', "sh",
                             sys.executable] + sys.argv)


def relay(port):
    """192.0.2.1, port 53: what comes there is answered by the lab's ns1.shop.example."""
    front = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    front.bind(("192.0.2.1", 53))

    def serve():
        while True:
            query, client = front.recvfrom(4096)
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as back:
                back.settimeout(2)
                back.sendto(query, ("127.53.2.1", port))
                try:
                    front.sendto(back.recv(65535), client)
                except TimeoutError:
                    pass
    threading.Thread(target=serve, daemon=True).start()


class Shell:
    def __init__(self, binary, folder, source):
        self.folder, self.errors, self.count = folder, [], 0
        os.makedirs(folder + "/bin")
        os.symlink(binary, folder + "/bin/dnsprobe")
        os.makedirs(folder + "/checkout/build")
        os.symlink(binary, folder + "/checkout/build/dnsprobe")
        self.work = folder + "/checkout"
        keep = {k: v for k, v in os.environ.items() if not k.startswith(("DNSPROBE_", "XDG_")) or k == "DNSPROBE_README_ALONE"}
        self.env = {**keep, "PATH": folder + "/bin:" + os.environ["PATH"], "HOME": folder, "DNSPROBE_CONFIG": "",
                    "DNSPROBE_LUA": source + "/lua", "DNSPROBE_PATH": source + "/runbooks", "LC_ALL": "C.UTF-8",
                    "COLUMNS": "100"}
        for name, text in GIVEN.items():
            self.write(name, text)
        self.lab = subprocess.Popen(["dnsprobe", "lab", "ns-divergence"], cwd=folder, env=self.env, text=True,
                                    stdout=subprocess.PIPE)
        for line in self.lab.stdout:
            if LAB_PORT.search(line):
                self.port = int(LAB_PORT.search(line)[1])
            if line.startswith("Ctrl-C"):
                break
        self.write("hints", ". 3600000 NS a.root-servers.\na.root-servers. 3600000 A 127.53.0.1\n")
        relay(self.port)

    def write(self, name, text):
        os.makedirs(os.path.dirname(os.path.join(self.work, name)), exist_ok=True)
        with open(os.path.join(self.work, name), "w", encoding="utf-8") as file:
            file.write(text)

    def adapted(self, command, add):
        if command.startswith("dnsprobe trace"):
            command += " --root-hints hints --port %d --allow private" % self.port
        elif add and re.match(r"(build/)?dnsprobe run ", command):
            command += " " + add
        return command

    def run(self, block, line, add="", typed=None):
        """Runs a command, and says what came on stdout and stderr."""
        command = self.adapted(command_of(line), add)
        for copy, source in COPIES.items():
            if copy in command and os.path.exists(os.path.join(self.work, source)):
                with open(os.path.join(self.work, source), encoding="utf-8") as file:
                    self.write(copy, file.read())
        self.count += 1
        if command == "dnsprobe lab ns-divergence":
            return self.served(block, command)
        done = subprocess.run(["bash", "-c", command], cwd=self.work, env=self.env, capture_output=True, text=True, input=typed or "",
                              timeout=240, check=False)
        expected = next((status for pattern, status in STATUS if re.search(pattern, command)), 0)
        if done.returncode != expected:
            self.errors.append("line %d: %s\n    exits with %d, not %d: %s" % (block.line, command, done.returncode, expected,
                                                                         (done.stderr or done.stdout)[-600:]))
        return done.stdout + done.stderr

    def served(self, block, command):
        """A command that goes on until Ctrl-C."""
        with subprocess.Popen(["bash", "-c", "exec " + command], cwd=self.work, env=self.env, text=True, stdout=subprocess.PIPE) as lab:
            watch = threading.Timer(30, lab.kill)
            watch.start()
            out = ""
            for line in lab.stdout:
                out += line
                if line.startswith("Ctrl-C"):
                    lab.send_signal(signal.SIGINT)
            code = lab.wait()
            watch.cancel()
        if "dig @" not in out or code not in (0, 130):
            self.errors.append("line %d: %s: exits with %d after %s" % (block.line, command, code, out[-300:]))
        return out


# ---- kinds of blocks ----

def parsed(block, source):
    """Shell that cannot be run here: it parses, its programs of this repository are there, and it says why."""
    if "," not in block.marker and not block.words("parse"):
        return ["line %d: the marker gives no reason" % block.line]
    text = "\n".join(command for command, _ in session(block.lines)) if block.lines[0].startswith("$ ") else "\n".join(block.lines)
    done = subprocess.run(["bash", "-n"], input=text, capture_output=True, text=True, check=False)
    errors = ["line %d: %s" % (block.line, done.stderr)] if done.returncode else []
    for program in re.findall(r"(?m)^((?:examples|tests)/\S+)", text):
        if not os.access(os.path.join(source, program), os.X_OK):
            errors.append("line %d: %s is no program here" % (block.line, program))
    return errors


def repl(shell, block, command, lines):
    typed = [line[2:] for line in lines if line.startswith("> ")]
    got = shell.run(block, command, typed="\n".join(typed) + "\n").replace("> ", "")
    return shown_is_true([line for line in lines if not line.startswith("> ")], got)


def check(shell, block, source):
    if block.marker.startswith("parse"):
        shell.errors += parsed(block, source)
    elif block.marker.startswith("file "):
        name, _, command = block.words("file").partition(",")
        shell.write(name, "\n".join(block.lines) + "\n")
        shell.run(block, command.strip())
    elif block.kind == "sh":
        for line in block.lines:
            if command_of(line) and not line.startswith("#"):
                shell.run(block, line, block.words("add"))
    elif block.kind == "" and block.lines[0].startswith("$ "):
        for command, lines in session(block.lines):
            if any(line.startswith("> ") for line in lines):
                wrong = repl(shell, block, command, lines)
            else:
                wrong = shown_is_true(lines, shell.run(block, command, block.words("add")))
            if wrong:
                shell.errors.append("line %d: what is shown of `%s` %s" % (block.line, command, wrong))
    else:
        shell.errors.append("line %d: a block that is neither commands nor a session nor a file: how is it tested?" % block.line)


def self_test():
    """What must be told apart is told apart."""
    got = "head\nCRITICAL  auth.lame at 127.53.2.2#999: 29 of 87, serial 5\n  exchanges 1, 2, 3\ntail"
    assert shown_is_true(["CRITICAL auth.lame at 127.53.2.2#1: 3 of 9, serial 7", "...", "tail"], got) is None
    for lie in ("CRITICAL auth.lamed", "CRITICAL auth.lame at 127.53.2.3#999", "tail\n...\nhead", "exchanges 1 and 2"):
        assert shown_is_true(lie.split("\n"), got), lie


def main():
    binary, readme = (os.path.abspath(word) for word in sys.argv[1:3])
    alone()
    self_test()
    source = os.path.dirname(readme)
    with open(readme, encoding="utf-8") as file:
        found = blocks(file.read())
    with tempfile.TemporaryDirectory() as folder:
        shell = Shell(binary, folder, source)
        try:
            for block in found:
                check(shell, block, source)
        finally:
            shell.lab.send_signal(signal.SIGINT)
            shell.lab.wait(20)
    if shell.count < 30 or len(found) < 15:
        shell.errors.append("only %d blocks and %d commands found: is README.md read rightly?" % (len(found), shell.count))
    print("\n".join(shell.errors) or "%d commands in %d blocks of README.md do what it says" % (shell.count, len(found)))
    sys.exit(1 if shell.errors else 0)


main()
