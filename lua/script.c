/* SPDX-License-Identifier: MIT
 * dnsprobe-lua SCRIPT [ARG...]: runs a Lua file in the state of dnsprobe, with all its modules. For tests and
 * development; it is built, not installed. Unlike the command, it also finds the system's Lua modules. */
#include <stdio.h>
#include <stdlib.h>

#include <lauxlib.h>
#include <lua.h>

#include "libs.h"
#include "vm/state.h"

static int with_traceback(lua_State *L)
{
    luaL_traceback(L, L, luaL_tolstring(L, 1, NULL), 1);
    return 1;
}

int main(int argc, char **argv)
{
    struct dp_state *state = dp_state_new(dp_libs_preload);
    if (state == NULL || argc < 2) {
        fprintf(stderr, "usage: dnsprobe-lua SCRIPT [ARG...]\n");
        return EXIT_FAILURE;
    }
    lua_State *L = state->L;
    lua_pushcfunction(L, with_traceback);
    lua_createtable(L, argc, 1);
    for (int i = 0; i < argc; i++) {
        lua_pushstring(L, argv[i]);
        lua_rawseti(L, -2, i - 1);
    }
    lua_setglobal(L, "arg");
    int status = luaL_loadfile(L, argv[1]);
    if (status == LUA_OK) {
        for (int i = 2; i < argc; i++) {
            lua_pushstring(L, argv[i]);
        }
        status = lua_pcall(L, argc - 2, 0, 1);
    }
    if (status != LUA_OK) {
        fprintf(stderr, "%s\n", lua_tostring(L, -1));
    }
    dp_state_close(state);
    return status == LUA_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
