/* SPDX-License-Identifier: MIT
 * dns.connect: the application check. It takes a token of the server's bucket like an exchange, waits for it,
 * then connects. */
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

#include "dns/libs.h"
#include "dns/push.h"
#include "exchange/exchange.h"
#include "net/connect.h"
#include "vm/arg.h"
#include "vm/set.h"
#include "vm/state.h"

struct connect_values {
    bool tls;
    int64_t port;
    uint64_t timeout_us;
    struct dp_arg_text sni;
};
static const struct dp_arg_row rows[] = {
    {"address", DP_ARG_ANY, 0, 0, 0, NULL},
    {"port", DP_ARG_INT, offsetof(struct connect_values, port), 1, 65535, NULL},
    {"sni", DP_ARG_STRING, offsetof(struct connect_values, sni), 0, 0, NULL},
    {"timeout", DP_ARG_SECONDS, offsetof(struct connect_values, timeout_us), 0.001, 3600, NULL},
    {"tls", DP_ARG_BOOL, offsetof(struct connect_values, tls), 0, 0, NULL},
};

struct check {
    struct dp_wait wait;
    struct dp_loop *loop;
    struct dp_timer *timer;     /* waiting for the token */
    struct dp_connect *connect; /* connecting */
    bool dropped;
    enum dp_err err; /* it could not be started */
    struct dp_connect_params params;
    struct dp_connect_result result;
    char sni[256];
};

static void check_free(struct check *check)
{
    dp_wait_fini(&check->wait);
    free(check);
}

static void check_done(void *user, const struct dp_connect_result *result)
{
    struct check *check = user;
    check->connect = NULL;
    check->result = *result;
    if (check->dropped) {
        check_free(check);
    } else {
        dp_wait_done(&check->wait);
    }
}

static void check_begin(void *user)
{
    struct check *check = user;
    struct dp_connect *connect = NULL;
    check->timer = NULL;
    check->err = dp_connect_start(check->loop, &check->params, check_done, check, &connect);
    if (check->err != DP_OK) {
        dp_wait_done(&check->wait);
    } else if (!check->wait.done) {
        check->connect = connect;
    }
}

static void check_drop(struct dp_wait *wait)
{
    struct check *check = (struct check *)wait;
    check->dropped = true;
    if (check->timer != NULL) {
        dp_timer_cancel(check->timer);
    }
    if (check->connect != NULL) {
        dp_connect_cancel(check->connect); /* check_done frees */
    } else {
        check_free(check);
    }
}

static void push_result(lua_State *L, const struct dp_connect_result *r)
{
    lua_createtable(L, 0, 8);
    dp_set_string(L, "outcome", dp_connect_outcome_name(r->outcome));
    if (r->connect_us != 0) {
        dp_set_integer(L, "connect_us", (lua_Integer)r->connect_us);
    }
    if (r->tls_us != 0) {
        dp_set_integer(L, "tls_us", (lua_Integer)r->tls_us);
    }
    dp_set_string(L, "reason", r->reason);
    if (r->tls_version[0] != '\0') {
        dp_set_string(L, "tls_version", r->tls_version);
    }
    if (r->subject[0] != '\0') {
        dp_set_string(L, "subject", r->subject);
    }
    if (r->issuer[0] != '\0') {
        dp_set_string(L, "issuer", r->issuer);
    }
    if (r->not_after_s != 0) {
        dp_set_integer(L, "not_after", (lua_Integer)r->not_after_s);
    }
}

static int check_take(lua_State *L, struct dp_wait *wait)
{
    struct check *check = (struct check *)wait;
    enum dp_err err = check->err;
    struct dp_connect_result result = check->result;
    check_free(check);
    if (err != DP_OK) {
        lua_pushnil(L);
        lua_pushstring(L, dp_err_text(err));
        lua_pushstring(L, err == DP_ERR_SOCKET ? "nosocket" : "error");
        return 3;
    }
    push_result(L, &result);
    return 1;
}

/* Fills the parameters from the options at 1;
 * false with nil, message, code pushed where the guard refuses. */
static bool read_params(lua_State *L, struct dp_connect_params *params, struct connect_values *v)
{
    char text[DP_ADDR_TEXT_BYTES];
    dp_arg_table(L, 1, false, rows, sizeof rows / sizeof rows[0], v);
    luaL_argcheck(L, v->sni.size_bytes < sizeof((struct check *)0)->sni, 1, "option 'sni' is too long");
    lua_getfield(L, 1, "address");
    dp_arg_addr(L, 1, -1, "option 'address'", 0, &params->address);
    lua_pop(L, 1);
    if (params->address.port == 0) {
        params->address.port = (uint16_t)v->port;
    }
    luaL_argcheck(L, params->address.port != 0, 1, "option 'port' is missing");
    params->tls = v->tls;
    params->timeout_us = v->timeout_us;
    const enum dp_guard_ruling ruling = dp_state_rule(L, &params->address, true);
    if (ruling == DP_GUARD_PERMITTED) {
        return true;
    }
    lua_pushnil(L);
    lua_pushfstring(L, "%s %s",
                    (ruling == DP_GUARD_PORTS ? dp_addr_text_port : dp_addr_text)(&params->address, text),
                    dp_guard_text(ruling));
    lua_pushstring(L, dp_guard_code(ruling));
    return false;
}

/* dns.connect{ address, port, tls?, sni?, timeout? } -> result; nil, message, code */
static int l_connect(lua_State *L)
{
    struct connect_values v = {.timeout_us = 5000000};
    struct dp_connect_params params = {0};
    dp_await_check(L);
    if (!read_params(L, &params, &v)) {
        return 3;
    }
    struct dp_engine *engine = dp_state_engine(L);
    struct dp_loop *loop = dp_state_loop(L);
    dp_state_charge(L, 1);
    struct check *check = calloc(1, sizeof *check);
    if (check == NULL) {
        return luaL_error(L, "out of memory");
    }
    dp_wait_init(&check->wait, dp_state_get(L), check_take, check_drop);
    check->loop = loop;
    check->params = params;
    if (v.sni.data != NULL) {
        memcpy(check->sni, v.sni.data, v.sni.size_bytes);
        check->params.sni = check->sni;
    }
    uint64_t wait_us = dp_engine_reserve_us(engine, &params.address);
    if (wait_us == 0) {
        check_begin(check);
    } else if (dp_timer_start(loop, wait_us, check_begin, check, &check->timer) != DP_OK) {
        check_free(check);
        return luaL_error(L, "timer: out of memory");
    }
    return dp_await(L, &check->wait);
}

static const luaL_Reg functions[] = {{"connect", l_connect}, {NULL, NULL}};

void dp_add_connect(lua_State *L)
{
    luaL_setfuncs(L, functions, 0);
}
