/* SPDX-License-Identifier: MIT
 * Zones of the lab. A domain is an entry of one hash table; every ancestor of a name up to the origin gets an
 * entry too, so that an empty non-terminal is known to exist (RFC 4592, section 2.2.2) and the look-up can
 * tell NODATA from NXDOMAIN without ordering.
 *
 * A look-up goes from the origin down, one label at a time:
 *   1. a name below the apex with NS records is a cut: referral, unless DS is asked at the cut itself;
 *   2. a name that does not exist ends the walk: its closest encloser is the last that did, and a `*` below
 *      that one answers, else NXDOMAIN;
 *   3. at the name itself: the set, else its CNAME, else NODATA. */
#include "lab/zone.h"

#include <stdlib.h>
#include <string.h>

#define BUCKETS          256u /* a power of two; zones of the lab have tens of names */
#define ZONE_LIMIT_BYTES (16u << 20)

static struct dp_lab_domain *find(const struct dp_lab_zone *zone, const struct dp_name *name)
{
    struct dp_lab_domain *domain = zone->buckets[dp_name_hash(name) % BUCKETS];
    while (domain != NULL && !dp_name_equal(&domain->name, name)) {
        domain = domain->next;
    }
    return domain;
}

/* The entry of `name`, made if absent, with its ancestors up to the origin. NULL: out of memory. */
static struct dp_lab_domain *intern(struct dp_lab_zone *zone, const struct dp_name *name)
{
    struct dp_lab_domain *wanted = NULL;
    struct dp_name at = *name;
    do {
        struct dp_lab_domain *domain = find(zone, &at);
        const bool known = domain != NULL;
        if (!known) {
            domain = dp_arena_calloc(&zone->arena, 1, sizeof *domain);
            if (domain == NULL) {
                return NULL;
            }
            struct dp_lab_domain **bucket = &zone->buckets[dp_name_hash(&at) % BUCKETS];
            domain->name = at;
            domain->next = *bucket;
            *bucket = domain;
        }
        wanted = wanted == NULL ? domain : wanted;
        if (known) {
            break; /* then its ancestors are too */
        }
    } while (!dp_name_equal(&at, &zone->origin) && dp_name_parent(&at, &at));
    return wanted;
}

static struct dp_lab_rrset *set_of(const struct dp_lab_domain *domain, uint16_t type)
{
    struct dp_lab_rrset *set = domain->sets;
    while (set != NULL && set->type != type) {
        set = set->next;
    }
    return set;
}

/* Appends a record to its set; an exact duplicate is left out (RFC 2181, section 5). */
static enum dp_err add_record(struct dp_lab_zone *zone, const struct dp_rr *rr)
{
    struct dp_lab_domain *domain = intern(zone, rr->owner);
    if (domain == NULL) {
        return DP_ERR_NOMEM;
    }
    struct dp_lab_rrset *set = set_of(domain, rr->type);
    if (set == NULL) {
        set = dp_arena_calloc(&zone->arena, 1, sizeof *set);
        if (set == NULL) {
            return DP_ERR_NOMEM;
        }
        set->type = rr->type;
        set->ttl_s = rr->ttl_s;
        set->next = domain->sets;
        domain->sets = set;
    }
    struct dp_lab_record **end = &set->records;
    for (; *end != NULL; end = &(*end)->next) {
        if ((*end)->rdata_size == rr->rdata_size && memcmp((*end)->rdata, rr->rdata, rr->rdata_size) == 0) {
            return DP_OK;
        }
    }
    struct dp_lab_record *record = dp_arena_calloc(&zone->arena, 1, sizeof *record);
    if (record == NULL) {
        return DP_ERR_NOMEM;
    }
    record->rdata = rr->rdata;
    record->rdata_size = rr->rdata_size;
    *end = record;
    set->count++;
    return DP_OK;
}

struct load {
    struct dp_lab_zone *zone;
    enum dp_err err;
};

static int load_record(void *ctx, const struct dp_rr *rr)
{
    struct load *load = ctx;
    if (!dp_name_is_within(rr->owner, &load->zone->origin)) {
        load->err = DP_ERR_RANGE;
    } else {
        load->err = add_record(load->zone, rr);
    }
    return load->err != DP_OK;
}

static void say(struct dp_zonetext_error *error, enum dp_err err, const char *text)
{
    error->err = err;
    error->line = 0;
    strncpy(error->text, text, sizeof error->text - 1);
    error->text[sizeof error->text - 1] = '\0';
}

static enum dp_err load_text(struct dp_lab_zone *zone, const char *text, size_t size_bytes,
                             struct dp_zonetext_error *error)
{
    struct load load = {.zone = zone, .err = DP_OK};
    enum dp_err err =
        dp_zonetext_parse(text, size_bytes, &zone->origin, &zone->arena, load_record, &load, error);
    if (load.err != DP_OK) {
        say(error, load.err, load.err == DP_ERR_RANGE ? "a record outside the zone" : "out of memory");
        return load.err;
    }
    if (err == DP_OK && dp_lab_zone_get(zone, &zone->origin, DP_TYPE_SOA) == NULL) {
        say(error, DP_ERR_SYNTAX, "no SOA record at the apex");
        return DP_ERR_SYNTAX;
    }
    return err;
}

enum dp_err dp_lab_zone_new(const char *origin, const char *text, size_t size_bytes,
                            struct dp_lab_zone **zone, struct dp_zonetext_error *error)
{
    memset(error, 0, sizeof *error);
    struct dp_lab_zone *new = calloc(1, sizeof *new);
    if (new == NULL) {
        say(error, DP_ERR_NOMEM, "out of memory");
        return DP_ERR_NOMEM;
    }
    dp_arena_init(&new->arena, ZONE_LIMIT_BYTES);
    enum dp_err err = dp_name_from_text(&new->origin, origin, strlen(origin), NULL);
    new->buckets = dp_arena_calloc(&new->arena, BUCKETS, sizeof(struct dp_lab_domain *));
    if (err != DP_OK) {
        say(error, err, "the zone's name is not a domain name");
    } else if (new->buckets == NULL) {
        say(error, err = DP_ERR_NOMEM, "out of memory");
    } else {
        err = load_text(new, text, size_bytes, error);
    }
    if (err != DP_OK) {
        dp_lab_zone_free(new);
        return err;
    }
    *zone = new;
    return DP_OK;
}

void dp_lab_zone_free(struct dp_lab_zone *zone)
{
    if (zone != NULL) {
        free(zone->alias);
        dp_arena_fini(&zone->arena);
        free(zone);
    }
}

/* The ancestor of `name` that has `labels` labels; `name` itself when it has no more. */
static struct dp_name ancestor(const struct dp_name *name, unsigned labels)
{
    struct dp_name at = *name;
    for (unsigned n = dp_name_labels(name); n > labels; n--) {
        dp_name_parent(&at, &at);
    }
    return at;
}

/* What a domain that is no cut has of `type` (step 3). */
static struct dp_lab_lookup at_domain(const struct dp_lab_domain *domain, uint16_t type)
{
    struct dp_lab_lookup result = {.found = DP_LAB_FOUND_NODATA, .domain = domain};
    result.set = type == DP_TYPE_ANY ? domain->sets : set_of(domain, type);
    if (result.set != NULL) {
        result.found = DP_LAB_FOUND_ANSWER;
        return result;
    }
    result.set = set_of(domain, DP_TYPE_CNAME);
    if (result.set != NULL) {
        result.found = DP_LAB_FOUND_CNAME;
    }
    return result;
}

/* A name that does not exist, below `encloser` (step 2). */
static struct dp_lab_lookup at_wildcard(const struct dp_lab_zone *zone, const struct dp_lab_domain *encloser,
                                        uint16_t type)
{
    const struct dp_lab_domain *wildcard = NULL;
    if (encloser->name.len + 2u <= DP_NAME_MAX_BYTES) {
        struct dp_name star = {.len = (uint8_t)(encloser->name.len + 2), .wire = {1, '*'}};
        memcpy(star.wire + 2, encloser->name.wire, encloser->name.len);
        wildcard = find(zone, &star);
    }
    return wildcard != NULL ? at_domain(wildcard, type)
                            : (struct dp_lab_lookup){.found = DP_LAB_FOUND_NXDOMAIN, .domain = encloser};
}

struct dp_lab_lookup dp_lab_zone_lookup(const struct dp_lab_zone *zone, const struct dp_name *name,
                                        uint16_t type)
{
    const unsigned labels = dp_name_labels(name);
    const struct dp_lab_domain *encloser = find(zone, &zone->origin);
    for (unsigned n = dp_name_labels(&zone->origin) + 1; n <= labels; n++) {
        const struct dp_name at = ancestor(name, n);
        const struct dp_lab_domain *domain = find(zone, &at);
        if (domain == NULL) {
            return at_wildcard(zone, encloser, type);
        }
        const struct dp_lab_rrset *ns = set_of(domain, DP_TYPE_NS);
        if (ns != NULL && !(n == labels && type == DP_TYPE_DS)) {
            return (struct dp_lab_lookup){.found = DP_LAB_FOUND_REFERRAL, .domain = domain, .set = ns};
        }
        encloser = domain;
    }
    return at_domain(encloser, type);
}

const struct dp_lab_rrset *dp_lab_zone_get(const struct dp_lab_zone *zone, const struct dp_name *name,
                                           uint16_t type)
{
    const struct dp_lab_domain *domain = find(zone, name);
    return domain != NULL ? set_of(domain, type) : NULL;
}

const struct dp_lab_pool *dp_lab_zone_pool(const struct dp_lab_zone *zone, const struct dp_name *name)
{
    const struct dp_lab_pool *pool = zone->pools;
    while (pool != NULL && !dp_name_equal(&pool->name, name)) {
        pool = pool->next;
    }
    return pool;
}
