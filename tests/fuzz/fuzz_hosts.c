/* rooms: host */
/* SPDX-License-Identifier: MIT
 * The first line is a name, the rest a hosts file:
 * looking it up keeps its bounds, and gives addresses only. */
#include "fuzz.h"
#include "host/hostsfile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dp_arena a;
    struct dp_hosts_found found;
    const uint8_t *end = size == 0 ? NULL : memchr(data, '\n', size);
    const size_t name_size = end == NULL ? 0 : (size_t)(end - data);
    char name[256];
    if (end == NULL || name_size >= sizeof name) {
        return 0;
    }
    memcpy(name, data, name_size);
    name[name_size] = '\0';
    dp_arena_init(&a, 0);
    FUZZ_CHECK(dp_hostsfile_find((const char *)end + 1, size - name_size - 1, name, &a, &found) == DP_OK);
    FUZZ_CHECK(found.count <= DP_HOSTS_FOUND_MAX);
    for (const struct dp_hosts_entry *entry = found.entries; entry != NULL; entry = entry->next) {
        FUZZ_CHECK(entry->line > 0 && (entry->address.family == 4 || entry->address.family == 6));
    }
    dp_arena_fini(&a);
    return 0;
}
