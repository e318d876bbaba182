/* SPDX-License-Identifier: MIT
 * A DNS server for the benches: a process of its own that answers every query with one A record. */
#ifndef BENCH_RESPONDER_H
#define BENCH_RESPONDER_H

#include <stdint.h>
#include <sys/types.h>

#include "net/addr.h"

/* Keeps the calling process on one CPU, where there are several. */
void bench_pin(unsigned cpu);

/* Starts it on a free port of 127.0.0.1, on the second CPU; -1 on failure. The caller kills it.
 *
 * hold_us 0: answers as fast as it can, many packets per system call, with 192.0.2.1.
 * else: answers one query at a time, hold_us after the kernel received it, awaited without sleeping; the
 * address in the answer is the time that really passed, in microseconds, as a 32-bit number. */
pid_t bench_responder_start(uint64_t hold_us, struct dp_addr *address);

#endif
