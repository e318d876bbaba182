/* SPDX-License-Identifier: MIT
 * How the DNS caches of a host are emptied: a plan for each platform, printable anywhere, and its execution
 * on this one. */
#ifndef DP_HOST_FLUSH_H
#define DP_HOST_FLUSH_H

#include "host/paths.h"
#include "host/process.h"

enum dp_flush_platform { DP_FLUSH_LINUX, DP_FLUSH_MACOS, DP_FLUSH_WINDOWS, DP_FLUSH_JAVA };

struct dp_flush_step {
    const char *what;        /* "systemd-resolved", "nscd", "Java virtual machines"... */
    const char *const *argv; /* NULL-terminated; NULL where there is only text for a human */
    const char *why;         /* what it does, one sentence */
    const char *text;        /* for a human: what to do by hand; NULL where argv says it all */
    bool needs_root;
    bool present; /* found running here; true in the plans of other platforms */
    bool manual;  /* dp_flush_run leaves it out */
    int pid;      /* >0: the step is a SIGHUP to this process, sent without a program */
};

struct dp_flush_plan {
    enum dp_flush_platform platform;
    bool here; /* the plan is for the platform that runs this */
    struct dp_flush_step *steps;
    size_t n_steps;
};

/* The plan for `platform`, in the arena. On Linux the steps of caches that are found running come with
 * present=true; where the plan is for another platform than this one all steps are listed. `domain` (may be
 * NULL): limits the step to this name where the cache can do that. */
enum dp_err dp_flush_plan_make(enum dp_flush_platform platform, const struct dp_host_paths *paths,
                               const char *domain, struct dp_arena *a, struct dp_flush_plan *plan);

struct dp_flush_outcome {
    bool ran; /* false: left out (not present, manual, another platform) */
    bool ok;  /* it ran and exited with 0, or the signal was sent */
    struct dp_process_outcome process;
};
/* `outcomes`: one per step of the plan, borrowed during the call. */
typedef void dp_flush_cb(void *user, const struct dp_flush_plan *plan,
                         const struct dp_flush_outcome *outcomes);

/* Runs the steps that are present and not manual, one after the other, each at most `step_timeout_us`. The
 * caller has asked for leave. The plan must live until `done`, which fires exactly once, never before this
 * returns. UNSUPPORTED when the plan is not for here. */
enum dp_err dp_flush_run(struct dp_loop *loop, const struct dp_flush_plan *plan, uint64_t step_timeout_us,
                         dp_flush_cb *done, void *user);

enum dp_err dp_flush_platform_from_text(const char *text, enum dp_flush_platform *platform);
const char *dp_flush_platform_name(enum dp_flush_platform platform);
enum dp_flush_platform dp_flush_platform_here(void);

#endif
