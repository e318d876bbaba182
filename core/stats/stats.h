/* SPDX-License-Identifier: MIT
 * Statistics of small samples: pure functions, each naming the source of its formula. Counts are whole
 * numbers; probabilities and rates are in [0, 1]. */
#ifndef DP_STATS_STATS_H
#define DP_STATS_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DP_STATS_Z95 1.959963984540054 /* standard normal quantile for a two-sided 95 % interval */

struct dp_interval {
    double low, high;
};

/* Score interval of a proportion (E. B. Wilson, JASA 22, 1927, p. 209; without continuity correction).
 * No trials: [0, 1]. */
struct dp_interval dp_stats_wilson(uint64_t failures, uint64_t n, double z);

/* Table  a b   Fisher's exact test (R. A. Fisher, Statistical Methods for Research Workers, section 21.02):
 * the c d   chance of a table as unlikely as this one or more so, given its margins. `greater` is one-sided:
 *              the chance of `a` or more. The margins must not exceed 2^32. */
double dp_stats_fisher(uint64_t a, uint64_t b, uint64_t c, uint64_t d);
double dp_stats_fisher_greater(uint64_t a, uint64_t b, uint64_t c, uint64_t d);

/* Chance of `k` or more successes in n trials of probability p. */
double dp_stats_binomial_tail(uint64_t k, uint64_t n, double p);

/* How many samples show a fault of that rate at least once with that probability: the least n with
 * 1 - (1 - rate)^n >= confidence. 0 when rate or confidence is not within (0, 1); 1 for rate 1. */
uint64_t dp_stats_samples_for(double rate, double confidence);

/* Runs test (A. Wald and J. Wolfowitz, Annals of Mathematical Statistics 11, 1940, p. 147), exact and
 * one-sided: the chance of as few runs as in these outcomes, or fewer, if their order is random. Small:
 * failures come in bursts. 1 when all outcomes are the same. Exact up to 1000 outcomes, normal approximation
 * above. */
double dp_stats_runs(const bool *outcomes, size_t n);

/* Quantile q in [0, 1] of sorted values, interpolated (R. J. Hyndman and Y. Fan, The American Statistician
 * 50, 1996, definition 7). NAN without values. */
double dp_stats_quantile(const double *sorted, size_t n, double q);

#endif
