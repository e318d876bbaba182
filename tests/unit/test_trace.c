/* rooms: trace lab
 * SPDX-License-Identifier: MIT
 * The walk against small internets of real sockets on loopback. Each test builds one: `net_add` gives an
 * address of 127.53.0.0/16 a zone to serve, the addresses .1 and .2 are the roots. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "lab/lab.h"
#include "trace/trace.h"

#define TIMEOUT_US 150000u
#define LATE_US    150000u

struct net {
    struct dp_loop *loop;
    struct dp_engine *engine;
    struct dp_lab *lab;
    struct dp_addr roots[2];
    struct dp_trace_hint hint;
    struct dp_trace_params params;
    struct dp_trace *handle;
    struct dp_trace_result *result;
    unsigned n_done;
};

static struct dp_addr addr_of(const char *text)
{
    struct dp_addr address;
    assert_int_equal(dp_addr_from_text(&address, text, strlen(text), 0), DP_OK);
    return address;
}

static struct dp_name name_of(const char *text)
{
    struct dp_name name;
    assert_int_equal(dp_name_from_text(&name, text, strlen(text), NULL), DP_OK);
    return name;
}

static int setup(void **state)
{
    struct net *net = calloc(1, sizeof *net);
    assert_non_null(net);
    assert_int_equal(dp_loop_new(&net->loop), DP_OK);
    const struct dp_engine_config config = {.loop = net->loop, .seeded = true, .seed = 7};
    assert_int_equal(dp_engine_new(&config, &net->engine), DP_OK);
    assert_int_equal(dp_lab_new(net->loop, 7, &net->lab), DP_OK);
    *state = net;
    return 0;
}

static int teardown(void **state)
{
    struct net *net = *state;
    dp_trace_result_free(net->result);
    dp_engine_free(net->engine);
    dp_lab_free(net->lab);
    dp_loop_free(net->loop);
    free(net);
    return 0;
}

static void add_zone(struct net *net, struct dp_lab_backend *backend, const char *origin, const char *text)
{
    const struct dp_addr everybody = {0};
    struct dp_lab_zone *zone;
    struct dp_zonetext_error error;
    if (dp_lab_add_zone(net->lab, origin, text, strlen(text), &zone, &error) != DP_OK) {
        fail_msg("zone %s line %u: %s", origin, error.line, error.text);
    }
    assert_int_equal(dp_lab_backend_zone(backend, zone, &everybody, 0), DP_OK);
}

/* A server at 127.53.0.`last` for one zone. */
static struct dp_lab_node *net_add(struct net *net, unsigned last, const char *origin, const char *text)
{
    char address[32];
    struct dp_lab_node *node;
    struct dp_lab_backend *backend;
    snprintf(address, sizeof address, "127.53.0.%u", last);
    const struct dp_addr at = addr_of(address);
    assert_int_equal(dp_lab_add_node(net->lab, &at, origin, &node), DP_OK);
    assert_int_equal(dp_lab_add_backend(node, "", 1, &backend), DP_OK);
    add_zone(net, backend, origin, text);
    return node;
}

#define SOA "@ SOA ns1 hostmaster 7 3600 600 86400 60\n"

/* The two roots with a delegation of example. to 127.53.0.11 and .12, and those; the last of them. */
static struct dp_lab_node *net_add_top(struct net *net, const char *example)
{
    static const char root[] = "@ SOA a.root. h. 1 1 1 1 60\n@ NS a.root.\n@ NS b.root.\n"
                               "a.root. A 127.53.0.1\nb.root. A 127.53.0.2\n"
                               "example. NS a.nic.example.\nexample. NS b.nic.example.\n"
                               "a.nic.example. A 127.53.0.11\nb.nic.example. A 127.53.0.12\n"
                               "other. NS ns.nic.other.\nns.nic.other. A 127.53.0.21\n";
    net_add(net, 1, ".", root);
    net_add(net, 2, ".", root);
    net_add(net, 11, "example.", example);
    return net_add(net, 12, "example.", example);
}

#define EXAMPLE         SOA "@ NS a.nic\n@ NS b.nic\na.nic A 127.53.0.11\nb.nic A 127.53.0.12\n"
#define SHOP_DELEGATION "shop NS ns1.shop\nshop NS ns2.shop\nns1.shop A 127.53.0.31\nns2.shop A 127.53.0.32\n"
#define SHOP                                                                                                 \
    SOA "@ NS ns1\n@ NS ns2\nns1 A 127.53.0.31\nns2 A 127.53.0.32\n@ A 192.0.2.1\nwww CNAME shop.other.\n"

static void done(void *user, struct dp_trace_result *result)
{
    struct net *net = user;
    net->result = result;
    net->n_done++;
}

static void net_start(struct net *net, const char *name, uint16_t type)
{
    assert_int_equal(dp_lab_start(net->lab), DP_OK);
    net->roots[0] = addr_of("127.53.0.1");
    net->roots[1] = addr_of("127.53.0.2");
    net->hint = (struct dp_trace_hint){name_of("a.root."), net->roots, 2};
    net->params.name = name_of(name);
    net->params.type = type;
    net->params.roots = &net->hint;
    net->params.n_roots = 1;
    net->params.port = dp_lab_port(net->lab);
    net->params.use_v4 = true;
    net->params.timeout_us = TIMEOUT_US;
    net->params.late_us = LATE_US;
    net->params.linger_us = 1000;
    assert_int_equal(dp_trace_start(net->engine, net->loop, &net->params, done, net, &net->handle), DP_OK);
}

static void until_done(struct net *net, unsigned n)
{
    while (net->n_done < n && dp_loop_turn(net->loop, true)) {
    }
}

static const struct dp_trace_result *net_run(struct net *net, const char *name, uint16_t type)
{
    net_start(net, name, type);
    until_done(net, 1);
    assert_int_equal(net->n_done, 1);
    return net->result;
}

static const struct dp_trace_level *level_of(const struct dp_trace_result *r, const char *zone)
{
    const struct dp_name name = name_of(zone);
    const struct dp_trace_level *level = r->levels;
    while (level != NULL && !dp_name_equal(&level->zone, &name)) {
        level = level->next;
    }
    return level;
}

static const struct dp_trace_address *address_of(const struct dp_trace_result *r, const char *zone,
                                                 const char *server, const char *address)
{
    const struct dp_addr want = addr_of(address);
    const struct dp_name name = name_of(server);
    const struct dp_trace_level *level = level_of(r, zone);
    assert_non_null(level);
    for (const struct dp_trace_server *s = level->servers; s != NULL; s = s->next) {
        for (const struct dp_trace_address *a = s->addresses; a != NULL; a = a->next) {
            if (dp_name_equal(&s->name, &name) && dp_addr_same_ip(&a->address, &want)) {
                return a;
            }
        }
    }
    fail_msg("%s has no %s %s", zone, server, address);
    return NULL;
}

static void expect_kind(const struct dp_trace_result *r, const char *zone, const char *server,
                        const char *address, const char *kind)
{
    const struct dp_trace_address *a = address_of(r, zone, server, address);
    assert_string_equal(dp_trace_kind_name(a->kind), kind);
}

static void expect(const struct dp_trace_result *r, const char *status, const char *zone)
{
    char text[DP_NAME_TEXT_BYTES];
    assert_string_equal(dp_trace_status_name(r->status), status);
    assert_string_equal(dp_name_text(&r->zone, text), zone);
}

static const struct dp_trace_ns *ns_of(const struct dp_trace_ns *list, const char *name)
{
    const struct dp_name want = name_of(name);
    while (list != NULL && !dp_name_equal(&list->name, &want)) {
        list = list->next;
    }
    return list;
}

/* ---- tests ---- */

static void healthy(void **state)
{
    struct net *net = *state;
    net_add_top(net, EXAMPLE SHOP_DELEGATION);
    net_add(net, 31, "shop.example.", SHOP);
    net_add(net, 32, "shop.example.", SHOP);
    const struct dp_trace_result *r = net_run(net, "shop.example.", DP_TYPE_A);
    expect(r, "answer", "shop.example.");
    assert_int_equal(r->n_levels, 3);
    expect_kind(r, ".", "a.root.", "127.53.0.1", "referral");
    expect_kind(r, ".", "a.root.", "127.53.0.2", "referral");
    expect_kind(r, "example.", "b.nic.example.", "127.53.0.12", "referral");
    expect_kind(r, "shop.example.", "ns1.shop.example.", "127.53.0.31", "answer");
    expect_kind(r, "shop.example.", "ns2.shop.example.", "127.53.0.32", "answer");
    assert_int_equal(r->answer.count, 1);
    assert_non_null(r->parent);
    assert_int_equal(r->parent->n_ns, 2);
    assert_int_equal(r->n_child_ns, 2);
    assert_true(r->has_ds_answer);
    assert_int_equal(r->parent->ds.count, 0);
    assert_non_null(ns_of(r->true_addresses, "ns2.shop.example."));
    size_t views = 0;
    for (const struct dp_trace_child_view *v = r->child_views; v != NULL; v = v->next, views++) {
        assert_true(v->has_ns && v->has_soa && v->has_dnskey);
        assert_int_equal(v->serial, 7);
    }
    assert_int_equal(views, 2);
    assert_false(r->limited);
    assert_true(r->elapsed_us < TIMEOUT_US); /* round trips, not timeouts */
    for (size_t i = 0; i < r->n_exchanges; i++) {
        assert_int_equal(r->exchanges[i]->outcome, DP_OUTCOME_ANSWER);
    }
}

static void nxdomain_and_nodata(void **state)
{
    struct net *net = *state;
    net_add_top(net, EXAMPLE SHOP_DELEGATION);
    net_add(net, 31, "shop.example.", SHOP);
    net_add(net, 32, "shop.example.", SHOP);
    const struct dp_trace_result *r = net_run(net, "nowhere.shop.example.", DP_TYPE_A);
    expect(r, "nxdomain", "shop.example.");
    dp_trace_result_free(net->result);
    net->result = NULL;
    net->params.name = name_of("shop.example.");
    net->params.type = DP_TYPE_AAAA;
    assert_int_equal(dp_trace_start(net->engine, net->loop, &net->params, done, net, NULL), DP_OK);
    until_done(net, 2);
    expect(net->result, "nodata", "shop.example.");
}

static void lame_refused_and_dead(void **state)
{
    struct net *net = *state;
    net_add_top(net, EXAMPLE "shop NS ns1.shop\nshop NS ns2.shop\nshop NS ns3.shop\nshop NS ns4.shop\n"
                             "ns1.shop A 127.53.0.31\nns2.shop A 127.53.0.32\nns3.shop A 127.53.0.33\n"
                             "ns4.shop A 127.53.0.34\n");
    net_add(net, 31, "shop.example.", SHOP);
    struct dp_lab_node *lame = net_add(net, 32, "shop.example.", SHOP);
    struct dp_lab_node *dead = net_add(net, 33, "shop.example.", SHOP);
    net_add(net, 34, "elsewhere.", SOA "@ NS ns1\n");
    dp_lab_node_faults(lame, DP_LAB_VIEWER_HOST)->not_authoritative = true;
    dp_lab_node_faults(dead, DP_LAB_VIEWER_HOST)->udp = DP_LAB_DROP;
    const struct dp_trace_result *r = net_run(net, "shop.example.", DP_TYPE_A);
    expect(r, "answer", "shop.example.");
    expect_kind(r, "shop.example.", "ns1.shop.example.", "127.53.0.31", "answer");
    expect_kind(r, "shop.example.", "ns2.shop.example.", "127.53.0.32", "lame");
    expect_kind(r, "shop.example.", "ns3.shop.example.", "127.53.0.33", "timeout");
    expect_kind(r, "shop.example.", "ns4.shop.example.", "127.53.0.34", "refused");
    assert_int_equal(address_of(r, "shop.example.", "ns3.shop.example.", "127.53.0.33")->n_attempts, 1);
}

static void late_answer_counts(void **state)
{
    struct net *net = *state;
    net_add_top(net, EXAMPLE SHOP_DELEGATION);
    net_add(net, 31, "shop.example.", SHOP);
    struct dp_lab_node *slow = net_add(net, 32, "shop.example.", SHOP);
    dp_lab_node_faults(slow, DP_LAB_VIEWER_HOST)->delay_us = TIMEOUT_US + LATE_US / 2;
    const struct dp_trace_result *r = net_run(net, "shop.example.", DP_TYPE_A);
    expect_kind(r, "shop.example.", "ns2.shop.example.", "127.53.0.32", "answer");
    assert_int_equal(address_of(r, "shop.example.", "ns2.shop.example.", "127.53.0.32")->exchange->outcome,
                     DP_OUTCOME_LATE);
}

static void all_silent_is_asked_again_without_edns(void **state)
{
    struct net *net = *state;
    net_add_top(net, EXAMPLE SHOP_DELEGATION);
    struct dp_lab_node *one = net_add(net, 31, "shop.example.", SHOP);
    struct dp_lab_node *two = net_add(net, 32, "shop.example.", SHOP);
    dp_lab_node_faults(one, DP_LAB_VIEWER_HOST)->edns = DP_LAB_DROP;
    dp_lab_node_faults(two, DP_LAB_VIEWER_HOST)->edns = DP_LAB_DROP;
    const struct dp_trace_result *r = net_run(net, "shop.example.", DP_TYPE_A);
    expect(r, "answer", "shop.example.");
}

static void edns_refused_is_asked_without(void **state)
{
    struct net *net = *state;
    net_add_top(net, EXAMPLE SHOP_DELEGATION);
    struct dp_lab_node *one = net_add(net, 31, "shop.example.", SHOP);
    struct dp_lab_node *two = net_add(net, 32, "shop.example.", SHOP);
    dp_lab_node_faults(one, DP_LAB_VIEWER_HOST)->edns = DP_LAB_FORMERR;
    dp_lab_node_faults(two, DP_LAB_VIEWER_HOST)->edns = DP_LAB_TRUNCATE;
    const struct dp_trace_result *r = net_run(net, "shop.example.", DP_TYPE_A);
    expect_kind(r, "shop.example.", "ns1.shop.example.", "127.53.0.31", "answer");
    assert_int_equal(address_of(r, "shop.example.", "ns1.shop.example.", "127.53.0.31")->n_attempts, 2);
    const struct dp_trace_address *tcp = address_of(r, "shop.example.", "ns2.shop.example.", "127.53.0.32");
    assert_int_equal(tcp->exchange->transport, DP_TRANSPORT_TCP);
}

static void upward_referral(void **state)
{
    struct net *net = *state;
    net_add_top(net, EXAMPLE SHOP_DELEGATION);
    net_add(net, 31, "shop.example.", SHOP);
    net_add(net, 32, "example.", EXAMPLE SHOP_DELEGATION); /* refers shop to itself */
    const struct dp_trace_result *r = net_run(net, "shop.example.", DP_TYPE_A);
    expect(r, "answer", "shop.example.");
    expect_kind(r, "shop.example.", "ns2.shop.example.", "127.53.0.32", "upward");
    assert_non_null(address_of(r, "shop.example.", "ns2.shop.example.", "127.53.0.32")->referral);
}

/* shop.example is served by ns.host.other, which the trace has to find from the root. */
static void server_names_of_another_zone(void **state)
{
    struct net *net = *state;
    net_add_top(net, EXAMPLE "shop NS ns1.host.other.\nshop NS ns2.host.other.\n");
    net_add(net, 21, "other.",
            SOA "@ NS ns.nic\nns.nic A 127.53.0.21\nhost NS ns1.host\nns1.host A 127.53.0.31\n");
    const char *host = SOA "@ NS ns1\nns1 A 127.53.0.31\nns2 A 127.53.0.32\n";
    const char *shop = SOA "@ NS ns1.host.other.\n@ NS ns2.host.other.\n@ A 192.0.2.1\n";
    net_add(net, 31, "host.other.", host);
    net_add(net, 32, "shop.example.", shop);
    const struct dp_trace_result *r = net_run(net, "shop.example.", DP_TYPE_A);
    expect(r, "answer", "shop.example.");
    assert_int_equal(address_of(r, "shop.example.", "ns2.host.other.", "127.53.0.32")->source,
                     DP_TRACE_RESOLVED);
    expect_kind(r, "shop.example.", "ns2.host.other.", "127.53.0.32", "answer");
    expect_kind(r, "shop.example.", "ns1.host.other.", "127.53.0.31", "refused");
    assert_non_null(ns_of(r->true_addresses, "ns1.host.other."));
}

/* On the way to ns1.host.other the server with glue is dead; the other one's address is in example. */
static void search_needs_a_search(void **state)
{
    struct net *net = *state;
    net_add_top(net, EXAMPLE "x.nic A 127.53.0.42\nshop NS ns1.host.other.\n");
    net_add(net, 21, "other.",
            SOA "@ NS ns.nic\nns.nic A 127.53.0.21\nhost NS dead.host\nhost NS x.nic.example.\n"
                "dead.host A 127.53.0.99\n");
    net_add(net, 42, "host.other.", SOA "@ NS x.nic.example.\nns1 A 127.53.0.31\n");
    net_add(net, 31, "shop.example.", SOA "@ NS ns1.host.other.\n@ A 192.0.2.1\n");
    const struct dp_trace_result *r = net_run(net, "shop.example.", DP_TYPE_A);
    expect(r, "answer", "shop.example.");
    expect_kind(r, "shop.example.", "ns1.host.other.", "127.53.0.31", "answer");
}

/* Glue says .31, the zone's own servers say .33 for ns1: both are asked. */
static void stale_glue(void **state)
{
    struct net *net = *state;
    net_add_top(net, EXAMPLE SHOP_DELEGATION);
    const char *shop = SOA "@ NS ns1\n@ NS ns2\n@ NS ns3\nns1 A 127.53.0.33\nns2 A 127.53.0.32\n"
                           "ns3 A 127.53.0.34\n@ A 192.0.2.1\n";
    net_add(net, 31, "shop.example.", SHOP);
    net_add(net, 32, "shop.example.", shop);
    net_add(net, 33, "shop.example.", shop);
    net_add(net, 34, "shop.example.", shop);
    const struct dp_trace_result *r = net_run(net, "shop.example.", DP_TYPE_A);
    assert_int_equal(address_of(r, "shop.example.", "ns1.shop.example.", "127.53.0.31")->source,
                     DP_TRACE_GLUE);
    assert_int_equal(address_of(r, "shop.example.", "ns1.shop.example.", "127.53.0.33")->source,
                     DP_TRACE_CHILD);
    expect_kind(r, "shop.example.", "ns3.shop.example.", "127.53.0.34", "answer");
    assert_int_equal(r->parent->n_ns, 2);
    assert_int_equal(r->n_child_ns, 3);
    const struct dp_trace_ns *ns1 = ns_of(r->true_addresses, "ns1.shop.example.");
    assert_non_null(ns1);
    assert_non_null(ns1->glue);
}

/* The servers of example. serve shop.example. too: no referral is ever seen. */
static void parent_and_child_on_one_server(void **state)
{
    struct net *net = *state;
    static const char root[] = "@ SOA a.root. h. 1 1 1 1 60\n@ NS a.root.\na.root. A 127.53.0.1\n"
                               "example. NS a.nic.example.\na.nic.example. A 127.53.0.11\n";
    net_add(net, 1, ".", root);
    net_add(net, 2, ".", root);
    const char *shop = SOA "@ NS a.nic.example.\n@ A 192.0.2.1\n";
    struct dp_lab_node *node;
    struct dp_lab_backend *backend;
    const struct dp_addr at = addr_of("127.53.0.11");
    assert_int_equal(dp_lab_add_node(net->lab, &at, "both", &node), DP_OK);
    assert_int_equal(dp_lab_add_backend(node, "", 1, &backend), DP_OK);
    add_zone(net, backend, "example.", SOA "@ NS a.nic\na.nic A 127.53.0.11\nshop NS a.nic\n");
    add_zone(net, backend, "shop.example.", shop);
    const struct dp_trace_result *r = net_run(net, "shop.example.", DP_TYPE_A);
    expect(r, "answer", "shop.example.");
    assert_null(r->parent);
    assert_int_equal(address_of(r, "shop.example.", "a.nic.example.", "127.53.0.11")->source,
                     DP_TRACE_SHARED);
    assert_int_equal(r->n_child_ns, 1);
}

/* The only server of shop has a name inside shop, and nobody has an address for it. */
static void missing_glue_is_a_loop(void **state)
{
    struct net *net = *state;
    net_add_top(net, EXAMPLE "shop NS ns1.shop\n");
    const struct dp_trace_result *r = net_run(net, "shop.example.", DP_TYPE_A);
    expect(r, "loop", "shop.example.");
    assert_true(level_of(r, "shop.example.")->servers->unresolved);
    assert_true(r->elapsed_us < 1000000u);
}

/* A server's name does not exist. With a slow server above, the walk looks for it because the zone lists it
 * as well, before all of the delegation has been heard; else because of the delegation. */
static void look_for_what_is_not(struct net *net, uint64_t slow_us)
{
    static const char example[] =
        EXAMPLE "shop NS ns1.shop\nshop NS ns8.other.\nshop NS ns9.other.\nns1.shop A 127.53.0.31\n";
    struct dp_lab_node *slow = net_add_top(net, example);
    dp_lab_node_faults(slow, DP_LAB_VIEWER_HOST)->delay_us = slow_us;
    net_add(net, 21, "other.", SOA "@ NS ns.nic\nns.nic A 127.53.0.21\nns8 A 127.53.0.31\n");
    net_add(net, 31, "shop.example.", SOA "@ NS ns1\n@ NS ns8.other.\n@ NS ns9.other.\nns1 A 127.53.0.31\n");
    const struct dp_trace_result *r = net_run(net, "shop.example.", DP_TYPE_A);
    const struct dp_trace_server *s = level_of(r, "shop.example.")->servers;
    unsigned unresolved = 0;
    for (; s != NULL; s = s->next) {
        const struct dp_name gone = name_of("ns9.other.");
        assert_int_equal(s->unresolved, dp_name_equal(&s->name, &gone));
        assert_int_equal(s->addresses == NULL, s->unresolved);
        unresolved += s->unresolved;
    }
    assert_int_equal(unresolved, 1);
}

static void name_that_leads_nowhere(void **state)
{
    look_for_what_is_not(*state, 0);
}

static void name_that_leads_nowhere_below_a_slow_server(void **state)
{
    look_for_what_is_not(*state, TIMEOUT_US - 20000u);
}

static void name_that_leads_nowhere_below_a_silent_server(void **state)
{
    look_for_what_is_not(*state, TIMEOUT_US + LATE_US + 100000u);
}

/* shop.example needs host.other, host.other needs shop.example. */
static void two_zones_in_a_circle(void **state)
{
    struct net *net = *state;
    net_add_top(net, EXAMPLE "shop NS ns.host.other.\n");
    net_add(net, 21, "other.", SOA "@ NS ns.nic\nns.nic A 127.53.0.21\nhost NS ns.shop.example.\n");
    const struct dp_trace_result *r = net_run(net, "shop.example.", DP_TYPE_A);
    expect(r, "loop", "shop.example.");
}

static void dead_end(void **state)
{
    struct net *net = *state;
    net_add_top(net, EXAMPLE SHOP_DELEGATION); /* and nobody at .31 and .32 */
    const struct dp_trace_result *r = net_run(net, "shop.example.", DP_TYPE_A);
    expect(r, "dead-end", "shop.example.");
    expect_kind(r, "shop.example.", "ns1.shop.example.", "127.53.0.31", "unreachable");
}

/* A delegation to many names under a victim's zone must not cost the victim many packets. */
static void name_server_bomb_is_bounded(void **state)
{
    struct net *net = *state;
    char *text = calloc(1, 65536);
    assert_non_null(text);
    strcpy(text, EXAMPLE);
    for (unsigned i = 0; i < 500; i++) {
        snprintf(text + strlen(text), 64, "shop NS n%u.victim.other.\n", i);
    }
    net_add_top(net, text);
    free(text);
    net_add(net, 21, "other.",
            SOA "@ NS ns.nic\nns.nic A 127.53.0.21\nvictim NS ns.victim\n"
                "ns.victim A 127.53.0.41\n");
    net_add(net, 41, "victim.other.", SOA "@ NS ns\nns A 127.53.0.41\n");
    const struct dp_trace_result *r = net_run(net, "shop.example.", DP_TYPE_A);
    assert_true(r->limited);
    expect(r, "limit", "shop.example.");
    assert_true(r->n_exchanges < 80);
}

static void exchanges_are_bounded(void **state)
{
    struct net *net = *state;
    net_add_top(net, EXAMPLE SHOP_DELEGATION);
    net_add(net, 31, "shop.example.", SHOP);
    net->params.max_exchanges = 5;
    const struct dp_trace_result *r = net_run(net, "shop.example.", DP_TYPE_A);
    assert_int_equal(r->n_exchanges, 5);
    assert_true(r->limited);
}

static bool nothing_below_root(void *user, const struct dp_addr *address)
{
    (void)user;
    return address->ip[3] < 30;
}

static void leave_is_asked_for(void **state)
{
    struct net *net = *state;
    net_add_top(net, EXAMPLE SHOP_DELEGATION);
    net_add(net, 31, "shop.example.", SHOP);
    net->params.allow = nothing_below_root;
    const struct dp_trace_result *r = net_run(net, "shop.example.", DP_TYPE_A);
    expect(r, "dead-end", "shop.example.");
    expect_kind(r, "shop.example.", "ns1.shop.example.", "127.53.0.31", "private");
    assert_null(address_of(r, "shop.example.", "ns1.shop.example.", "127.53.0.31")->exchange);
}

static void alias_stops_or_is_followed(void **state)
{
    struct net *net = *state;
    net_add_top(net, EXAMPLE SHOP_DELEGATION);
    net_add(net, 31, "shop.example.", SHOP);
    net_add(net, 32, "shop.example.", SHOP);
    net_add(net, 21, "other.", SOA "@ NS ns.nic\nns.nic A 127.53.0.21\nshop A 192.0.2.9\n");
    net->params.follow_alias = true;
    const struct dp_trace_result *r = net_run(net, "www.shop.example.", DP_TYPE_A);
    expect(r, "answer", "shop.example.");
    assert_true(r->is_alias);
    assert_non_null(r->followed);
    expect(r->followed, "answer", "other.");
    assert_int_equal(r->followed->answer.count, 1);
}

static void cancel_delivers_what_there_is(void **state)
{
    struct net *net = *state;
    net_add_top(net, EXAMPLE SHOP_DELEGATION);
    net_start(net, "shop.example.", DP_TYPE_A);
    assert_non_null(net->handle);
    dp_trace_cancel(net->handle);
    assert_int_equal(net->n_done, 1);
    assert_string_equal(dp_trace_status_name(net->result->status), "canceled");
}

static void engine_may_go_first(void **state)
{
    struct net *net = *state;
    net_add_top(net, EXAMPLE SHOP_DELEGATION);
    net_start(net, "shop.example.", DP_TYPE_A);
    dp_engine_free(net->engine);
    assert_int_equal(net->n_done, 1);
    dp_trace_result_free(net->result);
    net->result = NULL;
    const struct dp_engine_config config = {.loop = net->loop};
    assert_int_equal(dp_engine_new(&config, &net->engine), DP_OK);
}

static void builtin_roots_are_thirteen(void **state)
{
    size_t count;
    const struct dp_trace_hint *roots = dp_trace_builtin_roots(&count);
    char text[DP_NAME_TEXT_BYTES], address[DP_ADDR_TEXT_BYTES];
    (void)state;
    assert_int_equal(count, 13);
    assert_string_equal(dp_name_text(&roots[12].name, text), "m.root-servers.net.");
    assert_string_equal(dp_addr_text(&roots[0].addresses[0], address), "198.41.0.4");
    assert_string_equal(dp_addr_text(&roots[9].addresses[1], address), "2001:503:c27::2:30");
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(healthy),
        T(nxdomain_and_nodata),
        T(lame_refused_and_dead),
        T(late_answer_counts),
        T(all_silent_is_asked_again_without_edns),
        T(edns_refused_is_asked_without),
        T(upward_referral),
        T(server_names_of_another_zone),
        T(search_needs_a_search),
        T(stale_glue),
        T(parent_and_child_on_one_server),
        T(missing_glue_is_a_loop),
        T(name_that_leads_nowhere),
        T(name_that_leads_nowhere_below_a_slow_server),
        T(name_that_leads_nowhere_below_a_silent_server),
        T(two_zones_in_a_circle),
        T(dead_end),
        T(name_server_bomb_is_bounded),
        T(exchanges_are_bounded),
        T(leave_is_asked_for),
        T(alias_stops_or_is_followed),
        T(cancel_delivers_what_there_is),
        T(engine_may_go_first),
        cmocka_unit_test(builtin_roots_are_thirteen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
