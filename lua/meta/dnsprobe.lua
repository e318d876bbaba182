---@meta dnsprobe
-- SPDX-License-Identifier: MIT
-- The C module `dnsprobe`: exact DNS exchanges and what surrounds them. Wrong arguments raise an error that
-- names the argument; what the network does is a value; what could not be tried is nil, message, code.

---@class dnsprobe
---@field version string
local dns = {}

---@alias dnsprobe.Outcome
---| "answer" | "late" | "timeout" | "port-unreachable" | "host-unreachable" | "connection-refused"
---| "connect-timeout" | "reset" | "closed" | "malformed" | "canceled"

---@class dnsprobe.Address
---@field address string
---@field port integer

---@class dnsprobe.Server: dnsprobe.Address
---@field label? string as given

---@class dnsprobe.Question
---@field name string presentation form
---@field type string mnemonic
---@field class string

---@class dnsprobe.Record: dnsprobe.Question
---@field type_n integer
---@field ttl integer seconds
---@field rdata string presentation form
---@field fields table<string, string|integer> by the names in the RFC; empty for types without a row (lua/meta/rr.lua)

---@class dnsprobe.EdnsOption
---@field code integer
---@field name string
---@field data string raw
---@field text string as dig prints it

---@class dnsprobe.Edns
---@field size integer
---@field version integer
---@field flags integer
---@field dnssec boolean
---@field options dnsprobe.EdnsOption[]
---@field ede { code: integer, name: string?, text: string }[]
---@field nsid? string raw
---@field cookie? string raw
---@field ecs? { family: integer, source: integer, scope: integer, address: string }

---@class dnsprobe.Message userdata; decoded at the first look
---@field id integer
---@field opcode string
---@field opcode_n integer
---@field rcode string
---@field rcode_n integer
---@field flags table<"qr"|"aa"|"tc"|"rd"|"ra"|"z"|"ad"|"cd", boolean>
---@field qr boolean
---@field aa boolean
---@field tc boolean
---@field rd boolean
---@field ra boolean
---@field z boolean
---@field ad boolean
---@field cd boolean
---@field question dnsprobe.Question[]
---@field answer dnsprobe.Record[]
---@field authority dnsprobe.Record[]
---@field additional dnsprobe.Record[] without OPT
---@field edns? dnsprobe.Edns
---@field error? { offset: integer, field: string?, text: string } where a malformed message broke
---@field size integer octets
---@field trailing integer octets behind the message
---@field wire string raw

---@class dnsprobe.Stray a packet that came and was not the answer
---@field reason string
---@field from dnsprobe.Address
---@field size integer octets
---@field after_us integer since the query was sent
---@field differs boolean
---@field wire? string raw, its first 512 octets at most

---@class dnsprobe.Exchange
---@field n integer running number
---@field server dnsprobe.Server
---@field question dnsprobe.Question what was asked
---@field transport "udp"|"tcp"
---@field outcome dnsprobe.Outcome
---@field rtt_us? integer
---@field sent number Unix time in seconds
---@field sent_us integer the same in microseconds
---@field from? dnsprobe.Address of the answer
---@field local_port integer
---@field query_size integer octets
---@field size? integer octets of the answer
---@field clock "kernel"|"user" whose stamp tells the arrival
---@field sent_clock "kernel"|"user" whose stamp tells the sending
---@field unsent? true nothing of it left this host: `sent` is when that was clear
---@field paced_us integer how long it waited for its token
---@field ttl? integer TTL or hop limit of the answer
---@field fragment_size? integer octets of the largest fragment with its IP header, where the answer came in several
---@field path_mtu? integer octets the kernel believes the path takes: over TCP, and where size mattered (fragments, df, too long)
---@field connect_us? integer
---@field first_byte_us? integer
---@field last_byte_us? integer
---@field icmp? { type: integer, code: integer, from: string, mtu: integer? }
---@field errno? integer
---@field errno_text? string what the system says to it
---@field after_us? integer when a malformed answer came, since the query was sent
---@field stray dnsprobe.Stray[]
---@field error? { offset: integer, field: string?, text: string }
---@field query dnsprobe.Message
---@field response? dnsprobe.Message
---@field attempts dnsprobe.Exchange[] of a query all, else itself

---@class dnsprobe.ExchangeOptions
---@field name string
---@field type? string|integer default "A"
---@field class? string|integer default "IN"
---@field server string ADDR or ADDR#PORT
---@field port? integer where `server` names none
---@field label? string
---@field transport? "udp"|"tcp"
---@field edns? false|{ size: integer?, version: integer?, flags: integer?, dnssec: boolean?, options: { code: integer, data: string }[]? }
---@field rd? boolean default true
---@field cd? boolean
---@field ad? boolean
---@field dnssec? boolean the DO bit
---@field cookie? boolean|string
---@field nsid? boolean
---@field subnet? string "192.0.2.0/24"
---@field padding? integer to a multiple of so many octets
---@field opcode? integer
---@field question? boolean default true; false sends a message without its question, to which `name` then only belongs
---@field qid? integer
---@field timeout? number seconds
---@field late? number seconds to listen on after the timeout
---@field linger? number seconds to listen on after the answer
---@field df? boolean don't-fragment bit on or off; absent: as the system has it
---@field qps? number this server's ceiling from now on
---@field unpaced? boolean the caller paces

---@class dnsprobe.QueryOptions: dnsprobe.ExchangeOptions
---@field tries? integer over UDP, default 1
---@field tcp_fallback? boolean default true

--- Settings; given keys replace what was set before. Not for runbooks.
---@param options table seed, qps, qps_most, burst, qps_total, max_queries, step_queries, port, family, timeout, late, linger,
--- guard, root_hints, stub, allow_flush
function dns.setup(options) end

--- Lets the guard pass an address. Not for runbooks.
---@param address string
function dns.allow(address) end

--- The address was answered for the target: runbooks may connect to it. Not for runbooks.
---@param address string
---@param still? boolean false: no longer
function dns.answered(address, still) end

--- Sends exactly one message, with nothing retried or rewritten; returns when its outcome is final. In a step
--- use ctx:exchange, which enters it into the ledger.
--- ```lua
--- x = dns.exchange { name = "shop.example", type = "A", server = "127.53.2.1", rd = false }
--- x.outcome, x.response.rcode, x.response.aa --> "answer", "NOERROR", true
--- dns.exchange { name = "shop.example", server = "10.0.0.1" } --> nil, "10.0.0.1 is no public address, and nobody allowed it", "private"
--- ```
---@param options dnsprobe.ExchangeOptions
---@return dnsprobe.Exchange? exchange
---@return string? message
---@return "private"|"family"|"nosocket"|"error"? code
function dns.exchange(options) end

--- The resilient form: tries, and TCP where the answer is truncated. `attempts` of what it returns are all
--- exchanges.
--- ```lua
--- x = dns.query { name = "shop.example", type = "TXT", server = "127.53.2.1", rd = false, edns = { size = 512 } }
--- #x.attempts, x.transport --> 2, "tcp"
--- ```
---@param options dnsprobe.QueryOptions
---@return dnsprobe.Exchange? last with all attempts
---@return string? message
---@return string? code
function dns.query(options) end

--- Waits until no exchange lingers: every packet that came late or twice is in the `stray` of its exchange.
--- ```lua
--- dns.query { name = "shop.example", server = "127.53.2.1" }
--- dns.settle(5) --> true
--- ```
---@param seconds? number at most
---@return boolean settled
function dns.settle(seconds) end

--- What this process has sent and received so far.
--- ```lua
--- before = dns.stats().queries
--- dns.query { name = "shop.example", server = "127.53.2.1" }
--- dns.stats().queries - before --> 1
--- ```
---@return table counters queries, bytes, answers, timeouts, late, strays, socket_errors, in_flight, waiting, lingering, lag
function dns.stats() end

--- Monotonic time, for durations.
--- ```lua
--- started = dns.now()
--- dns.now() - started < 1 --> true
--- ```
---@return number seconds monotonic
function dns.now() end

--- Time of day.
--- ```lua
--- dns.time() > 1700000000 --> true
--- ```
---@return number seconds since 1970
function dns.time() end

--- Like math.random, from the run's seed, so that `--seed` makes a run reproducible.
--- ```lua
--- die = dns.random(6)
--- die >= 1 and die <= 6 --> true
--- ```
---@param m? integer
---@param n? integer
---@return number
function dns.random(m, n) end

--- Makes text safe for a terminal.
--- ```lua
--- dns.escape "a\27[31mb" --> "a\\027[31mb"
--- ```
---@param text string
---@return string
function dns.escape(text) end

--- Record types that are known by name; others are written TYPEnnn.
--- ```lua
--- #dns.types() > 80 --> true
--- ```
---@return string[] mnemonics
function dns.types() end

--- Is it a record type?
--- ```lua
--- dns.is_type "HTTPS", dns.is_type "TYPE65280", dns.is_type "shop" --> true, true, false
--- ```
---@param text string
---@return boolean
function dns.is_type(text) end

---@class dnsprobe.Referral
---@field zone string
---@field ns string[]
---@field glue table<string, string[]>
---@field ds? boolean|dnsprobe.Record[] of `parent`: the records; nil: unknown

---@class dnsprobe.Trace
---@field name string
---@field type string
---@field status "answer"|"nodata"|"nxdomain"|"dead-end"|"loop"|"limit"|"canceled"
---@field zone string deepest zone found
---@field levels { zone: string, servers: table[], referral: dnsprobe.Referral?, elapsed_us: integer }[]
---@field parent? dnsprobe.Referral
---@field child { ns: string[], addresses: table<string, string[]>, ns_by_address: table<string, string[]>, views: table[] }
---@field answer dnsprobe.Record[]
---@field alias? string target, where the answer is an alias
---@field probes table[] questions beside the walk
---@field exchanges dnsprobe.Exchange[]
---@field limited boolean
---@field elapsed_us integer

--- Walks the delegation from the root, asking every server at every level. In a step use ctx:trace, which is
--- measured once.
--- ```lua
--- walk = dns.trace("www.shop.example", "A")
--- walk.status, walk.zone, #walk.levels --> "answer", "shop.example.", 3
--- ```
---@param name string
---@param type? string|integer
---@param options? table family, port, roots, timeout, late, max_depth, max_exchanges, dnssec; start = { zone, servers =
--- { { name, addresses } } }: begin there instead of at the root; remember = true: share addresses of name
--- servers that were searched for with all walks that say so
---@return dnsprobe.Trace
function dns.trace(name, type, options) end

--- How this host's caches are emptied; with plan = false it is done, if the run is allowed to (`--allow
--- flush`).
--- ```lua
--- dns.flush { platform = "macos" }.platform --> "macos"
--- ```
---@param options? { plan: boolean?, platform: "linux"|"macos"|"windows"|"java"?, domain: string? }
---@return table? plan
---@return string? message
---@return string? code
function dns.flush(options) end

--- The application check: connects, and makes a TLS handshake where `tls` is set. In a step use ctx:connect,
--- which may also connect to the private addresses that the target was answered with.
--- ```lua
--- dns.connect({ address = "127.53.2.1", port = 9 }).outcome --> "refused"
--- ```
---@param options { address: string, port: integer, tls: boolean?, sni: string?, timeout: number? }
---@return table? result outcome, connect_us, tls_us, reason, tls_version, subject, issuer, not_after
---@return string? message
---@return string? code
function dns.connect(options) end

---@class dnsprobe.stub
dns.stub = {}

--- What this host is configured to do; in a step it is ctx.host.
--- ```lua
--- dns.stub.config().resolvers[1].address --> "127.53.20.1"
--- ```
---@return table config resolvers, search, options, nsswitch, sources, links, resolved, uplinks
function dns.stub.config() end

--- Entries of the hosts file for a name.
--- ```lua
--- #dns.stub.hosts "shop.example" --> 0
--- ```
---@param name string
---@return { address: string, line: integer, file: string }[]
function dns.stub.hosts(name) end

--- What c-ares makes of this host's configuration: the stub of curl, Node.js and gRPC.
--- ```lua
--- #dns.stub.lookup("www.shop.example").addresses --> 2
--- ```
---@param name string
---@param options? { type: "A"|"AAAA"? }
---@return table? result status, addresses, ttls, elapsed_us, timeouts, from_hosts, via
---@return string? message
---@return string? code
function dns.stub.lookup(name, options) end

--- What the C library makes of this host's configuration. It can be given no other files, so in the lab it is
--- not asked.
--- ```lua
--- dns.stub.getaddrinfo "shop.example" --> nil, "unmeasured", "lab"
--- ```
---@param name string
---@param options? { family: 4|6? }
---@return table? result
---@return string? message
---@return string? code
function dns.stub.getaddrinfo(name, options) end

--- Caches found on this host: systemd-resolved, nscd, dnsmasq, unbound, and processes that keep one of their
--- own.
--- ```lua
--- type(dns.stub.caches()) --> "table"
--- ```
---@return { kind: string, name: string, running: boolean, pid: integer?, address: string?, port: integer? }[]
function dns.stub.caches() end

---@class dnsprobe.name
dns.name = {}

--- Is it the same name? Not for runbooks that can use names.equal.
---@param a string
---@param b string
---@return boolean
function dns.name.equal(a, b) end

--- Is it the same name or below it? Not for runbooks that can use names.within.
---@param name string
---@param ancestor string
---@return boolean
function dns.name.within(name, ancestor) end

--- See names.absolute. Not for runbooks that can use it.
---@param name string
---@return string? absolute lower case, with the final dot
---@return string? message
function dns.name.absolute(name) end

--- See names.parent. Not for runbooks that can use it.
---@param name string
---@return string? parent
function dns.name.parent(name) end

--- The number of labels; see names.labels. Not for runbooks that can use it.
---@param name string
---@return integer
function dns.name.labels(name) end

--- See names.reverse. Not for runbooks that can use it.
---@param address string
---@return string? name
---@return string? message
function dns.name.reverse(address) end

---@class dnsprobe.address
dns.address = {}

--- See addresses.parse. Not for runbooks that can use it.
---@param text string
---@param default_port? integer
---@return { address: string, port: integer, family: 4|6, scope: "global"|"loopback"|"private"|"link-local"|"unusable" }?
---@return string? message
function dns.address.parse(text, default_port) end

--- The address from which this host would send to another; nothing is sent.
--- ```lua
--- dns.address.source "127.53.2.1" --> "127.0.0.1"
--- ```
---@param text string
---@return string? address the one from which this host sends to it
---@return string? message
function dns.address.source(text) end

--- See addresses.octets. Not for runbooks that can use it.
---@param text string
---@return string? octets 4 or 16, in network order
---@return string? message
function dns.address.octets(text) end

---@class dnsprobe.message
dns.message = {}

--- Reads a message from its octets.
--- ```lua
--- raw = dns.message.build { id = 7, question = { { name = "shop.example.", type = "A" } } }
--- dns.message.from_wire(raw).question[1].name --> "shop.example."
--- ```
---@param raw string
---@return dnsprobe.Message?
---@return string? message
function dns.message.from_wire(raw) end

--- Makes the octets of a message.
--- ```lua
--- #dns.message.build { id = 7, question = { { name = "shop.example.", type = "A" } } } --> 30
--- ```
---@param parts table id, opcode, rcode, flags, question, answer, authority, additional, edns
---@return string raw
function dns.message.build(parts) end

--- A message as dig prints it, safe for a terminal.
--- ```lua
--- x = dns.query { name = "www.shop.example", server = "127.53.2.1" }
--- dns.message.text(x.response):match "status: (%u+)" --> "NOERROR"
--- ```
---@param message dnsprobe.Message
---@return string
function dns.message.text(message) end

--- A message as the report and `query --format json` write it.
--- ```lua
--- x = dns.query { name = "www.shop.example", server = "127.53.2.1" }
--- dns.message.to_json(x.response).QNAME --> "www.shop.example."
--- ```
---@param message dnsprobe.Message
---@return table members of RFC 8427
function dns.message.to_json(message) end

--- The inverse.
--- ```lua
--- x = dns.query { name = "www.shop.example", server = "127.53.2.1" }
--- dns.message.from_json(dns.message.to_json(x.response)).rcode --> "NOERROR"
--- ```
---@param members table
---@return dnsprobe.Message?
---@return string? message
function dns.message.from_json(members) end

return dns
