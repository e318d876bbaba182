/* SPDX-License-Identifier: MIT
 * Where the files of this host are. NULL members mean the system's own places, so tests and the lab can put
 * other files there. */
#ifndef DP_HOST_PATHS_H
#define DP_HOST_PATHS_H

#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"

struct dp_host_paths {
    const char *root;       /* prefix of /etc, /proc, /run, /sys; NULL or "": the real system */
    const char *resolvconf; /* NULL: <root>/etc/resolv.conf */
    const char *hosts;      /* NULL: <root>/etc/hosts */
    const char *nsswitch;   /* NULL: <root>/etc/nsswitch.conf */
};

#define DP_HOST_FILE_LIMIT_BYTES (8u * 1024 * 1024)

/* `path` behind the root of `paths` (may be NULL), in the arena; NULL without memory. */
char *dp_host_path(const struct dp_host_paths *paths, struct dp_arena *a, const char *path);
const char *dp_host_path_resolvconf(const struct dp_host_paths *paths, struct dp_arena *a);
const char *dp_host_path_hosts(const struct dp_host_paths *paths, struct dp_arena *a);
const char *dp_host_path_nsswitch(const struct dp_host_paths *paths, struct dp_arena *a);

/* Reads a whole file into the arena, NUL behind it. NOTFOUND, PERMISSION, IO; LIMIT when it is larger than
 * DP_HOST_FILE_LIMIT_BYTES. Works for /proc files, whose size is not known before. */
enum dp_err dp_host_file_read(const char *path, struct dp_arena *a, const char **text, size_t *size_bytes);

#endif
