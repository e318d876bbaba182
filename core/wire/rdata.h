/* SPDX-License-Identifier: MIT
 * RR types and their RDATA, driven by the rows of rrtypes.def: one row per type names its fields and
 * their kinds; reading, printing, JSON and building all walk the row. RDATA is kept as wire bytes
 * with embedded names uncompressed; fields are decoded when somebody looks.
 * A type without a row is RFC 3597: \# length hex. */
#ifndef DP_WIRE_RDATA_H
#define DP_WIRE_RDATA_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/str.h"
#include "wire/name.h"

/* How a field of RDATA is laid out and printed. The entries in rdata_kind.c are in this order. */
enum dp_rdata_kind {
    DP_RDATA_U8,
    DP_RDATA_U16,
    DP_RDATA_U32,
    DP_RDATA_TTL,             /* U32 in seconds */
    DP_RDATA_OCTAL16,         /* U16 in octal: an address of class CH */
    DP_RDATA_TIME,            /* U32, YYYYMMDDHHmmSS (RFC 4034, 3.2) */
    DP_RDATA_TYPE,            /* U16 printed as a mnemonic */
    DP_RDATA_OLD_TYPE,        /* the same, without one as the bare number (RFC 2535) */
    DP_RDATA_ALGORITHM,       /* U8, as dig prints it: the number */
    DP_RDATA_A,               /* 4 octets */
    DP_RDATA_AAAA,            /* 16 octets */
    DP_RDATA_NAME_COMPRESSED, /* may be compressed on the wire: RFC 1035 types only (RFC 3597, section 4) */
    DP_RDATA_NAME,            /* never compressed by us; decompressed when received (RFC 3597) */
    DP_RDATA_STRING,          /* one <character-string> */
    DP_RDATA_STRINGS,         /* one or more to the end */
    DP_RDATA_TEXT_REST,       /* quoted text to the end, no length octet (CAA value, URI target) */
    DP_RDATA_TAG,             /* length octet and unquoted text (CAA tag) */
    DP_RDATA_HEX_REST,        /* one octet or more to the end */
    DP_RDATA_BASE64_REST,     /* one octet or more to the end */
    DP_RDATA_BASE64_ANY,      /* to the end, also none (SINK) */
    DP_RDATA_DIGEST,          /* to the end, as many octets as the type before it says (DS) */
    DP_RDATA_FINGERPRINT,     /* the same for SSHFP */
    DP_RDATA_ZONE_DIGEST,     /* the same for ZONEMD */
    DP_RDATA_PUBLIC_KEY,      /* to the end (DNSKEY) */
    DP_RDATA_OLD_KEY,         /* the same, none when the flags say so (KEY) */
    DP_RDATA_SIGNER,          /* NAME of no more labels than were signed (RRSIG) */
    DP_RDATA_ZERO16,          /* U16 that has to be 0 (flags of RKEY) */
    DP_RDATA_PSDN,            /* <character-string> of four digits or more (X25) */
    DP_RDATA_ISDN,            /* one or two <character-string>s */
    DP_RDATA_REGEXP,          /* <character-string>, a substitution expression or empty (NAPTR) */
    DP_RDATA_HEX_LEN8,        /* length octet then octets; "-" when empty (NSEC3 salt) */
    DP_RDATA_BASE32HEX_LEN8,  /* length octet then octets (NSEC3 next hashed owner) */
    DP_RDATA_TYPE_BITMAP,     /* RFC 4034, section 4.1.2 */
    DP_RDATA_TYPES_SOME,      /* the same, never empty (NSEC) */
    DP_RDATA_SVC_PARAMS,      /* RFC 9460, section 2.1 */
    DP_RDATA_LOC,             /* RFC 1876 */
    DP_RDATA_NAMES,           /* names to the end, uncompressed (HIP) */
    DP_RDATA_U48,             /* TSIG time: seconds since the epoch, printed as a number */
    DP_RDATA_EUI48,           /* 6 octets */
    DP_RDATA_EUI64,           /* 8 octets */
    DP_RDATA_ILNP64,          /* 8 octets as four groups of hex (RFC 6742) */
    DP_RDATA_NSAP,            /* 0x and hex, to the end */
    DP_RDATA_BASE64_WHOLE,    /* to the end, "-" when empty; dig never splits it (DOA) */
    DP_RDATA_BASE64_LEN16,    /* U16 length, printed, then octets (TSIG, TKEY) */
    DP_RDATA_BASE64_END16,    /* the same, no blank behind an empty one (MAC of TSIG, end of TKEY) */
    DP_RDATA_CERT_TYPE,       /* U16 printed as a mnemonic (RFC 4398, 2.1) */
    DP_RDATA_SEC_ALGORITHM,   /* U8 printed as a mnemonic (CERT only, as dig does) */
    DP_RDATA_RCODE,           /* U16 printed as a mnemonic (TSIG, TKEY) */
    DP_RDATA_DSYNC_SCHEME,    /* U8 printed as a mnemonic (RFC 9859) */
    DP_RDATA_TOP_BIT,         /* bit 7 of an octet whose rest is the next field (AMTRELAY) */
    DP_RDATA_LOW_BITS,        /* bits 6 to 0 of that octet */
    DP_RDATA_GATEWAY,         /* laid out as the type in RDATA's second octet says: AMTRELAY */
    DP_RDATA_IPSEC_GATEWAY,   /* the same where no other type is known of (IPSECKEY) */
    DP_RDATA_ATMA,            /* format octet and address, to the end */
    DP_RDATA_HIP,             /* algorithm, HIT and key: their lengths come first on the wire (RFC 8005) */
    DP_RDATA_APL,             /* RFC 3123 */
    DP_RDATA_A6,              /* RFC 2874 */
    DP_RDATA_NXT_BITMAP,      /* RFC 2535, section 5.2 */
    DP_RDATA_WKS,             /* protocol and ports (RFC 1035, section 3.4.2) */
    DP_RDATA_KIND_COUNT_
};

#define DP_RDATA_MAX_FIELDS 10

struct dp_rrtype {
    const char *mnemonic;
    uint16_t number;
    const char *rfc;
    unsigned n_fields; /* 0 for query-only types (ANY, AXFR, ...) */
    struct {
        enum dp_rdata_kind kind;
        const char *name; /* as in the RFC, snake_case: the member name in JSON and Lua */
    } fields[DP_RDATA_MAX_FIELDS];
};

/* The row of a type, NULL if there is none. Static storage. */
const struct dp_rrtype *dp_rrtype_by_number(uint16_t type);
size_t dp_rrtype_count(void);
const struct dp_rrtype *dp_rrtype_at(size_t index); /* 0 .. count-1: completion, help, meta */

/* Mnemonics and TYPEnnn / CLASSnnn (RFC 3597, section 5), case-insensitive. */
enum dp_err dp_rrtype_from_text(const char *text, size_t size_bytes, uint16_t *type);
void dp_rrtype_print(struct dp_str *s, uint16_t type);
enum dp_err dp_rrclass_from_text(const char *text, size_t size_bytes, uint16_t *rrclass);
void dp_rrclass_print(struct dp_str *s, uint16_t rrclass);

/* The type as which RDATA is read and printed. Some formats are defined for class IN alone (AAAA holds an
 * address of the Internet): in other classes they are octets (RFC 3597, section 4), for which OPT, a type
 * without fields, stands. An A of class CH is a name and an octal number: DP_TYPE_CH_A, which is RFC 6895's
 * reserved number and never that of a record. */
#define DP_TYPE_CH_A 65535u
uint16_t dp_rdata_type(uint16_t type, uint16_t rrclass);
/* Checks uncompressed RDATA. */
enum dp_err dp_rdata_check(uint16_t type, const uint8_t *rdata, uint16_t size_bytes);
/* Presentation form, byte for byte what dig 9.18 prints. Malformed or unknown: RFC 3597 form. */
void dp_rdata_print(struct dp_str *s, uint16_t type, const uint8_t *rdata, uint16_t size_bytes);
/* From presentation form (fields separated by blanks; no parentheses, no comments: zonetext.h takes
 * those away). RFC 3597 form is accepted for every type. On SYNTAX *field names what was wrong. */
enum dp_err dp_rdata_from_text(uint16_t type, const char *text, size_t size_bytes,
                               const struct dp_name *origin, struct dp_arena *a, const uint8_t **rdata,
                               uint16_t *rdata_size_bytes, const char **field);

/* One decoded field: `number` where the kind is numeric, else `text` (presentation form). */
struct dp_rdata_field {
    const char *name;
    bool is_number;
    uint32_t number;
    const char *text; /* in the scratch string, valid until the visitor returns */
};
typedef void dp_rdata_visitor(void *ctx, const struct dp_rdata_field *field);
/* Calls `visit` for each field in order; false (and no call) when the RDATA is malformed, has no row, or is
 * in a form that its row does not know (LOC of another version). */
bool dp_rdata_visit(uint16_t type, const uint8_t *rdata, uint16_t size_bytes, dp_rdata_visitor *visit,
                    void *ctx);

#endif
