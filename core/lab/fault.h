/* SPDX-License-Identifier: MIT
 * What can be wrong with an address of the lab and the path to it. Faults are data; every random choice comes
 * from the lab's generator, so a seed repeats a run. */
#ifndef DP_LAB_FAULT_H
#define DP_LAB_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/addr.h"

struct dp_rand;
struct dp_msg;

/* What happens to a query instead of its answer. */
enum dp_lab_action {
    DP_LAB_SERVE, /* nothing: it is answered */
    DP_LAB_DROP,
    DP_LAB_REFUSED,
    DP_LAB_SERVFAIL,
    DP_LAB_FORMERR,
    DP_LAB_NOTIMP,
    DP_LAB_BADVERS,
    DP_LAB_TRUNCATE, /* an empty answer with TC: "ask again over TCP" */
    DP_LAB_STRIP     /* answered, but as if there had been no OPT (edns only) */
};

enum dp_lab_tcp {
    DP_LAB_TCP_OPEN,
    DP_LAB_TCP_REFUSE, /* nobody listens; for one viewer only: accepted and reset at once */
    DP_LAB_TCP_DROP,   /* SYNs vanish */
    DP_LAB_TCP_RESET,  /* reset when the query has come */
    DP_LAB_TCP_CLOSE,  /* closed in order when the query has come, without an answer */
    DP_LAB_TCP_ALERT   /* the same after a TLS alert: no TLS that both speak (RFC 8446, section 6.2) */
};

struct dp_lab_faults {
    /* time */
    uint64_t delay_us;     /* median added to each answer */
    uint64_t delay_p99_us; /* 0: always delay_us; else log-normal with this 99th percentile */
    uint64_t jitter_us;    /* plus uniform in [0, jitter_us) */
    double late_share;     /* share of answers that come `late_us` later still */
    uint64_t late_us;
    /* loss, UDP only: TCP would repeat the segment */
    double lose_query;
    double lose_answer;
    unsigned lose_larger_bytes; /* answers larger than this vanish, as their fragments do; 0: none */
    /* service */
    enum dp_lab_action udp; /* DP_LAB_SERVE or DP_LAB_DROP */
    enum dp_lab_tcp tcp;
    enum dp_lab_action edns; /* what a query with OPT gets; DP_LAB_SERVE: it is understood */
    uint16_t edns_option;    /* only when it carries this option; 0: with any OPT */
    double flap_share;       /* share of queries, whatever their rate, that get `flap` */
    enum dp_lab_action flap;
    double rate_qps; /* per client address; 0: unlimited */
    double rate_burst;
    enum dp_lab_action rate; /* what is over the rate gets this */
    unsigned rate_slip;      /* and every nth of it TC instead; 0: never */
    bool not_authoritative;  /* AA is never set */
    bool refuse_any;         /* type ANY: REFUSED (RFC 8482 in its plainest form) */
    bool refuse_chaos;       /* class CH: REFUSED */
    unsigned udp_max_bytes;  /* largest UDP answer, also what OPT says; 0: 1232 */
    bool minimal;            /* no authority or additional records with answers */
    bool mangle_case;        /* the name asked for comes back with its letters in the other case */
    double wrong_source;     /* share of UDP answers that leave from another port */
    double duplicate;        /* share of UDP answers sent twice */
    double wrong_id;         /* share of UDP answers preceded by one with another id */
};

/* Token buckets of the clients of one address. */
#define DP_LAB_METER_CLIENTS 16
struct dp_lab_meter {
    struct {
        struct dp_addr client;
        double tokens;
        uint64_t seen_us; /* 0: free */
        unsigned limited; /* queries over the rate so far */
    } clients[DP_LAB_METER_CLIENTS];
};

/* What becomes of one query that came over UDP or TCP at `now_us`. */
enum dp_lab_action dp_lab_fault_query(const struct dp_lab_faults *faults, struct dp_lab_meter *meter,
                                      const struct dp_addr *client, const struct dp_msg *query, bool tcp,
                                      uint64_t now_us, struct dp_rand *rand);
/* True when the answer of that size is lost on its way. */
bool dp_lab_fault_answer(const struct dp_lab_faults *faults, size_t size_bytes, bool tcp,
                         struct dp_rand *rand);
/* How long this answer is held back. */
uint64_t dp_lab_fault_delay_us(const struct dp_lab_faults *faults, struct dp_rand *rand);

#endif
