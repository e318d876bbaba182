/* SPDX-License-Identifier: MIT
 * Messages as dig 9.18 shows them. A record's columns are dig's: TTL from column 24, class 32, type 40, data
 * 48, reached with tabs, or with one blank when the column is already passed. */
#include "wire/msg.h"

#define TAB_WIDTH     8u
#define TYPE_TSIG     250
#define OPCODE_UPDATE 5

enum { COLUMN_TTL = 24, COLUMN_CLASS = 32, COLUMN_TYPE = 40, COLUMN_RDATA = 48 };

/* Moves from column `at` to `to`, by at least one place; returns the column reached. */
static size_t indent(struct dp_str *s, size_t at, size_t to)
{
    to = to < at + 1 ? at + 1 : to;
    for (size_t tabs = to / TAB_WIDTH - at / TAB_WIDTH; tabs > 0; tabs--) {
        dp_str_addc(s, '\t');
        at = to / TAB_WIDTH * TAB_WIDTH;
    }
    for (; at < to; at++) {
        dp_str_addc(s, ' ');
    }
    return to;
}

/* `bare`: records without RDATA are what an update is made of (RFC 2136, sections 2.4 and 2.5); dig shows
 * nothing behind the type then. */
static void print_rr(struct dp_str *s, const struct dp_rr *rr, bool bare)
{
    const size_t start = s->len_bytes;
    dp_name_print(s, rr->owner);
    size_t column = indent(s, s->len_bytes - start, COLUMN_TTL);
    size_t before = s->len_bytes;
    dp_str_addf(s, "%u", (unsigned)rr->ttl_s);
    column = indent(s, column + s->len_bytes - before, COLUMN_CLASS);
    before = s->len_bytes;
    dp_rrclass_print(s, rr->rrclass);
    column = indent(s, column + s->len_bytes - before, COLUMN_TYPE);
    before = s->len_bytes;
    dp_rrtype_print(s, rr->type);
    indent(s, column + s->len_bytes - before, COLUMN_RDATA);
    if (!bare || rr->rdata_size > 0 || (rr->rrclass != DP_CLASS_ANY && rr->rrclass != DP_CLASS_NONE)) {
        dp_rdata_print(s, dp_rdata_type(rr->type, rr->rrclass), rr->rdata, rr->rdata_size);
    }
}

static void print_header(struct dp_str *s, const struct dp_msg *msg)
{
    static const struct {
        uint16_t bit;
        const char *name;
    } flags[] = {{DP_FLAG_QR, " qr"}, {DP_FLAG_AA, " aa"}, {DP_FLAG_TC, " tc"}, {DP_FLAG_RD, " rd"},
                 {DP_FLAG_RA, " ra"}, {DP_FLAG_AD, " ad"}, {DP_FLAG_CD, " cd"}};
    char opcode[16];
    char rcode[16];
    dp_str_addf(s, ";; ->>HEADER<<- opcode: %s, status: %s, id: %u\n", dp_opcode_name(msg->opcode, opcode),
                dp_rcode_name(msg->rcode, rcode), msg->id);
    dp_str_adds(s, ";; flags:");
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        if ((msg->flags & flags[i].bit) != 0) {
            dp_str_adds(s, flags[i].name);
        }
    }
    if ((msg->flags & DP_FLAG_Z) != 0) {
        dp_str_addf(s, "; MBZ: 0x%x", DP_FLAG_Z >> 4);
    }
    dp_str_addf(s, "; QUERY: %u, ANSWER: %u, AUTHORITY: %u, ADDITIONAL: %u\n", msg->counts[0], msg->counts[1],
                msg->counts[2], msg->counts[3]);
}

static void print_edns(struct dp_str *s, const struct dp_edns *edns)
{
    dp_str_addf(s, ";; OPT PSEUDOSECTION:\n; EDNS: version: %u, flags:", edns->version);
    dp_str_adds(s, (edns->flags & DP_EDNS_DO) != 0 ? " do" : "");
    dp_str_adds(s, (edns->flags & DP_EDNS_CO) != 0 ? " co" : "");
    const unsigned unknown = edns->flags & ~(DP_EDNS_DO | DP_EDNS_CO);
    if (unknown != 0) {
        dp_str_addf(s, "; MBZ: 0x%.4x", unknown);
        dp_str_addf(s, ", udp: %u\n", edns->udp_size);
    } else {
        dp_str_addf(s, "; udp: %u\n", edns->udp_size);
    }
    for (size_t i = 0; i < edns->n_options; i++) {
        dp_str_adds(s, "; ");
        dp_edns_option_print(s, &edns->options[i]);
        dp_str_addc(s, '\n');
    }
}

static void print_questions(struct dp_str *s, const struct dp_msg *msg)
{
    dp_str_addf(s, ";; %s SECTION:\n", msg->opcode == OPCODE_UPDATE ? "ZONE" : "QUESTION");
    for (size_t i = 0; i < msg->n_questions; i++) {
        const struct dp_question *q = &msg->questions[i];
        dp_str_addc(s, ';'); /* dig counts its columns from behind it */
        const size_t start = s->len_bytes;
        dp_name_print(s, &q->name);
        size_t column = indent(s, s->len_bytes - start, COLUMN_CLASS);
        const size_t before = s->len_bytes;
        dp_rrclass_print(s, q->rrclass);
        column += s->len_bytes - before;
        indent(s, column, COLUMN_TYPE);
        dp_rrtype_print(s, q->type);
        dp_str_addc(s, '\n');
    }
}

/* The records of a section that are TSIG, or those that are not; dig shows TSIG in a section of its own. */
static void print_rrs(struct dp_str *s, const struct dp_rrs *rrs, bool tsig, bool bare, const char *title)
{
    for (size_t i = 0; i < rrs->count; i++) {
        if ((rrs->items[i].type == TYPE_TSIG) == tsig) {
            if (title != NULL) {
                dp_str_addf(s, "\n;; %s:\n", title);
                title = NULL;
            }
            print_rr(s, &rrs->items[i], bare);
            dp_str_addc(s, '\n');
        }
    }
}

void dp_msg_print(struct dp_str *s, const struct dp_msg *msg)
{
    static const char *const titles[2][DP_SECTIONS] = {
        {"ANSWER SECTION", "AUTHORITY SECTION", "ADDITIONAL SECTION"},
        {"PREREQUISITE SECTION", "UPDATE SECTION", "ADDITIONAL SECTION"}};
    const bool update = msg->opcode == OPCODE_UPDATE;
    print_header(s, msg);
    if (msg->edns.present || msg->n_questions > 0) {
        dp_str_addc(s, '\n');
    }
    if (msg->edns.present) {
        print_edns(s, &msg->edns);
    }
    if (msg->n_questions > 0) {
        print_questions(s, msg);
    }
    for (int section = 0; section < DP_SECTIONS; section++) {
        print_rrs(s, &msg->sections[section], false, update && section != DP_SECTION_ADDITIONAL,
                  titles[update][section]);
    }
    print_rrs(s, &msg->sections[DP_SECTION_ADDITIONAL], true, false, "TSIG PSEUDOSECTION");
}
