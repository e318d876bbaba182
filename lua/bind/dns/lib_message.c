/* SPDX-License-Identifier: MIT
 * dns.message: messages from octets, from parts, and to and from the members of RFC 8427. */
#include <string.h>

#include <lauxlib.h>

#include "dns/ednsarg.h"
#include "dns/libs.h"
#include "dns/message.h"
#include "dns/push.h"
#include "json/json.h"
#include "vm/arg.h"
#include "vm/json.h"
#include "vm/state.h"

#define BUILD_LIMIT_BYTES (4u * 1024 * 1024)
#define RECORDS_MAX       8192 /* per section: more does not fit into 65,535 octets (RFC 1035, section 4.1.1) */

/* dns.message.from_wire(raw) -> Message; nil, message where it cannot be parsed */
static int l_from_wire(lua_State *L)
{
    size_t size = 0;
    const char *raw = luaL_checklstring(L, 1, &size);
    luaL_argcheck(L, size <= UINT16_MAX, 1, "longer than a DNS message can be");
    dp_message_push(L, (const uint8_t *)raw, size);
    const struct dp_msg *msg = dp_message_check(L, -1);
    if (msg->place.err == DP_OK || msg->place.err == DP_ERR_TRAILING) {
        return 1;
    }
    lua_pushnil(L);
    lua_pushfstring(L, "%s: offset %d (%s)", dp_err_text(msg->place.err), (int)msg->place.offset,
                    msg->place.field == NULL ? "message" : msg->place.field);
    return 2;
}

/* ---- build ---- */

struct parts {
    int64_t id, opcode;
};
static const struct dp_arg_row part_rows[] = {
    {"additional", DP_ARG_TABLE, 0, 0, 0, NULL},
    {"answer", DP_ARG_TABLE, 0, 0, 0, NULL},
    {"authority", DP_ARG_TABLE, 0, 0, 0, NULL},
    {"edns", DP_ARG_TABLE, 0, 0, 0, NULL},
    {"flags", DP_ARG_TABLE, 0, 0, 0, NULL},
    {"id", DP_ARG_INT, offsetof(struct parts, id), 0, 65535, NULL},
    {"opcode", DP_ARG_INT, offsetof(struct parts, opcode), 0, 15, NULL},
    {"question", DP_ARG_TABLE, 0, 0, 0, NULL},
    {"rcode", DP_ARG_ANY, 0, 0, 0, NULL},
};

struct flags {
    bool qr, aa, tc, rd, ra, z, ad, cd;
};
static const struct dp_arg_row flag_rows[] = {
    {"aa", DP_ARG_BOOL, offsetof(struct flags, aa), 0, 0, NULL},
    {"ad", DP_ARG_BOOL, offsetof(struct flags, ad), 0, 0, NULL},
    {"cd", DP_ARG_BOOL, offsetof(struct flags, cd), 0, 0, NULL},
    {"qr", DP_ARG_BOOL, offsetof(struct flags, qr), 0, 0, NULL},
    {"ra", DP_ARG_BOOL, offsetof(struct flags, ra), 0, 0, NULL},
    {"rd", DP_ARG_BOOL, offsetof(struct flags, rd), 0, 0, NULL},
    {"tc", DP_ARG_BOOL, offsetof(struct flags, tc), 0, 0, NULL},
    {"z", DP_ARG_BOOL, offsetof(struct flags, z), 0, 0, NULL},
};

static uint16_t read_flags(lua_State *L)
{
    struct flags f = {0};
    if (lua_getfield(L, 1, "flags") != LUA_TNIL) {
        dp_arg_options(L, 1, -1, "flags.", flag_rows, sizeof flag_rows / sizeof flag_rows[0], &f);
    }
    lua_pop(L, 1);
    return (uint16_t)((f.qr ? DP_FLAG_QR : 0) | (f.aa ? DP_FLAG_AA : 0) | (f.tc ? DP_FLAG_TC : 0) |
                      (f.rd ? DP_FLAG_RD : 0) | (f.ra ? DP_FLAG_RA : 0) | (f.z ? DP_FLAG_Z : 0) |
                      (f.ad ? DP_FLAG_AD : 0) | (f.cd ? DP_FLAG_CD : 0));
}

static uint16_t read_rcode(lua_State *L)
{
    uint16_t rcode = 0;
    int type = lua_getfield(L, 1, "rcode");
    if (type == LUA_TNUMBER && lua_tointeger(L, -1) >= 0 && lua_tointeger(L, -1) <= 4095) {
        rcode = (uint16_t)lua_tointeger(L, -1);
    } else if (type != LUA_TNIL &&
               (type != LUA_TSTRING || dp_rcode_from_text(lua_tostring(L, -1), &rcode) != DP_OK)) {
        luaL_argerror(L, 1, "option 'rcode' must be the name of an RCODE or a number from 0 to 4095");
    }
    lua_pop(L, 1);
    return rcode;
}

static void *alloc(lua_State *L, struct dp_arena *a, size_t count, size_t size_bytes)
{
    void *memory = dp_arena_calloc(a, count == 0 ? 1 : count, size_bytes);
    if (memory == NULL) {
        luaL_error(L, "out of memory");
    }
    return memory;
}

/* Pushes list `key` of the parts at 1 and returns its length; pushes nil and returns 0 where it is absent. */
static size_t push_list(lua_State *L, const char *key)
{
    if (lua_getfield(L, 1, key) == LUA_TNIL) {
        return 0;
    }
    lua_Integer n = luaL_len(L, -1);
    if (n > RECORDS_MAX) {
        luaL_argerror(L, 1, lua_pushfstring(L, "option '%s' has too many entries", key));
    }
    return (size_t)n;
}

/* The class of the record or question on top; IN where none is given. */
static uint16_t read_class(lua_State *L)
{
    uint16_t rrclass = DP_CLASS_IN;
    if (lua_getfield(L, -1, "class") != LUA_TNIL) {
        rrclass = dp_arg_class(L, 1, -1, "class");
    }
    lua_pop(L, 1);
    return rrclass;
}

static uint16_t read_type(lua_State *L)
{
    lua_getfield(L, -1, "type");
    uint16_t type = dp_arg_type(L, 1, -1, "type");
    lua_pop(L, 1);
    return type;
}

static void read_questions(lua_State *L, struct dp_arena *a, struct dp_msg *msg)
{
    msg->n_questions = push_list(L, "question");
    msg->questions = alloc(L, a, msg->n_questions, sizeof *msg->questions);
    for (size_t i = 0; i < msg->n_questions; i++) {
        lua_rawgeti(L, -1, (lua_Integer)i + 1);
        luaL_argcheck(L, lua_istable(L, -1), 1, "a question is a table { name, type, class }");
        lua_getfield(L, -1, "name");
        dp_arg_name(L, 1, -1, "name", &msg->questions[i].name);
        lua_pop(L, 1);
        msg->questions[i].type = read_type(L);
        msg->questions[i].rrclass = read_class(L);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

/* The record on top of the stack: { name, type, class, ttl, rdata }. */
static void read_record(lua_State *L, struct dp_arena *a, struct dp_rr *rr)
{
    const char *field = NULL;
    size_t size = 0;
    struct dp_name *owner = alloc(L, a, 1, sizeof *owner);
    luaL_argcheck(L, lua_istable(L, -1), 1, "a record is a table { name, type, ttl, rdata }");
    lua_getfield(L, -1, "name");
    dp_arg_name(L, 1, -1, "name", owner);
    lua_getfield(L, -2, "ttl");
    lua_Integer ttl_s = lua_tointeger(L, -1);
    luaL_argcheck(L, ttl_s >= 0 && ttl_s <= INT32_MAX, 1, "option 'ttl' must be from 0 to 2147483647");
    lua_getfield(L, -3, "rdata");
    const char *text = lua_tolstring(L, -1, &size);
    luaL_argcheck(L, text != NULL, 1, "option 'rdata' must be a string");
    lua_pop(L, 3);
    rr->owner = owner;
    rr->ttl_s = (uint32_t)ttl_s;
    rr->type = read_type(L);
    rr->rrclass = read_class(L);
    uint16_t type = dp_rdata_type(rr->type, rr->rrclass);
    type = type == DP_TYPE_CH_A ? type : rr->type;
    enum dp_err err = dp_rdata_from_text(type, text, size, NULL, a, &rr->rdata, &rr->rdata_size, &field);
    if (err != DP_OK) {
        luaL_argerror(
            L, 1,
            lua_pushfstring(L, "rdata '%s': %s (%s)", text, dp_err_text(err), field == NULL ? "" : field));
    }
}

static void read_section(lua_State *L, struct dp_arena *a, const char *key, struct dp_rrs *rrs)
{
    rrs->count = push_list(L, key);
    rrs->items = alloc(L, a, rrs->count, sizeof *rrs->items);
    for (size_t i = 0; i < rrs->count; i++) {
        lua_rawgeti(L, -1, (lua_Integer)i + 1);
        read_record(L, a, &rrs->items[i]);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

/* dns.message.build{ id, opcode, rcode, flags, question, answer, authority, additional, edns } -> raw */
static int l_build(lua_State *L)
{
    struct parts parts = {0};
    struct dp_msg msg = {0};
    struct dp_edns_arg edns;
    size_t size = 0;
    dp_arg_table(L, 1, false, part_rows, sizeof part_rows / sizeof part_rows[0], &parts);
    lua_settop(L, 1);
    struct dp_arena *a = dp_arena_push(L, BUILD_LIMIT_BYTES);
    msg.id = (uint16_t)parts.id;
    msg.opcode = (uint8_t)parts.opcode;
    msg.flags = read_flags(L);
    msg.rcode = read_rcode(L);
    read_questions(L, a, &msg);
    read_section(L, a, "answer", &msg.sections[DP_SECTION_ANSWER]);
    read_section(L, a, "authority", &msg.sections[DP_SECTION_AUTHORITY]);
    read_section(L, a, "additional", &msg.sections[DP_SECTION_ADDITIONAL]);
    if (lua_getfield(L, 1, "edns") != LUA_TNIL) {
        dp_edns_arg_read(L, 1, -1, &edns);
        msg.edns = edns.edns;
    }
    uint8_t *out = dp_state_get(L)->message;
    enum dp_err err = dp_msg_build(&msg, false, out, UINT16_MAX, &size);
    if (err != DP_OK) {
        return luaL_error(L, "message: %s", dp_err_text(err));
    }
    lua_pushlstring(L, (const char *)out, size);
    return 1;
}

/* ---- RFC 8427 ---- */

/* dns.message.to_json(message) -> table with the members of RFC 8427; a malformed one also has its octets */
static int l_to_json(lua_State *L)
{
    size_t size = 0;
    const struct dp_msg *msg = dp_message_check(L, 1);
    const uint8_t *wire = dp_message_wire(L, 1, &size);
    struct cJSON **box = dp_json_box(L);
    *box = dp_json_from_msg(msg, msg->place.err == DP_OK ? NULL : wire, size);
    if (*box == NULL) {
        return luaL_error(L, "out of memory");
    }
    dp_json_push(L, *box);
    return 1;
}

/* Pushes the Message of the tree, built into the arena; nil, message where that cannot be done. */
static int push_from_json(lua_State *L, const struct cJSON *json, struct dp_arena *a)
{
    struct dp_msg msg;
    const char *field = NULL;
    size_t size = 0;
    uint8_t *out = dp_state_get(L)->message;
    enum dp_err err = dp_json_to_msg(json, a, &msg, &field);
    if (err == DP_OK) {
        err = dp_msg_build(&msg, false, out, UINT16_MAX, &size);
    }
    if (err != DP_OK) {
        lua_pushnil(L);
        lua_pushfstring(L, "%s: %s", field == NULL ? "message" : field, dp_err_text(err));
        return 2;
    }
    dp_message_push(L, out, size);
    return 1;
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* Where the table at 1 has messageOctetsHEX, pushes the Message of those octets and returns true. */
static bool push_from_octets(lua_State *L)
{
    size_t size = 0;
    lua_getfield(L, 1, "messageOctetsHEX");
    const char *hex = lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, &size) : NULL;
    if (hex == NULL || size % 2 != 0 || size / 2 > UINT16_MAX) {
        return false;
    }
    uint8_t *octets = lua_newuserdatauv(L, size / 2 + 1, 0);
    for (size_t i = 0; i < size / 2; i++) {
        int high = hex_digit(hex[2 * i]), low = hex_digit(hex[2 * i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        octets[i] = (uint8_t)(high << 4 | low);
    }
    dp_message_push(L, octets, size / 2);
    return true;
}

/* dns.message.from_json(table) -> Message; nil, message. Where there are messageOctetsHEX, these count. */
static int l_from_json(lua_State *L)
{
    enum dp_err err = DP_OK;
    luaL_checktype(L, 1, LUA_TTABLE);
    if (push_from_octets(L)) {
        return 1;
    }
    struct dp_arena *a = dp_arena_push(L, BUILD_LIMIT_BYTES);
    struct dp_str *s = dp_push_scratch(L);
    dp_json_encode(L, 1, false, s);
    struct cJSON **box = dp_json_box(L);
    *box = dp_json_parse(dp_str_text(s), s->len_bytes, NULL, &err, NULL);
    if (*box == NULL) {
        return luaL_error(L, "message: %s", dp_err_text(err));
    }
    return push_from_json(L, *box, a);
}

/* dns.message.text(message) -> what dig prints for it, safe for a terminal */
static int l_text(lua_State *L)
{
    const struct dp_msg *msg = dp_message_check(L, 1);
    struct dp_str *s = dp_push_scratch(L);
    dp_msg_print(s, msg);
    dp_push_text(L, s);
    return 1;
}

static const luaL_Reg functions[] = {{"from_wire", l_from_wire}, {"text", l_text},
                                     {"build", l_build},         {"to_json", l_to_json},
                                     {"from_json", l_from_json}, {NULL, NULL}};

void dp_add_message(lua_State *L)
{
    luaL_newlib(L, functions);
    lua_setfield(L, -2, "message");
}
