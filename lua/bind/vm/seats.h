/* SPDX-License-Identifier: MIT
 * Seats of tasks. A seat keeps one thread and, while a task runs on that, the task's handle reachable: two
 * tables in the registry, whose places are counted here, so that a task that begins or ends moves nothing
 * between them. A seat is vacant (no thread), idle (a thread for the next task) or taken. */
#ifndef DP_BIND_SEATS_H
#define DP_BIND_SEATS_H

#include <stdbool.h>

#include <lua.h>

struct dp_seat {
    lua_State *co; /* NULL: vacant */
    int next;      /* of the same kind, idle or vacant; -1: none */
};

struct dp_seats {
    struct dp_seat *items;
    int n, cap;           /* of items */
    int idle, n_idle;     /* the first one, -1: none · how many */
    int vacant;           /* the first one, -1: none */
    int threads, anchors; /* references of the two tables */
};

void dp_seats_open(lua_State *L, struct dp_seats *s); /* may throw */
void dp_seats_fini(struct dp_seats *s);               /* after the Lua state has been closed */

/* The thread of the first idle seat, with nothing on it; makes one where there is none. May throw. */
lua_State *dp_seats_ready(lua_State *L, struct dp_seats *s);
/* Takes that seat, and keeps the handle on top reachable there; the handle stays on top. After dp_seats_ready
 * it does not throw. */
int dp_seats_take(lua_State *L, struct dp_seats *s);
/* Pops a thread, which replaces the one of a taken seat. */
void dp_seats_fill(lua_State *L, struct dp_seats *s, int seat);
/* The handle leaves the seat and keeps what its task left, as its user value 1. With `reuse` that is the one
 * result on the thread, or nil, and the thread stays for the next task, unless enough do: then, and without
 * `reuse`, it is the thread. Returns whether the thread stayed. Does not throw. */
bool dp_seats_leave(lua_State *L, struct dp_seats *s, int seat, bool reuse);

#endif
