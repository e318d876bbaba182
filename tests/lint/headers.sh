#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Every header compiles alone: headers.sh ROOT CC [FLAGS...]. A .c file that is first in line would hide what a
# header forgot to include.
set -eu
root=$1
cc=$2
shift 2
status=0
cd "$root"
while IFS= read -r header; do
    "$cc" -std=c11 -D_GNU_SOURCE -Wall -Wextra -Wconversion -Wshadow -Werror -fsyntax-only -Icore -Ilua/bind "$@" \
        -include "$header" -xc /dev/null || status=1
done < <(find core lua -name '*.h' | sort)
exit $status
