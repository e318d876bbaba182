# SPDX-License-Identifier: MIT
"""Zone texts of the small internet. A scenario takes shop() with other data, or its text with a piece replaced."""
from addresses import APP, APP_V6, DOMAIN, NS1, NS1_V6, NS2, NS3, NS_NAMES, ROOTS, TLDS

SOA = "%s %d IN SOA %s hostmaster.%s %d 7200 900 1209600 %d"


def root():
    lines = [SOA % (".", 86400, "a.root-servers.net.", "root-servers.net.", 2026112200, 86400)]
    for name, four, six in ROOTS:
        lines += [". 518400 IN NS " + name, "%s 518400 IN A %s" % (name, four), "%s 518400 IN AAAA %s" % (name, six)]
    for zone, servers in TLDS.items():
        for name, four, six in servers:
            lines += ["%s 172800 IN NS %s" % (zone, name), "%s 172800 IN A %s" % (name, four),
                      "%s 172800 IN AAAA %s" % (name, six)]
    return "\n".join(lines) + "\n"


def hints():
    lines = []
    for name, four, six in ROOTS:
        lines += [". 3600000 IN NS " + name, "%s 3600000 IN A %s" % (name, four), "%s 3600000 IN AAAA %s" % (name, six)]
    return "\n".join(lines) + "\n"


def tld(zone):
    lines = [SOA % (zone, 3600, TLDS[zone][0][0], zone, 2026112201, 900)]
    for name, four, six in TLDS[zone]:
        lines += ["%s 172800 IN NS %s" % (zone, name), "%s 172800 IN A %s" % (name, four),
                  "%s 172800 IN AAAA %s" % (name, six)]
    if zone == "example.":
        lines += delegation()
    if zone == "net.":
        lines += ["dnshost.net. 172800 IN NS ns3.dnshost.net.", "ns3.dnshost.net. 172800 IN A " + NS3]
    return "\n".join(lines) + "\n"


def delegation(names=("ns1", "ns2", "ns3"), glue=None):
    """The lines of the example. zone that delegate shop.example; `glue` maps a server's short name to addresses."""
    glue = {"ns1": [NS1, NS1_V6], "ns2": [NS2]} if glue is None else glue
    lines = ["%s 86400 IN NS %s" % (DOMAIN, NS_NAMES.get(n, n)) for n in names]
    for short, addresses in glue.items():
        for address in addresses:
            lines.append("%s 86400 IN %s %s" % (NS_NAMES[short], "AAAA" if ":" in address else "A", address))
    return lines


def hoster():
    return "\n".join([SOA % ("dnshost.net.", 3600, "ns3.dnshost.net.", "dnshost.net.", 7, 900),
                      "dnshost.net. 86400 IN NS ns3.dnshost.net.", "ns3.dnshost.net. 86400 IN A " + NS3]) + "\n"


def shop(app=None, app_v6=None, serial=2026112205, ttl=300, names=("ns1", "ns2", "ns3"), more=()):
    """The zone under test: `app` and `app_v6` are the apex addresses, `more` further lines."""
    lines = [SOA % (DOMAIN, 3600, NS_NAMES["ns1"], DOMAIN, serial, 300)]
    lines += ["%s 3600 IN NS %s" % (DOMAIN, NS_NAMES.get(n, n)) for n in names]
    lines += ["ns1.shop.example. 3600 IN A " + NS1, "ns1.shop.example. 3600 IN AAAA " + NS1_V6,
              "ns2.shop.example. 3600 IN A " + NS2]
    lines += ["%s %d IN A %s" % (DOMAIN, ttl, address) for address in (APP if app is None else app)]
    lines += ["%s %d IN AAAA %s" % (DOMAIN, ttl, address) for address in (APP_V6 if app_v6 is None else app_v6)]
    lines += ["www.shop.example. %d IN CNAME %s" % (ttl, DOMAIN), "shop.example. 3600 IN MX 10 mail.shop.example.",
              "mail.shop.example. 3600 IN A 104.18.20.35", "shop.example. 3600 IN TXT \"v=spf1 mx -all\""]
    return "\n".join(lines + list(more)) + "\n"
