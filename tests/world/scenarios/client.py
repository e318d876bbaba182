# SPDX-License-Identifier: MIT
"""Faults of the host that dnsprobe runs on, and of the application behind the answers."""
import zones
from addresses import APP, DOMAIN, OLD_APP, ROUTER, SPARE
from servers import udp_query


def hosts_override(world):
    """Somebody once tested with a line in /etc/hosts and left it there."""
    world.client.etc_file("hosts", "127.0.0.1 localhost\n%s shop.example www.shop.example\n" % OLD_APP)
    world.start()
    world.prove("%s A +short" % DOMAIN, APP[0], absent=[OLD_APP])
    hosts = world.client.run("getent", "ahostsv4", "shop.example").stdout
    assert OLD_APP in hosts, hosts
    world.diagnose("client.hosts-override")


def split_dns(world):
    """The second resolver in resolv.conf is the company's, with a private view of the zone."""
    company = "192.168.1.2"
    world.internet.ip("addr", "add", company + "/32", "dev", "lo")
    world.add_resolver("company", [company], [SPARE[0]],
                       " local-zone: \"shop.example.\" static\n"
                       " local-data: \"shop.example. 300 IN SOA dc1.corp. admin.corp. 1 3600 600 86400 300\"\n"
                       " local-data: \"shop.example. 300 IN A 10.20.30.40\"")
    world.client.etc_file("resolv.conf", "nameserver %s\nnameserver %s\n" % (ROUTER, company))
    world.start()
    world.prove("@%s %s A +short" % (ROUTER, DOMAIN), APP[0])
    world.prove("@%s %s A +short" % (company, DOMAIN), "10.20.30.40")
    world.diagnose("client.split-dns")


def resolver_down(world):
    """The first resolver in resolv.conf is gone; every look-up waits for it."""
    world.client.etc_file("resolv.conf", "nameserver 192.168.1.99\nnameserver %s\n" % ROUTER)
    world.start()
    world.prove("@192.168.1.99 %s A" % DOMAIN, "no servers could be reached")
    world.prove("@%s %s A +short" % (ROUTER, DOMAIN), APP[0])
    world.diagnose("client.resolver-down", statuses=(1,), subject="192.168.1.99")


def resolver_refuses(world):
    """The second resolver in resolv.conf refuses this host everything: it is no use, though it answers."""
    company = "192.168.1.2"
    world.internet.ip("addr", "add", company + "/32", "dev", "lo")
    server = world.add_resolver("company", [company], [SPARE[0]], " access-control: 192.168.1.0/24 refuse")
    server.ready = lambda: udp_query(world.internet, company, ".", 2) is not None
    world.client.etc_file("resolv.conf", "nameserver %s\nnameserver %s\n" % (ROUTER, company))
    world.start()
    world.prove("@%s %s A" % (company, DOMAIN), "status: REFUSED")
    world.prove("@%s %s A +short" % (ROUTER, DOMAIN), APP[0])
    world.diagnose("client.resolver-down", statuses=(1,), subject=company)


def no_resolver(world):
    """No resolver of this host answers."""
    world.client.etc_file("resolv.conf", "nameserver 192.168.1.99\n")
    world.start()
    world.prove("@192.168.1.99 %s A" % DOMAIN, "no servers could be reached")
    world.diagnose("client.resolver-down", statuses=(2,), subject="192.168.1.99")


def connect_refused(world):
    """DNS is right; nothing listens on the application's port."""
    world.app_addresses = []
    world.start()
    world.prove("%s A +short" % DOMAIN, APP[0])
    world.diagnose("app.connect-refused")


def connect_refused_at_one(world):
    """One of the two IPv4 addresses refuses."""
    world.app_addresses.remove(APP[1])
    world.start()
    world.prove("%s A +short" % DOMAIN, APP[1])
    world.diagnose("app.connect-refused", statuses=(1,), subject=APP[1])


def connect_timeout(world):
    """DNS is right; a firewall swallows the connections."""
    world.start()
    world.drop("tcp dport 443", "internet", "input")
    world.prove("%s A +short" % DOMAIN, APP[0])
    world.diagnose("app.connect-timeout")


def tls_wrong_name(world):
    """The application's certificate is for another name."""
    world.certificate_name = "old-shop.example"
    world.start()
    world.prove("%s A +short" % DOMAIN, APP[0])
    world.diagnose("app.tls-failure")


def tls_expired(world):
    """The application's certificate has run out."""
    world.certificate_days = 0
    world.start()
    world.prove("%s A +short" % DOMAIN, APP[0])
    world.diagnose("app.tls-failure")


def stale_local_cache(world):
    """A caching dnsmasq on this host still has the old address; the resolver behind it has the new one."""
    world.client.etc_file("resolv.conf", "nameserver 127.0.0.1\n")
    world.set_zone(zones.shop(app=[OLD_APP], serial=2026112101, ttl=1800))
    world.start()
    world.start_dnsmasq("--cache-size=500")
    for rrtype in ("A", "AAAA"):
        world.dig("@127.0.0.1 %s %s" % (DOMAIN, rrtype))
    world.set_zone(zones.shop(ttl=1800))
    world.wait_serial(2026112205)
    world.servers["router"].restart()   # with an empty cache
    world.prove("@127.0.0.1 %s A +short" % DOMAIN, OLD_APP, absent=APP)
    world.prove("@%s %s A +short" % (ROUTER, DOMAIN), APP[0], absent=[OLD_APP])
    world.diagnose("client.stale-cache")
