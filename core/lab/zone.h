/* SPDX-License-Identifier: MIT
 * A zone of the lab: records from master-file text behind a hash of names, and the one look-up that an
 * authoritative server makes (RFC 1034, section 4.3.2, steps 3a to 3c). */
#ifndef DP_LAB_ZONE_H
#define DP_LAB_ZONE_H

#include "base/arena.h"
#include "wire/zonetext.h"

struct dp_lab_record {
    const uint8_t *rdata;
    uint16_t rdata_size;
    struct dp_lab_record *next;
};

struct dp_lab_rrset {
    uint16_t type;
    uint32_t ttl_s; /* of its first record: one TTL per set (RFC 2181, section 5.2) */
    size_t count;
    struct dp_lab_record *records; /* in the order of the text */
    struct dp_lab_rrset *next;
};

struct dp_lab_domain {
    struct dp_name name;
    struct dp_lab_rrset *sets; /* NULL: an empty non-terminal */
    struct dp_lab_domain *next;
};

/* How many of an address set one answer carries: a pool that changes from query to query. */
struct dp_lab_pool {
    struct dp_name name;
    unsigned take;        /* addresses per answer */
    const double *weight; /* per record of the set in the order of the text, NULL: all alike */
    size_t n_weights;
    struct dp_lab_pool *next;
};

struct dp_lab_alias;

struct dp_lab_zone {
    struct dp_arena arena; /* all that hangs on the zone */
    struct dp_name origin;
    struct dp_lab_domain **buckets;
    struct dp_lab_pool *pools;
    struct dp_lab_alias *alias; /* apex ALIAS, NULL if none; owned (alias.h) */
    uint64_t serial_every_us;   /* the serial rises by one each such time, 0: stays */
    uint64_t serial_lag_us;     /* and this server copies it that much later */
    bool shuffle;               /* answers rotate at random (RFC 1794) */
    struct dp_lab_zone *next;   /* in the lab's list */
};

enum dp_lab_found {
    DP_LAB_FOUND_ANSWER,   /* `set`, at `domain` */
    DP_LAB_FOUND_CNAME,    /* `set` is the CNAME */
    DP_LAB_FOUND_REFERRAL, /* `set` is the NS set of the cut at `domain` */
    DP_LAB_FOUND_NODATA,
    DP_LAB_FOUND_NXDOMAIN
};

struct dp_lab_lookup {
    enum dp_lab_found found;
    const struct dp_lab_domain *domain;
    const struct dp_lab_rrset *set;
};

/* Parses `text` into a new zone. The zone must have a SOA at its apex. On failure *error says line and
 * reason. Free with dp_lab_zone_free. */
enum dp_err dp_lab_zone_new(const char *origin, const char *text, size_t size_bytes,
                            struct dp_lab_zone **zone, struct dp_zonetext_error *error);
void dp_lab_zone_free(struct dp_lab_zone *zone);

/* Looks `name` up, which must be within the zone. Type ANY finds the domain, `set` is then its first. A
 * wildcard's set is found for the names it covers (RFC 4592); the caller answers with the name asked for. DS
 * at a cut is answered, not referred (RFC 4035, section 3.1.4.1). */
struct dp_lab_lookup dp_lab_zone_lookup(const struct dp_lab_zone *zone, const struct dp_name *name,
                                        uint16_t type);
/* Exact name and type, glue and names below a cut included; NULL if there is none. */
const struct dp_lab_rrset *dp_lab_zone_get(const struct dp_lab_zone *zone, const struct dp_name *name,
                                           uint16_t type);
/* The pool of `name`, NULL if it has none. */
const struct dp_lab_pool *dp_lab_zone_pool(const struct dp_lab_zone *zone, const struct dp_name *name);

#endif
