# SPDX-License-Identifier: MIT
"""RDATA of every type that dig prints by name, and the corners where printers go wrong, as octets.

A case is (type, octets). Rows of tests/vectors/rdata.txt give every type at least once; what is added here are escapes,
empty and full strings, long bitmaps, unknown SVCB keys, unknown forms, and the ends of numbers."""
import os
import struct

HERE = os.path.dirname(os.path.abspath(__file__))
VECTORS = os.path.join(HERE, "..", "vectors", "rdata.txt")

NUMBERS = {
    "A": 1, "NS": 2, "MD": 3, "MF": 4, "CNAME": 5, "SOA": 6, "MB": 7, "MG": 8, "MR": 9, "NULL": 10, "WKS": 11, "PTR": 12,
    "HINFO": 13, "MINFO": 14, "MX": 15, "TXT": 16, "RP": 17, "AFSDB": 18, "X25": 19, "ISDN": 20, "RT": 21, "NSAP": 22,
    "NSAP-PTR": 23, "SIG": 24, "KEY": 25, "PX": 26, "GPOS": 27, "AAAA": 28, "LOC": 29, "NXT": 30, "EID": 31, "NIMLOC": 32,
    "SRV": 33, "ATMA": 34, "NAPTR": 35, "KX": 36, "CERT": 37, "A6": 38, "DNAME": 39, "SINK": 40, "APL": 42, "DS": 43,
    "SSHFP": 44, "IPSECKEY": 45, "RRSIG": 46, "NSEC": 47, "DNSKEY": 48, "DHCID": 49, "NSEC3": 50, "NSEC3PARAM": 51,
    "TLSA": 52, "SMIMEA": 53, "HIP": 55, "NINFO": 56, "RKEY": 57, "TALINK": 58, "CDS": 59, "CDNSKEY": 60,
    "OPENPGPKEY": 61, "CSYNC": 62, "ZONEMD": 63, "SVCB": 64, "HTTPS": 65, "DSYNC": 66, "HHIT": 67, "BRID": 68, "SPF": 99,
    "UINFO": 100, "UID": 101, "GID": 102, "UNSPEC": 103, "NID": 104, "L32": 105, "L64": 106, "LP": 107, "EUI48": 108,
    "EUI64": 109, "TKEY": 249, "URI": 256, "CAA": 257, "AVC": 258, "DOA": 259, "AMTRELAY": 260, "RESINFO": 261,
    "WALLET": 262, "TA": 32768, "DLV": 32769,
}

# Neither zone files nor zone servers can hold these, or not beside others at one name: only the raw server gives them.
RAW_ONLY = {"MD", "MF", "NS", "CNAME", "SOA", "NSEC3", "DNAME", "TKEY"}

ALL_OCTETS = bytes(range(256))


def string(octets):
    """<character-string>"""
    return bytes([len(octets)]) + octets


def name(*labels):
    return b"".join(string(label) for label in labels) + b"\0"


def param(key, value):
    return struct.pack(">HH", key, len(value)) + value


def svcb(*params):
    return b"\0\1\0" + b"".join(param(key, value) for key, value in params)


def window(number, octets):
    return bytes([number, len(octets)]) + octets


def number_of(kind):
    return NUMBERS[kind] if kind in NUMBERS else int(kind[4:])


def vector_cases():
    with open(VECTORS, encoding="ascii") as file:
        rows = [line.rstrip("\n").split("\t") for line in file if line.strip() and not line.startswith("#")]
    return [(row[1], bytes.fromhex(row[4])) for row in rows]


def text_cases():
    """Strings: every octet, none, as many as fit."""
    chunks = [ALL_OCTETS[at:at + 64] for at in range(0, 256, 64)]
    cases = [("TXT", string(chunk)) for chunk in chunks]
    cases += [("TXT", string(b"")), ("TXT", string(b"q" * 255)), ("TXT", string(b"\\" * 255)),
              ("TXT", string(b"a") * 40), ("TXT", string(b"\x1b[31m\x07\xc3\xa4")), ("SPF", string(b"") * 3),
              ("HINFO", string(b"") + string(b"\"\\;")), ("ISDN", string(b"123") + string(b"")),
              ("ISDN", string(b"")), ("NAPTR", b"\0\0\xff\xff" + string(b"") * 3 + b"\0"),
              ("NAPTR", b"\0\1\0\2" + string(b"U") + string(b"E2U+sip") + string(b"!^.*$!sip:\\\\1@x!") + name(b"a b")),
              ("URI", b"\0\0\0\0" + b"x"), ("URI", b"\xff\xff\0\1" + b"a\"b\\c d\xff"),
              ("CAA", b"\0" + string(b"issue") + b""), ("CAA", b"\xff" + string(b"a1Z") + chunks[0]),
              ("AVC", string(b"a") + string(b"")), ("NINFO", string(b"\0")), ("RESINFO", string(b"qnamemin")),
              ("WALLET", string(b"ETH") + string(b"0x00")), ("X25", string(b"31161700956")),
              ("GPOS", string(b"-32.6882") + string(b"116.8652") + string(b"10.0"))]
    return cases


def name_cases():
    """Names: every octet in a label, the longest label and name, dots and specials inside labels."""
    cases = [("PTR", name(ALL_OCTETS[at:at + 32], b"x")) for at in range(0, 256, 32)]
    cases += [("PTR", b"\0"), ("PTR", name(b"a" * 63, b"b" * 63, b"c" * 63, b"d" * 61)), ("PTR", name(*[b"x"] * 127)),
              ("MX", b"\0\0" + name(b"a.b", b"$@;()\"\\")), ("SRV", b"\xff" * 6 + b"\0"), ("RP", b"\0\0"),
              ("RP", name(b"a.b", b"c") + name(b"\0")), ("DNAME", name(b"*", b"_x")), ("CNAME", name(b"UPPER", b"Case")),
              ("NS", name(b"ns.1", b"x")), ("SOA", name(b"a b") + name(b"h.m", b"x") + b"\xff" * 20),
              ("TALINK", name(b"\xff") + b"\0"), ("MD", name(b"md", b"x")), ("MF", b"\0"), ("LP", b"\0\1" + name(b" ")), ("AFSDB", b"\0\0\0")]
    return cases


def number_cases():
    """Addresses, times, numbers at their ends."""
    tails = [b"\0" * 16, b"\0" * 15 + b"\1", b"\0" * 10 + b"\xff\xff\xc0\0\2\1", b"\0" * 12 + b"\xc0\0\2\1",
             b"\x20\1\x0d\xb8" + b"\0\0\0\1\0\1" + b"\0" * 4 + b"\0\1", b"\0\1" + b"\0" * 12 + b"\0\1", b"\xff" * 16,
             b"\0\1\0\0\0\2\0\0\0\0\0\3\0\0\0\0"]
    cases = [("AAAA", tail) for tail in tails]
    cases += [("A", b"\0" * 4), ("A", b"\xff" * 4), ("NID", b"\0\1" + b"\0" * 8), ("L64", b"\0\0" + b"\x0a\xbc" * 4),
              ("EUI48", b"\xff\0\x0a\xbc\1\2"), ("EUI64", b"\0" * 8), ("L32", b"\0\0" + b"\xff" * 4),
              ("A6", b"\0" + b"\x20\1" + b"\0" * 14), ("A6", b"\x80" + b"\0"), ("A6", b"\x07" + b"\1" * 16 + name(b"p")),
              ("LOC", b"\0\0\0\0\x80\0\0\0\x80\0\0\0\0\x98\x96\x80"), ("LOC", b"\0\x99\x99\x99\x80\0\0\0\x80\0\0\0\xff\xff\xff\xff"),
              ("LOC", b"\0\x12\x16\x13\x6c\xb8\x0a\0\x59\x70\x14\0\0\0\0\0"), ("LOC", b"\1\2\3"),
              ("WKS", b"\x7f\0\0\1\6" + b"\0\0\x40\x40" + b"\0" * 6 + b"\1"), ("WKS", b"\0\0\0\0\xff"),
              ("APL", b""), ("APL", b"\0\1\0\0\0\2\0\x80"), ("APL", b"\0\3\1\0"), ("NSAP", b"\x47"),
              ("NSEC3PARAM", b"\xff\xff\xff\xff\xff" + b"\xaa" * 255), ("NSEC3PARAM", b"\1\0\0\0\0"),
              ("CERT", b"\0\x08\0\0\0" + b"a"), ("CERT", b"\0\xfd\xff\xff\xfe" + b"abc"), ("DSYNC", b"\0\x3b\1\0\x35" + name(b"n")),
              ("DSYNC", b"\xff\xff\xff\xff\xff\0"), ("AMTRELAY", b"\0\x80"), ("AMTRELAY", b"\xff\x7fabc"),
              ("IPSECKEY", b"\0\0\0k"), ("IPSECKEY", b"\1\3\2" + name(b"gw.x") + b"\0" * 100),
              ("HIP", b"\1\0\0\1ab"), ("HIP", b"\x10\2\0\3" + b"h" * 16 + b"key" + name(b"r1") + name(b"r 2")),
              ("TLSA", b"\3\1\0" + b"\xab" * 300), ("SSHFP", b"\4\2" + b"\0" * 32), ("OPENPGPKEY", b"\0" * 300),
              ("DHCID", b"\0\1\2" + b"x" * 40), ("DOA", b"\xff" * 9 + string(b"a/b") + b""), ("SINK", b"\1\2\3"),
              ("EID", b"\0" * 60), ("NIMLOC", b"\xff"), ("ATMA", b"\0\x39"), ("ATMA", b"\1" + b"49301234"), ("ATMA", b"\2x"),
              ("UINFO", b"\0\1"), ("UID", b"\0\1"), ("GID", b"x" * 60), ("UNSPEC", b"\xff" * 29), ("NULL", b"\0" * 29),
              ("HHIT", b"\0" * 43), ("BRID", b"\1"), ("TA", b"\0\1\5\2" + b"\1" * 32), ("DLV", b"\0\1\5\2" + b"\1" * 32),
              ("TYPE65534", b""), ("TYPE65534", b"\xff" * 57), ("TYPE1234", b"\0")]
    return cases


def dnssec_cases():
    signature = b"\x5a" * 256
    fixed = struct.pack(">BBIIIH", 13, 2, 3600, 0xFFFFFFFF, 0, 65535)
    full = b"\xff" * 32
    return [
        ("RRSIG", b"\0\1" + fixed + name(b"z") + signature), ("RRSIG", b"\xff\xff" + fixed + b"\0" + b"s"),
        ("SIG", b"\0\1" + fixed + name(b"z") + b"abc"), ("SIG", b"\xfe\xdc" + fixed + b"\0" + b"abc"),
        ("NSEC", b"\0" + window(0, b"\x40")), ("NSEC", name(b"\0", b"x") + window(0, full) + window(1, full)),
        ("NSEC", name(b"n") + b"".join(window(at, b"\1") for at in range(256))),
        ("NSEC", name(b"n") + window(128, b"\xc0") + window(255, b"\0" * 31 + b"\1")),
        ("CSYNC", b"\0\0\0\1\0\3" + window(0, b"\0\0\0\0\0\0\0\0\xff") + window(4, b"\1")),
        ("NSEC3", b"\1\1\0\0" + string(b"") + string(b"h" * 20) + window(0, full)),
        ("NSEC3", b"\1\0\0\x0a" + string(b"\xab" * 8) + string(b"\0" * 20)),
        ("NXT", name(b"n") + b"\x40\x01\0\0\0\0\x02\0\x82"), ("DS", b"\0\0\x0d\2" + b"\xab" * 32),
        ("CDS", b"\0\0\0\0\0"), ("CDNSKEY", b"\0\0\3\0\0"), ("DNSKEY", b"\1\1\3\x0d" + b"k" * 64),
        ("DNSKEY", b"\xff\xff\xff\xff" + b"k"), ("KEY", b"\x02\0\3\5" + b"k" * 3), ("RKEY", b"\0\0\1\1" + b"k"),
        ("ZONEMD", b"\0\0\0\1\1\1" + b"\xab" * 48), ("TKEY", name(b"alg") + b"\0" * 10 + b"\0\x12" + b"\0\2ab" + b"\0\1c"),
    ]


def svcb_cases():
    """SvcParams: each known key, keys without a name, empty and hostile values."""
    return [
        ("SVCB", svcb()), ("SVCB", b"\0\0" + name(b"alias", b"x")), ("HTTPS", b"\xff\xff\0"),
        ("SVCB", svcb((0, b"\0\1\0\4"), (1, string(b"h2")), (4, b"\xc0\0\2\1"))),
        ("SVCB", svcb((1, string(b"a,b") + string(b"c\\d") + string(b"\" \xff\x1b")), (2, b""))),
        ("SVCB", svcb((3, b"\0\0"), (5, b"\0" * 60), (6, b"\x20\1" + b"\0" * 13 + b"\1" + b"\0" * 16))),
        ("SVCB", svcb((7, b"/dns-query{?dns}"), (8, b""), (9, b"\0\x1d\0\x17"))),
        ("SVCB", svcb((667, ALL_OCTETS[:128]), (668, b""), (65280, ALL_OCTETS[128:]), (65534, b"x"))),
        ("HTTPS", svcb((1, string(b"h3") + string(b"h2")), (4, b"\1\2\3\4" * 3), (5, b""), (65535, b"a b"))),
    ]


def cases():
    """All, without repeats, in the order of their types."""
    found = []
    for group in (vector_cases(), text_cases(), name_cases(), number_cases(), dnssec_cases(), svcb_cases()):
        found += [case for case in group if case not in found]
    return sorted(found, key=lambda case: number_of(case[0]))


def label(at):
    """Name of a node: in the form of an NSEC3 owner, because dig wants one for that type."""
    return "%032d" % at


def nodes(raw):
    """Cases as names with one record of each type: the first of every type at the first name, and so on. For a zone
    (not `raw`) without those that it cannot hold."""
    counts, result = {}, []
    for kind, octets in cases():
        if not raw and kind in RAW_ONLY:
            continue
        at = counts.get(kind, 0)
        counts[kind] = at + 1
        if at == len(result):
            result.append([])
        result[at].append((kind, octets))
    return result
