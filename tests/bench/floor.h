/* SPDX-License-Identifier: MIT
 * The floor of throughput: what system calls alone cost on this machine. */
#ifndef BENCH_FLOOR_H
#define BENCH_FLOOR_H

#include <stdint.h>

#include "net/addr.h"

/* A client that does as little as a client can: one socket, 64 messages per system call, stamps as the engine
 * asks for them; it reads no answer, checks nothing, and waits in the kernel. Sends so many copies of the
 * query to the server (IPv4), in_flight at once; a lost one is given up after 0.3 s. Returns 0, or 1 on
 * failure. */
int bench_floor(const struct dp_addr *server, const uint8_t *query, size_t query_size, unsigned long queries,
                unsigned in_flight);

#endif
