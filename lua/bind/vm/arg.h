/* SPDX-License-Identifier: MIT
 * Argument checks of the bindings. An options table is described by rows and read in one pass: an unknown key
 * is an error that names it and the nearest valid one, words come from a closed list, numbers have a range.
 * Durations are seconds at the surface and microseconds inside. Every function here may throw: call them
 * before anything that would have to be freed exists. */
#ifndef DP_BIND_ARG_H
#define DP_BIND_ARG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lua.h>

#include "net/addr.h"
#include "wire/name.h"

enum dp_arg_kind {
    DP_ARG_ANY,     /* known key, read by the caller; no storage */
    DP_ARG_TEXT,    /* the same; noted where it is a string: struct dp_arg_text */
    DP_ARG_GIVEN,   /* the same, noted as given: bool */
    DP_ARG_SWITCH,  /* the same, noted as what it is: enum dp_arg_switch */
    DP_ARG_BOOL,    /* bool */
    DP_ARG_INT,     /* int64_t, within min and max */
    DP_ARG_NUMBER,  /* double, within min and max */
    DP_ARG_SECONDS, /* uint64_t in microseconds; min and max in seconds */
    DP_ARG_STRING,  /* struct dp_arg_text */
    DP_ARG_WORD,    /* int: index into words */
    DP_ARG_TABLE    /* a table, read by the caller; no storage */
};

enum dp_arg_switch {
    DP_ARG_ABSENT,
    DP_ARG_OFF, /* false */
    DP_ARG_ON,  /* true */
    DP_ARG_OTHER
};

/* Bytes of a Lua string, borrowed while that string is reachable (in the options table on the stack). */
struct dp_arg_text {
    const char *data; /* NULL: not given */
    size_t size_bytes;
};

struct dp_arg_row {
    const char *name; /* rows are sorted by name */
    enum dp_arg_kind kind;
    size_t offset; /* of the member in the caller's struct */
    double min, max;
    const char *const *words; /* ends with NULL */
};

/* What was read before and will most likely be read again:
 * kept in the state, found by a hash, one try each. */
#define DP_ARG_MEMO_KEYS  256
#define DP_ARG_MEMO_ADDRS 64
#define DP_ARG_MEMO_TYPES 32
#define DP_ARG_ADDR_BYTES 47 /* an IPv6 address with a port */

struct dp_arg_memo {
    struct {
        const void *key; /* address of a Lua string that is kept alive: the same address is the same key */
        const struct dp_arg_row *row;
    } keys[DP_ARG_MEMO_KEYS];
    struct {
        uint8_t size_bytes; /* 0: free */
        char text[DP_ARG_ADDR_BYTES];
        uint16_t default_port;
        struct dp_addr addr;
    } addrs[DP_ARG_MEMO_ADDRS];
    struct {
        uint64_t word; /* up to seven octets, and how many; 0: free */
        uint16_t type;
    } types[DP_ARG_MEMO_TYPES];
};

/* Reads the options table at `index` into `out`, whose members hold the defaults; absent keys leave them.
 * `arg` is the argument's number for the error text, `prefix` stands before the option's name in it ("",
 * "edns."). */
void dp_arg_options(lua_State *L, int arg, int index, const char *prefix, const struct dp_arg_row *rows,
                    size_t n_rows, void *out);
/* The same where argument `arg` itself is the table, which may be absent when `optional`. One with a
 * metatable is replaced by a plain one, with the options that it has by that metatable. */
void dp_arg_table(lua_State *L, int arg, bool optional, const struct dp_arg_row *rows, size_t n_rows,
                  void *out);
/* The name in `rows` that `key` is most likely meant to be; NULL when none is near. */
const char *dp_arg_nearest(const char *key, const struct dp_arg_row *rows, size_t n_rows);

/* The string at `index` as a domain name, an RR type (mnemonic or number), a class, an address. `what` names
 * the option in the error text of argument `arg`. */
void dp_arg_name(lua_State *L, int arg, int index, const char *what, struct dp_name *name);
uint16_t dp_arg_type(lua_State *L, int arg, int index, const char *what);
/* The same of a string that has been read already. */
void dp_arg_name_text(lua_State *L, int arg, const struct dp_arg_text *text, const char *what,
                      struct dp_name *name);
uint16_t dp_arg_type_text(lua_State *L, int arg, const struct dp_arg_text *text, const char *what);
void dp_arg_addr_text(lua_State *L, int arg, const struct dp_arg_text *text, const char *what,
                      uint16_t default_port, struct dp_addr *addr);
uint16_t dp_arg_class(lua_State *L, int arg, int index, const char *what);
void dp_arg_addr(lua_State *L, int arg, int index, const char *what, uint16_t default_port,
                 struct dp_addr *addr);
/* A duration in seconds at `index` in microseconds. */
uint64_t dp_arg_seconds(lua_State *L, int index, double min, double max);

#endif
