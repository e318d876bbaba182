/* SPDX-License-Identifier: MIT
 * Inside of the trace room: the state of a walk. What users see (trace.h) is embedded as first member of the
 * private structs, so a public list is also the private one.
 *
 * The walk is a flow of data, without stages that wait for each other: a referral adds servers to the level
 * of its zone, a new address is asked at once, an authoritative answer begins the questions to the zone
 * itself, an address found by a search joins every place that misses it. The end is reached when nothing is
 * in flight and nothing moves any more (dp_walk_settle in trace.c). */
#ifndef DP_TRACE_WALK_H
#define DP_TRACE_WALK_H

#include "trace/trace.h"

/* Bounds of what a delegation can make us send. A hostile zone that lists many names under a victim's zone
 * (NXNSAttack, 2020) costs the victim DP_WALK_SEARCH_FANOUT packets per name, for DP_WALK_UNGLUED_MAX
 * names. */
#define DP_WALK_NS_MAX          32 /* name servers of one zone; 13 is the most that is usual */
#define DP_WALK_ADDRESSES_MAX   8  /* addresses of one name server */
#define DP_WALK_UNGLUED_MAX     10 /* names of one zone that are searched for want of glue */
#define DP_WALK_SEARCHES_MAX    48 /* searches in all */
#define DP_WALK_SEARCH_FANOUT   2  /* addresses that a search asks at once */
#define DP_WALK_SEARCH_TRIES    6  /* addresses that it asks in one zone */
#define DP_WALK_PER_ADDRESS_MAX 80 /* questions to one address */
#define DP_WALK_ASKED_FOR_NAME  4  /* servers of a zone that are asked for the addresses of one of them */
#define DP_WALK_DS_ASKED        4  /* servers of the parent that are asked for DS */
#define DP_WALK_GLUE_GRACE_US   150000u /* how long a name without glue waits for another server's referral */

struct dp_walk_address;
struct dp_walk_ask;
typedef void dp_walk_answered(struct dp_trace *t, const struct dp_walk_ask *ask);

/* One question on its way. Lives until its exchange is final; `trace` is NULL when the trace has ended
 * before. */
struct dp_walk_ask {
    struct dp_walk_ask *prev, *next;
    struct dp_trace *trace;
    struct dp_addr address;
    struct dp_name name;
    uint16_t type;
    bool trusted; /* the address needs no leave */
    bool plain;   /* without EDNS */
    bool tcp;
    unsigned n_attempts;
    bool starting, decided, silent, over;
    struct dp_exchange *ex;     /* held by the result */
    dp_walk_answered *answered; /* once, and again when the answer came late */
    void *target;
    unsigned tag; /* the asker's */
};

struct dp_walk_server {
    struct dp_trace_server pub;
    bool wants_search;
    unsigned n_asked_for; /* servers that were asked for its addresses */
};

struct dp_walk_level {
    struct dp_trace_level pub;
    uint64_t started_us;
    unsigned n_undecided;
    bool tried_again;
    struct dp_timer *glue_timer; /* runs while names without glue wait */
    struct dp_trace_child_view *views;
    struct dp_walk_address *confirmed[DP_WALK_ASKED_FOR_NAME]; /* the first servers with authority */
    unsigned n_views;
    unsigned n_ds_asked;
    unsigned n_unglued;
};

struct dp_walk_address {
    struct dp_trace_address pub;
    struct dp_walk_level *level;
    struct dp_walk_server *server;
    struct dp_trace_child_view *view; /* it has authority for the level's zone */
    bool soa_seen, ds_asked;
};

/* What is known of a zone's servers: the ground on which searches walk. */
struct dp_walk_cut_address {
    struct dp_walk_cut_address *next;
    struct dp_addr address;
    bool trusted, bad;
};
struct dp_walk_cut_ns {
    struct dp_walk_cut_ns *next;
    struct dp_name name;
    struct dp_walk_cut_address *addresses;
};
struct dp_walk_cut {
    struct dp_walk_cut *next;
    struct dp_name zone;
    struct dp_walk_cut_ns *ns;
    unsigned n_ns;
};

struct dp_walk_search; /* search.c */
struct dp_walk_count {
    struct dp_walk_count *next;
    struct dp_addr address;
    unsigned n;
};

struct dp_trace {
    struct dp_engine *engine;
    struct dp_loop *loop;
    struct dp_trace_params params; /* pointers of the caller cleared */
    struct dp_trace_result *r;
    struct dp_arena *a; /* the result's */
    struct dp_walk_ask *asks;
    unsigned n_undecided, n_silent, n_sent;
    struct dp_walk_cut *cuts;
    struct dp_walk_search *searches;
    unsigned n_searches;
    struct dp_walk_count *counts;
    struct dp_trace_ns *truths; /* addresses that a name's own zone gave */
    struct dp_trace_probe **last_probe;
    size_t exchanges_cap;
    uint64_t started_us;
    unsigned busy; /* depth of entries: the end is looked for in the outermost only */
    unsigned n_followed;
    bool canceled, circle, failed; /* failed: out of memory, the result is what there was */
    struct dp_trace *follower;     /* the walk for the alias */
    bool *ended;                   /* during start: set when `done` fires before it returns */
    dp_trace_cb *done;
    void *user;
};

/* trace.c */
void dp_walk_enter(struct dp_trace *t);
void dp_walk_leave(struct dp_trace *t); /* may end and free the trace */

/* ask.c: sends a question. PENDING when it is on its way (`answered` fires exactly once or twice, possibly
 * before this returns), else why it was not sent. */
struct dp_walk_question {
    const struct dp_addr *address;
    const struct dp_name *name;
    uint16_t type;
    bool trusted, plain;
    dp_walk_answered *answered;
    void *target;
    unsigned tag;
};
enum dp_trace_kind dp_walk_ask(struct dp_trace *t, const struct dp_walk_question *question);
void dp_walk_asks_cancel(struct dp_trace *t);
void dp_walk_asks_detach(struct dp_trace *t);
struct dp_trace_probe *dp_walk_probe(struct dp_trace *t, enum dp_trace_purpose purpose,
                                     const struct dp_walk_question *question, const struct dp_name *zone,
                                     const struct dp_name *server);

/* classify.c: pure functions of an answer. */
enum dp_trace_kind dp_walk_classify(const struct dp_exchange *ex, const struct dp_name *zone,
                                    const struct dp_name *name, uint16_t type, struct dp_name *cut);
bool dp_walk_has_authority(enum dp_trace_kind kind); /* ANSWER, NODATA, NXDOMAIN */
/* What the NS records at `cut` and the glue of names within `zone` say; NULL without memory. */
struct dp_trace_referral *dp_walk_referral(const struct dp_msg *msg, const struct dp_name *cut,
                                           const struct dp_name *zone, uint16_t port, struct dp_arena *a);
/* Adds `name` to a list of name servers (once); NULL when full or without memory. */
struct dp_trace_ns *dp_walk_ns_add(struct dp_trace_ns **list, size_t *count, const struct dp_name *name,
                                   struct dp_arena *a);
void dp_walk_glue_add(struct dp_trace_ns *ns, const struct dp_addr *address, struct dp_arena *a); /* once */
const struct dp_rr *dp_walk_find(const struct dp_msg *msg, enum dp_section section,
                                 const struct dp_name *owner, uint16_t type); /* owner NULL: any */
/* The records of one owner and type in the answer section, listed in the arena. */
struct dp_rrs dp_walk_select(const struct dp_msg *msg, enum dp_section section, const struct dp_name *owner,
                             uint16_t type, struct dp_arena *a);

/* level.c: the walk itself. */
struct dp_walk_level *dp_walk_level_get(struct dp_trace *t, const struct dp_name *zone);
struct dp_walk_server *dp_walk_server_add(struct dp_trace *t, struct dp_walk_level *level,
                                          const struct dp_name *name, bool in_delegation);
void dp_walk_address_add(struct dp_trace *t, struct dp_walk_level *level, struct dp_walk_server *server,
                         const struct dp_addr *address, enum dp_trace_source source);
void dp_walk_search_unglued(struct dp_trace *t, struct dp_walk_level *level);
bool dp_walk_glue_hurry(struct dp_trace *t); /* ends all waiting for glue; true if any was */

/* zone.c: questions to the servers of a zone about the zone. */
void dp_walk_zone_begin(struct dp_trace *t, struct dp_walk_address *address);
void dp_walk_zone_new_server(struct dp_trace *t, struct dp_walk_level *level, struct dp_walk_server *server);
void dp_walk_zone_ask_ds(struct dp_trace *t, struct dp_walk_level *level);

/* search.c: addresses of a name server by our own iteration. */
void dp_walk_cut_add(struct dp_trace *t, const struct dp_name *zone, const struct dp_name *ns,
                     const struct dp_addr *address, bool trusted); /* address NULL: the name only */
void dp_walk_cut_mark(struct dp_trace *t, const struct dp_name *zone, const struct dp_addr *address,
                      bool bad);
void dp_walk_search_want(struct dp_trace *t, const struct dp_name *name, unsigned depth);
bool dp_walk_search_push(struct dp_trace *t);         /* starts what waited for its turn; true if any */
bool dp_walk_search_fail_waiting(struct dp_trace *t); /* true if any waited for another: a circle */
/* Notes an address that the zone of `name` gives (NULL: it gives none), and hands it to all that miss it. */
void dp_walk_truth_add(struct dp_trace *t, const struct dp_name *name, const struct dp_addr *address,
                       enum dp_trace_source source);
const struct dp_trace_ns *dp_walk_truth_of(const struct dp_trace *t, const struct dp_name *name);

/* result.c */
struct dp_trace_result *dp_walk_result_new(const struct dp_trace_params *params);
void dp_walk_result_complete(struct dp_trace *t); /* status, zone, parent and child from what was learned */

#endif
