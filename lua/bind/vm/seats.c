/* SPDX-License-Identifier: MIT
 * Both tables get room for a seat when it is entered: what is set there later does not allocate, so it cannot
 * throw where a task ends. Free seats are lists through `next`. */
#include "vm/seats.h"

#include <stdlib.h>

#include <lauxlib.h>

#define IDLE_MAX   256 /* threads kept for the next tasks */
#define SEATS_LESS 64  /* room at first */

void dp_seats_open(lua_State *L, struct dp_seats *s)
{
    lua_newtable(L);
    s->anchors = luaL_ref(L, LUA_REGISTRYINDEX);
    lua_newtable(L);
    s->threads = luaL_ref(L, LUA_REGISTRYINDEX);
    s->idle = s->vacant = -1;
}

void dp_seats_fini(struct dp_seats *s)
{
    free(s->items);
    *s = (struct dp_seats){.idle = -1, .vacant = -1};
}

/* Pops a value and sets it at the seat's place in the table of that reference. */
static void set(lua_State *L, int table, int seat)
{
    lua_rawgeti(L, LUA_REGISTRYINDEX, table);
    lua_insert(L, -2);
    lua_rawseti(L, -2, seat + 1);
    lua_pop(L, 1);
}

/* Enters one more vacant seat. */
static void add(lua_State *L, struct dp_seats *s)
{
    if (s->n == s->cap) {
        const int cap = s->cap == 0 ? SEATS_LESS : s->cap * 2;
        struct dp_seat *items = realloc(s->items, (size_t)cap * sizeof *items);
        if (items == NULL) {
            luaL_error(L, "out of memory");
        }
        s->items = items;
        s->cap = cap;
    }
    lua_pushboolean(L, false);
    set(L, s->threads, s->n);
    lua_pushboolean(L, false);
    set(L, s->anchors, s->n);
    s->items[s->n] = (struct dp_seat){.next = s->vacant};
    s->vacant = s->n++;
}

void dp_seats_fill(lua_State *L, struct dp_seats *s, int seat)
{
    s->items[seat].co = lua_tothread(L, -1);
    set(L, s->threads, seat);
}

lua_State *dp_seats_ready(lua_State *L, struct dp_seats *s)
{
    if (s->idle >= 0) {
        lua_State *co = s->items[s->idle].co;
        lua_sethook(co, lua_gethook(L), lua_gethookmask(L), lua_gethookcount(L)); /* as a new one has it */
        return co;
    }
    if (s->vacant < 0) {
        add(L, s);
    }
    lua_newthread(L);
    const int seat = s->vacant;
    dp_seats_fill(L, s, seat);
    s->vacant = s->items[seat].next;
    s->items[seat].next = -1;
    s->idle = seat;
    s->n_idle++;
    return s->items[seat].co;
}

int dp_seats_take(lua_State *L, struct dp_seats *s)
{
    const int seat = s->idle;
    s->idle = s->items[seat].next;
    s->n_idle--;
    lua_rawgeti(L, LUA_REGISTRYINDEX, s->anchors);
    lua_pushvalue(L, -2);
    lua_rawseti(L, -2, seat + 1);
    lua_pop(L, 1);
    return seat;
}

bool dp_seats_leave(lua_State *L, struct dp_seats *s, int seat, bool reuse)
{
    struct dp_seat *item = &s->items[seat];
    lua_State *co = item->co;
    const bool stays = reuse && s->n_idle < IDLE_MAX;
    lua_rawgeti(L, LUA_REGISTRYINDEX, s->anchors);
    lua_rawgeti(L, -1, seat + 1);
    if (!stays) {
        lua_pushthread(co);
    }
    if (!stays || lua_gettop(co) > 0) {
        lua_xmove(co, L, 1);
        lua_setiuservalue(L, -2, 1);
    }
    lua_pushboolean(L, false);
    lua_rawseti(L, -3, seat + 1);
    lua_pop(L, 2);
    if (stays) {
        *item = (struct dp_seat){.co = co, .next = s->idle};
        s->idle = seat;
        s->n_idle++;
        return true;
    }
    lua_pushboolean(L, false);
    set(L, s->threads, seat);
    *item = (struct dp_seat){.next = s->vacant};
    s->vacant = seat;
    return false;
}
