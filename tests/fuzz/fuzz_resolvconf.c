/* rooms: host */
/* SPDX-License-Identifier: MIT
 * Any text is a resolv.conf and an nsswitch.conf: reading keeps its bounds, whatever is in it. */
#include "fuzz.h"
#include "host/resolvconf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dp_arena a;
    struct dp_resolvconf rc;
    struct dp_nsswitch ns;
    dp_arena_init(&a, 0);
    FUZZ_CHECK(dp_resolvconf_parse(&rc, (const char *)data, size, 53, &a) == DP_OK);
    FUZZ_CHECK(rc.n_servers <= DP_RESOLVCONF_SERVERS_MAX && rc.n_search <= DP_RESOLVCONF_SEARCH_MAX);
    FUZZ_CHECK(rc.n_options <= DP_RESOLVCONF_OPTIONS_MAX);
    FUZZ_CHECK(rc.ndots <= 15 && rc.timeout_s <= 30 && rc.attempts <= 5);
    for (size_t i = 0; i < rc.n_search; i++) {
        FUZZ_CHECK(strlen(rc.search[i]) <= size);
    }
    FUZZ_CHECK(dp_nsswitch_parse(&ns, (const char *)data, size, &a) == DP_OK);
    FUZZ_CHECK(ns.n_sources <= DP_NSSWITCH_SOURCES_MAX);
    dp_arena_fini(&a);
    return 0;
}
