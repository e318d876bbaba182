# SPDX-License-Identifier: MIT
"""What stands between a client and a server's UDP port; delay.py, policy.py and formerr.py say what it does there.
nftables sends the server's packets here (dnat), so that clients see the answers come from the server itself."""
import select
import socket
import time


def serve(address, port, server, answer=None, delay_s=None):
    """`answer(packet)` gives a reply of its own, or None to ask the server; `delay_s()` how long to hold a reply."""
    front = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    front.bind((address, port))
    upstream = {}   # socket to the server -> client that it asks for
    held = []       # (when, reply, client)
    while True:
        wait_s = max(0.0, min(item[0] for item in held) - time.monotonic()) if held else 1.0
        for sock in select.select([front, *upstream], [], [], wait_s)[0]:
            if sock is front:
                packet, client = front.recvfrom(65535)
                own = answer(packet) if answer else None
                if own:
                    front.sendto(own, client)
                    continue
                query = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                query.connect((server, 53))
                query.send(packet)
                upstream[query] = client
            else:
                client = upstream.pop(sock)
                try:
                    held.append((time.monotonic() + (delay_s() if delay_s else 0), sock.recv(65535), client))
                except OSError:
                    pass    # port unreachable: the client shall wait in vain too
                sock.close()
        due = [item for item in held if item[0] <= time.monotonic()]
        held = [item for item in held if item not in due]
        for _, reply, client in due:
            front.sendto(reply, client)
