/* SPDX-License-Identifier: MIT
 * getaddrinfo, off the loop's thread. SOCK_DGRAM makes it give each address once. */
#include "host/stub_libc.h"

#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/clock.h"

struct lookup {
    uv_getaddrinfo_t request;
    uint64_t started_us;
    dp_stub_cb *done;
    void *user;
};

static enum dp_stub_status status_of(int error)
{
    switch (error) {
    case 0:
        return DP_STUB_OK;
    case UV_EAI_NONAME:
        return DP_STUB_NXDOMAIN; /* the C library says the same for NODATA of both families */
    case UV_EAI_NODATA:
    case UV_EAI_ADDRFAMILY:
        return DP_STUB_NODATA;
    case UV_EAI_AGAIN:
        return DP_STUB_TEMPORARY;
    case UV_EAI_FAIL:
        return DP_STUB_ERROR;
    case UV_EAI_CANCELED:
        return DP_STUB_CANCELED;
    default:
        return DP_STUB_LOCAL;
    }
}

static void resolved(uv_getaddrinfo_t *request, int error, struct addrinfo *list)
{
    struct lookup *lookup = request->data;
    struct dp_stub_address addresses[DP_STUB_ADDRESSES_MAX];
    struct dp_stub_result result = {.status = status_of(error),
                                    .addresses = addresses,
                                    .elapsed_us = dp_clock_mono_us() - lookup->started_us,
                                    .text = error == 0 ? "success" : uv_err_name(error)};
    for (const struct addrinfo *ai = list; ai != NULL && result.n_addresses < DP_STUB_ADDRESSES_MAX;
         ai = ai->ai_next) {
        struct dp_stub_address *to = &addresses[result.n_addresses];
        *to = (struct dp_stub_address){0};
        dp_addr_from_sockaddr(&to->address, ai->ai_addr);
        if (to->address.family != 0) {
            result.n_addresses++;
        }
    }
    uv_freeaddrinfo(list);
    lookup->done(lookup->user, &result);
    free(lookup);
}

enum dp_err dp_stub_libc_lookup(struct dp_loop *loop, const char *name, int family, dp_stub_cb *done,
                                void *user)
{
    const struct addrinfo hints = {.ai_family = family == 4   ? AF_INET
                                                : family == 6 ? AF_INET6
                                                              : AF_UNSPEC,
                                   .ai_socktype = SOCK_DGRAM};
    struct lookup *lookup = calloc(1, sizeof *lookup);
    if (lookup == NULL) {
        return DP_ERR_NOMEM;
    }
    lookup->started_us = dp_clock_mono_us();
    lookup->done = done;
    lookup->user = user;
    lookup->request.data = lookup;
    const int error = uv_getaddrinfo(dp_loop_uv(loop), &lookup->request, resolved, name, NULL, &hints);
    if (error != 0) {
        free(lookup);
        return error == UV_ENOMEM ? DP_ERR_NOMEM : DP_ERR_ARG;
    }
    return DP_OK;
}
