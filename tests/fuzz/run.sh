#!/bin/sh
# Long run: tests/fuzz/run.sh [SECONDS_PER_TARGET [TARGET...]]
# Builds with clang and libFuzzer into build-fuzz/ and fuzzes each target in turn. New inputs go to
# build-fuzz/corpus/TARGET; a crash stops the run and stays in build-fuzz/.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
seconds=${1:-600}
[ $# -gt 0 ] && shift
if [ $# -eq 0 ]; then
    for source in "$root"/tests/fuzz/fuzz_*.c; do
        name=${source##*/fuzz_}
        set -- "$@" "${name%.c}"
    done
fi
build=${BUILD:-$root/build-fuzz}
CC=clang cmake -S "$root" -B "$build" -DCMAKE_BUILD_TYPE=RelWithDebInfo -DDP_FUZZ=ON >/dev/null
for target in "$@"; do
    cmake --build "$build" --target "fuzz_$target" >/dev/null
    mkdir -p "$build/corpus/$target"
    (cd "$build" && "$(find . -name "fuzz_$target" -type f)" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
        -print_final_stats=1 "corpus/$target" "$root/tests/fuzz/corpus/$target")
done
