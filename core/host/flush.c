/* SPDX-License-Identifier: MIT
 * Flush plans and their execution.
 *
 * A plan is a list of rows below, one table per platform. On the platform that runs this, a row's cache
 * must be running to be acted on; elsewhere the plan is a text to follow. `%pid` and `%domain` in an argument
 * stand for what is found here. Nothing is passed through a shell. */
#include "host/flush.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "host/caches.h"

#define ARGS_MAX 6

struct row {
    const char *what;
    const char *comm; /* process that must run, as in /proc/PID/comm; NULL: no condition */
    const char *argv[ARGS_MAX];
    const char *argv_domain[ARGS_MAX]; /* instead of argv where a domain is given; [0] NULL: the same */
    const char *why;
    const char *text;
    bool needs_root;
    bool manual;
    bool by_signal; /* SIGHUP to the process */
};

static const struct row linux_rows[] = {
    {.what = "systemd-resolved",
     .comm = "systemd-resolve",
     .argv = {"resolvectl", "flush-caches"},
     .why = "empties the caches of systemd-resolved for all links",
     .text = "before systemd 239: systemd-resolve --flush-caches"},
    {.what = "nscd",
     .comm = "nscd",
     .argv = {"nscd", "-i", "hosts"},
     .why = "empties the hosts cache of the name service cache daemon",
     .needs_root = true},
    {.what = "dnsmasq",
     .comm = "dnsmasq",
     .argv = {"kill", "-HUP", "%pid"},
     .why = "SIGHUP makes dnsmasq empty its cache and read its hosts files again",
     .needs_root = true,
     .by_signal = true},
    {.what = "unbound",
     .comm = "unbound",
     .argv = {"unbound-control", "flush_zone", "."},
     .argv_domain = {"unbound-control", "flush_zone", "%domain"},
     .why = "removes what is at and below that name from the cache of unbound",
     .text = "needs remote-control in unbound.conf; without it: restart unbound",
     .needs_root = true},
    {.what = "named",
     .comm = "named",
     .argv = {"rndc", "flush"},
     .argv_domain = {"rndc", "flushtree", "%domain"},
     .why = "empties the cache of BIND, or what is at and below the name",
     .needs_root = true},
    {.what = "pdns_recursor",
     .comm = "pdns_recursor",
     .argv = {"rec_control", "wipe-cache", ".$"},
     .argv_domain = {"rec_control", "wipe-cache", "%domain$"},
     .why = "removes what is at and below that name from the cache of PowerDNS Recursor",
     .needs_root = true},
    {.what = "Java virtual machines",
     .comm = "java",
     .why = "a JVM keeps addresses by itself and has no command to forget them",
     .text = "restart the program, or set networkaddress.cache.ttl: see the plan for java",
     .manual = true},
    {.what = "Firefox",
     .comm = "firefox",
     .why = "the browser keeps addresses by itself",
     .text = "open about:networking#dns and press Clear DNS Cache",
     .manual = true},
    {.what = "Chrome",
     .comm = "chrome",
     .why = "the browser keeps addresses by itself",
     .text = "open chrome://net-internals/#dns and press Clear host cache",
     .manual = true},
    {.what = "Chromium",
     .comm = "chromium",
     .why = "the browser keeps addresses by itself",
     .text = "open chrome://net-internals/#dns and press Clear host cache",
     .manual = true},
};
static const struct row macos_rows[] = {
    {.what = "Directory Services cache",
     .argv = {"dscacheutil", "-flushcache"},
     .why = "empties the look-up cache of Directory Services",
     .needs_root = true},
    {.what = "mDNSResponder",
     .argv = {"killall", "-HUP", "mDNSResponder"},
     .why = "SIGHUP makes mDNSResponder, the system's resolver, empty its cache",
     .needs_root = true},
    {.what = "Browsers",
     .why = "browsers keep addresses by themselves",
     .text =
         "Chrome: chrome://net-internals/#dns, Clear host cache. Firefox: about:networking#dns, Clear DNS "
         "Cache. Safari: quit and open again",
     .manual = true},
};
static const struct row windows_rows[] = {
    {.what = "DNS Client service",
     .argv = {"ipconfig", "/flushdns"},
     .why = "empties the cache of the DNS Client service (Dnscache)",
     .text = "in PowerShell: Clear-DnsClientCache"},
    {.what = "Browsers",
     .why = "browsers keep addresses by themselves",
     .text =
         "Chrome: chrome://net-internals/#dns, Clear host cache. Edge: edge://net-internals/#dns. Firefox: "
         "about:networking#dns, Clear DNS Cache",
     .manual = true},
};
static const struct row java_rows[] = {
    {.what = "running JVMs",
     .argv = {"jcmd", "-l"},
     .why = "lists the Java virtual machines; each keeps its own cache, and no command empties it",
     .text = "restart those that must see the change now",
     .manual = true},
    {.what = "settings of a JVM",
     .argv = {"jcmd", "%pid", "VM.system_properties"},
     .why = "shows sun.net.inetaddr.ttl and the java.home whose conf/security/java.security holds for it",
     .manual = true},
    {.what = "positive answers",
     .why = "how long found addresses are kept: 30 s without the property, for ever under a security manager",
     .text = "in conf/security/java.security: networkaddress.cache.ttl=30   (or -Dsun.net.inetaddr.ttl=30)",
     .manual = true},
    {.what = "negative answers",
     .why = "how long failures are kept: 10 s without the property",
     .text = "in conf/security/java.security: networkaddress.cache.negative.ttl=5   (or "
             "-Dsun.net.inetaddr.negative.ttl=5)",
     .manual = true},
    {.what = "expired answers",
     .why = "since Java 21 an address may be used past its time while the resolver does not answer",
     .text = "in conf/security/java.security: networkaddress.cache.stale.ttl=0",
     .manual = true},
};

static const struct {
    const char *name;
    const struct row *rows;
    size_t count;
} platforms[] = {
    [DP_FLUSH_LINUX] = {"linux", linux_rows, sizeof linux_rows / sizeof linux_rows[0]},
    [DP_FLUSH_MACOS] = {"macos", macos_rows, sizeof macos_rows / sizeof macos_rows[0]},
    [DP_FLUSH_WINDOWS] = {"windows", windows_rows, sizeof windows_rows / sizeof windows_rows[0]},
    [DP_FLUSH_JAVA] = {"java", java_rows, sizeof java_rows / sizeof java_rows[0]},
};
#define PLATFORM_COUNT (sizeof platforms / sizeof platforms[0])

enum dp_err dp_flush_platform_from_text(const char *text, enum dp_flush_platform *platform)
{
    for (size_t i = 0; i < PLATFORM_COUNT; i++) {
        if (strcmp(text, platforms[i].name) == 0) {
            *platform = (enum dp_flush_platform)i;
            return DP_OK;
        }
    }
    return DP_ERR_NOTFOUND;
}

const char *dp_flush_platform_name(enum dp_flush_platform platform)
{
    return platforms[platform].name;
}

enum dp_flush_platform dp_flush_platform_here(void)
{
#if defined(__APPLE__)
    return DP_FLUSH_MACOS;
#else
    return DP_FLUSH_LINUX;
#endif
}

/* One argument with %pid and %domain filled in; %pid without a process stays a word for the reader. */
static const char *fill(const char *argument, int pid, const char *domain, struct dp_arena *a)
{
    char number[16] = "PID";
    const char *mark = strchr(argument, '%');
    if (mark == NULL) {
        return argument;
    }
    if (pid > 0) {
        snprintf(number, sizeof number, "%d", pid);
    }
    const bool is_pid = strncmp(mark, "%pid", 4) == 0;
    const char *value = is_pid ? number : domain != NULL ? domain : ".";
    const char *behind = mark + (is_pid ? strlen("%pid") : strlen("%domain"));
    const size_t size = strlen(value) + strlen(behind) + 1;
    char *text = dp_arena_alloc(a, size);
    if (text != NULL) {
        snprintf(text, size, "%s%s", value, behind);
    }
    return text;
}

static const char *const *fill_argv(const struct row *row, int pid, const char *domain, struct dp_arena *a)
{
    const char *const *from = domain != NULL && row->argv_domain[0] != NULL ? row->argv_domain : row->argv;
    const char **argv = dp_arena_calloc(a, ARGS_MAX + 1, sizeof *argv);
    for (size_t i = 0; argv != NULL && i < ARGS_MAX && from[i] != NULL; i++) {
        argv[i] = fill(from[i], pid, domain, a);
        if (argv[i] == NULL) {
            return NULL;
        }
    }
    return argv;
}

/* A name that begins with '-' or holds a blank would be an option or two words to the program: a domain is
 * taken only in plain form. */
static bool is_plain_domain(const char *domain)
{
    for (const char *c = domain; *c != '\0'; c++) {
        const bool letter = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z');
        if (!letter && !(*c >= '0' && *c <= '9') && *c != '.' && *c != '-' && *c != '_') {
            return false;
        }
    }
    return domain[0] != '\0' && domain[0] != '-' && strlen(domain) < 256;
}

enum dp_err dp_flush_plan_make(enum dp_flush_platform platform, const struct dp_host_paths *paths,
                               const char *domain, struct dp_arena *a, struct dp_flush_plan *plan)
{
    const size_t count = platforms[platform].count;
    if (domain != NULL && !is_plain_domain(domain)) {
        return DP_ERR_ARG;
    }
    *plan = (struct dp_flush_plan){.platform = platform,
                                   .here = platform == dp_flush_platform_here(),
                                   .steps = dp_arena_calloc(a, count, sizeof *plan->steps),
                                   .n_steps = count};
    if (plan->steps == NULL) {
        return DP_ERR_NOMEM;
    }
    for (size_t i = 0; i < count; i++) {
        const struct row *row = &platforms[platform].rows[i];
        struct dp_flush_step *step = &plan->steps[i];
        const int pid = plan->here && row->comm != NULL ? dp_process_find(paths, row->comm) : 0;
        *step = (struct dp_flush_step){.what = row->what,
                                       .why = row->why,
                                       .text = row->text,
                                       .needs_root = row->needs_root,
                                       .present = !plan->here || row->comm == NULL || pid > 0,
                                       .manual = row->manual,
                                       .pid = row->by_signal ? pid : 0};
        if (row->argv[0] != NULL) {
            step->argv = fill_argv(row, pid, domain, a);
            if (step->argv == NULL) {
                return DP_ERR_NOMEM;
            }
        }
    }
    return DP_OK;
}

/* ---- execution ---- */

struct flush {
    struct dp_loop *loop;
    const struct dp_flush_plan *plan;
    struct dp_flush_outcome *outcomes;
    size_t next;
    uint64_t step_timeout_us;
    dp_flush_cb *done;
    void *user;
};

static void run_next(void *user);

static void step_done(void *user, const struct dp_process_outcome *outcome)
{
    struct flush *flush = user;
    struct dp_flush_outcome *to = &flush->outcomes[flush->next++];
    to->ran = true;
    to->ok = outcome->started && outcome->exit_status == 0;
    to->process = *outcome;
    run_next(flush);
}

static void send_signal(const struct dp_flush_step *step, struct dp_flush_outcome *outcome)
{
    const int error = uv_kill(step->pid, SIGHUP);
    outcome->ran = true;
    outcome->ok = error == 0;
    outcome->process = (struct dp_process_outcome){.exit_status = -1, .error = error};
    if (error != 0) {
        uv_strerror_r(error, outcome->process.stderr_text, sizeof outcome->process.stderr_text);
    }
}

static void run_next(void *user)
{
    struct flush *flush = user;
    while (flush->next < flush->plan->n_steps) {
        const struct dp_flush_step *step = &flush->plan->steps[flush->next];
        if (step->present && !step->manual && step->pid > 0) {
            send_signal(step, &flush->outcomes[flush->next]);
        } else if (step->present && !step->manual && step->argv != NULL &&
                   dp_process_run(flush->loop, step->argv, flush->step_timeout_us, step_done, flush, NULL) ==
                       DP_OK) {
            return;
        }
        flush->next++;
    }
    flush->done(flush->user, flush->plan, flush->outcomes);
    free(flush->outcomes);
    free(flush);
}

enum dp_err dp_flush_run(struct dp_loop *loop, const struct dp_flush_plan *plan, uint64_t step_timeout_us,
                         dp_flush_cb *done, void *user)
{
    if (!plan->here) {
        return DP_ERR_UNSUPPORTED;
    }
    struct flush *flush = calloc(1, sizeof *flush);
    struct dp_flush_outcome *outcomes = calloc(plan->n_steps + 1, sizeof *outcomes);
    struct dp_timer *timer;
    if (flush == NULL || outcomes == NULL) {
        free(flush);
        free(outcomes);
        return DP_ERR_NOMEM;
    }
    *flush = (struct flush){.loop = loop,
                            .plan = plan,
                            .outcomes = outcomes,
                            .step_timeout_us = step_timeout_us,
                            .done = done,
                            .user = user};
    const enum dp_err err = dp_timer_start(loop, 0, run_next, flush, &timer);
    if (err != DP_OK) {
        free(outcomes);
        free(flush);
    }
    return err;
}
