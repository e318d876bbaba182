#!/bin/sh
# SPDX-License-Identifier: MIT
# run.sh DNSPROBE RUNBOOK [WORDS]: `check`, then `test` with these words. With root in a network of its own.
set -eu
dnsprobe=$1 runbook=$2
shift 2
alone() {
    if [ "$(id -u)" = 0 ]; then
        # shellcheck disable=SC2016 # for the inner shell
        unshare --net sh -c 'ip link set lo up && exec "$@"' sh "$@"
    else
        "$@"
    fi
}
"$dnsprobe" check "$runbook"
alone "$dnsprobe" test "$runbook" "$@"
