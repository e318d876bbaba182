/* SPDX-License-Identifier: MIT
 * The list of C modules. */
#include "libs.h"

#include <lauxlib.h>

#include "dns/libs.h"
#include "sys/libs.h"
#include "vm/libs.h"

static const luaL_Reg modules[] = {
    {"dnsprobe", dp_open_dns},
    {"dnsprobe.task.core", dp_open_task},
    {"dnsprobe.coroutine", dp_open_coroutine},
    {"dnsprobe.json", dp_open_json},
    {"dnsprobe.stats", dp_open_stats},
    {"dnsprobe.fs", dp_open_fs},
    {"dnsprobe.lab.core", dp_open_lab},
    {"dnsprobe.process", dp_open_process},
    {"dnsprobe.sandbox.core", dp_open_sandbox},
    {"dnsprobe.stream", dp_open_stream},
    {"dnsprobe.coverage", dp_open_coverage},
    {"dnsprobe.line", dp_open_line},
    {"dnsprobe.gzip", dp_open_gzip},
};

void dp_libs_preload(lua_State *L)
{
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
    for (size_t i = 0; i < sizeof modules / sizeof modules[0]; i++) {
        lua_pushcfunction(L, modules[i].func);
        lua_setfield(L, -2, modules[i].name);
    }
    lua_pop(L, 1);
}
