/* SPDX-License-Identifier: MIT
 * A child process with a deadline.
 *
 * Three handles belong to a run: the process, a pipe for its stderr, a timer. The run ends when the process
 * has exited; what it wrote before is in the pipe by then, so a grace of one short timer collects it, and a
 * grandchild that holds the pipe open cannot keep us. `done` fires when all three are closed. */
#include "host/process.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/clock.h"
#include "base/escape.h"

#define GRACE_MS 100u

struct dp_process {
    uv_process_t process;
    uv_pipe_t pipe;
    uv_timer_t timer;
    int open_handles;
    bool ending;
    bool read_failed;
    uint64_t started_us;
    size_t n_bytes;
    char bytes[DP_PROCESS_STDERR_BYTES];
    char dropped[256]; /* what comes behind them */
    struct dp_process_outcome outcome;
    dp_process_cb *done;
    void *user;
};

/* Escapes what the program said, as much of it as fits. */
static void finish(struct dp_process *run)
{
    struct dp_str text;
    dp_str_init(&text, 0);
    dp_escape_terminal(&text, run->bytes, run->n_bytes);
    const size_t size =
        text.len_bytes < DP_PROCESS_STDERR_BYTES ? text.len_bytes : DP_PROCESS_STDERR_BYTES - 1;
    memcpy(run->outcome.stderr_text, dp_str_text(&text), size);
    dp_str_fini(&text);
    run->outcome.elapsed_us = dp_clock_mono_us() - run->started_us;
    run->done(run->user, &run->outcome);
    free(run);
}

static void handle_closed(uv_handle_t *handle)
{
    struct dp_process *run = handle->data;
    if (--run->open_handles == 0) {
        finish(run);
    }
}

static void end(struct dp_process *run)
{
    if (run->ending) {
        return;
    }
    run->ending = true;
    uv_close((uv_handle_t *)&run->timer, handle_closed);
    uv_close((uv_handle_t *)&run->pipe, handle_closed);
    if (run->outcome.started) {
        uv_close((uv_handle_t *)&run->process, handle_closed);
    }
}

static void grace_over(uv_timer_t *timer)
{
    end(timer->data);
}

/* The child leads a process group of its own: its children go with it. */
void dp_process_kill(struct dp_process *run)
{
    const bool has_exited = run->outcome.exit_status != -1 || run->outcome.term_signal != 0;
    if (run->outcome.started && !has_exited && uv_kill(-run->process.pid, SIGKILL) != 0) {
        uv_process_kill(&run->process, SIGKILL);
    }
}

static void deadline_over(uv_timer_t *timer)
{
    struct dp_process *run = timer->data;
    run->outcome.timed_out = true;
    dp_process_kill(run);
}

static void process_exited(uv_process_t *process, int64_t status, int signal_number)
{
    struct dp_process *run = process->data;
    run->outcome.exit_status = signal_number == 0 ? (int)status : -1;
    run->outcome.term_signal = signal_number;
    if (run->read_failed) {
        end(run);
    } else {
        uv_timer_start(&run->timer, grace_over, GRACE_MS, 0);
    }
}

static void give_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    struct dp_process *run = handle->data;
    (void)suggested;
    const size_t left = sizeof run->bytes - run->n_bytes;
    *buffer = left > 0 ? uv_buf_init(run->bytes + run->n_bytes, (unsigned)left)
                       : uv_buf_init(run->dropped, sizeof run->dropped);
}

static void pipe_read(uv_stream_t *stream, ssize_t size, const uv_buf_t *buffer)
{
    struct dp_process *run = stream->data;
    (void)buffer;
    if (size > 0 && run->n_bytes < sizeof run->bytes) {
        run->n_bytes += (size_t)size;
    } else if (size < 0) {
        uv_read_stop(stream);
        run->read_failed = true; /* the end, normally */
        if (run->outcome.exit_status != -1 || run->outcome.term_signal != 0) {
            end(run);
        }
    }
}

static int spawn(struct dp_process *run, uv_loop_t *loop, const char *const *argv)
{
    uv_stdio_container_t stdio[3] = {
        {.flags = UV_IGNORE},
        {.flags = UV_IGNORE},
        {.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE, .data.stream = (uv_stream_t *)&run->pipe}};
    const uv_process_options_t options = {.file = argv[0],
                                          .args = (char **)(uintptr_t)argv, /* libuv does not write to it */
                                          .flags = UV_PROCESS_DETACHED,
                                          .stdio_count = 3,
                                          .stdio = stdio,
                                          .exit_cb = process_exited};
    return uv_spawn(loop, &run->process, &options);
}

enum dp_err dp_process_run(struct dp_loop *loop, const char *const *argv, uint64_t timeout_us,
                           dp_process_cb *done, void *user, struct dp_process **process)
{
    if (argv == NULL || argv[0] == NULL) {
        return DP_ERR_ARG;
    }
    struct dp_process *run = calloc(1, sizeof *run);
    if (run == NULL) {
        return DP_ERR_NOMEM;
    }
    uv_loop_t *uv = dp_loop_uv(loop);
    run->done = done;
    run->user = user;
    run->started_us = dp_clock_mono_us();
    run->outcome.exit_status = -1;
    run->process.data = run->pipe.data = run->timer.data = run;
    uv_timer_init(uv, &run->timer);
    uv_pipe_init(uv, &run->pipe, 0);
    run->open_handles = 3;
    if (process != NULL) {
        *process = run;
    }
    const int error = spawn(run, uv, argv);
    if (error != 0) {
        run->outcome.error = error;
        run->outcome.started = true; /* libuv wants the handle closed also after a failed start */
        end(run);
        run->outcome.started = false;
        return DP_OK;
    }
    run->outcome.started = true;
    uv_timer_start(&run->timer, deadline_over, (timeout_us + 999) / 1000, 0);
    if (uv_read_start((uv_stream_t *)&run->pipe, give_buffer, pipe_read) != 0) {
        run->read_failed = true;
    }
    return DP_OK;
}
