/* rooms: stats */
/* SPDX-License-Identifier: MIT
 * Statistics against published values. One test per row. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "stats/stats.h"

static void near_to(double value, double expected, double slack)
{
    if (!(fabs(value - expected) <= slack)) {
        fail_msg("%.8g is not within %.1g of %.8g", value, slack, expected);
    }
}

/* ---- Wilson: R. G. Newcombe, Statistics in Medicine 17, 1998, table I, method 3 ---- */

struct wilson_row {
    uint64_t failures, n;
    double low, high;
};

static void test_wilson(void **state)
{
    const struct wilson_row *row = *state;
    const struct dp_interval i = dp_stats_wilson(row->failures, row->n, DP_STATS_Z95);
    near_to(i.low, row->low, 0.00006);
    near_to(i.high, row->high, 0.00006);
}

static struct wilson_row wilson_rows[] = {
    {81, 263, 0.2553, 0.3662}, {15, 148, 0.0624, 0.1605}, {0, 20, 0.0, 0.1611},
    {1, 29, 0.0061, 0.1718},   {0, 30, 0.0, 0.1135}, /* "no failure in 30" is "at most 11 %" */
    {0, 0, 0.0, 1.0},          {5, 5, 0.5655, 1.0},
};

/* ---- Fisher ---- */

struct fisher_row {
    uint64_t a, b, c, d;
    double two_sided, greater;
};

static void test_fisher(void **state)
{
    const struct fisher_row *row = *state;
    near_to(dp_stats_fisher(row->a, row->b, row->c, row->d), row->two_sided, 5e-7);
    near_to(dp_stats_fisher_greater(row->a, row->b, row->c, row->d), row->greater, 5e-7);
}

static struct fisher_row fisher_rows[] = {
    /* Fisher's tea tasting: 17/70 one-sided, 34/70 two-sided (The Design of Experiments, chapter II) */
    {3, 1, 1, 3, 34.0 / 70, 17.0 / 70},
    {4, 0, 0, 4, 2.0 / 70, 1.0 / 70},
    /* Fisher's criminal twins (Statistical Methods, section 21.02): 3 095 205 / 6 652 325 025 one-sided */
    {10, 3, 2, 15, 0.0005367241, 3095205.0 / 6652325025.0},
    /* by hand: margins 5|5, column 5: the only more extreme pair of tables */
    {5, 0, 0, 5, 2.0 / 252, 1.0 / 252},
    {0, 10, 0, 10, 1, 1},
    {0, 0, 3, 7, 1, 1},
};

/* ---- sample sizes ---- */

struct samples_row {
    double rate, confidence;
    uint64_t n;
};

static void test_samples(void **state)
{
    const struct samples_row *row = *state;
    assert_int_equal(dp_stats_samples_for(row->rate, row->confidence), row->n);
}

static struct samples_row samples_rows[] = {
    {0.04, 0.95, 74}, {0.04, 0.99, 113}, {0.10, 0.95, 29}, {0.01, 0.95, 299}, {0.5, 0.75, 2},
    {1.0, 0.95, 1},   {0.0, 0.95, 0},    {0.04, 1.0, 0},   {-1.0, 0.95, 0},   {NAN, 0.95, 0},
};

/* ---- binomial tail ---- */

static void test_binomial(void **state)
{
    (void)state;
    near_to(dp_stats_binomial_tail(8, 10, 0.5), 56.0 / 1024, 1e-12);
    near_to(dp_stats_binomial_tail(1, 74, 0.04), 1 - pow(0.96, 74), 1e-12);
    near_to(dp_stats_binomial_tail(0, 5, 0.1), 1, 0);
    near_to(dp_stats_binomial_tail(6, 5, 0.1), 0, 0);
    near_to(dp_stats_binomial_tail(3, 5, 1), 1, 0);
    /* counts that only a hostile report has: no loop over all of them */
    near_to(dp_stats_binomial_tail(1u << 31, (uint64_t)1 << 32, 0.5), 0.5, 1e-3);
    near_to(dp_stats_binomial_tail(1, (uint64_t)1 << 32, 1e-10), 0.3491, 1e-3);
    near_to(dp_stats_fisher(1u << 31, 1u << 31, 1u << 31, 1u << 31), 1, 5e-3);
    near_to(dp_stats_fisher_greater(1u << 31, 1u << 31, 1u << 31, 1u << 31), 0.5, 5e-3);
    near_to(dp_stats_fisher_greater(1u << 31, 0, 0, 1u << 31), 0, 1e-9);
}

/* ---- runs: F. S. Swed and C. Eisenhart, Annals of Mathematical Statistics 14, 1943, table I ---- */

static double runs_of(const char *text)
{
    bool outcomes[64];
    size_t n = 0;
    for (; text[n] != '\0'; n++) {
        outcomes[n] = text[n] == 'x';
    }
    return dp_stats_runs(outcomes, n);
}

static void test_runs(void **state)
{
    (void)state;
    near_to(runs_of("xxxxx....."), 2.0 / 252, 1e-12);   /* n1 = n2 = 5, two runs: 0.008 */
    near_to(runs_of("xxxxx.....x"), 11.0 / 462, 1e-12); /* 6 and 5: (2 + 5 + 4) of 462 orders */
    near_to(runs_of("x.x.x.x.x."), 1, 1e-12);
    near_to(runs_of(".........."), 1, 0);
    near_to(runs_of(""), 1, 0);
}

static void test_runs_approximation(void **state)
{
    (void)state;
    /* 1100 outcomes, 550 of each kind, 500 runs: z = (500.5 - 551) / 16.576 = -3.047 */
    bool outcomes[1100];
    size_t n = 0;
    for (size_t run = 0; run < 500; run++) {
        const size_t length = run < 400 ? 2 : 3;
        for (size_t i = 0; i < length; i++) {
            outcomes[n++] = run % 2 == 0;
        }
    }
    assert_int_equal(n, 1100);
    near_to(dp_stats_runs(outcomes, n), 0.001157, 5e-6);
}

/* ---- quantiles ---- */

static void test_quantile(void **state)
{
    (void)state;
    const double values[] = {1, 2, 3, 4, 10};
    near_to(dp_stats_quantile(values, 5, 0.5), 3, 0);
    near_to(dp_stats_quantile(values, 5, 0.95), 8.8, 1e-12);
    near_to(dp_stats_quantile(values, 5, 0), 1, 0);
    near_to(dp_stats_quantile(values, 5, 1), 10, 0);
    near_to(dp_stats_quantile(values, 1, 0.99), 1, 0);
    assert_true(isnan(dp_stats_quantile(values, 0, 0.5)));
}

#define ROWS(rows) (sizeof(rows) / sizeof(rows)[0])

int main(void)
{
    static char names[64][48];
    static struct CMUnitTest tests[64];
    size_t n = 0;
    for (size_t i = 0; i < ROWS(wilson_rows); i++, n++) {
        snprintf(names[n], sizeof names[n], "wilson %zu", i);
        tests[n] = (struct CMUnitTest){names[n], test_wilson, NULL, NULL, &wilson_rows[i]};
    }
    for (size_t i = 0; i < ROWS(fisher_rows); i++, n++) {
        snprintf(names[n], sizeof names[n], "fisher %zu", i);
        tests[n] = (struct CMUnitTest){names[n], test_fisher, NULL, NULL, &fisher_rows[i]};
    }
    for (size_t i = 0; i < ROWS(samples_rows); i++, n++) {
        snprintf(names[n], sizeof names[n], "samples %zu", i);
        tests[n] = (struct CMUnitTest){names[n], test_samples, NULL, NULL, &samples_rows[i]};
    }
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(test_binomial);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(test_runs);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(test_runs_approximation);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(test_quantile);
    return _cmocka_run_group_tests("stats", tests, n, NULL, NULL);
}
