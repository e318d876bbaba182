/* SPDX-License-Identifier: MIT
 * dnsprobe.stream: files that are read as they are needed and written line by line, for lists of a million
 * names. The sandbox of runbooks does not have it. What the system refuses is nil, message. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lauxlib.h>

#include "sys/libs.h"

#define STREAM_NAME "dnsprobe.stream"
#define CHUNK_BYTES (64u * 1024)

struct stream {
    int fd;
};

static struct stream *push_stream(lua_State *L)
{
    struct stream *stream = lua_newuserdatauv(L, sizeof *stream, 0);
    stream->fd = -1;
    luaL_setmetatable(L, STREAM_NAME);
    return stream;
}

static struct stream *check(lua_State *L)
{
    struct stream *stream = luaL_checkudata(L, 1, STREAM_NAME);
    luaL_argcheck(L, stream->fd >= 0, 1, "the stream is closed");
    return stream;
}

/* stream.reader(path) -> stream; nil, message. "-" is standard input. */
static int l_reader(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    struct stat st;
    struct stream *stream = push_stream(L);
    stream->fd =
        strcmp(path, "-") == 0 ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0) : open(path, O_RDONLY | O_CLOEXEC);
    if (stream->fd >= 0 && fstat(stream->fd, &st) == 0 && S_ISDIR(st.st_mode)) {
        errno = EISDIR;
        return luaL_fileresult(L, 0, path);
    }
    return stream->fd < 0 ? luaL_fileresult(L, 0, path) : 1;
}

/* stream.appender(path) -> stream; nil, message. The file is made where it is not there, and locked: nil,
 * "locked" while another process has it. */
static int l_appender(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    struct stream *stream = push_stream(L);
    stream->fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (stream->fd < 0) {
        return luaL_fileresult(L, 0, path);
    }
    if (flock(stream->fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
        lua_pushnil(L);
        lua_pushliteral(L, "locked");
        return 2;
    }
    return 1;
}

/* stream:read() -> bytes; false when none have come yet; nil at the end; nil, message. Never waits for a pipe
 * or a terminal. */
static int l_read(lua_State *L)
{
    struct stream *stream = check(L);
    struct pollfd ready = {.fd = stream->fd, .events = POLLIN};
    luaL_Buffer text;
    if (poll(&ready, 1, 0) == 0) {
        lua_pushboolean(L, false);
        return 1;
    }
    char *bytes = luaL_buffinitsize(L, &text, CHUNK_BYTES);
    ssize_t n = read(stream->fd, bytes, CHUNK_BYTES);
    if (n > 0) {
        luaL_pushresultsize(&text, (size_t)n);
        return 1;
    }
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        lua_pushboolean(L, false);
        return 1;
    }
    if (n < 0) {
        return luaL_fileresult(L, 0, NULL);
    }
    lua_pushnil(L);
    return 1;
}

/* stream:write(text) -> true; nil, message. One write(2), unless the system takes it in parts. */
static int l_write(lua_State *L)
{
    size_t size = 0;
    const struct stream *stream = check(L);
    const char *data = luaL_checklstring(L, 2, &size);
    while (size > 0) {
        ssize_t n = write(stream->fd, data, size);
        if (n < 0 && errno != EINTR) {
            return luaL_fileresult(L, 0, NULL);
        }
        if (n > 0) {
            data += n;
            size -= (size_t)n;
        }
    }
    lua_pushboolean(L, true);
    return 1;
}

/* stream:cut(size_bytes) -> true; nil, message: what stands behind is gone */
static int l_cut(lua_State *L)
{
    const struct stream *stream = check(L);
    lua_Integer size = luaL_checkinteger(L, 2);
    luaL_argcheck(L, size >= 0, 2, "a size is not negative");
    return luaL_fileresult(L, ftruncate(stream->fd, (off_t)size) == 0, NULL);
}

/* stream:sync() -> true; nil, message: what was written lasts over a power cut */
static int l_sync(lua_State *L)
{
    return luaL_fileresult(L, fsync(check(L)->fd) == 0, NULL);
}

static int l_close(lua_State *L)
{
    struct stream *stream = luaL_checkudata(L, 1, STREAM_NAME);
    if (stream->fd >= 0) {
        close(stream->fd);
    }
    stream->fd = -1;
    return 0;
}

static const luaL_Reg functions[] = {{"reader", l_reader}, {"appender", l_appender}, {NULL, NULL}};
static const luaL_Reg methods[] = {{"read", l_read}, {"write", l_write}, {"cut", l_cut},
                                   {"sync", l_sync}, {"close", l_close}, {NULL, NULL}};

int dp_open_stream(lua_State *L)
{
    luaL_newmetatable(L, STREAM_NAME);
    lua_pushcfunction(L, l_close);
    lua_setfield(L, -2, "__gc");
    lua_pushcfunction(L, l_close);
    lua_setfield(L, -2, "__close");
    luaL_newlib(L, methods);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
    luaL_newlib(L, functions);
    return 1;
}
