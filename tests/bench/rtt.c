/* SPDX-License-Identifier: MIT
 * How wrong a measured round-trip time is, beside dig's in the same run.
 *
 *   rtt [SAMPLES [HOLD_US]]        default 300, 5000
 *
 * A server holds every answer for HOLD_US and says in the answer how long it really was. `dnsprobe query` and
 * `dig -u` ask in turns, a process each time, as a person would call them; the error is what they report
 * minus what the server says. It includes the way through the kernel, which is the same for both. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "responder.h"

#define SAMPLES_MAX  100000u
#define OUTPUT_BYTES 16384u

struct tool {
    const char *name;
    const char *command, *question; /* the port stands between them */
    const char *time_word;          /* the number behind it is the time in microseconds */
    const char *held_word;          /* behind it stands the address of the answer */
    double *errors_us;
    unsigned n;
};

/* The first unsigned number after `word`; its address form, a.b.c.d, as one number. */
static bool number_after(const char *text, const char *word, bool address, unsigned long *number)
{
    unsigned part[4];
    const char *at = strstr(text, word);
    if (at == NULL) {
        return false;
    }
    at += strlen(word);
    at += strcspn(at, "0123456789");
    if (!address) {
        *number = strtoul(at, NULL, 10);
        return true;
    }
    if (sscanf(at, "%u.%u.%u.%u", &part[0], &part[1], &part[2], &part[3]) != 4) {
        return false;
    }
    *number = (unsigned long)part[0] << 24 | part[1] << 16 | part[2] << 8 | part[3];
    return true;
}

static void sample(struct tool *tool, uint16_t port)
{
    static char output[OUTPUT_BYTES];
    char command[1024];
    unsigned long measured_us, held_us;
    snprintf(command, sizeof command, "%s %u %s", tool->command, (unsigned)port, tool->question);
    FILE *pipe = popen(command, "r");
    if (pipe == NULL) {
        return;
    }
    output[fread(output, 1, sizeof output - 1, pipe)] = '\0';
    pclose(pipe);
    if (number_after(output, tool->time_word, false, &measured_us) &&
        number_after(output, tool->held_word, true, &held_us)) {
        tool->errors_us[tool->n++] = (double)measured_us - (double)held_us;
    }
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double quantile(const struct tool *tool, double q)
{
    return tool->n == 0 ? 0 : tool->errors_us[(unsigned)(q * (tool->n - 1) + 0.5)];
}

int main(int argc, char **argv)
{
    const unsigned long samples = argc > 1 ? strtoul(argv[1], NULL, 10) : 300;
    const unsigned long hold_us = argc > 2 ? strtoul(argv[2], NULL, 10) : 5000;
    struct tool tools[] = {
        {"dnsprobe query", DNSPROBE_BIN " query @127.0.0.1 -p", "shop.example A --format json", "\"rtt_us\"",
         "\"rdataA\"", NULL, 0},
        {"dig -u", "dig -u +tries=1 @127.0.0.1 -p", "shop.example A", "Query time:", "IN\tA\t", NULL, 0},
    };
    struct dp_addr server;
    if (samples == 0 || samples > SAMPLES_MAX || hold_us == 0) {
        fprintf(stderr, "usage: rtt [SAMPLES [HOLD_US]]\n");
        return EXIT_FAILURE;
    }
    const pid_t responder = bench_responder_start(hold_us, &server);
    tools[0].errors_us = calloc(samples, sizeof(double));
    tools[1].errors_us = calloc(samples, sizeof(double));
    if (responder < 0 || tools[0].errors_us == NULL || tools[1].errors_us == NULL) {
        perror("rtt");
        return EXIT_FAILURE;
    }
    for (unsigned long i = 0; i < samples; i++) {
        sample(&tools[i % 2], server.port);
        sample(&tools[1 - i % 2], server.port);
    }
    kill(responder, SIGKILL);
    waitpid(responder, NULL, 0);
    printf("%lu samples of each, answers held for %lu us\n", samples, hold_us);
    for (unsigned i = 0; i < 2; i++) {
        qsort(tools[i].errors_us, tools[i].n, sizeof(double), ascending);
        printf("%-16s %4u answers, error in us: p50 %5.0f, p90 %5.0f, p99 %5.0f, max %6.0f\n", tools[i].name,
               tools[i].n, quantile(&tools[i], 0.5), quantile(&tools[i], 0.9), quantile(&tools[i], 0.99),
               quantile(&tools[i], 1));
    }
    printf("of dig's: p50 %.2f, p99 %.2f (wanted: 0.25)\n",
           quantile(&tools[0], 0.5) / quantile(&tools[1], 0.5),
           quantile(&tools[0], 0.99) / quantile(&tools[1], 0.99));
    free(tools[0].errors_us);
    free(tools[1].errors_us);
    return EXIT_SUCCESS;
}
