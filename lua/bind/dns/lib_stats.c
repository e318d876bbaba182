/* SPDX-License-Identifier: MIT
 * dnsprobe.stats: core/stats for Lua. Counts are integers from 0 to 2^32; lists are sequences. */
#include <stdlib.h>

#include <lauxlib.h>

#include "dns/libs.h"
#include "stats/stats.h"

#define COUNT_MAX  4294967296.0
#define VALUES_MAX 10000000u

static uint64_t check_count(lua_State *L, int arg)
{
    const lua_Integer n = luaL_checkinteger(L, arg);
    luaL_argcheck(L, n >= 0 && (double)n <= COUNT_MAX, arg, "a count from 0 to 2^32 expected");
    return (uint64_t)n;
}

static double check_unit(lua_State *L, int arg, double absent)
{
    const double x = luaL_optnumber(L, arg, absent);
    luaL_argcheck(L, x >= 0 && x <= 1, arg, "a number from 0 to 1 expected");
    return x;
}

/* wilson(failures, n [, z]) -> low, high */
static int l_wilson(lua_State *L)
{
    const uint64_t failures = check_count(L, 1);
    const uint64_t n = check_count(L, 2);
    const double z = luaL_optnumber(L, 3, DP_STATS_Z95);
    luaL_argcheck(L, failures <= n, 1, "more failures than samples");
    luaL_argcheck(L, z > 0, 3, "a positive number expected");
    const struct dp_interval interval = dp_stats_wilson(failures, n, z);
    lua_pushnumber(L, interval.low);
    lua_pushnumber(L, interval.high);
    return 2;
}

/* fisher(a, b, c, d) -> p */
static int l_fisher(lua_State *L)
{
    const uint64_t a = check_count(L, 1), b = check_count(L, 2), c = check_count(L, 3), d = check_count(L, 4);
    lua_pushnumber(L, dp_stats_fisher(a, b, c, d));
    return 1;
}

/* fisher_greater(a, b, c, d) -> p that `a` is as large or larger by chance */
static int l_fisher_greater(lua_State *L)
{
    const uint64_t a = check_count(L, 1), b = check_count(L, 2), c = check_count(L, 3), d = check_count(L, 4);
    lua_pushnumber(L, dp_stats_fisher_greater(a, b, c, d));
    return 1;
}

/* binom_tail(k, n, p) -> chance of k or more in n */
static int l_binom_tail(lua_State *L)
{
    const uint64_t k = check_count(L, 1), n = check_count(L, 2);
    lua_pushnumber(L, dp_stats_binomial_tail(k, n, check_unit(L, 3, -1)));
    return 1;
}

/* samples_for(rate [, confidence]) -> n */
static int l_samples_for(lua_State *L)
{
    const double rate = luaL_checknumber(L, 1);
    const double confidence = luaL_optnumber(L, 2, 0.95);
    luaL_argcheck(L, rate > 0 && rate <= 1, 1, "a rate above 0, at most 1, expected");
    luaL_argcheck(L, confidence > 0 && confidence < 1, 2, "a probability between 0 and 1 expected");
    lua_pushinteger(L, (lua_Integer)dp_stats_samples_for(rate, confidence));
    return 1;
}

/* runs_test({0, 1, ...} or {false, true, ...}) -> p that failures come in bursts as these do by chance */
static int l_runs_test(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    const lua_Unsigned n = lua_rawlen(L, 1);
    luaL_argcheck(L, n <= VALUES_MAX, 1, "too many values");
    bool *outcomes = lua_newuserdatauv(L, n * sizeof *outcomes + 1, 0);
    for (lua_Unsigned i = 0; i < n; i++) {
        lua_rawgeti(L, 1, (lua_Integer)i + 1);
        outcomes[i] = lua_isnumber(L, -1) ? lua_tonumber(L, -1) != 0 : lua_toboolean(L, -1) != 0;
        lua_pop(L, 1);
    }
    lua_pushnumber(L, dp_stats_runs(outcomes, n));
    return 1;
}

/* ---- quantiles ---- */

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The numbers of the list at 1, sorted, in a userdata left on the stack. */
static double *check_sorted(lua_State *L, size_t *n)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    *n = lua_rawlen(L, 1);
    luaL_argcheck(L, *n <= VALUES_MAX, 1, "too many values");
    double *values = lua_newuserdatauv(L, (*n + 1) * sizeof *values, 0);
    for (size_t i = 0; i < *n; i++) {
        int is_number = 0;
        lua_rawgeti(L, 1, (lua_Integer)i + 1);
        values[i] = lua_tonumberx(L, -1, &is_number);
        luaL_argcheck(L, is_number, 1, "a list of numbers expected");
        lua_pop(L, 1);
    }
    qsort(values, *n, sizeof *values, compare);
    return values;
}

/* percentile(list, p) -> value, nil for an empty list; p from 0 to 100 */
static int l_percentile(lua_State *L)
{
    size_t n;
    const double p = luaL_checknumber(L, 2);
    luaL_argcheck(L, p >= 0 && p <= 100, 2, "a number from 0 to 100 expected");
    const double *sorted = check_sorted(L, &n);
    if (n == 0) {
        lua_pushnil(L);
    } else {
        lua_pushnumber(L, dp_stats_quantile(sorted, n, p / 100));
    }
    return 1;
}

static void set_number(lua_State *L, const char *key, double value)
{
    lua_pushnumber(L, value);
    lua_setfield(L, -2, key);
}

/* quantiles(list) -> {n, min, p50, p95, p99, max, mean}; only n for an empty list */
static int l_quantiles(lua_State *L)
{
    size_t n;
    const double *sorted = check_sorted(L, &n);
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += sorted[i];
    }
    lua_createtable(L, 0, 7);
    lua_pushinteger(L, (lua_Integer)n);
    lua_setfield(L, -2, "n");
    if (n > 0) {
        set_number(L, "min", sorted[0]);
        set_number(L, "p50", dp_stats_quantile(sorted, n, 0.50));
        set_number(L, "p95", dp_stats_quantile(sorted, n, 0.95));
        set_number(L, "p99", dp_stats_quantile(sorted, n, 0.99));
        set_number(L, "max", sorted[n - 1]);
        set_number(L, "mean", sum / (double)n);
    }
    return 1;
}

static const luaL_Reg functions[] = {
    {"binom_tail", l_binom_tail},   {"fisher", l_fisher},       {"fisher_greater", l_fisher_greater},
    {"percentile", l_percentile},   {"quantiles", l_quantiles}, {"runs_test", l_runs_test},
    {"samples_for", l_samples_for}, {"wilson", l_wilson},       {NULL, NULL},
};

int dp_open_stats(lua_State *L)
{
    luaL_newlib(L, functions);
    return 1;
}
