/* SPDX-License-Identifier: MIT
 * An RFC 8427 object as a message. The reader keeps the first failure and the member it was at; members that
 * are left out are zero, false or empty, as the RFC allows (section 2). */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

#include "json/json.h"
#include "wire/msg.h"
#include "wire/token.h"

#define ITEMS_MAX 65535

struct reader {
    struct dp_arena *arena;
    enum dp_err err;
    const char *field;
};

static void fail(struct reader *r, enum dp_err err, const char *field)
{
    if (r->err == DP_OK) {
        r->err = err;
        r->field = field;
    }
}

static const cJSON *member(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

static uint32_t read_number(struct reader *r, const cJSON *object, const char *name, uint32_t max)
{
    const cJSON *item = member(object, name);
    if (item == NULL) {
        return 0;
    }
    if (!cJSON_IsNumber(item) || !(item->valuedouble >= 0 && item->valuedouble <= max) ||
        item->valuedouble != (double)(uint32_t)item->valuedouble) {
        fail(r, DP_ERR_RANGE, name);
        return 0;
    }
    return (uint32_t)item->valuedouble;
}

/* true, false, or the numbers 1 and 0. */
static unsigned read_flag(struct reader *r, const cJSON *object, const char *name, unsigned bit)
{
    const cJSON *item = member(object, name);
    if (cJSON_IsBool(item)) {
        return cJSON_IsTrue(item) ? bit : 0;
    }
    return read_number(r, object, name, 1) != 0 ? bit : 0;
}

static void read_name(struct reader *r, const cJSON *object, const char *name_member, struct dp_name *name)
{
    const cJSON *item = member(object, name_member);
    if (!cJSON_IsString(item)) {
        fail(r, DP_ERR_SYNTAX, name_member);
        return;
    }
    const enum dp_err err = dp_name_from_text(name, item->valuestring, strlen(item->valuestring), NULL);
    if (err != DP_OK) {
        fail(r, err, name_member);
    }
}

/* The number if it is there, else the mnemonic, else `absent`. */
static uint16_t read_registry(struct reader *r, const cJSON *object, const char *number, const char *mnemonic,
                              enum dp_err (*parse)(const char *, size_t, uint16_t *), uint16_t absent)
{
    const cJSON *item = member(object, mnemonic);
    uint16_t value = absent;
    if (member(object, number) != NULL) {
        return (uint16_t)read_number(r, object, number, UINT16_MAX);
    }
    if (item != NULL &&
        (!cJSON_IsString(item) || parse(item->valuestring, strlen(item->valuestring), &value) != DP_OK)) {
        fail(r, DP_ERR_UNKNOWN_TYPE, mnemonic);
    }
    return value;
}

static void read_header(struct reader *r, const cJSON *json, struct dp_msg *msg)
{
    static const struct {
        const char *name;
        unsigned bit;
    } flags[] = {{"QR", DP_FLAG_QR}, {"AA", DP_FLAG_AA}, {"TC", DP_FLAG_TC}, {"RD", DP_FLAG_RD},
                 {"RA", DP_FLAG_RA}, {"Z", DP_FLAG_Z},   {"AD", DP_FLAG_AD}, {"CD", DP_FLAG_CD}};
    static const char *const counts[] = {"QDCOUNT", "ANCOUNT", "NSCOUNT", "ARCOUNT"};
    unsigned word = 0;
    msg->id = (uint16_t)read_number(r, json, "ID", UINT16_MAX);
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        word |= read_flag(r, json, flags[i].name, flags[i].bit);
    }
    msg->opcode = (uint8_t)read_number(r, json, "Opcode", 15);
    msg->rcode = (uint16_t)read_number(r, json, "RCODE", 15);
    msg->flags = (uint16_t)(word | (unsigned)msg->opcode << 11 | msg->rcode);
    for (size_t i = 0; i < 4; i++) {
        msg->counts[i] = (uint16_t)read_number(r, json, counts[i], UINT16_MAX);
    }
}

/* The array's length; 0, and a failure, when it is none or too long. */
static size_t array_size(struct reader *r, const cJSON *array, const char *name)
{
    const int n = cJSON_GetArraySize(array);
    if (array != NULL && (!cJSON_IsArray(array) || n > ITEMS_MAX)) {
        fail(r, cJSON_IsArray(array) ? DP_ERR_LIMIT : DP_ERR_SYNTAX, name);
        return 0;
    }
    return (size_t)n;
}

static void *alloc(struct reader *r, size_t count, size_t size_bytes, const char *field)
{
    void *items = count > 0 ? dp_arena_calloc(r->arena, count, size_bytes) : NULL;
    if (count > 0 && items == NULL) {
        fail(r, DP_ERR_NOMEM, field);
    }
    return items;
}

static void read_question(struct reader *r, const cJSON *json, bool in_array, struct dp_question *q)
{
    read_name(r, json, in_array ? "NAME" : "QNAME", &q->name);
    q->type = read_registry(r, json, in_array ? "TYPE" : "QTYPE", in_array ? "TYPEname" : "QTYPEname",
                            dp_rrtype_from_text, DP_TYPE_A);
    q->rrclass = read_registry(r, json, in_array ? "CLASS" : "QCLASS", in_array ? "CLASSname" : "QCLASSname",
                               dp_rrclass_from_text, DP_CLASS_IN);
}

static void read_questions(struct reader *r, const cJSON *json, struct dp_msg *msg)
{
    const cJSON *array = member(json, "questionRRs");
    /* An empty array that went through a language which does not tell the two apart, such as Lua. Only this
     * list is written where it is empty. */
    if (cJSON_IsObject(array) && array->child == NULL) {
        array = NULL;
    }
    const bool single = array == NULL && member(json, "QNAME") != NULL;
    const size_t n = single ? 1 : array_size(r, array, "questionRRs");
    msg->questions = alloc(r, n, sizeof *msg->questions, "questionRRs");
    for (const cJSON *item = single          ? json
                             : array != NULL ? array->child
                                             : NULL;
         r->err == DP_OK && msg->n_questions < n; item = item->next) {
        read_question(r, item, !single, &msg->questions[msg->n_questions++]);
    }
}

static void set_rdata(struct reader *r, struct dp_rr *rr, const struct dp_str *octets, const char *field)
{
    if (!dp_str_ok(octets) || octets->len_bytes > UINT16_MAX) {
        fail(r, DP_ERR_LIMIT, field);
        return;
    }
    rr->rdata = dp_arena_memdup(r->arena, dp_str_text(octets), octets->len_bytes);
    rr->rdata_size = (uint16_t)octets->len_bytes;
    if (rr->rdata == NULL) {
        fail(r, DP_ERR_NOMEM, field);
    }
}

static void read_rdata_text(struct reader *r, const cJSON *json, struct dp_rr *rr)
{
    char name[32] = "rdata";
    const struct dp_rrtype *row = dp_rrtype_by_number(rr->type);
    if (row != NULL) {
        snprintf(name, sizeof name, "rdata%s", row->mnemonic);
    }
    const cJSON *item = member(json, name);
    if (!cJSON_IsString(item)) {
        fail(r, DP_ERR_SYNTAX, "RDATAHEX");
        return;
    }
    const char *field = "";
    const uint16_t type = dp_rdata_type(rr->type, rr->rrclass);
    const enum dp_err err =
        dp_rdata_from_text(type == DP_TYPE_CH_A ? type : rr->type, item->valuestring,
                           strlen(item->valuestring), NULL, r->arena, &rr->rdata, &rr->rdata_size, &field);
    if (err != DP_OK) {
        fail(r, err, field);
    }
}

static void read_rdata(struct reader *r, const cJSON *json, struct dp_rr *rr)
{
    const cJSON *hex = member(json, "RDATAHEX");
    struct dp_str octets;
    if (!cJSON_IsString(hex)) {
        read_rdata_text(r, json, rr);
        return;
    }
    dp_str_init(&octets, 0);
    if (dp_text_hex(&octets, hex->valuestring, strlen(hex->valuestring)) != DP_OK) {
        fail(r, DP_ERR_SYNTAX, "RDATAHEX");
    } else {
        set_rdata(r, rr, &octets, "RDATAHEX");
    }
    dp_str_fini(&octets);
}

static void read_rr(struct reader *r, const cJSON *json, struct dp_rr *rr)
{
    struct dp_name *owner = alloc(r, 1, sizeof *owner, "NAME");
    if (owner == NULL) {
        return;
    }
    read_name(r, json, "NAME", owner);
    rr->owner = owner;
    rr->type = read_registry(r, json, "TYPE", "TYPEname", dp_rrtype_from_text, 0);
    rr->rrclass = read_registry(r, json, "CLASS", "CLASSname", dp_rrclass_from_text, DP_CLASS_IN);
    rr->ttl_s = read_number(r, json, "TTL", UINT32_MAX);
    if (r->err == DP_OK) {
        read_rdata(r, json, rr);
    }
}

/* OPT stands among the additional records; its RDATA is a list of options. */
static void take_opt(struct reader *r, const struct dp_rr *rr, struct dp_msg *msg)
{
    struct dp_edns *edns = &msg->edns;
    struct dp_cursor c;
    if (msg->n_opts++ > 0 || rr->owner->len != 1) {
        fail(r, DP_ERR_OPT, "additionalRRs");
        return;
    }
    edns->present = true;
    edns->udp_size = rr->rrclass;
    edns->ext_rcode = (uint8_t)(rr->ttl_s >> 24);
    edns->version = (uint8_t)(rr->ttl_s >> 16);
    edns->flags = (uint16_t)rr->ttl_s;
    msg->rcode = (uint16_t)((unsigned)edns->ext_rcode << 4 | msg->rcode);
    edns->options = alloc(r, rr->rdata_size / 4u, sizeof *edns->options, "RDATAHEX");
    dp_cursor_init(&c, rr->rdata, rr->rdata_size);
    while (r->err == DP_OK && dp_cursor_left(&c) > 0) {
        struct dp_edns_option option = {.code = dp_cursor_u16(&c, "")};
        option.size = dp_cursor_u16(&c, "");
        option.data = dp_cursor_bytes(&c, option.size, "");
        if (!dp_cursor_ok(&c)) {
            fail(r, DP_ERR_OPT, "RDATAHEX");
            return;
        }
        edns->options[edns->n_options++] = option;
    }
}

static void read_section(struct reader *r, const cJSON *json, enum dp_section section, struct dp_msg *msg)
{
    static const char *const names[DP_SECTIONS] = {"answerRRs", "authorityRRs", "additionalRRs"};
    const cJSON *array = member(json, names[section]);
    const size_t n = array_size(r, array, names[section]);
    struct dp_rrs *rrs = &msg->sections[section];
    rrs->items = alloc(r, n, sizeof *rrs->items, names[section]);
    const cJSON *item = array != NULL ? array->child : NULL;
    for (size_t i = 0; r->err == DP_OK && i < n; i++, item = item->next) {
        struct dp_rr rr = {0};
        read_rr(r, item, &rr);
        if (r->err == DP_OK && section == DP_SECTION_ADDITIONAL && rr.type == DP_TYPE_OPT) {
            take_opt(r, &rr, msg);
        } else {
            rrs->items[rrs->count++] = rr;
        }
    }
}

enum dp_err dp_json_to_msg(const struct cJSON *json, struct dp_arena *a, struct dp_msg *msg,
                           const char **field)
{
    struct reader r = {.arena = a};
    struct dp_msg read = {0};
    if (!cJSON_IsObject(json)) {
        fail(&r, DP_ERR_SYNTAX, "message");
    }
    read_header(&r, json, &read);
    read_questions(&r, json, &read);
    for (int section = 0; section < DP_SECTIONS; section++) {
        read_section(&r, json, (enum dp_section)section, &read);
    }
    if (r.err != DP_OK) {
        if (field != NULL) {
            *field = r.field;
        }
        return r.err;
    }
    *msg = read;
    return DP_OK;
}
