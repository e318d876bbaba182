# SPDX-License-Identifier: MIT
"""The front of a filtering resolver: NXDOMAIN with EDE 15 (RFC 8914, Blocked) for one name and what is below it,
everything else is passed to a real resolver.    policy.py LISTEN_ADDRESS PORT RESOLVER_ADDRESS BLOCKED_NAME"""
import select
import socket
import struct
import sys

# OPT: root name, type 41, size 1232, no flags, 6 bytes of data: option 15, 2 bytes, code 15.
EDE_BLOCKED = b"\0" + struct.pack(">HHIHHHH", 41, 1232, 0, 6, 15, 2, 15)


def question(packet):
    """(name in lower case, end of the question section)."""
    labels, at = [], 12
    while packet[at]:
        labels.append(packet[at + 1:at + 1 + packet[at]].decode("latin-1").lower())
        at += 1 + packet[at]
    return ".".join(labels), at + 5


def main():
    address, port, resolver, blocked = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4].strip(".")
    front = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    front.bind((address, port))
    upstream = {}
    while True:
        for sock in select.select([front, *upstream], [], [])[0]:
            if sock is front:
                packet, client = front.recvfrom(65535)
                name, end = question(packet)
                if name == blocked or name.endswith("." + blocked):
                    edns = EDE_BLOCKED if packet[11] else b""
                    head = packet[:2] + struct.pack(">5H", 0x8183, 1, 0, 0, 1 if edns else 0)
                    front.sendto(head + packet[12:end] + edns, client)
                    continue
                query = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                query.connect((resolver, 53))
                query.send(packet)
                upstream[query] = client
            else:
                client = upstream.pop(sock)
                try:
                    front.sendto(sock.recv(65535), client)
                except OSError:
                    pass
                sock.close()


main()
