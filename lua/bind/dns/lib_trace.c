/* SPDX-License-Identifier: MIT
 * dns.trace: the walk of core/trace as tables. Names of zones and servers are in lower case, so that they can
 * be keys; what was received stays in the exchanges. Each exchange is one table, wherever it appears: a map
 * from the core's exchange to its table stands at the index EXCHANGES while the result is pushed. */
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

#include "dns/exchanges.h"
#include "dns/libs.h"
#include "dns/message.h"
#include "dns/push.h"
#include "trace/trace.h"
#include "vm/arg.h"
#include "vm/hostpaths.h"
#include "vm/set.h"
#include "vm/state.h"

#define EXCHANGES         4 /* stack: 1 name, 2 type, 3 options */
#define HINTS_MAX         64
#define HINTS_LIMIT_BYTES (1u << 20)
#define MEMORY_NAMES      8192 /* in each of two generations */

/* ---- pieces of the result ---- */

static void push_lower(lua_State *L, const struct dp_name *name)
{
    char text[DP_NAME_TEXT_BYTES];
    dp_name_text(name, text);
    for (char *p = text; *p != '\0'; p++) {
        if (*p >= 'A' && *p <= 'Z') {
            *p = (char)(*p - 'A' + 'a');
        }
    }
    lua_pushstring(L, text);
}

static void set_name(lua_State *L, const char *key, const struct dp_name *name)
{
    push_lower(L, name);
    lua_setfield(L, -2, key);
}

/* The list of a server set's names. */
static void push_ns_names(lua_State *L, const struct dp_trace_ns *ns)
{
    lua_Integer i = 0;
    lua_newtable(L);
    for (; ns != NULL; ns = ns->next) {
        push_lower(L, &ns->name);
        lua_rawseti(L, -2, ++i);
    }
}

/* name -> list of addresses; names without any are left out unless `empty`. */
static void push_ns_addresses(lua_State *L, const struct dp_trace_ns *ns, bool empty)
{
    lua_newtable(L);
    for (; ns != NULL; ns = ns->next) {
        lua_Integer i = 0;
        if (ns->glue == NULL && !empty) {
            continue;
        }
        push_lower(L, &ns->name);
        lua_newtable(L);
        for (const struct dp_trace_glue *glue = ns->glue; glue != NULL; glue = glue->next) {
            dp_push_addr_text(L, &glue->address);
            lua_rawseti(L, -2, ++i);
        }
        lua_rawset(L, -3);
    }
}

/* { zone, ns, glue, ds = true where DS records came with it } */
static void push_referral(lua_State *L, const struct dp_trace_referral *referral)
{
    if (referral == NULL) {
        lua_pushnil(L);
        return;
    }
    lua_createtable(L, 0, 4);
    set_name(L, "zone", &referral->zone);
    push_ns_names(L, referral->ns);
    lua_setfield(L, -2, "ns");
    push_ns_addresses(L, referral->ns, false);
    lua_setfield(L, -2, "glue");
    if (referral->ds.count > 0) {
        dp_set_boolean(L, "ds", true);
    }
}

/* The table of `ex`, made at the first look. */
static void push_exchange(lua_State *L, const struct dp_exchange *ex)
{
    if (ex == NULL) {
        lua_pushnil(L);
        return;
    }
    if (lua_rawgetp(L, EXCHANGES, ex) == LUA_TTABLE) {
        return;
    }
    lua_pop(L, 1);
    dp_exchange_push(L, (struct dp_exchange *)(uintptr_t)ex);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, EXCHANGES, ex);
}

static void push_addresses(lua_State *L, const struct dp_trace_address *address)
{
    lua_Integer i = 0;
    lua_newtable(L);
    for (; address != NULL; address = address->next) {
        dp_push_addr(L, &address->address);
        dp_set_string(L, "source", dp_trace_source_name(address->source));
        dp_set_string(L, "kind", dp_trace_kind_name(address->kind));
        push_exchange(L, address->exchange);
        lua_setfield(L, -2, "exchange");
        push_referral(L, address->referral);
        lua_setfield(L, -2, "referral");
        lua_rawseti(L, -2, ++i);
    }
}

static void push_servers(lua_State *L, const struct dp_trace_server *server)
{
    lua_Integer i = 0;
    lua_newtable(L);
    for (; server != NULL; server = server->next) {
        lua_createtable(L, 0, 4);
        set_name(L, "name", &server->name);
        push_addresses(L, server->addresses);
        lua_setfield(L, -2, "addresses");
        dp_set_boolean(L, "in_delegation", server->in_delegation);
        dp_set_boolean(L, "unresolved", server->unresolved);
        lua_rawseti(L, -2, ++i);
    }
}

static void push_levels(lua_State *L, const struct dp_trace_level *level)
{
    lua_Integer i = 0;
    lua_newtable(L);
    for (; level != NULL; level = level->next) {
        lua_createtable(L, 0, 4);
        set_name(L, "zone", &level->zone);
        push_servers(L, level->servers);
        lua_setfield(L, -2, "servers");
        push_referral(L, level->referral);
        lua_setfield(L, -2, "referral");
        dp_set_integer(L, "elapsed_us", (lua_Integer)level->elapsed_us);
        lua_rawseti(L, -2, ++i);
    }
}

/* ---- parent and child ---- */

static void set_parent(lua_State *L, const struct dp_trace_result *r)
{
    if (r->parent == NULL) {
        return;
    }
    push_referral(L, r->parent);
    if (r->has_ds_answer || r->parent->ds.count > 0) {
        dp_push_rrs(L, &r->parent->ds);
        lua_setfield(L, -2, "ds");
    }
    lua_setfield(L, -2, "parent");
}

/* Each server's own words about the zone. */
static void push_views(lua_State *L, const struct dp_trace_child_view *view)
{
    lua_Integer i = 0;
    lua_newtable(L);
    for (; view != NULL; view = view->next) {
        dp_push_addr(L, &view->address);
        set_name(L, "server", &view->server);
        if (view->has_ns) {
            push_ns_names(L, view->ns);
            lua_setfield(L, -2, "ns");
        }
        if (view->has_soa) {
            set_name(L, "soa_owner", &view->soa_owner);
            dp_set_integer(L, "serial", view->serial);
        }
        if (view->has_dnskey) {
            dp_push_rrs(L, &view->dnskey);
            lua_setfield(L, -2, "dnskey");
        }
        lua_rawseti(L, -2, ++i);
    }
}

static void set_child(lua_State *L, const struct dp_trace_result *r)
{
    lua_createtable(L, 0, 4);
    push_ns_names(L, r->child_ns);
    lua_setfield(L, -2, "ns");
    push_ns_addresses(L, r->true_addresses, true);
    lua_setfield(L, -2, "addresses");
    push_views(L, r->child_views);
    lua_setfield(L, -2, "views");
    lua_newtable(L);
    for (const struct dp_trace_child_view *view = r->child_views; view != NULL; view = view->next) {
        if (!view->has_ns) {
            continue;
        }
        dp_push_addr_text(L, &view->address);
        push_ns_names(L, view->ns);
        lua_rawset(L, -3);
    }
    lua_setfield(L, -2, "ns_by_address");
    lua_setfield(L, -2, "child");
}

static void push_probes(lua_State *L, const struct dp_trace_probe *probe)
{
    lua_Integer i = 0;
    lua_newtable(L);
    for (; probe != NULL; probe = probe->next) {
        dp_push_addr(L, &probe->address);
        dp_set_string(L, "purpose", dp_trace_purpose_name(probe->purpose));
        dp_set_string(L, "kind", dp_trace_kind_name(probe->kind));
        set_name(L, "name", &probe->name);
        dp_push_type(L, probe->type);
        lua_setfield(L, -2, "type");
        set_name(L, "zone", &probe->zone);
        set_name(L, "server", &probe->server);
        push_exchange(L, probe->exchange);
        lua_setfield(L, -2, "exchange");
        lua_rawseti(L, -2, ++i);
    }
}

static void push_result(lua_State *L, const struct dp_trace_result *r)
{
    lua_createtable(L, 0, 14);
    set_name(L, "name", &r->name);
    dp_push_type(L, r->type);
    lua_setfield(L, -2, "type");
    dp_set_string(L, "status", dp_trace_status_name(r->status));
    set_name(L, "zone", &r->zone);
    push_levels(L, r->levels);
    lua_setfield(L, -2, "levels");
    set_parent(L, r);
    set_child(L, r);
    dp_push_rrs(L, &r->answer);
    lua_setfield(L, -2, "answer");
    if (r->is_alias) {
        set_name(L, "alias", &r->alias);
    }
    push_probes(L, r->probes);
    lua_setfield(L, -2, "probes");
    lua_createtable(L, (int)r->n_exchanges, 0);
    for (size_t i = 0; i < r->n_exchanges; i++) {
        push_exchange(L, r->exchanges[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, "exchanges");
    dp_set_boolean(L, "limited", r->limited);
    dp_set_integer(L, "elapsed_us", (lua_Integer)r->elapsed_us);
}

/* ---- the operation ---- */

struct walk {
    struct dp_wait wait;
    struct dp_trace *trace; /* NULL once it has ended */
    struct dp_trace_result *result;
    bool dropped;
};

static void walk_free(struct walk *walk)
{
    if (walk->result != NULL) {
        dp_trace_result_free(walk->result);
    }
    dp_wait_fini(&walk->wait);
    free(walk);
}

static void walk_done(void *user, struct dp_trace_result *result)
{
    struct walk *walk = user;
    walk->trace = NULL;
    walk->result = result;
    if (walk->dropped) {
        walk_free(walk);
    } else {
        dp_wait_done(&walk->wait);
    }
}

static void walk_drop(struct dp_wait *wait)
{
    struct walk *walk = (struct walk *)wait;
    walk->dropped = true;
    if (walk->trace != NULL) {
        dp_trace_cancel(walk->trace); /* walk_done frees */
    } else {
        walk_free(walk);
    }
}

static int walk_take(lua_State *L, struct dp_wait *wait)
{
    struct walk *walk = (struct walk *)wait;
    luaL_checkstack(L, 40, "trace");
    push_result(L, walk->result);
    const size_t n = walk->result->n_exchanges;
    walk_free(walk);
    dp_state_charge(L, (int64_t)n);
    return 1;
}

/* ---- options ---- */

struct trace_values {
    bool dnssec, remember;
    int64_t family, port, max_depth, max_exchanges;
    uint64_t timeout_us, late_us;
};
#define FIELD(member) offsetof(struct trace_values, member)
static const struct dp_arg_row rows[] = {
    {"dnssec", DP_ARG_BOOL, FIELD(dnssec), 0, 0, NULL},
    {"family", DP_ARG_INT, FIELD(family), 0, 6, NULL},
    {"late", DP_ARG_SECONDS, FIELD(late_us), 0, 3600, NULL},
    {"max_depth", DP_ARG_INT, FIELD(max_depth), 1, 32, NULL},
    {"max_exchanges", DP_ARG_INT, FIELD(max_exchanges), 1, 100000, NULL},
    {"port", DP_ARG_INT, FIELD(port), 1, 65535, NULL},
    {"remember", DP_ARG_BOOL, FIELD(remember), 0, 0, NULL},
    {"roots", DP_ARG_TABLE, 0, 0, 0, NULL},
    {"start", DP_ARG_TABLE, 0, 0, 0, NULL},
    {"timeout", DP_ARG_SECONDS, FIELD(timeout_us), 0.001, 3600, NULL},
};

/* The root server { name, addresses } on top of the stack. */
static void read_hint(lua_State *L, struct dp_arena *a, struct dp_trace_hint *hint)
{
    luaL_argcheck(L, lua_istable(L, -1), 3, "a root hint is a table { name, addresses }");
    lua_getfield(L, -1, "name");
    dp_arg_name(L, 3, -1, "name of a root server", &hint->name);
    lua_getfield(L, -2, "addresses");
    luaL_argcheck(L, lua_istable(L, -1), 3, "a root hint needs its addresses");
    size_t n = lua_rawlen(L, -1);
    struct dp_addr *addresses = dp_arena_calloc(a, n == 0 ? 1 : n, sizeof *addresses);
    if (addresses == NULL || n > HINTS_MAX) {
        luaL_error(L, "too many addresses of a root server");
    }
    for (size_t i = 0; i < n; i++) {
        lua_rawgeti(L, -1, (lua_Integer)i + 1);
        dp_arg_addr(L, 3, -1, "address of a root server", 0, &addresses[i]);
        lua_pop(L, 1);
    }
    lua_pop(L, 2);
    hint->addresses = addresses;
    hint->n_addresses = n;
}

/* The list of servers on top of the stack; pops it. */
static struct dp_trace_hint *read_servers(lua_State *L, struct dp_arena *a, size_t *count)
{
    size_t n = lua_rawlen(L, -1);
    struct dp_trace_hint *hints = dp_arena_calloc(a, n == 0 ? 1 : n, sizeof *hints);
    luaL_argcheck(L, n > 0 && n <= HINTS_MAX && hints != NULL, 3, "from 1 to 64 servers are needed");
    for (size_t i = 0; i < n; i++) {
        lua_rawgeti(L, -1, (lua_Integer)i + 1);
        read_hint(L, a, &hints[i]);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    *count = n;
    return hints;
}

/* A runbook began the walk. */
static bool is_leashed(const struct dp_state *state)
{
    return state->scheduler.leash != NULL && !state->scheduler.leash->limits.typed;
}

/* Root servers from options.roots, else from dns.setup, else the built-in ones; and options.start, where the
 * walk begins. Leaves an arena on the stack. */
static void read_hints(lua_State *L, struct dp_trace_params *params)
{
    struct dp_arena *a = dp_arena_push(L, HINTS_LIMIT_BYTES);
    if (!lua_istable(L, 3) || lua_getfield(L, 3, "roots") == LUA_TNIL) {
        lua_settop(L, 4);
        dp_state_push_setup(L, "root_hints");
    } else {
        params->doubt_hints = is_leashed(dp_state_get(L));
    }
    if (lua_istable(L, -1)) {
        params->roots = read_servers(L, a, &params->n_roots);
    } else {
        lua_pop(L, 1);
    }
    if (lua_istable(L, 3) && lua_getfield(L, 3, "start") == LUA_TTABLE) {
        lua_getfield(L, -1, "zone");
        dp_arg_name(L, 3, -1, "zone to start at", &params->start_zone);
        luaL_argcheck(L, dp_name_is_within(&params->name, &params->start_zone), 3,
                      "the zone to start at must be above the name");
        lua_pop(L, 1);
        lua_getfield(L, -1, "servers");
        luaL_argcheck(L, lua_istable(L, -1), 3, "option 'start' needs the zone's servers");
        params->start = read_servers(L, a, &params->n_start);
    }
    lua_settop(L, 4);
}

/* The walks of this state remember together. */
static struct dp_trace_memory *memory_of(lua_State *L)
{
    struct dp_state *state = dp_state_get(L);
    if (state->trace_memory == NULL) {
        state->trace_memory = dp_trace_memory_new(MEMORY_NAMES);
    }
    if (state->trace_memory == NULL) {
        luaL_error(L, "out of memory");
    }
    return state->trace_memory;
}

static bool allow(void *user, const struct dp_addr *address)
{
    const struct dp_state *state = user;
    return dp_guard_permits(&state->guard, address);
}

/* For a walk that a runbook began: it counts as its exchanges do. */
static bool allow_leashed(void *user, const struct dp_addr *address)
{
    struct dp_state *state = user;
    return dp_guard_rule(&state->guard, address, (uint16_t)state->settings.port, false) == DP_GUARD_PERMITTED;
}

/* Reads the arguments; leaves the arena of the hints at index 4. */
static void read_arguments(lua_State *L, struct dp_trace_params *params)
{
    struct dp_state *state = dp_state_get(L);
    struct trace_values v = {.family = state->settings.family,
                             .port = state->settings.port,
                             .timeout_us = state->settings.timeout_us,
                             .late_us = state->settings.late_us};
    lua_settop(L, 3);
    dp_arg_name(L, 1, 1, "name", &params->name);
    params->type = lua_isnil(L, 2) ? DP_TYPE_A : dp_arg_type(L, 2, 2, "type");
    dp_arg_table(L, 3, true, rows, sizeof rows / sizeof rows[0], &v);
    luaL_argcheck(L, v.family == 0 || v.family == 4 || v.family == 6, 3, "option 'family' must be 4, 6 or 0");
    luaL_argcheck(L, state->scheduler.leash == NULL || v.port == state->settings.port || v.port == 53, 3,
                  "option 'port': a runbook walks at port 53 or that of the run");
    params->use_v4 = v.family != 6;
    params->use_v6 = v.family == 6 || (v.family == 0 && dp_hostpaths_has_route(6));
    params->port = (uint16_t)v.port;
    params->timeout_us = v.timeout_us;
    params->late_us = v.late_us;
    params->linger_us = state->settings.linger_us;
    params->dnssec = v.dnssec;
    params->max_depth = (unsigned)v.max_depth;
    params->max_exchanges = (unsigned)v.max_exchanges;
    params->allow = is_leashed(state) ? allow_leashed : allow;
    params->allow_user = state;
    if (v.remember) {
        params->memory = memory_of(L);
    }
    read_hints(L, params);
}

/* dns.trace(name[, type[, options]]) -> Trace */
static int l_trace(lua_State *L)
{
    struct dp_trace_params params = {0};
    struct dp_trace *trace = NULL;
    dp_await_check(L);
    read_arguments(L, &params);
    struct dp_engine *engine = dp_state_engine(L);
    struct dp_loop *loop = dp_state_loop(L);
    lua_newtable(L);
    struct walk *walk = calloc(1, sizeof *walk);
    if (walk == NULL) {
        return luaL_error(L, "out of memory");
    }
    dp_wait_init(&walk->wait, dp_state_get(L), walk_take, walk_drop);
    enum dp_err err = dp_trace_start(engine, loop, &params, walk_done, walk, &trace);
    if (err != DP_OK) {
        walk_free(walk);
        return luaL_error(L, "trace: %s", dp_err_text(err));
    }
    if (!walk->wait.done) {
        walk->trace = trace;
    }
    lua_replace(L, EXCHANGES); /* the hints were borrowed during the start only */
    return dp_await(L, &walk->wait);
}

static const luaL_Reg functions[] = {{"trace", l_trace}, {NULL, NULL}};

void dp_add_trace(lua_State *L)
{
    luaL_setfuncs(L, functions, 0);
}
