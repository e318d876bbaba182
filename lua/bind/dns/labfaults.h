/* SPDX-License-Identifier: MIT
 * Faults of the lab from Lua. */
#ifndef DP_BIND_LABFAULTS_H
#define DP_BIND_LABFAULTS_H

#include <lua.h>

#include "lab/fault.h"

/* "open", "refuse", ... in the order of enum dp_lab_tcp; ends with NULL. */
extern const char *const dp_lab_tcp_words[];

/* Reads the options table that argument `arg` is (absent: no faults) into *faults. May throw. */
void dp_arg_faults(lua_State *L, int arg, struct dp_lab_faults *faults);

#endif
