#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The bench suite: dnsprobe beside what one would pick instead, in turns in one run, pinned to the first CPU with the server
# on the second; medians, spread and ratios of wall and processor time.
#   run.sh BUILD [ROUNDS] [FOLDER]    writes FOLDER/bench.json and FOLDER/bench.md (default: the build folder)
# Beside it run what is installed: dig, kdig (knot-dnsutils), dnsperf, dnseval (dnsdiag), massdns; what is missing is said,
# and so is who ended with an error: a figure of work that was not done is none. Exit 1 where that was dnsprobe.
set -eu
build=$(cd "$1" && pwd) rounds=${2:-7} out=${3:-$1}
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null; rm -rf "$work"' EXIT
cmake --build "$build" --target dnsprobe dnsprobe-lua internet throughput codec >/dev/null

port=$((20000 + $$ % 20000))
last=$(($(nproc) - 1))
taskset -c "$last" "$build/tests/bench/internet" "$port" 10 >/dev/null &
server=$!
sleep 0.3

printf '.  3600000 NS a.root.test.\na.root.test. 3600000 A 127.54.0.1\n' >"$work/hints"
seq -f 'd%.0f.test' 1 20 >"$work/domains"
for i in $(seq 1 12); do echo "127.54.1.$i"; done >"$work/resolvers"
cat >"$work/fanout.lua" <<'LUA'
local dns, task = require "dnsprobe", require "dnsprobe.task"
dns.setup { guard = { mode = "loopback" }, port = math.tointeger(arg[1]), late = 0, linger = 0 }
local servers = {}
for i = 1, 12 do servers[i] = "127.54.1." .. i end
task.run(function()
    task.map(servers, function(server)
        assert(dns.exchange { name = "d1.test", type = "A", server = server }.outcome == "answer")
    end)
end)
LUA

# ---- the candidates: one shell command each ----
declare -A command
command[fan/dnsprobe]="$build/dnsprobe-lua $work/fanout.lua $port"
command[fan/dig_loop]="while read -r r; do dig +short +time=1 +tries=1 -p $port @\$r d1.test A; done <$work/resolvers"
command[fan/dig_parallel]="xargs -P 12 -I R dig +short +time=1 +tries=1 -p $port @R d1.test A <$work/resolvers"
command[fan/kdig]="xargs -P 12 -I R kdig +short +time=1 +retry=0 -p $port @R d1.test A <$work/resolvers"
command[list/dnsprobe]="$build/dnsprobe run portfolio --domains $work/domains --root-hints $work/hints --port $port -4 --samples 1 \
--resolver 127.54.0.1#$port --allow private --qps 50000 --qps-total 50000 -q"
command[list/dig]="while read -r d; do for s in 0.2 1.1 1.2; do for t in A AAAA NS SOA; do
dig +norec +noall +answer +time=1 +tries=1 -p $port @127.54.\$s \$d \$t; done; done; done <$work/domains"
command[list/dig_parallel]="while read -r d; do for s in 0.2 1.1 1.2; do for t in A AAAA NS SOA; do
echo @127.54.\$s \$d \$t; done; done; done <$work/domains | xargs -P 32 -L 1 dig +norec +noall +answer +time=1 +tries=1 -p $port"
command[list/massdns]="massdns -q -r $work/massdns -t A -o S $work/domains"
sed "s/$/:$port/" "$work/resolvers" >"$work/massdns"
command[fan/dnseval]="dnseval -c 1 -p $port -f $work/resolvers d1.test"

have() {
    command -v "$1" >/dev/null && return
    echo "not installed, left out: $1" >&2
    return 1
}
candidates=(fan/dnsprobe)
have dig && candidates+=(fan/dig_loop fan/dig_parallel)
have kdig && candidates+=(fan/kdig)
have dnseval && candidates+=(fan/dnseval)
candidates+=(list/dnsprobe)
have dig && candidates+=(list/dig list/dig_parallel)
have massdns && candidates+=(list/massdns)

for round in $(seq 1 "$rounds"); do
    for candidate in "${candidates[@]}"; do
        TIMEFORMAT='%R %U %S'
        status=0
        { time taskset -c 0 timeout 120 bash -c "${command[$candidate]}" >/dev/null 2>&1 || status=$?; } 2>"$work/time"
        echo "$candidate $(tail -n 1 "$work/time") $status" >>"$work/times"
    done
    echo "round $round of $rounds" >&2
done
if have dnsperf; then
    "$build/tests/bench/throughput" >"$work/throughput" 2>&1 || true
fi

# ---- figures ----
python3 - "$work/times" "$work/throughput" "$out" <<'PY'
import json, os, platform, re, statistics, sys
rows, failed = {}, {}
for line in open(sys.argv[1]):
    name, wall, user, system, status = line.split()
    rows.setdefault(name, []).append((float(wall), float(user) + float(system)))
    failed[name] = failed.get(name, 0) + (status != "0")
def figures(values):
    values = sorted(values)
    return {"median": statistics.median(values), "low": values[0], "high": values[-1], "rounds": len(values)}
result, text = {}, ["| part | who | wall, ms | x | processor, ms | x |", "|---|---|---|---|---|---|"]
for name, values in rows.items():
    part, who = name.split("/")
    result.setdefault(part, {})[who] = {"wall_s": figures([v[0] for v in values]), "cpu_s": figures([v[1] for v in values]),
                                        "failed": failed[name]}
titles = {"fan": "one question at 12 servers", "list": "20 domains, every server of each"}
for part, who in result.items():
    ours = who["dnsprobe"]
    for name, one in who.items():
        cells = []
        for key in "wall_s", "cpu_s":
            ratio = one[key]["median"] / max(1e-6, ours[key]["median"])
            one[key]["ratio"] = round(ratio, 2)
            cells += ["%.0f (%.0f to %.0f)" % tuple(1000 * one[key][k] for k in ("median", "low", "high")), "%.1f" % ratio]
        label = name.replace("_", ", ") + (" (ended with an error: %d times)" % one["failed"] if one["failed"] else "")
        text.append("| %s | %s | %s |" % (titles[part], label, " | ".join(cells)))
# "dnsperf -c 1 -T 1   174224 q/s  CPU per million:  5.67 s (user  0.33, system  5.34)  max RSS 9248 KiB"
FIGURES = re.compile(r"(.*?) +(\d+) q/s +CPU per million: +([\d.]+) s \(user +([\d.]+), system +([\d.]+)\) +max RSS (\d+) KiB")
def measured(line):
    who, qps, cpu, user, system, rss = FIGURES.match(line).groups()
    return {"who": who, "qps": int(qps), "cpu_s_per_million": float(cpu), "user_s": float(user), "system_s": float(system),
            "max_rss_kib": int(rss), "failed": line.endswith("FAILED")}
if os.path.exists(sys.argv[2]):
    throughput = open(sys.argv[2]).read().strip()
    result["throughput"] = [measured(line) for line in throughput.splitlines() if FIGURES.match(line)]
    text += ["", "Throughput, beside dnsperf:", "", "```", throughput, "```"]
with open(os.path.join(sys.argv[3], "bench.json"), "w") as f:
    machine = {"cpus": os.cpu_count(), "system": platform.platform(), "machine": platform.machine()}
    json.dump({"schema": "dnsprobe.bench/1", "machine": machine, "parts": result}, f, indent=1)
    f.write("\n")
with open(os.path.join(sys.argv[3], "bench.md"), "w") as f:
    f.write("\n".join(text) + "\n")
print("\n".join(text))
sys.exit(any(count > 0 for name, count in failed.items() if name.endswith("/dnsprobe")))
PY
