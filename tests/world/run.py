# SPDX-License-Identifier: MIT
"""Runs one scenario against real servers:   run.py SCENARIO BINARY [REPORTS_FOLDER] [--prove]
    run.py --list      names of all scenarios that are to pass
    run.py --awaited   names of those that the tool does not get right yet (awaited.py)
SCENARIO may also be chance.SEED: a world made by chance (chance.py), sound.SEED: one without a fault,
or faint.SEED: one with a fault of 4 % to 10 %.
--prove ends before dnsprobe is run: servers start, and dig shows the fault. --brief leaves out the climb of step
rate-limit, which is half of all queries, where the scenario's name tells of no fault that could show in it. Exit 0 passed, 1 failed, 77 skipped."""
import importlib
import os
import signal
import sys
import time
import traceback

sys.dont_write_bytecode = True

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.path.insert(0, os.path.join(HERE, "..", "harness"))
# pylint: disable=wrong-import-position
import skipped
from awaited import AWAITED

NEEDED = {"ip": "iproute2", "nft": "nftables", "dig": "bind9-dnsutils", "named": "bind9", "nsd": "nsd", "knotd": "knot",
          "unbound": "unbound", "pdns_server": "pdns-server", "openssl": "openssl"}


def scenarios():
    """Name -> function, from every file of scenarios/: its public functions in the order in which they stand."""
    found = {}
    for file in sorted(os.listdir(os.path.join(HERE, "scenarios"))):
        if file.endswith(".py"):
            module = importlib.import_module("scenarios." + file[:-3])
            for name, value in vars(module).items():
                if callable(value) and getattr(value, "__module__", "") == module.__name__ and not name.startswith("_"):
                    found["%s.%s" % (file[:-3], name.replace("_", "-"))] = value
    return found


class Proved(Exception):
    """Raised in place of running dnsprobe with --prove."""


def terminate(*_):
    raise KeyboardInterrupt


def main():
    if sys.argv[1:2] in (["--list"], ["--awaited"]):
        assert AWAITED <= scenarios().keys(), "awaited.py names what is no scenario"
        print("\n".join(name for name in scenarios() if (name in AWAITED) == (sys.argv[1] == "--awaited")))
        return 0
    prove_only = "--prove" in sys.argv
    argv = [word for word in sys.argv[1:] if word not in ("--prove", "--brief")]
    name = argv[0]
    skipped.need_namespaces()
    for program, package in NEEDED.items():
        skipped.need(program, package)
    os.environ["PATH"] = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    import chance
    from net import remove_leftovers
    from world import Failed, Skipped, World
    signal.signal(signal.SIGTERM, terminate)
    remove_leftovers()
    kind, _, rest = name.partition(".")
    made = kind in ("chance", "sound", "faint")
    scenario = chance.scenario(int(rest), kind) if made else scenarios()[name]
    binary = os.path.abspath(argv[1]) if len(argv) > 1 else "dnsprobe"
    world = World(name, binary, os.path.abspath(argv[2]) if len(argv) > 2 else os.path.join(os.getcwd(), "reports"))
    world.brief = "--brief" in sys.argv
    began = time.monotonic()
    try:
        if prove_only:
            def stop(*_, **__):
                raise Proved
            world.dnsprobe = stop
        print("%s: %s" % (name, (scenario.__doc__ or "").strip().splitlines()[0]))
        scenario(world)
        print("passed in %.1f s" % (time.monotonic() - began))
        return 0
    except Proved:
        print("\n".join(world.log))
        print("proved with dig in %.1f s" % (time.monotonic() - began))
        return 0
    except Skipped as reason:
        skipped.part(*reason.args)
        return skipped.STATUS
    except Failed as failure:
        print("FAILED after %.1f s: %s" % (time.monotonic() - began, failure))
        return 1
    except Exception:
        traceback.print_exc()
        return 1
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)   # cleaning up is not to be cut short
        world.remove()


sys.exit(main())
