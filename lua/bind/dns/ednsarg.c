/* SPDX-License-Identifier: MIT
 * Options tables to EDNS. */
#include "dns/ednsarg.h"

#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

#include "vm/arg.h"

struct edns_values {
    int64_t size, version, flags;
    bool dnssec;
};
static const struct dp_arg_row edns_rows[] = {
    {"dnssec", DP_ARG_BOOL, offsetof(struct edns_values, dnssec), 0, 0, NULL},
    {"flags", DP_ARG_INT, offsetof(struct edns_values, flags), 0, 65535, NULL},
    {"options", DP_ARG_TABLE, 0, 0, 0, NULL},
    {"size", DP_ARG_INT, offsetof(struct edns_values, size), 0, 65535, NULL},
    {"version", DP_ARG_INT, offsetof(struct edns_values, version), 0, 255, NULL},
};

struct option_values {
    int64_t code;
    struct dp_arg_text data;
};
static const struct dp_arg_row option_rows[] = {
    {"code", DP_ARG_INT, offsetof(struct option_values, code), 0, 65535, NULL},
    {"data", DP_ARG_STRING, offsetof(struct option_values, data), 0, 0, NULL},
};

void dp_edns_arg_default(struct dp_edns_arg *out, bool present)
{
    out->edns =
        (struct dp_edns){.present = present, .udp_size = DP_EDNS_SIZE_DEFAULT, .options = out->options};
}

void dp_edns_arg_add(lua_State *L, int arg, struct dp_edns_arg *out, uint16_t code, const void *data,
                     size_t size_bytes)
{
    size_t total = size_bytes;
    for (size_t i = 0; i < out->edns.n_options; i++) {
        total += out->options[i].size;
    }
    luaL_argcheck(L, out->edns.n_options < DP_EDNS_ARG_OPTIONS, arg, "more than 32 EDNS options");
    luaL_argcheck(L, total <= DP_EDNS_ARG_BYTES, arg, "EDNS options of more than 4096 octets");
    out->options[out->edns.n_options++] =
        (struct dp_edns_option){.code = code, .size = (uint16_t)size_bytes, .data = data};
}

static void read_options(lua_State *L, int arg, struct dp_edns_arg *out)
{
    for (lua_Integer i = 1; lua_rawgeti(L, -1, i) != LUA_TNIL; i++) {
        struct option_values option = {.code = -1, .data = {"", 0}};
        luaL_argcheck(L, lua_istable(L, -1), arg, "an EDNS option is a table { code, data }");
        dp_arg_options(L, arg, -1, "edns.options.", option_rows, sizeof option_rows / sizeof option_rows[0],
                       &option);
        luaL_argcheck(L, option.code >= 0, arg, "an EDNS option needs its code");
        dp_edns_arg_add(L, arg, out, (uint16_t)option.code, option.data.data, option.data.size_bytes);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

void dp_edns_arg_read(lua_State *L, int arg, int index, struct dp_edns_arg *out)
{
    struct edns_values values = {.size = DP_EDNS_SIZE_DEFAULT};
    index = lua_absindex(L, index);
    dp_edns_arg_default(out, true);
    dp_arg_options(L, arg, index, "edns.", edns_rows, sizeof edns_rows / sizeof edns_rows[0], &values);
    out->edns.udp_size = (uint16_t)values.size;
    out->edns.version = (uint8_t)values.version;
    out->edns.flags = (uint16_t)((unsigned)values.flags | (values.dnssec ? DP_EDNS_DO : 0));
    lua_pushliteral(L, "options");
    /* Raw: no code of a metatable, which could drop strings that are borrowed. */
    if (lua_rawget(L, index) == LUA_TTABLE) {
        read_options(L, arg, out);
    }
    lua_pop(L, 1);
}

void dp_edns_arg_subnet(lua_State *L, int arg, struct dp_edns_arg *out, const char *text, size_t size_bytes)
{
    struct dp_addr addr;
    struct dp_ecs ecs = {0};
    const char *slash = memchr(text, '/', size_bytes);
    size_t address_bytes = slash == NULL ? size_bytes : (size_t)(slash - text);
    if (dp_addr_from_text(&addr, text, address_bytes, 0) != DP_OK) {
        luaL_argerror(L, arg, lua_pushfstring(L, "option 'subnet' '%s' is no ADDRESS/PREFIX", text));
    }
    unsigned long most = addr.family == 4 ? 32 : 128, prefix = most;
    if (slash != NULL) {
        char *end = NULL;
        prefix = strtoul(slash + 1, &end, 10);
        if (end == slash + 1 || *end != '\0' || prefix > most) {
            luaL_argerror(
                L, arg,
                lua_pushfstring(L, "option 'subnet' '%s': prefix is not from 0 to %d", text, (int)most));
        }
    }
    ecs.family = addr.family == 4 ? 1 : 2;
    ecs.source_prefix = (uint8_t)prefix;
    for (size_t i = 0; i * 8 < prefix; i++) {
        unsigned keep = prefix - i * 8 >= 8 ? 0xffu : 0xffu << (8 - (prefix - i * 8));
        ecs.address[i] = (uint8_t)(addr.ip[i] & keep);
    }
    dp_edns_arg_add(L, arg, out, DP_EDNS_ECS, out->subnet, dp_ecs_write(&ecs, out->subnet));
}
