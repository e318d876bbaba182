/* SPDX-License-Identifier: MIT
 * dnsprobe.coverage: which lines of Lua files are executed, for `dnsprobe test --coverage`. A line hook on
 * the calling task; tasks that it spawns inherit it (lua_newthread), so the whole run below it is seen.
 * Chunks that are compiled in have no file and are not counted. */
#include <lauxlib.h>

#include "vm/libs.h"

static const char lines_key = 0; /* registry: source → { line → true }; its address is unique */

static void on_line(lua_State *L, lua_Debug *frame)
{
    if (lua_getinfo(L, "S", frame) == 0 || frame->source[0] != '@') {
        return;
    }
    lua_rawgetp(L, LUA_REGISTRYINDEX, &lines_key);
    if (lua_getfield(L, -1, frame->source + 1) != LUA_TTABLE) {
        lua_pop(L, 1);
        lua_newtable(L);
        lua_pushvalue(L, -1);
        lua_setfield(L, -3, frame->source + 1);
    }
    lua_pushboolean(L, 1);
    lua_rawseti(L, -2, frame->currentline);
    lua_pop(L, 2);
}

/* coverage.start(): from now on, in this task and those that it spawns */
static int l_start(lua_State *L)
{
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &lines_key) == LUA_TNIL) {
        lua_newtable(L);
        lua_rawsetp(L, LUA_REGISTRYINDEX, &lines_key);
    }
    lua_sethook(L, on_line, LUA_MASKLINE, 0);
    return 0;
}

/* coverage.lines() -> { [file] = { [line] = true } }; nothing more is counted in this task */
static int l_lines(lua_State *L)
{
    lua_sethook(L, NULL, 0, 0);
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &lines_key) == LUA_TNIL) {
        lua_newtable(L);
    }
    return 1;
}

static const luaL_Reg functions[] = {{"lines", l_lines}, {"start", l_start}, {NULL, NULL}};

int dp_open_coverage(lua_State *L)
{
    luaL_newlib(L, functions);
    return 1;
}
