/* SPDX-License-Identifier: MIT
 * The Message userdata. Scalars are read from the parsed message each time; tables (flags, sections, EDNS)
 * are made at the first look and kept in a cache table, the userdata's user value, so that m.answer is one
 * table. */
#include "message.h"

#include <string.h>

#include <lauxlib.h>

#include "push.h"
#include "state.h"

#define MESSAGE_NAME      "dnsprobe.Message"
#define ARENA_NAME        "dnsprobe.Arena"
#define PARSE_LIMIT_BYTES (8u * 1024 * 1024) /* what 65,535 octets of small records can need, and some */

struct message {
    bool parsed;
    struct dp_arena arena;
    struct dp_msg msg;
    size_t size_bytes;
    uint8_t wire[];
};

static struct message *message_at(lua_State *L, int index)
{
    return luaL_checkudata(L, index, MESSAGE_NAME);
}

static const struct dp_msg *parsed(struct message *m)
{
    if (!m->parsed) {
        dp_msg_parse(&m->msg, m->wire, m->size_bytes, &m->arena); /* the error is in msg.place */
        m->parsed = true;
    }
    return &m->msg;
}

const struct dp_msg *dp_message_check(lua_State *L, int index)
{
    return parsed(message_at(L, index));
}

const uint8_t *dp_message_wire(lua_State *L, int index, size_t *size_bytes)
{
    const struct message *m = message_at(L, index);
    *size_bytes = m->size_bytes;
    return m->wire;
}

/* ---- fields ------------------------------------------------------------------------------------------ */

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
    for (size_t i = 0; i < N_FLAGS; i++)
        dp_set_boolean(L, flag_bits[i].name, (msg->flags & flag_bits[i].bit) != 0);
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

/* Looks into the cache (userdata at 1, key at 2): true with the value pushed where it is there. */
static bool push_cached(lua_State *L)
{
    if (lua_getiuservalue(L, 1, 1) == LUA_TTABLE) {
        lua_pushvalue(L, 2);
        if (lua_rawget(L, -2) != LUA_TNIL)
            return true;
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

static int message_index(lua_State *L)
{
    struct message *m = message_at(L, 1);
    const char *key = luaL_checkstring(L, 2);
    if (push_cached(L))
        return 1;
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        if (strcmp(key, fields[i].name) == 0) {
            fields[i].push(L, parsed(m));
            if (fields[i].cached && !lua_isnil(L, -1))
                keep_cached(L);
            return 1;
        }
    }
    for (size_t i = 0; i < N_FLAGS; i++) {
        if (strcmp(key, flag_bits[i].name) == 0) {
            lua_pushboolean(L, (parsed(m)->flags & flag_bits[i].bit) != 0);
            return 1;
        }
    }
    if (strcmp(key, "size") == 0)
        lua_pushinteger(L, (lua_Integer)m->size_bytes);
    else if (strcmp(key, "wire") == 0)
        lua_pushlstring(L, (const char *)m->wire, m->size_bytes);
    else
        lua_pushnil(L);
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
    dp_arena_fini(&message_at(L, 1)->arena);
    return 0;
}

static const luaL_Reg message_meta[] = {
    {"__index", message_index}, {"__tostring", message_tostring}, {"__gc", message_gc}, {NULL, NULL}};

void dp_message_push(lua_State *L, const uint8_t *wire, size_t size_bytes)
{
    struct message *m = lua_newuserdatauv(L, sizeof *m + size_bytes, 1);
    m->parsed = false;
    dp_arena_init(&m->arena, PARSE_LIMIT_BYTES);
    m->size_bytes = size_bytes;
    if (size_bytes > 0)
        memcpy(m->wire, wire, size_bytes);
    if (luaL_newmetatable(L, MESSAGE_NAME))
        luaL_setfuncs(L, message_meta, 0);
    lua_setmetatable(L, -2);
}

/* ---- arenas ------------------------------------------------------------------------------------------ */

static int arena_gc(lua_State *L)
{
    dp_arena_fini(luaL_checkudata(L, 1, ARENA_NAME));
    return 0;
}

struct dp_arena *dp_arena_push(lua_State *L, size_t limit_bytes)
{
    struct dp_arena *a = lua_newuserdatauv(L, sizeof *a, 0);
    dp_arena_init(a, limit_bytes);
    if (luaL_newmetatable(L, ARENA_NAME)) {
        lua_pushcfunction(L, arena_gc);
        lua_setfield(L, -2, "__gc");
    }
    lua_setmetatable(L, -2);
    return a;
}
