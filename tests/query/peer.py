# SPDX-License-Identifier: MIT
"""A server that misbehaves on purpose, over UDP and TCP on one port of 127.0.0.1. The first label of the question says
how; see the table at the end. Every behaviour gets the query and a way to send, and is over when it returns."""
import os
import socket
import struct
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "diff"))
import servers  # pylint: disable=wrong-import-position

HOSTILE = b"\x1b]0;title\x07\x1b[31m\x00\x7f\x9b\xff\xfe\xc3\x28\xe2\x80\xae\n\r\t\"\\"
NAME_AT_QUESTION = b"\xc0\x0c"


def question_end(query):
    at = 12
    while query[at]:
        at += query[at] + 1
    return at + 5


def record(number, data, owner=NAME_AT_QUESTION, ttl=300):
    return owner + struct.pack(">HHIH", number, 1, ttl, len(data)) + data


def opt(*options):
    data = b"".join(struct.pack(">HH", code, len(octets)) + octets for code, octets in options)
    return b"\0" + struct.pack(">HHIH", 41, 1232, 0, len(data)) + data


def reply(query, answers=(), additional=(), flags=0x8400, counts=None, question=None):
    head = query[:2] + struct.pack(">5H", flags | (query[2] & 1) << 8, *(counts or (1, len(answers), 0, len(additional))))
    return head + (question or query[12:question_end(query)]) + b"".join(answers) + b"".join(additional)


ADDRESS = record(1, b"\xc0\0\2\1")


def good(query):
    return reply(query, [ADDRESS])


def bomb(query):
    """As many pointers to a name of 255 octets as 65,535 octets hold: each record stands for 500 octets."""
    question = b"".join(b"\x3f" + b"b" * 63 for _ in range(3)) + b"\x3d" + b"c" * 61 + b"\0" + struct.pack(">HH", 1, 1)
    long_at = question_end(query) + 12
    first = record(2, question[:-4])
    rest = record(2, struct.pack(">H", 0xC000 | long_at), owner=struct.pack(">H", 0xC000 | long_at))
    count = (65535 - question_end(query) - len(first)) // len(rest)
    return reply(query, [first] + [rest] * count)


def big(query):
    """65,535 octets of TXT."""
    room = 65535 - len(reply(query))
    answers = []
    while room > 12:
        data = min(room - 12, 256 * 40)
        text = b"".join(bytes([len(part)]) + part for part in
                        (b"t" * min(255, data - at - 1) for at in range(0, data, 256)))
        answers.append(record(16, text))
        room -= 12 + len(text)
    return reply(query, answers)


def escapes(query):
    label = bytes([len(HOSTILE)]) + HOSTILE
    text = bytes([len(HOSTILE)]) + HOSTILE
    return reply(query, [record(16, text), record(5, label + b"\0"), record(257, b"\0\x05issue" + HOSTILE),
                         record(64, b"\0\1\0" + struct.pack(">HH", 667, len(HOSTILE)) + HOSTILE),
                         record(1, b"\1\2\3\4", owner=label + b"\0")],
                 [opt((3, HOSTILE), (15, b"\0\x0f" + HOSTILE), (10, b"short"), (8, b"\0\1\xff"), (65001, HOSTILE))])


def cookie_of(query):
    at = query.find(b"\0\x0a\0\x08")
    return query[at + 4:at + 12]


def every_option(query):
    """One of each option, as a server may send it."""
    return reply(query, [ADDRESS], [opt(
        (3, b"ns1.example"), (8, b"\0\1\x18\x10\xc0\0\2"), (9, b"\0\x09\x3a\x80"), (10, cookie_of(query) + b"\1\0\0\0" + b"s" * 12),
        (11, b"\0\x64"), (12, b"\0" * 20), (13, b"\7example\0"), (14, b"\x4f\x66"), (15, b"\0\x03" + b"old data"),
        (18, b"\5agent\7example\0"), (19, b"\1\0\x78\xa3\xf1\x75"), (65001, b"\1a"))])


def other_question(query):
    return reply(query, [ADDRESS], question=b"\5other\4test\0\0\1\0\1")


class Peer:
    """`port` is open from the start; close() ends it."""

    def __init__(self):
        self.port = servers.free_port()
        self.seen = {}  # first label: the last query for it
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.udp.bind((servers.HOST, self.port))
        self.tcp.bind((servers.HOST, self.port))
        self.tcp.listen(64)
        for loop in (self.serve_udp, self.serve_tcp):
            threading.Thread(target=loop, daemon=True).start()

    def serve_udp(self):
        while True:
            query, client = self.udp.recvfrom(65535)
            threading.Thread(target=self.datagram, args=(query, client), daemon=True).start()

    def datagram(self, query, client):
        label = query[13:13 + query[12]].decode("ascii")
        self.seen[label] = query
        word, _, number = label.partition("-")
        if word in UDP:
            UDP[word](self, query, client, number)
        elif word in MESSAGES:
            self.udp.sendto(MESSAGES[word](query), client)

    def serve_tcp(self):
        while True:
            stream, _ = self.tcp.accept()
            threading.Thread(target=self.stream, args=(stream,), daemon=True).start()

    @staticmethod
    def stream(stream):
        with stream:
            head = stream.recv(2, socket.MSG_WAITALL)
            query = stream.recv(struct.unpack(">H", head)[0], socket.MSG_WAITALL) if len(head) == 2 else b""
            if not query:
                return
            word = query[13:13 + query[12]].decode("ascii").partition("-")[0]
            try:
                if word in TCP:
                    TCP[word](stream, query)
                else:
                    message = MESSAGES[word](query)
                    stream.sendall(struct.pack(">H", len(message)) + message)
            except OSError:
                pass  # the client had enough


# ---- over UDP ----

def flood(peer, query, client, _):
    wrong = bytes([query[0] ^ 255]) + good(query)[1:]
    for _ in range(2000):
        peer.udp.sendto(wrong, client)
    time.sleep(0.05)
    peer.udp.sendto(good(query), client)


def other_port(_, query, client, __):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.sendto(good(query), client)


def cut(peer, query, client, number):
    peer.udp.sendto(good(query)[:int(number)], client)


def twice(peer, query, client, _):
    peer.udp.sendto(good(query), client)
    peer.udp.sendto(reply(query, [record(1, b"\6\6\6\6")]), client)


def late(peer, query, client, _):
    time.sleep(0.6)
    peer.udp.sendto(good(query), client)


def silent(_, __, ___, ____):
    pass


# ---- over TCP ----

def drip(stream, query):
    message = struct.pack(">H", 65535) + big(query)
    for at in range(30):
        stream.sendall(message[at:at + 1])
        time.sleep(1)


def half(stream, query):
    message = good(query)
    stream.sendall(struct.pack(">H", len(message)) + message[:20])


def close(_, __):
    pass


def reset(stream, _):
    stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def empty_frame(stream, query):
    stream.sendall(b"\0\0")
    message = good(query)
    stream.sendall(struct.pack(">H", len(message)) + message)


MESSAGES = {
    "options": every_option, "echo": lambda query: reply(query, [ADDRESS], [opt((10, cookie_of(query)))]),
    "bad": lambda query: reply(query, [ADDRESS], [opt((10, b"12345678" * 2))]),
    "good": good, "bomb": bomb, "big": big, "escapes": escapes, "question": other_question,
    "loop": lambda query: reply(query, [record(1, b"\1\2\3\4", owner=struct.pack(">H", 0xC000 | question_end(query)))]),
    "forward": lambda query: reply(query, [record(5, b"\xff\xff")]),
    "counts": lambda query: reply(query, [ADDRESS], counts=(1, 65535, 65535, 65535)),
    "optwice": lambda query: reply(query, [ADDRESS], [opt(), opt((3, b"two"))]),
    "query": lambda query: good(query)[:2] + b"\x04\x00" + good(query)[4:],
    "trailing": lambda query: good(query) + b"\x1b[2Jtrailing",
    "header": lambda query: query[:2] + b"\x80\x01" + b"\0" * 8,
    "truncated": lambda query: reply(query, [], flags=0x8600),
    "opcode": lambda query: reply(query, [ADDRESS], flags=0xa400),
    "two": lambda query: reply(query, [ADDRESS], counts=(2, 1, 0, 0), question=query[12:question_end(query)] + b"\4evil\0\0\x10\0\1"),
    "transfer": lambda query: reply(query, [record(6, b"\0\0" + b"\0" * 20), ADDRESS]),
    "case": lambda query: reply(query, [ADDRESS], question=query[12:question_end(query)].replace(b"case", b"CASE")),
    "noise": lambda query: query[:2] + b"\x84\0\0\1" + bytes(range(256)),
}
UDP = {"flood": flood, "port": other_port, "cut": cut, "twice": twice, "late": late, "silent": silent}
TCP = {"drip": drip, "half": half, "close": close, "reset": reset, "truncated": reset, "zero": empty_frame}
