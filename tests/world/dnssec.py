# SPDX-License-Identifier: MIT
"""Signs the small internet: a chain of trust from the root to the zone under test, with BIND's tools.

-P: the tool must not look whether the result is valid; bogus zones are among what is wanted."""
import os
import time

import zones
from addresses import DOMAIN
from net import sh

DAY_S = 86400
# Signatures that ran out three days ago.
EXPIRED = {"start_s": -17 * DAY_S, "end_s": -3 * DAY_S}


def _stamp(seconds):
    return time.strftime("%Y%m%d%H%M%S", time.gmtime(time.time() + seconds))


def _bits(algorithm):
    return ["-b", "2048"] if algorithm.startswith("RSA") else []


def sign(folder, zone, text, start_s=-DAY_S, end_s=30 * DAY_S, algorithm="ECDSAP256SHA256", options=()):
    """(signed zone text, its DS lines for the parent); the signatures are valid from start_s to end_s from now. The
    keys of a folder are made once: a second signing there is with the same. `options`: further ones of dnssec-signzone."""
    os.makedirs(folder, exist_ok=True)
    plain, signed = os.path.join(folder, "plain"), os.path.join(folder, "signed")
    with open(plain, "w", encoding="utf-8") as file:
        file.write(text)
    for flags in [] if any(name.endswith(".private") for name in os.listdir(folder)) else ([], ["-f", "KSK"]):
        sh("dnssec-keygen", "-q", "-K", folder, "-a", algorithm, *_bits(algorithm), *flags, zone)
    sh("dnssec-signzone", "-q", "-P", "-S", "-K", folder, "-d", folder, "-o", zone, "-O", "full", "-f", signed,
       "-s", _stamp(start_s), "-e", _stamp(end_s), *options, plain)
    with open(signed, encoding="utf-8") as file:
        signed_text = file.read()
    with open(os.path.join(folder, "dsset-" + zone), encoding="utf-8") as file:
        return signed_text, file.read()


def sign_world(world, shop_text, expired=False):
    """Signed zones on all servers, and resolvers that validate from the root. With `expired` the signatures of the
    zone under test ran out three days ago."""
    shop, ds = sign(world.path("sign-shop"), DOMAIN, shop_text, **(EXPIRED if expired else {}))
    world.set_zone(shop)
    sign_above(world, ds)


def sign_above(world, ds, **how):
    """Signs example., which gets these DS lines, as `how` says, and the root; resolvers validate from the root."""
    example, ds_example = sign(world.path("sign-example"), "example.", world.servers["tld-example"].zones["example."] + ds, **how)
    world.servers["tld-example"].load({"example.": example})
    root, anchor = sign(world.path("sign-root"), ".", world.servers["root"].zones["."] + ds_example)
    world.servers["root"].load({".": root})
    with open(world.path("anchor"), "w", encoding="utf-8") as file:
        file.write(anchor)
    for server in world.servers.values():
        if server.software == "Unbound":
            server.extra += "\n trust-anchor-file: \"%s\"\n ede: yes" % world.path("anchor")
