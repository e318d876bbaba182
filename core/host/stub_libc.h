/* SPDX-License-Identifier: MIT
 * The C library's view: getaddrinfo in a thread of the loop's pool. It always uses this host's own
 * configuration, so it means nothing in the lab. */
#ifndef DP_HOST_STUB_LIBC_H
#define DP_HOST_STUB_LIBC_H

#include "host/stub.h"
#include "net/loop.h"

/* `family`: 4, 6, or 0 for both. `done` fires exactly once, never before this returns. The call cannot be
 * canceled once a thread runs it: the loop must not be freed before `done`. */
enum dp_err dp_stub_libc_lookup(struct dp_loop *loop, const char *name, int family, dp_stub_cb *done,
                                void *user);

#endif
