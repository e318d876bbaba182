# SPDX-License-Identifier: MIT
"""Who lives where in the small internet. Root servers and public resolvers have their real addresses, because
dnsprobe is run with its defaults; the rest are addresses in different networks, as real zones have them."""

# https://www.iana.org/domains/root/servers
ROOTS = [
    ("a.root-servers.net.", "198.41.0.4", "2001:503:ba3e::2:30"),
    ("b.root-servers.net.", "170.247.170.2", "2801:1b8:10::b"),
    ("c.root-servers.net.", "192.33.4.12", "2001:500:2::c"),
    ("d.root-servers.net.", "199.7.91.13", "2001:500:2d::d"),
    ("e.root-servers.net.", "192.203.230.10", "2001:500:a8::e"),
    ("f.root-servers.net.", "192.5.5.241", "2001:500:2f::f"),
    ("g.root-servers.net.", "192.112.36.4", "2001:500:12::d0d"),
    ("h.root-servers.net.", "198.97.190.53", "2001:500:1::53"),
    ("i.root-servers.net.", "192.36.148.17", "2001:7fe::53"),
    ("j.root-servers.net.", "192.58.128.30", "2001:503:c27::2:30"),
    ("k.root-servers.net.", "193.0.14.129", "2001:7fd::1"),
    ("l.root-servers.net.", "199.7.83.42", "2001:500:9f::42"),
    ("m.root-servers.net.", "202.12.27.33", "2001:dc3::35"),
]

# The twelve public resolvers that dnsprobe asks by default.
MAJORS = [
    ("cloudflare", "1.1.1.1", "2606:4700:4700::1111"),
    ("google", "8.8.8.8", "2001:4860:4860::8888"),
    ("quad9", "9.9.9.9", "2620:fe::fe"),
    ("opendns", "208.67.222.222", "2620:119:35::35"),
    ("adguard", "94.140.14.140", "2a10:50c0::1:ff"),
    ("controld", "76.76.2.0", "2606:1a40::"),
    ("dnssb", "185.222.222.222", "2a09::"),
    ("he", "74.82.42.42", "2001:470:20::2"),
    ("ultradns", "64.6.64.6", "2620:74:1b::1:1"),
    ("cira", "149.112.121.10", "2620:10a:80bb::10"),
    ("dns4eu", "86.54.11.100", "2a13:1001::86:54:11:100"),
    ("odvr", "193.17.47.1", "2001:148f:ffff::1"),
]

# Top-level domains: (zone, [(server, v4, v6)]).
TLDS = {
    "example.": [("a.nic.example.", "194.0.6.1", "2001:678:9::1"), ("b.nic.example.", "194.146.106.2", "2001:67c:1010::2")],
    "net.": [("a.gtld-servers.net.", "192.5.6.30", "2001:503:a83e::2:30"),
             ("b.gtld-servers.net.", "192.33.14.30", "2001:503:231d::2:30")],
}

# The zone under test and its three servers: two inside the zone (with glue), one of a hosting company.
DOMAIN = "shop.example."
NS1 = "93.184.216.53"
NS1_V6 = "2606:2800:220:1::53"
NS2 = "185.199.108.53"
NS3 = "151.101.3.53"
NS_NAMES = {"ns1": "ns1.shop.example.", "ns2": "ns2.shop.example.", "ns3": "ns3.dnshost.net."}

# The application.
APP = ["104.18.20.34", "104.18.21.34"]
APP_V6 = ["2606:4700::6812:1422"]
OLD_APP = "23.185.0.4"

# This host: behind a home router that is its resolver.
CLIENT = "192.168.1.20"
CLIENT_V6 = "2003:e9:1:2::20"
ROUTER = "192.168.1.1"
ROUTER_V6 = "2003:e9:1:2::1"
ROUTER_OUTSIDE = "84.23.14.7"

# Addresses that scenarios may put a further server on.
SPARE = ["37.209.192.53", "217.70.177.40", "80.67.169.40", "195.20.224.99", "45.54.64.1"]
