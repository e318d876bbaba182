#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What `cmake --install` puts there works on its own, away from the source and build trees: run.sh BUILD.
# The binary finds the installed runbooks, diagnoses a lab fault, and the schema that it writes by lies beside them.
set -eu
prefix=$(mktemp -d)
trap 'rm -rf "$prefix"' EXIT
cmake --install "$1" --prefix "$prefix" >"$prefix/log" 2>&1 || { cat "$prefix/log"; exit 1; }
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
status=0
bin/dnsprobe run intermittent shop.example --lab ns-divergence --samples 10 --json -o report.json || status=$?
[ "$status" = 2 ] || fail "the lab run from the installed place exits $status, expected 2"
grep -q '"cause": *"auth.ns-divergence"' report.json || fail "the lab's fault is not the verdict's cause"
