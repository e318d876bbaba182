/* SPDX-License-Identifier: MIT
 * The Lua library inside the binary: an array of precompiled chunks, made at build time by lua/embed.c. */
#ifndef DP_BIND_MODULES_H
#define DP_BIND_MODULES_H

#include <stddef.h>

#include <lua.h>

struct dp_module {
    const char *name; /* as required: "dnsprobe.cli.entry"; sorted */
    const unsigned char *code;
    size_t size_bytes;
};
extern const struct dp_module dp_modules[];
extern const size_t dp_n_modules;

/* Adds a searcher behind package.preload: the folder of DNSPROBE_LUA where that is set, then the array. */
void dp_modules_open(lua_State *L);

#endif
