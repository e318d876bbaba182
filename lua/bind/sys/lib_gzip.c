/* SPDX-License-Identifier: MIT
 * dnsprobe.gzip: gzip (RFC 1952) through zlib, for bundles. What is unpacked comes from anybody: its size is
 * bounded while it grows, so that a small file cannot fill the memory. */
#include <limits.h>
#include <stdbool.h>

#include <lauxlib.h>
#include <zlib.h>

#include "sys/libs.h"

#define WINDOW_GZIP 31 /* 15 bits, and 16 for the gzip wrapper (zlib.h, deflateInit2) */
#define STREAM_NAME "dnsprobe.gzip.stream"

struct stream { /* ended also when a throw passes */
    z_stream z;
    int (*end)(z_stream *z);
};

static int stream_end(lua_State *L)
{
    struct stream *stream = lua_touserdata(L, 1);
    if (stream->end != NULL) {
        stream->end(&stream->z);
    }
    stream->end = NULL;
    return 0;
}

static struct stream *push_stream(lua_State *L)
{
    struct stream *stream = lua_newuserdatauv(L, sizeof *stream, 0);
    *stream = (struct stream){.end = NULL};
    if (luaL_newmetatable(L, STREAM_NAME)) {
        lua_pushcfunction(L, stream_end);
        lua_setfield(L, -2, "__gc");
        lua_pushcfunction(L, stream_end);
        lua_setfield(L, -2, "__close");
    }
    lua_setmetatable(L, -2);
    lua_toclose(L, -1);
    return stream;
}

static void set_input(lua_State *L, struct stream *stream, const char *data, size_t size)
{
    luaL_argcheck(L, size <= UINT_MAX, 1, "too long");
    stream->z.next_in = (Bytef *)(uintptr_t)data; /* zlib does not write to it */
    stream->z.avail_in = (uInt)size;
}

/* gzip.pack(data) -> packed; nil, message */
static int l_pack(lua_State *L)
{
    size_t size = 0;
    luaL_Buffer out;
    int status = Z_OK;
    const char *data = luaL_checklstring(L, 1, &size);
    struct stream *stream = push_stream(L);
    set_input(L, stream, data, size);
    if (deflateInit2(&stream->z, Z_BEST_COMPRESSION, Z_DEFLATED, WINDOW_GZIP, 8, Z_DEFAULT_STRATEGY) !=
        Z_OK) {
        return luaL_error(L, "out of memory");
    }
    stream->end = deflateEnd;
    luaL_buffinit(L, &out);
    while (status == Z_OK) {
        stream->z.next_out = (Bytef *)luaL_prepbuffer(&out); /* may throw */
        stream->z.avail_out = (uInt)LUAL_BUFFERSIZE;
        status = deflate(&stream->z, Z_FINISH);
        luaL_addsize(&out, LUAL_BUFFERSIZE - stream->z.avail_out);
    }
    luaL_pushresult(&out);
    return 1;
}

static int refuse(lua_State *L, const char *why)
{
    lua_pushnil(L);
    lua_pushstring(L, why);
    return 2;
}

/* gzip.unpack(packed, max_bytes) -> data; nil, message: broken, cut off, followed by something, or larger */
static int l_unpack(lua_State *L)
{
    size_t size = 0, total = 0;
    luaL_Buffer out;
    int status = Z_OK;
    const char *data = luaL_checklstring(L, 1, &size);
    lua_Integer max = luaL_checkinteger(L, 2);
    luaL_argcheck(L, max > 0, 2, "max_bytes must be above 0");
    struct stream *stream = push_stream(L);
    set_input(L, stream, data, size);
    if (inflateInit2(&stream->z, WINDOW_GZIP) != Z_OK) {
        return luaL_error(L, "out of memory");
    }
    stream->end = inflateEnd;
    luaL_buffinit(L, &out);
    while (status == Z_OK && total <= (size_t)max) {
        stream->z.next_out = (Bytef *)luaL_prepbuffer(&out); /* may throw */
        stream->z.avail_out = (uInt)LUAL_BUFFERSIZE;
        status = inflate(&stream->z, Z_NO_FLUSH);
        size_t got = LUAL_BUFFERSIZE - stream->z.avail_out;
        luaL_addsize(&out, got);
        total += got;
    }
    if (total > (size_t)max) {
        lua_pushnil(L);
        lua_pushfstring(L, "larger than %I bytes when unpacked", (LUAI_UACINT)max);
        return 2;
    }
    if (status == Z_BUF_ERROR) {
        return refuse(L, "the compressed data are cut off");
    }
    if (status != Z_STREAM_END) {
        return refuse(L, "the compressed data are broken");
    }
    if (stream->z.avail_in != 0) {
        return refuse(L, "something follows the compressed data");
    }
    luaL_pushresult(&out);
    return 1;
}

static const luaL_Reg functions[] = {{"pack", l_pack}, {"unpack", l_unpack}, {NULL, NULL}};

int dp_open_gzip(lua_State *L)
{
    luaL_newlib(L, functions);
    return 1;
}
