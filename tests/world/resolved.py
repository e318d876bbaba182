# SPDX-License-Identifier: MIT
"""A real systemd-resolved on the client, from packages that are unpacked beside the system and never installed
(installing systemd-resolved takes over /etc/resolv.conf of the machine that runs the tests).

It needs /run and a bus of its own, so the client gets a mount namespace with an empty /run: a process that sleeps
holds it, and whatever runs in the client afterwards enters it. What links have as resolvers is told over the bus with
resolvectl, as NetworkManager and VPN clients do."""
import glob
import os
import shutil
import tempfile

from net import sh, wait_until
from servers import udp_query
from world import Skipped

STUB = "127.0.0.53"

BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path=/run/dbus/system_bus_socket</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/><allow own="*"/><allow send_destination="*"/>
    <allow send_type="method_call"/><allow send_type="method_return"/><allow send_type="error"/><allow send_type="signal"/>
    <allow receive_type="method_call"/><allow receive_type="method_return"/><allow receive_type="error"/>
    <allow receive_type="signal"/>
  </policy>
</busconfig>
"""

# An empty /run, the files that name the daemon's user, and then nothing: the process that holds the mount namespace.
# The network namespaces stay reachable, because the harness itself stays outside.
HOLD = """set -e
mount --make-rprivate /
mount -t tmpfs tmpfs /run
mkdir -p /run/dbus /run/systemd/netif/links
mount --bind "$1/passwd" /etc/passwd
mount --bind "$1/group" /etc/group
cp "$1/bus.conf" /run/bus.conf
echo ready
exec sleep 600
"""


def folder():
    """Where tests/setup.sh has unpacked the packages, or None."""
    root = os.environ.get("DNSPROBE_UNPACKED", "")
    return root if root and os.path.exists(os.path.join(root, "lib/systemd/systemd-resolved")) else None


class Resolved:
    """`links`: {interface: (servers, domains)}; the interface is made where it is not there."""

    def __init__(self, world, links):
        self.world = world
        self.client = world.client
        self.root = folder()
        if not self.root:
            raise Skipped("$DNSPROBE_UNPACKED has no systemd-resolved, which tests/setup.sh unpacks", "systemd-resolved")
        if not shutil.which("dbus-daemon"):
            raise Skipped("dbus-daemon is not installed", "dbus-daemon")
        self.links = links

    def start(self):
        world = self.world
        self.make_resolvectl()
        world.client.etc_file("resolv.conf", "nameserver %s\noptions edns0 trust-ad\nsearch .\n" % STUB)
        hold = self.make_namespace()
        self.client.enter(hold.pid)
        self.client.spawn(world.path("bus.log"), "dbus-daemon", "--config-file=/run/bus.conf", "--nofork", "--nopidfile")
        wait_until(lambda: self.client.run("test", "-S", "/run/dbus/system_bus_socket").returncode == 0, 5, "the bus")
        self.client.spawn(world.path("resolved.log"), "env", "LD_LIBRARY_PATH=" + self.libraries(),
                          os.path.join(self.root, "lib/systemd/systemd-resolved"))
        wait_until(lambda: self.client.run("test", "-e", "/run/systemd/resolve/stub-resolv.conf").returncode == 0, 5,
                   "systemd-resolved to start")
        for link, (servers, domains) in self.links.items():
            self.resolvectl("dns", link, *servers)
            if domains:
                self.resolvectl("domain", link, *domains)
        wait_until(lambda: udp_query(self.client, STUB, ".", 2) is not None, 5, "systemd-resolved to answer")

    def libraries(self):
        """Where what systemd's programs share lies: below lib/ or usr/lib/, in the folder of this architecture."""
        return ":".join(path for lib in ("lib", "usr/lib") for path in glob.glob(os.path.join(self.root, lib, "*", "systemd")))

    def make_namespace(self):
        world = self.world
        here = tempfile.mkdtemp(prefix="resolved-", dir=world.folder)
        for file, line in (("passwd", "systemd-resolve:x:996:996::/:/usr/sbin/nologin\n"), ("group", "systemd-resolve:x:996:\n")):
            shutil.copy("/etc/" + file, os.path.join(here, file))
            with open(os.path.join(here, file), "a", encoding="utf-8") as out:
                out.write(line)
        with open(os.path.join(here, "bus.conf"), "w", encoding="utf-8") as out:
            out.write(BUS)
        log = world.path("hold.log")
        hold = self.client.spawn(log, "unshare", "--mount", "sh", "-c", HOLD, "sh", here)
        wait_until(lambda: os.path.exists(log) and "ready" in open(log, encoding="utf-8").read(), 5, "the mount namespace")
        return hold

    def make_resolvectl(self):
        """A resolvectl on the PATH of what runs in the client: dnsprobe flushes with it."""
        os.makedirs(self.world.path("bin"))
        script = self.world.path("bin/resolvectl")
        with open(script, "w", encoding="utf-8") as out:
            out.write("#!/bin/sh\nLD_LIBRARY_PATH='%s' exec '%s/usr/bin/resolvectl' \"$@\"\n" % (self.libraries(), self.root))
        os.chmod(script, 0o755)
        os.environ["PATH"] = self.world.path("bin") + ":" + os.environ["PATH"]

    def resolvectl(self, *words):
        done = self.client.run("resolvectl", *words)
        if done.returncode != 0:
            raise RuntimeError("resolvectl %s: %s" % (" ".join(words), done.stderr))
        return done.stdout

    def vpn(self, link, address, server):
        """A tunnel with a resolver at its far end: a second veth pair stands for it."""
        sh("ip", "link", "add", link, "netns", self.client.name, "type", "veth", "peer", "name", link, "netns",
           self.world.internet.name)
        self.client.ip("addr", "add", address + "/24", "dev", link)
        self.client.ip("link", "set", link, "up")
        self.world.internet.ip("addr", "add", server + "/24", "dev", link)
        self.world.internet.ip("link", "set", link, "up")
