/* SPDX-License-Identifier: MIT
 * DNS messages (RFC 1035, section 4; RFC 6891 for OPT): parsing keeps all that could be read, also of a
 * message that breaks off, and says where it broke. Building compresses names where RFC 3597 allows it. */
#ifndef DP_WIRE_MSG_H
#define DP_WIRE_MSG_H

#include "base/arena.h"
#include "wire/edns.h"
#include "wire/name.h"
#include "wire/rdata.h"

enum dp_section { DP_SECTION_ANSWER, DP_SECTION_AUTHORITY, DP_SECTION_ADDITIONAL };
#define DP_SECTIONS 3

enum { /* header flag bits (RFC 1035 4.1.1, RFC 4035 for AD and CD) */
       DP_FLAG_QR = 0x8000,
       DP_FLAG_AA = 0x0400,
       DP_FLAG_TC = 0x0200,
       DP_FLAG_RD = 0x0100,
       DP_FLAG_RA = 0x0080,
       DP_FLAG_Z = 0x0040,
       DP_FLAG_AD = 0x0020,
       DP_FLAG_CD = 0x0010
};

enum { /* classes and response codes that the code itself needs; names of all in rcodes.def */
       DP_CLASS_IN = 1,
       DP_CLASS_CH = 3,
       DP_CLASS_HS = 4,
       DP_CLASS_NONE = 254, /* RFC 2136 */
       DP_CLASS_ANY = 255,
       DP_RCODE_NOERROR = 0,
       DP_RCODE_FORMERR = 1,
       DP_RCODE_SERVFAIL = 2,
       DP_RCODE_NXDOMAIN = 3,
       DP_RCODE_NOTIMP = 4,
       DP_RCODE_REFUSED = 5,
       DP_RCODE_BADVERS = 16
};
enum { /* RR types that the code itself needs */
       DP_TYPE_A = 1,
       DP_TYPE_NS = 2,
       DP_TYPE_CNAME = 5,
       DP_TYPE_SOA = 6,
       DP_TYPE_PTR = 12,
       DP_TYPE_MX = 15,
       DP_TYPE_TXT = 16,
       DP_TYPE_AAAA = 28,
       DP_TYPE_SRV = 33,
       DP_TYPE_DNAME = 39,
       DP_TYPE_OPT = 41,
       DP_TYPE_DS = 43,
       DP_TYPE_RRSIG = 46,
       DP_TYPE_DNSKEY = 48,
       DP_TYPE_AXFR = 252,
       DP_TYPE_ANY = 255
};

struct dp_question {
    struct dp_name name;
    uint16_t type;
    uint16_t rrclass;
};

struct dp_rr {
    const struct dp_name *owner; /* in the arena; equal neighbours may share it */
    uint16_t type;
    uint16_t rrclass;
    uint32_t ttl_s;
    uint16_t rdata_size;  /* octets of `rdata` */
    const uint8_t *rdata; /* in the arena, names uncompressed */
    size_t offset;        /* where the record began in the message */
};

struct dp_rrs {
    struct dp_rr *items;
    size_t count;
};

struct dp_msg {
    uint16_t id;
    uint16_t flags; /* the raw second word: QR, opcode, bits, RCODE */
    uint16_t rcode; /* 12 bits: the header's, extended by OPT (RFC 6891, section 6.1.3) */
    uint8_t opcode;
    uint16_t counts[4]; /* as declared: QD AN NS AR */
    struct dp_question *questions;
    size_t n_questions; /* as read; a diagnostic parser keeps what it saw, also none or several */
    struct dp_rrs sections[DP_SECTIONS]; /* without OPT */
    struct dp_edns edns;                 /* of the first OPT; edns.present says whether there was one */
    unsigned n_opts;                     /* more than one is malformed (RFC 6891, section 6.1.1) */
    size_t size_bytes;                   /* of the message */
    size_t trailing_bytes;               /* behind the last record */
    struct dp_place place; /* err != OK: malformed, and where; DP_ERR_TRAILING after a whole message */
};

/* Parses into `a` (which limits memory). Returns place.err; *msg holds all that was read before it. `wire`
 * need not outlive the call. */
enum dp_err dp_msg_parse(struct dp_msg *msg, const uint8_t *wire, size_t size_bytes, struct dp_arena *a);
/* The same without a copy: records borrow from `wire`, which must outlive *msg. */
enum dp_err dp_msg_parse_borrowed(struct dp_msg *msg, const uint8_t *wire, size_t size_bytes,
                                  struct dp_arena *a);

/* Builds `msg` into `out` (room for `cap_bytes`, at most 65535): header from id, flags, opcode and rcode; OPT
 * last in the additional section when edns.present. Section counts come from what is there. NOSPACE when it
 * does not fit; with `truncate`, whole records are left out from the end
 * and TC is set instead (RFC 2181, 9). */
enum dp_err dp_msg_build(const struct dp_msg *msg, bool truncate, uint8_t *out, size_t cap_bytes,
                         size_t *size_bytes);

/* Text the way dig 9.18 prints it: `;; ->>HEADER<<-`, OPT PSEUDOSECTION, sections. */
void dp_msg_print(struct dp_str *s, const struct dp_msg *msg);
void dp_rr_print(struct dp_str *s, const struct dp_rr *rr); /* one master-file line without newline */
/* "NOERROR", "RCODE4095"; "QUERY", "RESERVED3": as dig names them. Static or in `buf` (16 bytes). */
const char *dp_rcode_name(uint16_t rcode, char *buf);
const char *dp_opcode_name(uint8_t opcode, char *buf);
enum dp_err dp_rcode_from_text(const char *text, uint16_t *rcode);

#endif
