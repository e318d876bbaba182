/* SPDX-License-Identifier: MIT
 * Files that appear whole or not at all. What is written goes to a temporary name beside the file and gets
 * the file's name at `commit`; a file that is collected or closed before that leaves nothing behind. What
 * cannot be replaced (a terminal, a pipe, /dev/null) is written through.
 * A link is kept, its target replaced. */
#include "sys/atomic.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lauxlib.h>

#define FILE_NAME  "dnsprobe.fs.new_file"
#define PATH_BYTES 4096

struct atomic {
    int fd;                     /* -1: closed */
    char path[PATH_BYTES];      /* the name it gets */
    char temporary[PATH_BYTES]; /* the name it has; empty when it is written through */
};

static bool write_all(int fd, const char *data, size_t size_bytes)
{
    while (size_bytes > 0) {
        ssize_t n = write(fd, data, size_bytes);
        if (n < 0 && errno != EINTR) {
            return false;
        }
        if (n > 0) {
            data += n;
            size_bytes -= (size_t)n;
        }
    }
    return true;
}

/* The mode a new file at `path` should have: that of the file it replaces, else what the umask leaves. */
static mode_t mode_for(const char *path)
{
    struct stat st;
    if (stat(path, &st) == 0) {
        return st.st_mode & 07777;
    }
    mode_t mask = umask(0);
    umask(mask);
    return 0666 & ~mask;
}

/* Makes a rename last over a power cut: the folder that holds the name is written too. */
static void sync_folder(const char *path)
{
    char folder[PATH_BYTES];
    const char *slash = strrchr(path, '/');
    size_t length = slash == NULL ? 0 : (size_t)(slash - path) + 1;
    if (length >= sizeof folder) {
        return;
    }
    memcpy(folder, path, length);
    folder[length] = '\0';
    int fd = open(length == 0 ? "." : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
}

static bool is_special(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode);
}

/* false with errno set where the file cannot be made. */
static bool begin(struct atomic *file, const char *path)
{
    file->temporary[0] = '\0';
    if (is_special(path)) {
        file->fd = open(path, O_WRONLY | O_CLOEXEC);
        return file->fd >= 0;
    }
    char *real = realpath(path, NULL);
    int length = snprintf(file->path, sizeof file->path, "%s", real != NULL ? real : path);
    free(real);
    if (length < 0 || (size_t)length + sizeof ".XXXXXX" > sizeof file->temporary) {
        errno = ENAMETOOLONG;
        return false;
    }
    memcpy(file->temporary, file->path, (size_t)length);
    memcpy(file->temporary + length, ".XXXXXX", sizeof ".XXXXXX");
    file->fd = mkstemp(file->temporary);
    if (file->fd < 0) {
        file->temporary[0] = '\0';
    }
    return file->fd >= 0;
}

/* Leaves nothing behind; keeps errno. */
static void abandon(struct atomic *file)
{
    int reason = errno;
    if (file->fd >= 0) {
        close(file->fd);
    }
    if (file->temporary[0] != '\0') {
        unlink(file->temporary);
    }
    file->fd = -1;
    file->temporary[0] = '\0';
    errno = reason;
}

static bool commit(struct atomic *file)
{
    bool through = file->temporary[0] == '\0';
    bool ok = through || (fchmod(file->fd, mode_for(file->path)) == 0 && fsync(file->fd) == 0);
    if (ok) {
        ok = close(file->fd) == 0;
        file->fd = -1;
    }
    if (ok && !through) {
        ok = rename(file->temporary, file->path) == 0;
    }
    if (!ok) {
        abandon(file);
        return false;
    }
    if (!through) {
        sync_folder(file->path);
    }
    file->temporary[0] = '\0';
    return true;
}

/* fs.write_atomic(path, data) -> true; nil, message. A reader sees the old file or the new one, whole. */
int dp_fs_write_atomic(lua_State *L)
{
    size_t size = 0;
    struct atomic file;
    const char *path = luaL_checkstring(L, 1), *data = luaL_checklstring(L, 2, &size);
    bool ok = begin(&file, path) && write_all(file.fd, data, size) && commit(&file);
    if (!ok) {
        abandon(&file);
    }
    return luaL_fileresult(L, ok, path);
}

/* ---- written piece by piece ---- */

static struct atomic *open_file(lua_State *L)
{
    struct atomic *file = luaL_checkudata(L, 1, FILE_NAME);
    luaL_argcheck(L, file->fd >= 0, 1, "the file is closed");
    return file;
}

/* file:write(data) -> true; nil, message */
static int file_write(lua_State *L)
{
    size_t size = 0;
    struct atomic *file = open_file(L);
    const char *data = luaL_checklstring(L, 2, &size);
    return luaL_fileresult(L, write_all(file->fd, data, size), NULL);
}

/* file:commit() -> true; nil, message: the file has its name */
static int file_commit(lua_State *L)
{
    return luaL_fileresult(L, commit(open_file(L)), NULL);
}

/* file:close(): what is not committed is gone */
static int file_close(lua_State *L)
{
    abandon(luaL_checkudata(L, 1, FILE_NAME));
    return 0;
}

static int file_tostring(lua_State *L)
{
    const struct atomic *file = luaL_checkudata(L, 1, FILE_NAME);
    lua_pushstring(L, file->fd >= 0 ? "new file" : "new file (closed)");
    return 1;
}

static const luaL_Reg file_methods[] = {
    {"write", file_write}, {"commit", file_commit}, {"close", file_close}, {NULL, NULL}};
static const luaL_Reg file_meta[] = {
    {"__gc", file_close}, {"__close", file_close}, {"__tostring", file_tostring}, {NULL, NULL}};

/* fs.create(path) -> file; nil, message */
int dp_fs_create(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    struct atomic *file = lua_newuserdatauv(L, sizeof *file, 0);
    file->fd = -1;
    file->temporary[0] = '\0';
    if (luaL_newmetatable(L, FILE_NAME)) {
        luaL_setfuncs(L, file_meta, 0);
        luaL_newlib(L, file_methods);
        lua_setfield(L, -2, "__index");
    }
    lua_setmetatable(L, -2);
    return begin(file, path) ? 1 : luaL_fileresult(L, 0, path);
}
