/* SPDX-License-Identifier: MIT
 * Fields of tables. */
#include "vm/set.h"

void dp_set_string(lua_State *L, const char *key, const char *value)
{
    if (value == NULL) {
        return;
    }
    lua_pushstring(L, value);
    lua_setfield(L, -2, key);
}

void dp_set_integer(lua_State *L, const char *key, lua_Integer value)
{
    lua_pushinteger(L, value);
    lua_setfield(L, -2, key);
}

void dp_set_boolean(lua_State *L, const char *key, bool value)
{
    lua_pushboolean(L, value);
    lua_setfield(L, -2, key);
}
