# SPDX-License-Identifier: MIT
"""named and knotd on a high port of 127.0.0.1, run as the current user in a folder of their own, and a server that gives
records octet by octet, for what no zone can hold."""
import os
import shutil
import socket
import socketserver
import struct
import subprocess
import threading
import time

HOST = "127.0.0.1"


def free_port():
    """A port that is free over UDP and TCP now."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp, socket.socket(socket.AF_INET,
                                                                                     socket.SOCK_DGRAM) as udp:
            tcp.bind((HOST, 0))
            try:
                udp.bind((HOST, tcp.getsockname()[1]))
            except OSError:
                continue
            return tcp.getsockname()[1]


def find(program):
    return shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")


class Program:
    """A server process. Subclasses write their configuration and say how they are started."""

    program = ""

    def __init__(self, folder, zone, text, options=""):
        self.folder, self.zone, self.options = folder, zone, options
        self.port = free_port()
        os.makedirs(folder)
        self.write("zone", text)
        self.write("conf", self.configure())
        with open(self.path("log"), "wb") as log:
            self.child = subprocess.Popen([find(self.program), *self.words()], stdin=subprocess.DEVNULL, stdout=log,
                                          stderr=log, cwd=folder)

    def path(self, file):
        return os.path.join(self.folder, file)

    def write(self, file, text):
        with open(self.path(file), "w", encoding="ascii") as out:
            out.write(text)

    def log(self):
        with open(self.path("log"), encoding="utf-8", errors="replace") as file:
            return file.read()

    def wait(self, seconds=15):
        """Until the zone's SOA is answered; False when the server ended or never did."""
        labels = b"".join(bytes([len(part)]) + part.encode() for part in self.zone.strip(".").split("."))
        query = struct.pack(">6H", 4711, 0, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">2H", 6, 1)
        until = time.monotonic() + seconds
        while time.monotonic() < until and self.child.poll() is None:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
                sock.settimeout(0.2)
                try:
                    sock.sendto(query, (HOST, self.port))
                    reply = sock.recv(4096)
                except OSError:
                    time.sleep(0.05)
                    continue
            if reply[3] & 15 == 0 and struct.unpack(">H", reply[6:8])[0] == 1:
                return True
        return False

    def stop(self):
        self.child.terminate()
        try:
            self.child.wait(5)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()

    def configure(self):
        raise NotImplementedError

    def words(self):
        raise NotImplementedError


class Named(Program):
    program = "named"

    def configure(self):
        return """
options {
    directory "%s"; pid-file none; session-keyfile none;%s
    listen-on port %d { %s; }; listen-on-v6 { none; };
    recursion no; dnssec-validation no; notify no; minimal-any no; rrset-order { order none; };
    check-names primary ignore; check-integrity no; server-id "diff-1"; %s
};
controls { };
zone "%s" { type primary; file "zone"; };
""" % (self.folder, self.lock_file(), self.port, HOST, self.options, self.zone)

    def lock_file(self):
        """Before 9.20 a second named needs to be told that it may run; since then it is an error to say so."""
        done = subprocess.run([find(self.program), "-v"], capture_output=True, text=True, check=True)
        return " lock-file none;" if "BIND 9.1" in done.stdout else ""

    def words(self):
        return ["-g", "-n", "1", "-c", self.path("conf")]


class Knotd(Program):
    program = "knotd"

    def configure(self):
        return """
server:
    rundir: "%s"
    listen: %s@%d
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
    nsid: "diff-2"
    %s
database:
    storage: "%s/db"
log:
  - target: stderr
    any: info
template:
  - id: default
    storage: "%s"
    semantic-checks: off
    journal-content: none
    zonefile-load: whole
zone:
  - domain: %s
    file: "zone"
""" % (self.folder, HOST, self.port, self.options, self.folder, self.folder, self.zone)

    def words(self):
        return ["-c", self.path("conf")]


class Raw:
    """Answers every question, over TCP too, with the records of the node whose number is its first label: a list of
    (type number, octets)."""

    def __init__(self, nodes):
        self.nodes = nodes
        raw = self

        class Stream(socketserver.BaseRequestHandler):
            def handle(self):
                head = self.request.recv(2, socket.MSG_WAITALL)
                if len(head) == 2:
                    query = self.request.recv(struct.unpack(">H", head)[0], socket.MSG_WAITALL)
                    reply = raw.reply(query)
                    self.request.sendall(struct.pack(">H", len(reply)) + reply)

        self.server = socketserver.ThreadingTCPServer((HOST, 0), Stream)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def reply(self, query):
        at = 12
        while query[at]:
            at += query[at] + 1
        records = self.nodes[int(query[13:13 + query[12]])]
        body = b"".join(b"\xc0\x0c" + struct.pack(">HHIH", number, 1, 300, len(octets)) + octets
                        for number, octets in records)
        return query[:2] + b"\x84\0" + struct.pack(">4H", 1, len(records), 0, 0) + query[12:at + 5] + body

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
