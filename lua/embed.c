/* SPDX-License-Identifier: MIT
 * Build tool: compiles Lua files and writes them as one C array, so that the binary carries its library. It
 * is linked with the same liblua as the binary, so the bytecode fits; debug information is kept, so that
 * errors give file:line. A NAME that begins with "source." returns the text of its file instead: the
 * annotations from which `dnsprobe help api` is made. Usage: dnsprobe-embed OUTPUT.c NAME=FILE... (names
 * sorted) */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>
#include <lua.h>

struct output {
    FILE *file;
    unsigned long count;
};

static int write_bytes(lua_State *L, const void *data, size_t size_bytes, void *user)
{
    struct output *out = user;
    const unsigned char *bytes = data;
    (void)L;
    for (size_t i = 0; i < size_bytes; i++) {
        if (fprintf(out->file, "%u,%s", bytes[i], ++out->count % 24 == 0 ? "\n" : "") < 0) {
            return 1;
        }
    }
    return 0;
}

/* The whole file as a string on the stack. */
static int push_file(lua_State *L, const char *path)
{
    char part[8192];
    size_t n;
    luaL_Buffer text;
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return 0;
    }
    luaL_buffinit(L, &text);
    while ((n = fread(part, 1, sizeof part, file)) > 0) {
        luaL_addlstring(&text, part, n);
    }
    luaL_pushresult(&text);
    return fclose(file) == 0;
}

/* `argument` is NAME=FILE; the chunk's name is the module's path: "dnsprobe/cli/entry.lua". */
static int embed(lua_State *L, struct output *out, int index, char *argument)
{
    char *path = strchr(argument, '=');
    size_t size = 0;
    if (path == NULL) {
        return 0;
    }
    *path++ = '\0';
    if (!push_file(L, path)) {
        fprintf(stderr, "%s: cannot be read\n", path);
        return 0;
    }
    if (strncmp(argument, "source.", 7) == 0) { /* no file of ours holds this closing bracket */
        lua_pushfstring(L, "return [=====[\n%s]=====]", lua_tostring(L, -1));
        lua_remove(L, -2);
    }
    luaL_gsub(L, argument, ".", "/");
    lua_pushfstring(L, "@%s.lua", lua_tostring(L, -1));
    const char *text = lua_tolstring(L, -3, &size);
    if (luaL_loadbufferx(L, text, size, lua_tostring(L, -1), "t") != LUA_OK) {
        fprintf(stderr, "%s\n", lua_tostring(L, -1));
        return 0;
    }
    fprintf(out->file, "static const unsigned char code_%d[] = {\n", index);
    out->count = 0;
    int failed = lua_dump(L, write_bytes, out, 0);
    fprintf(out->file, "};\n");
    lua_settop(L, 0);
    return !failed;
}

int main(int argc, char **argv)
{
    int ok = 0;
    lua_State *L = luaL_newstate();
    struct output out = {argc > 1 ? fopen(argv[1], "w") : NULL, 0};
    if (L == NULL || out.file == NULL) {
        return EXIT_FAILURE;
    }
    fprintf(out.file, "#include \"vm/modules.h\"\n");
    for (int i = 2; i < argc; i++) {
        if (!embed(L, &out, i, argv[i])) {
            goto done;
        }
    }
    fprintf(out.file, "const struct dp_module dp_modules[] = {\n");
    for (int i = 2; i < argc; i++) {
        fprintf(out.file, "    {\"%s\", code_%d, sizeof code_%d},\n", argv[i], i, i);
    }
    fprintf(out.file, "};\nconst size_t dp_n_modules = sizeof dp_modules / sizeof dp_modules[0];\n");
    ok = 1;
done:
    ok = fclose(out.file) == 0 && ok;
    lua_close(L);
    if (!ok) {
        remove(argv[1]);
    }
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
