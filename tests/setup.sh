#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Installs what tests need, on Debian and Ubuntu; tests/run.sh calls it for the tests that it was asked for:
#   tests/setup.sh GROUP...         build, and the first words of names of tests: unit, world, ...; nothing is done twice
#   tests/setup.sh                  every group
#   tests/setup.sh --has PACKAGE    whether there is such a package here, installed or to be had
# Environment:
#   CI=true             a package that is there to be had and could not be installed is an error, always
#   DNSPROBE_UNPACKED   folder for packages that are only unpacked; default build-test/unpacked
#
# A package is one of three kinds:
#   1. NAME: without it the group cannot run. Not to be had: an error.
#   2. NAME?: a part of one test needs it, and says `SKIPPED` without it. Some releases do not have it (Ubuntu's chromium is
#      a snap). To be had and not installed: an error where CI=true, else a warning.
#   3. NAME=FILE: must not be installed, because it takes over this machine's /etc/resolv.conf (systemd-resolved), or is a
#      whole server of which one tool is wanted (promtool): unpacked until FILE is there, else as kind 2. NEW|OLD=FILE:
#      the first that there is; Debian 13 has a package for the tool.
#
# Nothing here reads a pipe only to its first match: with pipefail the producer's death by SIGPIPE would then count as "not
# there", on some machines and on some days. tests/lint/pipes.lua holds all scripts to that.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

fail() { printf 'tests/setup.sh: %s\n' "$*" >&2; exit 1; }

# ---- what each group needs ----

groups='build unit fuzz lua golden diff query repl lab examples readme world ledgers install bench lint'

packages_of() { # GROUP
    case $1 in
    # The product, and what is used when tests are configured: cmocka, busted, and Python, which tells the worlds' names.
    build) echo gcc libc6-dev cmake make pkg-config libuv1-dev libc-ares-dev libcjson-dev zlib1g-dev libssl-dev \
        liblua5.4-dev lua5.4 lua-argparse libedit-dev libcmocka-dev lua-busted python3 python3-jsonschema ;;
    unit | fuzz | repl) ;;
    lua) echo lua-dkjson ;;
    lint) echo clang clang-format clang-tidy lua-check shellcheck ;;
    golden) echo tmux 'chromium?' 'promtool|prometheus=usr/bin/promtool' ;;
    diff) echo bind9 bind9-dnsutils knot knot-dnsutils ;;
    query) echo iproute2 nftables tshark ;;
    lab | ledgers | examples) echo iproute2 ;;
    readme) echo iproute2 bind9-dnsutils ;;
    # libip4tc2 and libkmod2: what the unpacked systemd-resolved is linked with.
    world) echo bind9 bind9-utils bind9-dnsutils nsd knot pdns-server pdns-backend-bind unbound dnsmasq-base iproute2 \
        nftables openssl dbus-daemon systemd-resolved=lib/systemd/systemd-resolved \
        libsystemd-shared=lib/systemd/systemd-resolved 'libip4tc2?' 'libkmod2?' ;;
    # What builds and installs the .rpm, looks at the .deb, reads the man pages, and presses Tab.
    install) echo 'man-db?' 'rpm?' 'lintian?' 'zsh?' 'fish?' ;;
    bench) echo 'valgrind?' ;;
    *) fail "there is no group $1 (a test's name begins with its group; packages_of in this file has a row for each)" ;;
    esac
}

# ---- what there is ----

installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

candidate() { # PACKAGE: apt would know what to install
    local policy
    policy=$(LC_ALL=C apt-cache policy "$1" 2>/dev/null) || return 1
    [[ $policy == *'Candidate: '[0-9]* ]]
}

if [ "${1-}" = --has ]; then
    command -v apt-get >/dev/null || exit 1
    installed "$2" || candidate "$2"
    exit
fi

# ---- how to install ----

root=()
[ "$(id -u)" = 0 ] || root=(sudo)
may_install() { [ "$(id -u)" = 0 ] || command -v sudo >/dev/null; }

# What is wanted and not there: the end, or a warning, as the kind of the package and CI say.
go_on_without() { # PACKAGE WHY
    [ "${CI:-}" != true ] || fail "$2: $1"
    printf 'tests/setup.sh: going on without %s: %s\n' "$1" "$2" >&2
}

log=$(mktemp)
cleanup() {
    allow_services
    rm -f "$log"
}
trap cleanup EXIT

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

updated=
update() { # the package lists, once
    [ -z "$updated" ] || return 0
    "${root[@]}" apt-get -qq update >"$log" 2>&1 || return 1
    updated=yes
}

apt_install() {
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -y install --no-install-recommends "$@" >"$log" 2>&1
}

# With systemd, a unit that is masked at install time is not started.
units=(named nsd knot pdns unbound)
install_packages() {
    local unit masked=() status=0
    echo "Installing $*"
    forbid_services
    if [ -d /run/systemd/system ]; then
        for unit in "${units[@]}"; do
            systemctl cat "$unit" >/dev/null 2>&1 || masked+=("$unit.service")
        done
        [ ${#masked[@]} -eq 0 ] || "${root[@]}" systemctl --runtime -q mask "${masked[@]}" || true
    fi
    if ! update || ! apt_install "$@"; then
        tail -n 30 "$log" >&2
        status=1
    fi
    if [ ${#masked[@]} -gt 0 ]; then
        "${root[@]}" systemctl -q disable "${masked[@]}" 2>/dev/null || true
        "${root[@]}" systemctl --runtime -q unmask "${masked[@]}" || true
    fi
    allow_services
    return $status
}

# On a machine that never updated them (a container's image), "no candidate" says nothing yet.
know_candidates() {
    compgen -G '/var/lib/apt/lists/*_Packages*' >/dev/null || update || true
}

install_wished() { # PACKAGE of kind 2
    installed "$1" && return
    know_candidates
    candidate "$1" || return 0
    may_install || { go_on_without "$1" "needs root to install"; return; }
    install_packages "$1" || go_on_without "$1" "could not install"
}

unpack() { # FILE PACKAGE[|PACKAGE]...
    local file=$1 folder=${DNSPROBE_UNPACKED:-build-test/unpacked} debs deb word
    shift
    [ ! -e "$folder/$file" ] && ! command -v "${file##*/}" >/dev/null || return 0
    know_candidates
    for word in "$@"; do
        shift
        candidate "${word%%|*}" || word=${word#*|}
        candidate "${word%%|*}" || return 0
        set -- "$@" "${word%%|*}"
    done
    debs=$(mktemp -d)
    if (cd "$debs" && apt-get -qq -o APT::Sandbox::User=root download "$@") >"$log" 2>&1; then
        mkdir -p "$folder"
        for deb in "$debs"/*.deb; do
            dpkg -x "$deb" "$folder"
        done
        [ -e "$folder/lib" ] || ln -s usr/lib "$folder/lib" # where packages no longer name /lib, as from Debian 13 on
    fi
    rm -rf "$debs"
    [ -e "$folder/$file" ] || { tail -n 5 "$log" >&2; go_on_without "$*" "could not download"; }
}

# ---- do it ----

[ $# -gt 0 ] || read -ra words <<<"$groups"
words+=("$@")
needed=() wished=()
declare -A unpacked=()
for word in "${words[@]}"; do
    list=$(packages_of "$word")
    for package in $list; do
        case $package in
        *'?') wished+=("${package%'?'}") ;;
        *=*) unpacked[${package#*=}]+=" ${package%%=*}" ;;
        *) needed+=("$package") ;;
        esac
    done
done

if ! command -v apt-get >/dev/null; then
    echo "No apt-get here: what these tests need has to be installed by hand: ${needed[*]} ${wished[*]}" >&2
    exit 0
fi
missing=()
for package in "${needed[@]}"; do
    installed "$package" || [[ " ${missing[*]} " == *" $package "* ]] || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
    may_install || fail "needs root to install: ${missing[*]}"
    install_packages "${missing[@]}" || fail "could not install: ${missing[*]}"
fi
for package in "${wished[@]}"; do
    install_wished "$package"
done
for file in "${!unpacked[@]}"; do
    # shellcheck disable=SC2086 # a list of words
    unpack "$file" ${unpacked[$file]}
done
