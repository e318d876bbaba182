/* SPDX-License-Identifier: MIT
 * The Exchange table: what a struct dp_exchange says, in the units of its name. Fields that were not measured
 * are absent, not zero.
 *
 * Most exchanges are looked at for their outcome and their answer, and making a table of each member would
 * cost more than the exchange. So the table begins with one member, its Message: `response`, or `query` where
 * nothing has come. The Message holds a reference to the core's exchange, and the metatable's __index reads
 * from that:
 *
 *   scalars   each time, so that what is learnt while the socket lingers shows without a copy being kept in
 * step tables    once; then they stand in the Exchange and are the same at each look. Those that may still
 * change
 *             (`stray`, `icmp`) only when the exchange is final
 *
 * pairs() goes over a copy with all members. */
#include "dns/exchanges.h"

#include <string.h>

#include <lauxlib.h>

#include "dns/message.h"
#include "dns/push.h"
#include "vm/set.h"
#include "vm/state.h"

#define EXCHANGE_NAME   "dnsprobe.Exchange"
#define HEADER_BYTES    12
#define MEMBERS_USUAL   4    /* places of a new table: its Message, and what is often looked at */
#define UNSEEN_BYTES    1024 /* what an answer may weigh before the collector is told of it */
#define PARSED_PER_WIRE 8    /* octets of memory per octet of a message of small records */

/* ---- members ---- */

static void push_n(lua_State *L, const struct dp_exchange *ex)
{
    lua_pushinteger(L, (lua_Integer)ex->n);
}

static void push_server(lua_State *L, const struct dp_exchange *ex)
{
    dp_push_addr(L, &ex->server);
}

static void push_question(lua_State *L, const struct dp_exchange *ex)
{
    struct dp_cursor c;
    struct dp_name name;
    dp_cursor_init(&c, ex->query, ex->query_size);
    dp_cursor_bytes(&c, HEADER_BYTES, "header");
    dp_name_read_plain(&c, &name, "question");
    const uint16_t type = dp_cursor_u16(&c, "question"), rrclass = dp_cursor_u16(&c, "question");
    if (!dp_cursor_ok(&c)) {
        lua_pushnil(L);
        return;
    }
    lua_createtable(L, 0, 3);
    dp_push_name(L, &name);
    lua_setfield(L, -2, "name");
    dp_push_type(L, type);
    lua_setfield(L, -2, "type");
    dp_push_class(L, rrclass);
    lua_setfield(L, -2, "class");
}

static void push_transport(lua_State *L, const struct dp_exchange *ex)
{
    lua_pushstring(L, dp_transport_name(ex->transport));
}

static void push_outcome(lua_State *L, const struct dp_exchange *ex)
{
    lua_pushstring(L, dp_outcome_name(ex->outcome));
}

/* A figure that is zero where it was not measured. */
static void push_measured(lua_State *L, uint64_t value)
{
    if (value != 0) {
        lua_pushinteger(L, (lua_Integer)value);
    } else {
        lua_pushnil(L);
    }
}

static void push_rtt_us(lua_State *L, const struct dp_exchange *ex)
{
    if (ex->outcome == DP_OUTCOME_ANSWER || ex->outcome == DP_OUTCOME_LATE) {
        lua_pushinteger(L, (lua_Integer)ex->rtt_us);
    } else {
        lua_pushnil(L);
    }
}

/* When an answer came that is none, as it is malformed. */
static void push_after_us(lua_State *L, const struct dp_exchange *ex)
{
    if (ex->wire != NULL && ex->outcome != DP_OUTCOME_ANSWER && ex->outcome != DP_OUTCOME_LATE) {
        lua_pushinteger(L, (lua_Integer)ex->rtt_us);
    } else {
        lua_pushnil(L);
    }
}

static void push_sent(lua_State *L, const struct dp_exchange *ex)
{
    lua_pushnumber(L, (double)ex->sent_real_us / 1e6);
}

static void push_sent_us(lua_State *L, const struct dp_exchange *ex)
{
    lua_pushinteger(L, (lua_Integer)ex->sent_real_us);
}

static void push_unsent(lua_State *L, const struct dp_exchange *ex)
{
    if (ex->unsent) {
        lua_pushboolean(L, 1);
    } else {
        lua_pushnil(L);
    }
}

static void push_sent_clock(lua_State *L, const struct dp_exchange *ex)
{
    lua_pushstring(L, ex->sent_clock_kernel ? "kernel" : "user");
}

static void push_clock(lua_State *L, const struct dp_exchange *ex)
{
    lua_pushstring(L, ex->wire != NULL && ex->clock_kernel ? "kernel" : "user");
}

static void push_local_port(lua_State *L, const struct dp_exchange *ex)
{
    lua_pushinteger(L, ex->local_port);
}

static void push_query_size(lua_State *L, const struct dp_exchange *ex)
{
    lua_pushinteger(L, (lua_Integer)ex->query_size);
}

static void push_paced_us(lua_State *L, const struct dp_exchange *ex)
{
    lua_pushinteger(L, (lua_Integer)ex->paced_us);
}

static void push_size(lua_State *L, const struct dp_exchange *ex)
{
    push_measured(L, ex->wire != NULL ? ex->size_bytes : 0);
}

static void push_ttl(lua_State *L, const struct dp_exchange *ex)
{
    push_measured(L, ex->ttl);
}

static void push_fragment_size(lua_State *L, const struct dp_exchange *ex)
{
    push_measured(L, ex->fragment_bytes);
}

static void push_path_mtu(lua_State *L, const struct dp_exchange *ex)
{
    push_measured(L, ex->path_mtu_bytes);
}

static void push_connect_us(lua_State *L, const struct dp_exchange *ex)
{
    push_measured(L, ex->connect_us);
}

static void push_first_byte_us(lua_State *L, const struct dp_exchange *ex)
{
    push_measured(L, ex->first_byte_us);
}

static void push_last_byte_us(lua_State *L, const struct dp_exchange *ex)
{
    push_measured(L, ex->last_byte_us);
}

static void push_errno(lua_State *L, const struct dp_exchange *ex)
{
    push_measured(L, (uint64_t)ex->sys_errno);
}

static void push_errno_text(lua_State *L, const struct dp_exchange *ex)
{
    lua_pushstring(L, ex->sys_errno != 0 ? strerror(ex->sys_errno) : NULL);
}

static void push_from(lua_State *L, const struct dp_exchange *ex)
{
    if (ex->wire != NULL) {
        dp_push_addr(L, &ex->from);
    } else {
        lua_pushnil(L);
    }
}

static void push_icmp(lua_State *L, const struct dp_exchange *ex)
{
    if (ex->icmp_from.family == 0) {
        lua_pushnil(L);
        return;
    }
    lua_createtable(L, 0, 4);
    dp_set_integer(L, "type", ex->icmp_type);
    dp_set_integer(L, "code", ex->icmp_code);
    dp_push_addr_text(L, &ex->icmp_from);
    lua_setfield(L, -2, "from");
    if (ex->mtu_bytes != 0) {
        dp_set_integer(L, "mtu", ex->mtu_bytes);
    }
}

static void push_error(lua_State *L, const struct dp_exchange *ex)
{
    if (ex->outcome != DP_OUTCOME_MALFORMED || ex->response == NULL) {
        lua_pushnil(L);
        return;
    }
    const struct dp_place *place = &ex->response->place;
    lua_createtable(L, 0, 3);
    dp_set_integer(L, "offset", (lua_Integer)place->offset);
    dp_set_string(L, "field", place->field);
    dp_set_string(L, "text", dp_err_text(place->err));
}

static void push_stray(lua_State *L, const struct dp_exchange *ex)
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
        lua_pushlstring(L, stray->wire_size == 0 ? "" : (const char *)stray->wire, stray->wire_size);
        lua_setfield(L, -2, "wire");
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
}

/* How many came, where more came than were kept. */
static void push_strays_seen(lua_State *L, const struct dp_exchange *ex)
{
    push_measured(L, ex->n_strays_seen > ex->n_strays ? ex->n_strays_seen : 0);
}

static void push_query(lua_State *L, const struct dp_exchange *ex)
{
    dp_message_push_of(L, (struct dp_exchange *)(uintptr_t)ex, false);
}

static void push_response(lua_State *L, const struct dp_exchange *ex)
{
    if (ex->wire != NULL) {
        dp_message_push_of(L, (struct dp_exchange *)(uintptr_t)ex, true);
    } else {
        lua_pushnil(L);
    }
}

/* { the exchange itself }, which is at stack index 1. */
static void push_attempts(lua_State *L, const struct dp_exchange *ex)
{
    (void)ex;
    lua_createtable(L, 1, 0);
    lua_pushvalue(L, 1);
    lua_rawseti(L, -2, 1);
}

enum keep { EACH_TIME, WHEN_FINAL, AT_ONCE };
static const struct {
    const char *name;
    void (*push)(lua_State *L, const struct dp_exchange *ex);
    enum keep keep;
} members[] = {
    {"outcome", push_outcome, EACH_TIME},
    {"response", push_response, AT_ONCE},
    {"n", push_n, EACH_TIME},
    {"server", push_server, AT_ONCE},
    {"question", push_question, AT_ONCE},
    {"transport", push_transport, EACH_TIME},
    {"rtt_us", push_rtt_us, EACH_TIME},
    {"after_us", push_after_us, EACH_TIME},
    {"sent", push_sent, EACH_TIME},
    {"sent_us", push_sent_us, EACH_TIME},
    {"unsent", push_unsent, EACH_TIME},
    {"sent_clock", push_sent_clock, EACH_TIME},
    {"clock", push_clock, EACH_TIME},
    {"local_port", push_local_port, EACH_TIME},
    {"query_size", push_query_size, EACH_TIME},
    {"paced_us", push_paced_us, EACH_TIME},
    {"size", push_size, EACH_TIME},
    {"ttl", push_ttl, EACH_TIME},
    {"fragment_size", push_fragment_size, EACH_TIME},
    {"path_mtu", push_path_mtu, EACH_TIME},
    {"connect_us", push_connect_us, EACH_TIME},
    {"first_byte_us", push_first_byte_us, EACH_TIME},
    {"last_byte_us", push_last_byte_us, EACH_TIME},
    {"errno", push_errno, EACH_TIME},
    {"errno_text", push_errno_text, EACH_TIME},
    {"from", push_from, AT_ONCE},
    {"icmp", push_icmp, WHEN_FINAL},
    {"error", push_error, AT_ONCE},
    {"stray", push_stray, WHEN_FINAL},
    {"strays_seen", push_strays_seen, EACH_TIME},
    {"query", push_query, AT_ONCE},
    {"attempts", push_attempts, AT_ONCE},
};
#define N_MEMBERS (sizeof members / sizeof members[0])

/* ---- the table ---- */

/* Upvalues of __index: 1 member name → its place in `members`, 2 "response", 3 "query". */
#define UP_PLACES   lua_upvalueindex(1)
#define UP_RESPONSE lua_upvalueindex(2)
#define UP_QUERY    lua_upvalueindex(3)

/* The core's exchange behind the table at 1; NULL where somebody took its messages out. */
static const struct dp_exchange *exchange_behind(lua_State *L)
{
    const int keys[] = {UP_RESPONSE, UP_QUERY};
    const struct dp_exchange *ex = NULL;
    luaL_checktype(L, 1, LUA_TTABLE);
    for (unsigned i = 0; i < 2 && ex == NULL; i++) {
        lua_pushvalue(L, keys[i]);
        lua_rawget(L, 1);
        ex = dp_message_exchange(L, -1);
        lua_pop(L, 1);
    }
    return ex;
}

static int exchange_index(lua_State *L)
{
    const struct dp_exchange *ex = exchange_behind(L);
    lua_settop(L, 2);
    lua_pushvalue(L, 2);
    if (ex == NULL || lua_rawget(L, UP_PLACES) != LUA_TNUMBER) {
        lua_pushnil(L);
        return 1;
    }
    const size_t place = (size_t)lua_tointeger(L, -1);
    const enum keep keep = members[place].keep;
    members[place].push(L, ex);
    if (keep == AT_ONCE || (keep == WHEN_FINAL && ex->final)) {
        if (!lua_isnil(L, -1)) {
            lua_pushvalue(L, 2);
            lua_pushvalue(L, -2);
            lua_rawset(L, 1);
        }
    }
    return 1;
}

/* pairs(): `next` over a copy with all members. Upvalue 1: next. */
static int exchange_pairs(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_createtable(L, 0, N_MEMBERS);
    for (size_t i = 0; i < N_MEMBERS; i++) {
        lua_getfield(L, 1, members[i].name);
        lua_setfield(L, 3, members[i].name);
    }
    lua_pushnil(L);
    while (lua_next(L, 1) != 0) { /* what somebody has added, or set otherwise */
        lua_pushvalue(L, -2);
        lua_insert(L, -2);
        lua_rawset(L, 3);
    }
    lua_pushnil(L);
    return 3;
}

/* The collector does not see the memory of the core: it is told where that is much. */
static void tell_collector(lua_State *L, const struct dp_exchange *ex)
{
    if (ex->size_bytes > UNSEEN_BYTES) {
        lua_gc(L, LUA_GCSTEP, (int)(ex->size_bytes * PARSED_PER_WIRE / 1024));
    }
}

void dp_exchange_push(lua_State *L, struct dp_exchange *ex)
{
    tell_collector(L, ex);
    lua_createtable(L, 0, MEMBERS_USUAL);
    dp_message_push_of(L, ex, ex->wire != NULL);
    lua_setfield(L, -2, ex->wire != NULL ? "response" : "query");
    lua_rawgeti(L, LUA_REGISTRYINDEX, dp_state_get(L)->exchange_ref);
    lua_setmetatable(L, -2);
}

void dp_exchange_open(lua_State *L)
{
    luaL_newmetatable(L, EXCHANGE_NAME);
    lua_createtable(L, 0, N_MEMBERS);
    for (size_t i = 0; i < N_MEMBERS; i++) {
        dp_set_integer(L, members[i].name, (lua_Integer)i);
    }
    lua_pushliteral(L, "response");
    lua_pushliteral(L, "query");
    lua_pushcclosure(L, exchange_index, 3);
    lua_setfield(L, -2, "__index");
    lua_getglobal(L, "next");
    lua_pushcclosure(L, exchange_pairs, 1);
    lua_setfield(L, -2, "__pairs");
    dp_state_get(L)->exchange_ref = luaL_ref(L, LUA_REGISTRYINDEX);
}
