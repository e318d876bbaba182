/* SPDX-License-Identifier: MIT
 * Addresses with ports, in every form that users write: 1.1.1.1, 1.1.1.1#5353, 1.1.1.1:5353,
 * [2606:4700::1111]:53, 2606:4700::1111#53, fe80::1%eth0. */
#ifndef DP_NET_ADDR_H
#define DP_NET_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct sockaddr;
struct sockaddr_storage;

#define DP_ADDR_TEXT_BYTES 80 /* room for any printed form */

struct dp_addr {
    uint8_t family; /* 4, 6; 0: none */
    uint16_t port;  /* host order; 0: not given */
    uint32_t scope_id;
    uint8_t ip[16]; /* network order; the first 4 for IPv4 */
};

/* What an address is good for (RFC 6890 registries): who may be asked without leave depends on it. */
enum dp_addr_scope {
    DP_ADDR_GLOBAL,
    DP_ADDR_LOOPBACK,   /* 127.0.0.0/8, ::1 */
    DP_ADDR_PRIVATE,    /* RFC 1918, RFC 6598 shared, fc00::/7 */
    DP_ADDR_LINK_LOCAL, /* 169.254.0.0/16, fe80::/10 */
    DP_ADDR_UNUSABLE    /* unspecified, multicast, reserved, broadcast, documentation excepted */
};

/* `size_bytes` of text; a port not given is `default_port`. SYNTAX otherwise. */
enum dp_err dp_addr_from_text(struct dp_addr *addr, const char *text, size_t size_bytes,
                              uint16_t default_port);
enum dp_err dp_addr_from_ip(struct dp_addr *addr, const uint8_t *ip, size_t size_bytes,
                            uint16_t port);                                  /* 4 or 16 */
void dp_addr_from_sockaddr(struct dp_addr *addr, const struct sockaddr *sa); /* v4-mapped becomes v4 */
size_t dp_addr_to_sockaddr(const struct dp_addr *addr, struct sockaddr_storage *ss); /* returns its length */

char *dp_addr_text(const struct dp_addr *addr, char out[DP_ADDR_TEXT_BYTES]); /* address only (with %scope) */
char *dp_addr_text_port(const struct dp_addr *addr, char out[DP_ADDR_TEXT_BYTES]); /* address#port */
bool dp_addr_equal(const struct dp_addr *a, const struct dp_addr *b);              /* port too */
bool dp_addr_same_ip(const struct dp_addr *a, const struct dp_addr *b);
enum dp_addr_scope dp_addr_scope(const struct dp_addr *addr);
/* The address from which this host sends to `to`; nothing is sent. false where there is no route. */
bool dp_addr_source(const struct dp_addr *to, struct dp_addr *source);

#endif
