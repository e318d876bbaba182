#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What `cmake --install` puts there works on its own, away from the source and build trees: run.sh BUILD.
# The binary finds the installed runbooks, diagnoses a lab fault, and the schema that it writes by lies beside them.
set -eu
build=$(cd "$1" && pwd)
prefix=$(mktemp -d)
trap 'rm -rf "$prefix"' EXIT
cmake --install "$build" --prefix "$prefix" >"$prefix/log" 2>&1 || { cat "$prefix/log"; exit 1; }
cd "$prefix"
export HOME=$prefix XDG_CONFIG_HOME=$prefix/config DNSPROBE_CONFIG=
unset DNSPROBE_PATH DNSPROBE_LUA

fail() { echo "install: $*" >&2; find "$prefix" -type f | sort >&2; exit 1; }

has() { # has PROGRAM PACKAGE: else this part is skipped, once, as tests/harness/skipped.py says it
    command -v "$1" >/dev/null && return
    case $said in *" $1 "*) ;; *) echo "SKIPPED: $1 is not installed (Debian: $2)" ;; esac
    said="$said$1 "
    return 1
}
said=" "
as_root() {
    [ "$(id -u)" = 0 ] || { echo "SKIPPED: a package is not installed into a root of its own, which needs root"; return 1; }
}

[ -x bin/dnsprobe ] || fail "no bin/dnsprobe"
[ -f share/dnsprobe/schema/report-1.json ] || fail "the JSON schema is not installed"
bin/dnsprobe list >shown
grep -q intermittent shown || { cat shown; fail "list does not show intermittent"; }
grep -q 'names.reverse' share/doc/dnsprobe/api.md || fail "the reference of the API is not installed"
grep -q '</html>' share/doc/dnsprobe/api.html || fail "the reference of the API is no whole page"
[ -f share/dnsprobe/meta/dnsprobe/names.lua ] || fail "the annotations for editors are not installed"
# Man pages and completions, made from the declarations of the commands.
for page in man1/dnsprobe.1 man1/dnsprobe-query.1 man5/dnsprobe-runbook.5; do
    gzip -dc "share/man/$page.gz" >roff || fail "no man page $page"
    for word in '.TH DNSPROBE' '.SH "NAME"' '.SH "SEE ALSO"'; do
        grep -qF -- "$word" roff || fail "$page has no line $word"
    done
    if has man man-db; then
        [ -z "$(man -l --warnings roff 2>&1 >/dev/null)" ] || fail "man complains about $page"
    fi
done
gzip -dc share/man/man1/dnsprobe.1.gz >roff
grep -q 'no\\-redact' roff || fail "dnsprobe(1) does not know the options of run"
export PATH=$prefix/bin:$PATH
completed() { # completed WORD... CANDIDATE: bash offers it
    bash -c 'source share/bash-completion/completions/dnsprobe
        COMP_WORDS=(dnsprobe "${@:1:$#-1}"); COMP_CWORD=$(($# - 1)); _dnsprobe 2>/dev/null
        grep -qxF -- "${!#}" < <(printf "%s\n" "${COMPREPLY[@]}")' completed "$@" || fail "bash does not complete: $*"
}
completed rep replay
completed run int intermittent
completed run intermittent x --cap --capture
completed run intermittent x --step rec recursive
completed run intermittent x --step alias,rec alias,recursive
completed run intermittent x -h --set app_p app_port=
completed run intermittent x --lab = ns-d ns-divergence
completed run intermittent x --resolvers @ m majors
completed explain path.t path.tcp-blocked
completed query x +ns +nsid
# The shells themselves, where they are: what Tab offers, words with a part behind a comma or =, no files among the words.
if has fish fish; then
    # shellcheck disable=SC2016 # $line is fish's
    fish -c 'source share/fish/vendor_completions.d/dnsprobe.fish; cd share/doc/dnsprobe
        for line in "explain path.t" "run intermittent x --step alias,re" "run x --format=htm" "replay api.h" "run x --resolvers=api.h"
            complete -C "dnsprobe $line" | string replace -r "\t.*" ""
        end; true' >offered
    printf '%s\n' path.tcp-blocked alias,recursive --format=html api.html --resolvers=api.html | diff - offered >&2 ||
        fail "fish does not complete"
fi
if has zsh zsh; then
    cat >tab.zsh <<'END'
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "PS1='> '; fpath=(share/zsh/{site-functions,vendor-completions}(N) \$fpath); autoload -Uz compinit; compinit -D -u; print -r rea''dy"
zpty -r -m shell out '*ready*2004h*' # the line editor reads; before it does, the terminal itself would act on Ctrl-U
for line part in 'explain path.t' 'cp-blocked ' 'run intermittent x --step alias,re' 'cursive ' 'run intermittent x --set app_p' 'ort='; do
    zpty -w -n shell "dnsprobe $line"$'\t\C-u'
    zpty -r -m shell out "*$part*"
done
END
    TERM=dumb timeout 30 zsh -f tab.zsh || fail "zsh does not complete"
fi
[ "$(bin/dnsprobe help complete rn 2>&1)" = "" ] || fail "candidates for what is none"

status=0
bin/dnsprobe run intermittent shop.example --lab ns-divergence --samples 10 --json -o report.json || status=$?
[ "$status" = 2 ] || fail "the lab run from the installed place exits $status, expected 2"
grep -q '"cause": *"auth.ns-divergence"' report.json || fail "the lab's fault is not the verdict's cause"

# A release is hardened: its compiler is told so, and where this build is one, its binary is.
source=$(sed -n 's/^CMAKE_HOME_DIRECTORY:INTERNAL=//p' "$build/CMakeCache.txt")
cmake -S "$source" -B release -DCMAKE_BUILD_TYPE=Release -DBUILD_TESTING=OFF >log 2>&1 || { cat log; fail "cmake for a release"; }
grep '"command"' release/compile_commands.json >commands
for word in -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIE; do
    ! grep -qv -- " $word " commands || fail "not all of a release is compiled with $word"
done
grep -q -- '-pie .*-z,relro .*-z,now' release/lua/CMakeFiles/dnsprobe.dir/link.txt || fail "a release is linked without relro, now, pie"
hardened() {
    grep -q "^CMAKE_BUILD_TYPE:[A-Z]*=Release" "$build/CMakeCache.txt" && ! grep -q "^DP_SANITIZE:BOOL=ON" "$build/CMakeCache.txt" || return 0
    readelf -d "$1" >elf
    readelf -lW "$1" >>elf
    for word in BIND_NOW 'NOW PIE' GNU_RELRO; do
        grep -q "$word" elf || fail "$1 is not hardened: $word"
    done
    nm -D "$1" >elf
    grep -q __stack_chk_fail elf || fail "$1 has no stack protector"
    grep -q __snprintf_chk elf || fail "$1 is not fortified"
}

# Packages of Debian and of RPM, where the tools are there: installed into a root of their own, what is in them runs, and
# away again with all of it.
cp "$build/install_manifest.txt" manifest
mkdir packages
works() { # works ROOT: what a package has put there
    hardened "$1/usr/bin/dnsprobe"
    for file in man/man1/dnsprobe.1.gz doc/dnsprobe/copyright; do
        [ -s "$1/usr/share/$file" ] || fail "$1: no $file"
    done
    "$1/usr/bin/dnsprobe" list >shown
    grep -q 'intermittent.*'"$1" shown || { cat shown; fail "$1: not the runbooks of the package"; }
    "$1/usr/bin/dnsprobe" replay report.json >/dev/null 2>&1 && status=0 || status=$?
    [ "$status" = 65 ] || fail "$1: replay of a report without exchanges exits with $status"
}
gone() {
    [ -z "$(find "$1/usr" "$1/etc" -type f 2>/dev/null)" ] || { find "$1/usr" -type f; fail "$1: files are left behind"; }
}
if has dpkg-deb dpkg; then
    (cd "$build" && cpack -G DEB -B "$prefix/packages") >log 2>&1 || { cat log; fail "no .deb"; }
    # What lintian objects to is what is explained here, of an unstripped build with sanitizers as of a release:
    #   bogus-mail-host*: the tree names no mail address; .package/lintian/dnsprobe tells whoever publishes a package
    if has lintian lintian; then
        lintian --allow-root --show-overrides packages/*.deb >log 2>&1 || true
        sed -n 's/^[EWO]: dnsprobe: \([^ ]*\).*/\1/p' log | sort -u >tags
        printf '%s\n' bogus-mail-host bogus-mail-host-in-debian-changelog | diff - tags >&2 || { cat log; fail "lintian: other tags than the explained ones"; }
    fi
    if as_root; then
        root=$prefix/deb
        mkdir -p "$root"/var/lib/dpkg/updates "$root"/var/lib/dpkg/info
        touch "$root"/var/lib/dpkg/status "$root"/var/lib/dpkg/available
        dpkg --root="$root" --force-depends --force-script-chrootless -i packages/*.deb >log 2>&1 || { cat log; fail "dpkg -i"; }
        works "$root"
        dpkg --root="$root" --force-depends --force-script-chrootless -P dnsprobe >log 2>&1 || { cat log; fail "dpkg -P"; }
        gone "$root"
    fi
fi
if has rpmbuild rpm; then
    (cd "$build" && cpack -G RPM -B "$prefix/packages") >log 2>&1 || { cat log; fail "no .rpm"; }
    root=$prefix/rpm
    mkdir "$root"
    rpm -K packages/*.rpm >log 2>&1 || { cat log; fail "rpm -K"; }
    ! rpm -qlp packages/*.rpm | grep lintian || fail "the .rpm has files that only Debian's tools read"
    if as_root; then
        rpm --root "$root" --nodeps -i packages/*.rpm >log 2>&1 || { cat log; fail "rpm -i"; }
        works "$root"
        rpm --root "$root" --nodeps -e dnsprobe >log 2>&1 || { cat log; fail "rpm -e"; }
        gone "$root"
    fi
fi
cmake -DMANIFEST="$prefix/manifest" -P "$source/.package/uninstall.cmake" \
    >log 2>&1 || { cat log; fail "uninstall"; }
[ -z "$(find bin share -type f)" ] || fail "uninstall leaves files behind"
