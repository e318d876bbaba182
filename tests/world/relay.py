# SPDX-License-Identifier: MIT
"""What stands between a client and a server's UDP port; delay.py, policy.py, formerr.py and habit.py say what it does
there. nftables sends the server's packets here (dnat), so that clients see the answers come from the server itself, or
it has an address of its own."""
import select
import socket
import time


def udp_socket(address, port):
    """A bound UDP socket; `address` may be IPv6, with a zone (fe80::1%veth0)."""
    kind, place = socket.getaddrinfo(address, port, type=socket.SOCK_DGRAM)[0][0::4]
    sock = socket.socket(kind, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(place)
    return sock


def serve(address, port, server, answer=None, delay_s=None, asked=None, given=None, source=None):
    """`answer(packet)` gives a reply of its own, b"" for none ever, or None to ask the server; `delay_s()` how long to
    hold a reply; `asked(packet)` what to send to the server instead, `given(reply)` what to give instead of its reply
    (b"": nothing); `source` another address to answer from."""
    front = udp_socket(address, port)
    back = udp_socket(source, port) if source else front
    upstream = {}   # socket to the server -> client that it asks for
    held = []       # (when, reply, client)
    while True:
        wait_s = max(0.0, min(item[0] for item in held) - time.monotonic()) if held else 1.0
        for sock in select.select([front, *upstream], [], [], wait_s)[0]:
            if sock is front:
                packet, client = front.recvfrom(65535)
                own = answer(packet) if answer else None
                if own is not None:
                    if own:
                        back.sendto(own, client)
                    continue
                query = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                query.connect((server, 53))
                query.send(asked(packet) if asked else packet)
                upstream[query] = client
            else:
                client = upstream.pop(sock)
                try:
                    reply = sock.recv(65535)
                    held.append((time.monotonic() + (delay_s() if delay_s else 0), given(reply) if given else reply, client))
                except OSError:
                    pass    # port unreachable: the client shall wait in vain too
                sock.close()
        due = [item for item in held if item[0] <= time.monotonic()]
        held = [item for item in held if item not in due]
        for _, reply, client in due:
            if reply:
                back.sendto(reply, client)
