/* rooms: bind */
/* SPDX-License-Identifier: MIT
 * Any text is a list of resolvers (`--resolvers FILE`), each of its lines an address and a prefix. The
 * parsers are those of the Lua library, run in the state of the command: a list ends in resolvers that can be
 * asked, or in one line that says where it is broken; an address that was read prints to text that reads as
 * the same.
 *
 * A hook counts the lines of Lua that run, so that libFuzzer looks for new ones as it does for edges of C. */
#include <lauxlib.h>
#include <lua.h>

#include "fuzz.h"
#include "libs.h"
#include "vm/state.h"

#define LINES_COUNTED 8192u

#ifdef __clang__
__attribute__((section("__libfuzzer_extra_counters"), used))
#endif
static uint8_t lines_run[LINES_COUNTED];

/* The state lives on with its garbage, which libFuzzer would look for leaks after each input: 60 a second. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "detect_leaks=0";
}

static const char CHECK[] =
    "local addresses = require 'dnsprobe.dns.addresses'\n"
    "local exit = require 'dnsprobe.base.exit'\n"
    "local resolvers = require 'dnsprobe.book.resolvers'\n"
    "local function check_list(text)\n"
    "    local ok, list = pcall(resolvers.parse, 'list', text, 53)\n"
    "    if not ok then\n"
    "        local failure = assert(exit.failure(list), list)\n"
    "        assert(failure.code == exit.INPUT and failure.message:find('^list') and not "
    "failure.message:find '\\n')\n"
    "        return\n"
    "    end\n"
    "    assert(#list > 0)\n"
    "    for _, one in ipairs(list) do\n"
    "        local again = assert(addresses.parse(one.address, one.port))\n"
    "        assert(again.address == one.address and again.port == one.port and one.port >= 1 and one.port "
    "<= 65535)\n"
    "        assert(one.name == nil or type(one.name) == 'string')\n"
    "    end\n"
    "end\n"
    "local function check_address(text)\n"
    "    local one, why = addresses.parse(text, 53)\n"
    "    assert(one or type(why) == 'string')\n"
    "    if one then\n"
    "        assert(addresses.equal(one.address, one.address) and addresses.family(one.address) == "
    "one.family)\n"
    "        assert(addresses.within(one.address, addresses.ecs(one.address)))\n"
    "        assert(#addresses.octets(one.address) == (one.family == 4 and 4 or 16))\n"
    "        local again = assert(addresses.parse(one.address .. '#' .. one.port))\n"
    "        assert(again.address == one.address and again.port == one.port and again.scope == one.scope)\n"
    "    end\n"
    "    local prefix, reason = addresses.prefix(text)\n"
    "    assert(prefix or type(reason) == 'string')\n"
    "    if prefix then\n"
    "        assert(addresses.prefix(prefix.text).text == prefix.text and addresses.within(prefix.address, "
    "prefix.text))\n"
    "    end\n"
    "end\n"
    "return function(text)\n"
    "    check_list(text)\n"
    "    for line in text:gmatch '[^\\n]+' do\n"
    "        check_address(line)\n"
    "    end\n"
    "end\n";

static void count_line(lua_State *L, lua_Debug *where)
{
    lua_getinfo(L, "S", where);
    uint32_t hash = 2166136261u; /* FNV-1a over the end of the chunk's name, which tells the modules apart */
    for (const char *c = where->short_src; *c != '\0'; c++) {
        hash = (hash ^ (uint8_t)*c) * 16777619u;
    }
    lines_run[(hash + (uint32_t)where->currentline) % LINES_COUNTED]++;
}

/* The check as a Lua function on an otherwise empty stack; made once, as libraries take long to load. */
static lua_State *checker(void)
{
    static struct dp_state *state; /* to the end of the process */
    if (state == NULL) {
        state = dp_state_new(dp_libs_preload);
        FUZZ_CHECK(state != NULL);
        if (luaL_loadbuffer(state->L, CHECK, sizeof CHECK - 1, "=check") != LUA_OK ||
            lua_pcall(state->L, 0, 1, 0) != LUA_OK) {
            fprintf(stderr, "%s\n", lua_tostring(state->L, -1));
            abort();
        }
        lua_sethook(state->L, count_line, LUA_MASKLINE, 0);
    }
    return state->L;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    lua_State *L = checker();
    lua_pushvalue(L, 1);
    lua_pushlstring(L, (const char *)data, size);
    if (lua_pcall(L, 1, 0, 0) != LUA_OK) {
        fprintf(stderr, "%s\n", luaL_tolstring(L, -1, NULL));
        abort();
    }
    return 0;
}
