#!/bin/sh
# Long run: tests/fuzz/run.sh [SECONDS_PER_TARGET [TARGET...]]
# Builds with clang and libFuzzer into build-fuzz/ and fuzzes each target in turn. Prints for each what was reached:
# executions, and the edges of the linked code that some input has taken. New inputs go to build-fuzz/corpus/TARGET,
# the smallest set with the same coverage to build-fuzz/minimised/TARGET; a crash stops the run and stays in
# build-fuzz/.
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
cd "$build"
printf '%-12s %14s %10s %18s %9s %8s\n' target executions per_second edges features inputs
for target in "$@"; do
    cmake --build . --target "fuzz_$target" >/dev/null
    program=$(find . -name "fuzz_$target" -type f)
    log=$target.log
    rm -rf "minimised/$target"
    mkdir -p "corpus/$target" "minimised/$target"
    if ! "$program" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
        "corpus/$target" "$root/tests/fuzz/corpus/$target" >"$log" 2>&1; then
        tail -n 40 "$log" >&2
        exit 1
    fi
    "$program" -merge=1 "minimised/$target" "corpus/$target" "$root/tests/fuzz/corpus/$target" >/dev/null 2>&1
    awk -v target="$target" -v inputs="$(find "minimised/$target" -type f | wc -l)" '
        /inline 8-bit counters/ { for (i = 1; i < NF; i++) if ($i ~ /^\(/ && $(i + 1) == "inline") total = substr($i, 2) }
        / cov: /                { for (i = 1; i < NF; i++) { if ($i == "cov:") cov = $(i + 1); if ($i == "ft:") ft = $(i + 1) } }
        /number_of_executed/    { executed = $2 }
        /average_exec_per_sec/  { rate = $2 }
        END { printf "%-12s %14d %10d %10d of %4d %9d %8d\n", target, executed, rate, cov, total, ft, inputs }' "$log"
done
