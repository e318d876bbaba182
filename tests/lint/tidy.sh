#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# clang-tidy with the rules of .clang-tidy (that of tests/ for tests/) over everything that the build compiles of core/,
# lua/ and tests/: tidy.sh ROOT BUILD, where BUILD holds compile_commands.json.
set -eu
cd "$1"
grep -oE '"file": "[^"]+/(core|lua|tests)/[^"]+\.c"' "$2/compile_commands.json" | cut -d'"' -f4 | sort -u |
    xargs -r -n 4 -P 2 clang-tidy -p "$2" --quiet --warnings-as-errors='*' 2> >(grep -vE 'warnings?( and .*)? generated|^Suppressed|^Use -header-filter' >&2)
