#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Builds with AddressSanitizer and UBSan and runs tests through ctest, all of them or those that its words choose:
#   tests/run.sh [ctest arguments]        e.g. tests/run.sh -R '^unit'
# Environment:
#   DNSPROBE_BUILD   the build folder; default build-test
#   CI=true          a test that this machine could have run and that was skipped makes the run fail
#
# 1. tests/setup.sh installs what building needs (Debian, Ubuntu).
# 2. ctest says which tests are meant; setup.sh installs what those need.
# 3. They run. What was skipped is listed by name, and ctest's own summary comes last.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
mkdir -p "${DNSPROBE_BUILD:-build-test}"
build=$(cd "${DNSPROBE_BUILD:-build-test}" && pwd)
export DNSPROBE_UNPACKED=$build/unpacked

fail() { printf 'tests/run.sh: %s\n' "$*" >&2; exit 1; }

# ---- build ----

tests/setup.sh build
jobs=$(getconf _NPROCESSORS_ONLN)
log=$(mktemp)
trap 'rm -f "$log"' EXIT
cmake -S . -B "$build" -DCMAKE_BUILD_TYPE=Debug -DCMAKE_C_FLAGS_DEBUG="-O1 -g" -DDP_SANITIZE=ON -DBUILD_TESTING=ON >"$log" 2>&1 ||
    { cat "$log"; fail "cmake failed"; }
meant=$(cd "$build" && ctest -N "$@") || { printf '%s\n' "$meant"; fail "ctest -N $* failed"; }
groups=$(sed -nE 's/^ *Test +#[0-9]+: ([a-z]+).*/\1/p' <<<"$meant" | sort -u)
# shellcheck disable=SC2086 # a list of words
[ -z "$groups" ] || tests/setup.sh $groups
cmake --build "$build" -j "$jobs" -- --no-print-directory -s || fail "the build failed"

# ---- run ----

# A small quarantine, and fresh memory unfilled: hundreds of short processes would otherwise spend their time on fresh pages.
export ASAN_OPTIONS=quarantine_size_mb=4:malloc_context_size=4:max_malloc_fill_size=0
# Most of a diagnosis is waiting for its pace of 20 queries a second, so more tests than cores run at once. The faults of
# lab and world are random (a server that loses 4 %), and the diagnosis promises its findings with 95 % probability: what
# fails is run once more, and the suite fails when it fails again. tests/accuracy.sh counts without second tries.
run=(ctest -j $((7 * jobs / 2)) --output-on-failure --repeat until-pass:2 "$@")
summary=() silent=()
while IFS= read -r line; do
    [[ $line =~ Test\ +#[0-9]+:\ ([^ ]+)\ .*\*\*\*Skipped ]] && silent+=("${BASH_REMATCH[1]}")
    if [ ${#summary[@]} -gt 0 ] || [[ $line =~ ^[0-9]+%\ tests\ passed ]]; then
        summary+=("$line") # and all that follows, for the end
    elif [ -n "$line" ]; then
        printf '%s\n' "$line"
    fi
done < <(cd "$build" && exec "${run[@]}" 2>&1)
status=0
wait $! || status=$?

# ---- what was skipped ----

# A test, or a part of one, that does not run says so in a line `SKIPPED: WHY`, whose end may name the package that is
# missing: `(Debian: tmux)`. A test that is skipped as a whole exits with 77 beside it.
skipped() { # lines of NAME: WHY
    local name
    awk '/^[0-9]+\/[0-9]+ Test: / { name = $0; sub(/^[^:]*: /, "", name) }
         /^SKIPPED: / { sub(/^SKIPPED: /, ""); print name ": " $0 }' "$build/Testing/Temporary/LastTest.log" >"$log" 2>/dev/null || true
    for name in "${silent[@]}"; do
        grep -q "^$name: " "$log" || echo "$name: does not say why" >>"$log"
    done
    sort -u "$log"
}

# As root, where apt and network namespaces are, there is nothing that could not run, but what this release does not have.
could_run() { # WHY
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null && unshare --net true 2>/dev/null || return 1
    [[ ! $1 =~ \(Debian:\ ([^\)]+)\)$ ]] || tests/setup.sh --has "${BASH_REMATCH[1]}"
}

could=() others=()
while IFS= read -r line; do
    if could_run "$line"; then could+=("$line"); else others+=("$line"); fi
done < <(skipped)
if [ ${#others[@]} -gt 0 ]; then
    printf '\nSkipped, because this machine cannot run them:\n'
    printf '  %s\n' "${others[@]}"
fi
if [ ${#could[@]} -gt 0 ]; then
    printf '\nSKIPPED, although this machine could run them:\n'
    printf '  %s\n' "${could[@]}"
    if [ "${CI:-}" = true ] && [ $status = 0 ]; then
        echo "CI=true: therefore this run has failed, whatever the summary says."
        status=1
    fi
fi
[ ${#summary[@]} -eq 0 ] || printf '%s\n' '' "${summary[@]}"
exit $status
