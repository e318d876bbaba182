#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Instructions per round of the hot paths, counted by callgrind: the same on a busy machine and on a quiet one. Compared with
# the accepted counts in instructions.txt, which hold for one compiler and one C library; with others it says so and skips.
#   instructions.sh BUILD            compare; exit 1 where a path takes more than TOLERANCE % beyond the accepted count
#   instructions.sh BUILD --accept   write the counts as accepted ones
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=$1 mode=${2:-}
accepted=$here/instructions.txt
declare -A TOLERANCE=([codec]=2 [binding]=5 [exchange]=12) # Lua seeds its hashes anew each time; the loop turns more or less often
declare -A ROUNDS=([codec]=2000 [binding]=500 [exchange]=1000)

skip() { # as tests/harness/skipped.py says it
    echo "SKIPPED: $*"
    exit 77
}
command -v valgrind >/dev/null || skip "valgrind is not installed (Debian: valgrind)"

compiler=$(sed -n 's/^CMAKE_C_COMPILER:[A-Z]*=//p' "$build/CMakeCache.txt")
type=$(sed -n 's/^CMAKE_BUILD_TYPE:[A-Z]*=//p' "$build/CMakeCache.txt")
toolchain="$("$compiler" --version | sed -n 1p); $(ldd --version 2>/dev/null | sed -n 1p); $(uname -m); $type"
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null; rm -rf "$work"' EXIT

if [ "$mode" != --accept ]; then
    [ -r "$accepted" ] || skip "no accepted counts"
    known=$(sed -n 's/^# toolchain: //p' "$accepted")
    [ "$toolchain" = "$known" ] || skip "the accepted counts are of another toolchain ($known), not of $toolchain; accept counts of this one with --accept"
fi

count() { # command: instructions in all
    setarch -R valgrind --tool=callgrind --callgrind-out-file=/dev/null "$@" 2>"$work/log" >/dev/null ||
        { cat "$work/log" >&2; exit 70; }
    sed -n 's/.*Collected : \([0-9]*\).*/\1/p' "$work/log"
}

run() { # part rounds
    case $1 in
    codec) count "$build/tests/bench/codec" "$2" ;;
    *) count "$build/dnsprobe-lua" "$here/instructions.lua" "$1" "$2" "$port" ;;
    esac
}

port=$((20000 + $$ % 20000))
"$build/tests/bench/internet" "$port" >/dev/null &
server=$!
status=0
[ "$mode" != --accept ] || echo "# toolchain: $toolchain" >"$work/new"
for part in codec binding exchange; do
    n=${ROUNDS[$part]}
    per=
    for _ in 1 2; do # what the loop adds is chance: the lesser of two
        few=$(run "$part" "$n")
        many=$(run "$part" $((2 * n)))
        one=$(((many - few) / n))
        if [ -z "$per" ] || [ "$one" -lt "$per" ]; then per=$one; fi
    done
    if [ "$mode" = --accept ]; then
        echo "$part $per" >>"$work/new"
        echo "$part: $per instructions per round accepted"
        continue
    fi
    before=$(sed -n "s/^$part //p" "$accepted")
    limit=$((before * (100 + ${TOLERANCE[$part]}) / 100))
    verdict=ok
    if [ "$per" -gt "$limit" ]; then
        verdict="MORE than the accepted count by over ${TOLERANCE[$part]} %"
        status=1
    fi
    echo "$part: $per instructions per round, accepted $before ($((100 * per / before)) %): $verdict"
done
[ "$mode" != --accept ] || cp "$work/new" "$accepted"
exit $status
