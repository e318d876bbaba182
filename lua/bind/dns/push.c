/* SPDX-License-Identifier: MIT
 * C values to Lua tables, in the shapes that lua/meta describes. */
#include "dns/push.h"

#include <stdio.h>

#include <lauxlib.h>

#include "vm/set.h"
#include "vm/state.h"

struct dp_str *dp_push_scratch(lua_State *L)
{
    struct dp_str *s = &dp_state_get(L)->scratch;
    dp_str_clear(s);
    return s;
}

void dp_push_text(lua_State *L, const struct dp_str *s)
{
    if (!dp_str_ok(s)) {
        luaL_error(L, "out of memory");
    }
    lua_pushlstring(L, dp_str_text(s), s->len_bytes);
}

void dp_push_name(lua_State *L, const struct dp_name *name)
{
    char text[DP_NAME_TEXT_BYTES];
    lua_pushstring(L, dp_name_text(name, text));
}

void dp_push_type(lua_State *L, uint16_t type)
{
    const struct dp_rrtype *row = dp_rrtype_by_number(type);
    if (row != NULL) {
        lua_pushstring(L, row->mnemonic);
    } else {
        lua_pushfstring(L, "TYPE%d", (int)type);
    }
}

void dp_push_class(lua_State *L, uint16_t rrclass)
{
    if (rrclass == DP_CLASS_IN) { /* nearly always */
        lua_pushliteral(L, "IN");
        return;
    }
    struct dp_str *s = dp_push_scratch(L);
    dp_rrclass_print(s, rrclass);
    dp_push_text(L, s);
}

void dp_push_addr_text(lua_State *L, const struct dp_addr *addr)
{
    char text[DP_ADDR_TEXT_BYTES];
    lua_pushstring(L, dp_addr_text(addr, text));
}

void dp_push_addr(lua_State *L, const struct dp_addr *addr)
{
    lua_createtable(L, 0, 2);
    dp_push_addr_text(L, addr);
    lua_setfield(L, -2, "address");
    dp_set_integer(L, "port", addr->port);
}

/* Sets one decoded field of RDATA in the table on top. */
static void set_rdata_field(void *ctx, const struct dp_rdata_field *field)
{
    lua_State *L = ctx;
    if (field->is_number) {
        lua_pushinteger(L, field->number);
    } else {
        lua_pushstring(L, field->text);
    }
    lua_setfield(L, -2, field->name);
}

void dp_push_rr(lua_State *L, const struct dp_rr *rr)
{
    lua_createtable(L, 0, 7);
    dp_push_name(L, rr->owner);
    lua_setfield(L, -2, "name");
    dp_push_type(L, rr->type);
    lua_setfield(L, -2, "type");
    dp_set_integer(L, "type_n", rr->type);
    dp_push_class(L, rr->rrclass);
    lua_setfield(L, -2, "class");
    dp_set_integer(L, "ttl", rr->ttl_s);
    struct dp_str *s = dp_push_scratch(L);
    const uint16_t type = dp_rdata_type(rr->type, rr->rrclass);
    dp_rdata_print(s, type, rr->rdata, rr->rdata_size);
    dp_push_text(L, s);
    lua_setfield(L, -2, "rdata");
    lua_createtable(L, 0, 4);
    dp_rdata_visit(type, rr->rdata, rr->rdata_size, set_rdata_field, L);
    lua_setfield(L, -2, "fields");
}

void dp_push_rrs(lua_State *L, const struct dp_rrs *rrs)
{
    lua_createtable(L, (int)rrs->count, 0);
    for (size_t i = 0; i < rrs->count; i++) {
        dp_push_rr(L, &rrs->items[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
}

/* ---- EDNS ---- */

static void push_option(lua_State *L, const struct dp_edns_option *option)
{
    char name[16];
    struct dp_str *s = dp_push_scratch(L);
    lua_createtable(L, 0, 4);
    dp_set_integer(L, "code", option->code);
    dp_set_string(L, "name", dp_edns_option_name(option->code, name));
    lua_pushlstring(L, option->size == 0 ? "" : (const char *)option->data, option->size);
    lua_setfield(L, -2, "data");
    dp_edns_option_print(s, option);
    dp_push_text(L, s);
    lua_setfield(L, -2, "text");
}

static void push_ede(lua_State *L, uint16_t code, const char *text, size_t text_bytes)
{
    lua_createtable(L, 0, 3);
    dp_set_integer(L, "code", code);
    dp_set_string(L, "name", dp_ede_name(code));
    lua_pushlstring(L, text_bytes == 0 ? "" : text, text_bytes);
    lua_setfield(L, -2, "text");
}

/* Sets `ecs` of the table on top. */
static void set_ecs(lua_State *L, const struct dp_ecs *ecs)
{
    struct dp_addr addr;
    lua_createtable(L, 0, 4);
    dp_set_integer(L, "family", ecs->family == 1 ? 4 : 6);
    dp_set_integer(L, "source", ecs->source_prefix);
    dp_set_integer(L, "scope", ecs->scope_prefix);
    if (dp_addr_from_ip(&addr, ecs->address, ecs->family == 1 ? 4 : 16, 0) == DP_OK) {
        dp_push_addr_text(L, &addr);
        lua_setfield(L, -2, "address");
    }
    lua_setfield(L, -2, "ecs");
}

/* What an option means, beside its raw form, in the edns table on top; `ede` lies below it. */
static void set_decoded(lua_State *L, const struct dp_edns_option *option)
{
    struct dp_ecs ecs;
    uint16_t code = 0;
    const char *text = NULL;
    size_t text_bytes = 0;
    switch (option->code) {
    case DP_EDNS_NSID:
    case DP_EDNS_COOKIE:
        lua_pushlstring(L, option->size == 0 ? "" : (const char *)option->data, option->size);
        lua_setfield(L, -2, option->code == DP_EDNS_NSID ? "nsid" : "cookie");
        break;
    case DP_EDNS_ECS:
        if (dp_ecs_read(option, &ecs)) {
            set_ecs(L, &ecs);
        }
        break;
    case DP_EDNS_EDE:
        if (dp_ede_read(option, &code, &text, &text_bytes)) {
            push_ede(L, code, text, text_bytes);
            lua_rawseti(L, -3, luaL_len(L, -3) + 1);
        }
        break;
    default:
        break;
    }
}

void dp_push_edns(lua_State *L, const struct dp_edns *edns)
{
    if (!edns->present) {
        lua_pushnil(L);
        return;
    }
    lua_createtable(L, 2, 0); /* ede */
    lua_createtable(L, 0, 9);
    dp_set_integer(L, "size", edns->udp_size);
    dp_set_integer(L, "version", edns->version);
    dp_set_integer(L, "flags", edns->flags);
    dp_set_boolean(L, "dnssec", (edns->flags & DP_EDNS_DO) != 0);
    for (size_t i = 0; i < edns->n_options; i++) {
        set_decoded(L, &edns->options[i]);
    }
    lua_createtable(L, (int)edns->n_options, 0);
    for (size_t i = 0; i < edns->n_options; i++) {
        push_option(L, &edns->options[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, "options");
    lua_insert(L, -2);
    lua_setfield(L, -2, "ede");
}
