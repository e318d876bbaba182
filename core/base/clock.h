/* SPDX-License-Identifier: MIT
 * Time. Durations and deadlines are monotonic microseconds; instants that leave the process
 * are microseconds since the Unix epoch. */
#ifndef DP_BASE_CLOCK_H
#define DP_BASE_CLOCK_H

#include <stdint.h>

uint64_t dp_clock_mono_us(void); /* CLOCK_MONOTONIC */
uint64_t dp_clock_real_us(void); /* CLOCK_REALTIME: the clock of the kernel's receive stamps */

#endif
