/* SPDX-License-Identifier: MIT
 * What a c-ares channel must be told when the configuration is not the system's (lab, tests). */
#ifndef DP_HOST_STUB_SETUP_H
#define DP_HOST_STUB_SETUP_H

#include <stdbool.h>

#include "host/paths.h"
#include "host/resolvconf.h"

struct dp_stub_setup {
    struct dp_resolvconf *resolvconf;
    char *servers_csv; /* 192.0.2.1:53,[2001:db8::1]:53; 127.0.0.1 where there is no server, as in the C
                          library */
    char *lookups;     /* "f" for the hosts file, "b" for DNS, in the order of nsswitch.conf */
};

/* Whether `paths` (may be NULL) names other resolver files than the system's. */
bool dp_stub_setup_needed(const struct dp_host_paths *paths);
/* Everything is in the arena. Missing files give the defaults of the C library. NOMEM only. */
enum dp_err dp_stub_setup_read(const struct dp_host_paths *paths, uint16_t default_port, struct dp_arena *a,
                               struct dp_stub_setup *setup);

#endif
