# SPDX-License-Identifier: MIT
"""The DNS proxy of a home router, a pod or a VPN, with one bad habit; everything else is passed to a real resolver.

    habit.py LISTEN_ADDRESS RESOLVER_ADDRESS HABIT [KEY=VALUE ...]      UDP port 53, and TCP unless tcp=0

    plain                  none
    servfail  share=P      SERVFAIL instead of asking, for a share of the questions
    lossy     share=P      a share of the questions is lost
    addresses share=P      answers A and AAAA only (how=drop or notimp for the others), and loses a share of these
    cut       size=N       gives the first N octets of a larger answer over UDP, TC clear, counts as they were
    small     size=N       an answer above N octets over UDP never comes
    formerr                FORMERR to every query with an OPT record
    deaf                   no answer to a query with an OPT record
    old                    knows no EDNS: OPT is taken out of the query, the answer has none
    unsigned               as `old`, and says NODATA for what DNSSEC needs (DS, DNSKEY)
    missing   type=N       NXDOMAIN for one type, whatever the resolver says
    mute      type=N       no answer for one type
    elsewhere source=A     UDP answers come from another address
"""
import random
import socket
import socketserver
import struct
import sys
import threading

from relay import serve

A, AAAA, DS, DNSKEY = 1, 28, 43, 48
FORMERR, SERVFAIL, NXDOMAIN, NOTIMP = 1, 2, 3, 4

LISTEN, RESOLVER, HABIT = sys.argv[1:4]
OPTIONS = dict(word.split("=", 1) for word in sys.argv[4:])
SHARE = float(OPTIONS.get("share", 0))
SIZE = int(OPTIONS.get("size", 512))
TYPE = int(OPTIONS.get("type", 0))
chance = random.Random(1)


def question(packet):
    """(type asked for, end of the question section)."""
    at = 12
    while packet[at]:
        at += 1 + packet[at]
    return struct.unpack(">H", packet[at + 1:at + 3])[0], at + 5


def reply(packet, rcode):
    """An answer with the question and nothing else: RD as it was, RA set."""
    end = question(packet)[1]
    return packet[:2] + bytes([0x80 | packet[2] & 0x79, 0x80 | rcode]) + struct.pack(">4H", 1, 0, 0, 0) + packet[12:end]


def without_edns(packet):
    """The query without its additional section and without AD and CD, as a forwarder from before EDNS sends it."""
    end = question(packet)[1]
    return packet[:3] + bytes([packet[3] & 0x8F]) + struct.pack(">4H", 1, 0, 0, 0) + packet[12:end]


def lost():
    return chance.random() < SHARE


def addresses(packet):
    if question(packet)[0] not in (A, AAAA):
        return reply(packet, NOTIMP) if OPTIONS.get("how") == "notimp" else b""
    return b"" if lost() else None


ANSWERS = {
    "servfail": lambda packet: reply(packet, SERVFAIL) if lost() else None,
    "lossy": lambda packet: b"" if lost() else None,
    "addresses": addresses,
    "formerr": lambda packet: reply(packet, FORMERR) if packet[11] else None,
    "deaf": lambda packet: b"" if packet[11] else None,
    "unsigned": lambda packet: reply(packet, 0) if question(packet)[0] in (DS, DNSKEY) else None,
    "missing": lambda packet: reply(packet, NXDOMAIN) if question(packet)[0] == TYPE else None,
    "mute": lambda packet: b"" if question(packet)[0] == TYPE else None,
}
GIVEN = {
    "cut": lambda message: message[:SIZE],
    "small": lambda message: message if len(message) <= SIZE else b"",
}
ASKED = without_edns if HABIT in ("old", "unsigned") else None


class Connection(socketserver.BaseRequestHandler):
    """One TCP connection; what comes in parts is put together, and the resolver is asked over TCP as well."""

    def handle(self):
        with socket.create_connection((RESOLVER, 53), 5) as resolver:
            while True:
                packet = self.message(self.request)
                if not packet:
                    return
                own = ANSWERS[HABIT](packet) if HABIT in ANSWERS else None
                if own is None:
                    packet = ASKED(packet) if ASKED else packet
                    resolver.sendall(struct.pack(">H", len(packet)) + packet)
                    own = self.message(resolver)
                if not own:
                    return
                self.request.sendall(struct.pack(">H", len(own)) + own)

    @staticmethod
    def message(stream):
        length = stream.recv(2, socket.MSG_WAITALL)
        return stream.recv(struct.unpack(">H", length)[0], socket.MSG_WAITALL) if len(length) == 2 else b""


class Listener(socketserver.ThreadingTCPServer):
    address_family = socket.AF_INET6 if ":" in LISTEN else socket.AF_INET
    allow_reuse_address = True
    daemon_threads = True


if OPTIONS.get("tcp") != "0":
    place = socket.getaddrinfo(LISTEN, 53, type=socket.SOCK_STREAM)[0][4]
    threading.Thread(target=Listener(place, Connection).serve_forever, daemon=True).start()
serve(LISTEN, 53, RESOLVER, ANSWERS.get(HABIT), asked=ASKED, given=GIVEN.get(HABIT), source=OPTIONS.get("source"))
