/* SPDX-License-Identifier: MIT
 * Which files the host view reads: the system's, or those that dns.setup{ stub = ... } names. */
#ifndef DP_BIND_HOSTPATHS_H
#define DP_BIND_HOSTPATHS_H

#include <stdbool.h>

#include <lua.h>

#include "host/paths.h"

/* Members are borrowed from the settings, until the next dns.setup. */
struct dp_host_paths dp_hostpaths(lua_State *L);
/* False where the C library's view would say nothing about what is measured (dns.setup{ stub = { measure_libc
 * = false } }: the lab). Then no other fact of this machine is read either. */
bool dp_hostpaths_is_this_host(lua_State *L);
/* Whether this host can reach the public internet over family 4 or 6. Sends nothing. */
bool dp_hostpaths_has_route(int family);
/* Throws where dns.setup's `stub` table at `index` is not right. */
void dp_hostpaths_check(lua_State *L, int index);

#endif
