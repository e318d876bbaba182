/* SPDX-License-Identifier: MIT
 * c-ares on our loop: the only file that sees ares.h.
 *
 * Sockets: c-ares tells which of its sockets it wants to read or write (ARES_OPT_SOCK_STATE_CB); each gets a
 * uv_poll handle. Time: one timer, set anew after everything that could have changed what c-ares waits for.
 * Hosts file: ares_query never looks into it, programs that use c-ares (ares_getaddrinfo) do; so it is read
 * here first, where the look-up order says so. The answer is taken as raw octets and parsed by us.
 *
 * Versions: from 1.28 the record API replaces ares_query; the section "versions" has both. */
#include "host/stub_ares.h"

#include <ares.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <uv.h>

#include "base/clock.h"
#include "host/hostsfile.h"
#include "host/stub_setup.h"
#include "wire/msg.h"

#define HAVE_RECORD_API    (ARES_VERSION >= 0x011c00)
#define ANSWER_LIMIT_BYTES (1024u * 1024)

struct poll {
    struct poll *next;
    struct dp_stub_ares *stub;
    ares_socket_t fd;
    uv_poll_t handle;
};

struct dp_stub_ares {
    struct dp_loop *loop;
    ares_channel channel;
    struct poll *polls;
    struct dp_timer *timer;
    struct dp_arena arena; /* the hosts file */
    const char *hosts;
    size_t hosts_size;
    bool files_first;
};

struct lookup {
    struct dp_stub_ares *stub;
    uint16_t type;
    uint64_t started_us;
    dp_stub_cb *done;
    void *user;
};

/* ---- sockets and time ---- */

static void fire(void *user);

static void set_timer(struct dp_stub_ares *stub)
{
    struct timeval tv;
    if (stub->timer != NULL) {
        dp_timer_cancel(stub->timer);
        stub->timer = NULL;
    }
    if (ares_timeout(stub->channel, NULL, &tv) != NULL) {
        const uint64_t after_us = (uint64_t)tv.tv_sec * 1000000u + (uint64_t)tv.tv_usec;
        if (dp_timer_start(stub->loop, after_us, fire, stub, &stub->timer) != DP_OK) {
            stub->timer = NULL; /* out of memory: the next socket event sets it */
        }
    }
}

static void fire(void *user)
{
    struct dp_stub_ares *stub = user;
    stub->timer = NULL;
    ares_process_fd(stub->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    set_timer(stub);
}

static void socket_ready(uv_poll_t *handle, int status, int events)
{
    const struct poll *poll = handle->data;
    struct dp_stub_ares *stub = poll->stub;
    const ares_socket_t fd = poll->fd; /* the callback may close it */
    const bool read = status < 0 || (events & UV_READABLE) != 0;
    const bool write = status < 0 || (events & UV_WRITABLE) != 0;
    ares_process_fd(stub->channel, read ? fd : ARES_SOCKET_BAD, write ? fd : ARES_SOCKET_BAD);
    set_timer(stub);
}

static void poll_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static struct poll *poll_new(struct dp_stub_ares *stub, ares_socket_t fd)
{
    struct poll *poll = calloc(1, sizeof *poll);
    if (poll == NULL) {
        return NULL;
    }
    if (uv_poll_init(dp_loop_uv(stub->loop), &poll->handle, fd) != 0) {
        free(poll);
        return NULL;
    }
    poll->handle.data = poll;
    poll->stub = stub;
    poll->fd = fd;
    poll->next = stub->polls;
    stub->polls = poll;
    return poll;
}

/* c-ares calls this before it closes a socket, with neither direction wanted. */
static void socket_state(void *user, ares_socket_t fd, int readable, int writable)
{
    struct dp_stub_ares *stub = user;
    struct poll **place = &stub->polls;
    while (*place != NULL && (*place)->fd != fd) {
        place = &(*place)->next;
    }
    struct poll *poll = *place;
    if (readable == 0 && writable == 0) {
        if (poll != NULL) {
            *place = poll->next;
            uv_close((uv_handle_t *)&poll->handle, poll_closed);
        }
        return;
    }
    if (poll == NULL) {
        poll = poll_new(stub, fd);
    }
    if (poll != NULL) {
        uv_poll_start(&poll->handle, (readable ? UV_READABLE : 0) | (writable ? UV_WRITABLE : 0),
                      socket_ready);
    }
}

/* ---- answers ---- */

static enum dp_stub_status status_of(int status)
{
    switch (status) {
    case ARES_SUCCESS:
        return DP_STUB_OK;
    case ARES_ENODATA:
        return DP_STUB_NODATA;
    case ARES_ENOTFOUND:
        return DP_STUB_NXDOMAIN;
    case ARES_ESERVFAIL:
        return DP_STUB_SERVFAIL;
    case ARES_EREFUSED:
        return DP_STUB_REFUSED;
    case ARES_EFORMERR:
    case ARES_ENOTIMP:
        return DP_STUB_ERROR;
    case ARES_ETIMEOUT:
        return DP_STUB_TIMEOUT;
    case ARES_ECONNREFUSED:
        return DP_STUB_UNREACHABLE;
    case ARES_EBADRESP:
        return DP_STUB_MALFORMED;
    case ARES_ECANCELLED:
    case ARES_EDESTRUCTION:
        return DP_STUB_CANCELED;
    default:
        return DP_STUB_LOCAL;
    }
}

/* Takes the addresses of the type asked for out of the answer section, whatever the chain of aliases. */
static void take_addresses(const struct lookup *lookup, const uint8_t *wire, size_t size,
                           struct dp_stub_address *addresses, struct dp_stub_result *result)
{
    struct dp_arena a;
    struct dp_msg msg;
    dp_arena_init(&a, ANSWER_LIMIT_BYTES);
    if (dp_msg_parse(&msg, wire, size, &a) != DP_OK) {
        result->status = DP_STUB_MALFORMED;
    } else {
        const struct dp_rrs *answer = &msg.sections[DP_SECTION_ANSWER];
        for (size_t i = 0; i < answer->count && result->n_addresses < DP_STUB_ADDRESSES_MAX; i++) {
            const struct dp_rr *rr = &answer->items[i];
            struct dp_stub_address *to = &addresses[result->n_addresses];
            if (rr->type == lookup->type && rr->rrclass == DP_CLASS_IN &&
                dp_addr_from_ip(&to->address, rr->rdata, rr->rdata_size, 0) == DP_OK) {
                to->ttl_s = rr->ttl_s;
                result->n_addresses++;
            }
        }
        result->status = result->n_addresses > 0 ? DP_STUB_OK : DP_STUB_NODATA;
    }
    dp_arena_fini(&a);
}

static void deliver(struct lookup *lookup, int status, int timeouts, const uint8_t *wire, size_t size)
{
    struct dp_stub_address addresses[DP_STUB_ADDRESSES_MAX];
    struct dp_stub_result result = {.status = status_of(status),
                                    .addresses = addresses,
                                    .elapsed_us = dp_clock_mono_us() - lookup->started_us,
                                    .timeouts = timeouts > 0 ? (unsigned)timeouts : 0,
                                    .text = ares_strerror(status)};
    if (status == ARES_SUCCESS) {
        take_addresses(lookup, wire, size, addresses, &result);
    }
    lookup->done(lookup->user, &result);
    free(lookup);
}

/* ---- versions ---- */

#if HAVE_RECORD_API
static void query_done(void *user, ares_status_t status, size_t timeouts, const ares_dns_record_t *record)
{
    unsigned char *wire = NULL;
    size_t size = 0;
    if (status == ARES_SUCCESS && record != NULL) {
        status = ares_dns_write(record, &wire, &size);
    }
    deliver(user, (int)status, (int)timeouts, wire, size);
    ares_free_string(wire);
}

static void query(ares_channel channel, const char *name, uint16_t type, struct lookup *lookup)
{
    ares_query_dnsrec(channel, name, ARES_CLASS_IN, (ares_dns_rec_type_t)type, query_done, lookup, NULL);
}
#else
static void query_done(void *user, int status, int timeouts, unsigned char *wire, int size)
{
    deliver(user, status, timeouts, wire, size > 0 ? (size_t)size : 0);
}

static void query(ares_channel channel, const char *name, uint16_t type, struct lookup *lookup)
{
    ares_query(channel, name, DP_CLASS_IN, type, query_done, lookup);
}
#endif

/* ---- configuration ---- */

/* The channel for files other than the system's: everything is given, nothing is left to c-ares to find. */
static int init_from_files(struct dp_stub_ares *stub, const struct dp_stub_ares_config *config,
                           struct ares_options *options, int mask)
{
    struct dp_stub_setup setup;
    if (dp_stub_setup_read(config->paths, config->port != 0 ? config->port : 53, &stub->arena, &setup) !=
        DP_OK) {
        return ARES_ENOMEM;
    }
    options->lookups = setup.lookups;
    options->ndots = (int)setup.resolvconf->ndots;
    options->domains = (char **)(uintptr_t)setup.resolvconf->search; /* c-ares copies */
    options->ndomains = (int)setup.resolvconf->n_search;
    if ((mask & ARES_OPT_TIMEOUTMS) == 0) {
        options->timeout = (int)setup.resolvconf->timeout_s * 1000;
    }
    if ((mask & ARES_OPT_TRIES) == 0) {
        options->tries = (int)setup.resolvconf->attempts;
    }
    mask |= ARES_OPT_LOOKUPS | ARES_OPT_NDOTS | ARES_OPT_DOMAINS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
            (setup.resolvconf->rotate ? ARES_OPT_ROTATE : ARES_OPT_NOROTATE);
    const int status = ares_init_options(&stub->channel, options, mask);
    return status != ARES_SUCCESS ? status : ares_set_servers_ports_csv(stub->channel, setup.servers_csv);
}

/* Whether the hosts file comes before DNS, as c-ares settled on. */
static int read_order(struct dp_stub_ares *stub)
{
    struct ares_options options;
    int mask = 0;
    const int status = ares_save_options(stub->channel, &options, &mask);
    if (status == ARES_SUCCESS) {
        stub->files_first = options.lookups == NULL || options.lookups[0] == 'f';
        ares_destroy_options(&options);
    }
    return status;
}

static int open_channel(struct dp_stub_ares *stub, const struct dp_stub_ares_config *config)
{
    struct ares_options options = {.sock_state_cb = socket_state, .sock_state_cb_data = stub};
    int mask = ARES_OPT_SOCK_STATE_CB;
    if (config->timeout_us != 0) {
        options.timeout = (int)((config->timeout_us + 999) / 1000);
        mask |= ARES_OPT_TIMEOUTMS;
    }
    if (config->tries != 0) {
        options.tries = (int)config->tries;
        mask |= ARES_OPT_TRIES;
    }
    const int status = dp_stub_setup_needed(config->paths)
                           ? init_from_files(stub, config, &options, mask)
                           : ares_init_options(&stub->channel, &options, mask);
    return status != ARES_SUCCESS ? status : read_order(stub);
}

enum dp_err dp_stub_ares_new(const struct dp_stub_ares_config *config, struct dp_stub_ares **stub)
{
    if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS) {
        return DP_ERR_NOMEM;
    }
    struct dp_stub_ares *s = calloc(1, sizeof *s);
    if (s == NULL) {
        ares_library_cleanup();
        return DP_ERR_NOMEM;
    }
    s->loop = config->loop;
    dp_arena_init(&s->arena, 0);
    const int status = open_channel(s, config);
    const char *hosts = dp_host_path_hosts(config->paths, &s->arena);
    if (status != ARES_SUCCESS || hosts == NULL) {
        dp_stub_ares_free(s);
        return status == ARES_EFILE ? DP_ERR_IO : DP_ERR_NOMEM;
    }
    if (dp_host_file_read(hosts, &s->arena, &s->hosts, &s->hosts_size) != DP_OK) {
        s->hosts = "";
        s->hosts_size = 0;
    }
    *stub = s;
    return DP_OK;
}

void dp_stub_ares_free(struct dp_stub_ares *stub)
{
    if (stub == NULL) {
        return;
    }
    if (stub->channel != NULL) {
        ares_destroy(stub->channel); /* fires what is in flight, closes the sockets */
    }
    if (stub->timer != NULL) {
        dp_timer_cancel(stub->timer);
    }
    dp_arena_fini(&stub->arena);
    free(stub);
    ares_library_cleanup();
}

/* ---- look-ups ---- */

/* Delivers what the hosts file says of `name`; false when it says nothing for this type. */
static bool from_hosts(const struct dp_stub_ares *stub, const char *name, const struct lookup *lookup)
{
    struct dp_arena a;
    struct dp_hosts_found found;
    struct dp_stub_address addresses[DP_STUB_ADDRESSES_MAX];
    struct dp_stub_result result = {.status = DP_STUB_OK,
                                    .addresses = addresses,
                                    .from_hosts = true,
                                    .text = ares_strerror(ARES_SUCCESS)};
    dp_arena_init(&a, 0);
    if (dp_hostsfile_find(stub->hosts, stub->hosts_size, name, &a, &found) == DP_OK) {
        for (const struct dp_hosts_entry *entry = found.entries;
             entry != NULL && result.n_addresses < DP_STUB_ADDRESSES_MAX; entry = entry->next) {
            if ((entry->address.family == 4) != (lookup->type == DP_TYPE_A)) {
                continue;
            }
            if (result.n_addresses == 0) {
                result.hosts_line = entry->line;
            }
            addresses[result.n_addresses++] = (struct dp_stub_address){.address = entry->address};
        }
    }
    dp_arena_fini(&a);
    if (result.n_addresses == 0) {
        return false;
    }
    result.elapsed_us = dp_clock_mono_us() - lookup->started_us;
    lookup->done(lookup->user, &result);
    return true;
}

enum dp_err dp_stub_ares_lookup(struct dp_stub_ares *stub, const char *name, uint16_t type, dp_stub_cb *done,
                                void *user)
{
    const struct lookup first = {
        .stub = stub, .type = type, .started_us = dp_clock_mono_us(), .done = done, .user = user};
    if (type != DP_TYPE_A && type != DP_TYPE_AAAA) {
        return DP_ERR_ARG;
    }
    if (stub->files_first && from_hosts(stub, name, &first)) {
        return DP_OK;
    }
    struct lookup *lookup = malloc(sizeof *lookup);
    if (lookup == NULL) {
        return DP_ERR_NOMEM;
    }
    *lookup = first;
    query(stub->channel, name, type, lookup);
    set_timer(stub);
    return DP_OK;
}
