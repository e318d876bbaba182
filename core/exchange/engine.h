/* SPDX-License-Identifier: MIT
 * The engine's inside, shared by the files that make it: engine (life, timer), flight (states of one
 * exchange), ports (which socket and id), receive (what came). Nobody else includes it. */
#ifndef DP_EXCHANGE_ENGINE_H
#define DP_EXCHANGE_ENGINE_H

#include <uv.h>

#include "base/rand.h"
#include "exchange/accept.h"
#include "exchange/exchange.h"
#include "exchange/pace.h"
#include "exchange/wheel.h"
#include "net/transport.h"

#define DP_FLIGHT_QUERY_BYTES 128u               /* longer queries go to the arena */
#define DP_FLIGHT_ARENA_BYTES (8u * 1024 * 1024) /* what one answer may make us allocate */

enum dp_phase {
    DP_PHASE_WAITING, /* for its pacing token */
    DP_PHASE_QUEUED,  /* for the next batch of its socket */
    DP_PHASE_SENT,
    DP_PHASE_DECIDED, /* still listening */
    DP_PHASE_FINAL
};

/* One exchange with all that the engine needs to run it. */
struct dp_flight {
    struct dp_exchange ex; /* first: what the caller sees */
    struct dp_engine *engine;
    /* What every packet looks at, together: */
    struct dp_link *link;
    struct dp_flight *hash_next; /* flights on shared sockets by id */
    uint16_t id;                 /* of the query */
    bool deciding;               /* inside `decided` */
    bool finish;                 /* final as soon as `decided` has returned */
    bool own_socket_needed;      /* id or socket options are the caller's */
    unsigned refs;
    enum dp_phase phase;
    struct dp_accept_query accept;
    enum dp_df df;
    dp_exchange_cb *decided, *final;
    uint64_t timeout_us, late_us, linger_us;
    uint64_t begun_us; /* monotonic: when it was started, then when it got its token */
    struct dp_wheel_timer timer;
    struct dp_pace_waiter waiter;
    struct dp_flight *next, *prev;             /* all flights that are not final; `next` in the free list */
    struct dp_flight *queue_next, *queue_prev; /* the send queue */
    uint8_t *query;
    struct dp_arena arena; /* long query, answer, strays */
    /* Not cleared when the struct is used again: */
    struct dp_msg msg;
    uint8_t inline_query[DP_FLIGHT_QUERY_BYTES];
};

/* Shared datagram sockets of one address family. */
struct dp_pool {
    struct dp_link **links; /* n_links places, NULL where none is open yet */
    unsigned *uses;         /* of the link in that place, since it was opened */
    unsigned current;       /* place in use */
    unsigned run;           /* exchanges that still go to the current one */
};

struct dp_engine {
    struct dp_engine_config config;
    struct dp_net *net;
    struct dp_pace *pace;
    struct dp_rand rand;
    uv_timer_t timer;     /* drives the wheel */
    uv_prepare_t prepare; /* sends what was queued, before the loop sleeps; active only when something is */
    uint64_t armed_us;    /* when `timer` fires; UINT64_MAX: not armed */
    struct dp_pool pools[2];
    unsigned own_sockets; /* datagram sockets for one exchange each */
    double own_tokens;    /* how many may be opened now: ports.c, rule 2 */
    uint64_t own_filled_us;
    bool own_paused; /* they ran out and are not half full again */
    struct dp_flight **table;
    size_t table_size, table_count;
    struct dp_flight *flights; /* not final */
    struct dp_flight *queue_head, *queue_tail;
    struct dp_flight *free_flights;
    unsigned n_free;
    size_t live;      /* flights that somebody still refers to */
    unsigned handles; /* uv handles not closed yet */
    bool closing;
    uint64_t started; /* the last running number */
    struct dp_engine_stats stats;
    struct dp_arena scratch; /* comparing duplicates */
    struct dp_wheel wheel;
};

static inline struct dp_flight *dp_flight_of(struct dp_exchange *ex)
{
    return (struct dp_flight *)ex;
}

/* engine.c */
void dp_engine_arm(struct dp_engine *engine);     /* after the wheel may have got an earlier timer, or none */
void dp_engine_release(struct dp_engine *engine); /* frees the memory if nothing refers to it any more */

/* flight.c */
struct dp_flight *dp_flight_new(struct dp_engine *engine); /* one reference; NULL without memory */
void dp_flight_unref(struct dp_flight *flight);
void dp_flight_free(struct dp_flight *flight);
void dp_flight_link_out(struct dp_flight *flight); /* out of the engine's list */
void dp_flight_set_phase(struct dp_flight *flight, enum dp_phase phase);
/* Has both tokens: gets a socket and is sent or queued. On an error nothing has been called. */
enum dp_err dp_flight_launch(struct dp_flight *flight, int *sys_errno);
void dp_flight_granted(struct dp_pace_waiter *waiter);
/* Outcome and `decided`; then it listens, or is final. */
void dp_flight_decide(struct dp_flight *flight, enum dp_outcome outcome);
/* Sets the timer for the rest of its life after an outcome, or finishes it. */
void dp_flight_listen(struct dp_flight *flight);
/* `final`, at once or when `decided` has returned. */
void dp_flight_finish(struct dp_flight *flight);

/* ports.c */
void dp_ports_draw_id(struct dp_flight *flight); /* a random one, in the query too */
/* Fills link and local port; draws another id where the socket has one like it already. */
enum dp_err dp_ports_assign(struct dp_flight *flight, int *sys_errno);
void dp_ports_release(struct dp_flight *flight);
/* The flight that a message with this id belongs to; NULL if none. */
struct dp_flight *dp_ports_find(struct dp_engine *engine, const struct dp_link *link, const uint8_t *message,
                                size_t size_bytes);
void dp_ports_close(struct dp_engine *engine);

/* receive.c: `user` is the engine. */
void dp_receive_packet(void *user, struct dp_link *link, const struct dp_packet *packet);
void dp_receive_path_error(void *user, struct dp_link *link, const struct dp_path_error *error);
/* Takes the times of connection and first byte from the link, as far as it got. */
void dp_receive_note_phases(struct dp_flight *flight);
/* Takes the MTU of the path where the size of packets may have mattered. */
void dp_receive_note_mtu(struct dp_flight *flight);
/* Outcome of a failure of this transport. */
enum dp_outcome dp_receive_outcome(const struct dp_flight *flight, int sys_errno);

#endif
