#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The layout of all C is what .clang-format says: format.sh ROOT. To mend: clang-format -i FILE.
set -eu
cd "$1"
find core lua tests -name '*.[ch]' -print0 | xargs -0 -r clang-format --dry-run -Werror
