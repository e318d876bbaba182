/* SPDX-License-Identifier: MIT
 * A small internet for bulk benches, made up as it is asked:
 *   internet PORT [PROVIDERS [LAME]]
 *
 *   .            127.54.0.1
 *   test.        127.54.0.2
 *   dN.test.     for every N: at the two servers of provider N modulo PROVIDERS (default 10, at most 100),
 * which are 127.54.1.2p+1 and .2p+2, named ns1 and ns2.pP.test. Everything below dN.test. has one A record.
 * The second server of provider LAME refuses. At SIGTERM it prints, per server, how many queries came and how
 * many came in the busiest second. */
#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PACKET_BYTES  1232u
#define PROVIDERS_MAX 100u
#define TTL_S         3600u
#define LABEL_BYTES   64u

enum { TYPE_A = 1, TYPE_NS = 2, TYPE_SOA = 6, RCODE_NXDOMAIN = 3, RCODE_REFUSED = 5 };

struct server {
    struct in_addr address;
    unsigned long queries, in_second, busiest;
    time_t second;
};

struct world {
    struct server servers[2 + 2 * PROVIDERS_MAX];
    struct pollfd fds[2 + 2 * PROVIDERS_MAX];
    unsigned n_servers, providers;
    long lame;
};

struct reply {
    uint8_t bytes[PACKET_BYTES];
    size_t size;
    unsigned count[3]; /* answer, authority, additional */
};

static volatile sig_atomic_t stop;

static void on_signal(int number)
{
    (void)number;
    stop = 1;
}

/* ---- building ---- */

static void put(struct reply *r, const void *data, size_t size)
{
    if (r->size + size <= sizeof r->bytes) {
        memcpy(r->bytes + r->size, data, size);
        r->size += size;
    }
}

static void put16(struct reply *r, unsigned value)
{
    const uint8_t bytes[] = {(uint8_t)(value >> 8), (uint8_t)value};
    put(r, bytes, sizeof bytes);
}

static void put_name(struct reply *r, const char *text)
{
    while (*text != '\0') {
        const size_t n = strcspn(text, ".");
        const uint8_t length = (uint8_t)n;
        if (n > 0) {
            put(r, &length, 1);
            put(r, text, n);
        }
        text += text[n] == '.' ? n + 1 : n;
    }
    put(r, "", 1);
}

static void put_record(struct reply *r, unsigned section, const char *owner, unsigned type,
                       const struct reply *rdata)
{
    put_name(r, owner);
    put16(r, type);
    put16(r, 1);
    put16(r, TTL_S >> 16);
    put16(r, TTL_S & 0xffff);
    put16(r, (unsigned)rdata->size);
    put(r, rdata->bytes, rdata->size);
    r->count[section]++;
}

static void put_address(struct reply *r, unsigned section, const char *owner, struct in_addr address)
{
    struct reply rdata = {.size = 0};
    put(&rdata, &address, sizeof address);
    put_record(r, section, owner, TYPE_A, &rdata);
}

static void put_ns(struct reply *r, unsigned section, const char *owner, const char *server)
{
    struct reply rdata = {.size = 0};
    put_name(&rdata, server);
    put_record(r, section, owner, TYPE_NS, &rdata);
}

static void put_soa(struct reply *r, unsigned section, const char *owner)
{
    static const uint8_t numbers[20] = {0, 0, 0, 7, 0, 0, 14, 16, 0, 0, 2, 88, 0, 1, 81, 128, 0, 0, 0, 60};
    struct reply rdata = {.size = 0};
    put_name(&rdata, "ns1.p0.test");
    put_name(&rdata, "hostmaster.test");
    put(&rdata, numbers, sizeof numbers);
    put_record(r, section, owner, TYPE_SOA, &rdata);
}

/* NS records of a zone, with glue where it is a referral. */
static void put_delegation(const struct world *w, struct reply *r, unsigned section, const char *zone,
                           unsigned provider, bool glue)
{
    for (unsigned i = 0; i < 2; i++) {
        char name[LABEL_BYTES];
        snprintf(name, sizeof name, "ns%u.p%u.test", i + 1, provider);
        put_ns(r, section, zone, name);
    }
    for (unsigned i = 0; glue && i < 2; i++) {
        char name[LABEL_BYTES];
        snprintf(name, sizeof name, "ns%u.p%u.test", i + 1, provider);
        put_address(r, 2, name, w->servers[2 + 2 * provider + i].address);
    }
}

/* ---- answering ---- */

struct question {
    char name[256];   /* lower case, without the last dot */
    const char *zone; /* its last two labels */
    unsigned type;
    size_t end; /* of the question in the packet */
};

static bool read_question(const uint8_t *packet, size_t size, struct question *q)
{
    size_t at = 12, n = 0;
    const char *labels[128];
    unsigned n_labels = 0;
    while (at < size && packet[at] != 0 && n_labels < 127) {
        const size_t length = packet[at];
        if (length > 63 || at + length >= size || n + length + 2 > sizeof q->name) {
            return false;
        }
        labels[n_labels++] = q->name + n;
        for (size_t i = 1; i <= length; i++) {
            const uint8_t c = packet[at + i];
            q->name[n++] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
        }
        q->name[n++] = '.';
        at += length + 1;
    }
    q->name[n > 0 ? n - 1 : 0] = '\0';
    q->zone = n_labels >= 2 ? labels[n_labels - 2] : q->name;
    q->type = at + 5 <= size ? (unsigned)(packet[at + 1] << 8 | packet[at + 2]) : 0;
    q->end = at + 5;
    return q->end <= size;
}

static unsigned about(struct reply *r, const struct world *w, const struct question *q, const char *zone,
                      unsigned provider)
{
    const bool apex = strcmp(q->name, zone) == 0;
    if (q->type == TYPE_NS && apex) {
        put_delegation(w, r, 0, zone, provider, false);
    } else if (q->type == TYPE_SOA && apex) {
        put_soa(r, 0, zone);
    } else if (q->type == TYPE_A && zone[0] == 'p' && !apex) {
        put_address(r, 0, q->name, w->servers[2 + 2 * provider + (q->name[2] == '2')].address);
    } else if (q->type == TYPE_A && zone[0] == 'd') {
        put_address(r, 0, q->name, (struct in_addr){htonl(0xc0000201u)});
    } else {
        put_soa(r, 1, zone);
    }
    return 0;
}

static unsigned answer_top(struct reply *r, const struct question *q, const char *zone, const char *server,
                           struct in_addr address)
{
    if (strcmp(q->name, server) == 0 && q->type == TYPE_A) {
        put_address(r, 0, server, address);
    } else if (strcmp(q->name, zone) == 0 && q->type == TYPE_NS) {
        put_ns(r, 0, zone, server);
    } else if (strcmp(q->name, zone) == 0 && q->type == TYPE_SOA) {
        put_soa(r, 0, zone);
    } else {
        put_soa(r, 1, zone);
    }
    const bool known = strcmp(q->name, zone) == 0 || strcmp(q->zone, "nic.test") == 0;
    return known ? 0 : RCODE_NXDOMAIN;
}

/* Fills in the sections; sets `authority`; returns the RCODE. */
static unsigned answer(const struct world *w, unsigned server, const struct question *q, struct reply *r,
                       bool *authority)
{
    char *end;
    const size_t length = strlen(q->name);
    const bool in_test = length >= 4 && strcmp(q->name + length - 4, "test") == 0;
    const unsigned long number = strtoul(q->zone + 1, &end, 10);
    const bool zone =
        (q->zone[0] == 'd' || q->zone[0] == 'p') && end != q->zone + 1 && strcmp(end, ".test") == 0;
    const unsigned provider = (unsigned)(number % w->providers);
    *authority = false;
    if (server == 0 && in_test) {
        put_ns(r, 1, "test", "a.nic.test");
        put_address(r, 2, "a.nic.test", w->servers[1].address);
        return 0;
    }
    *authority = true;
    if (server == 0) {
        return answer_top(r, q, "", "a.root.test", w->servers[0].address);
    }
    if (server == 1 && zone && !(q->type == 43 && strcmp(q->name, q->zone) == 0)) {
        *authority = false;
        put_delegation(w, r, 1, q->zone, provider, true);
        return 0;
    }
    if (server == 1) {
        return answer_top(r, q, "test", "a.nic.test", w->servers[1].address);
    }
    if (!zone || (server - 2) / 2 != provider || (w->lame >= 0 && server == 2 * (unsigned)w->lame + 3)) {
        *authority = false;
        return RCODE_REFUSED;
    }
    return about(r, w, q, q->zone, provider);
}

static void serve(struct world *w, unsigned server)
{
    uint8_t packet[PACKET_BYTES];
    struct sockaddr_storage peer;
    socklen_t peer_size = sizeof peer;
    ssize_t got;
    while ((got = recvfrom(w->fds[server].fd, packet, sizeof packet, MSG_DONTWAIT, (struct sockaddr *)&peer,
                           &peer_size)) > 12) {
        struct question q = {.type = 0};
        struct reply r = {.size = 0};
        bool authority;
        struct server *s = &w->servers[server];
        const time_t now = time(NULL);
        s->queries++;
        s->in_second = s->second == now ? s->in_second + 1 : 1;
        s->second = now;
        s->busiest = s->in_second > s->busiest ? s->in_second : s->busiest;
        if (!read_question(packet, (size_t)got, &q)) {
            continue;
        }
        put(&r, packet, q.end);
        const unsigned rcode = answer(w, server, &q, &r, &authority);
        if (packet[11] != 0) {
            put(&r, "\0\0\x29\x04\xd0\0\0\0\0\0\0", 11);
            r.count[2]++;
        }
        r.bytes[2] = (uint8_t)(0x80 | (packet[2] & 1) | (authority ? 4 : 0));
        r.bytes[3] = (uint8_t)rcode;
        for (unsigned i = 0; i < 3; i++) {
            r.bytes[6 + 2 * i] = 0;
            r.bytes[7 + 2 * i] = (uint8_t)r.count[i];
        }
        (void)sendto(w->fds[server].fd, r.bytes, r.size, 0, (struct sockaddr *)&peer, peer_size);
        peer_size = sizeof peer;
    }
}

static bool listen_at(struct world *w, const char *address, uint16_t port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
    const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), bytes = 4 << 20;
    inet_pton(AF_INET, address, &at.sin_addr);
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
    w->servers[w->n_servers].address = at.sin_addr;
    w->fds[w->n_servers++] = (struct pollfd){.fd = fd, .events = POLLIN};
    return fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof at) == 0;
}

int main(int argc, char **argv)
{
    static struct world w;
    const uint16_t port = argc > 1 ? (uint16_t)strtoul(argv[1], NULL, 10) : 0;
    w.providers = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 10;
    w.lame = argc > 3 ? strtol(argv[3], NULL, 10) : -1;
    if (port == 0 || w.providers == 0 || w.providers > PROVIDERS_MAX) {
        fprintf(stderr, "usage: internet PORT [PROVIDERS [LAME]]\n");
        return 64;
    }
    bool ok = listen_at(&w, "127.54.0.1", port) && listen_at(&w, "127.54.0.2", port);
    for (unsigned i = 0; ok && i < 2 * w.providers; i++) {
        char address[32];
        snprintf(address, sizeof address, "127.54.1.%u", i + 1);
        ok = listen_at(&w, address, port);
    }
    if (!ok) {
        perror("internet");
        return 70;
    }
    signal(SIGTERM, on_signal);
    signal(SIGINT, on_signal);
    while (!stop) {
        if (poll(w.fds, w.n_servers, 1000) > 0) {
            for (unsigned i = 0; i < w.n_servers; i++) {
                if ((w.fds[i].revents & POLLIN) != 0) {
                    serve(&w, i);
                }
            }
        }
    }
    for (unsigned i = 0; i < w.n_servers; i++) {
        printf("%s %lu queries, %lu in the busiest second\n", inet_ntoa(w.servers[i].address),
               w.servers[i].queries, w.servers[i].busiest);
    }
    return 0;
}
