/* SPDX-License-Identifier: MIT
 * What a stub look-up gives, whoever does it: c-ares (stub_ares.h) or the C library (stub_libc.h). */
#ifndef DP_HOST_STUB_H
#define DP_HOST_STUB_H

#include <stdbool.h>

#include "net/addr.h"

enum dp_stub_status {
    DP_STUB_OK,          /* "ok" */
    DP_STUB_NODATA,      /* "nodata": the name is there, not with this type */
    DP_STUB_NXDOMAIN,    /* "nxdomain" */
    DP_STUB_SERVFAIL,    /* "servfail" */
    DP_STUB_REFUSED,     /* "refused": by the server */
    DP_STUB_ERROR,       /* "error": FORMERR, NOTIMP or another RCODE */
    DP_STUB_TIMEOUT,     /* "timeout" */
    DP_STUB_UNREACHABLE, /* "unreachable": no server could be contacted */
    DP_STUB_MALFORMED,   /* "malformed": an answer that the stub could not read */
    DP_STUB_TEMPORARY,   /* "temporary": the C library's EAI_AGAIN, which covers SERVFAIL and timeouts */
    DP_STUB_CANCELED,    /* "canceled" */
    DP_STUB_LOCAL        /* "local": this host could not try (memory, bad name, no stub) */
};

#define DP_STUB_ADDRESSES_MAX 64
struct dp_stub_address {
    struct dp_addr address;
    uint32_t ttl_s; /* 0 where the stub does not tell (C library, hosts file) */
};
struct dp_stub_result {
    enum dp_stub_status status;
    const struct dp_stub_address *addresses;
    size_t n_addresses; /* at most DP_STUB_ADDRESSES_MAX */
    uint64_t elapsed_us;
    unsigned timeouts; /* servers that stayed silent on the way, hidden by the stub (c-ares) */
    bool from_hosts;   /* the hosts file decided */
    unsigned hosts_line;
    const char *text; /* the stub's own word for the status, static */
};
/* `result` is borrowed during the call. */
typedef void dp_stub_cb(void *user, const struct dp_stub_result *result);

const char *dp_stub_status_name(enum dp_stub_status status);

#endif
