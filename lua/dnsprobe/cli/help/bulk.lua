-- SPDX-License-Identifier: MIT
-- dnsprobe help bulk: lists of domains.

local M = {}

--- The page.
---@return string
function M.page()
    return [[
A list of domains: dnsprobe run RUNBOOK --domains FILE|-

The list      One domain a line, read as it is needed; # begins a comment; blank lines and CRLF are fine; letters beyond ASCII
              have to stand in punycode (xn--...). A line that is no name becomes a line with `error`, and the rest goes on.
The output    JSON Lines, one per domain when it is finished (schema dnsprobe.bulk/1): line, domain, name, zone,
              nameservers, found, status, cause, layer, summary, confidence, share, steps, notes, findings above info.
              --format json adds the whole `report`, --exchanges what `replay` reads. The last line is the summary
              (dnsprobe.bulk-summary/1): which server, set of name servers or operator explains most failing domains, of how
              many that use it; and for what reasons domains have no verdict.
Ceilings      --qps holds per server and --qps-total in all, over all domains together. --jobs N domains are under way at
              once; the more of them share a server, the longer each waits, so mind --deadline (of one domain).
              A domain whose servers are all silent holds its place for about 15 s; where many do, and the ceilings are
              higher than the default ones, more --jobs help, at 0.05 to 0.25 MiB each.
              A step of one domain sends at most 50000 queries, or the runbook's max_queries; --max-queries is for all.
Sharing       Zone cuts are walked once in their TTL (--fresh: not shared); this host's resolvers and the control questions
              are measured once for all.
Resuming      -o FILE is the journal. After an interruption, kill -9 included, --resume cuts off a torn last line and
              measures what is not in FILE; with another runbook or other types than FILE's it refuses to. Without --resume, a
              FILE whose run did not end is not overwritten.
Splitting     --shard I/N takes lines I, I+N, I+2N, ...; `dnsprobe merge FILE...` joins the outputs. Where one
              is missing or its run did not end, it says so, and the status is unknown at best.
Exit status   The worst of all domains: critical (2), then unknown (3; also a line that is no name), then warning (1).

  dnsprobe run portfolio --domains domains.txt --samples 2 -o night.jsonl
  dnsprobe run portfolio --domains domains.txt --samples 2 -o night.jsonl --resume
  dnsprobe run portfolio --domains domains.txt --shard $((JOB_COMPLETION_INDEX + 1))/8 -o part.$JOB_COMPLETION_INDEX.jsonl
]]
end

return M
