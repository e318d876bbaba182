/* SPDX-License-Identifier: MIT
 * The hosts file (hosts(5)): which lines decide a name. */
#ifndef DP_HOST_HOSTSFILE_H
#define DP_HOST_HOSTSFILE_H

#include <stdbool.h>

#include "base/arena.h"
#include "net/addr.h"

struct dp_hosts_entry {
    struct dp_hosts_entry *next;
    struct dp_addr address; /* port 0 */
    unsigned line;
};
struct dp_hosts_found {
    struct dp_hosts_entry *entries; /* in file order, in the arena */
    size_t count;
    bool more; /* beyond DP_HOSTS_FOUND_MAX, not kept */
};
#define DP_HOSTS_FOUND_MAX 256

/* Finds `name` (presentation form, final dot or not, case ignored) among canonical names and aliases. Lines
 * whose first field is no address are skipped, as the C library does. NOMEM only. */
enum dp_err dp_hostsfile_find(const char *text, size_t size_bytes, const char *name, struct dp_arena *a,
                              struct dp_hosts_found *found);

#endif
