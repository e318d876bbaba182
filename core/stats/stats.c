/* SPDX-License-Identifier: MIT
 * Proportions: Wilson's interval, Fisher's exact test, binomial tails, sample sizes, runs, quantiles.
 *
 * Probabilities of tables are products of large factorials; they are summed as logarithms of the gamma
 * function, and terms are compared with a relative slack of 1e-7, because two tables that are equally likely
 * on paper differ in the last bits here (the same slack, for the same reason, as in other implementations of
 * Fisher's test). */
#include "stats/stats.h"

#include <math.h>

#define EQUAL_SLACK    1.0000001
#define RUNS_EXACT_MAX 1000u

/* ln C(n, k) */
static double ln_choose(double n, double k)
{
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1);
}

static double clamp01(double p)
{
    return p < 0 ? 0 : p > 1 ? 1 : p;
}

struct dp_interval dp_stats_wilson(uint64_t failures, uint64_t n, double z)
{
    if (n == 0) {
        return (struct dp_interval){0, 1};
    }
    const double count = (double)n;
    const double rate = (double)failures / count;
    const double scale = 1 + z * z / count;
    const double centre = (rate + z * z / (2 * count)) / scale;
    const double half = z / scale * sqrt(rate * (1 - rate) / count + z * z / (4 * count * count));
    return (struct dp_interval){
        failures == 0 ? 0 : clamp01(centre - half),
        failures == n ? 1 : clamp01(centre + half),
    };
}

/* Of a sum over all outcomes only those near the mean are looked at: what is further away is nothing that a
 * double can hold beside 1, and hostile counts (2^32 in a report) would make a loop of minutes. */
#define FAR_DEVIATIONS 40.0
#define FAR_MIN        1000.0

static void narrow(double mean, double variance, uint64_t *low, uint64_t *high)
{
    const double far = FAR_DEVIATIONS * sqrt(variance) + FAR_MIN;
    if (mean - far > (double)*low) {
        *low = (uint64_t)(mean - far);
    }
    if (mean + far < (double)*high) {
        *high = (uint64_t)(mean + far);
    }
}

/* ---- Fisher's exact test ---- */

struct margins {
    double row1, row2, column1;
    uint64_t low, high; /* what `a` can be */
};

static struct margins margins_of(uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    const uint64_t row1 = a + b;
    const uint64_t row2 = c + d;
    const uint64_t column1 = a + c;
    struct margins m = {
        .row1 = (double)row1,
        .row2 = (double)row2,
        .column1 = (double)column1,
        .low = column1 > row2 ? column1 - row2 : 0,
        .high = row1 < column1 ? row1 : column1,
    };
    const double n = m.row1 + m.row2;
    if (n > 1) {
        const double mean = m.row1 * (m.column1 / n);
        narrow(mean, mean * (m.row2 / n) * ((n - m.column1) / (n - 1)), &m.low, &m.high);
    }
    return m;
}

/* Hypergeometric probability of `a` in the upper left corner. */
static double table_probability(const struct margins *m, uint64_t a)
{
    return exp(ln_choose(m->row1, (double)a) + ln_choose(m->row2, m->column1 - (double)a) -
               ln_choose(m->row1 + m->row2, m->column1));
}

double dp_stats_fisher(uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    const struct margins m = margins_of(a, b, c, d);
    const double seen = table_probability(&m, a);
    double sum = 0;
    for (uint64_t i = m.low; i <= m.high; i++) {
        const double p = table_probability(&m, i);
        if (p <= seen * EQUAL_SLACK) {
            sum += p;
        }
    }
    return clamp01(sum);
}

double dp_stats_fisher_greater(uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    const struct margins m = margins_of(a, b, c, d);
    double sum = 0;
    for (uint64_t i = a > m.low ? a : m.low; i <= m.high; i++) {
        sum += table_probability(&m, i);
    }
    return clamp01(sum);
}

/* ---- binomial ---- */

double dp_stats_binomial_tail(uint64_t k, uint64_t n, double p)
{
    if (k == 0) {
        return 1;
    }
    if (k > n || p <= 0) {
        return 0;
    }
    if (p >= 1) {
        return 1;
    }
    double sum = 0;
    uint64_t low = k, high = n;
    narrow((double)n * p, (double)n * p * (1 - p), &low, &high);
    for (uint64_t i = low; i <= high; i++) {
        sum += exp(ln_choose((double)n, (double)i) + (double)i * log(p) + (double)(n - i) * log1p(-p));
    }
    return clamp01(sum);
}

uint64_t dp_stats_samples_for(double rate, double confidence)
{
    if (!(rate > 0) || !(confidence > 0) || rate > 1 || confidence >= 1) {
        return 0;
    }
    if (rate >= 1) {
        return 1;
    }
    const double n = ceil(log1p(-confidence) / log1p(-rate) - 1e-9);
    return n < 1 ? 1 : n < 1e15 ? (uint64_t)n : 0;
}

/* ---- runs ---- */

/* Probability of exactly `runs` runs among n1 and n2 outcomes of two kinds. */
static double runs_probability(double n1, double n2, uint64_t runs)
{
    const double half = floor((double)runs / 2);
    const double all = ln_choose(n1 + n2, n1);
    if (runs % 2 == 0) {
        return half > n1 || half > n2
                   ? 0
                   : 2 * exp(ln_choose(n1 - 1, half - 1) + ln_choose(n2 - 1, half - 1) - all);
    }
    double p = 0;
    if (half <= n1 - 1 && half <= n2) {
        p += exp(ln_choose(n1 - 1, half) + ln_choose(n2 - 1, half - 1) - all);
    }
    if (half <= n2 - 1 && half <= n1) {
        p += exp(ln_choose(n1 - 1, half - 1) + ln_choose(n2 - 1, half) - all);
    }
    return p;
}

/* P(R <= runs) for large samples, with a correction of one half for continuity. */
static double runs_normal(double n1, double n2, uint64_t runs)
{
    const double n = n1 + n2;
    const double mean = 2 * n1 * n2 / n + 1;
    const double variance = (mean - 1) * (mean - 2) / (n - 1);
    return 0.5 * erfc(-((double)runs + 0.5 - mean) / sqrt(2 * variance));
}

double dp_stats_runs(const bool *outcomes, size_t n)
{
    uint64_t ones = 0;
    uint64_t runs = n > 0 ? 1 : 0;
    for (size_t i = 0; i < n; i++) {
        ones += outcomes[i] ? 1 : 0;
        runs += i > 0 && outcomes[i] != outcomes[i - 1] ? 1 : 0;
    }
    if (ones == 0 || ones == n) {
        return 1;
    }
    const double n1 = (double)ones;
    const double n2 = (double)(n - ones);
    if (n > RUNS_EXACT_MAX) {
        return clamp01(runs_normal(n1, n2, runs));
    }
    double sum = 0;
    for (uint64_t r = 2; r <= runs; r++) {
        sum += runs_probability(n1, n2, r);
    }
    return clamp01(sum);
}

/* ---- quantiles ---- */

double dp_stats_quantile(const double *sorted, size_t n, double q)
{
    if (n == 0) {
        return NAN;
    }
    const double position = clamp01(q) * (double)(n - 1);
    const size_t below = (size_t)position;
    if (below + 1 >= n) {
        return sorted[n - 1];
    }
    return sorted[below] + (position - (double)below) * (sorted[below + 1] - sorted[below]);
}
