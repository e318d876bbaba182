/* rooms: host lab
 * SPDX-License-Identifier: MIT
 * The stub views: c-ares with a resolv.conf of ours against servers of the lab, and the C library for
 * localhost, which needs no network. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fakeroot.h"
#include "host/stub_ares.h"
#include "host/stub_libc.h"
#include "host/stub_setup.h"
#include "lab/lab.h"

#define A    1
#define AAAA 28

struct view {
    struct dp_loop *loop;
    struct dp_lab *lab;
    struct dp_lab_node *first, *second;
    struct fakeroot root;
    struct dp_stub_ares *stub;
    unsigned n_done;
    struct dp_stub_result result;
    struct dp_stub_address addresses[DP_STUB_ADDRESSES_MAX];
};

static struct dp_lab_node *add_node(struct view *v, const char *text)
{
    static const char zone_text[] =
        "@ SOA ns h 1 1 1 1 60\n@ NS ns\nns A 127.53.1.1\n@ A 192.0.2.1\n@ A 192.0.2.2\n"
        "www CNAME shop.example.\nsix AAAA 2001:db8::1\n";
    const struct dp_addr everybody = {0};
    struct dp_addr address;
    struct dp_lab_node *node;
    struct dp_lab_backend *backend;
    struct dp_lab_zone *zone;
    struct dp_zonetext_error error;
    assert_int_equal(dp_addr_from_text(&address, text, strlen(text), 0), DP_OK);
    assert_int_equal(dp_lab_add_zone(v->lab, "shop.example.", zone_text, sizeof zone_text - 1, &zone, &error),
                     DP_OK);
    assert_int_equal(dp_lab_add_node(v->lab, &address, text, &node), DP_OK);
    assert_int_equal(dp_lab_add_backend(node, "", 1, &backend), DP_OK);
    assert_int_equal(dp_lab_backend_zone(backend, zone, &everybody, 0), DP_OK);
    return node;
}

static int setup(void **state)
{
    struct view *v = calloc(1, sizeof *v);
    char text[256];
    assert_non_null(v);
    assert_int_equal(dp_loop_new(&v->loop), DP_OK);
    assert_int_equal(dp_lab_new(v->loop, 3, &v->lab), DP_OK);
    v->first = add_node(v, "127.53.1.1");
    v->second = add_node(v, "127.53.1.2");
    assert_int_equal(dp_lab_start(v->lab), DP_OK);
    fakeroot_make(&v->root);
    snprintf(text, sizeof text,
             "nameserver 127.53.1.1#%u\nnameserver 127.53.1.2#%u\nsearch corp.example\noptions ndots:2\n",
             (unsigned)dp_lab_port(v->lab), (unsigned)dp_lab_port(v->lab));
    fakeroot_file(&v->root, "/etc/resolv.conf", text);
    fakeroot_file(&v->root, "/etc/nsswitch.conf", "hosts: files dns\n");
    fakeroot_file(&v->root, "/etc/hosts", "192.0.2.77 pinned.shop.example\n");
    const struct dp_host_paths paths = {.root = v->root.path};
    const struct dp_stub_ares_config config = {
        .loop = v->loop, .paths = &paths, .timeout_us = 100000, .tries = 2};
    assert_int_equal(dp_stub_ares_new(&config, &v->stub), DP_OK);
    *state = v;
    return 0;
}

static int teardown(void **state)
{
    struct view *v = *state;
    dp_stub_ares_free(v->stub);
    dp_lab_free(v->lab);
    dp_loop_free(v->loop);
    fakeroot_remove(&v->root);
    free(v);
    return 0;
}

static void done(void *user, const struct dp_stub_result *result)
{
    struct view *v = user;
    v->result = *result;
    memcpy(v->addresses, result->addresses, result->n_addresses * sizeof *result->addresses);
    v->result.addresses = v->addresses;
    v->n_done++;
}

static const struct dp_stub_result *look_up(struct view *v, const char *name, uint16_t type)
{
    const unsigned before = v->n_done;
    assert_int_equal(dp_stub_ares_lookup(v->stub, name, type, done, v), DP_OK);
    while (v->n_done == before && dp_loop_turn(v->loop, true)) {
    }
    assert_int_equal(v->n_done, before + 1);
    return &v->result;
}

static void expect(const struct dp_stub_result *result, const char *status, size_t n_addresses)
{
    assert_string_equal(dp_stub_status_name(result->status), status);
    assert_int_equal(result->n_addresses, n_addresses);
}

static void ares_answers(void **state)
{
    struct view *v = *state;
    char text[DP_ADDR_TEXT_BYTES];
    expect(look_up(v, "shop.example.", A), "ok", 2);
    assert_int_equal(v->result.addresses[0].ttl_s, 3600);
    expect(look_up(v, "www.shop.example", A), "ok", 2);
    expect(look_up(v, "six.shop.example", AAAA), "ok", 1);
    assert_string_equal(dp_addr_text(&v->addresses[0].address, text), "2001:db8::1");
    expect(look_up(v, "six.shop.example", A), "nodata", 0);
    expect(look_up(v, "nowhere.shop.example", A), "nxdomain", 0);
    assert_int_equal(v->result.timeouts, 0);
}

/* The stub hides a dead server: what the application sees is an answer, only later. */
static void ares_hides_a_dead_server(void **state)
{
    struct view *v = *state;
    dp_lab_node_faults(v->first, DP_LAB_VIEWER_HOST)->udp = DP_LAB_DROP;
    expect(look_up(v, "shop.example", A), "ok", 2);
    assert_true(v->result.elapsed_us >= 90000);
    assert_true(v->result.timeouts > 0);
}

static void ares_times_out(void **state)
{
    struct view *v = *state;
    dp_lab_node_faults(v->first, DP_LAB_VIEWER_HOST)->udp = DP_LAB_DROP;
    dp_lab_node_faults(v->second, DP_LAB_VIEWER_HOST)->udp = DP_LAB_DROP;
    expect(look_up(v, "shop.example", A), "timeout", 0);
}

static void ares_takes_the_hosts_file_first(void **state)
{
    struct view *v = *state;
    assert_int_equal(dp_stub_ares_lookup(v->stub, "pinned.shop.example.", A, done, v), DP_OK);
    assert_int_equal(v->n_done, 1); /* at once */
    expect(&v->result, "ok", 1);
    assert_true(v->result.from_hosts);
    assert_int_equal(v->result.hosts_line, 1);
    expect(look_up(v, "pinned.shop.example.", AAAA), "nxdomain", 0); /* the file has no AAAA: DNS is asked */
}

/* What c-ares is told of files that are not the system's. */
static void ares_setup(void **state)
{
    struct view *v = *state;
    const struct dp_host_paths paths = {.root = v->root.path};
    struct dp_stub_setup setup;
    struct dp_arena a;
    char csv[64];
    dp_arena_init(&a, 0);
    assert_true(dp_stub_setup_needed(&paths));
    assert_int_equal(dp_stub_setup_read(&paths, 53, &a, &setup), DP_OK);
    const unsigned port = dp_lab_port(v->lab);
    snprintf(csv, sizeof csv, "127.53.1.1:%u,127.53.1.2:%u", port, port);
    assert_string_equal(setup.servers_csv, csv);
    assert_string_equal(setup.lookups, "fb");
    assert_int_equal(setup.resolvconf->ndots, 2);
    assert_int_equal(setup.resolvconf->attempts, 2);
    assert_false(setup.resolvconf->rotate);
    assert_int_equal(setup.resolvconf->n_search, 1);
    assert_string_equal(setup.resolvconf->search[0], "corp.example");
    dp_arena_fini(&a);
}

static void again(void *user, const struct dp_stub_result *result)
{
    struct view *v = user;
    assert_int_equal(result->status, DP_STUB_OK);
    v->n_done++;
    if (v->n_done < 5) {
        assert_int_equal(dp_stub_ares_lookup(v->stub, "shop.example", A, again, v), DP_OK);
    }
}

static void ares_callback_may_look_up_again(void **state)
{
    struct view *v = *state;
    assert_int_equal(dp_stub_ares_lookup(v->stub, "shop.example", A, again, v), DP_OK);
    while (v->n_done < 5 && dp_loop_turn(v->loop, true)) {
    }
    assert_int_equal(v->n_done, 5);
}

static void ares_free_cancels(void **state)
{
    struct view *v = *state;
    assert_int_equal(dp_stub_ares_lookup(v->stub, "shop.example", A, done, v), DP_OK);
    dp_stub_ares_free(v->stub);
    v->stub = NULL;
    assert_int_equal(v->n_done, 1);
    expect(&v->result, "canceled", 0);
}

static void ares_bad_type(void **state)
{
    struct view *v = *state;
    assert_int_equal(dp_stub_ares_lookup(v->stub, "shop.example", 16, done, v), DP_ERR_ARG);
    assert_int_equal(v->n_done, 0);
}

static void libc_knows_localhost(void **state)
{
    struct view *v = *state;
    char text[DP_ADDR_TEXT_BYTES];
    assert_int_equal(dp_stub_libc_lookup(v->loop, "localhost", 4, done, v), DP_OK);
    assert_int_equal(v->n_done, 0);
    while (v->n_done == 0 && dp_loop_turn(v->loop, true)) {
    }
    assert_int_equal(v->n_done, 1);
    /* Twice where the hosts file has ::1 as well, which glibc also takes for 127.0.0.1. */
    expect(&v->result, "ok", v->result.n_addresses == 2 ? 2 : 1);
    assert_string_equal(dp_addr_text(&v->addresses[0].address, text), "127.0.0.1");
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(ares_answers),         T(ares_hides_a_dead_server),
        T(ares_times_out),       T(ares_takes_the_hosts_file_first),
        T(ares_setup),           T(ares_callback_may_look_up_again),
        T(ares_free_cancels),    T(ares_bad_type),
        T(libc_knows_localhost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
