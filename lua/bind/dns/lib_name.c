/* SPDX-License-Identifier: MIT
 * dns.name, dns.address, dns.types: names, addresses and types as text. */
#include <string.h>

#include <lauxlib.h>

#include "dns/libs.h"
#include "dns/push.h"
#include "vm/arg.h"
#include "vm/set.h"
#include "vm/state.h"

/* dns.name.equal(a, b) -> the same name, whatever the case (RFC 4343) */
static int l_equal(lua_State *L)
{
    struct dp_name a, b;
    dp_arg_name(L, 1, 1, "name", &a);
    dp_arg_name(L, 2, 2, "name", &b);
    lua_pushboolean(L, dp_name_equal(&a, &b));
    return 1;
}

/* dns.name.within(a, b) -> a is b or below it */
static int l_within(lua_State *L)
{
    struct dp_name a, b;
    dp_arg_name(L, 1, 1, "name", &a);
    dp_arg_name(L, 2, 2, "ancestor", &b);
    lua_pushboolean(L, dp_name_is_within(&a, &b));
    return 1;
}

static void lower(struct dp_name *name)
{
    size_t at = 0;
    while (at < name->len && name->wire[at] != 0) { /* length octets are below 'A' and must stay */
        size_t end = at + name->wire[at] + 1u;
        for (at++; at < end; at++) {
            if (name->wire[at] >= 'A' && name->wire[at] <= 'Z') {
                name->wire[at] = (uint8_t)(name->wire[at] - 'A' + 'a');
            }
        }
    }
}

/* dns.name.absolute(s) -> checked, lower case, with the final dot; nil, message */
static int l_absolute(lua_State *L)
{
    size_t size = 0;
    struct dp_name name;
    const char *text = luaL_checklstring(L, 1, &size);
    enum dp_err err = dp_name_from_text(&name, text, size, NULL);
    if (err != DP_OK) {
        lua_pushnil(L);
        lua_pushstring(L, dp_err_text(err));
        return 2;
    }
    lower(&name);
    dp_push_name(L, &name);
    return 1;
}

/* dns.name.parent(name) -> without its first label; nil for the root */
static int l_parent(lua_State *L)
{
    struct dp_name name;
    dp_arg_name(L, 1, 1, "name", &name);
    if (dp_name_parent(&name, &name)) {
        dp_push_name(L, &name);
    } else {
        lua_pushnil(L);
    }
    return 1;
}

/* dns.name.labels(name) -> number of labels, 0 for the root */
static int l_labels(lua_State *L)
{
    struct dp_name name;
    dp_arg_name(L, 1, 1, "name", &name);
    lua_pushinteger(L, (lua_Integer)dp_name_labels(&name));
    return 1;
}

/* dns.name.reverse(address) -> its PTR name; nil, message */
static int l_reverse(lua_State *L)
{
    size_t size = 0;
    struct dp_addr addr;
    struct dp_name name;
    const char *text = luaL_checklstring(L, 1, &size);
    enum dp_err err = dp_addr_from_text(&addr, text, size, 0);
    if (err == DP_OK) {
        err = dp_name_reverse(&name, addr.ip, addr.family == 4 ? 4 : 16);
    }
    if (err != DP_OK) {
        lua_pushnil(L);
        lua_pushstring(L, "no address");
        return 2;
    }
    dp_push_name(L, &name);
    return 1;
}

static const char *scope_name(enum dp_addr_scope scope)
{
    switch (scope) {
    case DP_ADDR_GLOBAL:
        return "global";
    case DP_ADDR_LOOPBACK:
        return "loopback";
    case DP_ADDR_PRIVATE:
        return "private";
    case DP_ADDR_LINK_LOCAL:
        return "link-local";
    case DP_ADDR_UNUSABLE:
        return "unusable";
    }
    return "unusable";
}

/* dns.address.parse(s[, default_port]) -> { address, port, family, scope }; nil, message */
static int l_address_parse(lua_State *L)
{
    size_t size = 0;
    struct dp_addr addr;
    const char *text = luaL_checklstring(L, 1, &size);
    lua_Integer port = luaL_optinteger(L, 2, 0);
    luaL_argcheck(L, port >= 0 && port <= 65535, 2, "port must be from 0 to 65535");
    if (dp_addr_from_text(&addr, text, size, (uint16_t)port) != DP_OK) {
        lua_pushnil(L);
        lua_pushliteral(L, "no address (ADDR or ADDR#PORT)");
        return 2;
    }
    dp_push_addr(L, &addr);
    dp_set_integer(L, "family", addr.family);
    dp_set_string(L, "scope", scope_name(dp_addr_scope(&addr)));
    return 1;
}

/* dns.address.source(s) -> the address from which this host sends to it; nil, message. Nothing is sent. */
static int l_address_source(lua_State *L)
{
    size_t size = 0;
    struct dp_addr addr, source;
    const char *text = luaL_checklstring(L, 1, &size);
    if (dp_addr_from_text(&addr, text, size, 53) != DP_OK || !dp_addr_source(&addr, &source)) {
        lua_pushnil(L);
        lua_pushliteral(L, "no address, or no route to it");
        return 2;
    }
    dp_push_addr_text(L, &source);
    return 1;
}

/* dns.address.octets(s) -> 4 or 16 octets in network order; nil, message */
static int l_address_octets(lua_State *L)
{
    size_t size = 0;
    struct dp_addr addr;
    const char *text = luaL_checklstring(L, 1, &size);
    if (dp_addr_from_text(&addr, text, size, 0) != DP_OK) {
        lua_pushnil(L);
        lua_pushliteral(L, "no address");
        return 2;
    }
    lua_pushlstring(L, (const char *)addr.ip, addr.family == 4 ? 4 : 16);
    return 1;
}

/* dns.types() -> all mnemonics */
static int l_types(lua_State *L)
{
    size_t n = dp_rrtype_count();
    lua_createtable(L, (int)n, 0);
    for (size_t i = 0; i < n; i++) {
        lua_pushstring(L, dp_rrtype_at(i)->mnemonic);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

/* dns.is_type(s) -> is it a mnemonic or TYPEnnn? */
static int l_is_type(lua_State *L)
{
    size_t size = 0;
    uint16_t type = 0;
    const char *text = luaL_checklstring(L, 1, &size);
    lua_pushboolean(L, dp_rrtype_from_text(text, size, &type) == DP_OK);
    return 1;
}

static const luaL_Reg name_functions[] = {
    {"equal", l_equal},   {"within", l_within}, {"absolute", l_absolute},
    {"parent", l_parent}, {"labels", l_labels}, {"reverse", l_reverse},
    {NULL, NULL},
};
static const luaL_Reg address_functions[] = {
    {"parse", l_address_parse}, {"source", l_address_source}, {"octets", l_address_octets}, {NULL, NULL}};
static const luaL_Reg functions[] = {{"types", l_types}, {"is_type", l_is_type}, {NULL, NULL}};

void dp_add_name(lua_State *L)
{
    luaL_setfuncs(L, functions, 0);
    luaL_newlib(L, name_functions);
    lua_setfield(L, -2, "name");
    luaL_newlib(L, address_functions);
    lua_setfield(L, -2, "address");
}
