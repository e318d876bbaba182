/* SPDX-License-Identifier: MIT
 * dnsprobe.lab.core: core/lab for lua/dnsprobe/lab/scenarios.lua, which knows what a scenario looks like.
 * Zones, nodes and backends are numbers, valid for the lab that gave them. A lab is an operation that is
 * under way until it is stopped: closing the state stops it before the loop goes. */
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

#include "dns/labfaults.h"
#include "dns/libs.h"
#include "dns/push.h"
#include "lab/lab.h"
#include "vm/arg.h"
#include "vm/await.h"
#include "vm/set.h"
#include "vm/state.h"

#define LAB        "dnsprobe.Lab"
#define THINGS_MAX 256u
#define SPEED_MAX  1000
#define TTL_MAX    2147483647.0 /* RFC 2181, section 8 */

struct lab {
    struct dp_wait wait; /* nobody waits on it: it is how dp_state_close finds the lab */
    struct dp_lab *lab;  /* NULL: stopped */
    bool started;
    struct dp_lab_zone *zones[THINGS_MAX];
    struct dp_lab_node *nodes[THINGS_MAX];
    struct dp_lab_backend *backends[THINGS_MAX];
    size_t n_zones, n_nodes, n_backends;
};

/* ---- life ---- */

static void stop(struct lab *lab)
{
    if (lab->lab != NULL) {
        dp_lab_free(lab->lab);
        lab->lab = NULL;
        dp_wait_fini(&lab->wait);
    }
}

static void lab_drop(struct dp_wait *wait)
{
    stop((struct lab *)wait);
}

static int lab_take(lua_State *L, struct dp_wait *wait)
{
    (void)L;
    (void)wait;
    return 0;
}

/* new(seed) -> lab */
static int l_new(lua_State *L)
{
    const lua_Integer seed = luaL_checkinteger(L, 1);
    struct dp_loop *loop = dp_state_loop(L);
    struct lab *lab = lua_newuserdatauv(L, sizeof *lab, 0);
    memset(lab, 0, sizeof *lab);
    luaL_setmetatable(L, LAB);
    const enum dp_err err = dp_lab_new(loop, (uint64_t)seed, &lab->lab);
    if (err != DP_OK) {
        return luaL_error(L, "lab: %s", dp_err_text(err));
    }
    dp_wait_init(&lab->wait, dp_state_get(L), lab_take, lab_drop);
    return 1;
}

static struct lab *check_lab(lua_State *L)
{
    struct lab *lab = luaL_checkudata(L, 1, LAB);
    luaL_argcheck(L, lab->lab != NULL, 1, "the lab is stopped");
    return lab;
}

/* A lab that is still being built. */
static struct lab *check_building(lua_State *L)
{
    struct lab *lab = check_lab(L);
    luaL_argcheck(L, !lab->started, 1, "the lab is running");
    return lab;
}

static int l_stop(lua_State *L)
{
    stop(luaL_checkudata(L, 1, LAB));
    return 0;
}

static int l_tostring(lua_State *L)
{
    const struct lab *lab = luaL_checkudata(L, 1, LAB);
    if (lab->lab == NULL) {
        lua_pushliteral(L, LAB " (stopped)");
    } else {
        lua_pushfstring(L, LAB " (port %d)", (int)dp_lab_port(lab->lab));
    }
    return 1;
}

/* ---- arguments ---- */

static size_t check_number(lua_State *L, int arg, size_t n, const char *what)
{
    const lua_Integer i = luaL_checkinteger(L, arg);
    if (i < 1 || (size_t)i > n) {
        luaL_argerror(L, arg, lua_pushfstring(L, "no such %s", what));
    }
    return (size_t)i - 1;
}

static struct dp_lab_zone *check_zone(lua_State *L, const struct lab *lab, int arg)
{
    return lab->zones[check_number(L, arg, lab->n_zones, "zone")];
}

static struct dp_lab_node *check_node(lua_State *L, const struct lab *lab, int arg)
{
    return lab->nodes[check_number(L, arg, lab->n_nodes, "node")];
}

static struct dp_lab_backend *check_backend(lua_State *L, const struct lab *lab, int arg)
{
    return lab->backends[check_number(L, arg, lab->n_backends, "backend")];
}

static struct dp_addr check_addr(lua_State *L, int arg)
{
    struct dp_addr addr;
    luaL_checkstring(L, arg);
    dp_arg_addr(L, arg, arg, "address", 0, &addr);
    return addr;
}

static struct dp_addr opt_addr(lua_State *L, int arg)
{
    static const struct dp_addr none;
    return lua_isnoneornil(L, arg) ? none : check_addr(L, arg);
}

/* Raises for an error of core/lab; `text` (may be "") says more than its code. */
static void check_ok(lua_State *L, enum dp_err err, const char *text)
{
    if (err != DP_OK) {
        luaL_error(L, "%s", text[0] != '\0' ? text : dp_err_text(err));
    }
}

static void check_parsed(lua_State *L, enum dp_err err, const struct dp_zonetext_error *error)
{
    if (err != DP_OK && error->line != 0) {
        luaL_error(L, "line %d: %s", (int)error->line, error->text);
    }
    check_ok(L, err, error->text);
}

/* Counts one thing more; raises when there are too many. */
static void check_room(lua_State *L, size_t n, const char *what)
{
    if (n == THINGS_MAX) {
        luaL_error(L, "too many %s", what);
    }
}

/* ---- zones ---- */

struct zone_args {
    uint64_t serial_every_us, serial_lag_us;
    bool shuffle;
};

static const struct dp_arg_row zone_rows[] = {
    {"serial_every", DP_ARG_SECONDS, offsetof(struct zone_args, serial_every_us), 0.1, 86400, NULL},
    {"serial_lag", DP_ARG_SECONDS, offsetof(struct zone_args, serial_lag_us), 0, 86400, NULL},
    {"shuffle", DP_ARG_BOOL, offsetof(struct zone_args, shuffle), 0, 0, NULL},
};

/* lab:zone(origin, text [, { serial_every, serial_lag, shuffle }]) -> zone */
static int l_zone(lua_State *L)
{
    struct lab *lab = check_lab(L);
    size_t size;
    const char *origin = luaL_checkstring(L, 2);
    const char *text = luaL_checklstring(L, 3, &size);
    struct zone_args args = {0};
    struct dp_zonetext_error error;
    struct dp_lab_zone *zone;
    dp_arg_table(L, 4, true, zone_rows, sizeof zone_rows / sizeof zone_rows[0], &args);
    check_room(L, lab->n_zones, "zones");
    check_parsed(L, dp_lab_add_zone(lab->lab, origin, text, size, &zone, &error), &error);
    zone->serial_every_us = args.serial_every_us;
    zone->serial_lag_us = args.serial_lag_us;
    zone->shuffle = args.shuffle;
    lab->zones[lab->n_zones++] = zone;
    lua_pushinteger(L, (lua_Integer)lab->n_zones);
    return 1;
}

/* lab:pool(zone, name, take [, weights]) */
static int l_pool(lua_State *L)
{
    struct lab *lab = check_lab(L);
    struct dp_lab_zone *zone = check_zone(L, lab, 2);
    const char *name = luaL_checkstring(L, 3);
    const lua_Integer take = luaL_checkinteger(L, 4);
    double weights[64];
    size_t n = 0;
    luaL_argcheck(L, take >= 1 && take <= 64, 4, "1 to 64 expected");
    if (!lua_isnoneornil(L, 5)) {
        luaL_checktype(L, 5, LUA_TTABLE);
        for (; n < 64 && lua_rawgeti(L, 5, (lua_Integer)n + 1) != LUA_TNIL; n++) {
            weights[n] = luaL_checknumber(L, -1);
            lua_pop(L, 1);
        }
    }
    check_ok(L, dp_lab_add_pool(zone, name, (unsigned)take, weights, n), "");
    return 0;
}

/* lab:alias(zone, target, via, ttl [, { pinned address, ... }]) */
static int l_alias(lua_State *L)
{
    struct lab *lab = check_lab(L);
    struct dp_lab_zone *zone = check_zone(L, lab, 2);
    const char *target = luaL_checkstring(L, 3);
    const struct dp_addr via = check_addr(L, 4);
    const lua_Integer ttl = luaL_checkinteger(L, 5);
    struct dp_addr pinned[8];
    size_t n = 0;
    luaL_argcheck(L, ttl >= 0 && (double)ttl <= TTL_MAX, 5, "a TTL expected");
    if (!lua_isnoneornil(L, 6)) {
        luaL_checktype(L, 6, LUA_TTABLE);
        for (; n < 8 && lua_rawgeti(L, 6, (lua_Integer)n + 1) != LUA_TNIL; n++) {
            dp_arg_addr(L, 6, lua_gettop(L), "pinned", 0, &pinned[n]);
            lua_pop(L, 1);
        }
    }
    check_ok(L, dp_lab_add_alias(zone, target, &via, (uint32_t)ttl, pinned, n), "");
    return 0;
}

/* ---- nodes ---- */

/* lab:node(address, label [, faults for the host [, faults for the lab's own]]) -> node */
static int l_node(lua_State *L)
{
    struct lab *lab = check_building(L);
    const struct dp_addr address = check_addr(L, 2);
    const char *label = luaL_checkstring(L, 3);
    struct dp_lab_faults host, own;
    struct dp_lab_node *node;
    dp_arg_faults(L, 4, &host);
    dp_arg_faults(L, 5, &own);
    check_room(L, lab->n_nodes, "nodes");
    const enum dp_err err = dp_lab_add_node(lab->lab, &address, label, &node);
    check_ok(L, err,
             err == DP_ERR_RANGE ? "an address in 127.53.0.0/16 is needed"
             : err == DP_ERR_ARG ? "the address is used twice"
                                 : "");
    *dp_lab_node_faults(node, DP_LAB_VIEWER_HOST) = host;
    *dp_lab_node_faults(node, DP_LAB_VIEWER_LAB) = own;
    lab->nodes[lab->n_nodes++] = node;
    lua_pushinteger(L, (lua_Integer)lab->n_nodes);
    return 1;
}

/* lab:refault(node, faults for the host, faults for the lab's own): other faults than before */
static int l_refault(lua_State *L)
{
    const struct lab *lab = check_lab(L);
    struct dp_lab_node *node = check_node(L, lab, 2);
    struct dp_lab_faults host, own;
    dp_arg_faults(L, 3, &host);
    dp_arg_faults(L, 4, &own);
    check_ok(L, dp_lab_node_refault(node, &host, &own), "its TCP listener cannot be changed");
    return 0;
}

/* lab:intercept(node [, by]) */
static int l_intercept(lua_State *L)
{
    const struct lab *lab = check_lab(L);
    dp_lab_node_intercept(check_node(L, lab, 2), lua_isnoneornil(L, 3) ? NULL : check_node(L, lab, 3));
    return 0;
}

/* lab:app(address, mode); while the lab runs: another mode */
static int l_app(lua_State *L)
{
    struct lab *lab = check_lab(L);
    const struct dp_addr address = check_addr(L, 2);
    const int mode = luaL_checkoption(L, 3, "open", dp_lab_tcp_words);
    if (lab->started) {
        check_ok(L, dp_lab_set_app(lab->lab, &address, (enum dp_lab_tcp)mode),
                 "nothing listened there from the start");
        return 0;
    }
    const enum dp_err err = dp_lab_add_app(lab->lab, &address, (enum dp_lab_tcp)mode);
    check_ok(L, err, err == DP_ERR_ARG ? "the address is used twice" : "");
    return 0;
}

/* lab:root(address) */
static int l_root(lua_State *L)
{
    struct lab *lab = check_building(L);
    const struct dp_addr address = check_addr(L, 2);
    check_ok(L, dp_lab_add_root(lab->lab, &address), "");
    return 0;
}

/* ---- backends ---- */

/* lab:backend(node, identity, weight) -> backend */
static int l_backend(lua_State *L)
{
    struct lab *lab = check_building(L);
    struct dp_lab_node *node = check_node(L, lab, 2);
    const char *identity = luaL_checkstring(L, 3);
    const lua_Number weight = luaL_checknumber(L, 4);
    luaL_argcheck(L, weight > 0, 4, "a weight above 0 expected");
    check_room(L, lab->n_backends, "backends");
    check_ok(L, dp_lab_add_backend(node, identity, weight, &lab->backends[lab->n_backends]), "");
    lua_pushinteger(L, (lua_Integer)++lab->n_backends);
    return 1;
}

/* lab:serve(backend, zone [, subnet, prefix length]) */
static int l_serve(lua_State *L)
{
    struct lab *lab = check_lab(L);
    struct dp_lab_backend *backend = check_backend(L, lab, 2);
    struct dp_lab_zone *zone = check_zone(L, lab, 3);
    const struct dp_addr subnet = opt_addr(L, 4);
    const lua_Integer prefix = luaL_optinteger(L, 5, 24);
    luaL_argcheck(L, prefix >= 0 && prefix <= 32, 5, "0 to 32 expected");
    check_ok(L, dp_lab_backend_zone(backend, zone, &subnet, (unsigned)prefix), "");
    return 0;
}

struct resolver_args {
    struct dp_arg_text forward_to;
    int64_t tries, max_ttl;
    uint64_t timeout_us;
    bool serve_stale, ecs;
};

static const struct dp_arg_row resolver_rows[] = {
    {"ecs", DP_ARG_BOOL, offsetof(struct resolver_args, ecs), 0, 0, NULL},
    {"forward_to", DP_ARG_STRING, offsetof(struct resolver_args, forward_to), 0, 0, NULL},
    {"max_ttl", DP_ARG_INT, offsetof(struct resolver_args, max_ttl), 0, TTL_MAX, NULL},
    {"serve_stale", DP_ARG_BOOL, offsetof(struct resolver_args, serve_stale), 0, 0, NULL},
    {"timeout", DP_ARG_SECONDS, offsetof(struct resolver_args, timeout_us), 0.01, 60, NULL},
    {"tries", DP_ARG_INT, offsetof(struct resolver_args, tries), 1, 20, NULL},
};

/* lab:resolver(backend [, options]) */
static int l_resolver(lua_State *L)
{
    struct lab *lab = check_lab(L);
    struct dp_lab_backend *backend = check_backend(L, lab, 2);
    struct resolver_args args = {0};
    dp_arg_table(L, 3, true, resolver_rows, sizeof resolver_rows / sizeof resolver_rows[0], &args);
    struct dp_lab_resolver_config config = {.tries = (unsigned)args.tries,
                                            .timeout_us = args.timeout_us,
                                            .max_ttl_s = (uint32_t)args.max_ttl,
                                            .serve_stale = args.serve_stale,
                                            .ecs = args.ecs};
    if (args.forward_to.data != NULL &&
        dp_addr_from_text(&config.forward_to, args.forward_to.data, args.forward_to.size_bytes, 0) != DP_OK) {
        return luaL_argerror(L, 3, "forward_to: an address expected");
    }
    check_ok(L, dp_lab_backend_resolver(backend, &config), "");
    return 0;
}

/* lab:cached(backend, records [, age in seconds]) */
static int l_cached(lua_State *L)
{
    struct lab *lab = check_lab(L);
    struct dp_lab_backend *backend = check_backend(L, lab, 2);
    const char *records = luaL_checkstring(L, 3);
    const lua_Integer age = luaL_optinteger(L, 4, 0);
    struct dp_zonetext_error error = {0};
    luaL_argcheck(L, age >= 0 && (double)age <= TTL_MAX, 4, "seconds expected");
    check_parsed(L, dp_lab_backend_cached(backend, records, (uint32_t)age, &error), &error);
    return 0;
}

/* lab:absent(backend, name, type, nxdomain, ttl) */
static int l_absent(lua_State *L)
{
    struct lab *lab = check_lab(L);
    struct dp_lab_backend *backend = check_backend(L, lab, 2);
    const char *name = luaL_checkstring(L, 3);
    const uint16_t type = dp_arg_type(L, 4, 4, "type");
    const lua_Integer ttl = luaL_checkinteger(L, 6);
    luaL_argcheck(L, ttl >= 0 && (double)ttl <= TTL_MAX, 6, "a TTL expected");
    check_ok(L, dp_lab_backend_cached_absent(backend, name, type, lua_toboolean(L, 5) != 0, (uint32_t)ttl),
             "");
    return 0;
}

static uint16_t check_ede(lua_State *L, int arg)
{
    const lua_Integer ede = luaL_optinteger(L, arg, 0);
    luaL_argcheck(L, ede >= 0 && ede <= 65535, arg, "an extended error code expected");
    return (uint16_t)ede;
}

/* lab:block(backend, name [, ede [, text [, address]]]) */
static int l_block(lua_State *L)
{
    struct lab *lab = check_lab(L);
    struct dp_lab_backend *backend = check_backend(L, lab, 2);
    const char *name = luaL_checkstring(L, 3);
    const struct dp_addr address = opt_addr(L, 6);
    check_ok(L, dp_lab_backend_block(backend, name, check_ede(L, 4), luaL_optstring(L, 5, ""), &address), "");
    return 0;
}

/* lab:bogus(backend, name [, ede [, text]]) */
static int l_bogus(lua_State *L)
{
    struct lab *lab = check_lab(L);
    struct dp_lab_backend *backend = check_backend(L, lab, 2);
    const char *name = luaL_checkstring(L, 3);
    check_ok(L, dp_lab_backend_bogus(backend, name, check_ede(L, 4), luaL_optstring(L, 5, "")), "");
    return 0;
}

/* lab:clear(backend): its zones and rules are forgotten; lab:flush(backend): what its resolver has cached */
static int l_clear(lua_State *L)
{
    struct lab *lab = check_lab(L);
    dp_lab_backend_clear(check_backend(L, lab, 2));
    return 0;
}

static int l_flush(lua_State *L)
{
    struct lab *lab = check_lab(L);
    dp_lab_backend_flush(check_backend(L, lab, 2));
    return 0;
}

/* ---- running ---- */

/* lab:speed(factor): of the lab's own clock */
static int l_speed(lua_State *L)
{
    const struct lab *lab = check_building(L);
    const lua_Number speed = luaL_checknumber(L, 2);
    luaL_argcheck(L, speed >= 0.01 && speed <= SPEED_MAX, 2, "0.01 to 1000 expected");
    dp_lab_set_speed(lab->lab, speed);
    return 0;
}

/* lab:start() -> port, port of the application listeners or nil */
static int l_start(lua_State *L)
{
    struct lab *lab = check_building(L);
    const enum dp_err err = dp_lab_start(lab->lab);
    check_ok(L, err, err == DP_ERR_SOCKET ? "no port is free on all loopback addresses of the lab" : "");
    lab->started = true;
    lua_pushinteger(L, dp_lab_port(lab->lab));
    if (dp_lab_app_port(lab->lab) == 0) {
        return 1;
    }
    lua_pushinteger(L, dp_lab_app_port(lab->lab));
    return 2;
}

/* lab:stats() -> { queries, upstream, malformed, open } */
static int l_stats(lua_State *L)
{
    const struct dp_lab_stats stats = dp_lab_stats(check_lab(L)->lab);
    lua_createtable(L, 0, 4);
    dp_set_integer(L, "queries", (lua_Integer)stats.queries);
    dp_set_integer(L, "upstream", (lua_Integer)stats.upstream);
    dp_set_integer(L, "malformed", (lua_Integer)stats.malformed);
    dp_set_integer(L, "open", stats.open);
    return 1;
}

static const luaL_Reg methods[] = {
    {"absent", l_absent},   {"alias", l_alias},
    {"app", l_app},         {"backend", l_backend},
    {"block", l_block},     {"bogus", l_bogus},
    {"cached", l_cached},   {"clear", l_clear},
    {"flush", l_flush},     {"intercept", l_intercept},
    {"node", l_node},       {"pool", l_pool},
    {"refault", l_refault}, {"resolver", l_resolver},
    {"root", l_root},       {"serve", l_serve},
    {"speed", l_speed},     {"start", l_start},
    {"stats", l_stats},     {"stop", l_stop},
    {"zone", l_zone},       {NULL, NULL},
};

static const luaL_Reg meta[] = {
    {"__gc", l_stop}, {"__close", l_stop}, {"__tostring", l_tostring}, {NULL, NULL}};

int dp_open_lab(lua_State *L)
{
    static const luaL_Reg functions[] = {{"new", l_new}, {NULL, NULL}};
    luaL_newmetatable(L, LAB);
    luaL_setfuncs(L, meta, 0);
    luaL_newlib(L, methods);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
    luaL_newlib(L, functions);
    return 1;
}
