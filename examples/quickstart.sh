#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# From a bare system to the first diagnosis: installs what is missing, builds dnsprobe in build/ and lets it find
# a fault in the built-in lab (one of three name servers serves an old zone). Nothing is sent to the network.
#
# Run it as often as you like: what is there is left alone. Tested on Debian 12; the package names for Ubuntu are
# the same, those for Fedora, Arch and Homebrew are there but were not tried by us.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

fail() { printf 'quickstart: %s\n' "$*" >&2; exit 1; }

# ---- what is needed, and how to see whether it is there ----

have_lua_module() {
    local lua
    for lua in lua5.4 lua54 lua; do
        if command -v "$lua" >/dev/null && "$lua" -e "assert(_VERSION == 'Lua 5.4') require('$1')" 2>/dev/null; then
            return 0
        fi
    done
    return 1
}

have() {
    case $1 in
    compiler) command -v cc >/dev/null && echo 'int main(void){return 0;}' | cc -xc -o /dev/null - 2>/dev/null ;;
    cmake | make | pkg-config) command -v "$1" >/dev/null ;;
    libuv) pkg-config --exists 'libuv >= 1.41' 2>/dev/null ;;
    c-ares) pkg-config --exists 'libcares >= 1.18' 2>/dev/null ;;
    cjson) pkg-config --exists libcjson 2>/dev/null ;;
    zlib) pkg-config --exists zlib 2>/dev/null ;;
    openssl) pkg-config --exists 'openssl >= 1.1.1' 2>/dev/null ;;
    liblua) pkg-config --exists lua5.4 2>/dev/null || pkg-config --exists lua-5.4 2>/dev/null ||
        pkg-config --exists lua54 2>/dev/null || pkg-config --exists 'lua >= 5.4 lua < 5.5' 2>/dev/null ;;
    luac) command -v luac5.4 >/dev/null || command -v luac54 >/dev/null || [[ $(luac -v 2>/dev/null) == *' 5.4'* ]] ;;
    argparse) have_lua_module argparse ;;
    libedit) pkg-config --exists libedit 2>/dev/null ;;
    esac
}

# One line per need: its name, then the package in Debian and Ubuntu, Fedora, Arch, Homebrew.
needs='
compiler    gcc,libc6-dev    gcc                  gcc           gcc
cmake       cmake            cmake                cmake         cmake
make        make             make                 make          make
pkg-config  pkg-config       pkgconf-pkg-config   pkgconf       pkgconf
libuv       libuv1-dev       libuv-devel          libuv         libuv
c-ares      libc-ares-dev    c-ares-devel         c-ares        c-ares
cjson       libcjson-dev     cjson-devel          cjson         cjson
zlib        zlib1g-dev       zlib-devel           zlib          zlib
openssl     libssl-dev       openssl-devel        openssl       openssl@3
liblua      liblua5.4-dev    lua-devel            lua54         lua@5.4
luac        lua5.4           lua                  lua54         lua@5.4
argparse    lua-argparse     lua-argparse         lua-argparse  luarocks
libedit     libedit-dev      libedit-devel        libedit       libedit
'

missing=()
packages() { # packages COLUMN: the packages of what is not there
    local name debian fedora arch brew
    missing=()
    while read -r name debian fedora arch brew; do
        [ -n "$name" ] || continue
        have "$name" && continue
        case $1 in
        debian) missing+=("${debian%%,*}"); [ "$debian" = "${debian#*,}" ] || missing+=("${debian#*,}") ;;
        fedora) missing+=("$fedora") ;;
        arch) missing+=("$arch") ;;
        brew) missing+=("$brew") ;;
        esac
    done <<<"$needs"
}

# ---- install what is missing ----

root=()
need_root() { # announces the installation and finds out how to do it
    echo "Installing ${missing[*]}$1"
    [ "$(id -u)" != 0 ] || return 0
    command -v sudo >/dev/null || fail "needs root to install: ${missing[*]} (run as root, or install sudo)"
    root=(sudo)
    sudo -v || fail "sudo does not let this user install: ${missing[*]}"
}

log=$(mktemp)
trap 'rm -f "$log"' EXIT
quiet() { # quiet WHAT COMMAND...: its output is shown only when it fails
    local what=$1
    shift
    "$@" >"$log" 2>&1 || { tail -n 30 "$log" >&2; fail "$what failed: $*"; }
}

install_missing() {
    if command -v apt-get >/dev/null; then
        packages debian
        [ ${#missing[@]} -gt 0 ] || return 0
        need_root ""
        quiet "reading the package lists" "${root[@]}" apt-get -qq update
        quiet "installing" "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -y install \
            --no-install-recommends "${missing[@]}"
    elif command -v dnf >/dev/null; then
        packages fedora
        [ ${#missing[@]} -gt 0 ] || return 0
        need_root " (Fedora: not tried by us)"
        quiet "installing" "${root[@]}" dnf -q -y install "${missing[@]}"
    elif command -v pacman >/dev/null; then
        packages arch
        [ ${#missing[@]} -gt 0 ] || return 0
        need_root " (Arch: not tried by us)"
        quiet "installing" "${root[@]}" pacman -S --noconfirm --needed "${missing[@]}"
    elif command -v brew >/dev/null; then
        local keg
        for keg in openssl@3 lua@5.4; do
            PKG_CONFIG_PATH="$(brew --prefix)/opt/$keg/lib/pkgconfig:${PKG_CONFIG_PATH:-}"
            PATH="$(brew --prefix)/opt/$keg/bin:$PATH"
        done
        export PKG_CONFIG_PATH PATH
        packages brew
        [ ${#missing[@]} -gt 0 ] || return 0
        echo "Installing ${missing[*]} (Homebrew: not tried by us)"
        quiet "installing" brew install -q "${missing[@]}"
        have argparse || quiet "installing argparse" luarocks --lua-version 5.4 install argparse
    fi
}

install_missing
while read -r name _; do
    [ -z "$name" ] || have "$name" || fail "$name is missing, and this script does not know how to install it here"
done <<<"$needs"

# ---- build ----

jobs=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
quiet "configuring" cmake -S . -B build -DCMAKE_BUILD_TYPE=Release -DBUILD_TESTING=OFF
echo "Building build/dnsprobe"
quiet "the build" cmake --build build -j "$jobs"

# ---- first diagnosis ----

status=0
set -x
build/dnsprobe run intermittent.lua shop.example --lab ns-divergence || status=$?
{ set +x; } 2>/dev/null

# Exit status 2 says "critical fault found", which is what this lab has in it.
[ "$status" = 2 ] || fail "expected exit status 2 (a critical fault found), got $status"
echo "Exit status 2: a critical fault was found, as the lab means it to be. More of them: build/dnsprobe lab"
