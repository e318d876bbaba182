/* SPDX-License-Identifier: MIT
 * Links, their DNS servers and routing domains.
 *
 * systemd-resolved keeps what it was told over the bus (NetworkManager, VPN clients) per link in
 * /run/systemd/resolve/netif/INDEX (SERVERS=, DOMAINS=), and takes the rest from systemd-networkd's
 * /run/systemd/netif/links/INDEX (DNS=, DOMAINS=, ROUTE_DOMAINS=). Both are read here rather than
 * `resolvectl`, whose output differs between releases and needs the bus; keys that are missing give empty
 * lists. A server is written ADDRESS[:PORT][%LINK][#NAME], where NAME is for DNS over TLS. */
#include "host/resolved.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/caches.h"
#include "host/lines.h"
#include "host/resolvconf.h"

#define LINKS_MAX 256
/* Hardware types of <linux/if_arp.h>. */
#define TYPE_PPP  512ul
#define TYPE_NONE 65534ul /* tun, WireGuard */

/* Joins folder, name and leaf in the arena. */
static char *join(struct dp_arena *a, const char *folder, const char *name, const char *leaf)
{
    const size_t size = strlen(folder) + strlen(name) + strlen(leaf) + 3;
    char *path = dp_arena_alloc(a, size);
    if (path != NULL) {
        snprintf(path, size, "%s/%s%s%s", folder, name, leaf[0] != '\0' ? "/" : "", leaf);
    }
    return path;
}

/* The first line of a small file, "" when it cannot be read. */
static const char *read_word(struct dp_arena *a, const char *folder, const char *name, const char *leaf)
{
    const char *text;
    size_t size;
    const char *path = join(a, folder, name, leaf);
    if (path == NULL || dp_host_file_read(path, a, &text, &size) != DP_OK) {
        return "";
    }
    struct dp_span span = {text, size};
    dp_span_cut(&span, '\n');
    const char *word = dp_span_dup(&span, a);
    return word != NULL ? word : "";
}

static bool is_vpn_name(const char *name)
{
    static const char *const prefixes[] = {"tun",      "tap",    "wg",   "ppp",       "utun",
                                           "ipsec",    "vti",    "xfrm", "tailscale", "zt",
                                           "nordlynx", "proton", "vpn",  "gpd",       "cscotun"};
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++) {
        if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0) {
            return true;
        }
    }
    return false;
}

static enum dp_err add_server(struct dp_host_link_server **list, const struct dp_addr *address,
                              struct dp_arena *a)
{
    for (; *list != NULL; list = &(*list)->next) {
        if (dp_addr_equal(&(*list)->address, address)) {
            return DP_OK;
        }
    }
    struct dp_host_link_server *server = dp_arena_alloc(a, sizeof *server);
    if (server == NULL) {
        return DP_ERR_NOMEM;
    }
    *server = (struct dp_host_link_server){.address = *address};
    *list = server;
    return DP_OK;
}

/* ADDRESS[:PORT][%LINK][#NAME]: the name goes, the rest is an address as everywhere. */
static enum dp_err read_servers(struct dp_host_link *link, struct dp_span words, struct dp_arena *a)
{
    struct dp_span word;
    while (dp_span_word(&words, &word)) {
        struct dp_addr address;
        dp_span_cut(&word, '#');
        enum dp_err err = dp_addr_from_text(&address, word.text, word.size_bytes, 53);
        if (err != DP_OK) {
            dp_span_cut(&word, '%');
            err = dp_addr_from_text(&address, word.text, word.size_bytes, 53);
        }
        if (err == DP_OK && add_server(&link->servers, &address, a) != DP_OK) {
            return DP_ERR_NOMEM;
        }
    }
    return DP_OK;
}

static enum dp_err read_domains(struct dp_host_link *link, struct dp_span words, bool routing,
                                struct dp_arena *a)
{
    struct dp_span word;
    struct dp_host_link_domain **last = &link->domains;
    while (*last != NULL) {
        last = &(*last)->next;
    }
    while (dp_span_word(&words, &word)) {
        const bool tilde = word.text[0] == '~';
        struct dp_span name = {word.text + (tilde ? 1 : 0), word.size_bytes - (tilde ? 1 : 0)};
        struct dp_host_link_domain *domain = dp_arena_alloc(a, sizeof *domain);
        const char *text = dp_span_dup(&name, a);
        if (domain == NULL || text == NULL) {
            return DP_ERR_NOMEM;
        }
        *domain = (struct dp_host_link_domain){.name = text, .routing_only = routing || tilde};
        *last = domain;
        last = &domain->next;
    }
    return DP_OK;
}

/* One KEY=value line; quotes around the value do not belong to it. */
static enum dp_err read_line(struct dp_host_link *link, struct dp_span line, struct dp_arena *a)
{
    struct dp_span key = line;
    dp_span_cut(&key, '=');
    if (key.size_bytes == line.size_bytes) {
        return DP_OK;
    }
    struct dp_span value = {line.text + key.size_bytes + 1, line.size_bytes - key.size_bytes - 1};
    if (value.size_bytes >= 2 && value.text[0] == '"' && value.text[value.size_bytes - 1] == '"') {
        value = (struct dp_span){value.text + 1, value.size_bytes - 2};
    }
    if (dp_span_is(&key, "SERVERS") || dp_span_is(&key, "DNS")) {
        return read_servers(link, value, a);
    }
    if (dp_span_is(&key, "DOMAINS")) {
        return read_domains(link, value, false, a);
    }
    if (dp_span_is(&key, "ROUTE_DOMAINS")) {
        return read_domains(link, value, true, a);
    }
    return DP_OK;
}

static enum dp_err read_state(struct dp_host_link *link, const struct dp_host_paths *paths,
                              const char *folder, struct dp_arena *a)
{
    char number[16];
    struct dp_lines lines;
    struct dp_span line;
    const char *text;
    size_t size;
    snprintf(number, sizeof number, "%u", link->index);
    const char *path = dp_host_path(paths, a, folder);
    path = path == NULL ? NULL : join(a, path, number, "");
    if (path == NULL) {
        return DP_ERR_NOMEM;
    }
    enum dp_err err = dp_host_file_read(path, a, &text, &size);
    if (err != DP_OK) {
        return err == DP_ERR_NOMEM ? err : DP_OK;
    }
    dp_lines_init(&lines, text, size);
    while (err == DP_OK && dp_lines_next(&lines, &line)) {
        err = read_line(link, line, a);
    }
    return err;
}

static enum dp_err read_link(const struct dp_host_paths *paths, const char *folder, const char *name,
                             struct dp_arena *a, struct dp_resolved *out)
{
    struct dp_host_link *link = dp_arena_calloc(a, 1, sizeof *link);
    const char *copy = dp_arena_strdup(a, name);
    if (link == NULL || copy == NULL) {
        return DP_ERR_NOMEM;
    }
    const unsigned long type = strtoul(read_word(a, folder, name, "type"), NULL, 10);
    *link = (struct dp_host_link){.name = copy,
                                  .index = (unsigned)strtoul(read_word(a, folder, name, "ifindex"), NULL, 10),
                                  .up = strcmp(read_word(a, folder, name, "operstate"), "down") != 0,
                                  .vpn = type == TYPE_PPP || type == TYPE_NONE || is_vpn_name(name)};
    enum dp_err err = read_state(link, paths, "/run/systemd/resolve/netif", a);
    if (err == DP_OK) {
        err = read_state(link, paths, "/run/systemd/netif/links", a);
    }
    struct dp_host_link **place = &out->links;
    while (*place != NULL && (*place)->index < link->index) {
        place = &(*place)->next;
    }
    link->next = *place;
    *place = link;
    out->n_links++;
    return err;
}

static enum dp_err read_links(const struct dp_host_paths *paths, struct dp_arena *a, struct dp_resolved *out)
{
    const char *folder = dp_host_path(paths, a, "/sys/class/net");
    DIR *dir = folder == NULL ? NULL : opendir(folder);
    enum dp_err err = folder == NULL ? DP_ERR_NOMEM : DP_OK;
    const struct dirent *entry;
    while (dir != NULL && err == DP_OK && out->n_links < LINKS_MAX && (entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] != '.' && strcmp(entry->d_name, "lo") != 0) {
            err = read_link(paths, folder, entry->d_name, a, out);
        }
    }
    if (dir != NULL) {
        closedir(dir);
    }
    return err;
}

/* The list of all servers that resolved forwards to, which it writes for other programs. */
static enum dp_err read_uplinks(const struct dp_host_paths *paths, struct dp_arena *a,
                                struct dp_resolved *out)
{
    const char *text;
    size_t size;
    struct dp_resolvconf rc;
    const char *path = dp_host_path(paths, a, "/run/systemd/resolve/resolv.conf");
    if (path == NULL) {
        return DP_ERR_NOMEM;
    }
    enum dp_err err = dp_host_file_read(path, a, &text, &size);
    if (err != DP_OK) {
        return err == DP_ERR_NOMEM ? err : DP_OK;
    }
    err = dp_resolvconf_parse(&rc, text, size, 53, a);
    for (size_t i = 0; err == DP_OK && i < rc.n_servers; i++) {
        err = add_server(&out->uplinks, &rc.servers[i].address, a);
    }
    return err;
}

enum dp_err dp_resolved_read(const struct dp_host_paths *paths, struct dp_arena *a, struct dp_resolved *out)
{
    *out = (struct dp_resolved){.running = dp_process_find(paths, "systemd-resolve") != 0};
    enum dp_err err = read_links(paths, a, out);
    if (err == DP_OK && out->running) {
        err = read_uplinks(paths, a, out);
    }
    return err;
}
