# SPDX-License-Identifier: MIT
"""A DNS server with one bad habit: it has the real server behind it answer, over UDP and TCP, and spoils that.

    wayward.py HABIT REAL_SERVER WORDS -- ADDRESS...

    nxdomain-at NAME [TYPE]   an empty answer for NAME (of that type) becomes NXDOMAIN
    mute TYPE                 it never answers questions of that type
    refuse-type TYPE RCODE    it answers questions of that type with an error
    from ADDRESS              over UDP its answers come from another address than was asked
    limit RATE RCODE          what one address asks above RATE questions a second gets an error
    penalty RATE RCODE        the same, and who is over it has to be slower for a second before anything is answered again
    block NAME                NXDOMAIN without a SOA for NAME and what is below it, as a policy zone has it
"""
import select
import socket
import struct
import sys
import time

TYPES = {"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "MX": 15, "TXT": 16, "AAAA": 28, "HTTPS": 65}
RCODES = {"FORMERR": 1, "SERVFAIL": 2, "NXDOMAIN": 3, "NOTIMP": 4, "REFUSED": 5}
BURST_S = 1.0   # a limit counts what was answered within the last second


def question(packet):
    """(name in lower case, type, end of the question section)."""
    labels, at = [], 12
    while packet[at]:
        labels.append(packet[at + 1:at + 1 + packet[at]].decode("latin-1").lower())
        at += 1 + packet[at]
    return ".".join(labels), struct.unpack(">H", packet[at + 1:at + 3])[0], at + 5


def error(packet, rcode):
    """The header and question of a query as an answer with this code; no records."""
    flags = 0x8000 | (struct.unpack(">H", packet[2:4])[0] & 0x7900) | 0x0080 | rcode
    return packet[:2] + struct.pack(">5H", flags, 1, 0, 0, 0) + packet[12:question(packet)[2]]


class Habit:
    """What a habit does with a query, `before` (an answer of its own, b"" for silence, None to ask the real server), and
    with the real answer, `after`."""

    source = None

    def before(self, packet, client):
        del packet, client

    def after(self, query, reply):
        del query
        return reply


class NxdomainAt(Habit):
    def __init__(self, name, rrtype=None):
        self.name, self.type = name.strip(".").lower(), TYPES.get(rrtype)

    def after(self, query, reply):
        name, rrtype, _ = question(query)
        empty = reply[6:8] == b"\0\0" and not reply[3] & 15
        if empty and name == self.name and self.type in (None, rrtype):
            return reply[:3] + bytes([reply[3] & 0xf0 | 3]) + reply[4:]
        return reply


class Mute(Habit):
    def __init__(self, rrtype):
        self.type = TYPES[rrtype]

    def before(self, packet, client):
        return b"" if question(packet)[1] == self.type else None


class RefuseType(Habit):
    def __init__(self, rrtype, rcode):
        self.type, self.rcode = TYPES[rrtype], RCODES[rcode]

    def before(self, packet, client):
        return error(packet, self.rcode) if question(packet)[1] == self.type else None


class From(Habit):
    def __init__(self, address):
        self.source = address


class Limit(Habit):
    def __init__(self, rate, rcode):
        self.rate, self.rcode, self.seen = float(rate), RCODES[rcode], {}

    def before(self, packet, client):
        now = time.monotonic()
        answered = [at for at in self.seen.get(client, []) if now - at < BURST_S]
        over = len(answered) >= self.rate * BURST_S
        self.seen[client] = answered if over else answered + [now]
        return error(packet, self.rcode) if over else None


class Penalty(Limit):
    def before(self, packet, client):
        now = time.monotonic()
        asked = [at for at in self.seen.get(client, []) if now - at < BURST_S] + [now]
        self.seen[client] = asked
        return error(packet, self.rcode) if len(asked) > self.rate * BURST_S else None


class Block(Habit):
    def __init__(self, name):
        self.name = name.strip(".").lower()

    def before(self, packet, client):
        name = question(packet)[0]
        return error(packet, RCODES["NXDOMAIN"]) if name == self.name or name.endswith("." + self.name) else None


HABITS = {"nxdomain-at": NxdomainAt, "mute": Mute, "refuse-type": RefuseType, "from": From, "limit": Limit, "penalty": Penalty,
          "block": Block}


def bound(kind, address, port=53):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = socket.socket(family, kind)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((address, port))
    return sock


def real_answer(server, packet):
    """What the real server says over TCP, or None."""
    try:
        with socket.create_connection((server, 53), 5) as sock:
            sock.sendall(struct.pack(">H", len(packet)) + packet)
            file = sock.makefile("rb")
            return file.read(struct.unpack(">H", file.read(2))[0])
    except (OSError, struct.error):
        return None


class Front:
    def __init__(self, habit, server, addresses):
        self.habit, self.server, self.pending = habit, server, {}
        self.udp = [bound(socket.SOCK_DGRAM, address) for address in addresses]
        self.tcp = [bound(socket.SOCK_STREAM, address) for address in addresses]
        for sock in self.tcp:
            sock.listen(16)
        self.other = bound(socket.SOCK_DGRAM, habit.source) if habit.source else None

    def run(self):
        while True:
            for sock in select.select([*self.udp, *self.tcp, *self.pending], [], [])[0]:
                if sock in self.pending:
                    self.pass_on(sock)
                elif sock in self.udp:
                    self.take(sock)
                else:
                    self.connection(sock.accept())

    def take(self, sock):
        packet, client = sock.recvfrom(65535)
        own = self.habit.before(packet, client[0])
        if own is None:
            real = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            real.connect((self.server, 53))
            real.send(packet)
            self.pending[real] = (sock, client, packet)
        elif own:
            (self.other or sock).sendto(own, client)

    def pass_on(self, real):
        sock, client, packet = self.pending.pop(real)
        try:
            (self.other or sock).sendto(self.habit.after(packet, real.recv(65535)), client)
        except OSError:
            pass    # the real server is not there: the client waits in vain
        real.close()

    def connection(self, accepted):
        sock, client = accepted
        sock.settimeout(2)
        try:
            file = sock.makefile("rb")
            packet = file.read(struct.unpack(">H", file.read(2))[0])
            own = self.habit.before(packet, client[0])
            reply = self.habit.after(packet, real_answer(self.server, packet)) if own is None else own
            if reply:
                sock.sendall(struct.pack(">H", len(reply)) + reply)
        except (OSError, struct.error, TypeError):
            pass    # it left, or the real server did
        sock.close()


def main():
    at = sys.argv.index("--")
    kind, server, *words = sys.argv[1:at]
    Front(HABITS[kind](*words), server, sys.argv[at + 1:]).run()


main()
