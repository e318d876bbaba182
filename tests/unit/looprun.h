/* SPDX-License-Identifier: MIT
 * Turning a loop until nothing is left to wait for. */
#ifndef DP_TESTS_LOOPRUN_H
#define DP_TESTS_LOOPRUN_H

#include "net/loop.h"

static inline void loop_run(struct dp_loop *loop)
{
    while (dp_loop_turn(loop, true)) {
    }
}

#endif
