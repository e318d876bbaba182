# SPDX-License-Identifier: MIT
"""The binary against a server that misbehaves (peer.py):
    hostile.py BINARY
Every behaviour has a stated outcome, which is compared with `--format json`; each run is bounded in time and memory, its
JSON is read by another program, and its text has no octet that a terminal would obey."""
import concurrent.futures
import json
import os
import signal
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import peer as peers  # pylint: disable=wrong-import-position

AT_ONCE = 4
SECONDS_MAX = 12  # with one second of timeout, 0.3 of lateness, and a machine that does other things
MEMORY_MAX_KB = 400 * 1024  # AddressSanitizer's shadow is in it; a plain build takes a tenth

# label, words, exit status, outcome of the last exchange, reasons of strays (the first), field of the error
CASES = [
    ("good", [], 0, "answer", None, None),
    ("bomb", ["+tcp"], 0, "answer", None, None),
    ("big", ["+tcp"], 0, "answer", None, None),
    ("escapes", [], 0, "answer", None, None),
    ("escapes", ["+tcp"], 0, "answer", None, None),
    ("question", [], 3, "timeout", "question", None),
    ("loop", [], 3, "malformed", None, "NAME"),
    ("forward", [], 3, "malformed", None, "cname"),
    ("counts", [], 3, "malformed", None, "ANCOUNT"),
    ("optwice", [], 3, "malformed", None, "more than one OPT"),
    ("query", [], 3, "timeout", "not-a-response", None),
    ("trailing", [], 0, "answer", None, None),
    ("opcode", [], 0, "answer", None, None),
    ("two", [], 0, "answer", None, None),
    ("transfer", ["-t", "AXFR"], 0, "answer", None, None),
    ("case", [], 0, "answer", None, None),
    ("header", [], 2, "answer", None, None),
    ("truncated", [], 3, "reset", None, None),
    ("truncated", ["+ignore"], 0, "answer", None, None),
    ("noise", [], 3, "timeout", "question", None),
    ("flood", [], 0, "answer", "id", None),
    ("port", [], 3, "timeout", "source", None),
    ("twice", [], 0, "answer", "duplicate", None),
    ("late", ["+time=0.3", "--late", "3000"], 3, "late", None, None),
    ("silent", [], 3, "timeout", None, None),
    ("drip", ["+tcp"], 3, "timeout", None, None),
    ("half", ["+tcp"], 3, "closed", None, None),
    ("close", ["+tcp"], 3, "closed", None, None),
    ("reset", ["+tcp"], 3, "reset", None, None),
    ("zero", ["+tcp"], 0, "answer", "malformed", None),
]
# What the text says of an answer that differs from its query where a reader would not look.
SAID = {
    "good": [],
    "opcode": [b";; WARNING: the query had the opcode QUERY, this has NOTIFY"],
    "two": [b";; WARNING: 2 questions in the answer, not 1"],
    "transfer": [b";; WARNING: the transfer goes on in further messages, which are not shown"],
    "case": [b";; WARNING: the question was case.test., in these letters"],
    "trailing": [b";; WARNING: 12 bytes behind the end of the message"],
}
PARTIAL = {"drip", "half"}  # over TCP something came, and then no more or too slowly
CUT_LABEL = "cut-%d"
HEAD_BYTES = 4  # id and flags: less cannot be put down to a question


def cut_cases():
    """An answer cut at every octet: without id and flags it is a stray, with them it is malformed, and where is said."""
    whole = len(peers.good(b"\0" * 12 + b"\6cut-99\4test\0\0\1\0\1"))
    for size in range(whole):
        if size < HEAD_BYTES:
            yield CUT_LABEL % size, [], 3, "timeout", "malformed", None
        else:
            label = CUT_LABEL % size
            short = 1 if size < 10 else 0
            complete = size >= whole - short
            yield label, [], 0 if complete else 3, "answer" if complete else "malformed", None, None


def run(binary, port, label, words):
    """Exit status, standard output, seconds, kilobytes."""
    argv = [binary, "query", label + ".test", "@127.0.0.1", "-p", str(port), "+time=1", "--late", "300", *words]
    begun = time.monotonic()
    with tempfile.TemporaryFile() as out:
        with subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT) as child:
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        return child.returncode, out.read(), time.monotonic() - begun, usage.ru_maxrss


def controls(octets):
    """Octets of a text that a terminal would obey."""
    return sorted({octet for octet in octets if octet < 0x20 and octet not in b"\n\t" or 0x7F <= octet})


def warnings(text):
    return [line for line in text.split(b"\n") if line.startswith(b";; WARNING: ") and b"recursion" not in line]


def check(binary, port, case):
    label, words, status, outcome, stray, field = case
    errors = []
    got, text, seconds, kilobytes = run(binary, port, label, [*words, "--format", "json"])
    try:
        last = json.loads(text)["exchanges"][-1]
    except (ValueError, LookupError):
        return ["%s: no JSON: exit %d %r" % (label, got, text[:600])]
    seen = (got, last["outcome"], last["stray"][0]["reason"] if last["stray"] else None)
    if seen != (status, outcome, stray):
        errors.append("%s %s: exit, outcome, stray are %r, not %r" % (label, words, seen, (status, outcome, stray)))
    if outcome == "malformed" and not (last.get("error") and field in (None, last["error"]["field"])):
        errors.append("%s: error is %r, not at %r" % (label, last.get("error"), field))
    if (label in PARTIAL) != ("first_byte_us" in last and last["response"] is None):
        errors.append("%s: whether a part had come is not told" % label)
    if controls(text):
        errors.append("%s: octets %r in JSON" % (label, controls(text)))
    if seconds > SECONDS_MAX or kilobytes > MEMORY_MAX_KB:
        errors.append("%s: %.1f s, %d KB" % (label, seconds, kilobytes))
    if not label.startswith("cut"):
        got, text, seconds, _ = run(binary, port, label, words)
        if got != status or controls(text) or seconds > SECONDS_MAX:
            errors.append("%s: as text: exit %d, octets %r, %.1f s" % (label, got, controls(text), seconds))
        if warnings(text) != SAID.get(label, warnings(text)):
            errors.append("%s: as text: %r" % (label, warnings(text)))
    return errors


def has_socket(pid):
    folder = "/proc/%d/fd/" % pid
    try:
        return any("socket:" in os.readlink(folder + fd) for fd in os.listdir(folder))
    except OSError:  # one of them has just been closed
        return False


def check_interrupted(binary, port):
    """A signal while the answer is waited for ends the command with 130, and without a word on stderr."""
    child = subprocess.Popen(
        [binary, "query", "silent.test", "@127.0.0.1", "-p", str(port), "+time=%d" % SECONDS_MAX],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    for _ in range(SECONDS_MAX * 20):  # until it has its socket, and so its handlers
        if has_socket(child.pid):
            break
        time.sleep(0.05)
    time.sleep(0.2)
    child.send_signal(signal.SIGINT)
    said = child.communicate(timeout=SECONDS_MAX)[1]
    return [] if (child.returncode, said) == (130, "") else ["interrupted: exit %d, %r" % (child.returncode, said)]


def main():
    binary, peer = sys.argv[1], peers.Peer()
    cases = CASES + list(cut_cases())
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        errors = [line for lines in pool.map(lambda case: check(binary, peer.port, case), cases) for line in lines]
    errors += check_interrupted(binary, peer.port)
    print("\n".join(errors))
    print("%d behaviours, %d errors" % (len(cases), len(errors)))
    sys.exit(1 if errors else 0)


main()
