#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What `cmake --install` puts there works on its own, away from the source and build trees: run.sh BUILD.
# The binary finds the installed runbooks, diagnoses a lab fault, and the schema that it writes by lies beside them.
set -eu
build=$(cd "$1" && pwd)
prefix=$(mktemp -d)
trap 'rm -rf "$prefix"' EXIT
cmake --install "$build" --prefix "$prefix" >"$prefix/log" 2>&1 || { cat "$prefix/log"; exit 1; }
cd "$prefix"
export HOME=$prefix XDG_CONFIG_HOME=$prefix/config DNSPROBE_CONFIG=
unset DNSPROBE_PATH DNSPROBE_LUA

fail() { echo "install: $*" >&2; find "$prefix" -type f | sort >&2; exit 1; }

[ -x bin/dnsprobe ] || fail "no bin/dnsprobe"
[ -f share/dnsprobe/schema/report-1.json ] || fail "the JSON schema is not installed"
bin/dnsprobe list | tee list | grep -q intermittent || { cat list; fail "list does not show intermittent"; }
grep -q 'names.reverse' share/doc/dnsprobe/api.md || fail "the reference of the API is not installed"
grep -q '</html>' share/doc/dnsprobe/api.html || fail "the reference of the API is no whole page"
[ -f share/dnsprobe/meta/dnsprobe/names.lua ] || fail "the annotations for editors are not installed"
# Man pages and completions, made from the declarations of the commands.
for page in man1/dnsprobe.1 man1/dnsprobe-query.1 man5/dnsprobe-runbook.5; do
    gzip -dc "share/man/$page.gz" >roff || fail "no man page $page"
    for word in '.TH DNSPROBE' '.SH "NAME"' '.SH "SEE ALSO"'; do
        grep -qF -- "$word" roff || fail "$page has no line $word"
    done
    if command -v man >/dev/null; then
        [ -z "$(man -l --warnings roff 2>&1 >/dev/null)" ] || fail "man complains about $page"
    fi
done
gzip -dc share/man/man1/dnsprobe.1.gz | grep -q 'no\\-redact' || fail "dnsprobe(1) does not know the options of run"
export PATH=$prefix/bin:$PATH
completed() { # completed WORD... CANDIDATE: bash offers it
    bash -c 'source share/bash-completion/completions/dnsprobe
        COMP_WORDS=(dnsprobe "${@:1:$#-1}"); COMP_CWORD=$(($# - 1)); _dnsprobe 2>/dev/null
        printf "%s\n" "${COMPREPLY[@]}" | grep -qxF -- "${!#}"' completed "$@" || fail "bash does not complete: $*"
}
completed rep replay
completed run int intermittent
completed run intermittent x --cap --capture
completed run intermittent x --step rec recursive
completed run intermittent x --step alias,rec alias,recursive
completed run intermittent x -h --set app_p app_port=
completed run intermittent x --lab = ns-d ns-divergence
completed explain path.t path.tcp-blocked
completed query x +ns +nsid
! command -v fish >/dev/null || fish -c 'source share/fish/vendor_completions.d/dnsprobe.fish
    complete -C "dnsprobe explain path.t"' | grep -q '^path.tcp-blocked' || fail "fish does not complete"
! command -v zsh >/dev/null || zsh -fc 'compdef() { :; }; _describe() { print -l -- "${(@P)4}"; }
    source share/zsh/*/_dnsprobe; words=(dnsprobe explain path.t); CURRENT=3; _dnsprobe' | grep -q '^path.tcp-blocked' ||
    fail "zsh does not complete"
[ "$(bin/dnsprobe help complete rn 2>&1)" = "" ] || fail "candidates for what is none"

status=0
bin/dnsprobe run intermittent shop.example --lab ns-divergence --samples 10 --json -o report.json || status=$?
[ "$status" = 2 ] || fail "the lab run from the installed place exits $status, expected 2"
grep -q '"cause": *"auth.ns-divergence"' report.json || fail "the lab's fault is not the verdict's cause"

# Packages of Debian and of RPM, where the tools are there, and away again with all of it.
cp "$build/install_manifest.txt" manifest
mkdir packages
if command -v dpkg-deb >/dev/null; then
    (cd "$build" && cpack -G DEB -B "$prefix/packages") >log 2>&1 || { cat log; fail "no .deb"; }
    dpkg-deb -c packages/*.deb >list
    for file in usr/bin/dnsprobe usr/share/man/man1/dnsprobe.1.gz usr/share/doc/dnsprobe/copyright; do
        grep -q " ./$file\$" list || { cat list; fail "the .deb has no $file"; }
    done
    if command -v lintian >/dev/null && ! grep -q "^DP_SANITIZE:BOOL=ON" "$build/CMakeCache.txt"; then
        lintian --allow-root --fail-on error,warning packages/*.deb >log 2>&1 || { cat log; fail "lintian complains"; }
    fi
fi
cmake -DMANIFEST="$prefix/manifest" -P "$(sed -n 's/^CMAKE_HOME_DIRECTORY:INTERNAL=//p' "$build/CMakeCache.txt")/.package/uninstall.cmake" \
    >log 2>&1 || { cat log; fail "uninstall"; }
[ -z "$(find bin share -type f)" ] || fail "uninstall leaves files behind"
