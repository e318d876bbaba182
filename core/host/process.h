/* SPDX-License-Identifier: MIT
 * Runs a program by argument vector (never a shell), bounded in time and output. */
#ifndef DP_HOST_PROCESS_H
#define DP_HOST_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

#include "net/loop.h"

#define DP_PROCESS_STDERR_BYTES 512

struct dp_process_outcome {
    bool started;                              /* false: `error` says why */
    bool timed_out;                            /* it was killed after the time given */
    int exit_status;                           /* -1 when it did not exit by itself */
    int term_signal;                           /* 0: none */
    int error;                                 /* errno-like, negative as libuv has them; 0: none */
    char stderr_text[DP_PROCESS_STDERR_BYTES]; /* the first bytes, escaped for terminals */
    uint64_t elapsed_us;
};
typedef void dp_process_cb(void *user, const struct dp_process_outcome *outcome); /* borrowed */
struct dp_process;

/* argv[0] is looked up in PATH; argv is NULL-terminated and borrowed during the call; stdin is empty, stdout
 * is dropped. `done` fires exactly once, never before this returns; *process (may be NULL) is valid until
 * then. NOMEM, ARG. */
enum dp_err dp_process_run(struct dp_loop *loop, const char *const *argv, uint64_t timeout_us,
                           dp_process_cb *done, void *user, struct dp_process **process);
/* Kills the program and what it started; `done` still fires. */
void dp_process_kill(struct dp_process *process);

#endif
