#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# How often the diagnosis is right, counted over seeds; not part of the test suite, because it takes its time:
#   tests/accuracy.sh [-b BINARY] [-f FIRST_SEED] [-n RUNS] [-j JOBS] [-o FOLDER] lab|world|chance|sound|faint [NAME_PART...]
# lab: the scenarios of runbooks/lab; world: the real servers of tests/world (root); chance: RUNS worlds of real servers
# made by chance: shape, fault or none, who is hit and how hard;
# sound: the same without a fault; faint: with one that hits 4 % to 10 % of the questions. Default: build/dnsprobe, 3 runs from seed 1 on.
# -o: reports are kept there, and what is there already is not run again.
set -euo pipefail
here=$(dirname "${BASH_SOURCE[0]}")
binary=$here/../build/dnsprobe first=1 runs=3 jobs=2 folder=
while getopts b:f:n:j:o: option; do
    case $option in
    b) binary=$OPTARG ;;
    f) first=$OPTARG ;;
    n) runs=$OPTARG ;;
    j) jobs=$OPTARG ;;
    o) folder=$OPTARG ;;
    *) exit 64 ;;
    esac
done
shift $((OPTIND - 1))
[ $# -gt 0 ] || { sed -n '3,9s/^# //p' "$0"; exit 64; }
[ -x "$binary" ] || { echo "accuracy.sh: $binary is not there: build first (examples/quickstart.sh) or give -b" >&2; exit 1; }
[ -n "$folder" ] || folder=$(mktemp -d)
mkdir -p "$folder"
echo "Reports in $folder"
exec /usr/bin/env python3 "$here/harness/accuracy.py" "$binary" "$folder" "$first" "$runs" "$jobs" "$@"
