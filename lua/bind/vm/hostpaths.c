/* SPDX-License-Identifier: MIT
 * The stub settings. */
#include "vm/hostpaths.h"

#include <lauxlib.h>

#include "host/config.h"
#include "vm/arg.h"
#include "vm/state.h"

/* A root under which nothing can be found: for the lab, which is not this host. */
#define NO_ROOT "/dev/null"

struct stub_values {
    bool measure_libc;
    struct dp_arg_text hosts, nsswitch, resolvconf, root;
};
#define FIELD(member) offsetof(struct stub_values, member)
static const struct dp_arg_row rows[] = {
    {"hosts", DP_ARG_STRING, FIELD(hosts), 0, 0, NULL},
    {"measure_libc", DP_ARG_BOOL, FIELD(measure_libc), 0, 0, NULL},
    {"nsswitch", DP_ARG_STRING, FIELD(nsswitch), 0, 0, NULL},
    {"resolvconf", DP_ARG_STRING, FIELD(resolvconf), 0, 0, NULL},
    {"root", DP_ARG_STRING, FIELD(root), 0, 0, NULL},
};

void dp_hostpaths_check(lua_State *L, int index)
{
    struct stub_values ignored = {.measure_libc = true};
    dp_arg_options(L, 1, index, "stub.", rows, sizeof rows / sizeof rows[0], &ignored);
}

static struct stub_values read_values(lua_State *L)
{
    struct stub_values values = {.measure_libc = true};
    dp_state_push_setup(L, "stub");
    if (lua_istable(L, -1)) {
        dp_arg_options(L, 1, -1, "stub.", rows, sizeof rows / sizeof rows[0], &values);
    }
    lua_pop(L, 1);
    return values;
}

struct dp_host_paths dp_hostpaths(lua_State *L)
{
    struct stub_values values = read_values(L);
    return (struct dp_host_paths){.root = values.measure_libc ? values.root.data : NO_ROOT,
                                  .resolvconf = values.resolvconf.data,
                                  .hosts = values.hosts.data,
                                  .nsswitch = values.nsswitch.data};
}

bool dp_hostpaths_is_this_host(lua_State *L)
{
    return read_values(L).measure_libc;
}

bool dp_hostpaths_has_route(int family)
{
    return dp_host_has_route(family);
}
