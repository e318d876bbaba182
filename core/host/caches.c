/* SPDX-License-Identifier: MIT
 * Caches on this host.
 *
 * 1. /proc/PID/comm names the processes (the kernel keeps 15 octets: "systemd-resolve").
 * 2. /proc/net/udp and udp6 list the sockets; those on port 53 are DNS listeners. Whose they are is told by
 *    the socket's inode among /proc/PID/fd, readable for root and for one's own processes.
 * 3. Without that right, 127.0.0.53 and 127.0.0.54 are systemd-resolved's by definition (its manual), a
 *    single other daemon gets the listener that is left, and else the listener stays "unknown".
 * 4. A process in another network namespace (a container's server) answers nobody here: it is passed over
 *    where /proc/PID/ns/net can be read and differs from our own. */
#include "host/caches.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/lines.h"

#define CACHES_MAX    64
#define PROCESSES_MAX 65536
#define FDS_MAX       4096
#define DNS_PORT      53u

struct known {
    const char *comm;
    const char *name;
    enum dp_cache_kind kind;
};
static const struct known known_comms[] = {
    {"systemd-resolve", "systemd-resolved", DP_CACHE_DAEMON},
    {"nscd", "nscd", DP_CACHE_DAEMON},
    {"unscd", "nscd", DP_CACHE_DAEMON},
    {"dnsmasq", "dnsmasq", DP_CACHE_DAEMON},
    {"unbound", "unbound", DP_CACHE_DAEMON},
    {"named", "named", DP_CACHE_DAEMON},
    {"pdns_recursor", "pdns_recursor", DP_CACHE_DAEMON},
    {"kresd", "kresd", DP_CACHE_DAEMON},
    {"dnscrypt-proxy", "dnscrypt-proxy", DP_CACHE_DAEMON},
    {"coredns", "coredns", DP_CACHE_DAEMON},
    {"node-cache", "node-local-dns", DP_CACHE_DAEMON},
    {"AdGuardHome", "AdGuardHome", DP_CACHE_DAEMON},
    {"pihole-FTL", "pihole-FTL", DP_CACHE_DAEMON},
    {"cloudflared", "cloudflared", DP_CACHE_DAEMON},
    {"java", "java", DP_CACHE_PROGRAM},
    {"firefox", "firefox", DP_CACHE_PROGRAM},
    {"firefox-esr", "firefox", DP_CACHE_PROGRAM},
    {"chrome", "chrome", DP_CACHE_PROGRAM},
    {"chromium", "chromium", DP_CACHE_PROGRAM},
    {"msedge", "edge", DP_CACHE_PROGRAM},
    {"brave", "brave", DP_CACHE_PROGRAM},
};

struct search {
    const struct dp_host_paths *paths;
    struct dp_arena *a;
    struct dp_cache *caches;
    size_t count;
};

/* The network namespace of a process ("net:[4026531840]"), "" where that cannot be seen. */
static void read_namespace(const char *folder, const char *process, char name[64])
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s/ns/net", folder, process);
    const ssize_t size = readlink(path, name, 63);
    name[size > 0 ? size : 0] = '\0';
}

/* Rule 4. */
static bool is_elsewhere(const char *folder, const char *process, const char *own)
{
    char theirs[64];
    read_namespace(folder, process, theirs);
    return own[0] != '\0' && theirs[0] != '\0' && strcmp(own, theirs) != 0;
}

/* Calls `visit` with the pid and the comm of each process of this network namespace
 * until it returns false. */
static void each_process(const struct dp_host_paths *paths,
                         bool (*visit)(void *ctx, int pid, const char *comm), void *ctx)
{
    struct dp_arena a;
    dp_arena_init(&a, 0);
    const char *folder = dp_host_path(paths, &a, "/proc");
    DIR *dir = folder == NULL ? NULL : opendir(folder);
    const struct dirent *entry;
    char own[64] = "";
    if (dir != NULL) {
        read_namespace(folder, "self", own);
    }
    bool on = true;
    for (unsigned n = 0; dir != NULL && on && n < PROCESSES_MAX && (entry = readdir(dir)) != NULL; n++) {
        char path[4096], comm[32];
        const long pid = strtol(entry->d_name, NULL, 10);
        if (pid <= 0 || pid > INT32_MAX) {
            continue;
        }
        snprintf(path, sizeof path, "%s/%ld/comm", folder, pid);
        FILE *file = fopen(path, "re");
        if (file == NULL) {
            continue; /* it has ended meanwhile */
        }
        if (fgets(comm, sizeof comm, file) != NULL && !is_elsewhere(folder, entry->d_name, own)) {
            comm[strcspn(comm, "\n")] = '\0';
            on = visit(ctx, (int)pid, comm);
        }
        fclose(file);
    }
    if (dir != NULL) {
        closedir(dir);
    }
    dp_arena_fini(&a);
}

struct find {
    const char *name;
    int pid;
};

static bool match_name(void *ctx, int pid, const char *comm)
{
    struct find *find = ctx;
    if (strcmp(comm, find->name) == 0 && (find->pid == 0 || pid < find->pid)) {
        find->pid = pid;
    }
    return true;
}

int dp_process_find(const struct dp_host_paths *paths, const char *name)
{
    struct find find = {.name = name};
    each_process(paths, match_name, &find);
    return find.pid;
}

static int order(const struct dp_cache *a, const struct dp_cache *b)
{
    if (a->kind != b->kind) {
        return a->kind < b->kind ? -1 : 1;
    }
    const int names = strcmp(a->name, b->name);
    return names != 0 ? names : a->pid - b->pid;
}

/* Inserts in order; does nothing when full or out of memory (then the list is merely shorter). */
static void insert(struct search *s, const struct dp_cache *cache)
{
    struct dp_cache *copy = s->count < CACHES_MAX ? dp_arena_memdup(s->a, cache, sizeof *cache) : NULL;
    if (copy == NULL) {
        return;
    }
    struct dp_cache **place = &s->caches;
    while (*place != NULL && order(*place, copy) <= 0) {
        place = &(*place)->next;
    }
    copy->next = *place;
    *place = copy;
    s->count++;
}

static bool note_process(void *ctx, int pid, const char *comm)
{
    struct search *s = ctx;
    for (size_t i = 0; i < sizeof known_comms / sizeof known_comms[0]; i++) {
        if (strcmp(comm, known_comms[i].comm) == 0) {
            insert(s,
                   &(struct dp_cache){.kind = known_comms[i].kind, .name = known_comms[i].name, .pid = pid});
        }
    }
    return s->count < CACHES_MAX;
}

/* Whether process `pid` has the socket `inode` open, as far as we may see. */
static bool owns_socket(struct search *s, int pid, unsigned long inode)
{
    char folder[64], want[48];
    snprintf(folder, sizeof folder, "/proc/%d/fd", pid);
    snprintf(want, sizeof want, "socket:[%lu]", inode);
    const char *path = dp_host_path(s->paths, s->a, folder);
    DIR *dir = path == NULL ? NULL : opendir(path);
    const struct dirent *entry;
    bool found = false;
    for (unsigned n = 0; dir != NULL && !found && n < FDS_MAX && (entry = readdir(dir)) != NULL; n++) {
        char target[64];
        const ssize_t size = readlinkat(dirfd(dir), entry->d_name, target, sizeof target - 1);
        if (size > 0) {
            target[size] = '\0';
            found = strcmp(target, want) == 0;
        }
    }
    if (dir != NULL) {
        closedir(dir);
    }
    return found;
}

static bool is_resolved_stub(const struct dp_addr *address)
{
    static const uint8_t stub[2][4] = {{127, 0, 0, 53}, {127, 0, 0, 54}};
    return address->family == 4 &&
           (memcmp(address->ip, stub[0], 4) == 0 || memcmp(address->ip, stub[1], 4) == 0);
}

/* The daemon that a listener belongs to (rules 2 and 3); NULL: unknown. */
static struct dp_cache *owner_of(struct search *s, const struct dp_addr *address, unsigned long inode)
{
    struct dp_cache *only = NULL;
    unsigned others = 0;
    for (struct dp_cache *c = s->caches; c != NULL; c = c->next) {
        if (c->kind != DP_CACHE_DAEMON || c->pid == 0) {
            continue;
        }
        const bool resolved = strcmp(c->name, "systemd-resolved") == 0;
        if (owns_socket(s, c->pid, inode) || (resolved && is_resolved_stub(address))) {
            return c;
        }
        if (!resolved && strcmp(c->name, "nscd") != 0) { /* nscd has no DNS socket */
            only = c;
            others++;
        }
    }
    return others == 1 && !is_resolved_stub(address) ? only : NULL;
}

static void note_listener(struct search *s, const struct dp_addr *address, unsigned long inode)
{
    struct dp_cache *owner = owner_of(s, address, inode);
    if (owner == NULL) {
        insert(s, &(struct dp_cache){.kind = DP_CACHE_LISTENER, .name = "unknown", .address = *address});
    } else if (owner->address.family == 0) {
        owner->address = *address;
    } else {
        insert(s, &(struct dp_cache){
                      .kind = DP_CACHE_DAEMON, .name = owner->name, .pid = owner->pid, .address = *address});
    }
}

/* "0100007F:0035": 32-bit words in host order, then the port. */
static bool read_local(const struct dp_span *word, struct dp_addr *address)
{
    uint8_t ip[16];
    const size_t digits = word->size_bytes < 5 ? 0 : word->size_bytes - 5;
    if ((digits != 8 && digits != 32) || word->text[digits] != ':') {
        return false;
    }
    for (size_t i = 0; i < digits / 8; i++) {
        char part[9] = {0};
        memcpy(part, word->text + i * 8, 8);
        const uint32_t value = (uint32_t)strtoul(part, NULL, 16);
        memcpy(ip + i * 4, &value, 4);
    }
    char port[5] = {0};
    memcpy(port, word->text + digits + 1, 4);
    const unsigned long number = strtoul(port, NULL, 16);
    return dp_addr_from_ip(address, ip, digits / 2, (uint16_t)number) == DP_OK;
}

/* Columns of /proc/net/udp: sl, local, remote, state, queues, timer, retransmits, uid, timeouts, inode. */
static void read_sockets(struct search *s, const char *file)
{
    const char *text;
    size_t size;
    struct dp_lines lines;
    struct dp_span line;
    const char *path = dp_host_path(s->paths, s->a, file);
    if (path == NULL || dp_host_file_read(path, s->a, &text, &size) != DP_OK) {
        return;
    }
    dp_lines_init(&lines, text, size);
    while (dp_lines_next(&lines, &line)) {
        struct dp_span words[10];
        size_t n = 0;
        while (n < 10 && dp_span_word(&line, &words[n])) {
            n++;
        }
        struct dp_addr address;
        if (n == 10 && read_local(&words[1], &address) && address.port == DNS_PORT) {
            char inode[24] = {0};
            memcpy(inode, words[9].text, words[9].size_bytes < 23 ? words[9].size_bytes : 23);
            note_listener(s, &address, strtoul(inode, NULL, 10));
        }
    }
}

enum dp_err dp_caches_find(const struct dp_host_paths *paths, struct dp_arena *a, struct dp_cache **caches,
                           size_t *count)
{
    struct search s = {.paths = paths, .a = a};
    each_process(paths, note_process, &s);
    read_sockets(&s, "/proc/net/udp");
    read_sockets(&s, "/proc/net/udp6");
    *caches = s.caches;
    *count = s.count;
    return DP_OK;
}

const char *dp_cache_kind_name(enum dp_cache_kind kind)
{
    static const char *const names[] = {"daemon", "listener", "program"};
    return names[kind];
}
