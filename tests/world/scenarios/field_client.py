# SPDX-License-Identifier: MIT
"""What public reports tell about clients and this host's own resolver: programs get something else than dig does. Beside
every fault stands what looks like it and is in order (`healthy_...`)."""
import time

import zones
from addresses import APP, APP_V6, DOMAIN, MAJORS, NS1, ROUTER, SPARE
from dnssec import sign_world
from programs import (BOX, BOX_OTHER, NAME, NOBODY, STUB, blames, box, fresh, look_up, one_answer_per_port, programs_get, quiet,
                   resolv_conf, second_packet_lost, sender_of_answer, share_of_failures, validating_stub)
from servers import udp_query
from world import Failed

# Where a wildcard leads to.
WILDCARD = SPARE[4]
HOSTS_LINE = "passwd: files\ngroup: files\nhosts: %s\n"
# One way of many to say in resolv.conf what Kubernetes says there.
CLUSTER = "search prod.svc.cluster.test svc.cluster.test %s\noptions ndots:5\n"
YEAR_S = 365 * 86400


# ---- search-list: the name as typed is tried below other domains first ----

def search_list(world):
    """A pod: ndots:5, and the last domain of the search list has a wildcard. Programs reach that."""
    world.servers["router"].extra = (" local-zone: \"corp.test.\" redirect\n local-data: \"corp.test. 300 IN A %s\"" % WILDCARD)
    resolv_conf(world, ROUTER, more=CLUSTER % "corp.test")
    world.start()
    world.prove("%s A +short" % DOMAIN, APP[0], absent=[WILDCARD])
    programs_get(world, WILDCARD, absent=APP)
    programs_get(world, APP[0], name=DOMAIN)
    blames(world, "client.libc-differs", reason="search-list", says=("corp.test",), share=(0.99, 1))


def search_list_public_wildcard(world):
    """A workstation whose search list is a domain with a public wildcard, and ndots:2: names with one dot go there."""
    world.servers["ns3"].load({"dnshost.net.": zones.hoster() + "*.lab.dnshost.net. 300 IN A %s\n" % WILDCARD})
    resolv_conf(world, ROUTER, more="domain lab.dnshost.net\noptions ndots:2\n")
    world.start()
    world.prove("%s.lab.dnshost.net A +short" % NAME, WILDCARD)
    world.prove("%s A +short" % DOMAIN, APP[0], absent=[WILDCARD])
    programs_get(world, WILDCARD, absent=APP)
    blames(world, "client.libc-differs", reason="search-list", says=("lab.dnshost.net",))


def search_list_one_family(world):
    """The wildcard of the search list has no AAAA: programs get one address family of one name, none of the other."""
    world.servers["router"].extra = (" local-zone: \"corp.test.\" redirect\n local-data: \"corp.test. 300 IN AAAA 2001:db8::1\"")
    resolv_conf(world, ROUTER, more=CLUSTER % "corp.test")
    world.start()
    world.prove("%s A +short" % DOMAIN, APP[0])
    programs_get(world, "2001:db8::1", absent=APP)
    blames(world, "client.libc-differs", reason="search-list", says=("corp.test",))


def search_list_silent(world):
    """The servers of the search list's domain are gone: each look-up first waits for them."""
    box(world, "plain")
    resolv_conf(world, BOX, more="search corp.test\noptions ndots:5\n")
    world.start()
    # After the headers of UDP and DNS (8 and 12 octets), "shop" and "example" with their lengths (5 and 8), one length.
    world.drop("ip daddr %s udp dport 53 @th,272,32 0x636f7270" % BOX, "internet", "prerouting")
    world.prove("@%s %s A +short" % (BOX, DOMAIN), APP[0])
    world.prove("@%s %s.corp.test A" % (BOX, NAME), "timed out")
    programs_get(world, APP[0], at_least_s=4, at_most_s=30, n=1)
    blames(world, "client.libc-differs", severity="either", reason="search-list", says=("corp.test",))


def healthy_search_list(world):
    """The same pod: nothing of that name is in the domains of its search list."""
    world.servers["router"].extra = " local-zone: \"cluster.test.\" static\n local-zone: \"corp.test.\" static"
    resolv_conf(world, ROUTER, more=CLUSTER % "corp.test")
    world.start()
    world.prove("%s.corp.test A" % NAME, "status: NXDOMAIN")
    programs_get(world, APP[0], APP_V6[0])
    quiet(world)


def healthy_search_list_of_wildcard(world):
    """A wildcard in the search list that no name with a dot ever meets: ndots is 1."""
    world.servers["router"].extra = (" local-zone: \"corp.test.\" redirect\n local-data: \"corp.test. 300 IN A %s\"" % WILDCARD)
    resolv_conf(world, ROUTER, more="search corp.test\n")
    world.start()
    world.prove("%s.corp.test A +short" % NAME, WILDCARD)
    programs_get(world, APP[0], absent=[WILDCARD])
    quiet(world)


# ---- one-socket: of two questions from one socket one is lost ----

def _from_two_sockets(world):
    """A and AAAA, each from a socket of its own, both arrive: twenty times."""
    for _ in range(20):
        for qtype in (1, 28):
            if udp_query(world.client, ROUTER, DOMAIN, qtype, 1) is None:
                raise Failed("a question from a socket of its own is lost as well")


def one_socket(world):
    """A NAT box loses the second packet of a source port: A arrives, AAAA of the same getaddrinfo does not."""
    world.start()
    second_packet_lost(world)
    _from_two_sockets(world)
    programs_get(world, APP[0], at_least_s=4.5, at_most_s=30, n=1)
    blames(world, "client.libc-differs", severity="either", reason="one-socket", says=("single-request-reopen",), share=(0.9, 1))


def one_socket_now_and_then(world):
    """The conntrack race of a cluster's node is lost in two of five look-ups."""
    world.start()
    second_packet_lost(world, 40)
    _from_two_sockets(world)
    times = [took for _, took in look_up(world, *[NAME] * 6)]
    if max(times) < 4.5:
        raise Failed("no look-up of %s waited" % times)
    blames(world, "client.libc-differs", severity="either", reason="one-socket", says=("single-request-reopen",), share=(0.15, 0.7))


def one_socket_guard(world):
    """A firewall closes the flow with the first answer: that to the second question of the socket is dropped."""
    world.start()
    one_answer_per_port(world)
    _from_two_sockets(world)
    programs_get(world, APP[0], at_least_s=4.5, at_most_s=30, n=1)
    blames(world, "client.libc-differs", severity="either", reason="one-socket", says=("single-request-reopen",))


def healthy_single_request_reopen(world):
    """Behind the same NAT box, but the cure is in resolv.conf already."""
    resolv_conf(world, ROUTER, more="options single-request-reopen\n")
    world.start()
    second_packet_lost(world)
    programs_get(world, APP[0], APP_V6[0])
    quiet(world)


def healthy_cache_before_nat(world):
    """Behind the same NAT box, but a forwarder on the host asks from many ports in the programs' place."""
    resolv_conf(world, STUB)
    world.start()
    world.start_dnsmasq("--cache-size=0")
    second_packet_lost(world)
    programs_get(world, APP[0], APP_V6[0])
    quiet(world)


# ---- nsswitch.conf, and what else makes the C library go another way ----

def nsswitch(world):
    """An action in nsswitch.conf ends the look-up before DNS is asked."""
    world.client.etc_file("nsswitch.conf", HOSTS_LINE % "files [NOTFOUND=return] dns")
    world.start()
    world.prove("%s A +short" % DOMAIN, APP[0])
    programs_get(world)
    blames(world, "client.libc-differs", reason="nsswitch", says=("[NOTFOUND=return]",), share=(0.99, 1))


def nsswitch_without_dns(world):
    """The line has no DNS at all."""
    world.client.etc_file("nsswitch.conf", HOSTS_LINE % "files")
    world.start()
    world.prove("%s A +short" % DOMAIN, APP[0])
    programs_get(world)
    blames(world, "client.libc-differs", reason="nsswitch", says=("nsswitch.conf",))


def nsswitch_module_gone(world):
    """systemd-resolved was removed; its module was the only one behind the hosts file."""
    world.client.etc_file("nsswitch.conf", HOSTS_LINE % "files resolve [!UNAVAIL=return]")
    world.start()
    world.prove("%s A +short" % DOMAIN, APP[0])
    programs_get(world)
    blames(world, "client.libc-differs", reason="nsswitch", says=("nsswitch.conf",))


def healthy_nsswitch_mdns(world):
    """Debian's line with mDNS and systemd-resolved in it, neither of which is asked for this name."""
    world.client.etc_file("nsswitch.conf", HOSTS_LINE
                          % "files mymachines mdns4_minimal [NOTFOUND=return] resolve [!UNAVAIL=return] dns myhostname")
    world.start()
    programs_get(world, APP[0], APP_V6[0])
    quiet(world)


def no_nameserver(world):
    """resolv.conf names nobody, so the C library asks 127.0.0.1, where nobody listens."""
    world.client.etc_file("resolv.conf", "search corp.test\n")
    world.start()
    world.prove("@%s %s A +short" % (ROUTER, DOMAIN), APP[0])
    programs_get(world)
    blames(world, "client.libc-differs", reason="no-nameserver", says=("127.0.0.1",), share=(0.99, 1))


def healthy_no_nameserver(world):
    """resolv.conf names nobody, and a dnsmasq listens at 127.0.0.1, where the C library asks then."""
    world.client.etc_file("resolv.conf", "# written by nobody\n")
    world.start()
    world.start_dnsmasq()
    programs_get(world, APP[0], APP_V6[0])
    quiet(world)


def use_vc(world):
    """`options use-vc` sends programs over TCP, where the only resolver does not listen."""
    box(world, "plain", "tcp=0")
    resolv_conf(world, BOX, more="options use-vc\n")
    world.start()
    world.prove("@%s %s A +short" % (BOX, DOMAIN), APP[0])
    world.prove("@%s %s A +tcp" % (BOX, DOMAIN), "connection refused")
    programs_get(world)
    blames(world, "client.libc-differs", reason="use-vc", says=("use-vc",))


def healthy_use_vc(world):
    """`options use-vc`, and the resolver answers over TCP."""
    resolv_conf(world, ROUTER, more="options use-vc\n")
    world.start()
    programs_get(world, APP[0], APP_V6[0])
    quiet(world)


# ---- own-filter: this host's own resolver has a policy ----

def _dnsmasq_says(world, *options):
    resolv_conf(world, STUB)
    world.start()
    world.start_dnsmasq(*options)


def own_filter_sink(world):
    """The host's dnsmasq has the name on its list: 0.0.0.0 and ::."""
    _dnsmasq_says(world, "--address=/%s/0.0.0.0" % NAME, "--address=/%s/::" % NAME)
    world.prove("@%s %s A +short" % (STUB, DOMAIN), "0.0.0.0")
    world.prove("@%s %s A +short" % (ROUTER, DOMAIN), APP[0])
    programs_get(world, "0.0.0.0", absent=APP)
    blames(world, "client.filtered", subject=STUB, share=(0.99, 1))


def own_filter_sink_loopback(world):
    """A list of the old kind on the router's box: the name is 127.0.0.1 there."""
    resolv_conf(world, BOX)
    world.internet.ip("addr", "add", BOX + "/32", "dev", "lo")
    world.start()
    world.internet.spawn(world.path("box.log"), "dnsmasq", "-k", "--no-resolv", "--no-hosts", "--user=root",
                         "--conf-file=/dev/null", "--pid-file=", "--server=" + ROUTER, "--listen-address=" + BOX,
                         "--bind-interfaces", "--address=/%s/127.0.0.1" % NAME)
    time.sleep(0.5)
    world.prove("@%s %s A +short" % (BOX, DOMAIN), "127.0.0.1")
    programs_get(world, "127.0.0.1", absent=APP)
    blames(world, "client.filtered", subject=BOX)


def own_filter_local(world):
    """The host's dnsmasq believes that the domain is its own (`local=/shop.example/`): NXDOMAIN."""
    _dnsmasq_says(world, "--local=/%s/" % NAME)
    world.prove("@%s %s A" % (STUB, DOMAIN), "status: NXDOMAIN")
    world.prove("@%s %s A +short" % (ROUTER, DOMAIN), APP[0])
    programs_get(world)
    blames(world, "client.filtered", subject=STUB, share=(0.99, 1))


def own_filter_zone(world):
    """The router itself blocks the name, without SOA and without EDE."""
    world.servers["router"].extra = " local-zone: \"shop.example.\" always_nxdomain"
    world.start()
    world.prove("@%s %s A" % (ROUTER, DOMAIN), "status: NXDOMAIN", "AUTHORITY: 0")
    world.prove("@%s %s A +short" % (MAJORS[0][1], DOMAIN), APP[0])
    programs_get(world)
    blames(world, "client.filtered", subject=ROUTER)


def own_filter_nodata(world):
    """The router blocks the name with an empty answer and a SOA of its own."""
    world.servers["router"].extra = (
        " local-zone: \"shop.example.\" static\n"
        " local-data: \"shop.example. 10 IN SOA filter.test. hostmaster.filter.test. 1 3600 600 86400 10\"")
    world.start()
    world.prove("@%s %s A" % (ROUTER, DOMAIN), "status: NOERROR", "ANSWER: 0", "filter.test.")
    programs_get(world)
    blames(world, "client.filtered", subject=ROUTER)


def own_filter_rebind(world):
    """The name leads to a private address by design, and the router's protection against rebinding takes it away."""
    world.set_zone(zones.shop(app=["10.20.30.40"], app_v6=[]))
    world.internet.ip("addr", "add", "10.20.30.40/32", "dev", "lo")
    world.app_addresses = ["10.20.30.40"]
    _dnsmasq_says(world, "--stop-dns-rebind")
    world.prove("@%s %s A" % (STUB, DOMAIN), "ANSWER: 0")
    world.prove("@%s %s A +short" % (ROUTER, DOMAIN), "10.20.30.40")
    programs_get(world)
    blames(world, "client.filtered", subject=STUB, says=("rebind",))


def own_filter_nxdomain_for_aaaa(world):
    """The router's proxy says NXDOMAIN where it means that there is no IPv6: programs that believe it fail."""
    box(world, "missing", "type=28")
    resolv_conf(world, BOX)
    world.start()
    world.prove("@%s %s A" % (BOX, DOMAIN), "status: NOERROR", APP[0])
    world.prove("@%s %s AAAA" % (BOX, DOMAIN), "status: NXDOMAIN")
    blames(world, "client.filtered", severity="either", subject=BOX, says=("AAAA",))


def healthy_aaaa_filtered(world):
    """The host's dnsmasq takes AAAA out of every answer (`filter-AAAA`): its operator wants no IPv6."""
    _dnsmasq_says(world, "--filter-AAAA")
    world.prove("@%s %s AAAA" % (STUB, DOMAIN), "status: NOERROR", "ANSWER: 0")
    world.prove("@%s ns1.%s AAAA" % (STUB, DOMAIN), "status: NOERROR", "ANSWER: 0")
    programs_get(world, APP[0], absent=APP_V6)
    quiet(world)


def healthy_other_names_filtered(world):
    """The host's dnsmasq filters advertising, not this name; and it protects against rebinding."""
    _dnsmasq_says(world, "--address=/ads.example/0.0.0.0", "--local=/lan/", "--stop-dns-rebind")
    world.prove("@%s www.ads.example A +short" % STUB, "0.0.0.0")
    programs_get(world, APP[0], APP_V6[0])
    quiet(world)


# ---- behind-the-cache: what is asked is in the cache, what is not asked fails ----

def _start_forwarder(world):
    """dnsmasq asks the box and nobody else: start_dnsmasq names the router as well."""
    world.client.spawn(world.path("dnsmasq.log"), "dnsmasq", "-k", "--no-resolv", "--no-hosts", "--user=root",
                       "--conf-file=/dev/null", "--pid-file=", "--server=" + BOX, "--listen-address=" + STUB,
                       "--bind-interfaces", "--cache-size=1000")
    time.sleep(0.5)


def _warm_and_cold(world, habit, *words):
    """The host's caching dnsmasq, before a box with that habit: the shares of warm and of cold questions that fail."""
    resolv_conf(world, STUB)
    box(world, habit, *words)
    world.start()
    _start_forwarder(world)
    for _ in range(12):
        for rrtype in ("A", "AAAA"):
            world.dig("@%s %s %s +time=1" % (STUB, DOMAIN, rrtype))
    warm = max(share_of_failures(world, STUB, [DOMAIN] * 20, qtype) for qtype in (1, 28))
    return warm, share_of_failures(world, STUB, fresh(30))


def behind_the_cache(world):
    """The upstream of the host's cache says SERVFAIL to 30 %; this name is in the cache."""
    warm, cold = _warm_and_cold(world, "servfail", "share=0.3")
    if warm > 0 or not 0.08 < cold < 0.6:
        raise Failed("%g of the warm and %g of the cold questions fail" % (warm, cold))
    blames(world, "recursive.flapping", subject=STUB)


def behind_the_cache_loss(world):
    """The upstream of the host's cache loses 35 % of the questions; this name is in the cache."""
    warm, cold = _warm_and_cold(world, "lossy", "share=0.35")
    if warm > 0 or not 0.1 < cold < 0.7:
        raise Failed("%g of the warm and %g of the cold questions fail" % (warm, cold))
    blames(world, "recursive.flapping", subject=STUB, share=(0.05, 1))


def behind_an_unbound_cache(world):
    """An Unbound on the host remembers the root's servers as well; of its upstream's answers three quarters are
    SERVFAIL, and it asks several times before it gives up."""
    box(world, "servfail", "share=0.75")
    validating_stub(world, " module-config: \"iterator\"\n", resolver=BOX, anchor=False)
    world.start()
    for name, rrtype in ((".", "NS"), (DOMAIN, "A"), (DOMAIN, "AAAA")) * 20:
        world.dig("@%s %s %s +time=4" % (STUB, name, rrtype))
    warm = [share_of_failures(world, STUB, [DOMAIN] * 10, qtype) for qtype in (1, 28)]
    warm.append(share_of_failures(world, STUB, ["."] * 10, 2))
    cold = share_of_failures(world, STUB, fresh(30))
    if max(warm) > 0 or not 0.1 < cold < 0.9:
        raise Failed("%s of the warm and %g of the cold questions fail" % (warm, cold))
    blames(world, "recursive.flapping", subject=STUB)


def healthy_behind_the_cache(world):
    """The same cache before an upstream that works; nobody has asked for most names before."""
    warm, cold = _warm_and_cold(world, "plain")
    if warm > 0 or cold > 0:
        raise Failed("%g of the warm and %g of the cold questions fail" % (warm, cold))
    quiet(world)


# ---- resolvers that answer what programs ask, and nothing else ----

def _only_box(world, habit, *words, more=""):
    box(world, habit, *words)
    resolv_conf(world, BOX, more=more)
    world.start()


def addresses_only(world):
    """The only resolver answers A and AAAA and nothing else, and loses a quarter of these."""
    _only_box(world, "addresses", "share=0.25", "tcp=0")
    world.prove("@%s . NS" % BOX, "timed out")
    lost = share_of_failures(world, BOX, [DOMAIN] * 40)
    if not 0.08 < lost < 0.5:
        raise Failed("%g of the questions are lost" % lost)
    blames(world, "recursive.flapping", subject=BOX, share=(0.12, 0.6))


def addresses_only_notimp(world):
    """The same kind of box, with NOTIMP for all other types, TCP, and two fifths lost."""
    _only_box(world, "addresses", "share=0.4", "how=notimp")
    world.prove("@%s . NS +tries=3" % BOX, "status: NOTIMP")
    lost = share_of_failures(world, BOX, [DOMAIN] * 40)
    if not 0.2 < lost < 0.65:
        raise Failed("%g of the questions are lost" % lost)
    blames(world, "recursive.flapping", subject=BOX)


def type_never_answered(world):
    """The only resolver never answers AAAA: every look-up of a program waits for it."""
    _only_box(world, "mute", "type=28")
    world.prove("@%s %s A +short" % (BOX, DOMAIN), APP[0])
    world.prove("@%s %s AAAA" % (BOX, DOMAIN), "timed out")
    programs_get(world, APP[0], at_least_s=4.5, at_most_s=40, n=1)
    blames(world, "recursive.type-broken", subject=BOX, says=("AAAA",))


def healthy_addresses_only(world):
    """The only resolver answers A and AAAA and nothing else, and loses none of these."""
    _only_box(world, "addresses", "share=0", "tcp=0")
    world.prove("@%s . NS" % BOX, "timed out")
    programs_get(world, APP[0], APP_V6[0])
    quiet(world)


def healthy_no_tcp(world):
    """The only resolver does not listen on TCP, and its answers are small."""
    _only_box(world, "plain", "tcp=0")
    world.prove("@%s %s A +tcp" % (BOX, DOMAIN), "connection refused")
    programs_get(world, APP[0], APP_V6[0])
    quiet(world)


# ---- validators of this host ----

def _signed_and_in_order(world):
    sign_world(world, zones.shop())


def _only_the_stub_fails(world, says="status: SERVFAIL"):
    world.prove("@%s %s A +time=5" % (STUB, DOMAIN), says)
    world.prove("@%s %s A +cd" % (STUB, DOMAIN), "status: NOERROR", APP[0])
    for _, four, _ in MAJORS[:3]:
        world.prove("@%s %s A +dnssec" % (four, DOMAIN), "flags: qr rd ra ad", APP[0])


def validator_clock(world):
    """The host's validator lives a year ago: all signatures of today are from the future."""
    _signed_and_in_order(world)
    validating_stub(world, " val-override-date: \"%s\"\n" % time.strftime("%Y%m%d%H%M%S", time.gmtime(time.time() - YEAR_S)))
    world.start()
    _only_the_stub_fails(world)
    programs_get(world, at_most_s=30, n=1)
    blames(world, "client.validator-broken", subject=STUB, share=(0.99, 1))


def validator_anchor(world):
    """The host's dnsmasq validates with a trust anchor that the root no longer has."""
    _signed_and_in_order(world)
    resolv_conf(world, STUB)
    world.start()
    world.client.spawn(world.path("dnsmasq.log"), "dnsmasq", "-k", "--no-resolv", "--no-hosts", "--user=root",
                       "--conf-file=/dev/null", "--pid-file=", "--server=" + ROUTER, "--listen-address=" + STUB,
                       "--bind-interfaces", "--dnssec",
                       "--trust-anchor=.,20326,8,2,E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D")
    time.sleep(0.5)
    _only_the_stub_fails(world)
    programs_get(world, at_most_s=30, n=1)
    blames(world, "client.validator-broken", subject=STUB)


def validator_stripped(world):
    """The host's validator is in order, but the router's proxy takes DNSSEC out of what it forwards."""
    _signed_and_in_order(world)
    box(world, "unsigned")
    validating_stub(world, resolver=BOX)
    world.start()
    world.prove("@%s %s DNSKEY +dnssec" % (BOX, DOMAIN), "ANSWER: 0")
    _only_the_stub_fails(world)
    blames(world, "client.validator-broken", subject=STUB)


def healthy_validator(world):
    """The same validator, with the right time and trust anchor."""
    _signed_and_in_order(world)
    validating_stub(world)
    world.start()
    world.prove("@%s %s A +dnssec" % (STUB, DOMAIN), "flags: qr rd ra ad", APP[0])
    programs_get(world, APP[0], APP_V6[0])
    quiet(world)


# ---- resolv.conf as the C library uses it ----

def dead_alive(world):
    """[dead, alive]: every look-up waits for the first one."""
    resolv_conf(world, NOBODY[0], ROUTER)
    world.start()
    programs_get(world, APP[0], at_least_s=2.5, at_most_s=20, n=1)
    blames(world, "client.resolver-down", severity="warning", subject=NOBODY[0], share=(0.95, 1))


def healthy_alive_dead(world):
    """[alive, dead]: nobody ever asks the second one."""
    resolv_conf(world, ROUTER, NOBODY[0])
    world.start()
    programs_get(world, APP[0], APP_V6[0])
    quiet(world, "client.resolver-down")


def rotate_dead(world):
    """[alive, dead] with `rotate`: half of the look-ups begin at the dead one."""
    resolv_conf(world, ROUTER, NOBODY[0], more="options rotate\n")
    world.start()
    times = [took for _, took in look_up(world, *[NAME] * 4)]
    if max(times) < 2.5 or min(times) > 1:
        raise Failed("look-ups took %s" % times)
    blames(world, "client.resolver-down", severity="warning", subject=NOBODY[0], share=(0.4, 0.6))


def three_dead(world):
    """Three are dead and the fourth is alive: the C library never comes to it."""
    resolv_conf(world, *NOBODY, ROUTER, more="options timeout:1 attempts:1\n")
    world.start()
    world.prove("@%s %s A +short" % (ROUTER, DOMAIN), APP[0])
    programs_get(world, at_most_s=30, n=1)
    blames(world, "client.resolver-down", subject=NOBODY[0], share=(0.99, 1))


def healthy_fourth_dead(world):
    """Three are alive, and a fourth that nobody asks is dead."""
    box(world, "plain")
    box(world, "plain", address=BOX_OTHER)
    resolv_conf(world, ROUTER, BOX, BOX_OTHER, NOBODY[0])
    world.start()
    programs_get(world, APP[0], APP_V6[0])
    quiet(world)


def healthy_refused_first(world):
    """The first one is 127.0.0.1, where nobody listens any more: the kernel says so at once, and nobody waits."""
    resolv_conf(world, STUB, ROUTER)
    world.start()
    programs_get(world, APP[0], APP_V6[0], at_most_s=1)
    quiet(world)


def healthy_ipv6_nameserver(world):
    """The first one has an IPv6 address, and this host has no IPv6: sending fails at once."""
    resolv_conf(world, MAJORS[0][2], ROUTER)
    world.start()
    world.client.ip("-6", "addr", "flush", "dev", "veth0")
    world.client.ip("-6", "route", "flush", "default")
    programs_get(world, APP[0], at_most_s=1)
    quiet(world)


def healthy_link_local_nameserver(world):
    """The nameserver came with a router advertisement: fe80::1%veth0."""
    world.internet.ip("addr", "add", "fe80::1/64", "dev", "veth0", "nodad")
    box(world, "plain", address="fe80::1%veth0")
    resolv_conf(world, "fe80::1%veth0")
    world.start()
    programs_get(world, APP[0], APP_V6[0])
    quiet(world)


def healthy_docker(world):
    """A container's resolv.conf: 127.0.0.11, which the kernel sends to another port; ndots:0."""
    resolv_conf(world, "127.0.0.11", more="search corp.test\noptions edns0 trust-ad ndots:0\n")
    world.start()
    world.client.spawn(world.path("docker.log"), "dnsmasq", "-k", "--no-resolv", "--no-hosts", "--user=root", "--port=40053",
                       "--conf-file=/dev/null", "--pid-file=", "--server=" + ROUTER, "--listen-address=127.0.0.11",
                       "--bind-interfaces", "--cache-size=0")
    for protocol in ("udp", "tcp"):
        world.rule("ip daddr 127.0.0.11 %s dport 53 dnat ip to 127.0.0.11:40053" % protocol, "client", "output", "nat", -100)
    time.sleep(0.5)
    world.prove("@127.0.0.11 %s A +short" % DOMAIN, APP[0])
    programs_get(world, APP[0], APP_V6[0])
    quiet(world)


def healthy_dns64(world):
    """A network with NAT64: its resolver makes AAAA records for a name that has A only."""
    made = ["64:ff9b::%x:%x" % (104 * 256 + 18, int(a.split(".")[2]) * 256 + 34) for a in APP]
    world.set_zone(zones.shop(app_v6=[]))
    world.internet.ip_batch(["addr add %s/128 dev lo nodad" % a for a in made])
    world.app_addresses = APP + made
    world.servers["router"].extra = " module-config: \"dns64 iterator\"\n dns64-prefix: 64:ff9b::/96"
    world.start()
    world.prove("@%s %s AAAA +short" % (ROUTER, DOMAIN), made[0])
    world.prove("@%s %s AAAA +norec" % (NS1, DOMAIN), "ANSWER: 0")
    programs_get(world, APP[0], made[0])
    quiet(world)


# ---- EDNS at the only resolver ----

def formerr_stub(world):
    """The only resolver answers FORMERR to EDNS. The C library does not use it, systemd-resolved and Go do."""
    _only_box(world, "formerr")
    world.prove("@%s %s A" % (BOX, DOMAIN), "status: FORMERR")
    world.prove("@%s %s A +noedns +short" % (BOX, DOMAIN), APP[0])
    programs_get(world, APP[0], APP_V6[0])
    blames(world, "path.edns-broken", subject=BOX)


def deaf_stub(world):
    """The only resolver does not answer to EDNS at all."""
    _only_box(world, "deaf")
    world.prove("@%s %s A" % (BOX, DOMAIN), "timed out")
    world.prove("@%s %s A +noedns +short" % (BOX, DOMAIN), APP[0])
    programs_get(world, APP[0], APP_V6[0])
    blames(world, "path.edns-broken", subject=BOX)


def formerr_with_edns0(world):
    """The first of two resolvers answers FORMERR to EDNS, and `options edns0` is set: for the C library that is an end,
    not a reason to ask the second one."""
    box(world, "formerr")
    resolv_conf(world, BOX, ROUTER, more="options edns0\n")
    world.start()
    world.prove("@%s %s A" % (BOX, DOMAIN), "status: FORMERR")
    world.prove("@%s %s A +short" % (ROUTER, DOMAIN), APP[0])
    programs_get(world)
    blames(world, "path.edns-broken", subject=BOX, share=(0.95, 1))


def healthy_old_stub(world):
    """The only resolver knows no EDNS: it answers without an OPT record, as RFC 6891 allows."""
    _only_box(world, "old")
    world.prove("@%s %s A" % (BOX, DOMAIN), "status: NOERROR", APP[0], absent=["EDNS: version"])
    programs_get(world, APP[0], APP_V6[0])
    quiet(world)


# ---- no way out, by the kernel's own word ----

def link_down(world):
    """The only link of the host is down, and its dnsmasq says REFUSED. Nobody is to be blamed."""
    _dnsmasq_says(world)
    world.client.ip("link", "set", "veth0", "down")
    world.prove("@%s %s A +nocookie" % (STUB, DOMAIN), absent=[APP[0]])
    programs_get(world, at_most_s=30, n=1)
    quiet(world, "client.network-down", statuses=(3,))


def no_route(world):
    """The host has no default route, and its resolver is not on its own network."""
    resolv_conf(world, MAJORS[1][1])
    world.start()
    world.client.ip("route", "del", "default")
    world.client.ip("-6", "route", "del", "default")
    programs_get(world, at_most_s=30, n=1)
    quiet(world, "client.network-down", statuses=(3,))


def no_address(world):
    """No DHCP lease: the link is up, without an address and a route."""
    world.start()
    for family in ("-4", "-6"):
        world.client.ip(family, "addr", "flush", "dev", "veth0")
    programs_get(world, at_most_s=30, n=1)
    quiet(world, "client.network-down", statuses=(3,))


def answer_from_elsewhere(world):
    """The only resolver's answers come from another address of the box; programs, whose sockets are connected, drop them."""
    box(world, "elsewhere", "source=" + BOX_OTHER, more=[BOX_OTHER])
    resolv_conf(world, BOX)
    world.start()
    world.prove("@%s %s A" % (BOX, DOMAIN), "timed out")
    if sender_of_answer(world, BOX) != BOX_OTHER:
        raise Failed("no answer comes from elsewhere")
    world.prove("@%s %s A +tcp +short" % (BOX, DOMAIN), APP[0])
    programs_get(world, at_most_s=40, n=1)
    blames(world, "path.wrong-source", subject=BOX, says=(BOX_OTHER,))
