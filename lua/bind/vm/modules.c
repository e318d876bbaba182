/* SPDX-License-Identifier: MIT
 * The searcher for compiled-in modules. A module is found by binary search and loaded when it is required,
 * so a command pays only for what it uses. While developing, DNSPROBE_LUA names a folder that is looked into
 * first: FOLDER/dnsprobe/cli/entry.lua for "dnsprobe.cli.entry". */
#include "vm/modules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <lauxlib.h>

static int compare_name(const void *key, const void *row)
{
    return strcmp(key, ((const struct dp_module *)row)->name);
}

/* Pushes the path of `name` in the development folder and returns it; NULL when there is no such file. */
static const char *folder_path(lua_State *L, const char *name)
{
    const char *folder = secure_getenv("DNSPROBE_LUA");
    if (folder == NULL || folder[0] == '\0') {
        return NULL;
    }
    luaL_gsub(L, name, ".", "/");
    const char *path = lua_pushfstring(L, "%s/%s.lua", folder, lua_tostring(L, -1));
    if (access(path, R_OK) == 0) {
        return path;
    }
    path = lua_pushfstring(L, "%s/%s/init.lua", folder, lua_tostring(L, -2));
    return access(path, R_OK) == 0 ? path : NULL;
}

static int search(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    const char *path = folder_path(L, name);
    if (path != NULL) {
        if (luaL_loadfilex(L, path, "t") != LUA_OK) {
            return lua_error(L);
        }
        lua_pushstring(L, path);
        return 2;
    }
    const struct dp_module *module =
        bsearch(name, dp_modules, dp_n_modules, sizeof dp_modules[0], compare_name);
    if (module == NULL) {
        lua_pushfstring(L, "no compiled-in module '%s'", name);
        return 1;
    }
    if (luaL_loadbufferx(L, (const char *)module->code, module->size_bytes, module->name, "b") != LUA_OK) {
        return lua_error(L);
    }
    lua_pushstring(L, module->name);
    return 2;
}

void dp_modules_open(lua_State *L)
{
    lua_getglobal(L, "package");
    lua_getfield(L, -1, "searchers");
    for (lua_Integer i = luaL_len(L, -1); i >= 2; i--) {
        lua_rawgeti(L, -1, i);
        lua_rawseti(L, -2, i + 1);
    }
    lua_pushcfunction(L, search);
    lua_rawseti(L, -2, 2);
    lua_pop(L, 2);
}
