# SPDX-License-Identifier: MIT
"""The real servers: a configuration file each, started in the foreground in a namespace.

Every class has the same face: Server(namespace, folder, name, addresses, ...), start(), stop(), and for
authoritative ones load(zones), which writes the zone files and, when the server runs, makes it read them again.
"""
import os
import signal
import socket
import struct
import time

from net import wait_until


def udp_query(namespace, address, name, qtype=6, seconds=0.3):
    """One plain question over UDP, for waiting only; the response code and the answer count, or None."""
    labels = b"".join(bytes([len(part)]) + part.encode() for part in name.strip(".").split(".") if part)
    packet = struct.pack(">6H", 4711, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">2H", qtype, 1)
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with namespace.socket(family, socket.SOCK_DGRAM) as sock:
        sock.settimeout(seconds)
        try:
            sock.sendto(packet, (address, 53))
            reply = sock.recv(4096)
        except OSError:
            return None
    return reply[3] & 15, struct.unpack(">H", reply[6:8])[0]


class Server:
    """What all of them do; a subclass gives `configure()` -> text, `command()` -> argv and maybe `extra`."""

    software = ""

    def __init__(self, namespace, folder, name, addresses, extra=""):
        self.namespace = namespace
        self.name = name
        self.folder = os.path.join(folder, name)
        self.addresses = addresses
        self.extra = extra
        self.zones = {}
        self.child = None
        os.makedirs(self.folder, exist_ok=True)

    def path(self, file):
        return os.path.join(self.folder, file)

    def write(self, file, text):
        with open(self.path(file), "w", encoding="utf-8") as out:
            out.write(text)

    def zone_file(self, zone):
        return self.path((zone.strip(".") or "root") + ".zone")

    def load(self, zones):
        """Takes zone texts by zone name; a running server rereads them."""
        self.zones.update(zones)
        for zone, text in zones.items():
            path = self.zone_file(zone)
            with open(path + ".new", "w", encoding="utf-8") as out:
                out.write(text)
            os.rename(path + ".new", path)
        if self.child is not None:
            # Servers compare modification times in whole seconds.
            stamp = time.time() + 2
            for zone in zones:
                os.utime(self.zone_file(zone), (stamp, stamp))
            self.child.send_signal(signal.SIGHUP)

    def start(self):
        self.write("server.conf", self.configure())
        self.child = self.namespace.spawn(self.path("log"), *self.command(), cwd=self.folder)

    def stop(self):
        if self.child is not None:
            self.namespace.stop(self.child)
            self.child = None

    def restart(self):
        self.stop()
        self.start()
        self.wait()

    def ready(self):
        """True when it answers on its last address; an error with the end of its log when it has died."""
        if self.child.poll() is not None:
            with open(self.path("log"), encoding="utf-8", errors="replace") as log:
                raise RuntimeError("%s (%s) ended: %s" % (self.name, self.software, log.read()[-1500:]))
        zone = next(iter(self.zones), ".")
        answer = udp_query(self.namespace, self.addresses[-1], zone)
        return answer is not None and (not self.zones or answer[0] == 0)

    def wait(self, seconds=10):
        wait_until(self.ready, seconds, "%s (%s) to answer" % (self.name, self.software))


class Nsd(Server):
    software = "NSD"

    def configure(self):
        lines = ["server:", " username: root", " zonesdir: " + self.folder, " database: \"\"",
                 " pidfile: \"\"", " xfrdfile: \"\"", " zonelistfile: \"zone.list\"",
                 " server-count: 1", " rrl-ratelimit: 0", " rrl-size: 1000", " refuse-any: yes",
                 " identity: \"%s\"" % self.name, " nsid: \"ascii_%s\"" % self.name]
        lines += [" ip-address: " + address for address in self.addresses]
        lines += [self.extra, "remote-control:", " control-enable: no"]
        for zone in self.zones:
            lines += ["zone:", " name: \"%s\"" % zone, " zonefile: \"%s\"" % self.zone_file(zone)]
        return "\n".join(lines) + "\n"

    def command(self):
        return ["nsd", "-d", "-c", self.path("server.conf")]


class Knot(Server):
    software = "Knot DNS"

    def configure(self):
        listen = ", ".join(address + "@53" for address in self.addresses)
        lines = ["server:", "    rundir: \"%s\"" % self.folder, "    listen: [%s]" % listen,
                 "    udp-workers: 1", "    tcp-workers: 1", "    background-workers: 1",
                 "    identity: \"%s\"" % self.name, "    nsid: \"%s\"" % self.name]
        lines += [self.extra] if self.extra else []
        lines += ["control:", "    listen: \"%s\"" % self.path("ctl"),
                  "database:", "    storage: \"%s\"" % self.folder,
                  "log:", "  - target: stdout", "    any: info", "zone:"]
        for zone in self.zones:
            lines += ["  - domain: \"%s\"" % zone, "    file: \"%s\"" % self.zone_file(zone),
                      "    zonefile-load: whole", "    journal-content: none"]
        return "\n".join(lines) + "\n"

    def command(self):
        return ["knotd", "-c", self.path("server.conf")]


class Bind(Server):
    software = "BIND"

    def configure(self):
        four = "".join(a + "; " for a in self.addresses if ":" not in a)
        six = "".join(a + "; " for a in self.addresses if ":" in a)
        lines = ["options {", " directory \"%s\";" % self.folder, " listen-on { %s};" % four,
                 " listen-on-v6 { %s};" % six, " recursion no;", " pid-file none;", " session-keyfile none;",
                 " dnssec-validation no;", " server-id \"%s\";" % self.name, " notify no;",
                 " interface-interval 0;", self.extra, "};", "controls { };"]
        for zone in self.zones:
            lines.append("zone \"%s\" { type primary; file \"%s\"; };" % (zone, self.zone_file(zone)))
        return "\n".join(lines) + "\n"

    def command(self):
        return ["named", "-g", "-n", "1", "-c", self.path("server.conf")]


class Powerdns(Server):
    """For ALIAS and LUA records; `extra` holds its settings (resolver=..., expand-alias=yes, ...)."""

    software = "PowerDNS"

    def configure(self):
        zones = ["zone \"%s\" { type master; file \"%s\"; };" % (zone, self.zone_file(zone)) for zone in self.zones]
        self.write("bind.conf", "\n".join(zones) + "\n")
        lines = ["local-address=" + ",".join(self.addresses), "launch=bind", "bind-config=" + self.path("bind.conf"),
                 "socket-dir=" + self.folder, "guardian=no", "daemon=no", "disable-syslog=yes",
                 "receiver-threads=1", "distributor-threads=2", "security-poll-suffix=", "version-string=anonymous",
                 "server-id=" + self.name, "cache-ttl=0", "query-cache-ttl=0", "negquery-cache-ttl=0", self.extra]
        return "\n".join(lines) + "\n"

    def command(self):
        return ["pdns_server", "--config-dir=" + self.folder, "--config-name="]

    def path(self, file):
        return super().path("pdns.conf" if file == "server.conf" else file)


class Unbound(Server):
    """A recursive resolver with its own cache, doing real recursion from the root hints of the world."""

    software = "Unbound"

    def __init__(self, namespace, folder, name, addresses, hints, extra="", source=None):
        super().__init__(namespace, folder, name, addresses, extra)
        self.hints = hints
        self.source = source

    def configure(self):
        lines = ["server:", " directory: \"%s\"" % self.folder, " username: \"\"", " chroot: \"\"",
                 " pidfile: \"\"", " use-syslog: no", " logfile: \"\"", " do-daemonize: no", " num-threads: 1",
                 " msg-cache-size: 1m", " rrset-cache-size: 2m", " outgoing-range: 256",
                 " num-queries-per-thread: 128", " so-reuseport: no",
                 # It draws a random number for each port at its start: 60,000 of them cost more than the rest of it.
                 " outgoing-port-avoid: 0-65535", " outgoing-port-permit: 20000-24000",
                 " root-hints: \"%s\"" % self.hints, " identity: \"%s\"" % self.name,
                 " access-control: 0.0.0.0/0 allow", " access-control: ::0/0 allow"]
        lines += [" interface: " + address for address in self.addresses]
        if self.source:
            lines += [" outgoing-interface: " + address for address in self.source]
        lines += [self.extra, "remote-control:", " control-enable: no"]
        return "\n".join(lines) + "\n"

    def command(self):
        return ["unbound", "-d", "-c", self.path("server.conf")]

    def ready(self):
        if self.child.poll() is not None:
            return super().ready()
        answer = udp_query(self.namespace, self.addresses[-1], ".", 2, 0.5)
        return answer is not None and answer[0] == 0
