#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The top level of the repository is fixed: layout.sh ROOT complains about anything else that git tracks there, and
# about the three entry scripts when they are not executable.
set -eu
cd "$1"
status=0
if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
    tracked=$(git ls-files | cut -d/ -f1 | sort -u)
else
    tracked=$(find . -mindepth 1 -maxdepth 1 ! -name '.*' ! -name 'build*' -printf '%f\n')
fi
if strangers=$(grep -vxE 'CMakeLists\.txt|core|lua|runbooks|tests|examples|README\.md|LICENSE|\..*' <<<"$tracked"); then
    echo "not part of the top level: ${strangers//$'\n'/ }" >&2
    status=1
fi
for script in examples/quickstart.sh tests/run.sh .ci/run; do
    [ -x "$script" ] || { echo "missing or not executable: $script" >&2; status=1; }
done
exit $status
