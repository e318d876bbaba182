/* rooms: host
 * SPDX-License-Identifier: MIT
 * Caches found in a made-up /proc, plans for each platform, and programs run within bounds. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "fakeroot.h"
#include "host/caches.h"
#include "host/flush.h"
#include "looprun.h"

static const struct dp_flush_step *step_of(const struct dp_flush_plan *plan, const char *what)
{
    for (size_t i = 0; i < plan->n_steps; i++) {
        if (strcmp(plan->steps[i].what, what) == 0) {
            return &plan->steps[i];
        }
    }
    fail_msg("no step for %s", what);
    return NULL;
}

static void caches_from_proc(void **state)
{
    struct dp_arena a;
    struct fakeroot root;
    struct dp_cache *caches;
    size_t count;
    char text[DP_ADDR_TEXT_BYTES];
    (void)state;
    dp_arena_init(&a, 0);
    fakeroot_make(&root);
    fakeroot_file(&root, "/proc/612/comm", "systemd-resolve\n");
    fakeroot_file(&root, "/proc/700/comm", "dnsmasq\n");
    fakeroot_file(&root, "/proc/900/comm", "java\n");
    fakeroot_file(&root, "/proc/901/comm", "bash\n");
    fakeroot_file(&root, "/proc/self/comm", "bash\n");
    fakeroot_file(
        &root, "/proc/net/udp",
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
        "   1: 3500007F:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000   101        0 22222 2\n"
        "   2: 0100007F:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 33333 2\n"
        "   3: 0100007F:14E9 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 44444 2\n"
        "garbage\n");
    fakeroot_file(&root, "/proc/net/udp6",
                  "   4: 00000000000000000000000001000000:0035 00000000000000000000000000000000:0000 07 "
                  "00000000:00000000 00:00000000 00000000     0        0 55555 2\n");
    const struct dp_host_paths paths = {.root = root.path};
    assert_int_equal(dp_caches_find(&paths, &a, &caches, &count), DP_OK);
    assert_int_equal(count, 4);
    assert_string_equal(caches->name, "dnsmasq");
    assert_int_equal(caches->pid, 700);
    assert_string_equal(dp_addr_text_port(&caches->address, text), "127.0.0.1#53");
    assert_string_equal(dp_addr_text_port(&caches->next->address, text), "::1#53");
    const struct dp_cache *resolved = caches->next->next;
    assert_string_equal(resolved->name, "systemd-resolved");
    assert_string_equal(dp_addr_text_port(&resolved->address, text), "127.0.0.53#53");
    assert_string_equal(dp_cache_kind_name(resolved->next->kind), "program");
    assert_int_equal(dp_process_find(&paths, "java"), 900);
    assert_int_equal(dp_process_find(&paths, "named"), 0);
    fakeroot_remove(&root);
    dp_arena_fini(&a);
}

static void link_namespace(const struct fakeroot *root, const char *process, const char *name)
{
    char path[128];
    snprintf(path, sizeof path, "/proc/%s/ns/there", process);
    fakeroot_file(root, path, "");
    char link[512];
    snprintf(link, sizeof link, "%s/proc/%s/ns/net", root->path, process);
    assert_int_equal(symlink(name, link), 0);
}

/* A server in a container is neither listed nor flushed as a cache of this host. */
static void caches_of_other_namespaces_are_passed_over(void **state)
{
    struct dp_arena a;
    struct fakeroot root;
    struct dp_cache *caches;
    size_t count;
    (void)state;
    dp_arena_init(&a, 0);
    fakeroot_make(&root);
    fakeroot_file(&root, "/proc/700/comm", "unbound\n");
    fakeroot_file(&root, "/proc/800/comm", "named\n");
    fakeroot_file(&root, "/proc/900/comm", "dnsmasq\n");
    link_namespace(&root, "self", "net:[1]");
    link_namespace(&root, "700", "net:[1]");
    link_namespace(&root, "800", "net:[2]");
    const struct dp_host_paths paths = {.root = root.path};
    assert_int_equal(dp_caches_find(&paths, &a, &caches, &count), DP_OK);
    assert_int_equal(count, 2);
    assert_string_equal(caches->name, "dnsmasq"); /* where it cannot be seen, it counts as here */
    assert_string_equal(caches->next->name, "unbound");
    assert_int_equal(dp_process_find(&paths, "named"), 0);
    fakeroot_remove(&root);
    dp_arena_fini(&a);
}

static void plan_for_linux(void **state)
{
    struct dp_arena a;
    struct fakeroot root;
    struct dp_flush_plan plan;
    (void)state;
    dp_arena_init(&a, 0);
    fakeroot_make(&root);
    fakeroot_file(&root, "/proc/612/comm", "systemd-resolve\n");
    fakeroot_file(&root, "/proc/700/comm", "dnsmasq\n");
    const struct dp_host_paths paths = {.root = root.path};
    assert_int_equal(dp_flush_plan_make(DP_FLUSH_LINUX, &paths, "shop.example.", &a, &plan), DP_OK);
    assert_true(plan.here);
    const struct dp_flush_step *step = step_of(&plan, "systemd-resolved");
    assert_true(step->present);
    assert_string_equal(step->argv[0], "resolvectl");
    assert_string_equal(step->argv[1], "flush-caches");
    assert_null(step->argv[2]);
    step = step_of(&plan, "dnsmasq");
    assert_int_equal(step->pid, 700);
    assert_string_equal(step->argv[2], "700");
    step = step_of(&plan, "unbound");
    assert_false(step->present);
    assert_string_equal(step->argv[2], "shop.example.");
    assert_true(step_of(&plan, "Firefox")->manual);
    fakeroot_remove(&root);
    dp_arena_fini(&a);
}

static void plan_for_others(void **state)
{
    struct dp_arena a;
    struct dp_flush_plan plan;
    enum dp_flush_platform platform;
    (void)state;
    dp_arena_init(&a, 0);
    assert_int_equal(dp_flush_platform_from_text("macos", &platform), DP_OK);
    assert_int_equal(dp_flush_plan_make(platform, NULL, NULL, &a, &plan), DP_OK);
    assert_string_equal(step_of(&plan, "mDNSResponder")->argv[0], "killall");
    assert_int_equal(dp_flush_platform_from_text("windows", &platform), DP_OK);
    assert_int_equal(dp_flush_plan_make(platform, NULL, NULL, &a, &plan), DP_OK);
    assert_string_equal(step_of(&plan, "DNS Client service")->argv[1], "/flushdns");
    assert_int_equal(dp_flush_run(NULL, &plan, 1, NULL, NULL), DP_ERR_UNSUPPORTED);
    assert_int_equal(dp_flush_platform_from_text("java", &platform), DP_OK);
    assert_int_equal(dp_flush_plan_make(platform, NULL, NULL, &a, &plan), DP_OK);
    assert_non_null(strstr(step_of(&plan, "positive answers")->text, "networkaddress.cache.ttl"));
    assert_int_equal(dp_flush_platform_from_text("plan9", &platform), DP_ERR_NOTFOUND);
    dp_arena_fini(&a);
}

static void domain_cannot_be_an_option(void **state)
{
    struct dp_arena a;
    struct dp_flush_plan plan;
    const char *const bad[] = {"-c", "a b", "", "a;b", "$(x)"};
    (void)state;
    dp_arena_init(&a, 0);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(dp_flush_plan_make(DP_FLUSH_LINUX, NULL, bad[i], &a, &plan), DP_ERR_ARG);
    }
    dp_arena_fini(&a);
}

/* ---- running ---- */

struct ran {
    struct dp_process_outcome outcome;
    struct dp_flush_outcome steps[8];
    unsigned n;
};

static void process_done(void *user, const struct dp_process_outcome *outcome)
{
    struct ran *ran = user;
    ran->outcome = *outcome;
    ran->n++;
}

static struct ran run(const char *const *argv, uint64_t timeout_us)
{
    struct ran ran = {.n = 0};
    struct dp_loop *loop;
    assert_int_equal(dp_loop_new(&loop), DP_OK);
    assert_int_equal(dp_process_run(loop, argv, timeout_us, process_done, &ran, NULL), DP_OK);
    assert_int_equal(ran.n, 0);
    loop_run(loop);
    assert_int_equal(ran.n, 1);
    dp_loop_free(loop);
    return ran;
}

static void process_exit_status(void **state)
{
    (void)state;
    const struct ran ok = run((const char *const[]){"true", NULL}, 5000000);
    assert_true(ok.outcome.started);
    assert_int_equal(ok.outcome.exit_status, 0);
    const struct ran bad = run((const char *const[]){"false", NULL}, 5000000);
    assert_int_equal(bad.outcome.exit_status, 1);
}

static void process_absent(void **state)
{
    (void)state;
    const struct ran ran = run((const char *const[]){"dnsprobe-no-such-program", NULL}, 5000000);
    assert_false(ran.outcome.started);
    assert_true(ran.outcome.error < 0);
}

static void process_stderr_is_safe_and_bounded(void **state)
{
    (void)state;
    const struct ran ran = run(
        (const char *const[]){"sh", "-c", "printf '\\033[31mred' >&2; head -c 100000 /dev/zero >&2", NULL},
        5000000);
    assert_int_equal(ran.outcome.exit_status, 0);
    assert_null(strchr(ran.outcome.stderr_text, '\033'));
    assert_non_null(strstr(ran.outcome.stderr_text, "[31mred"));
}

static void process_deadline_kills_children_too(void **state)
{
    (void)state;
    const struct ran ran = run((const char *const[]){"sh", "-c", "sleep 20 & sleep 20", NULL}, 100000);
    assert_true(ran.outcome.timed_out);
    assert_int_equal(ran.outcome.term_signal, SIGKILL);
    assert_true(ran.outcome.elapsed_us < 5000000);
}

static void process_killed_by_its_owner(void **state)
{
    struct ran ran = {.n = 0};
    struct dp_loop *loop;
    struct dp_process *process = NULL;
    (void)state;
    assert_int_equal(dp_loop_new(&loop), DP_OK);
    assert_int_equal(dp_process_run(loop, (const char *const[]){"sleep", "20", NULL}, 20000000, process_done,
                                    &ran, &process),
                     DP_OK);
    dp_process_kill(process);
    dp_process_kill(process); /* harmless */
    loop_run(loop);
    assert_int_equal(ran.n, 1);
    assert_false(ran.outcome.timed_out);
    assert_int_equal(ran.outcome.term_signal, SIGKILL);
    assert_true(ran.outcome.elapsed_us < 5000000);
    dp_loop_free(loop);
}

static void flush_done(void *user, const struct dp_flush_plan *plan, const struct dp_flush_outcome *outcomes)
{
    struct ran *ran = user;
    memcpy(ran->steps, outcomes, plan->n_steps * sizeof *outcomes);
    ran->n++;
}

static void flush_runs_what_is_present(void **state)
{
    const pid_t child = fork();
    (void)state;
    if (child == 0) {
        pause();
        _exit(0);
    }
    struct ran ran = {.n = 0};
    struct dp_loop *loop;
    struct dp_flush_step steps[] = {
        {.what = "good", .argv = (const char *const[]){"true", NULL}, .present = true},
        {.what = "bad", .argv = (const char *const[]){"false", NULL}, .present = true},
        {.what = "absent", .argv = (const char *const[]){"false", NULL}},
        {.what = "by hand", .argv = (const char *const[]){"false", NULL}, .present = true, .manual = true},
        {.what = "signal", .argv = (const char *const[]){"false", NULL}, .present = true, .pid = child},
    };
    const struct dp_flush_plan plan = {.here = true, .steps = steps, .n_steps = 5};
    assert_int_equal(dp_loop_new(&loop), DP_OK);
    assert_int_equal(dp_flush_run(loop, &plan, 5000000, flush_done, &ran), DP_OK);
    assert_int_equal(ran.n, 0);
    loop_run(loop);
    assert_int_equal(ran.n, 1);
    assert_true(ran.steps[0].ran && ran.steps[0].ok);
    assert_true(ran.steps[1].ran && !ran.steps[1].ok);
    assert_int_equal(ran.steps[1].process.exit_status, 1);
    assert_false(ran.steps[2].ran);
    assert_false(ran.steps[3].ran);
    assert_true(ran.steps[4].ok);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGHUP);
    dp_loop_free(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(caches_from_proc),
        cmocka_unit_test(caches_of_other_namespaces_are_passed_over),
        cmocka_unit_test(plan_for_linux),
        cmocka_unit_test(plan_for_others),
        cmocka_unit_test(domain_cannot_be_an_option),
        cmocka_unit_test(process_exit_status),
        cmocka_unit_test(process_absent),
        cmocka_unit_test(process_stderr_is_safe_and_bounded),
        cmocka_unit_test(process_deadline_kills_children_too),
        cmocka_unit_test(process_killed_by_its_owner),
        cmocka_unit_test(flush_runs_what_is_present),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
