/* SPDX-License-Identifier: MIT
 * What an exchange costs, beside dnsperf in the same run: CPU time of the client per million queries, rate,
 * and memory per exchange in flight.
 *
 *   throughput [QUERIES [IN_FLIGHT]]        default 300000, 100 (dnsperf's own)
 *
 * A responder of our own (one process on the second CPU) answers each query with one A record as fast as it
 * can. The clients run one after another on the first CPU, each as a child process whose rusage is what is
 * reported. dnsperf only looks at id and flags; ours parses every answer; the floor sends and receives as
 * ours does and looks at nothing, so that what is above it is ours, and what is below no client can do
 * without. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "exchange/exchange.h"
#include "floor.h"
#include "responder.h"

static const uint8_t QUERY[] = {0,   0,   1, 0,   0,   1,   0,   0,   0,   0,   0, 0, 4, 's', 'h',
                                'o', 'p', 7, 'e', 'x', 'a', 'm', 'p', 'l', 'e', 0, 0, 1, 0,   1};
/* ---- our client ---- */

struct client {
    struct dp_engine *engine;
    struct dp_exchange_params params;
    unsigned long left, answers, parsed;
};

static void client_start(struct client *c);

static void client_final(struct dp_exchange *ex)
{
    struct client *c = ex->user;
    c->answers += ex->outcome == DP_OUTCOME_ANSWER;
    c->parsed += ex->response != NULL && ex->response->sections[DP_SECTION_ANSWER].count == 1;
    client_start(c);
}

static void client_start(struct client *c)
{
    if (c->left > 0) {
        c->left--;
        (void)dp_exchange_start(c->engine, &c->params, NULL, client_final, NULL);
    }
}

static int run_client(const struct dp_addr *server, unsigned long queries, unsigned in_flight,
                      unsigned dedicated)
{
    struct dp_loop *loop;
    struct client c = {.left = queries};
    bench_pin(0);
    if (dp_loop_new(&loop) != DP_OK) {
        return 1;
    }
    const struct dp_engine_config config = {.loop = loop, .max_dedicated_sockets = dedicated};
    if (dp_engine_new(&config, &c.engine) != DP_OK) {
        return 1;
    }
    c.params = (struct dp_exchange_params){
        .server = *server, .query = QUERY, .query_size = sizeof QUERY, .timeout_us = 5000000, .user = &c};
    for (unsigned i = 0; i < in_flight; i++) {
        client_start(&c);
    }
    while (dp_loop_turn(loop, true)) {
    }
    dp_engine_free(c.engine);
    dp_loop_free(loop);
    if (c.parsed != queries) {
        fprintf(stderr, "answers %lu, parsed %lu of %lu\n", c.answers, c.parsed, queries);
    }
    return 0;
}

/* ---- memory ---- */

static size_t resident_bytes(void)
{
    unsigned long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file != NULL) {
        if (fscanf(file, "%*u %lu", &pages) != 1) {
            pages = 0;
        }
        fclose(file);
    }
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

/* Resident memory that exchanges in flight add, at a server that never answers. */
static int run_memory(const struct dp_addr *server)
{
    enum { EXCHANGES = 20000 };
    struct dp_loop *loop;
    struct dp_engine *engine;
    if (dp_loop_new(&loop) != DP_OK) {
        return 1;
    }
    const struct dp_engine_config config = {.loop = loop, .max_dedicated_sockets = 1};
    if (dp_engine_new(&config, &engine) != DP_OK) {
        return 1;
    }
    const struct dp_exchange_params params = {
        .server = *server, .query = QUERY, .query_size = sizeof QUERY, .timeout_us = 5000000};
    const size_t before = resident_bytes();
    for (unsigned i = 0; i < EXCHANGES; i++) {
        (void)dp_exchange_start(engine, &params, NULL, NULL, NULL);
    }
    dp_loop_turn(loop, false);
    printf("%-28s %8zu bytes each, %d in flight\n", "memory", (resident_bytes() - before) / EXCHANGES,
           EXCHANGES);
    fflush(stdout);
    dp_engine_free(engine);
    dp_loop_free(loop);
    return 0;
}

/* ---- the report ---- */

static double seconds(struct timeval t)
{
    return (double)t.tv_sec + (double)t.tv_usec * 1e-6;
}

static double dnsperf_s; /* CPU of its run before the others, per million queries; 0: none yet */

/* Waits for a client and prints what it used. CPU seconds per million queries. */
static double report(const char *name, pid_t pid, unsigned long queries, uint64_t begin_us)
{
    struct rusage usage;
    int status;
    wait4(pid, &status, 0, &usage);
    const double wall = (double)(dp_clock_mono_us() - begin_us) * 1e-6;
    const double user = seconds(usage.ru_utime), sys = seconds(usage.ru_stime);
    const double million = (double)queries * 1e-6;
    printf("%-28s %8.0f q/s  CPU per million: %5.2f s (user %5.2f, system %5.2f)  max RSS %ld KiB", name,
           (double)queries / wall, (user + sys) / million, user / million, sys / million, usage.ru_maxrss);
    if (dnsperf_s > 0) {
        printf("  %.2f x dnsperf", (user + sys) / million / dnsperf_s);
    }
    puts(status == 0 ? "" : "  FAILED");
    fflush(stdout);
    return status == 0 ? (user + sys) / million : 0;
}

static void run_dnsperf(const struct dp_addr *server, unsigned long queries, unsigned in_flight)
{
    char port[16], count[32], window[16], path[] = "/tmp/throughput-XXXXXX";
    const char line[] = "shop.example A\n";
    const int fd = mkstemp(path);
    if (fd < 0 || write(fd, line, sizeof line - 1) < 0) {
        return;
    }
    snprintf(port, sizeof port, "%u", server->port);
    snprintf(count, sizeof count, "%lu", queries);
    snprintf(window, sizeof window, "%u", in_flight);
    const uint64_t begin_us = dp_clock_mono_us();
    const pid_t pid = fork();
    if (pid == 0) {
        bench_pin(0);
        (void)!freopen("/dev/null", "w", stdout);
        execlp("dnsperf", "dnsperf", "-s", "127.0.0.1", "-p", port, "-d", path, "-n", count, "-c", "1", "-T",
               "1", "-q", window, (char *)NULL);
        _exit(127);
    }
    const double used = report("dnsperf -c 1 -T 1", pid, queries, begin_us);
    dnsperf_s = dnsperf_s > 0 ? dnsperf_s : used;
    close(fd);
    unlink(path);
}

static void run_floor(const struct dp_addr *server, unsigned long queries, unsigned in_flight)
{
    const uint64_t begin_us = dp_clock_mono_us();
    const pid_t pid = fork();
    if (pid == 0) {
        bench_pin(0);
        _exit(bench_floor(server, QUERY, sizeof QUERY, queries, in_flight));
    }
    report("the floor", pid, queries, begin_us);
}

static void run_ours(const char *name, const struct dp_addr *server, unsigned long queries,
                     unsigned in_flight, unsigned dedicated)
{
    const uint64_t begin_us = dp_clock_mono_us();
    const pid_t pid = fork();
    if (pid == 0) {
        _exit(run_client(server, queries, in_flight, dedicated));
    }
    report(name, pid, queries, begin_us);
}

static void run_lua(const struct dp_addr *server, unsigned long queries, unsigned in_flight)
{
    char port[16], count[32], window[16];
    snprintf(port, sizeof port, "%u", server->port);
    snprintf(count, sizeof count, "%lu", queries);
    snprintf(window, sizeof window, "%u", in_flight);
    const uint64_t begin_us = dp_clock_mono_us();
    const pid_t pid = fork();
    if (pid == 0) {
        bench_pin(0);
        execl(DNSPROBE_LUA_BIN, DNSPROBE_LUA_BIN, LUA_CLIENT, port, count, window, (char *)NULL);
        _exit(127);
    }
    report("dnsprobe, Lua coroutines", pid, queries, begin_us);
}

int main(int argc, char **argv)
{
    const unsigned long queries = argc > 1 ? strtoul(argv[1], NULL, 10) : 300000;
    const unsigned in_flight = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 100;
    struct dp_addr server;
    const pid_t responder = bench_responder_start(0, &server);
    if (responder < 0) {
        perror("responder");
        return 1;
    }
    printf("%lu queries, %u in flight\n", queries, in_flight);
    fflush(stdout);
    run_dnsperf(&server, queries, in_flight);
    run_floor(&server, queries, in_flight);
    run_ours("dnsprobe, shared sockets", &server, queries, in_flight, 1);
    run_ours("dnsprobe, defaults", &server, queries, in_flight, 0);
    run_lua(&server, queries, in_flight);
    run_dnsperf(&server, queries, in_flight);
    kill(responder, SIGSTOP); /* from here on nobody answers */
    run_memory(&server);
    kill(responder, SIGKILL);
    waitpid(responder, NULL, 0);
    return 0;
}
