/* SPDX-License-Identifier: MIT
 * dnsprobe.line: the line editor of `dnsprobe repl`, on libedit (history, completion, emacs keys).
 *
 * libedit is loaded with dlopen(3) when a prompt is opened, as OpenSSL is in core/net/tls.c: no other command
 * pays for it, and where it is absent (at build time its header, at run time the library) open() returns nil
 * and the prompt reads plain lines. While it waits for a key the event loop turns, so that a lab goes on
 * serving and Ctrl-C is seen; no Lua runs meanwhile but the completion. */
#include <lauxlib.h>

#include "sys/libs.h"
#include "vm/state.h"

#if defined(__has_include)
#if __has_include(<histedit.h>)
#define HAVE_EDIT 1
#endif
#endif

#ifdef HAVE_EDIT

#include <dlfcn.h>
#include <errno.h>
#include <histedit.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>
#include <wchar.h>

#include "net/loop.h"

#define EDITOR_NAME  "dnsprobe.line.Editor"
#define HISTORY_SIZE 1000
#define PROMPT_BYTES 32
#define COMPLETE     "dnsprobe-complete"

static const char *const libraries[] = {"libedit.so.2", "libedit.so.0", "libedit.so"};

/* Every function of the library that is used here. */
#define EDIT_FUNCTIONS(F)                                                                                    \
    F(el_init)                                                                                               \
    F(el_end)                                                                                                \
    F(el_set)                                                                                                \
    F(el_wset)                                                                                               \
    F(el_gets)                                                                                               \
    F(el_line)                                                                                               \
    F(el_insertstr)                                                                                          \
    F(history)                                                                                               \
    F(history_init)                                                                                          \
    F(history_end)

#define FUNCTION_MEMBER(name) __typeof__(&name) name;
struct edit_library {
    EDIT_FUNCTIONS(FUNCTION_MEMBER)
};

struct editor {
    struct edit_library lib;
    EditLine *line; /* NULL: closed */
    History *past;
    char *file;   /* where the history is kept; NULL: nowhere */
    lua_State *L; /* of the read that is under way; its completion is at index 3 */
    struct dp_state *state;
    const char *ended; /* why a read gives no line; NULL: it does */
    mbstate_t partial;
    char prompt[PROMPT_BYTES];
};

/* libedit's callbacks are told its own object only. One prompt reads at a time: this is its editor. */
static struct editor *reading;

static bool load_library(struct edit_library *lib)
{
    void *handle = NULL;
    for (size_t i = 0; handle == NULL && i < sizeof libraries / sizeof libraries[0]; i++) {
        handle = dlopen(libraries[i], RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    }
    if (handle == NULL) {
        return false;
    }
#define FUNCTION_LOAD(name)                                                                                  \
    *(void **)&lib->name = dlsym(handle, #name);                                                             \
    if (lib->name == NULL)                                                                                   \
        return false;
    EDIT_FUNCTIONS(FUNCTION_LOAD)
    return true;
}

/* ---- what libedit calls ---- */

static char *show_prompt(EditLine *line)
{
    (void)line;
    return reading->prompt;
}

/* Turns the loop until there is a key or a signal. False: a signal. */
static bool wait_for_key(struct dp_state *state)
{
    uv_loop_t *loop = dp_loop_uv(state->loop);
    for (;;) {
        struct pollfd fds[] = {{.fd = STDIN_FILENO, .events = POLLIN},
                               {.fd = uv_backend_fd(loop), .events = POLLIN}};
        dp_loop_turn(state->loop, false);
        if (state->scheduler.signal != 0) {
            return false;
        }
        int patience_ms = uv_loop_alive(loop) ? uv_backend_timeout(loop) : -1;
        int n = poll(fds, 2, patience_ms);
        if (n > 0 && fds[0].revents != 0) {
            return true;
        }
        if (n < 0 && errno != EINTR) {
            return true; /* read(2) will say what it is */
        }
    }
}

/* One character of the terminal's encoding: 1, 0 at the end of the input, -1 where a signal came. */
static int get_char(EditLine *line, wchar_t *out)
{
    (void)line;
    for (;;) {
        char byte;
        if (!wait_for_key(reading->state)) {
            reading->ended = reading->state->scheduler.signal == SIGINT ? "interrupted" : "terminated";
            reading->state->scheduler.signal = 0;
            return -1;
        }
        ssize_t n = read(STDIN_FILENO, &byte, 1);
        if (n < 0 && (errno == EINTR || errno == EAGAIN)) {
            continue;
        }
        if (n <= 0) {
            reading->ended = "end";
            return 0;
        }
        size_t used = mbrtowc(out, &byte, 1, &reading->partial);
        if (used == (size_t)-2) {
            continue; /* the rest of the character is still to come */
        }
        if (used == (size_t)-1) {
            memset(&reading->partial, 0, sizeof reading->partial);
            *out = (unsigned char)byte;
        }
        return 1;
    }
}

/* complete(text before the cursor) -> what to insert, what to show */
static int call_complete(lua_State *L)
{
    lua_call(L, 1, 2);
    return 2;
}

static unsigned char complete(EditLine *line, int key)
{
    (void)key;
    lua_State *L = reading->L;
    const LineInfo *info = reading->lib.el_line(line);
    unsigned char result = CC_REFRESH;
    int top = lua_gettop(L);
    if (!lua_isfunction(L, 3) || !lua_checkstack(L, 8)) {
        return CC_ERROR;
    }
    lua_pushcfunction(L, call_complete);
    lua_pushvalue(L, 3);
    lua_pushlstring(L, info->buffer, (size_t)(info->cursor - info->buffer));
    if (lua_pcall(L, 2, 2, 0) != LUA_OK) {
        lua_settop(L, top);
        return CC_ERROR;
    }
    const char *insert = lua_tostring(L, -2), *shown = lua_tostring(L, -1);
    if (insert != NULL && insert[0] != '\0') {
        reading->lib.el_insertstr(line, insert);
    }
    if (shown != NULL) {
        printf("\n%s\n", shown);
        fflush(stdout);
        result = CC_REDISPLAY;
    } else if (insert == NULL || insert[0] == '\0') {
        result = CC_ERROR;
    }
    lua_settop(L, top);
    return result;
}

/* ---- the module ---- */

static int editor_close(lua_State *L)
{
    struct editor *editor = luaL_checkudata(L, 1, EDITOR_NAME);
    HistEvent event;
    if (editor->past != NULL && editor->file != NULL) {
        editor->lib.history(editor->past, &event, H_SAVE, editor->file);
    }
    if (editor->line != NULL) {
        editor->lib.el_end(editor->line);
    }
    if (editor->past != NULL) {
        editor->lib.history_end(editor->past);
    }
    free(editor->file);
    editor->line = NULL;
    editor->past = NULL;
    editor->file = NULL;
    return 0;
}

static bool start(struct editor *editor)
{
    HistEvent event;
    struct edit_library *lib = &editor->lib;
    setlocale(LC_CTYPE, ""); /* how keys are encoded; numbers stay as they are */
    editor->line = lib->el_init("dnsprobe", stdin, stdout, stderr);
    editor->past = lib->history_init();
    if (editor->line == NULL || editor->past == NULL) {
        return false;
    }
    lib->history(editor->past, &event, H_SETSIZE, HISTORY_SIZE);
    lib->history(editor->past, &event, H_SETUNIQUE, 1);
    if (editor->file != NULL) {
        lib->history(editor->past, &event, H_LOAD, editor->file);
    }
    lib->el_set(editor->line, EL_PROMPT, show_prompt);
    lib->el_set(editor->line, EL_EDITOR, "emacs");
    lib->el_set(editor->line, EL_SIGNAL, 0);
    lib->el_set(editor->line, EL_GETCFN, get_char);
    lib->el_set(editor->line, EL_HIST, lib->history, editor->past);
    /* The narrow el_set copies both texts and never frees them. */
    lib->el_wset(editor->line, EL_ADDFN, L"" COMPLETE, L"complete a name", complete);
    lib->el_set(editor->line, EL_BIND, "^I", COMPLETE, NULL);
    return true;
}

/* line.open([file of the history]) -> editor, or nil where there is no library */
static int l_open(lua_State *L)
{
    const char *file = luaL_optstring(L, 1, NULL);
    struct dp_state *state = dp_state_get(L);
    dp_state_loop(L);
    struct editor *editor = lua_newuserdatauv(L, sizeof *editor, 0);
    memset(editor, 0, sizeof *editor);
    luaL_setmetatable(L, EDITOR_NAME);
    editor->state = state;
    if (!load_library(&editor->lib)) {
        lua_pushnil(L);
        return 1;
    }
    editor->file = file == NULL ? NULL : strdup(file);
    if (!start(editor)) {
        lua_pushnil(L);
        return 1;
    }
    return 1;
}

/* editor:read(prompt[, complete]) -> a line without its end; nil, "end" | "interrupted" | "terminated" */
static int l_read(lua_State *L)
{
    struct editor *editor = luaL_checkudata(L, 1, EDITOR_NAME);
    const char *prompt = luaL_checkstring(L, 2);
    int count = 0;
    luaL_argcheck(L, editor->line != NULL, 1, "the editor is closed");
    lua_settop(L, 3);
    snprintf(editor->prompt, sizeof editor->prompt, "%s", prompt);
    editor->L = L;
    editor->ended = NULL;
    reading = editor;
    /* Before the prompt is seen: what is typed at once would be taken by the terminal's own rules, and Ctrl-D
     * be lost. */
    editor->lib.el_set(editor->line, EL_PREP_TERM, 1);
    const char *text = editor->lib.el_gets(editor->line, &count);
    reading = NULL;
    if (text == NULL || count <= 0 || editor->ended != NULL) {
        lua_pushnil(L);
        lua_pushstring(L, editor->ended == NULL ? "end" : editor->ended);
        return 2;
    }
    size_t length = (size_t)count;
    while (length > 0 && (text[length - 1] == '\n' || text[length - 1] == '\r')) {
        length--;
    }
    lua_pushlstring(L, text, length);
    return 1;
}

/* editor:remember(text): enters a line into the history */
static int l_remember(lua_State *L)
{
    struct editor *editor = luaL_checkudata(L, 1, EDITOR_NAME);
    const char *text = luaL_checkstring(L, 2);
    HistEvent event;
    luaL_argcheck(L, editor->past != NULL, 1, "the editor is closed");
    editor->lib.history(editor->past, &event, H_ENTER, text);
    return 0;
}

static const luaL_Reg methods[] = {
    {"read", l_read}, {"remember", l_remember}, {"close", editor_close}, {NULL, NULL}};

static void open_editor(lua_State *L)
{
    luaL_newmetatable(L, EDITOR_NAME);
    lua_pushcfunction(L, editor_close);
    lua_setfield(L, -2, "__gc");
    lua_pushcfunction(L, editor_close);
    lua_setfield(L, -2, "__close");
    luaL_newlib(L, methods);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
}

#else

static void open_editor(lua_State *L)
{
    (void)L;
}

static int l_open(lua_State *L)
{
    lua_pushnil(L);
    return 1;
}

#endif

static const luaL_Reg functions[] = {{"open", l_open}, {NULL, NULL}};

int dp_open_line(lua_State *L)
{
    open_editor(L);
    luaL_newlib(L, functions);
    return 1;
}
