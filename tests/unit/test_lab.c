/* rooms: lab */
/* SPDX-License-Identifier: MIT
 * Zones, authoritative servers and resolvers of the lab. */
#include "lab_world.h"

/* ---- zones ---- */

struct lookup_row {
    const char *title, *name;
    uint16_t type;
    enum dp_lab_found found;
};
static const struct lookup_row lookups[] = {
    {"apex", "shop.example.", DP_TYPE_A, DP_LAB_FOUND_ANSWER},
    {"other case", "SHOP.Example.", DP_TYPE_A, DP_LAB_FOUND_ANSWER},
    {"no such type", "mail.shop.example.", DP_TYPE_MX, DP_LAB_FOUND_NODATA},
    {"cname", "www.shop.example.", DP_TYPE_A, DP_LAB_FOUND_CNAME},
    {"cname asked for", "www.shop.example.", DP_TYPE_CNAME, DP_LAB_FOUND_ANSWER},
    {"wildcard", "x.wild.shop.example.", DP_TYPE_A, DP_LAB_FOUND_ANSWER},
    {"wildcard, two labels", "y.x.wild.shop.example.", DP_TYPE_A, DP_LAB_FOUND_ANSWER},
    {"wildcard without the type", "x.wild.shop.example.", DP_TYPE_MX, DP_LAB_FOUND_NODATA},
    {"above the wildcard", "wild.shop.example.", DP_TYPE_A, DP_LAB_FOUND_NODATA},
    {"empty non-terminal", "b.ent.shop.example.", DP_TYPE_A, DP_LAB_FOUND_NODATA},
    {"below an empty non-terminal", "c.b.ent.shop.example.", DP_TYPE_A, DP_LAB_FOUND_NXDOMAIN},
    {"no such name", "nope.shop.example.", DP_TYPE_A, DP_LAB_FOUND_NXDOMAIN},
    {"cut", "sub.shop.example.", DP_TYPE_A, DP_LAB_FOUND_REFERRAL},
    {"below a cut", "ns.sub.shop.example.", DP_TYPE_A, DP_LAB_FOUND_REFERRAL},
    {"ds at a cut", "sub.shop.example.", DP_TYPE_DS, DP_LAB_FOUND_NODATA},
};

static void test_lookup(void **state)
{
    struct dp_zonetext_error error;
    struct dp_lab_zone *z;
    (void)state;
    assert_int_equal(dp_lab_zone_new("shop.example.", shop_zone, strlen(shop_zone), &z, &error), DP_OK);
    for (size_t i = 0; i < sizeof lookups / sizeof lookups[0]; i++) {
        struct dp_name name;
        assert_int_equal(dp_name_from_text(&name, lookups[i].name, strlen(lookups[i].name), NULL), DP_OK);
        if (dp_lab_zone_lookup(z, &name, lookups[i].type).found != lookups[i].found) {
            fail_msg("%s", lookups[i].title);
        }
    }
    dp_lab_zone_free(z);
}

static void test_bad_zones(void **state)
{
    static const char *const texts[] = {"@ A 1.2.3.4\n", "@ SOA a b 1 2 3 4 5\nx.other. A 1.2.3.4\n",
                                        "@ SOA a b 1 2 3 4\n", "@ SOA a b 1 2 3 4 5\n@ A 1.2.3\n"};
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct dp_zonetext_error error;
        struct dp_lab_zone *z = NULL;
        assert_int_not_equal(dp_lab_zone_new("example.", texts[i], strlen(texts[i]), &z, &error), DP_OK);
        assert_null(z);
        assert_true(error.text[0] != '\0');
    }
}

/* ---- authoritative ---- */

static void test_answer(void **state)
{
    struct world *w = *state;
    start(w);
    const struct dp_msg msg = get(
        w,
        (struct ask){.server = "127.53.2.1", .name = "shop.example.", .type = DP_TYPE_MX, .udp_size = 1232});
    assert_int_equal(msg.rcode, DP_RCODE_NOERROR);
    assert_true((msg.flags & DP_FLAG_AA) != 0);
    assert_int_equal(answers(&msg)->count, 1);
    assert_int_equal(answers(&msg)->items[0].ttl_s, 300);
    assert_int_equal(msg.sections[DP_SECTION_ADDITIONAL].count, 1);
    assert_true(msg.edns.present);
}

static void test_referral(void **state)
{
    struct world *w = *state;
    start(w);
    const struct dp_msg msg =
        get(w, (struct ask){.server = "127.53.1.1", .name = "www.shop.example.", .type = DP_TYPE_A});
    assert_true((msg.flags & DP_FLAG_AA) == 0);
    assert_int_equal(answers(&msg)->count, 0);
    assert_int_equal(msg.sections[DP_SECTION_AUTHORITY].count, 2);
    assert_int_equal(msg.sections[DP_SECTION_ADDITIONAL].count, 2);
    assert_false(msg.edns.present);
}

static void test_negative(void **state)
{
    struct world *w = *state;
    start(w);
    struct dp_msg msg =
        get(w, (struct ask){.server = "127.53.2.1", .name = "nope.shop.example.", .type = DP_TYPE_A});
    assert_int_equal(msg.rcode, DP_RCODE_NXDOMAIN);
    assert_int_equal(msg.sections[DP_SECTION_AUTHORITY].items[0].ttl_s, 60);
    msg = get(w, (struct ask){.server = "127.53.2.1", .name = "elsewhere.test.", .type = DP_TYPE_A});
    assert_int_equal(msg.rcode, DP_RCODE_REFUSED);
}

static void test_edns(void **state)
{
    struct world *w = *state;
    start(w);
    struct dp_msg msg = get(w, (struct ask){.server = "127.53.2.1",
                                            .name = "shop.example.",
                                            .type = DP_TYPE_A,
                                            .udp_size = 1232,
                                            .nsid = true});
    assert_int_equal(msg.edns.n_options, 1);
    assert_memory_equal(msg.edns.options[0].data, "ns1", 3);
    msg = get(w, (struct ask){.server = "127.53.2.1",
                              .name = "shop.example.",
                              .type = DP_TYPE_A,
                              .udp_size = 1232,
                              .version = 1});
    assert_int_equal(msg.rcode, DP_RCODE_BADVERS);
    assert_int_equal(msg.edns.version, 0);
    msg = get(w,
              (struct ask){
                  .server = "127.53.2.1", .name = "id.server.", .type = DP_TYPE_TXT, .rrclass = DP_CLASS_CH});
    assert_int_equal(answers(&msg)->count, 1);
    assert_memory_equal(answers(&msg)->items[0].rdata, "\3ns1", 4);
}

/* 60 addresses do not fit into 512 octets; over TCP they all come. */
static void test_truncation(void **state)
{
    struct world *w = *state;
    char text[4096];
    size_t at = (size_t)snprintf(text, sizeof text, "$TTL 300\n@ SOA a b 1 2 3 4 5\n@ NS a\n");
    for (unsigned i = 1; i <= 60; i++) {
        at += (size_t)snprintf(text + at, sizeof text - at, "@ A 127.80.2.%u\n", i);
    }
    serve(node(w, "127.53.3.1", "big", NULL), zone(w, "big.test.", text));
    start(w);
    struct dp_msg msg = get(w, (struct ask){.server = "127.53.3.1", .name = "big.test.", .type = DP_TYPE_A});
    assert_true((msg.flags & DP_FLAG_TC) != 0);
    assert_true(msg.size_bytes <= 512);
    msg = get(w,
              (struct ask){.server = "127.53.3.1", .name = "big.test.", .type = DP_TYPE_A, .udp_size = 1232});
    assert_int_equal(answers(&msg)->count, 60);
    msg = get(w, (struct ask){.server = "127.53.3.1", .name = "big.test.", .type = DP_TYPE_A, .tcp = true});
    assert_true((msg.flags & DP_FLAG_TC) == 0);
    assert_int_equal(answers(&msg)->count, 60);
}

static void test_pool(void **state)
{
    struct world *w = *state;
    bool seen[4] = {false};
    assert_int_equal(dp_lab_add_pool(w->cdn, "pool", 2, NULL, 0), DP_OK);
    start(w);
    for (unsigned i = 0; i < 60; i++) {
        const struct dp_msg msg =
            get(w, (struct ask){.server = "127.53.2.1", .name = "pool.cdn.example.", .type = DP_TYPE_A});
        assert_int_equal(answers(&msg)->count, 2);
        seen[answers(&msg)->items[0].rdata[3]] = true;
        assert_int_not_equal(answers(&msg)->items[0].rdata[3], answers(&msg)->items[1].rdata[3]);
    }
    assert_true(seen[1] && seen[2] && seen[3]);
}

/* ---- resolvers ---- */

static void test_resolver(void **state)
{
    struct world *w = *state;
    start(w);
    const struct ask ask = {
        .server = "127.53.10.1", .name = "out.shop.example.", .type = DP_TYPE_A, .flags = DP_FLAG_RD};
    struct dp_msg msg = get(w, ask); /* across two zones, the second delegated without glue */
    assert_true((msg.flags & DP_FLAG_RA) != 0);
    assert_true((msg.flags & DP_FLAG_AA) == 0);
    assert_int_equal(answers(&msg)->count, 4);
    const uint64_t upstream = dp_lab_stats(w->lab).upstream;
    assert_true(upstream >= 4);
    msg = get(w, ask);
    assert_int_equal(answers(&msg)->count, 4);
    assert_int_equal(dp_lab_stats(w->lab).upstream, upstream); /* from the cache */
    msg = get(w, (struct ask){.server = "127.53.10.1", .name = ".", .type = DP_TYPE_NS, .flags = DP_FLAG_RD});
    assert_int_equal(answers(&msg)->count, 1);
    msg = get(w, (struct ask){.server = "127.53.10.1",
                              .name = "zero.shop.example.",
                              .type = DP_TYPE_A,
                              .flags = DP_FLAG_RD});
    assert_a(&msg, 0, "127.80.0.7");
    assert_int_equal(answers(&msg)->items[0].ttl_s, 0);
}

static void test_resolver_negative(void **state)
{
    struct world *w = *state;
    start(w);
    struct dp_msg msg = get(w, (struct ask){.server = "127.53.10.1",
                                            .name = "nope.shop.example.",
                                            .type = DP_TYPE_A,
                                            .flags = DP_FLAG_RD});
    assert_int_equal(msg.rcode, DP_RCODE_NXDOMAIN);
    msg = get(w, (struct ask){.server = "127.53.10.1",
                              .name = "loop.shop.example.",
                              .type = DP_TYPE_A,
                              .flags = DP_FLAG_RD});
    assert_int_equal(msg.rcode, DP_RCODE_SERVFAIL);
    msg = get(w, (struct ask){.server = "127.53.10.1", .name = "mail.shop.example.", .type = DP_TYPE_A});
    assert_int_equal(msg.rcode, DP_RCODE_REFUSED); /* not in the cache, no recursion wished */
}

static void test_resolver_stub(void **state)
{
    struct world *w = *state;
    struct dp_zonetext_error error;
    assert_int_equal(dp_lab_backend_cached(w->stub, "shop.example. 100 IN A 127.80.0.66", 40, &error), DP_OK);
    start(w);
    struct dp_msg msg = get(
        w, (struct ask){
               .server = "127.53.20.53", .name = "shop.example.", .type = DP_TYPE_A, .flags = DP_FLAG_RD});
    assert_a(&msg, 0, "127.80.0.66");
    assert_in_range(answers(&msg)->items[0].ttl_s, 59, 60);
    msg = get(w, (struct ask){.server = "127.53.20.53",
                              .name = "www.shop.example.",
                              .type = DP_TYPE_A,
                              .flags = DP_FLAG_RD});
    assert_int_equal(answers(&msg)->count, 2);
    assert_a(&msg, 1, "127.80.0.1");
}

static void test_resolver_stale(void **state)
{
    struct world *w = *state;
    struct dp_zonetext_error error;
    struct dp_lab_resolver_config config = {.timeout_us = 50000, .tries = 2, .serve_stale = true};
    struct dp_lab_backend *stale = node(w, "127.53.10.2", "stale", NULL);
    assert_int_equal(dp_lab_backend_resolver(stale, &config), DP_OK);
    assert_int_equal(dp_lab_backend_cached(stale, "shop.example. 100 IN A 127.80.0.66", 900, &error), DP_OK);
    dp_lab_node_faults(w->ns1, DP_LAB_VIEWER_LAB)->udp = DP_LAB_DROP;
    dp_lab_node_faults(w->ns2, DP_LAB_VIEWER_LAB)->udp = DP_LAB_DROP;
    start(w);
    struct dp_msg msg = get(w, (struct ask){.server = "127.53.10.2",
                                            .name = "shop.example.",
                                            .type = DP_TYPE_A,
                                            .flags = DP_FLAG_RD,
                                            .udp_size = 1232});
    assert_a(&msg, 0, "127.80.0.66");
    assert_int_equal(answers(&msg)->items[0].ttl_s, 30);
    assert_int_equal(msg.edns.options[0].code, DP_EDNS_EDE);
    msg =
        get(w, (struct ask){
                   .server = "127.53.10.1", .name = "shop.example.", .type = DP_TYPE_A, .flags = DP_FLAG_RD});
    assert_int_equal(msg.rcode, DP_RCODE_SERVFAIL);
    msg = get(w, (struct ask){.server = "127.53.2.1",
                              .name = "shop.example.",
                              .type = DP_TYPE_A}); /* the host's path is whole */
    assert_a(&msg, 0, "127.80.0.1");
}

static void test_rules(void **state)
{
    struct world *w = *state;
    const struct dp_addr none = {0};
    assert_int_equal(dp_lab_backend_block(w->resolver, "shop.example.", 15, "policy", &none), DP_OK);
    assert_int_equal(dp_lab_backend_bogus(w->resolver, "cdn.example.", 7, "expired"), DP_OK);
    start(w);
    struct dp_msg msg = get(w, (struct ask){.server = "127.53.10.1",
                                            .name = "www.shop.example.",
                                            .type = DP_TYPE_A,
                                            .flags = DP_FLAG_RD,
                                            .udp_size = 1232});
    assert_int_equal(msg.rcode, DP_RCODE_NXDOMAIN);
    assert_int_equal(msg.edns.n_options, 1);
    msg = get(
        w, (struct ask){
               .server = "127.53.10.1", .name = "pool.cdn.example.", .type = DP_TYPE_A, .flags = DP_FLAG_RD});
    assert_int_equal(msg.rcode, DP_RCODE_SERVFAIL);
    msg = get(w, (struct ask){.server = "127.53.10.1",
                              .name = "pool.cdn.example.",
                              .type = DP_TYPE_A,
                              .flags = DP_FLAG_RD | DP_FLAG_CD});
    assert_int_equal(answers(&msg)->count, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lookup),
        cmocka_unit_test(test_bad_zones),
        TEST(test_answer),
        TEST(test_referral),
        TEST(test_negative),
        TEST(test_edns),
        TEST(test_truncation),
        TEST(test_pool),
        TEST(test_resolver),
        TEST(test_resolver_negative),
        TEST(test_resolver_stub),
        TEST(test_resolver_stale),
        TEST(test_rules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
