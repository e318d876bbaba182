/* SPDX-License-Identifier: MIT
 * The authoritative side: RFC 1034, section 4.3.2, from the zones of one backend. CNAMEs are followed within
 * the zones of the backend that are the client's to see; a referral carries the glue that THIS zone holds,
 * which need not be what the child says: that is how glue faults are made. */
#include <string.h>

#include "lab/alias.h"
#include "lab/node.h"

#define CHAIN_MAX 10

/* ---- which zone ---- */

static bool in_subnet(const uint8_t ip[4], const struct dp_addr *subnet, unsigned prefix_bits)
{
    for (unsigned bit = 0; bit < prefix_bits && bit < 32; bit++) {
        if (((ip[bit / 8] ^ subnet->ip[bit / 8]) >> (7 - bit % 8) & 1) != 0) {
            return false;
        }
    }
    return true;
}

/* Who is asking, for views: the client subnet where one is sent, else the client itself. */
static const uint8_t *viewer_ip(const struct dp_lab_request *request)
{
    return request->ecs.family == 1 && request->ecs.source_prefix > 0 ? request->ecs.address
                                                                      : request->client.ip;
}

/* The deepest zone that holds `name` and is shown to this client. */
static const struct dp_lab_serving *zone_for(const struct dp_lab_request *request, const struct dp_name *name,
                                             uint16_t type)
{
    const struct dp_lab_serving *best = NULL;
    for (const struct dp_lab_serving *s = request->serve->zones; s != NULL; s = s->next) {
        const struct dp_name *origin = &s->zone->origin;
        const bool at_cut = type == DP_TYPE_DS && dp_name_equal(name, origin) && dp_name_labels(name) > 0;
        if (at_cut || !dp_name_is_within(name, origin) ||
            (s->subnet.family != 0 && !in_subnet(viewer_ip(request), &s->subnet, s->prefix_bits))) {
            continue;
        }
        if (best == NULL || dp_name_labels(origin) > dp_name_labels(&best->zone->origin)) {
            best = s;
        }
    }
    if (best == NULL && type == DP_TYPE_DS) {
        return zone_for(request, name, DP_TYPE_ANY); /* only the child is here: it answers NODATA */
    }
    return best;
}

/* ---- adding sets ---- */

/* The SOA with the serial of this moment (a zone that is being updated while one looks). */
static void add_moving_soa(struct dp_lab_request *request, enum dp_section section,
                           const struct dp_lab_zone *zone, const struct dp_lab_rrset *set)
{
    const struct dp_lab_record *soa = set->records;
    const uint64_t passed_us = dp_lab_now_us(request->node->lab) - DP_LAB_CLOCK_BEGIN_US;
    uint8_t *rdata = dp_arena_memdup(&request->arena, soa->rdata, soa->rdata_size);
    if (rdata == NULL || soa->rdata_size < 20 || passed_us < zone->serial_lag_us) {
        dp_lab_answer_add(&request->answer, section, &zone->origin, set->type, set->ttl_s, soa->rdata,
                          soa->rdata_size);
        return;
    }
    uint8_t *at = rdata + soa->rdata_size - 20; /* five 32-bit fields end the RDATA, the serial first */
    uint32_t serial = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
    serial += (uint32_t)((passed_us - zone->serial_lag_us) / zone->serial_every_us);
    for (unsigned i = 0; i < 4; i++) {
        at[i] = (uint8_t)(serial >> (24 - 8 * i));
    }
    dp_lab_answer_add(&request->answer, section, &zone->origin, set->type, set->ttl_s, rdata,
                      soa->rdata_size);
}

/* `take` different records of the set, drawn by weight. */
static void add_drawn(struct dp_lab_request *request, enum dp_section section, const struct dp_name *owner,
                      const struct dp_lab_rrset *set, const struct dp_lab_pool *pool)
{
    struct dp_rand *rand = &request->node->lab->rand;
    uint64_t drawn = 0;
    for (unsigned n = 0; n < pool->take && n < set->count && n < 64; n++) {
        double total = 0;
        size_t i = 0;
        for (i = 0; i < set->count && i < 64; i++) {
            total += (drawn >> i & 1) != 0 ? 0 : i < pool->n_weights ? pool->weight[i] : 1;
        }
        double at = dp_rand_unit(rand) * total;
        const struct dp_lab_record *record = set->records, *chosen = NULL;
        size_t chosen_index = 0;
        for (i = 0; record != NULL && i < 64; record = record->next, i++) {
            const double weight = (drawn >> i & 1) != 0 ? 0 : i < pool->n_weights ? pool->weight[i] : 1;
            if (weight > 0 && at >= 0) {
                chosen = record;
                chosen_index = i;
                at -= weight;
            }
        }
        if (chosen == NULL) {
            return;
        }
        drawn |= (uint64_t)1 << chosen_index;
        dp_lab_answer_add(&request->answer, section, owner, set->type, set->ttl_s, chosen->rdata,
                          chosen->rdata_size);
    }
}

/* RRSIGs of `type` at the same owner, when the client asked for them (RFC 4035, section 3.1.1). */
static void add_signatures(struct dp_lab_request *request, enum dp_section section,
                           const struct dp_lab_zone *zone, const struct dp_name *owner, uint16_t type)
{
    const struct dp_lab_rrset *set =
        (request->query.edns.flags & DP_EDNS_DO) != 0 ? dp_lab_zone_get(zone, owner, DP_TYPE_RRSIG) : NULL;
    for (const struct dp_lab_record *r = set != NULL ? set->records : NULL; r != NULL; r = r->next) {
        if (r->rdata_size > 2 && (r->rdata[0] << 8 | r->rdata[1]) == type) {
            dp_lab_answer_add(&request->answer, section, owner, DP_TYPE_RRSIG, set->ttl_s, r->rdata,
                              r->rdata_size);
        }
    }
}

/* Adds `set` under `owner` to a section as this server presents it: pool, rotation, moving serial. */
static void add_set(struct dp_lab_request *request, enum dp_section section, const struct dp_lab_zone *zone,
                    const struct dp_name *owner, const struct dp_lab_rrset *set)
{
    const bool address = set->type == DP_TYPE_A || set->type == DP_TYPE_AAAA;
    const struct dp_lab_pool *pool = address ? dp_lab_zone_pool(zone, owner) : NULL;
    if (set->type == DP_TYPE_SOA && zone->serial_every_us != 0) {
        add_moving_soa(request, section, zone, set);
    } else if (pool != NULL) {
        add_drawn(request, section, owner, set, pool);
    } else {
        const uint32_t n = (uint32_t)set->count;
        const uint32_t first = address && zone->shuffle ? dp_rand_below(&request->node->lab->rand, n) : 0;
        const struct dp_lab_record *record = set->records;
        for (uint32_t i = 0; i < first; i++) {
            record = record->next;
        }
        for (uint32_t i = 0; i < n; i++) {
            dp_lab_answer_add(&request->answer, section, owner, set->type, set->ttl_s, record->rdata,
                              record->rdata_size);
            record = record->next != NULL ? record->next : set->records;
        }
    }
    add_signatures(request, section, zone, owner, set->type);
}

/* Addresses of the hosts that an NS or MX set names, as far as this zone has them. */
static void add_addresses(struct dp_lab_request *request, const struct dp_lab_zone *zone,
                          const struct dp_lab_rrset *set)
{
    const unsigned skip = set->type == DP_TYPE_MX ? 2 : 0;
    static const uint16_t types[] = {DP_TYPE_A, DP_TYPE_AAAA};
    if (set->type != DP_TYPE_NS && set->type != DP_TYPE_MX) {
        return;
    }
    for (const struct dp_lab_record *record = set->records; record != NULL; record = record->next) {
        struct dp_name host;
        if (record->rdata_size <= skip ||
            dp_name_from_wire(&host, record->rdata + skip, record->rdata_size - skip) != DP_OK ||
            !dp_name_is_within(&host, &zone->origin)) {
            continue;
        }
        for (size_t i = 0; i < 2; i++) {
            const struct dp_lab_rrset *glue = dp_lab_zone_get(zone, &host, types[i]);
            if (glue != NULL) {
                add_set(request, DP_SECTION_ADDITIONAL, zone, &host, glue);
            }
        }
    }
}

/* ---- answering ---- */

/* SOA for a negative answer, its TTL capped by MINIMUM (RFC 2308, section 3). */
void dp_lab_auth_add_negative(struct dp_lab_request *request, const struct dp_lab_zone *zone)
{
    const struct dp_lab_rrset *soa = dp_lab_zone_get(zone, &zone->origin, DP_TYPE_SOA);
    struct dp_lab_rrset capped = *soa;
    const struct dp_lab_record *record = soa->records;
    if (record->rdata_size >= 20) {
        const uint8_t *at = record->rdata + record->rdata_size - 4;
        const uint32_t minimum = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
        capped.ttl_s = minimum < capped.ttl_s ? minimum : capped.ttl_s;
    }
    add_set(request, DP_SECTION_AUTHORITY, zone, &zone->origin, &capped);
}

static void add_referral(struct dp_lab_request *request, const struct dp_lab_zone *zone,
                         const struct dp_lab_lookup *hit)
{
    const struct dp_lab_rrset *ds = dp_lab_zone_get(zone, &hit->domain->name, DP_TYPE_DS);
    add_set(request, DP_SECTION_AUTHORITY, zone, &hit->domain->name, hit->set);
    if (ds != NULL && (request->query.edns.flags & DP_EDNS_DO) != 0) {
        add_set(request, DP_SECTION_AUTHORITY, zone, &hit->domain->name, ds);
    }
    add_addresses(request, zone, hit->set);
}

static void add_answer(struct dp_lab_request *request, const struct dp_lab_zone *zone,
                       const struct dp_name *name, uint16_t type, const struct dp_lab_lookup *hit)
{
    if (type != DP_TYPE_ANY) {
        add_set(request, DP_SECTION_ANSWER, zone, name, hit->set);
        add_addresses(request, zone, hit->set);
        return;
    }
    for (const struct dp_lab_rrset *set = hit->set; set != NULL; set = set->next) {
        add_set(request, DP_SECTION_ANSWER, zone, name, set);
    }
}

/* One name of the chain. True when a CNAME leads on: *name is then its target. */
static bool answer_name(struct dp_lab_request *request, const struct dp_lab_zone *zone, struct dp_name *name,
                        uint16_t type)
{
    struct dp_msg *msg = &request->answer.msg;
    const struct dp_lab_lookup hit = dp_lab_zone_lookup(zone, name, type);
    const bool first = msg->sections[DP_SECTION_ANSWER].count == 0;
    if (first && hit.found != DP_LAB_FOUND_REFERRAL) {
        msg->flags |= DP_FLAG_AA;
    }
    switch (hit.found) {
    case DP_LAB_FOUND_ANSWER:
        add_answer(request, zone, name, type, &hit);
        return false;
    case DP_LAB_FOUND_CNAME:
        add_set(request, DP_SECTION_ANSWER, zone, name, hit.set);
        return dp_name_from_wire(name, hit.set->records->rdata, hit.set->records->rdata_size) == DP_OK;
    case DP_LAB_FOUND_REFERRAL:
        if (first) {
            add_referral(request, zone, &hit);
        }
        return false;
    case DP_LAB_FOUND_NXDOMAIN:
        msg->rcode = DP_RCODE_NXDOMAIN;
        dp_lab_auth_add_negative(request, zone);
        return false;
    case DP_LAB_FOUND_NODATA:
        dp_lab_auth_add_negative(request, zone);
        return false;
    }
    return false;
}

/* The scope of an answer that depended on the subnet (RFC 7871, section 7.2.1). */
static void add_ecs(struct dp_lab_request *request, const struct dp_lab_serving *serving)
{
    struct dp_ecs ecs = request->ecs;
    if (ecs.family == 0) {
        return;
    }
    ecs.scope_prefix = serving->subnet.family != 0 ? (uint8_t)serving->prefix_bits : 0;
    uint8_t *data = dp_arena_alloc(&request->arena, 20);
    if (data != NULL) {
        dp_lab_answer_option(&request->answer, DP_EDNS_ECS, data, dp_ecs_write(&ecs, data));
    }
}

bool dp_lab_auth_serve(struct dp_lab_request *request)
{
    const struct dp_question *question = &request->query.questions[0];
    struct dp_name name = question->name;
    const struct dp_lab_serving *serving = zone_for(request, &name, question->type);
    if (serving == NULL) {
        return false;
    }
    if (dp_lab_alias_serve(request, serving->zone)) {
        return true;
    }
    add_ecs(request, serving);
    for (unsigned i = 0; i < CHAIN_MAX && serving != NULL; i++) {
        if (!answer_name(request, serving->zone, &name, question->type)) {
            break;
        }
        serving = zone_for(request, &name, question->type);
    }
    dp_lab_respond(request);
    return true;
}
