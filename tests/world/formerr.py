# SPDX-License-Identifier: MIT
"""A server from before EDNS: FORMERR, header only, to every query with an additional record; the others are passed
to the real server.    formerr.py LISTEN_ADDRESS PORT SERVER_ADDRESS"""
import sys

from relay import serve


def old_server(packet):
    if packet[10:12] != b"\0\0":
        return packet[:2] + bytes([0x80 | packet[2] & 0x79, 1]) + bytes(8)
    return None


serve(sys.argv[1], int(sys.argv[2]), sys.argv[3], old_server)
