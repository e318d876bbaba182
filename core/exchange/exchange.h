/* SPDX-License-Identifier: MIT
 * The exchange engine: exactly one DNS message out over UDP or TCP, and everything that came back for it.
 * Nothing is retried, rewritten or hidden. Thousands of exchanges are in flight at once on one thread.
 *
 * Life of an exchange: started → (waits for its pacing token) → sent → decided → final.
 *   decided: an answer, an error of the path, or the timeout. `decided` is called once.
 *   final:   after an answer the socket is listened to for `linger_us` more, after a timeout for `late_us`
 * (an answer in that window turns the outcome into LATE); what comes is kept as strays. `final` is called
 * once. */
#ifndef DP_EXCHANGE_EXCHANGE_H
#define DP_EXCHANGE_EXCHANGE_H

#include "net/addr.h"
#include "net/loop.h"
#include "net/transport.h"
#include "wire/msg.h"

enum dp_outcome { /* rows, with the contract's words, in exchange/outcomes.def */
#define DP_OUTCOME(symbol, name) DP_OUTCOME_##symbol,
#include "exchange/outcomes.def"
#undef DP_OUTCOME
                  DP_OUTCOME_COUNT_
};

enum dp_stray_reason {
#define DP_STRAY(symbol, name) DP_STRAY_##symbol,
#include "exchange/strays.def"
#undef DP_STRAY
    DP_STRAY_COUNT_
};

/* A packet that came for this exchange and was not the answer. */
struct dp_stray {
    enum dp_stray_reason reason;
    struct dp_addr from;
    uint32_t size_bytes;
    uint64_t after_us;  /* since the query was sent */
    bool differs;       /* a duplicate whose sections differ from the answer's: two answers to one question */
    uint16_t wire_size; /* octets kept, at most DP_STRAY_KEEP_BYTES */
    const uint8_t *wire; /* in the exchange's memory */
};
#define DP_STRAY_KEEP_BYTES 512
#define DP_STRAYS_MAX       16 /* more are counted, not kept */

struct dp_exchange {
    uint64_t n; /* running number within the engine, from 1 */
    struct dp_addr server;
    enum dp_transport transport;
    enum dp_outcome outcome;
    uint64_t sent_real_us;  /* Unix time at which the query left; of the decision, where it never did */
    bool unsent;            /* it never did: canceled before, or the system would not send it */
    uint64_t rtt_us;        /* sent to answer arrived; with LATE too; 0 without an answer */
    bool clock_kernel;      /* arrival stamped by the kernel */
    bool sent_clock_kernel; /* sending too */
    uint64_t paced_us;      /* time it waited for its token before it was sent */
    uint64_t connect_us, first_byte_us, last_byte_us; /* TCP phases, since sent; 0 if not reached */
    struct dp_addr from;                              /* of the answer */
    uint16_t local_port;
    uint8_t ttl;             /* TTL or hop limit of the answer; 0: unknown */
    uint16_t fragment_bytes; /* the answer came in fragments, the largest so long; 0: whole, or unknown */
    uint8_t icmp_type, icmp_code;
    struct dp_addr icmp_from; /* who reported, family 0 if none */
    uint32_t mtu_bytes; /* what the link ahead of the reporter takes, where the query was too long; else 0 */
    uint32_t path_mtu_bytes; /* of the path, as this host's kernel has it: over TCP, and where size matters (a
                                query too long, an answer in fragments, a DF of the caller's); else 0 */
    int sys_errno; /* of a path error, and of CANCELED when this host could not send (no socket left) */
    const uint8_t *query; /* wire, owned by the exchange */
    size_t query_size;
    const uint8_t *wire; /* answer as it came, NULL if none; owned by the exchange */
    size_t size_bytes;
    struct dp_msg *response; /* parsed answer, also partly (MALFORMED); NULL if none */
    bool case_differs;       /* the answer repeats the question's name in other letters (0x20) */
    struct dp_stray *strays;
    unsigned n_strays;      /* kept */
    unsigned n_strays_seen; /* came */
    bool final;             /* nothing above changes any more */
    void *user;             /* the caller's */
};

struct dp_engine;

struct dp_engine_config {
    struct dp_loop *loop;
    bool seeded; /* reproducible ids and pool choice */
    uint64_t seed;
    double qps_per_server;          /* token bucket per server address; 0: no ceiling */
    double burst_per_server;        /* bucket depth; default 10 */
    double qps_total;               /* over all servers; 0: no ceiling */
    unsigned max_dedicated_sockets; /* up to that many exchanges, started at no more than 1,000 per second,
                                       have a UDP socket of their own; others share a pool; 0: 256 */
    unsigned pool_sockets; /* shared sockets per family, random ports, replaced from time to time; 0: 64 */
    size_t *held_bytes;    /* counts the memory of exchanges, answers included, while anybody refers to them;
                              must outlive them; NULL: nothing does */
};

struct dp_exchange_params {
    struct dp_addr server; /* with port */
    enum dp_transport transport;
    const uint8_t *
        query; /* borrowed during the call; its first two octets are replaced by a random id unless keep_id */
    size_t query_size;
    uint64_t timeout_us; /* from sending to answer */
    uint64_t late_us;    /* how long to listen after the timeout; 0: not at all */
    uint64_t linger_us;  /* how long to listen after the answer */
    bool keep_id;
    bool unpaced;  /* the caller paces by itself (rate-limit step): buckets are charged but do not delay */
    enum dp_df df; /* the don't-fragment bit of the query, where the system can */
    bool ignore_question; /* accept an answer whose question is not ours (header-only errors always are) */
    double qps;           /* >0: this exchange's server bucket runs at that rate from now on */
    void *user;
};

typedef void dp_exchange_cb(struct dp_exchange *ex);

enum dp_err dp_engine_new(const struct dp_engine_config *config, struct dp_engine **engine);
/* Cancels what is in flight (callbacks fire), then frees. */
void dp_engine_free(struct dp_engine *engine);

/* Starts one exchange. `decided` and `final` (either may be NULL) each fire exactly once, `decided` first;
 * both may fire before this returns, and may start further exchanges. *out (may be NULL) is a reference that
 * the caller must give back with dp_exchange_unref; the engine keeps its own until final. Returns an error,
 * and calls nothing, only when the exchange could not be tried at all (no memory, no socket of that family:
 * SOCKET; bad arguments). */
enum dp_err dp_exchange_start(struct dp_engine *engine, const struct dp_exchange_params *params,
                              dp_exchange_cb *decided, dp_exchange_cb *final, struct dp_exchange **out);
void dp_exchange_cancel(struct dp_engine *engine,
                        struct dp_exchange *ex); /* decided (CANCELED, if not yet) and final fire */
struct dp_exchange *dp_exchange_ref(struct dp_exchange *ex);
void dp_exchange_unref(struct dp_exchange *ex);

/* Counters since the start: what was sent over all transports. */
struct dp_engine_stats {
    uint64_t queries, bytes_sent, answers, timeouts, late, strays, socket_errors;
    uint64_t in_flight, waiting; /* now: sent and undecided; waiting for a pacing token */
    uint64_t lingering;          /* now: decided but not final */
    unsigned open_sockets;
};
struct dp_engine_stats dp_engine_stats(const struct dp_engine *engine);

/* Takes a token of `server`'s bucket for a packet that is not an exchange (an application connect): returns
 * how long the caller must wait before it sends. */
uint64_t dp_engine_reserve_us(struct dp_engine *engine, const struct dp_addr *server);
void dp_engine_set_qps(struct dp_engine *engine, double per_server, double total);

const char *dp_outcome_name(enum dp_outcome outcome); /* the contract's words */
const char *dp_stray_reason_name(enum dp_stray_reason reason);

#endif
