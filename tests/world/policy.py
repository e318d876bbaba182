# SPDX-License-Identifier: MIT
"""The front of a filtering resolver: NXDOMAIN with EDE 15 (RFC 8914, Blocked) for one name and what is below it,
everything else is passed to the real resolver.    policy.py LISTEN_ADDRESS PORT RESOLVER_ADDRESS BLOCKED_NAME"""
import struct
import sys

from relay import serve

# OPT: root name, type 41, size 1232, no flags, 6 bytes of data: option 15, 2 bytes, code 15.
EDE_BLOCKED = b"\0" + struct.pack(">HHIHHHH", 41, 1232, 0, 6, 15, 2, 15)
BLOCKED = sys.argv[4].strip(".")


def question(packet):
    """(name in lower case, end of the question section)."""
    labels, at = [], 12
    while packet[at]:
        labels.append(packet[at + 1:at + 1 + packet[at]].decode("latin-1").lower())
        at += 1 + packet[at]
    return ".".join(labels), at + 5


def block(packet):
    name, end = question(packet)
    if name != BLOCKED and not name.endswith("." + BLOCKED):
        return None
    edns = EDE_BLOCKED if packet[11] else b""
    return packet[:2] + struct.pack(">5H", 0x8183, 1, 0, 0, 1 if edns else 0) + packet[12:end] + edns


serve(sys.argv[1], int(sys.argv[2]), sys.argv[3], answer=block)
