/* SPDX-License-Identifier: MIT
 * dnsprobe.fs: files and facts of this host for the command line. The sandbox of runbooks does not have it.
 * What the system refuses is nil, message. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <lauxlib.h>

#include "sys/atomic.h"
#include "sys/libs.h"
#include "sys/sha256.h"
#include "vm/modules.h"

#define READ_LIMIT_BYTES     (256u << 20) /* a recorded run with every exchange is far below */
#define ORDINARY_LIMIT_BYTES (8 << 20)
#define PATH_BYTES           4096

static int fail(lua_State *L, const char *path)
{
    return luaL_fileresult(L, 0, path); /* nil, "path: reason" (path NULL: "reason"), errno */
}

/* Reads the open file to its end into a string on the stack; false with errno set on failure. */
static bool push_contents(lua_State *L, int fd)
{
    luaL_Buffer text;
    size_t total = 0;
    ssize_t n;
    luaL_buffinit(L, &text);
    for (;;) {
        char *part = luaL_prepbuffer(&text);
        n = read(fd, part, LUAL_BUFFERSIZE);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            break;
        }
        luaL_addsize(&text, (size_t)n);
        total += (size_t)n;
        if (total > READ_LIMIT_BYTES) {
            errno = EFBIG;
            return false;
        }
    }
    if (n == 0) {
        luaL_pushresult(&text);
    }
    return n == 0;
}

struct file { /* closed also when a throw passes */
    int fd;
};

static int file_close(lua_State *L)
{
    struct file *file = lua_touserdata(L, 1);
    if (file->fd >= 0) {
        close(file->fd);
    }
    file->fd = -1;
    return 0;
}

static struct file *push_file(lua_State *L)
{
    struct file *file = lua_newuserdatauv(L, sizeof *file, 0);
    file->fd = -1;
    if (luaL_newmetatable(L, "dnsprobe.fs.file")) {
        lua_pushcfunction(L, file_close);
        lua_setfield(L, -2, "__gc");
        lua_pushcfunction(L, file_close);
        lua_setfield(L, -2, "__close");
    }
    lua_setmetatable(L, -2);
    return file;
}

/* Nothing but a file of ordinary size: else reading may wait for ever (a FIFO), or never end (a device). */
static bool is_ordinary(int fd)
{
    struct stat about;
    if (fstat(fd, &about) != 0) {
        return false;
    }
    errno = S_ISREG(about.st_mode) ? EFBIG : S_ISDIR(about.st_mode) ? EISDIR : EINVAL;
    return S_ISREG(about.st_mode) && about.st_size <= ORDINARY_LIMIT_BYTES;
}

/* fs.read(path[, ordinary]) -> contents; nil, reason (without the path, which the caller names). "-" is
 * standard input. `ordinary`: a regular file of some MiB only, for paths that others than the user name. */
static int l_read(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    const bool ordinary = lua_toboolean(L, 2) != 0, standard_input = !ordinary && strcmp(path, "-") == 0;
    struct file *file = push_file(L);
    lua_toclose(L, -1);
    file->fd = standard_input ? dup(STDIN_FILENO)
                              : open(path, O_RDONLY | O_CLOEXEC | (ordinary ? O_NONBLOCK | O_NOCTTY : 0));
    if (file->fd < 0 || (ordinary && !is_ordinary(file->fd)) || !push_contents(L, file->fd)) {
        return fail(L, NULL);
    }
    return 1;
}

/* fs.exists(path) -> boolean */
static int l_exists(lua_State *L)
{
    lua_pushboolean(L, access(luaL_checkstring(L, 1), F_OK) == 0);
    return 1;
}

/* fs.realpath(path) -> the absolute path without links; nil, message */
static int l_realpath(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    char *real = realpath(path, NULL);
    if (real == NULL) {
        return fail(L, path);
    }
    lua_pushstring(L, real); /* a throw for want of memory would leave `real` behind: the process ends then */
    free(real);
    return 1;
}

/* fs.mkdir_p(path) -> true; nil, message: the folder and those above it */
static int l_mkdir_p(lua_State *L)
{
    char path[PATH_BYTES];
    size_t size = 0;
    const char *text = luaL_checklstring(L, 1, &size);
    luaL_argcheck(L, size > 0 && size < sizeof path, 1, "path is empty or too long");
    memcpy(path, text, size + 1);
    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0777); /* what matters is whether the last one is there */
        *slash = '/';
    }
    struct stat st;
    bool ok = mkdir(path, 0777) == 0 || (errno == EEXIST && stat(path, &st) == 0 && S_ISDIR(st.st_mode));
    return luaL_fileresult(L, ok, text);
}

static int names_only(const struct dirent *entry)
{
    return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

static int compare_entries(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* fs.list(folder) -> names in it, sorted; nil, message */
static int l_list(lua_State *L)
{
    struct dirent **entries = NULL;
    const char *folder = luaL_checkstring(L, 1);
    int n = scandir(folder, &entries, names_only, compare_entries);
    if (n < 0) {
        return fail(L, folder);
    }
    lua_createtable(L, n, 0);
    for (int i = 0; i < n; i++) {
        lua_pushstring(L, entries[i]->d_name);
        lua_rawseti(L, -2, i + 1);
        free(entries[i]);
    }
    free(entries);
    return 1;
}

/* ---- this program ---- */

/* The folder of the running executable, without a slash at the end; false where it cannot be told. */
static bool executable_folder(char out[PATH_BYTES])
{
    ssize_t n = readlink("/proc/self/exe", out, PATH_BYTES - 1);
    if (n <= 0) {
        return false;
    }
    out[n] = '\0';
    char *slash = strrchr(out, '/');
    if (slash == NULL) {
        return false;
    }
    *slash = '\0';
    return true;
}

/* fs.executable_dir() -> path or nil */
static int l_executable_dir(lua_State *L)
{
    char folder[PATH_BYTES];
    if (executable_folder(folder)) {
        lua_pushstring(L, folder);
    } else {
        lua_pushnil(L);
    }
    return 1;
}

/* Pushes the source folder that a build tree at `folder` belongs to, from CMake's cache; nil where it is
 * none. */
static void push_source(lua_State *L, const char *folder)
{
    static const char member[] = "CMAKE_HOME_DIRECTORY:INTERNAL=";
    char line[PATH_BYTES];
    FILE *cache = fopen(lua_pushfstring(L, "%s/CMakeCache.txt", folder), "re");
    const char *found = NULL;
    while (cache != NULL && found == NULL && fgets(line, sizeof line, cache) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, member, sizeof member - 1) == 0) {
            found = line + sizeof member - 1;
        }
    }
    if (cache != NULL) {
        fclose(cache);
    }
    if (found != NULL) {
        lua_pushstring(L, found);
    } else {
        lua_pushnil(L);
    }
    lua_remove(L, -2);
}

/* fs.paths() -> { data = installed share/dnsprobe, source = the source tree of the build tree run from } */
static int l_paths(lua_State *L)
{
    char folder[PATH_BYTES];
    lua_newtable(L);
    if (!executable_folder(folder)) {
        return 1;
    }
    const char *data = lua_pushfstring(L, "%s/../share/dnsprobe", folder);
    if (access(data, F_OK) == 0) {
        lua_setfield(L, -2, "data");
    } else {
        lua_pop(L, 1);
    }
    push_source(L, folder);
    lua_setfield(L, -2, "source");
    return 1;
}

/* Appends the library's modules that begin with `prefix` and lie in the development folder. */
static void add_folder_modules(lua_State *L, const char *prefix)
{
    const char *root = secure_getenv("DNSPROBE_LUA");
    struct dirent **entries = NULL;
    if (root == NULL) {
        return;
    }
    luaL_gsub(L, prefix, ".", "/");
    const char *folder = lua_pushfstring(L, "%s/%s", root, lua_tostring(L, -1));
    int n = scandir(folder, &entries, names_only, compare_entries);
    lua_pop(L, 2);
    for (int i = 0; i < n; i++) {
        size_t length = strlen(entries[i]->d_name);
        if (length > 4 && strcmp(entries[i]->d_name + length - 4, ".lua") == 0) {
            lua_pushstring(L, prefix);
            lua_pushlstring(L, entries[i]->d_name, length - 4);
            lua_concat(L, 2);
            lua_pushboolean(L, true);
            lua_rawset(L, -3);
        }
        free(entries[i]);
    }
    free(entries);
}

/* fs.modules(prefix) -> names of the library's modules that begin so ("dnsprobe.format."), none below them */
static int l_modules(lua_State *L)
{
    size_t size = 0;
    lua_Integer count = 0;
    const char *prefix = luaL_checklstring(L, 1, &size);
    lua_newtable(L); /* result */
    lua_newtable(L); /* set of names */
    add_folder_modules(L, prefix);
    for (size_t i = 0; i < dp_n_modules; i++) {
        const char *name = dp_modules[i].name;
        if (strncmp(name, prefix, size) == 0 && strchr(name + size, '.') == NULL) {
            lua_pushboolean(L, true);
            lua_setfield(L, -2, name);
        }
    }
    for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1)) {
        lua_pushvalue(L, -2);
        lua_rawseti(L, 2, ++count);
    }
    lua_settop(L, 2);
    lua_getglobal(L, "table");
    lua_getfield(L, -1, "sort");
    lua_pushvalue(L, 2);
    lua_call(L, 1, 0);
    lua_settop(L, 2);
    return 1;
}

/* ---- this host ---- */

/* fs.sha256(data) -> hexadecimal digest */
static int l_sha256(lua_State *L)
{
    size_t size = 0;
    uint8_t digest[DP_SHA256_BYTES];
    char text[2 * DP_SHA256_BYTES + 1];
    const char *data = luaL_checklstring(L, 1, &size);
    dp_sha256(data, size, digest);
    for (size_t i = 0; i < DP_SHA256_BYTES; i++) {
        snprintf(text + 2 * i, 3, "%02x", digest[i]);
    }
    lua_pushstring(L, text);
    return 1;
}

/* fs.isatty(fd) -> boolean */
static int l_isatty(lua_State *L)
{
    lua_Integer fd = luaL_checkinteger(L, 1);
    luaL_argcheck(L, fd >= 0 && fd <= 1024, 1, "no file descriptor");
    lua_pushboolean(L, isatty((int)fd) == 1);
    return 1;
}

/* fs.columns(fd) -> width of the terminal there; nil where there is none, or it does not know */
static int l_columns(lua_State *L)
{
    lua_Integer fd = luaL_checkinteger(L, 1);
    luaL_argcheck(L, fd >= 0 && fd <= 1024, 1, "no file descriptor");
    struct winsize size = {0};
    if (ioctl((int)fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
        lua_pushinteger(L, size.ws_col);
    } else {
        lua_pushnil(L);
    }
    return 1;
}

/* fs.getenv(name) -> value or nil */
static int l_getenv(lua_State *L)
{
    lua_pushstring(L, getenv(luaL_checkstring(L, 1)));
    return 1;
}

/* fs.environment(prefix) -> names of the variables that begin so, sorted */
static int l_environment(lua_State *L)
{
    size_t size = 0;
    lua_Integer n = 0;
    const char *prefix = luaL_checklstring(L, 1, &size);
    lua_settop(L, 1);
    lua_newtable(L);
    for (char **entry = environ; entry != NULL && *entry != NULL; entry++) {
        const char *end = strchr(*entry, '=');
        if (end == NULL || strncmp(*entry, prefix, size) != 0) {
            continue;
        }
        lua_pushlstring(L, *entry, (size_t)(end - *entry));
        lua_rawseti(L, 2, ++n);
    }
    lua_getglobal(L, "table");
    lua_getfield(L, -1, "sort");
    lua_pushvalue(L, 2);
    lua_call(L, 1, 0);
    lua_settop(L, 2);
    return 1;
}

/* fs.hostname() -> name of this host */
static int l_hostname(lua_State *L)
{
    struct utsname name;
    lua_pushstring(L, uname(&name) == 0 ? name.nodename : "");
    return 1;
}

/* fs.os() -> "Linux 6.1.0-18-amd64" */
static int l_os(lua_State *L)
{
    struct utsname name;
    if (uname(&name) == 0) {
        lua_pushfstring(L, "%s %s", name.sysname, name.release);
    } else {
        lua_pushliteral(L, "");
    }
    return 1;
}

static const luaL_Reg functions[] = {
    {"read", l_read},
    {"write_atomic", dp_fs_write_atomic},
    {"create", dp_fs_create},
    {"exists", l_exists},
    {"mkdir_p", l_mkdir_p},
    {"list", l_list},
    {"executable_dir", l_executable_dir},
    {"paths", l_paths},
    {"modules", l_modules},
    {"sha256", l_sha256},
    {"isatty", l_isatty},
    {"getenv", l_getenv},
    {"hostname", l_hostname},
    {"os", l_os},
    {"columns", l_columns},
    {"realpath", l_realpath},
    {"environment", l_environment},
    {NULL, NULL},
};

int dp_open_fs(lua_State *L)
{
    luaL_newlib(L, functions);
    return 1;
}
