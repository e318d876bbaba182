/* SPDX-License-Identifier: MIT
 * A message as an RFC 8427 object (sections 2.1 and 2.2). Members are added in the order of the RFC. */
#include <arpa/inet.h>
#include <cjson/cJSON.h>
#include <string.h>

#include "base/escape.h"
#include "json/json.h"
#include "wire/msg.h"

#define OPT_FIXED_TTL(edns) ((uint32_t)(edns)->version << 16 | (edns)->flags)

/* Where members go; `failed` is sticky, so that callers check once. */
struct writer {
    cJSON *object;
    struct dp_str *scratch;
    bool *failed;
};

static void add_number(struct writer *w, const char *name, double value)
{
    *w->failed = cJSON_AddNumberToObject(w->object, name, value) == NULL || *w->failed;
}

static void add_flag(struct writer *w, const char *name, bool value)
{
    *w->failed = cJSON_AddBoolToObject(w->object, name, value) == NULL || *w->failed;
}

static void add_text(struct writer *w, const char *name, const char *text)
{
    *w->failed = cJSON_AddStringToObject(w->object, name, text) == NULL || *w->failed;
}

/* Adds what was printed to the scratch string, and clears it. */
static void add_scratch(struct writer *w, const char *name)
{
    *w->failed = *w->failed || !dp_str_ok(w->scratch);
    add_text(w, name, dp_str_text(w->scratch));
    dp_str_clear(w->scratch);
}

static void add_hex(struct writer *w, const char *name, const uint8_t *data, size_t size_bytes)
{
    dp_str_add_hex(w->scratch, data, size_bytes, true);
    add_scratch(w, name);
}

static struct writer add_object_to(struct writer *w, cJSON *array)
{
    struct writer inner = {.object = cJSON_CreateObject(), .scratch = w->scratch, .failed = w->failed};
    if (!cJSON_AddItemToArray(array, inner.object)) {
        cJSON_Delete(inner.object);
        inner.object = NULL;
        *w->failed = true;
    }
    return inner;
}

static cJSON *add_array(struct writer *w, const char *name)
{
    cJSON *array = cJSON_AddArrayToObject(w->object, name);
    *w->failed = *w->failed || array == NULL;
    return array;
}

static void add_header(struct writer *w, const struct dp_msg *msg)
{
    char name[16];
    add_number(w, "ID", msg->id);
    add_flag(w, "QR", (msg->flags & DP_FLAG_QR) != 0);
    add_number(w, "Opcode", msg->opcode);
    add_flag(w, "AA", (msg->flags & DP_FLAG_AA) != 0);
    add_flag(w, "TC", (msg->flags & DP_FLAG_TC) != 0);
    add_flag(w, "RD", (msg->flags & DP_FLAG_RD) != 0);
    add_flag(w, "RA", (msg->flags & DP_FLAG_RA) != 0);
    if ((msg->flags & DP_FLAG_Z) != 0) { /* not in the RFC, and only when set */
        add_flag(w, "Z", true);
    }
    add_flag(w, "AD", (msg->flags & DP_FLAG_AD) != 0);
    add_flag(w, "CD", (msg->flags & DP_FLAG_CD) != 0);
    add_number(w, "RCODE", msg->rcode & 15u);
    add_text(w, "RCODEname", dp_rcode_name(msg->rcode, name));
    add_number(w, "QDCOUNT", msg->counts[0]);
    add_number(w, "ANCOUNT", msg->counts[1]);
    add_number(w, "NSCOUNT", msg->counts[2]);
    add_number(w, "ARCOUNT", msg->counts[3]);
}

static void add_type_and_class(struct writer *w, const char *prefix, uint16_t type, uint16_t rrclass)
{
    char name[16] = "";
    const struct {
        const char *member;
        uint16_t number;
        void (*print)(struct dp_str *, uint16_t);
    } members[] = {{"TYPE", type, dp_rrtype_print}, {"CLASS", rrclass, dp_rrclass_print}};
    for (size_t i = 0; i < 2; i++) {
        strcpy(name, prefix);
        strcat(name, members[i].member);
        add_number(w, name, members[i].number);
        members[i].print(w->scratch, members[i].number);
        strcat(name, "name");
        add_scratch(w, name);
    }
}

static void add_question(struct writer *w, const struct dp_question *q, const char *prefix)
{
    dp_name_print(w->scratch, &q->name);
    add_scratch(w, prefix[0] != '\0' ? "QNAME" : "NAME");
    add_type_and_class(w, prefix, q->type, q->rrclass);
}

static void add_questions(struct writer *w, const struct dp_msg *msg)
{
    if (msg->n_questions == 1) {
        add_question(w, &msg->questions[0], "Q");
        return;
    }
    cJSON *array = add_array(w, "questionRRs");
    for (size_t i = 0; i < msg->n_questions; i++) {
        struct writer item = add_object_to(w, array);
        add_question(&item, &msg->questions[i], "");
    }
}

/* rdataA, rdataMX, ...: presentation form, where the type has one. */
static void add_rdata_text(struct writer *w, const struct dp_rr *rr)
{
    char member[32] = "rdata";
    const uint16_t type = dp_rdata_type(rr->type, rr->rrclass);
    const struct dp_rrtype *row = dp_rrtype_by_number(type == DP_TYPE_CH_A ? rr->type : type);
    if (row == NULL || row->n_fields == 0 || dp_rdata_check(type, rr->rdata, rr->rdata_size) != DP_OK) {
        return;
    }
    strncat(member, row->mnemonic, sizeof member - sizeof "rdata");
    dp_rdata_print(w->scratch, type, rr->rdata, rr->rdata_size);
    add_scratch(w, member);
}

static void add_rr(struct writer *w, const struct dp_rr *rr)
{
    dp_name_print(w->scratch, rr->owner);
    add_scratch(w, "NAME");
    add_type_and_class(w, "", rr->type, rr->rrclass);
    add_number(w, "TTL", rr->ttl_s);
    add_number(w, "RDLENGTH", rr->rdata_size);
    add_hex(w, "RDATAHEX", rr->rdata, rr->rdata_size);
    add_rdata_text(w, rr);
}

static void add_opt(struct writer *w, const struct dp_msg *msg)
{
    const struct dp_edns *edns = &msg->edns;
    struct dp_str rdata;
    dp_str_init(&rdata, 0);
    for (size_t i = 0; i < edns->n_options; i++) {
        const struct dp_edns_option *o = &edns->options[i];
        const uint8_t head[4] = {(uint8_t)(o->code >> 8), (uint8_t)o->code, (uint8_t)(o->size >> 8),
                                 (uint8_t)o->size};
        dp_str_add(&rdata, head, sizeof head);
        dp_str_add(&rdata, o->data, o->size);
    }
    add_text(w, "NAME", ".");
    add_type_and_class(w, "", DP_TYPE_OPT, edns->udp_size);
    add_number(w, "TTL", (uint32_t)(msg->rcode >> 4) << 24 | OPT_FIXED_TTL(edns));
    add_number(w, "RDLENGTH", (double)rdata.len_bytes);
    add_hex(w, "RDATAHEX", (const uint8_t *)dp_str_text(&rdata), rdata.len_bytes);
    *w->failed = *w->failed || !dp_str_ok(&rdata);
    dp_str_fini(&rdata);
}

static void add_sections(struct writer *w, const struct dp_msg *msg)
{
    static const char *const names[DP_SECTIONS] = {"answerRRs", "authorityRRs", "additionalRRs"};
    for (int section = 0; section < DP_SECTIONS; section++) {
        const struct dp_rrs *rrs = &msg->sections[section];
        const bool opt = section == DP_SECTION_ADDITIONAL && msg->edns.present;
        cJSON *array = rrs->count > 0 || opt ? add_array(w, names[section]) : NULL;
        for (size_t i = 0; i < rrs->count; i++) {
            struct writer item = add_object_to(w, array);
            add_rr(&item, &rrs->items[i]);
        }
        if (opt) {
            struct writer item = add_object_to(w, array);
            add_opt(&item, msg);
        }
    }
}

static void add_ede(struct writer *w, const struct dp_edns_option *option)
{
    uint16_t code = 0;
    const char *text = NULL;
    size_t size = 0;
    if (!dp_ede_read(option, &code, &text, &size)) {
        return;
    }
    add_number(w, "infoCode", code);
    if (dp_ede_name(code) != NULL) {
        add_text(w, "infoName", dp_ede_name(code));
    }
    dp_escape_terminal(w->scratch, text, size);
    add_scratch(w, "extraText");
}

static void add_ecs(struct writer *w, const struct dp_edns_option *option)
{
    struct dp_ecs ecs;
    char text[INET6_ADDRSTRLEN];
    if (!dp_ecs_read(option, &ecs)) {
        return;
    }
    add_number(w, "family", ecs.family);
    add_number(w, "sourcePrefix", ecs.source_prefix);
    add_number(w, "scopePrefix", ecs.scope_prefix);
    if (ecs.family != 0) {
        add_text(w, "address",
                 inet_ntop(ecs.family == 1 ? AF_INET : AF_INET6, ecs.address, text, sizeof text));
    }
}

static void add_option(struct writer *w, const struct dp_edns_option *option)
{
    char name[16];
    add_number(w, "code", option->code);
    add_text(w, "name", dp_edns_option_name(option->code, name));
    add_number(w, "length", option->size);
    add_hex(w, "dataHEX", option->data, option->size);
    dp_edns_option_print(w->scratch, option);
    add_scratch(w, "text");
    if (option->code == DP_EDNS_EDE) {
        add_ede(w, option);
    } else if (option->code == DP_EDNS_ECS) {
        add_ecs(w, option);
    }
}

static void add_edns(struct writer *w, const struct dp_msg *msg)
{
    const struct dp_edns *edns = &msg->edns;
    struct writer inner = *w;
    if (!edns->present) {
        return;
    }
    inner.object = cJSON_AddObjectToObject(w->object, "EDNS");
    add_number(&inner, "version", edns->version);
    add_number(&inner, "udpSize", edns->udp_size);
    add_flag(&inner, "DO", (edns->flags & DP_EDNS_DO) != 0);
    add_number(&inner, "flags", edns->flags);
    add_number(&inner, "RCODE", msg->rcode);
    cJSON *array = add_array(&inner, "options");
    for (size_t i = 0; i < edns->n_options; i++) {
        struct writer item = add_object_to(&inner, array);
        add_option(&item, &edns->options[i]);
    }
}

struct cJSON *dp_json_from_msg(const struct dp_msg *msg, const uint8_t *wire, size_t wire_bytes)
{
    struct dp_str scratch;
    bool failed = false;
    struct writer w = {.object = cJSON_CreateObject(), .scratch = &scratch, .failed = &failed};
    dp_str_init(&scratch, 0);
    add_header(&w, msg);
    add_questions(&w, msg);
    add_sections(&w, msg);
    add_edns(&w, msg);
    if (wire != NULL) {
        add_hex(&w, "messageOctetsHEX", wire, wire_bytes);
    }
    dp_str_fini(&scratch);
    if (failed) {
        cJSON_Delete(w.object);
        return NULL;
    }
    return w.object;
}
