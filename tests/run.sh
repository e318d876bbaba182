#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Builds with AddressSanitizer and UBSan and runs every test through ctest:
#   tests/run.sh [ctest arguments]        e.g. tests/run.sh -R unit
# The build folder is build-test/, or $DNSPROBE_BUILD. What the tests need is installed (Debian, Ubuntu) where it is
# missing. The tests against real servers (world.*) need root for network namespaces and say so when they are skipped.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
build=${DNSPROBE_BUILD:-build-test}

fail() { printf 'tests/run.sh: %s\n' "$*" >&2; exit 1; }

packages=(
    # the product
    gcc libc6-dev cmake make pkg-config libuv1-dev libc-ares-dev libcjson-dev zlib1g-dev libssl-dev liblua5.4-dev lua5.4
    lua-argparse libedit-dev
    # unit tests and lint
    libcmocka-dev lua-busted lua-check lua-dkjson clang libclang-rt-dev clang-format clang-tidy shellcheck python3 python3-jsonschema
    # the servers of tests/world, and what looks at them
    bind9 bind9-utils bind9-dnsutils nsd knot knot-dnsutils pdns-server pdns-backend-bind unbound dnsmasq-base
    iproute2 nftables openssl dbus-daemon tshark
    # a terminal to look at reports in
    tmux
)
# A browser to look at the HTML report with, where there is one to be had: the test golden.pages says that it is skipped.
# And what builds and installs the .rpm, looks at the .deb, and presses Tab, in the test `install`.
optional_packages=(chromium rpm lintian zsh fish)
# What must not be installed, because it takes over this machine's /etc/resolv.conf, or is a whole server of which one
# tool is wanted (promtool): unpacked into the build folder.
resolved_packages=(systemd-resolved libsystemd-shared)
promtool_packages=(prometheus)

# ---- packages ----

root=()
[ "$(id -u)" = 0 ] || root=(sudo)

# Servers that a package installation would start take port 53 of this machine: where no systemd runs, policy-rc.d is
# the switch against it. An existing one is left as it is.
policy=/usr/sbin/policy-rc.d
policy_ours=
forbid_services() {
    if [ "$(id -u)" = 0 ] && [ ! -d /run/systemd/system ] && [ ! -e $policy ]; then
        printf '#!/bin/sh\nexit 101\n' >$policy
        chmod 755 $policy
        policy_ours=yes
    fi
}
allow_services() {
    [ -z "$policy_ours" ] || rm -f $policy
    policy_ours=
}
trap allow_services EXIT

missing_packages() {
    local package
    for package in "${packages[@]}"; do
        dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || echo "$package"
    done
}

# With systemd, a unit that is masked at install time is not started.
units=(named nsd knot pdns unbound)
install_packages() {
    local unit masked=()
    forbid_services
    if [ -d /run/systemd/system ]; then
        for unit in "${units[@]}"; do
            systemctl cat "$unit" >/dev/null 2>&1 || masked+=("$unit.service")
        done
        [ ${#masked[@]} -eq 0 ] || "${root[@]}" systemctl --runtime -q mask "${masked[@]}" || true
    fi
    local log
    log=$(mktemp)
    if ! { "${root[@]}" apt-get -qq update && "${root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get -qq -y install --no-install-recommends "$@"; } >"$log" 2>&1; then
        tail -n 30 "$log" >&2
        fail "could not install: $*"
    fi
    rm -f "$log"
    if [ ${#masked[@]} -gt 0 ]; then
        "${root[@]}" systemctl -q disable "${masked[@]}" 2>/dev/null || true
        "${root[@]}" systemctl --runtime -q unmask "${masked[@]}" || true
    fi
    allow_services
}

if command -v apt-get >/dev/null; then
    mapfile -t missing < <(missing_packages)
    if [ ${#missing[@]} -gt 0 ]; then
        [ "$(id -u)" = 0 ] || command -v sudo >/dev/null || fail "needs root to install: ${missing[*]}"
        echo "Installing ${missing[*]}"
        install_packages "${missing[@]}"
    fi
else
    echo "No apt-get here: what the tests need has to be installed by hand: ${packages[*]}" >&2
fi

install_optional() {
    local package
    forbid_services
    for package in "${optional_packages[@]}"; do
        dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed && continue
        apt-cache policy "$package" 2>/dev/null | grep -q 'Candidate: [0-9]' || continue
        echo "Installing $package"
        (install_packages "$package") || echo "tests/run.sh: going on without $package" >&2
    done
    allow_services
}
! command -v apt-get >/dev/null || install_optional

# unpack FOLDER FILE PACKAGE...: where FILE is not there yet. Without them the tests world.resolved.* say that they are
# skipped, and golden.formats does without promtool.
unpack() {
    local folder=$1 debs
    [ ! -e "$folder/$2" ] || return 0
    debs=$(mktemp -d)
    if (cd "$debs" && apt-get -qq -o APT::Sandbox::User=root download "${@:3}") >/dev/null 2>&1; then
        for deb in "$debs"/*.deb; do
            dpkg -x "$deb" "$folder"
        done
    fi
    rm -rf "$debs"
}

# ---- build and run ----

jobs=$(getconf _NPROCESSORS_ONLN)
cmake -S . -B "$build" -DCMAKE_BUILD_TYPE=Debug -DCMAKE_C_FLAGS_DEBUG="-O1 -g" -DDP_SANITIZE=ON -DBUILD_TESTING=ON >"$build.log" 2>&1 ||
    { cat "$build.log"; rm -f "$build.log"; fail "cmake failed"; }
rm -f "$build.log"
cmake --build "$build" -j "$jobs" -- --no-print-directory -s || fail "the build failed"
if command -v dpkg >/dev/null; then
    unpack "$build/unpacked" lib/systemd/systemd-resolved "${resolved_packages[@]}"
    command -v promtool >/dev/null || unpack "$build/unpacked" usr/bin/promtool "${promtool_packages[@]}"
fi
cd "$build"
export DNSPROBE_UNPACKED=$PWD/unpacked
allow_services
trap - EXIT
# A small quarantine, and fresh memory unfilled: hundreds of short processes would otherwise spend their time on fresh pages.
export ASAN_OPTIONS=quarantine_size_mb=4:malloc_context_size=4:max_malloc_fill_size=0
# Most of a diagnosis is waiting for its pace of 20 queries a second, so more tests than cores run at once. The faults of
# lab and world are random (a server that loses 4 %), and the diagnosis promises its findings with 95 % probability: what
# fails is run once more, and the suite fails when it fails again. tests/accuracy.sh counts without second tries.
exec ctest -j $((7 * jobs / 2)) --output-on-failure --repeat until-pass:2 "$@"
