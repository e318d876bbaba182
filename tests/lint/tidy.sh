#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# clang-tidy over core/ and lua/ with the rules of .clang-tidy: tidy.sh ROOT BUILD, BUILD holds compile_commands.json.
set -eu
cd "$1"
find core lua -name '*.c' -print0 | sort -z |
    xargs -0 -r -n 4 -P 2 clang-tidy -p "$2" --quiet --warnings-as-errors='*' 2> >(grep -vE 'warnings? generated|^Suppressed|^Use -header-filter' >&2)
