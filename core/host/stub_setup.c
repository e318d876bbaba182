/* SPDX-License-Identifier: MIT
 * Resolver files of ours, in the words of c-ares. */
#include "host/stub_setup.h"

#include <stdio.h>
#include <string.h>

#define CSV_BYTES ((size_t)DP_RESOLVCONF_SERVERS_MAX * (DP_ADDR_TEXT_BYTES + 10))

bool dp_stub_setup_needed(const struct dp_host_paths *paths)
{
    return paths != NULL && (paths->resolvconf != NULL || paths->nsswitch != NULL ||
                             (paths->root != NULL && paths->root[0] != '\0'));
}

static const char *lookups_of(const struct dp_nsswitch *ns)
{
    int files = -1;
    int dns = -1;
    for (int i = (int)ns->n_sources - 1; i >= 0; i--) {
        const char *source = ns->sources[i];
        if (strcmp(source, "files") == 0) {
            files = i;
        } else if (strcmp(source, "dns") == 0 || strcmp(source, "resolve") == 0) {
            dns = i;
        }
    }
    if (dns < 0) {
        return files < 0 ? "fb" : "f";
    }
    if (files < 0) {
        return "b";
    }
    return files < dns ? "fb" : "bf";
}

static void add_server(char *csv, const struct dp_addr *address)
{
    char text[DP_ADDR_TEXT_BYTES];
    const size_t used = strlen(csv);
    const bool v6 = address->family == 6;
    dp_addr_text(address, text);
    snprintf(csv + used, CSV_BYTES - used, "%s%s%s%s:%u", used > 0 ? "," : "", v6 ? "[" : "", text,
             v6 ? "]" : "", (unsigned)address->port);
}

static char *servers_csv(const struct dp_resolvconf *rc, uint16_t default_port, struct dp_arena *a)
{
    char *csv = dp_arena_calloc(a, 1, CSV_BYTES);
    for (size_t i = 0; csv != NULL && i < rc->n_servers; i++) {
        if (rc->servers[i].address.scope_id == 0) { /* c-ares 1.18 cannot read a scope here */
            add_server(csv, &rc->servers[i].address);
        }
    }
    if (csv != NULL && csv[0] == '\0') {
        snprintf(csv, CSV_BYTES, "127.0.0.1:%u", (unsigned)default_port);
    }
    return csv;
}

/* A file that cannot be read counts as empty. */
static bool read_text(const char *path, struct dp_arena *a, const char **text, size_t *size)
{
    *text = "";
    *size = 0;
    return path != NULL && dp_host_file_read(path, a, text, size) != DP_ERR_NOMEM;
}

enum dp_err dp_stub_setup_read(const struct dp_host_paths *paths, uint16_t default_port, struct dp_arena *a,
                               struct dp_stub_setup *setup)
{
    struct dp_nsswitch ns;
    const char *text;
    size_t size;
    struct dp_resolvconf *rc = dp_arena_alloc(a, sizeof *rc);
    if (rc == NULL || !read_text(dp_host_path_resolvconf(paths, a), a, &text, &size) ||
        dp_resolvconf_parse(rc, text, size, default_port, a) != DP_OK) {
        return DP_ERR_NOMEM;
    }
    if (!read_text(dp_host_path_nsswitch(paths, a), a, &text, &size) ||
        dp_nsswitch_parse(&ns, text, size, a) != DP_OK) {
        return DP_ERR_NOMEM;
    }
    *setup = (struct dp_stub_setup){.resolvconf = rc,
                                    .servers_csv = servers_csv(rc, default_port, a),
                                    .lookups = dp_arena_strdup(a, lookups_of(&ns))};
    return setup->servers_csv != NULL && setup->lookups != NULL ? DP_OK : DP_ERR_NOMEM;
}
