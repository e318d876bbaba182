/* SPDX-License-Identifier: MIT
 * The Exchange table: what a struct dp_exchange says, in the units of its name. Fields that were not measured
 * are absent, not zero. */
#include <string.h>

#include "exchanges.h"

#include <lauxlib.h>

#include "message.h"
#include "push.h"

#define EXCHANGE_NAME "dnsprobe.Exchange"

static void set_phases(lua_State *L, const struct dp_exchange *ex)
{
    if (ex->connect_us != 0)
        dp_set_integer(L, "connect_us", (lua_Integer)ex->connect_us);
    if (ex->first_byte_us != 0)
        dp_set_integer(L, "first_byte_us", (lua_Integer)ex->first_byte_us);
    if (ex->last_byte_us != 0)
        dp_set_integer(L, "last_byte_us", (lua_Integer)ex->last_byte_us);
    if (ex->sys_errno != 0) {
        dp_set_integer(L, "errno", ex->sys_errno);
        dp_set_string(L, "errno_text", strerror(ex->sys_errno));
    }
    if (ex->icmp_from.family != 0) {
        lua_createtable(L, 0, 4);
        dp_set_integer(L, "type", ex->icmp_type);
        dp_set_integer(L, "code", ex->icmp_code);
        dp_push_addr_text(L, &ex->icmp_from);
        lua_setfield(L, -2, "from");
        if (ex->mtu_bytes != 0)
            dp_set_integer(L, "mtu", ex->mtu_bytes);
        lua_setfield(L, -2, "icmp");
    }
}

static void set_error(lua_State *L, const struct dp_exchange *ex)
{
    if (ex->outcome != DP_OUTCOME_MALFORMED || ex->response == NULL)
        return;
    const struct dp_place *place = &ex->response->place;
    lua_createtable(L, 0, 3);
    dp_set_integer(L, "offset", (lua_Integer)place->offset);
    dp_set_string(L, "field", place->field);
    dp_set_string(L, "text", dp_err_text(place->err));
    lua_setfield(L, -2, "error");
}

void dp_exchange_set_result(lua_State *L, const struct dp_exchange *ex)
{
    dp_set_string(L, "outcome", dp_outcome_name(ex->outcome));
    set_phases(L, ex);
    if (ex->wire == NULL)
        return;
    dp_set_integer(L, "size", (lua_Integer)ex->size_bytes);
    dp_set_string(L, "clock", ex->clock_kernel ? "kernel" : "user");
    if (ex->outcome == DP_OUTCOME_ANSWER || ex->outcome == DP_OUTCOME_LATE)
        dp_set_integer(L, "rtt_us", (lua_Integer)ex->rtt_us);
    else
        dp_set_integer(L, "after_us", (lua_Integer)ex->rtt_us);
    if (ex->ttl != 0)
        dp_set_integer(L, "ttl", ex->ttl);
    if (ex->fragment_bytes != 0)
        dp_set_integer(L, "fragment_size", ex->fragment_bytes);
    dp_push_addr(L, &ex->from);
    lua_setfield(L, -2, "from");
    dp_message_push(L, ex->wire, ex->size_bytes);
    lua_setfield(L, -2, "response");
    set_error(L, ex);
}

void dp_exchange_set_strays(lua_State *L, const struct dp_exchange *ex)
{
    lua_createtable(L, (int)ex->n_strays, 0);
    for (unsigned i = 0; i < ex->n_strays; i++) {
        const struct dp_stray *stray = &ex->strays[i];
        lua_createtable(L, 0, 6);
        dp_set_string(L, "reason", dp_stray_reason_name(stray->reason));
        dp_push_addr(L, &stray->from);
        lua_setfield(L, -2, "from");
        dp_set_integer(L, "size", stray->size_bytes);
        dp_set_integer(L, "after_us", (lua_Integer)stray->after_us);
        dp_set_boolean(L, "differs", stray->differs);
        lua_pushlstring(L, (const char *)stray->wire, stray->wire_size);
        lua_setfield(L, -2, "wire");
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, "stray");
    if (ex->n_strays_seen > ex->n_strays) /* the rest was counted, not kept */
        dp_set_integer(L, "strays_seen", ex->n_strays_seen);
}

void dp_exchange_push(lua_State *L, const struct dp_exchange *ex)
{
    lua_createtable(L, 0, 23);
    dp_set_integer(L, "n", (lua_Integer)ex->n);
    dp_push_addr(L, &ex->server);
    lua_setfield(L, -2, "server");
    dp_set_string(L, "transport", dp_transport_name(ex->transport));
    dp_set_integer(L, "sent_us", (lua_Integer)ex->sent_real_us);
    lua_pushnumber(L, (double)ex->sent_real_us / 1e6);
    lua_setfield(L, -2, "sent");
    dp_set_string(L, "sent_clock", ex->sent_clock_kernel ? "kernel" : "user");
    dp_set_string(L, "clock", "user");
    dp_set_integer(L, "local_port", ex->local_port);
    dp_set_integer(L, "query_size", (lua_Integer)ex->query_size);
    dp_set_integer(L, "paced_us", (lua_Integer)ex->paced_us);
    dp_message_push(L, ex->query, ex->query_size);
    lua_setfield(L, -2, "query");
    dp_exchange_set_result(L, ex);
    dp_exchange_set_strays(L, ex);
    luaL_newmetatable(L, EXCHANGE_NAME);
    lua_setmetatable(L, -2);
}
