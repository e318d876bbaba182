# SPDX-License-Identifier: MIT
"""`query --capture FILE` against a server that answers in every way (peer.py), read by a pcapng reader of its own, and by
tshark where that is installed:
    capture.py BINARY
The octets are those that `--format hex` shows; addresses, ports and times are those of the exchange; checksums and
sequence numbers are right; comments name the exchange, its outcome, and what is reconstructed."""
import concurrent.futures
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import peer as peers  # pylint: disable=wrong-import-position
import skipped  # pylint: disable=wrong-import-position

# label, words, messages from the server that must be in the capture, words in a comment, whether tshark looks at it (it
# takes a second to start) and finds nothing malformed
CASES = [
    ("good", [], 1, "outcome: answer", False),
    ("good", ["+tcp"], 1, "TCP and the handshake are reconstructed", True),
    ("big", ["+tcp"], 1, "outcome: answer", True),
    ("twice", [], 2, "stray: duplicate", True),
    ("port", [], 1, "stray: source", False),
    ("flood", [], 17, "stray: id", True),
    ("late", ["+time=0.3", "--late", "3000"], 1, "outcome: late", False),
    ("cut-20", [], 1, "outcome: malformed", False),
    ("silent", [], 0, "outcome: timeout", False),
    ("truncated", [], 1, "outcome: reset", False),
    ("close", ["+tcp"], 0, "outcome: closed", False),
]
SYN, ACK = 2, 16


def options(data, order):
    found, at = {}, 0
    while at + 4 <= len(data):
        code, size = struct.unpack_from(order + "HH", data, at)
        if code == 0:
            break
        found[code] = data[at + 4:at + 4 + size]
        at += 4 + size + -size % 4
    return found


def packets(path):
    """(link type, resolution, [(microseconds, original size, data, options)]) of a pcapng file, checked as it is read."""
    with open(path, "rb") as file:
        data = file.read()
    at, out, link, resolution, kinds = 0, [], None, None, []
    while at < len(data):
        kind, size = struct.unpack_from("<II", data, at)
        assert size % 4 == 0 and struct.unpack_from("<I", data, at + size - 4)[0] == size, "block at %d" % at
        body = data[at + 8:at + size - 4]
        kinds.append(kind)
        if kind == 0x0A0D0D0A:
            assert struct.unpack_from("<IHH", body) == (0x1A2B3C4D, 1, 0), "section header"
            assert b"reconstructed" in options(body[16:], "<")[1], "the section says what is reconstructed"
        elif kind == 1:
            link, resolution = struct.unpack_from("<H", body)[0], options(body[8:], "<")[9]
        elif kind == 6:
            _, high, low, kept, original = struct.unpack_from("<IIIII", body)
            out.append((high << 32 | low, original, body[20:20 + kept], options(body[20 + kept + -kept % 4:], "<")))
        at += size
    assert kinds[:2] == [0x0A0D0D0A, 1] and set(kinds[2:]) <= {6}, "order of blocks"
    return link, resolution, out


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(">%dH" % (len(data) // 2), data))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def dissect(original, data):
    """(protocol, source, destination, flags, sequence, payload) of an IPv4 packet whose sums are right."""
    assert data[0] == 0x45 and checksum(data[:20]) == 0xFFFF, "IP header"
    length, protocol = struct.unpack_from(">H", data, 2)[0], data[9]
    assert length == original, "IP length %d of %d" % (length, original)
    body = data[20:]
    summed = checksum(data[12:20] + struct.pack(">BBH", 0, protocol, length - 20) + body)
    ports = struct.unpack_from(">HH", body)
    if protocol == 17:
        size, given = struct.unpack_from(">HH", body, 4)
        assert size == length - 20, "UDP length"
        assert summed == 0xFFFF or (given == 0 and len(data) < original), "UDP checksum"
        return protocol, ports[0], ports[1], 0, 0, body[8:]
    assert protocol == 6 and summed == 0xFFFF, "TCP checksum"
    return protocol, ports[0], ports[1], body[13], struct.unpack_from(">I", body, 4)[0], body[20:]


def streams(parts):
    """Payload by connection and direction; TCP without a gap, its first octets the length of the message."""
    out = {}
    for protocol, source, destination, flags, sequence, payload in parts:
        key = (protocol, source, destination)
        if protocol == 17:
            out.setdefault(key, []).append(payload)
            continue
        stream = out.setdefault(key, {"next": None, "data": b""})
        assert stream["next"] in (None, sequence) or flags & 4, "sequence %d, expected %s" % (sequence, stream["next"])
        stream["next"] = (sequence + len(payload) + (1 if flags & (SYN | 1) else 0)) & 0xFFFFFFFF
        stream["data"] += payload
    for key, stream in list(out.items()):
        if key[0] == 6:
            data, messages = stream["data"], []
            while data:
                size = struct.unpack(">H", data[:2])[0]
                messages.append(data[2:2 + size])
                data = data[2 + size:]
            out[key] = messages
    return out


def run(binary, port, label, words, folder):
    path = os.path.join(folder, label + "".join(words).replace("+", "-") + ".pcapng")
    begun = time.time()
    argv = [binary, "query", label + ".test", "@127.0.0.1", "-p", str(port), "+time=1", "--late", "300", "--format", "hex",
            "--capture", path, *words]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=30, check=False)
    assert os.path.exists(path), "no capture: " + done.stderr
    hexes = [line.split() for line in done.stdout.splitlines()]
    return path, begun, time.time(), hexes


def check(binary, port, case, folder):
    label, words, count, comment, _ = case
    path, begun, ended, hexes = run(binary, port, label, words, folder)
    link, resolution, found = packets(path)
    assert link == 101 and resolution == b"\6", "link type %s, resolution %s" % (link, resolution)
    times = [one[0] / 1e6 for one in found]
    assert times == sorted(times) and begun - 0.01 <= times[0] and times[-1] <= ended + 0.01, "times"
    comments = [one[3][1].decode() for one in found]
    assert all("exchange " in text and "reconstructed" in text for text in comments), comments
    assert any(comment in text for text in comments), comments
    sent = streams([dissect(one[1], one[2]) for one in found])
    ours = [message for key, messages in sent.items() if key[2] == port for message in messages]
    theirs = [message for key, messages in sent.items() if key[2] != port for message in messages]
    for what, octets in hexes:
        assert bytes.fromhex(octets) in (ours if what == "query" else theirs), "%s is not in it" % what
    assert len(theirs) == count, "%d messages from the server, expected %d" % (len(theirs), count)
    assert len(ours) == sum(1 for what, _ in hexes if what == "query"), "queries"
    return path


def look(path, port):
    """What tshark makes of it."""
    decode = ["-d", "udp.port==%d,dns" % port, "-d", "tcp.port==%d,dns" % port]
    argv = ["tshark", "-r", path, *decode, "-o", "udp.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE", "-V"]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
    wrong = [line for line in done.stderr.splitlines() if "Running as user" not in line]
    assert done.returncode == 0 and not wrong, done.stderr
    assert "Domain Name System (query)" in done.stdout or "-tcp" not in path, "no query was decoded"
    assert "alformed" not in done.stdout, "tshark finds something malformed in %s" % path
    assert "[Bad" not in done.stdout and "incorrect" not in done.stdout, "a checksum is wrong"
    if "big" in path:
        assert "Domain Name System (response)" in done.stdout, "the large answer was not put together"


def main():
    binary, server, wrong = os.path.abspath(sys.argv[1]), peers.Peer(), 0
    tshark = shutil.which("tshark")
    if not tshark:
        skipped.part("tshark is not installed, so nobody else has read the packets", "tshark")
    with tempfile.TemporaryDirectory() as folder:
        def one(case):
            try:
                path = check(binary, server.port, case, folder)
                if tshark and case[4]:
                    look(path, server.port)
                return None
            except AssertionError as error:
                return "%s %s: %s" % (case[0], " ".join(case[1]), error)

        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            for complaint in filter(None, pool.map(one, CASES)):
                wrong += 1
                print(complaint)
        left = [name for name in os.listdir(folder) if not name.endswith(".pcapng")]
        if left:
            wrong += 1
            print("temporary files are left: %s" % left)
    print("%d of %d captures hold what went over the wire%s" % (len(CASES) - wrong, len(CASES),
          "" if tshark else "; tshark is not installed: NOT LOOKED AT with it"))
    sys.exit(1 if wrong else 0)


main()
