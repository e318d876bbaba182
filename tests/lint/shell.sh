#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs shellcheck over every shell script: shell.sh ROOT.
set -eu
cd "$1"
find examples tests -name '*.sh' -print0 | xargs -0 shellcheck .ci/run
