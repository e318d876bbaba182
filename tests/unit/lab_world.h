/* SPDX-License-Identifier: MIT
 * A small lab and a client for it that knows nothing of how it is made: messages over real sockets on
 * loopback, the loop turning while one waits. */
#ifndef DP_TESTS_LAB_WORLD_H
#define DP_TESTS_LAB_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "lab/lab.h"
#include "net/loop.h"

#define WAIT_US 3000000u /* far above what loopback needs: only a broken lab runs into it */

static const char root_zone[] = "$TTL 86400\n"
                                ". SOA a.root. h.root. 1 2 3 4 300\n. NS a.root.\na.root. A 127.53.0.1\n"
                                "example. NS a.nic.example.\na.nic.example. A 127.53.1.1\n";
static const char tld_zone[] =
    "$TTL 3600\n"
    "@ SOA a.nic h 1 2 3 4 300\n@ NS a.nic\na.nic A 127.53.1.1\n"
    "shop NS ns1.shop\nshop NS ns2.shop\nns1.shop A 127.53.2.1\nns2.shop A 127.53.2.2\n"
    "cdn NS ns1.shop\n"
    "shop DS 1 8 2 "
    "0000000000000000000000000000000000000000000000000000000000000000\n";
static const char shop_zone[] =
    "$TTL 300\n"
    "@ SOA ns1 h 7 2 3 4 60\n@ NS ns1\n@ NS ns2\nns1 A 127.53.2.1\nns2 A 127.53.2.2\n"
    "@ A 127.80.0.1\n@ MX 10 mail\nmail A 127.80.0.3\n"
    "www CNAME @\nout CNAME pool.cdn.example.\nloop CNAME loop\n"
    "*.wild A 127.80.0.9\na.b.ent A 127.80.0.8\nzero 0 A 127.80.0.7\n"
    "sub NS ns.sub\nns.sub A 127.53.2.1\n";
static const char cdn_zone[] = "$TTL 30\n@ SOA ns1.shop.example. h 1 2 3 4 30\n@ NS ns1.shop.example.\n"
                               "pool A 127.80.1.1\npool A 127.80.1.2\npool A 127.80.1.3\n";

struct world {
    struct dp_loop *loop;
    struct dp_lab *lab;
    struct dp_lab_node *ns1, *ns2;
    struct dp_lab_backend *resolver, *stub;
    struct dp_lab_zone *shop, *cdn;
    struct dp_arena arena; /* of answers */
};

/* ---- building ---- */

static inline struct dp_addr addr(const char *text)
{
    struct dp_addr a;
    assert_int_equal(dp_addr_from_text(&a, text, strlen(text), 0), DP_OK);
    return a;
}

static inline struct dp_lab_zone *zone(struct world *w, const char *origin, const char *text)
{
    struct dp_zonetext_error error;
    struct dp_lab_zone *z = NULL;
    assert_int_equal(dp_lab_add_zone(w->lab, origin, text, strlen(text), &z, &error), DP_OK);
    return z;
}

static inline struct dp_lab_backend *node(struct world *w, const char *address, const char *label,
                                          struct dp_lab_node **out)
{
    const struct dp_addr a = addr(address);
    struct dp_lab_backend *backend;
    struct dp_lab_node *n;
    assert_int_equal(dp_lab_add_node(w->lab, &a, label, &n), DP_OK);
    assert_int_equal(dp_lab_add_backend(n, label, 1, &backend), DP_OK);
    if (out != NULL) {
        *out = n;
    }
    return backend;
}

static inline void serve(struct dp_lab_backend *backend, struct dp_lab_zone *z)
{
    static const struct dp_addr everybody;
    assert_int_equal(dp_lab_backend_zone(backend, z, &everybody, 0), DP_OK);
}

static inline void build(struct world *w)
{
    const struct dp_addr root = addr("127.53.0.1");
    struct dp_lab_resolver_config config = {.timeout_us = 100000};
    assert_int_equal(dp_lab_new(w->loop, 1, &w->lab), DP_OK);
    struct dp_lab_zone *shop_text = w->shop = zone(w, "shop.example.", shop_zone);
    w->cdn = zone(w, "cdn.example.", cdn_zone);
    serve(node(w, "127.53.0.1", "a.root", NULL), zone(w, ".", root_zone));
    serve(node(w, "127.53.1.1", "a.nic", NULL), zone(w, "example.", tld_zone));
    struct dp_lab_backend *ns1 = node(w, "127.53.2.1", "ns1", &w->ns1);
    serve(ns1, shop_text);
    serve(ns1, w->cdn);
    serve(node(w, "127.53.2.2", "ns2", &w->ns2), shop_text);
    w->resolver = node(w, "127.53.10.1", "resolver", NULL);
    assert_int_equal(dp_lab_backend_resolver(w->resolver, &config), DP_OK);
    config.forward_to = addr("127.53.10.1");
    config.timeout_us = 2000000;
    w->stub = node(w, "127.53.20.53", "stub", NULL);
    assert_int_equal(dp_lab_backend_resolver(w->stub, &config), DP_OK);
    assert_int_equal(dp_lab_add_root(w->lab, &root), DP_OK);
}

static inline int setup(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    assert_int_equal(dp_loop_new(&w->loop), DP_OK);
    dp_arena_init(&w->arena, 0);
    build(w);
    *state = w;
    return 0;
}

static inline int teardown(void **state)
{
    struct world *w = *state;
    dp_lab_free(w->lab);
    dp_loop_free(w->loop);
    dp_arena_fini(&w->arena);
    free(w);
    return 0;
}

static inline void start(struct world *w)
{
    assert_int_equal(dp_lab_start(w->lab), DP_OK);
}

/* ---- asking ---- */

struct ask {
    const char *server, *name;
    uint16_t type;
    uint16_t flags;
    uint16_t rrclass;  /* 0: IN */
    uint16_t udp_size; /* 0: no EDNS */
    uint8_t version;
    bool nsid, tcp;
    uint64_t wait_us; /* 0: WAIT_US */
};

static inline size_t query_of(const struct ask *ask, uint8_t *out, size_t cap)
{
    struct dp_question question = {.type = ask->type,
                                   .rrclass = ask->rrclass != 0 ? ask->rrclass : DP_CLASS_IN};
    struct dp_edns_option nsid = {.code = DP_EDNS_NSID};
    struct dp_msg msg = {.id = 4711, .flags = ask->flags, .questions = &question, .n_questions = 1};
    size_t size = 0;
    assert_int_equal(dp_name_from_text(&question.name, ask->name, strlen(ask->name), NULL), DP_OK);
    msg.edns = (struct dp_edns){.present = ask->udp_size != 0,
                                .udp_size = ask->udp_size,
                                .version = ask->version,
                                .options = &nsid,
                                .n_options = ask->nsid ? 1 : 0};
    assert_int_equal(dp_msg_build(&msg, false, out, cap, &size), DP_OK);
    return size;
}

/* A socket connected to the lab, the loop turning while TCP connects. -1: refused. */
static inline int connect_to(struct world *w, const char *server, int type)
{
    struct dp_addr to = addr(server);
    struct sockaddr_storage ss;
    to.port = dp_lab_port(w->lab);
    const socklen_t len = (socklen_t)dp_addr_to_sockaddr(&to, &ss);
    const int fd = socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    if (connect(fd, (struct sockaddr *)&ss, len) != 0 && errno != EINPROGRESS) {
        close(fd);
        return -1;
    }
    return fd;
}

/* Turns the loop until `fd` has given `want` bytes or more, or time is up;
 * 0: nothing, -1: refused or reset. */
static inline ssize_t read_some(struct world *w, int fd, uint8_t *out, size_t cap, uint64_t wait_us)
{
    const uint64_t until_us = dp_clock_mono_us() + wait_us;
    while (dp_clock_mono_us() < until_us) {
        dp_loop_turn(w->loop, false);
        const ssize_t n = recv(fd, out, cap, 0);
        if (n > 0) {
            return n;
        }
        if (n == 0 || (n < 0 && errno != EAGAIN && errno != ENOTCONN)) {
            return -1;
        }
        usleep(200);
    }
    return 0;
}

static inline ssize_t exchange(struct world *w, const struct ask *ask, uint8_t *out, size_t cap)
{
    uint8_t query[2 + 512];
    const size_t size = query_of(ask, query + 2, sizeof query - 2);
    const uint64_t wait_us = ask->wait_us != 0 ? ask->wait_us : WAIT_US;
    const int fd = connect_to(w, ask->server, ask->tcp ? SOCK_STREAM : SOCK_DGRAM);
    ssize_t n = -1;
    query[0] = (uint8_t)(size >> 8);
    query[1] = (uint8_t)size;
    if (fd < 0) {
        return -1;
    }
    for (unsigned i = 0; i < 100 && ask->tcp; i++) { /* until connected */
        dp_loop_turn(w->loop, false);
        if (send(fd, query, size + 2, MSG_NOSIGNAL) > 0) {
            break;
        }
        usleep(1000);
    }
    if (!ask->tcp) {
        assert_int_equal(send(fd, query + 2, size, 0), size);
    }
    n = read_some(w, fd, out, cap, wait_us);
    if (ask->tcp && n > 2) {
        n -= 2;
        memmove(out, out + 2, (size_t)n);
    }
    close(fd);
    return n;
}

static uint8_t wire[65536];

/* The parsed answer; it must come. */
static inline struct dp_msg get(struct world *w, struct ask ask)
{
    struct dp_msg msg;
    const ssize_t n = exchange(w, &ask, wire, sizeof wire);
    assert_true(n > 0);
    assert_int_equal(dp_msg_parse(&msg, wire, (size_t)n, &w->arena), DP_OK);
    assert_int_equal(msg.id, 4711);
    return msg;
}

static const struct dp_rrs *answers(const struct dp_msg *msg)
{
    return &msg->sections[DP_SECTION_ANSWER];
}

static inline void assert_a(const struct dp_msg *msg, size_t i, const char *address)
{
    const struct dp_addr want = addr(address);
    assert_true(answers(msg)->count > i);
    assert_int_equal(answers(msg)->items[i].type, DP_TYPE_A);
    assert_memory_equal(answers(msg)->items[i].rdata, want.ip, 4);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
