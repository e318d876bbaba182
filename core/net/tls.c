/* SPDX-License-Identifier: MIT
 * OpenSSL behind tls.h, loaded with dlopen(3) when the first handshake is made.
 *
 * Why not linked: measured on a program that does nothing, libssl and libcrypto as dependencies cost 2.2 ms
 * of every start (1.8 ms → 4.0 ms), statically linked still 1.4 ms; loaded on demand nothing. Most runs of a
 * DNS tool make no handshake. The types come from OpenSSL's headers and the library of the same major version
 * is opened, so what the compiler has checked is what is called.
 *
 * Verification is left to the end: the handshake is completed whatever the certificate says
 * (SSL_VERIFY_NONE), so that an expired or foreign certificate can be described, and the result of the chain
 * check is asked for afterwards. No application data is ever sent.
 *
 * The trust store is the system's: a folder of certificates by the hash of their names, of which the one that
 * is needed is read, and a file of all of them, which takes 20 ms to read while nothing else is sent or
 * received. So the file is read when a certificate has come that the folder does not vouch for. What is
 * trusted is the same: either. */
#include "net/tls.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/escape.h"

#if OPENSSL_VERSION_MAJOR >= 3
#define TLS_LIBRARY    "libssl.so.3"
#define PEER_CERT_NAME SSL_get1_peer_certificate
#else
#define TLS_LIBRARY    "libssl.so.1.1"
#define PEER_CERT_NAME SSL_get_peer_certificate
#endif

/* Every function of the library that is used here. */
#define TLS_FUNCTIONS(F)                                                                                     \
    F(TLS_client_method)                                                                                     \
    F(SSL_CTX_new)                                                                                           \
    F(SSL_CTX_free)                                                                                          \
    F(SSL_CTX_set_verify)                                                                                    \
    F(SSL_CTX_set_default_verify_dir)                                                                        \
    F(SSL_CTX_set_default_verify_file)                                                                       \
    F(SSL_CTX_set_cert_verify_callback)                                                                      \
    F(SSL_new)                                                                                               \
    F(SSL_free)                                                                                              \
    F(SSL_set_bio)                                                                                           \
    F(SSL_set_connect_state)                                                                                 \
    F(SSL_ctrl)                                                                                              \
    F(SSL_set1_host)                                                                                         \
    F(SSL_get0_param)                                                                                        \
    F(SSL_do_handshake)                                                                                      \
    F(SSL_get_error)                                                                                         \
    F(SSL_get_version)                                                                                       \
    F(SSL_get_verify_result)                                                                                 \
    F(BIO_new)                                                                                               \
    F(BIO_free)                                                                                              \
    F(BIO_s_mem)                                                                                             \
    F(BIO_read)                                                                                              \
    F(BIO_write)                                                                                             \
    F(ERR_clear_error)                                                                                       \
    F(ERR_peek_last_error)                                                                                   \
    F(ERR_reason_error_string)                                                                               \
    F(X509_free)                                                                                             \
    F(X509_get_subject_name)                                                                                 \
    F(X509_get_issuer_name)                                                                                  \
    F(X509_NAME_print_ex)                                                                                    \
    F(X509_get0_notAfter)                                                                                    \
    F(X509_verify_cert)                                                                                      \
    F(X509_verify_cert_error_string)                                                                         \
    F(X509_STORE_CTX_new)                                                                                    \
    F(X509_STORE_CTX_free)                                                                                   \
    F(X509_STORE_CTX_init)                                                                                   \
    F(X509_STORE_CTX_set_default)                                                                            \
    F(X509_STORE_CTX_get0_store)                                                                             \
    F(X509_STORE_CTX_get0_cert)                                                                              \
    F(X509_STORE_CTX_get0_untrusted)                                                                         \
    F(X509_VERIFY_PARAM_set1_ip_asc)                                                                         \
    F(ASN1_TIME_to_tm)

/* The library and the trust store, one for all handshakes of a loop. */
struct library {
    SSL_CTX *ctx;
    bool has_file; /* the file of trusted certificates has been read */
    __typeof__(&PEER_CERT_NAME) peer_certificate;
#define F(name) __typeof__(&name) name;
    TLS_FUNCTIONS(F)
#undef F
};

struct dp_tls {
    const struct library *lib;
    SSL *ssl;
    BIO *in, *out; /* owned by ssl */
    bool done;
    unsigned long error;
};

/* ---- the library ---- */

static void library_free(void *object)
{
    struct library *lib = object;
    if (lib->ctx != NULL) {
        lib->SSL_CTX_free(lib->ctx);
    }
    free(lib);
}

/* A data pointer from dlsym(3) as the function pointer that POSIX promises it to be. */
static bool resolve(void *handle, const char *name, void *function, size_t size)
{
    void *symbol = dlsym(handle, name);
    memcpy(function, &symbol, size);
    return symbol != NULL;
}

#define TEXT_OF(name)  #name
#define TEXT_OF2(name) TEXT_OF(name)

/* Does what has been read of the trust store vouch for the chain? A context verifies once, so another one
 * tries. */
static bool is_vouched_for(const struct library *lib, X509_STORE_CTX *given)
{
    X509_STORE_CTX *trial = lib->X509_STORE_CTX_new();
    const bool ok = trial != NULL &&
                    lib->X509_STORE_CTX_init(trial, lib->X509_STORE_CTX_get0_store(given),
                                             lib->X509_STORE_CTX_get0_cert(given),
                                             lib->X509_STORE_CTX_get0_untrusted(given)) == 1 &&
                    lib->X509_STORE_CTX_set_default(trial, "ssl_server") == 1 &&
                    lib->X509_verify_cert(trial) == 1;
    lib->X509_STORE_CTX_free(trial);
    return ok;
}

/* In place of the library's own verification, which it calls. */
static int verify(X509_STORE_CTX *given, void *user)
{
    struct library *lib = user;
    if (!lib->has_file && !is_vouched_for(lib, given)) {
        lib->has_file = true;
        lib->SSL_CTX_set_default_verify_file(lib->ctx); /* honours SSL_CERT_FILE */
    }
    return lib->X509_verify_cert(given);
}

/* The library is never unloaded (RTLD_NODELETE): it has registered exit handlers of its own. */
static struct library *library_load(void)
{
    void *handle = dlopen(TLS_LIBRARY, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    struct library *lib = handle != NULL ? calloc(1, sizeof *lib) : NULL;
    if (lib == NULL) {
        return NULL;
    }
    bool ok = resolve(handle, TEXT_OF2(PEER_CERT_NAME), &lib->peer_certificate, sizeof lib->peer_certificate);
#define F(name) ok = resolve(handle, TEXT_OF(name), &lib->name, sizeof lib->name) && ok;
    TLS_FUNCTIONS(F)
#undef F
    if (ok) {
        lib->ctx = lib->SSL_CTX_new(lib->TLS_client_method());
    }
    if (lib->ctx == NULL) {
        free(lib);
        return NULL;
    }
    lib->SSL_CTX_set_verify(lib->ctx, SSL_VERIFY_NONE, NULL);
    lib->SSL_CTX_set_default_verify_dir(lib->ctx); /* honours SSL_CERT_DIR */
    lib->SSL_CTX_set_cert_verify_callback(lib->ctx, verify, lib);
    return lib;
}

static const struct library *library_of(struct dp_loop *loop)
{
    struct library *lib = dp_loop_kept(loop);
    if (lib == NULL) {
        lib = library_load();
        if (lib != NULL) {
            dp_loop_keep(loop, lib, library_free);
        }
    }
    return lib;
}

/* ---- one handshake ---- */

static bool is_address(const char *name)
{
    uint8_t ip[16];
    return inet_pton(AF_INET, name, ip) == 1 || inet_pton(AF_INET6, name, ip) == 1;
}

static bool set_name(const struct library *lib, SSL *ssl, const char *name)
{
    char copy[256];
    const size_t size = strlen(name);
    if (size == 0 || size >= sizeof copy) {
        return false;
    }
    memcpy(copy, name, size + 1);
    if (is_address(copy)) {
        return lib->X509_VERIFY_PARAM_set1_ip_asc(lib->SSL_get0_param(ssl), copy) == 1;
    }
    if (size > 1 && copy[size - 1] == '.') { /* SNI has no final dot (RFC 6066, section 3) */
        copy[size - 1] = '\0';
    }
    return lib->SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, copy) == 1 &&
           lib->SSL_set1_host(ssl, copy) == 1;
}

enum dp_err dp_tls_new(struct dp_loop *loop, const char *name, struct dp_tls **tls)
{
    const struct library *lib = library_of(loop);
    if (lib == NULL) {
        return DP_ERR_UNSUPPORTED;
    }
    struct dp_tls *t = calloc(1, sizeof *t);
    SSL *ssl = lib->SSL_new(lib->ctx);
    BIO *in = lib->BIO_new(lib->BIO_s_mem()), *out = lib->BIO_new(lib->BIO_s_mem());
    if (t == NULL || ssl == NULL || in == NULL || out == NULL) {
        free(t);
        lib->SSL_free(ssl);
        lib->BIO_free(in);
        lib->BIO_free(out);
        return DP_ERR_NOMEM;
    }
    *t = (struct dp_tls){.lib = lib, .ssl = ssl, .in = in, .out = out};
    lib->SSL_set_bio(ssl, in, out);
    lib->SSL_set_connect_state(ssl);
    if (name != NULL && !set_name(lib, ssl, name)) {
        dp_tls_free(t);
        return DP_ERR_ARG;
    }
    *tls = t;
    return DP_OK;
}

void dp_tls_free(struct dp_tls *tls)
{
    if (tls != NULL) {
        tls->lib->SSL_free(tls->ssl);
        free(tls);
    }
}

enum dp_tls_step dp_tls_advance(struct dp_tls *tls, const uint8_t *data, size_t size_bytes)
{
    const struct library *lib = tls->lib;
    if (size_bytes > 0) {
        lib->BIO_write(tls->in, data, (int)size_bytes);
    }
    lib->ERR_clear_error();
    const int status = lib->SSL_do_handshake(tls->ssl);
    if (status == 1) {
        tls->done = true;
        return DP_TLS_DONE;
    }
    const int reason = lib->SSL_get_error(tls->ssl, status);
    if (reason == SSL_ERROR_WANT_READ || reason == SSL_ERROR_WANT_WRITE) {
        return DP_TLS_MORE;
    }
    tls->error = lib->ERR_peek_last_error();
    return DP_TLS_FAILED;
}

size_t dp_tls_output(struct dp_tls *tls, uint8_t *out, size_t cap_bytes)
{
    const int got = tls->lib->BIO_read(tls->out, out, (int)cap_bytes);
    return got > 0 ? (size_t)got : 0;
}

/* ---- the verdict ---- */

/* Text from outside, escaped and cut to the space there is. */
static void put_escaped(char *out, size_t cap_bytes, const char *text, size_t size_bytes)
{
    struct dp_str s;
    dp_str_init(&s, 0);
    dp_escape_terminal(&s, text, size_bytes);
    snprintf(out, cap_bytes, "%s", dp_str_text(&s));
    dp_str_fini(&s);
}

static void put_name(const struct library *lib, char *out, size_t cap_bytes, const X509_NAME *name)
{
    char text[512];
    BIO *bio = lib->BIO_new(lib->BIO_s_mem());
    if (bio == NULL) {
        return;
    }
    lib->X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253);
    const int size = lib->BIO_read(bio, text, sizeof text);
    put_escaped(out, cap_bytes, text, size > 0 ? (size_t)size : 0);
    lib->BIO_free(bio);
}

static void describe_certificate(struct dp_tls *tls, struct dp_connect_result *result)
{
    const struct library *lib = tls->lib;
    struct tm tm;
    X509 *cert = lib->peer_certificate(tls->ssl);
    if (cert == NULL) {
        return;
    }
    put_name(lib, result->subject, sizeof result->subject, lib->X509_get_subject_name(cert));
    put_name(lib, result->issuer, sizeof result->issuer, lib->X509_get_issuer_name(cert));
    if (lib->ASN1_TIME_to_tm(lib->X509_get0_notAfter(cert), &tm) == 1) {
        result->not_after_s = (int64_t)timegm(&tm);
    }
    lib->X509_free(cert);
}

static enum dp_connect_outcome outcome_of_chain(long verify_result)
{
    switch (verify_result) {
    case X509_V_OK:
        return DP_CONNECT_OK;
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return DP_CONNECT_TLS_EXPIRED;
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return DP_CONNECT_TLS_NOT_YET_VALID;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        return DP_CONNECT_TLS_NAME;
    default:
        return DP_CONNECT_TLS_UNTRUSTED;
    }
}

void dp_tls_describe(struct dp_tls *tls, struct dp_connect_result *result)
{
    const struct library *lib = tls->lib;
    const char *reason = NULL;
    describe_certificate(tls, result);
    if (tls->done) {
        const long verified = lib->SSL_get_verify_result(tls->ssl);
        snprintf(result->tls_version, sizeof result->tls_version, "%s", lib->SSL_get_version(tls->ssl));
        result->outcome = outcome_of_chain(verified);
        reason = verified == X509_V_OK ? "" : lib->X509_verify_cert_error_string(verified);
    } else {
        result->outcome = DP_CONNECT_TLS_ALERT;
        reason = lib->ERR_reason_error_string(tls->error);
    }
    if (reason == NULL) {
        reason = "TLS handshake failed";
    }
    put_escaped(result->reason, sizeof result->reason, reason, strlen(reason));
}
