-- SPDX-License-Identifier: MIT
-- dnsprobe help scenario: all that may stand in a lab scenario. tests/lua/lab/scenarios_spec.lua holds it
-- against lab/check.lua and lua/bind/labfaults.c.

local M = {}

local page = [[
A scenario is a Lua file that returns a table. It starts from a healthy small internet on loopback (dnsprobe lab healthy),
breaks something in it, and says what has to be found. Scenarios are shown by `dnsprobe lab`, served by `dnsprobe lab FILE`,
run by `dnsprobe run RUNBOOK NAME --lab FILE` and, where a runbook lists them in `scenarios`, by `dnsprobe test RUNBOOK`.

    return {
        title = "One of three name servers is slow",
        story = "ns2 sits behind an overloaded link.",
        change = function(net)
            net:server("ns2.shop.example.").faults.delay = 0.5
        end,
        expect = { "team.slow" },
    }

The scenario
  title, story    one line; what users see
  name            of a scenario in place (a table in the runbook's list); else the file's
  base            another scenario to start from: a name, or a file beside this one ("./healthy.lua")
  change(net)     breaks something
  expect          ids that have to be reported above info, the main one first; no others may be
  info            ids that have to be reported at info
  allow           ids that may be reported at info, for the reader
  domain          what is examined (shop.example)
  also_run        options of `run`: { samples = 8, timeout = 0.5, late = 0, detect = "4%" }
  speed           how fast the lab's own clock runs, 1 to 1000 (dnsprobe help lab)

The net
  net:server(name), net:resolver(name)   a node: "ns1.shop.example.", "Cloudflare", "office" (this host's resolver)
  net:edit(zone, { [old] = new })        changes a zone's text on all its servers
  net:add(zone, records)                 adds records, in zone-file syntax
  net:edition(zone, { [old] = new }, {}) another edition of a zone, for the `zones` of one node
  net:add_stub()                         puts a caching stub on this host; returns its node
  net:after(seconds, function(net) end)  changes more, later, by the lab's clock; { from, to }: a moment drawn by the seed
  net:flush(resolver)                    empties its cache
  net:random(n)                          chance by the seed: 1 to n; without n: 0 to 1
  net:each(function(node) end)           calls it for every node
  net.zones[origin]                      { text, shuffle, pools = { [owner] = { take, weights } }, serial_every, serial_lag,
                                           alias = { target, via, ttl, pinned } }; in editions also name, subnet ("10.0.0.0/8")
  net.servers, net.resolvers, net.caches lists of nodes; those of this host are in caches. An address: 127.53.x.y
  net.roots                              names of the root servers
  net.host                               this host's files: { resolvers, hosts, search, options }
  net.apps[address]                      application listeners: "open" "refuse" "drop" "reset" "close" "tls-alert"
  net.params                             parameters for the runbook

A node: { name, address, nsid, zones = { "shop.example." }, recursive, faults, path, nodes, intercepted_by }
  zones           origins, or editions; the first whose subnet fits the client answers
  recursive       it is a resolver: { forward_to, tries, timeout, max_ttl, serve_stale, ecs,
                    cached = { { records = "NAME TTL IN TYPE DATA", age = seconds } },
                    absent = { { name, type, nxdomain, ttl } },              (a negative answer that is cached)
                    blocks = { { name, ede, text, address } },               (policy)
                    bogus = { { name, ede, text } } }                        (validation fails; not with CD)
  nodes           several machines behind one address: { nsid, zones, recursive, weight } each
  intercepted_by  the name of a node that answers this host in its place

faults (the server's: for everybody) and path (the way there: for this host only); shares are 0 to 1, times in seconds
  delay, delay_p99, jitter     median, 99th percentile (log-normal where given), and a uniform addition
  late_share, late_by          so many answers come so much later
  lose_query, lose_answer      share of packets lost, UDP only
  lose_larger                  UDP answers above so many bytes vanish, as they do where fragments are dropped (path MTU)
  udp, tcp                     udp "drop"; tcp "refuse", "drop" (SYNs vanish), "reset", "close"
  edns, edns_option            what a query with EDNS gets: "drop" "formerr" "notimp" "badvers" "refused" "servfail",
                               "strip" (answered as if there had been none); only with that option code
  flap, flap_share             a share of queries gets "drop" "refused" "servfail" "truncate" ... whatever the rate
  qps, burst, over, slip       rate limit per client; what is over it gets `over`, each slip-th of it TC instead
  not_authoritative            AA is never set
  refuse_any, refuse_chaos     REFUSED to type ANY, to class CH
  udp_max, minimal             largest UDP answer; nothing beside the answer
  mangle_case                  the name comes back in the other case
  wrong_source, wrong_id, duplicate   share of UDP answers from another port, behind one with another id, sent twice
]]

--- The page.
---@return string
function M.page()
    return page
end

return M
