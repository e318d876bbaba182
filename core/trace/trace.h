/* SPDX-License-Identifier: MIT
 * The walk down the delegation: from the root servers to the zone of a name, asking EVERY address of EVERY
 * server at EVERY level with exact exchanges, and keeping what each of them said. Nothing is asked of the
 * host's resolver: addresses that the delegation does not give are found by walks of the trace's own.
 *
 * Everything in a result lives in its memory (arena lists, linked by `next`, in the order they were
 * learned) and is borrowed until dp_trace_result_free. Exchanges are references held by the result. */
#ifndef DP_TRACE_TRACE_H
#define DP_TRACE_TRACE_H

#include "exchange/exchange.h"
#include "trace/memory.h"

/* What one server's answer to one question amounts to (contract of dns.trace; names by
 * dp_trace_kind_name). */
enum dp_trace_kind {
    DP_TRACE_PENDING,     /* not decided yet: never seen in a result that was delivered */
    DP_TRACE_ANSWER,      /* "answer": AA, the records asked for, or a CNAME or DNAME in their place */
    DP_TRACE_NODATA,      /* "nodata": AA, NOERROR, none of that type */
    DP_TRACE_NXDOMAIN,    /* "nxdomain": AA */
    DP_TRACE_REFERRAL,    /* "referral": to a zone below the one it was asked for, on the way to the name */
    DP_TRACE_UPWARD,      /* "upward": a referral to the zone it was asked for, or above it */
    DP_TRACE_LAME,        /* "lame": answered without authority, or beside the question */
    DP_TRACE_REFUSED,     /* "refused" */
    DP_TRACE_ERROR,       /* "error": any other RCODE */
    DP_TRACE_TIMEOUT,     /* "timeout": also no TCP connection in time */
    DP_TRACE_UNREACHABLE, /* "unreachable": ICMP, no route, TCP refused, reset or closed */
    DP_TRACE_MALFORMED,   /* "malformed" */
    DP_TRACE_CANCELED,    /* "canceled" */
    DP_TRACE_NO_FAMILY,   /* "family": not asked, this vantage lacks the address family */
    DP_TRACE_NOT_ALLOWED, /* "private": not asked, the caller's `allow` refused the address */
    DP_TRACE_LIMIT        /* "limit": not asked, a limit of the trace was reached */
};

enum dp_trace_source {                    /* where the address of a server was learned */
                       DP_TRACE_HINTS,    /* "hints": the root hints */
                       DP_TRACE_GLUE,     /* "glue": the parent's referral */
                       DP_TRACE_RESOLVED, /* "resolved": from the name's own zone, by a walk of the trace */
                       DP_TRACE_CHILD,    /* "child": the zone's own servers say so */
                       DP_TRACE_SHARED    /* "shared": a server of the zone above that serves this one too */
};

enum dp_trace_status {
    DP_TRACE_STATUS_ANSWER,
    DP_TRACE_STATUS_NODATA,
    DP_TRACE_STATUS_NXDOMAIN,
    DP_TRACE_STATUS_DEAD_END, /* no server of the deepest zone gave an authoritative answer */
    DP_TRACE_STATUS_LOOP,     /* dead end because delegations lead in a circle */
    DP_TRACE_STATUS_LIMIT,    /* dead end because a limit was reached */
    DP_TRACE_STATUS_CANCELED
};

struct dp_trace_glue {
    struct dp_trace_glue *next;
    struct dp_addr address; /* with the port that the trace uses */
};

/* A name server as somebody lists it, with the addresses that the same party gives for it. */
struct dp_trace_ns {
    struct dp_trace_ns *next;
    struct dp_name name;
    struct dp_trace_glue *glue;
};

/* A delegation as one server states it, or the union over several. */
struct dp_trace_referral {
    struct dp_name zone;
    struct dp_trace_ns *ns;
    size_t n_ns;
    struct dp_rrs ds; /* as seen in this referral (only with dnssec) */
};

struct dp_trace_address {
    struct dp_trace_address *next;
    struct dp_addr address;
    enum dp_trace_source source;
    enum dp_trace_kind kind;            /* of the last attempt */
    struct dp_exchange *exchange;       /* the last attempt; NULL when it was not asked */
    unsigned n_attempts;                /* TCP after TC, without EDNS after FORMERR, again after silence */
    struct dp_trace_referral *referral; /* REFERRAL and UPWARD: what it said; else NULL */
};

struct dp_trace_server {
    struct dp_trace_server *next;
    struct dp_name name;
    struct dp_trace_address *addresses;
    bool in_delegation; /* listed by the parent (or the hints); false: only the child lists it */
    bool unresolved;    /* no address could be found */
};

struct dp_trace_level {
    struct dp_trace_level *next; /* the next zone down */
    struct dp_name zone;
    struct dp_trace_server *servers;
    size_t n_servers;
    struct dp_trace_referral *referral; /* union of what this level's servers said about the next zone */
    uint64_t elapsed_us;                /* from its first question to its last decision */
};

/* A question beside the walk. */
enum dp_trace_purpose {
    DP_TRACE_FOR_SOA,     /* "soa": at the servers of the deepest zone */
    DP_TRACE_FOR_NS,      /* "ns": the same */
    DP_TRACE_FOR_DNSKEY,  /* "dnskey": the same */
    DP_TRACE_FOR_ADDRESS, /* "address": A and AAAA of in-zone name servers at the zone's servers */
    DP_TRACE_FOR_DS,      /* "ds": at the servers of the parent */
    DP_TRACE_FOR_RESOLVE  /* "resolve": a step of the search for a server's address */
};

struct dp_trace_probe {
    struct dp_trace_probe *next;
    enum dp_trace_purpose purpose;
    struct dp_name name; /* the question */
    uint16_t type;
    struct dp_name zone;   /* of the server that was asked */
    struct dp_name server; /* name of that server */
    struct dp_addr address;
    struct dp_exchange *exchange; /* NULL when it could not be sent */
    enum dp_trace_kind kind;
};

/* What one address of the deepest zone says about the zone itself. */
struct dp_trace_child_view {
    struct dp_trace_child_view *next;
    struct dp_name server;
    struct dp_addr address;
    bool has_ns; /* it answered NS with authority */
    struct dp_trace_ns *ns;
    bool has_soa;
    struct dp_name soa_owner;
    uint32_t serial;
    bool has_dnskey; /* it answered DNSKEY with authority; `dnskey` may still be empty */
    struct dp_rrs dnskey;
};

struct dp_trace_result {
    struct dp_name name;
    uint16_t type, rrclass;
    enum dp_trace_status status;
    struct dp_name zone;           /* deepest zone found */
    struct dp_trace_level *levels; /* from the root down */
    size_t n_levels;
    /* The delegation of `zone`: the union that the level above gave, `ds` from its servers; NULL for the root
     * and where no server referred to it (parent and child on the same servers). */
    struct dp_trace_referral *parent;
    bool has_ds_answer; /* some parent server answered DS with authority: parent->ds is what is there */
    /* The zone in its own servers' words: union of NS, each with the addresses that the zone's servers (for
     * names inside) or the name's own zone (for names outside) give; and each server's own view. */
    struct dp_trace_ns *child_ns;
    size_t n_child_ns;
    struct dp_trace_child_view *child_views;
    /* Every name server of parent and child with the addresses that its own zone gives: what glue is compared
     * with. Names that could not be asked about are absent. */
    struct dp_trace_ns *true_addresses;
    struct dp_rrs answer; /* of the first authoritative answer at the deepest level */
    bool is_alias;        /* that answer is a CNAME or DNAME; the walk stops there */
    struct dp_name alias; /* its target */
    struct dp_trace_probe *probes;
    struct dp_exchange **exchanges; /* every exchange of the trace, in the order they were sent */
    size_t n_exchanges;
    uint64_t elapsed_us;
    bool limited;                     /* a limit kept the trace from asking something */
    struct dp_trace_result *followed; /* with follow_alias: the walk for `alias`; owned */
    struct dp_arena arena;
};

struct dp_trace_hint { /* a root server */
    struct dp_name name;
    const struct dp_addr *addresses; /* port 0: the trace's */
    size_t n_addresses;
};

struct dp_trace_params {
    struct dp_name name;
    uint16_t type;
    uint16_t rrclass;                  /* 0: IN */
    const struct dp_trace_hint *roots; /* borrowed during the call; NULL: the 13 root servers */
    size_t n_roots;
    /* The walk begins at the servers of `start_zone` instead of the root's; borrowed during the call. The
     * roots are then where searches begin. n_start 0: at the root. */
    const struct dp_trace_hint *start;
    size_t n_start;
    struct dp_name start_zone;
    struct dp_trace_memory *memory; /* of several walks; borrowed until `done`; NULL: none */
    uint16_t port;                  /* 0: 53 */
    bool use_v4, use_v6;
    uint64_t timeout_us, late_us, linger_us; /* of each exchange */
    uint16_t edns_size;                      /* 0: 1232 */
    bool dnssec;                             /* DO */
    bool follow_alias;                       /* walk again for the target of a CNAME, at most 8 times */
    unsigned max_exchanges;                  /* 0: 600 */
    unsigned max_depth;                      /* nested searches for server addresses; 0: 6 */
    /* Whether an address that came from the network may be asked; NULL: all. Hints are always asked, unless
     * they are doubted: whoever gave them has no more leave than the network. */
    bool (*allow)(void *user, const struct dp_addr *address);
    bool doubt_hints;
    void *allow_user;
};

struct dp_trace;
/* `result` is taken: the callee frees it with dp_trace_result_free. */
typedef void dp_trace_cb(void *user, struct dp_trace_result *result);

/* Starts a trace. `done` fires exactly once, possibly before this returns: when every answer has come or
 * timed out and the late window of the silent ones is over. *handle (may be NULL) is valid until `done`, and
 * NULL if that was before. Returns an error, and calls nothing, when it could not begin (ARG, NOMEM). */
enum dp_err dp_trace_start(struct dp_engine *engine, struct dp_loop *loop,
                           const struct dp_trace_params *params, dp_trace_cb *done, void *user,
                           struct dp_trace **handle);
/* Sends nothing more and cancels what is in flight; `done` fires with what there is, status CANCELED. */
void dp_trace_cancel(struct dp_trace *trace);
void dp_trace_result_free(struct dp_trace_result *result);

const char *dp_trace_kind_name(enum dp_trace_kind kind);
const char *dp_trace_source_name(enum dp_trace_source source);
const char *dp_trace_status_name(enum dp_trace_status status);
const char *dp_trace_purpose_name(enum dp_trace_purpose purpose);

/* The 13 root servers with IPv4 and IPv6 addresses (static). */
const struct dp_trace_hint *dp_trace_builtin_roots(size_t *count);

#endif
