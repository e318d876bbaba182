/* SPDX-License-Identifier: MIT
 * The host's configuration from all sources, and the questions that need several of them. */
#include "host/config.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/hostsfile.h"

static void add_resolver(struct dp_host_config *config, const struct dp_addr *address, const char *source,
                         const char *link, unsigned line)
{
    for (size_t i = 0; i < config->n_resolvers; i++) {
        const struct dp_host_resolver *have = &config->resolvers[i];
        const bool same_link = (have->link == NULL && link == NULL) ||
                               (have->link != NULL && link != NULL && strcmp(have->link, link) == 0);
        if (same_link && dp_addr_equal(&have->address, address)) {
            return;
        }
    }
    if (config->n_resolvers < DP_HOST_RESOLVERS_MAX) {
        config->resolvers[config->n_resolvers++] =
            (struct dp_host_resolver){.address = *address, .source = source, .link = link, .line = line};
    }
}

static bool has_resolver(const struct dp_host_config *config, const struct dp_addr *address)
{
    for (size_t i = 0; i < config->n_resolvers; i++) {
        if (dp_addr_equal(&config->resolvers[i].address, address)) {
            return true;
        }
    }
    return false;
}

/* Order: what programs ask first, then what stands behind the local stub. */
static void collect(struct dp_host_config *config)
{
    for (size_t i = 0; i < config->resolvconf.n_servers; i++) {
        const struct dp_resolvconf_server *server = &config->resolvconf.servers[i];
        add_resolver(config, &server->address, "resolv.conf", NULL, server->line);
    }
    if (!config->resolved.running) {
        return;
    }
    for (const struct dp_host_link *link = config->resolved.links; link != NULL; link = link->next) {
        for (const struct dp_host_link_server *server = link->servers; server != NULL;
             server = server->next) {
            add_resolver(config, &server->address, "resolved", link->name, 0);
        }
    }
    for (const struct dp_host_link_server *server = config->resolved.uplinks; server != NULL;
         server = server->next) {
        if (!has_resolver(config, &server->address)) {
            add_resolver(config, &server->address, "resolved", NULL, 0);
        }
    }
}

static enum dp_err read_files(struct dp_host_config *config, uint16_t default_port, struct dp_arena *a)
{
    const char *text = "";
    size_t size = 0;
    enum dp_err err = dp_host_file_read(config->resolvconf_path, a, &text, &size);
    config->has_resolvconf = err == DP_OK;
    if (err == DP_ERR_NOMEM) {
        return err;
    }
    err = dp_resolvconf_parse(&config->resolvconf, text, size, default_port, a);
    if (err != DP_OK) {
        return err;
    }
    text = "";
    size = 0;
    err = dp_host_file_read(config->nsswitch_path, a, &text, &size);
    return err == DP_ERR_NOMEM ? err : dp_nsswitch_parse(&config->nsswitch, text, size, a);
}

enum dp_err dp_host_config_read(const struct dp_host_paths *paths, uint16_t default_port, struct dp_arena *a,
                                struct dp_host_config *config)
{
    *config = (struct dp_host_config){.resolvconf_path = dp_host_path_resolvconf(paths, a),
                                      .hosts_path = dp_host_path_hosts(paths, a),
                                      .nsswitch_path = dp_host_path_nsswitch(paths, a)};
    if (config->resolvconf_path == NULL || config->hosts_path == NULL || config->nsswitch_path == NULL) {
        return DP_ERR_NOMEM;
    }
    enum dp_err err = read_files(config, default_port != 0 ? default_port : 53, a);
    if (err == DP_OK) {
        err = dp_resolved_read(paths, a, &config->resolved);
    }
    if (err == DP_OK) {
        collect(config);
    }
    return err;
}

enum dp_err dp_host_hosts_find(const struct dp_host_paths *paths, const char *name, struct dp_arena *a,
                               struct dp_hosts_found *found, const char **file)
{
    const char *text;
    size_t size;
    const char *path = dp_host_path_hosts(paths, a);
    if (path == NULL) {
        return DP_ERR_NOMEM;
    }
    enum dp_err err = dp_host_file_read(path, a, &text, &size);
    if (err == DP_OK) {
        err = dp_hostsfile_find(text, size, name, a, found);
    }
    if (err == DP_OK) {
        *file = path;
    }
    return err;
}

/* A connected UDP socket asks the routing table and sends nothing. The addresses are those of root servers:
 * a and its IPv6 sister, which exist as long as the DNS does. */
bool dp_host_has_route(int family)
{
    struct dp_addr target;
    struct sockaddr_storage ss;
    const char *text = family == 6 ? "2001:503:ba3e::2:30" : "198.41.0.4";
    if (dp_addr_from_text(&target, text, strlen(text), 53) != DP_OK) {
        return false;
    }
    const socklen_t size = (socklen_t)dp_addr_to_sockaddr(&target, &ss);
    const int fd = socket(ss.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return false;
    }
    const bool routed = connect(fd, (const struct sockaddr *)&ss, size) == 0;
    close(fd);
    return routed;
}
