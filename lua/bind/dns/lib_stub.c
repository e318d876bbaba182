/* SPDX-License-Identifier: MIT
 * dns.stub: how this host resolves names. Its configuration and hosts file, what c-ares and the C library
 * make of them, and the caches that sit here. Facts are gathered in an arena that Lua collects. */
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

#include "dns/libs.h"
#include "dns/message.h"
#include "dns/push.h"
#include "host/caches.h"
#include "host/config.h"
#include "host/hostsfile.h"
#include "host/stub_ares.h"
#include "host/stub_libc.h"
#include "vm/arg.h"
#include "vm/hostpaths.h"
#include "vm/set.h"
#include "vm/state.h"

#define HOST_LIMIT_BYTES (32u << 20)

static void check(lua_State *L, enum dp_err err)
{
    if (err != DP_OK)
        luaL_error(L, "host configuration: %s", dp_err_text(err));
}

/* ---- config ----------------------------------------------------------------------------------------------
 */

static void set_resolvers(lua_State *L, const struct dp_host_config *config)
{
    lua_createtable(L, (int)config->n_resolvers, 0);
    for (size_t i = 0; i < config->n_resolvers; i++) {
        const struct dp_host_resolver *resolver = &config->resolvers[i];
        dp_push_addr(L, &resolver->address);
        dp_set_string(L, "source", resolver->source);
        dp_set_string(L, "link", resolver->link);
        if (resolver->line != 0)
            dp_set_integer(L, "line", resolver->line);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, "resolvers");
}

static void set_strings(lua_State *L, const char *key, const char *const *texts, size_t n)
{
    lua_createtable(L, (int)n, 0);
    for (size_t i = 0; i < n; i++) {
        lua_pushstring(L, texts[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, key);
}

static void set_options(lua_State *L, const struct dp_resolvconf *rc)
{
    lua_createtable(L, 0, 12);
    dp_set_integer(L, "ndots", rc->ndots);
    dp_set_integer(L, "timeout", rc->timeout_s);
    dp_set_integer(L, "attempts", rc->attempts);
    dp_set_boolean(L, "rotate", rc->rotate);
    dp_set_boolean(L, "edns0", rc->edns0);
    dp_set_boolean(L, "trust_ad", rc->trust_ad);
    dp_set_boolean(L, "use_vc", rc->use_vc);
    dp_set_boolean(L, "single_request", rc->single_request);
    dp_set_boolean(L, "inet6", rc->inet6);
    lua_createtable(L, (int)rc->n_options, 0);
    for (size_t i = 0; i < rc->n_options; i++) {
        lua_pushstring(L, rc->options[i].text);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, "written");
    lua_setfield(L, -2, "options");
}

static void set_link_servers(lua_State *L, const char *key, const struct dp_host_link_server *server)
{
    lua_Integer i = 0;
    lua_newtable(L);
    for (; server != NULL; server = server->next) {
        dp_push_addr_text(L, &server->address);
        lua_rawseti(L, -2, ++i);
    }
    lua_setfield(L, -2, key);
}

static void set_links(lua_State *L, const struct dp_resolved *resolved)
{
    lua_Integer i = 0;
    lua_newtable(L);
    for (const struct dp_host_link *link = resolved->links; link != NULL; link = link->next) {
        lua_Integer j = 0;
        lua_createtable(L, 0, 6);
        dp_set_string(L, "name", link->name);
        dp_set_integer(L, "index", link->index);
        dp_set_boolean(L, "up", link->up);
        dp_set_boolean(L, "vpn", link->vpn);
        set_link_servers(L, "servers", link->servers);
        lua_newtable(L);
        for (const struct dp_host_link_domain *domain = link->domains; domain != NULL;
             domain = domain->next) {
            lua_pushfstring(L, "%s%s", domain->routing_only ? "~" : "", domain->name);
            lua_rawseti(L, -2, ++j);
        }
        lua_setfield(L, -2, "domains");
        lua_rawseti(L, -2, ++i);
    }
    lua_setfield(L, -2, "links");
}

/* The hosts line: its sources, the action behind each ("" for none), and where and how it is written. */
static void set_nsswitch(lua_State *L, const struct dp_nsswitch *ns)
{
    luaL_Buffer text;
    const char *actions[DP_NSSWITCH_SOURCES_MAX];
    for (size_t i = 0; i < ns->n_sources; i++) {
        actions[i] = ns->actions[i] != NULL ? ns->actions[i] : "";
    }
    set_strings(L, "nsswitch", ns->sources, ns->n_sources);
    set_strings(L, "nsswitch_actions", actions, ns->n_sources);
    if (ns->line == 0) {
        return;
    }
    dp_set_integer(L, "nsswitch_line", ns->line);
    luaL_buffinit(L, &text);
    luaL_addstring(&text, "hosts:");
    for (size_t i = 0; i < ns->n_sources; i++) {
        luaL_addchar(&text, ' ');
        luaL_addstring(&text, ns->sources[i]);
        if (ns->actions[i] != NULL) {
            luaL_addchar(&text, ' ');
            luaL_addstring(&text, ns->actions[i]);
        }
    }
    luaL_pushresult(&text);
    lua_setfield(L, -2, "nsswitch_text");
}

/* dns.stub.config() -> the configuration from all sources */
static int l_config(lua_State *L)
{
    struct dp_host_paths paths = dp_hostpaths(L);
    struct dp_arena *a = dp_arena_push(L, HOST_LIMIT_BYTES);
    struct dp_host_config *config = lua_newuserdatauv(L, sizeof *config, 0);
    check(L, dp_host_config_read(&paths, (uint16_t)dp_state_get(L)->settings.port, a, config));
    lua_createtable(L, 0, 9);
    set_resolvers(L, config);
    set_strings(L, "search", config->resolvconf.search, config->resolvconf.n_search);
    set_options(L, &config->resolvconf);
    set_nsswitch(L, &config->nsswitch);
    lua_createtable(L, 0, 3);
    dp_set_string(L, "resolvconf", config->resolvconf_path);
    dp_set_string(L, "hosts", config->hosts_path);
    dp_set_string(L, "nsswitch", config->nsswitch_path);
    lua_setfield(L, -2, "sources");
    set_links(L, &config->resolved);
    dp_set_boolean(L, "resolved", config->resolved.running);
    set_link_servers(L, "uplinks", config->resolved.uplinks);
    return 1;
}

/* dns.stub.hosts(name) -> list of { address, line, file } that decide the name */
static int l_hosts(lua_State *L)
{
    struct dp_hosts_found found = {0};
    const char *file = NULL, *name = luaL_checkstring(L, 1);
    struct dp_host_paths paths = dp_hostpaths(L);
    struct dp_arena *a = dp_arena_push(L, HOST_LIMIT_BYTES);
    enum dp_err err = dp_host_hosts_find(&paths, name, a, &found, &file);
    lua_Integer i = 0;
    lua_newtable(L);
    if (err == DP_ERR_NOTFOUND)
        return 1;
    check(L, err);
    for (const struct dp_hosts_entry *entry = found.entries; entry != NULL; entry = entry->next) {
        lua_createtable(L, 0, 3);
        dp_push_addr_text(L, &entry->address);
        lua_setfield(L, -2, "address");
        dp_set_integer(L, "line", entry->line);
        dp_set_string(L, "file", file);
        lua_rawseti(L, -2, ++i);
    }
    return 1;
}

/* dns.stub.caches() -> list of { kind, name, running, pid, address } */
static int l_caches(lua_State *L)
{
    struct dp_cache *caches = NULL;
    size_t count = 0;
    lua_Integer i = 0;
    struct dp_host_paths paths = dp_hostpaths(L);
    struct dp_arena *a = dp_arena_push(L, HOST_LIMIT_BYTES);
    check(L, dp_caches_find(&paths, a, &caches, &count));
    lua_createtable(L, (int)count, 0);
    for (const struct dp_cache *cache = caches; cache != NULL; cache = cache->next) {
        lua_createtable(L, 0, 6);
        dp_set_string(L, "kind", dp_cache_kind_name(cache->kind));
        dp_set_string(L, "name", cache->name);
        dp_set_boolean(L, "running", true);
        if (cache->pid != 0)
            dp_set_integer(L, "pid", cache->pid);
        if (cache->address.family != 0) {
            dp_push_addr_text(L, &cache->address);
            lua_setfield(L, -2, "address");
            dp_set_integer(L, "port", cache->address.port);
        }
        lua_rawseti(L, -2, ++i);
    }
    return 1;
}

/* ---- look-ups ---------------------------------------------------------------------------------------------
 */

struct lookup {
    struct dp_wait wait;
    bool dropped;
    const char *via;
    struct dp_stub_result result; /* addresses: below */
    struct dp_stub_address addresses[DP_STUB_ADDRESSES_MAX];
};

static void lookup_free(struct lookup *lookup)
{
    dp_wait_fini(&lookup->wait);
    free(lookup);
}

static void lookup_done(void *user, const struct dp_stub_result *result)
{
    struct lookup *lookup = user;
    if (lookup->dropped) {
        lookup_free(lookup);
        return;
    }
    lookup->result = *result;
    memcpy(lookup->addresses, result->addresses, result->n_addresses * sizeof lookup->addresses[0]);
    lookup->result.addresses = lookup->addresses;
    dp_wait_done(&lookup->wait);
}

/* A look-up cannot be stopped: it frees itself when it ends. */
static void lookup_drop(struct dp_wait *wait)
{
    struct lookup *lookup = (struct lookup *)wait;
    lookup->dropped = true;
    if (wait->done)
        lookup_free(lookup);
}

static int lookup_take(lua_State *L, struct dp_wait *wait)
{
    struct lookup *lookup = (struct lookup *)wait;
    const struct dp_stub_result *r = &lookup->result;
    lua_createtable(L, 0, 8);
    dp_set_string(L, "status", dp_stub_status_name(r->status));
    dp_set_string(L, "text", r->text);
    dp_set_string(L, "via", lookup->via);
    dp_set_integer(L, "elapsed_us", (lua_Integer)r->elapsed_us);
    dp_set_integer(L, "timeouts", r->timeouts);
    dp_set_boolean(L, "from_hosts", r->from_hosts);
    if (r->hosts_line != 0)
        dp_set_integer(L, "hosts_line", r->hosts_line);
    lua_createtable(L, (int)r->n_addresses, 0);
    lua_createtable(L, (int)r->n_addresses, 0);
    for (size_t i = 0; i < r->n_addresses; i++) {
        dp_push_addr_text(L, &r->addresses[i].address);
        lua_rawseti(L, -3, (lua_Integer)i + 1);
        lua_pushinteger(L, r->addresses[i].ttl_s);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -3, "ttls");
    lua_setfield(L, -2, "addresses");
    lookup_free(lookup);
    return 1;
}

static struct lookup *lookup_new(lua_State *L, const char *via)
{
    struct lookup *lookup = calloc(1, sizeof *lookup);
    if (lookup == NULL)
        luaL_error(L, "out of memory");
    dp_wait_init(&lookup->wait, dp_state_get(L), lookup_take, lookup_drop);
    lookup->via = via;
    return lookup;
}

static int lookup_failed(lua_State *L, struct lookup *lookup, enum dp_err err)
{
    lookup_free(lookup);
    lua_pushnil(L);
    lua_pushstring(L, dp_err_text(err));
    lua_pushliteral(L, "error");
    return 3;
}

static struct dp_stub_ares *ares_of(lua_State *L)
{
    struct dp_state *state = dp_state_get(L);
    if (state->ares == NULL) {
        struct dp_host_paths paths = dp_hostpaths(L);
        struct dp_stub_ares_config config = {
            .loop = dp_state_loop(L), .paths = &paths, .port = (uint16_t)state->settings.port};
        enum dp_err err = dp_stub_ares_new(&config, &state->ares);
        if (err != DP_OK)
            luaL_error(L, "c-ares: %s", dp_err_text(err));
    }
    return state->ares;
}

struct lookup_values {
    int64_t family;
};
static const struct dp_arg_row lookup_rows[] = {{"type", DP_ARG_ANY, 0, 0, 0, NULL}};
static const struct dp_arg_row libc_rows[] = {
    {"family", DP_ARG_INT, offsetof(struct lookup_values, family), 0, 6, NULL}};

/* dns.stub.lookup(name[, { type = "A"|"AAAA" }]) -> what c-ares makes of it; nil, message, code */
static int l_lookup(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    uint16_t type = DP_TYPE_A;
    dp_await_check(L);
    dp_arg_table(L, 2, true, lookup_rows, 1, NULL);
    if (lua_istable(L, 2) && lua_getfield(L, 2, "type") != LUA_TNIL)
        type = dp_arg_type(L, 2, -1, "option 'type'");
    luaL_argcheck(L, type == DP_TYPE_A || type == DP_TYPE_AAAA, 2, "option 'type' must be A or AAAA");
    struct dp_stub_ares *ares = ares_of(L);
    dp_state_charge(L, 1);
    struct lookup *lookup = lookup_new(L, "c-ares");
    enum dp_err err = dp_stub_ares_lookup(ares, name, type, lookup_done, lookup);
    return err == DP_OK ? dp_await(L, &lookup->wait) : lookup_failed(L, lookup, err);
}

/* dns.stub.getaddrinfo(name[, { family = 4|6 }]) -> what the C library makes of it; nil, "unmeasured", "lab"
 */
static int l_getaddrinfo(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    struct lookup_values v = {0};
    dp_await_check(L);
    dp_arg_table(L, 2, true, libc_rows, 1, &v);
    luaL_argcheck(L, v.family == 0 || v.family == 4 || v.family == 6, 2, "option 'family' must be 4, 6 or 0");
    if (!dp_hostpaths_is_this_host(L)) {
        lua_pushnil(L);
        lua_pushliteral(L, "unmeasured");
        lua_pushliteral(L, "lab");
        return 3;
    }
    struct dp_loop *loop = dp_state_loop(L);
    dp_state_charge(L, 1);
    struct lookup *lookup = lookup_new(L, "libc");
    enum dp_err err = dp_stub_libc_lookup(loop, name, (int)v.family, lookup_done, lookup);
    return err == DP_OK ? dp_await(L, &lookup->wait) : lookup_failed(L, lookup, err);
}

static const luaL_Reg functions[] = {
    {"config", l_config},           {"hosts", l_hosts}, {"caches", l_caches}, {"lookup", l_lookup},
    {"getaddrinfo", l_getaddrinfo}, {NULL, NULL},
};

void dp_add_stub(lua_State *L)
{
    luaL_newlib(L, functions);
    lua_setfield(L, -2, "stub");
}
