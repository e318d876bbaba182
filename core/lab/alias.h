/* SPDX-License-Identifier: MIT
 * ALIAS (ANAME, "CNAME flattening"): an authoritative server that looks a target up by itself and gives the
 * addresses as its own. It caches what it got under a TTL of its own, which is where stale addresses and
 * answers for one region only come from. */
#ifndef DP_LAB_ALIAS_H
#define DP_LAB_ALIAS_H

#include "lab/node.h"

#define DP_LAB_ALIAS_ADDRESSES 8

struct dp_lab_alias {
    struct dp_name target;
    struct dp_addr via; /* the resolver that it asks */
    uint32_t ttl_s;
    bool pinned;                                      /* `addresses` never change */
    struct dp_addr addresses[DP_LAB_ALIAS_ADDRESSES]; /* IPv4 */
    size_t n_addresses;
    uint64_t expires_us; /* of `addresses` */
};

/* True when the question is the alias's to answer (A or AAAA at the apex); responds now or later. */
bool dp_lab_alias_serve(struct dp_lab_request *request, struct dp_lab_zone *zone);

#endif
