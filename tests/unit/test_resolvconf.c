/* rooms: host
 * SPDX-License-Identifier: MIT
 * resolv.conf, nsswitch.conf, links and the whole configuration, from text and from a made-up root folder. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fakeroot.h"
#include "host/config.h"
#include "host/hostsfile.h"

static void expect_addr(const struct dp_addr *address, const char *want)
{
    char text[DP_ADDR_TEXT_BYTES];
    assert_string_equal(dp_addr_text_port(address, text), want);
}

static struct dp_resolvconf parse(struct dp_arena *a, const char *text)
{
    struct dp_resolvconf rc;
    assert_int_equal(dp_resolvconf_parse(&rc, text, strlen(text), 53, a), DP_OK);
    return rc;
}

static void resolvconf_whole(void **state)
{
    struct dp_arena *a = *state;
    const struct dp_resolvconf rc = parse(a, "# made by hand\n"
                                             "; another comment\n"
                                             "nameserver 192.0.2.53\n"
                                             "nameserver\t2001:db8::53  \r\n"
                                             "nameserver 127.0.0.1#5353\n"
                                             "domain old.example\n"
                                             "search corp.example example.com\n"
                                             "options ndots:2 timeout:1 rotate\n"
                                             "options attempts:9 edns0 made-up\n");
    assert_int_equal(rc.n_servers, 3);
    expect_addr(&rc.servers[0].address, "192.0.2.53#53");
    expect_addr(&rc.servers[1].address, "2001:db8::53#53");
    expect_addr(&rc.servers[2].address, "127.0.0.1#5353");
    assert_int_equal(rc.servers[1].line, 4);
    assert_int_equal(rc.n_search, 2);
    assert_string_equal(rc.search[1], "example.com");
    assert_int_equal(rc.search_line, 7);
    assert_int_equal(rc.ndots, 2);
    assert_int_equal(rc.timeout_s, 1);
    assert_int_equal(rc.attempts, 5); /* the C library's cap */
    assert_true(rc.rotate && rc.edns0);
    assert_int_equal(rc.n_options, 6);
    assert_string_equal(rc.options[5].text, "made-up");
    assert_int_equal(rc.options[5].line, 9);
    assert_int_equal(rc.n_bad_lines, 0);
}

static void resolvconf_defaults(void **state)
{
    const struct dp_resolvconf rc = parse(*state, "");
    assert_int_equal(rc.n_servers, 0);
    assert_int_equal(rc.ndots, 1);
    assert_int_equal(rc.timeout_s, 5);
    assert_int_equal(rc.attempts, 2);
}

/* What the C library ignores without a word is counted. */
static void resolvconf_bad_lines(void **state)
{
    const struct dp_resolvconf rc = parse(*state, "nameserver 192.0.2.1\n"
                                                  "  nameserver 192.0.2.2\n"
                                                  "nameserver not.an.address\n"
                                                  "nameservers 192.0.2.3\n"
                                                  "nameserver\n"
                                                  "sortlist 10.0.0.0\n");
    assert_int_equal(rc.n_servers, 1);
    assert_int_equal(rc.n_bad_lines, 4);
    assert_int_equal(rc.bad_line, 2);
}

static void resolvconf_many_servers(void **state)
{
    char text[4096] = "";
    for (unsigned i = 0; i < 100; i++) {
        snprintf(text + strlen(text), 32, "nameserver 192.0.2.%u\n", i);
    }
    assert_int_equal(parse(*state, text).n_servers, DP_RESOLVCONF_SERVERS_MAX);
}

static void nsswitch_sources_and_actions(void **state)
{
    struct dp_nsswitch ns;
    const char text[] =
        "passwd: files\n"
        "hosts:   files mdns4_minimal [NOTFOUND=return] resolve [!UNAVAIL = return] dns # why\n";
    assert_int_equal(dp_nsswitch_parse(&ns, text, sizeof text - 1, *state), DP_OK);
    assert_int_equal(ns.n_sources, 4);
    assert_int_equal(ns.line, 2);
    assert_string_equal(ns.sources[1], "mdns4_minimal");
    assert_string_equal(ns.actions[1], "[NOTFOUND=return]");
    assert_string_equal(ns.actions[2], "[!UNAVAIL = return]");
    assert_null(ns.actions[3]);
    assert_string_equal(ns.sources[3], "dns");
}

static void nsswitch_absent(void **state)
{
    struct dp_nsswitch ns;
    assert_int_equal(dp_nsswitch_parse(&ns, "passwd: files\n", 14, *state), DP_OK);
    assert_int_equal(ns.line, 0);
    assert_int_equal(ns.n_sources, 2);
    assert_string_equal(ns.sources[0], "files");
    assert_string_equal(ns.sources[1], "dns");
}

static void nsswitch_without_blank(void **state)
{
    struct dp_nsswitch ns;
    assert_int_equal(dp_nsswitch_parse(&ns, "hosts:dns files", 15, *state), DP_OK);
    assert_int_equal(ns.n_sources, 2);
    assert_string_equal(ns.sources[0], "dns");
}

/* A laptop: resolved as local stub, wlan0 at home, wg0 into the company. */
static void configuration_of_a_split_tunnel(void **state)
{
    struct fakeroot root;
    struct dp_host_config config;
    fakeroot_make(&root);
    fakeroot_file(&root, "/etc/resolv.conf", "nameserver 127.0.0.53\noptions edns0 trust-ad\nsearch home\n");
    fakeroot_file(&root, "/etc/nsswitch.conf", "hosts: files resolve [!UNAVAIL=return] dns\n");
    fakeroot_file(&root, "/proc/612/comm", "systemd-resolve\n");
    fakeroot_file(&root, "/sys/class/net/lo/ifindex", "1\n");
    fakeroot_file(&root, "/sys/class/net/wg0/ifindex", "7\n");
    fakeroot_file(&root, "/sys/class/net/wg0/type", "65534\n");
    fakeroot_file(&root, "/sys/class/net/wlan0/ifindex", "3\n");
    fakeroot_file(&root, "/sys/class/net/wlan0/type", "1\n");
    fakeroot_file(&root, "/sys/class/net/wlan0/operstate", "up\n");
    fakeroot_file(
        &root, "/run/systemd/resolve/netif/7",
        "# This is private data. Do not parse.\nLLMNR=no\nSERVERS=10.8.0.1 [fd00::1]:5353#dns.corp\n"
        "DOMAINS=~corp.example corp.example\n");
    fakeroot_file(&root, "/run/systemd/netif/links/3",
                  "DNS=192.0.2.1%wlan0\nDOMAINS=home\nROUTE_DOMAINS=\".\"\n");
    fakeroot_file(&root, "/run/systemd/resolve/resolv.conf", "nameserver 192.0.2.1\nnameserver 9.9.9.9\n");
    const struct dp_host_paths paths = {.root = root.path};
    assert_int_equal(dp_host_config_read(&paths, 0, *state, &config), DP_OK);
    assert_true(config.has_resolvconf);
    assert_true(config.resolved.running);
    assert_int_equal(config.resolved.n_links, 2);
    const struct dp_host_link *wlan = config.resolved.links;
    const struct dp_host_link *wg = wlan->next;
    assert_string_equal(wlan->name, "wlan0");
    assert_false(wlan->vpn);
    assert_true(wlan->up);
    assert_string_equal(wlan->domains->name, "home");
    assert_string_equal(wlan->domains->next->name, ".");
    assert_true(wlan->domains->next->routing_only);
    assert_true(wg->vpn);
    assert_true(wg->domains->routing_only);
    assert_false(wg->domains->next->routing_only);
    assert_int_equal(config.n_resolvers, 5);
    expect_addr(&config.resolvers[0].address, "127.0.0.53#53");
    assert_string_equal(config.resolvers[0].source, "resolv.conf");
    assert_int_equal(config.resolvers[0].line, 1);
    expect_addr(&config.resolvers[1].address, "192.0.2.1#53");
    assert_string_equal(config.resolvers[1].link, "wlan0");
    expect_addr(&config.resolvers[3].address, "fd00::1#5353");
    assert_string_equal(config.resolvers[3].link, "wg0");
    expect_addr(&config.resolvers[4].address, "9.9.9.9#53");
    assert_null(config.resolvers[4].link);
    fakeroot_remove(&root);
}

static void configuration_of_nothing(void **state)
{
    struct fakeroot root;
    struct dp_host_config config;
    struct dp_hosts_found found;
    const char *file;
    fakeroot_make(&root);
    const struct dp_host_paths paths = {.root = root.path};
    assert_int_equal(dp_host_config_read(&paths, 0, *state, &config), DP_OK);
    assert_false(config.has_resolvconf);
    assert_int_equal(config.n_resolvers, 0);
    assert_int_equal(config.resolved.n_links, 0);
    assert_int_equal(dp_host_hosts_find(&paths, "localhost", *state, &found, &file), DP_ERR_NOTFOUND);
    fakeroot_remove(&root);
}

static int setup(void **state)
{
    struct dp_arena *a = malloc(sizeof *a);
    assert_non_null(a);
    dp_arena_init(a, 0);
    *state = a;
    return 0;
}

static int teardown(void **state)
{
    dp_arena_fini(*state);
    free(*state);
    return 0;
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(resolvconf_whole),
        T(resolvconf_defaults),
        T(resolvconf_bad_lines),
        T(resolvconf_many_servers),
        T(nsswitch_sources_and_actions),
        T(nsswitch_absent),
        T(nsswitch_without_blank),
        T(configuration_of_a_split_tunnel),
        T(configuration_of_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
