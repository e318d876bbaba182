#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Builds and runs the test suite on another Debian release, in a chroot of its own:
#   tests/compat.sh [ctest arguments]        e.g. tests/compat.sh -R unit
# What differs there from Debian 12 and matters to us: gcc 14, c-ares 1.34 (the record API), Lua 5.4.7.
# Needs root, debootstrap and a Debian mirror. Environment:
#   DNSPROBE_SUITE    release, default trixie
#   DNSPROBE_MIRROR   default: the mirror that this machine uses, else http://deb.debian.org/debian
#   DNSPROBE_CHROOT   folder of the chroot, kept for the next time; default: a temporary one, removed at the end
#
# All mounts live in a mount namespace that ends with the script, so that nothing outside is left mounted whatever
# happens. The sources are mounted read-only; the machine's own /etc is never written to.
set -euo pipefail

suite=${DNSPROBE_SUITE:-trixie}

fail() { printf 'tests/compat.sh: %s\n' "$*" >&2; exit 1; }

# ---- inside the mount namespace ----

if [ "${1-}" = --in-namespace ]; then
    root=$2 sources=$3
    shift 3
    mkdir -p "$root/src" "$root/build"
    # A mount of its own, as `ip netns` changes how / passes mounts on, and that can be done to mounts only.
    mount --bind "$root" "$root"
    mount --bind "$sources" "$root/src"
    mount -o remount,bind,ro "$root/src"
    mount -t proc proc "$root/proc"
    mount -t sysfs -o ro sysfs "$root/sys"
    mount -t tmpfs tmpfs "$root/run"
    mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
    mount --rbind /dev "$root/dev"
    exec chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 TERM=dumb \
        ${CI:+"CI=$CI"} DNSPROBE_BUILD=/build/test /src/tests/run.sh "$@"
fi

# ---- outside ----

[ "$(id -u)" = 0 ] || fail "needs root, for the chroot"
command -v debootstrap >/dev/null || fail "needs debootstrap (apt-get install debootstrap)"
sources=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# The first Debian mirror in the sources of apt, in the old format or in deb822's.
machine_mirror() {
    cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2>/dev/null |
        grep -E '^(deb |URIs:)' | grep -Eo 'https?://[^ ]+/debian/?( |$)' | sed -n 1p | tr -d ' '
}
mirror=${DNSPROBE_MIRROR:-$(machine_mirror || true)}
mirror=${mirror:-http://deb.debian.org/debian}

root=${DNSPROBE_CHROOT:-}
if [ -z "$root" ]; then
    root=$(mktemp -d "${TMPDIR:-/var/tmp}/dnsprobe-compat.XXXXXX")
    trap 'rm -rf --one-file-system "$root"' EXIT
fi

if [ ! -e "$root/etc/debian_version" ]; then
    echo "Making a chroot of $suite from $mirror"
    mkdir -p "$root"
    debootstrap --variant=minbase --include=ca-certificates,passwd "$suite" "$root" "$mirror" >"$root.log" 2>&1 ||
        { tail -n 20 "$root.log" >&2; rm -f "$root.log"; fail "debootstrap failed"; }
    rm -f "$root.log"
fi
# What an installer would have written; without it the C library does not know localhost.
printf '127.0.0.1 localhost\n::1 localhost ip6-localhost\n' >"$root/etc/hosts"
echo "Debian $(cat "$root/etc/debian_version") in $root"

status=0
unshare --mount --propagation private "${BASH_SOURCE[0]}" --in-namespace "$root" "$sources" "$@" || status=$?
exit $status
