/* SPDX-License-Identifier: MIT
 * dns.exchange and dns.query. One exchange is one operation:
 *
 *   1. All options are checked and the message is built; nothing is allocated yet.
 *   2. The operation starts. It is done when the outcome is decided, or, after a timeout, when the late
 *      window is over (unless another attempt follows: then at the timeout).
 *   3. `take` pushes the Exchange table. Packets may still come while the socket lingers: the table reads
 *      from the core's exchange (exchanges.c), so it tells of them; the operation stays with the engine until
 *      that says final.
 *
 * A query is a chain of such operations in one call: the continuation of one starts the next.
 *
 * Stack of the call: 1 options, 2 attempts of a query. */
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

#include "dns/exchanges.h"
#include "dns/libs.h"
#include "dns/message.h"
#include "dns/request.h"
#include "exchange/query.h"
#include "vm/arg.h"
#include "vm/state.h"

struct operation {
    struct dp_wait wait;
    struct dp_exchange *ex;
    bool labelled;    /* its options table has a label for the server */
    bool until_final; /* after a timeout the result waits for the late window */
    bool final;       /* the engine's last word has come */
    bool over;        /* its Exchange has been pushed, or nobody wants it any more */
};

/* ---- life of an operation ---- */

/* Frees the operation unless the engine still has it: then `final` does. */
static void operation_free(struct operation *op)
{
    struct dp_state *state = op->wait.state;
    if (!op->final) {
        return;
    }
    dp_wait_fini(&op->wait);
    if (op->ex != NULL) {
        dp_exchange_unref(op->ex);
    }
    dp_state_settled(state);
    free(op);
}

static void decided(struct dp_exchange *ex)
{
    struct operation *op = ex->user;
    if (ex->outcome != DP_OUTCOME_TIMEOUT || !op->until_final) {
        dp_wait_done(&op->wait);
    }
}

static void final(struct dp_exchange *ex)
{
    struct operation *op = ex->user;
    op->final = true;
    if (op->over) {
        operation_free(op);
    } else {
        dp_wait_done(&op->wait);
    }
}

static void operation_drop(struct dp_wait *wait)
{
    struct operation *op = (struct operation *)wait;
    struct dp_state *state = wait->state;
    op->over = true;
    if (op->final) {
        operation_free(op);
    } else if (state->engine != NULL) {
        dp_exchange_cancel(state->engine, op->ex); /* `final` frees it */
    }
}

/* Pushes the Exchange of a finished operation; frees the operation or leaves it with the engine. */
static void push_finished(lua_State *L, struct operation *op)
{
    dp_exchange_push(L, op->ex);
    if (op->labelled) {
        if (lua_getfield(L, 1, "label") == LUA_TSTRING) {
            lua_getfield(L, -2, "server");
            lua_insert(L, -2);
            lua_setfield(L, -2, "label");
        }
        lua_pop(L, 1);
    }
    op->over = true;
    operation_free(op);
}

/* Starts one exchange. Returns NULL and pushes nil, message, code where it could not be tried. */
static struct operation *start(lua_State *L, struct dp_request *request, bool until_final, dp_wait_take *take)
{
    struct dp_state *state = dp_state_get(L);
    struct dp_engine *engine = dp_state_engine(L);
    dp_state_charge(L, 1);
    struct operation *op = malloc(sizeof *op); /* quicker than calloc, which passes the thread's cache by */
    if (op == NULL) {
        luaL_error(L, "out of memory");
    }
    *op = (struct operation){0};
    dp_wait_init(&op->wait, state, take, operation_drop);
    op->labelled = request->labelled;
    op->until_final = until_final;
    request->params.user = op;
    state->unsettled++;
    enum dp_err err = dp_exchange_start(engine, &request->params, decided, final, &op->ex);
    if (err == DP_OK) {
        return op;
    }
    op->final = true;
    operation_free(op);
    lua_pushnil(L);
    lua_pushstring(L, dp_err_text(err));
    lua_pushstring(L, err == DP_ERR_SOCKET ? "nosocket" : "error");
    return NULL;
}

/* ---- dns.exchange ---- */

static int exchange_take(lua_State *L, struct dp_wait *wait)
{
    push_finished(L, (struct operation *)wait);
    return 1;
}

static int l_exchange(lua_State *L)
{
    struct dp_request request;
    dp_await_check(L);
    lua_settop(L, 1);
    if (!dp_request_read(L, &request, false)) {
        return 3;
    }
    struct operation *op = start(L, &request, true, exchange_take);
    return op == NULL ? 3 : dp_await(L, &op->wait);
}

/* ---- dns.query: resilient ---- */

static int query_take(lua_State *L, struct dp_wait *wait);

/* Starts attempt number `n` of the query whose options are at 1. */
static int query_attempt(lua_State *L, struct dp_request *request, lua_Integer n)
{
    bool last = dp_transport_is_stream(request->params.transport) || n >= request->tries;
    struct operation *op = start(L, request, last, query_take);
    return op == NULL ? 3 : dp_await(L, &op->wait);
}

static int query_take(lua_State *L, struct dp_wait *wait)
{
    struct dp_request request;
    struct operation *op = (struct operation *)wait;
    enum dp_transport transport = op->ex->transport;
    dp_request_read(L, &request, true);
    lua_settop(L, 2);
    lua_Integer n_attempts = luaL_len(L, 2) + 1;
    bool more = dp_query_wants_next(op->ex, (unsigned)n_attempts, (unsigned)request.tries,
                                    request.tcp_fallback, &transport);
    push_finished(L, op);
    lua_pushvalue(L, -1);
    lua_rawseti(L, 2, n_attempts);
    if (more) {
        lua_settop(L, 2);
        request.params.transport = transport;
        int n = query_attempt(L, &request, n_attempts + 1);
        if (n != 3 || !lua_isnil(L, -3)) {
            return n;
        }
        lua_rawgeti(L, 2, n_attempts); /* the next could not be tried: the last that was is the result */
    }
    lua_pushvalue(L, 2);
    lua_setfield(L, -2, "attempts");
    return 1;
}

static int l_query(lua_State *L)
{
    struct dp_request request;
    dp_await_check(L);
    lua_settop(L, 1);
    if (!dp_request_read(L, &request, true)) {
        return 3;
    }
    lua_createtable(L, 1, 0);
    return query_attempt(L, &request, 1);
}

/* ---- dns.settle ---- */

struct settle {
    struct dp_wait wait;
    struct dp_timer *timer;
};

static void settle_free(struct settle *settle)
{
    settle->wait.state->settle = NULL;
    if (settle->timer != NULL) {
        dp_timer_cancel(settle->timer);
    }
    dp_wait_fini(&settle->wait);
    free(settle);
}

static void settle_drop(struct dp_wait *wait)
{
    settle_free((struct settle *)wait);
}

static int settle_take(lua_State *L, struct dp_wait *wait)
{
    lua_pushboolean(L, wait->state->unsettled == 0);
    settle_free((struct settle *)wait);
    return 1;
}

static void settle_expired(void *user)
{
    struct settle *settle = user;
    settle->timer = NULL;
    dp_wait_done(&settle->wait);
}

/* dns.settle([seconds]) -> true when nothing lingers any more, false when that took too long */
static int l_settle(lua_State *L)
{
    struct dp_state *state = dp_state_get(L);
    bool limited = !lua_isnoneornil(L, 1);
    uint64_t after_us = limited ? dp_arg_seconds(L, 1, 0, 86400) : 0;
    dp_await_check(L);
    if (state->settle != NULL) {
        return luaL_error(L, "another task waits in dns.settle");
    }
    struct dp_loop *loop = dp_state_loop(L);
    struct settle *settle = calloc(1, sizeof *settle);
    if (settle == NULL) {
        return luaL_error(L, "out of memory");
    }
    dp_wait_init(&settle->wait, state, settle_take, settle_drop);
    settle->wait.done = state->unsettled == 0;
    state->settle = &settle->wait;
    if (limited && !settle->wait.done &&
        dp_timer_start(loop, after_us, settle_expired, settle, &settle->timer) != DP_OK) {
        settle_free(settle);
        return luaL_error(L, "timer: out of memory");
    }
    return dp_await(L, &settle->wait);
}

static const luaL_Reg functions[] = {
    {"exchange", l_exchange}, {"query", l_query}, {"settle", l_settle}, {NULL, NULL}};

void dp_add_exchange(lua_State *L)
{
    luaL_setfuncs(L, functions, 0);
    dp_message_open(L);
    dp_exchange_open(L);
}
