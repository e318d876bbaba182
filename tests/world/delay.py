# SPDX-License-Identifier: MIT
"""A slow stretch of network for UDP: holds back a share of the answers.
    delay.py LISTEN_ADDRESS PORT SERVER_ADDRESS DELAY_SECONDS SHARE
nftables sends a server's packets here (dnat), so that clients see answers from the server itself, only late."""
import random
import select
import socket
import sys
import time

listen, port, server, delay_s, share = sys.argv[1], int(sys.argv[2]), sys.argv[3], float(sys.argv[4]), float(sys.argv[5])
front = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
front.bind((listen, port))
upstream = {}   # socket to the server -> client that it asks for
held = []       # (when, packet, client)
chance = random.Random(1)
while True:
    wait_s = max(0.0, held[0][0] - time.monotonic()) if held else 1.0
    readable, _, _ = select.select([front, *upstream], [], [], wait_s)
    for sock in readable:
        if sock is front:
            packet, client = front.recvfrom(65535)
            query = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            query.connect((server, 53))
            query.send(packet)
            upstream[query] = client
        else:
            client = upstream.pop(sock)
            try:
                when = time.monotonic() + (delay_s if chance.random() < share else 0)
                held.append((when, sock.recv(65535), client))
            except OSError:
                pass
            sock.close()
    held.sort(key=lambda item: item[0])
    while held and held[0][0] <= time.monotonic():
        _, packet, client = held.pop(0)
        front.sendto(packet, client)
