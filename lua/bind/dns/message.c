/* SPDX-License-Identifier: MIT
 * The Message userdata: octets of its own behind the struct, or one of the two messages of an exchange, whose
 * octets and whose parsed answer are the engine's; then it holds a reference to the exchange. Scalars are
 * read from the parsed message each time; tables (flags, sections, EDNS) are made at the first look and kept
 * in a cache table, the userdata's user value, so that m.answer is one table. */
#include "dns/message.h"

#include <string.h>

#include <lauxlib.h>

#include "dns/push.h"
#include "vm/set.h"
#include "vm/state.h"

#define MESSAGE_NAME      "dnsprobe.Message"
#define ARENA_NAME        "dnsprobe.Arena"
#define PARSE_LIMIT_BYTES (8u * 1024 * 1024) /* what 65,535 octets of small records can need, and some */

struct message {
    struct dp_exchange *owner; /* reference; NULL: the octets are our own */
    const struct dp_msg *msg;  /* NULL until somebody looks */
    const uint8_t *wire;
    size_t size_bytes;
    struct dp_arena arena;
    uint8_t octets[];
};

/* The Message at `index`, or NULL: by the address of the metatable, which is quicker than by its name. */
static struct message *message_test(lua_State *L, int index)
{
    struct message *m = lua_touserdata(L, index);
    if (m == NULL || !lua_getmetatable(L, index)) {
        return NULL;
    }
    const bool is_message = lua_topointer(L, -1) == dp_state_get(L)->message_meta;
    lua_pop(L, 1);
    return is_message ? m : NULL;
}

static struct message *message_at(lua_State *L, int index)
{
    struct message *m = message_test(L, index);
    return m != NULL ? m : luaL_checkudata(L, index, MESSAGE_NAME);
}

static const struct dp_msg *parsed(lua_State *L, struct message *m)
{
    if (m->msg == NULL) {
        struct dp_msg *msg = dp_arena_alloc(&m->arena, sizeof *msg);
        if (msg == NULL) {
            luaL_error(L, "out of memory");
        }
        dp_msg_parse(msg, m->wire, m->size_bytes, &m->arena); /* the error is in msg->place */
        m->msg = msg;
    }
    return m->msg;
}

const struct dp_msg *dp_message_check(lua_State *L, int index)
{
    return parsed(L, message_at(L, index));
}

const struct dp_exchange *dp_message_exchange(lua_State *L, int index)
{
    const struct message *m = message_test(L, index);
    return m != NULL ? m->owner : NULL;
}

const uint8_t *dp_message_wire(lua_State *L, int index, size_t *size_bytes)
{
    const struct message *m = message_at(L, index);
    *size_bytes = m->size_bytes;
    return m->wire;
}

/* ---- fields ---- */

static const struct {
    const char *name;
    uint16_t bit;
} flag_bits[] = {
    {"qr", DP_FLAG_QR}, {"aa", DP_FLAG_AA}, {"tc", DP_FLAG_TC}, {"rd", DP_FLAG_RD},
    {"ra", DP_FLAG_RA}, {"z", DP_FLAG_Z},   {"ad", DP_FLAG_AD}, {"cd", DP_FLAG_CD},
};
#define N_FLAGS (sizeof flag_bits / sizeof flag_bits[0])

static void push_flags(lua_State *L, const struct dp_msg *msg)
{
    lua_createtable(L, 0, N_FLAGS);
    for (size_t i = 0; i < N_FLAGS; i++) {
        dp_set_boolean(L, flag_bits[i].name, (msg->flags & flag_bits[i].bit) != 0);
    }
}

static void push_questions(lua_State *L, const struct dp_msg *msg)
{
    lua_createtable(L, (int)msg->n_questions, 0);
    for (size_t i = 0; i < msg->n_questions; i++) {
        lua_createtable(L, 0, 3);
        dp_push_name(L, &msg->questions[i].name);
        lua_setfield(L, -2, "name");
        dp_push_type(L, msg->questions[i].type);
        lua_setfield(L, -2, "type");
        dp_push_class(L, msg->questions[i].rrclass);
        lua_setfield(L, -2, "class");
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
}

static void push_answer(lua_State *L, const struct dp_msg *msg)
{
    dp_push_rrs(L, &msg->sections[DP_SECTION_ANSWER]);
}

static void push_authority(lua_State *L, const struct dp_msg *msg)
{
    dp_push_rrs(L, &msg->sections[DP_SECTION_AUTHORITY]);
}

static void push_additional(lua_State *L, const struct dp_msg *msg)
{
    dp_push_rrs(L, &msg->sections[DP_SECTION_ADDITIONAL]);
}

static void push_edns(lua_State *L, const struct dp_msg *msg)
{
    dp_push_edns(L, &msg->edns);
}

/* Where a malformed message broke: { offset, field, text }, nil for a whole one. */
static void push_error(lua_State *L, const struct dp_msg *msg)
{
    if (msg->place.err == DP_OK) {
        lua_pushnil(L);
        return;
    }
    lua_createtable(L, 0, 3);
    dp_set_integer(L, "offset", (lua_Integer)msg->place.offset);
    dp_set_string(L, "field", msg->place.field);
    dp_set_string(L, "text", dp_err_text(msg->place.err));
}

static void push_id(lua_State *L, const struct dp_msg *msg)
{
    lua_pushinteger(L, msg->id);
}

static void push_opcode(lua_State *L, const struct dp_msg *msg)
{
    char name[16];
    lua_pushstring(L, dp_opcode_name(msg->opcode, name));
}

static void push_opcode_n(lua_State *L, const struct dp_msg *msg)
{
    lua_pushinteger(L, msg->opcode);
}

static void push_rcode(lua_State *L, const struct dp_msg *msg)
{
    char name[16];
    lua_pushstring(L, dp_rcode_name(msg->rcode, name));
}

static void push_rcode_n(lua_State *L, const struct dp_msg *msg)
{
    lua_pushinteger(L, msg->rcode);
}

static void push_trailing(lua_State *L, const struct dp_msg *msg)
{
    lua_pushinteger(L, (lua_Integer)msg->trailing_bytes);
}

static const struct {
    const char *name;
    void (*push)(lua_State *L, const struct dp_msg *msg);
    bool cached; /* it is a table */
} fields[] = {
    {"answer", push_answer, true},       {"rcode", push_rcode, false},
    {"authority", push_authority, true}, {"additional", push_additional, true},
    {"flags", push_flags, true},         {"edns", push_edns, true},
    {"question", push_questions, true},  {"id", push_id, false},
    {"opcode", push_opcode, false},      {"opcode_n", push_opcode_n, false},
    {"rcode_n", push_rcode_n, false},    {"trailing", push_trailing, false},
    {"error", push_error, true},
};

#define N_FIELDS (sizeof fields / sizeof fields[0])

/* Looks into the cache (userdata at 1, key at 2): true with the value pushed where it is there. */
static bool push_cached(lua_State *L)
{
    if (lua_getiuservalue(L, 1, 1) == LUA_TTABLE) {
        lua_pushvalue(L, 2);
        if (lua_rawget(L, -2) != LUA_TNIL) {
            return true;
        }
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    return false;
}

static void keep_cached(lua_State *L)
{
    if (lua_getiuservalue(L, 1, 1) != LUA_TTABLE) {
        lua_pop(L, 1);
        lua_newtable(L);
        lua_pushvalue(L, -1);
        lua_setiuservalue(L, 1, 1);
    }
    lua_pushvalue(L, 2);
    lua_pushvalue(L, -3);
    lua_rawset(L, -3);
    lua_pop(L, 1);
}

/* The members that need no parsing, and nil for what is none. */
static int push_octets(lua_State *L, const struct message *m, const char *key)
{
    if (strcmp(key, "size") == 0) {
        lua_pushinteger(L, (lua_Integer)m->size_bytes);
    } else if (strcmp(key, "wire") == 0) {
        lua_pushlstring(L, (const char *)m->wire, m->size_bytes);
    } else {
        lua_pushnil(L);
    }
    return 1;
}

/* Upvalue 1: name → place in `fields`, or behind them in `flag_bits`. */
static int message_index(lua_State *L)
{
    struct message *m = message_at(L, 1);
    const char *key = luaL_checkstring(L, 2);
    lua_pushvalue(L, 2);
    if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNUMBER) {
        return push_octets(L, m, key);
    }
    const size_t place = (size_t)lua_tointeger(L, -1);
    if (place >= N_FIELDS) {
        lua_pushboolean(L, (parsed(L, m)->flags & flag_bits[place - N_FIELDS].bit) != 0);
        return 1;
    }
    if (fields[place].cached && push_cached(L)) {
        return 1;
    }
    fields[place].push(L, parsed(L, m));
    if (fields[place].cached && !lua_isnil(L, -1)) {
        keep_cached(L);
    }
    return 1;
}

/* As dig prints it. */
static int message_tostring(lua_State *L)
{
    const struct dp_msg *msg = dp_message_check(L, 1);
    struct dp_str *s = dp_push_scratch(L);
    dp_msg_print(s, msg);
    dp_push_text(L, s);
    return 1;
}

static int message_gc(lua_State *L)
{
    struct message *m = message_at(L, 1);
    struct dp_exchange *owner = m->owner;
    dp_arena_fini(&m->arena);
    m->owner = NULL; /* whoever still gets at it, from another finalizer, sees an empty message */
    m->msg = NULL;
    m->size_bytes = 0;
    dp_exchange_unref(owner);
    return 0;
}

static const luaL_Reg message_meta[] = {{"__tostring", message_tostring}, {"__gc", message_gc}, {NULL, NULL}};

void dp_message_open(lua_State *L)
{
    luaL_newmetatable(L, MESSAGE_NAME);
    dp_state_get(L)->message_meta = lua_topointer(L, -1);
    luaL_setfuncs(L, message_meta, 0);
    lua_createtable(L, 0, N_FIELDS + N_FLAGS);
    for (size_t i = 0; i < N_FIELDS; i++) {
        dp_set_integer(L, fields[i].name, (lua_Integer)i);
    }
    for (size_t i = 0; i < N_FLAGS; i++) {
        dp_set_integer(L, flag_bits[i].name, (lua_Integer)(N_FIELDS + i));
    }
    lua_pushcclosure(L, message_index, 1);
    lua_setfield(L, -2, "__index");
    dp_state_get(L)->message_ref = luaL_ref(L, LUA_REGISTRYINDEX);
}

/* Pushes an empty Message with room for so many octets of its own. */
static struct message *message_new(lua_State *L, size_t own_bytes)
{
    struct message *m = lua_newuserdatauv(L, sizeof *m + own_bytes, 1);
    *m = (struct message){.wire = m->octets};
    dp_arena_init(&m->arena, PARSE_LIMIT_BYTES);
    m->arena.held_bytes = &dp_state_get(L)->heap.outside_bytes;
    lua_rawgeti(L, LUA_REGISTRYINDEX, dp_state_get(L)->message_ref);
    lua_setmetatable(L, -2);
    return m;
}

void dp_message_push(lua_State *L, const uint8_t *wire, size_t size_bytes)
{
    struct message *m = message_new(L, size_bytes);
    m->size_bytes = size_bytes;
    if (size_bytes > 0) {
        memcpy(m->octets, wire, size_bytes);
    }
}

void dp_message_push_of(lua_State *L, struct dp_exchange *ex, bool response)
{
    struct message *m = message_new(L, 0);
    m->owner = dp_exchange_ref(ex);
    m->wire = response ? ex->wire : ex->query;
    m->size_bytes = response ? ex->size_bytes : ex->query_size;
    m->msg = response ? ex->response : NULL;
}

/* ---- arenas ---- */

static int arena_gc(lua_State *L)
{
    dp_arena_fini(luaL_checkudata(L, 1, ARENA_NAME));
    return 0;
}

struct dp_arena *dp_arena_push(lua_State *L, size_t limit_bytes)
{
    struct dp_arena *a = lua_newuserdatauv(L, sizeof *a, 0);
    dp_arena_init(a, limit_bytes);
    a->held_bytes = &dp_state_get(L)->heap.outside_bytes;
    if (luaL_newmetatable(L, ARENA_NAME)) {
        lua_pushcfunction(L, arena_gc);
        lua_setfield(L, -2, "__gc");
    }
    lua_setmetatable(L, -2);
    return a;
}
