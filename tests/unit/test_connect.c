/* rooms: net base */
/* SPDX-License-Identifier: MIT
 * The application check: TCP against listeners that misbehave, TLS against `openssl s_server` with
 * certificates made here. Each TLS case is a row: what the server shows, what we trust and expect, what comes
 * out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "badserver.h"
#include "base/clock.h"
#include "looprun.h"
#include "net/connect.h"

#define MS 1000u

struct check {
    struct dp_loop *loop;
    unsigned calls;
    struct dp_connect_result result;
};

static void keep_result(void *user, const struct dp_connect_result *result)
{
    struct check *c = user;
    c->calls++;
    c->result = *result;
}

static void start(struct check *c, const struct dp_addr *address, const char *sni, bool tls,
                  struct dp_connect **handle)
{
    const struct dp_connect_params params = {
        .address = *address, .tls = tls, .sni = sni, .timeout_us = 2000 * MS};
    assert_int_equal(dp_connect_start(c->loop, &params, keep_result, c, handle), DP_OK);
    assert_int_equal(c->calls, 0); /* from the loop, always */
}

static void check(struct check *c, const struct dp_addr *address, const char *sni, bool tls)
{
    c->calls = 0;
    start(c, address, sni, tls, NULL);
    loop_run(c->loop);
    assert_int_equal(c->calls, 1);
}

/* ---- TCP ---- */

static void never(struct bad_query *q, void *user)
{
    (void)q;
    (void)user;
    fail();
}

static void test_tcp(void **state)
{
    struct check c = {0};
    (void)state;
    assert_int_equal(dp_loop_new(&c.loop), DP_OK);
    struct bad_server *server = bad_server_new(c.loop, 4, never, NULL);
    check(&c, &server->address, NULL, false);
    assert_int_equal(c.result.outcome, DP_CONNECT_OK);
    assert_string_equal(c.result.reason, "");
    assert_true(c.result.connect_us < 2000 * MS);
    assert_int_equal(c.result.tls_us, 0);

    struct dp_addr nobody = {.family = 4, .ip = {127, 0, 0, 1}};
    close(bad_socket(&nobody, SOCK_STREAM));
    check(&c, &nobody, NULL, false);
    assert_int_equal(c.result.outcome, DP_CONNECT_REFUSED);
    assert_string_equal(c.result.reason, "Connection refused");

    const struct dp_addr broadcast = {.family = 4, .port = 443, .ip = {255, 255, 255, 255}};
    check(&c, &broadcast, NULL, false);
    assert_int_equal(c.result.outcome, DP_CONNECT_LOCAL);
    bad_server_free(server);
    dp_loop_free(c.loop);
}

static void test_cancel(void **state)
{
    struct check c = {0};
    struct dp_connect *handle;
    (void)state;
    assert_int_equal(dp_loop_new(&c.loop), DP_OK);
    struct bad_server *server = bad_server_new(c.loop, 4, never, NULL);
    start(&c, &server->address, NULL, false, &handle);
    dp_connect_cancel(handle);
    assert_int_equal(c.calls, 1);
    assert_int_equal(c.result.outcome, DP_CONNECT_CANCELED);
    bad_server_free(server);
    dp_loop_free(c.loop);
}

static void test_arguments(void **state)
{
    struct check c = {0};
    const struct dp_connect_params params = {.timeout_us = MS};
    (void)state;
    assert_int_equal(dp_loop_new(&c.loop), DP_OK);
    assert_int_equal(dp_connect_start(c.loop, &params, keep_result, &c, NULL), DP_ERR_ARG);
    dp_loop_free(c.loop);
}

static void test_outcome_names(void **state)
{
    (void)state;
    assert_string_equal(dp_connect_outcome_name(DP_CONNECT_OK), "ok");
    assert_string_equal(dp_connect_outcome_name(DP_CONNECT_TLS_NOT_YET_VALID), "tls-not-yet-valid");
    assert_string_equal(dp_connect_outcome_name(DP_CONNECT_CANCELED), "canceled");
}

/* ---- what is not TLS ---- */

/* Accepts and then: says nothing, speaks another protocol, closes, resets. */
static void one_peer(struct check *c, const char *answer, bool close_it, bool reset)
{
    struct sockaddr_storage ss;
    struct dp_addr address = {.family = 4, .ip = {127, 0, 0, 1}};
    const int listener = bad_socket(&address, SOCK_STREAM);
    const struct linger hard = {.l_onoff = 1, .l_linger = 0};
    socklen_t size = sizeof ss;
    listen(listener, 1);
    const struct dp_connect_params params = {
        .address = address, .tls = true, .sni = "shop.example", .timeout_us = 100 * MS};
    c->calls = 0;
    assert_int_equal(dp_connect_start(c->loop, &params, keep_result, c, NULL), DP_OK);
    dp_loop_turn(c->loop, true); /* connected: the hello has left */
    const int peer = accept(listener, (struct sockaddr *)&ss, &size);
    if (answer != NULL) {
        assert_true(send(peer, answer, strlen(answer), MSG_NOSIGNAL) > 0);
    }
    if (reset) {
        setsockopt(peer, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
        close(peer);
    } else if (close_it) {
        shutdown(peer, SHUT_WR);
    }
    loop_run(c->loop);
    if (!reset) {
        close(peer);
    }
    close(listener);
    assert_int_equal(c->calls, 1);
}

static void test_not_tls(void **state)
{
    struct check c = {0};
    (void)state;
    assert_int_equal(dp_loop_new(&c.loop), DP_OK);
    one_peer(&c, NULL, false, false);
    assert_int_equal(c.result.outcome, DP_CONNECT_TLS_TIMEOUT);
    assert_true(c.result.connect_us > 0 && c.result.tls_us > 0);
    one_peer(&c, "220 mail.example ESMTP\r\n", false, false);
    assert_int_equal(c.result.outcome, DP_CONNECT_TLS_ALERT);
    assert_string_equal(c.result.reason, "wrong version number");
    one_peer(&c, NULL, true, false);
    assert_int_equal(c.result.outcome, DP_CONNECT_CLOSED);
    one_peer(&c, NULL, true, true);
    assert_int_equal(c.result.outcome, DP_CONNECT_RESET);
    dp_loop_free(c.loop);
}

/* ---- certificates ---- */

static char dir[] = "/tmp/test_connect-XXXXXX";

static void sh(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void sh(const char *format, ...)
{
    char command[PATH_MAX], line[PATH_MAX + 128];
    va_list args;
    va_start(args, format);
    vsnprintf(command, sizeof command, format, args);
    va_end(args);
    snprintf(line, sizeof line, "cd %s && { %s; } >log 2>&1", dir, command);
    assert_int_equal(system(line), 0);
}

static int make_certificates(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(dir));
    sh("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem "
       "-subj /CN=Test-CA -days 10");
    sh("openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout leaf.key -out leaf.csr "
       "-subj \"/CN=shop.example\"");
    sh("mkdir hashed && cp ca.pem hashed/$(openssl x509 -in ca.pem -noout -subject_hash).0");
    sh("printf 'subjectAltName=DNS:shop.example,IP:127.0.0.1\\n' >ext");
    for (int expired = 0; expired < 2; expired++) {
        sh("openssl x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile ext -days %d "
           "-out %s.pem",
           expired ? 0 : 10, expired ? "expired" : "good");
    }
    return 0;
}

static int remove_certificates(void **state)
{
    (void)state;
    sh("rm -rf hashed *.pem *.key *.csr *.srl ext");
    char path[sizeof dir + 8];
    snprintf(path, sizeof path, "%s/log", dir);
    unlink(path);
    return rmdir(dir);
}

/* `openssl s_server` on a port of the kernel's choice, which it prints. */
static pid_t serve_tls(const char *certificate, struct dp_addr *address)
{
    int out[2];
    char line[256], cert[64], key[64];
    unsigned port = 0;
    assert_int_equal(pipe(out), 0);
    const pid_t pid = fork();
    if (pid == 0) {
        dup2(out[1], STDOUT_FILENO);
        snprintf(cert, sizeof cert, "%s/%s.pem", dir, certificate);
        snprintf(key, sizeof key, "%s/leaf.key", dir);
        execlp("openssl", "openssl", "s_server", "-www", "-accept", "127.0.0.1:0", "-cert", cert, "-key", key,
               (char *)NULL);
        _exit(127);
    }
    close(out[1]);
    FILE *file = fdopen(out[0], "r");
    while (port == 0 && fgets(line, sizeof line, file) != NULL) {
        (void)sscanf(line, "ACCEPT 127.0.0.1:%u", &port);
    }
    fclose(file);
    assert_int_not_equal(port, 0);
    *address = (struct dp_addr){.family = 4, .port = (uint16_t)port, .ip = {127, 0, 0, 1}};
    return pid;
}

/* `trust`: the file of trusted certificates; NULL: there is none, but the folder of them by hash. */
struct tls_row {
    const char *name, *certificate, *trust, *sni;
    enum dp_connect_outcome outcome;
};

static const struct tls_row tls_rows[] = {
    {"good", "good", "ca.pem", "shop.example", DP_CONNECT_OK},
    {"good, name with final dot", "good", "ca.pem", "shop.example.", DP_CONNECT_OK},
    {"good, by address", "good", "ca.pem", "127.0.0.1", DP_CONNECT_OK},
    {"good, no name asked", "good", "ca.pem", NULL, DP_CONNECT_OK},
    {"another name", "good", "ca.pem", "other.example", DP_CONNECT_TLS_NAME},
    {"another address", "good", "ca.pem", "127.0.0.2", DP_CONNECT_TLS_NAME},
    {"expired", "expired", "ca.pem", "shop.example", DP_CONNECT_TLS_EXPIRED},
    {"untrusted", "good", "nothing.pem", "shop.example", DP_CONNECT_TLS_UNTRUSTED},
    {"good, by the folder", "good", NULL, "shop.example", DP_CONNECT_OK},
    {"another name, by the folder", "good", NULL, "other.example", DP_CONNECT_TLS_NAME},
    {"expired, by the folder", "expired", NULL, "shop.example", DP_CONNECT_TLS_EXPIRED},
};

static void test_tls(void **state)
{
    const struct tls_row *row = *state;
    struct check c = {0};
    struct dp_addr address;
    char trust[64], folder[64];
    snprintf(trust, sizeof trust, "%s/%s", dir, row->trust != NULL ? row->trust : "nothing.pem");
    snprintf(folder, sizeof folder, "%s/%s", dir, row->trust != NULL ? "." : "hashed");
    setenv("SSL_CERT_FILE", trust, 1);
    setenv("SSL_CERT_DIR", folder, 1);
    assert_int_equal(dp_loop_new(&c.loop), DP_OK);
    const pid_t server = serve_tls(row->certificate, &address);
    check(&c, &address, row->sni, true);
    kill(server, SIGTERM);
    waitpid(server, NULL, 0);
    assert_int_equal(c.result.outcome, row->outcome);
    assert_string_equal(c.result.tls_version, "TLSv1.3");
    assert_string_equal(c.result.subject, "CN=shop.example");
    assert_string_equal(c.result.issuer, "CN=Test-CA");
    assert_true(c.result.not_after_s > 1500000000);
    assert_true(c.result.tls_us > 0);
    assert_int_equal(c.result.reason[0] == '\0', row->outcome == DP_CONNECT_OK);
    dp_loop_free(c.loop);
}

#define TLS_ROWS (sizeof tls_rows / sizeof tls_rows[0])

int main(void)
{
    const struct CMUnitTest plain[] = {
        cmocka_unit_test(test_tcp),       cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_arguments), cmocka_unit_test(test_outcome_names),
        cmocka_unit_test(test_not_tls),
    };
    struct CMUnitTest tls[TLS_ROWS];
    for (size_t i = 0; i < TLS_ROWS; i++) {
        tls[i] = (struct CMUnitTest){tls_rows[i].name, test_tls, NULL, NULL, (void *)(uintptr_t)&tls_rows[i]};
    }
    const int failed = cmocka_run_group_tests_name("connect", plain, NULL, NULL);
    return failed +
           _cmocka_run_group_tests("connect tls", tls, TLS_ROWS, make_certificates, remove_certificates);
}
