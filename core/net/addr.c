/* SPDX-License-Identifier: MIT
 * Addresses with ports: text forms, socket addresses, and what kind of network an address belongs to.
 *
 * Text forms, in the order in which they are tried:
 *   1. [ADDRESS] and [ADDRESS]:PORT or [ADDRESS]#PORT
 *   2. ADDRESS#PORT
 *   3. ADDRESS:PORT when there is exactly one colon, hence only for IPv4
 *   4. ADDRESS
 * IPv6 addresses may carry %SCOPE (RFC 4007, section 11). An IPv4-mapped address (RFC 4291, section 2.5.5.2)
 * always becomes the IPv4 address: that is what is on the wire. */
#include "net/addr.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

static const uint8_t MAPPED_PREFIX[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
static const uint8_t NAT64_PREFIX[12] = {0, 0x64, 0xff, 0x9b};               /* RFC 6052, section 2.1 */
static const uint8_t LOCAL_NAT64_PREFIX[6] = {0, 0x64, 0xff, 0x9b, 0, 0x01}; /* RFC 8215 */

static void unmap(struct dp_addr *addr)
{
    if (addr->family == 6 && memcmp(addr->ip, MAPPED_PREFIX, sizeof MAPPED_PREFIX) == 0) {
        memmove(addr->ip, addr->ip + 12, 4);
        memset(addr->ip + 4, 0, 12);
        addr->family = 4;
        addr->scope_id = 0;
    }
}

/* 1 to 65535, digits only. */
static bool read_port(const char *text, size_t size, uint16_t *port)
{
    unsigned value = 0;
    if (size == 0 || size > 5) {
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return false;
        }
        value = value * 10 + (unsigned)(text[i] - '0');
    }
    if (value == 0 || value > UINT16_MAX) {
        return false;
    }
    *port = (uint16_t)value;
    return true;
}

/* An interface name or its number; 0 when there is no such interface. */
static uint32_t read_scope(const char *text)
{
    char *end;
    const uint32_t index = if_nametoindex(text);
    if (index != 0) {
        return index;
    }
    const unsigned long number = strtoul(text, &end, 10);
    return *text >= '0' && *text <= '9' && *end == '\0' && number <= UINT32_MAX ? (uint32_t)number : 0;
}

/* The address proper, with %SCOPE but without port and brackets. */
static bool read_ip(struct dp_addr *addr, const char *text, size_t size)
{
    char copy[INET6_ADDRSTRLEN + IF_NAMESIZE + 1];
    if (size == 0 || size >= sizeof copy || memchr(text, '\0', size) != NULL) {
        return false;
    }
    memcpy(copy, text, size);
    copy[size] = '\0';
    char *scope = strchr(copy, '%');
    if (scope != NULL) {
        *scope++ = '\0';
        addr->scope_id = read_scope(scope);
    }
    if (inet_pton(AF_INET, copy, addr->ip) == 1) {
        addr->family = 4;
        return scope == NULL;
    }
    if (inet_pton(AF_INET6, copy, addr->ip) != 1) {
        return false;
    }
    addr->family = 6;
    unmap(addr);
    return scope == NULL || addr->scope_id != 0;
}

enum dp_err dp_addr_from_text(struct dp_addr *addr, const char *text, size_t size_bytes,
                              uint16_t default_port)
{
    struct dp_addr result = {.port = default_port};
    const char *ip = text, *port = NULL, *end = text + size_bytes;
    const char *ip_end = end;
    if (size_bytes > 0 && text[0] == '[') {
        ip = text + 1;
        ip_end = memchr(text, ']', size_bytes);
        if (ip_end == NULL) {
            return DP_ERR_SYNTAX;
        }
        if (ip_end + 1 < end) {
            if (ip_end[1] != ':' && ip_end[1] != '#') {
                return DP_ERR_SYNTAX;
            }
            port = ip_end + 2;
        }
    } else {
        const char *mark = memchr(text, '#', size_bytes);
        if (mark == NULL) {
            const char *colon = memchr(text, ':', size_bytes);
            if (colon != NULL && memchr(colon + 1, ':', (size_t)(end - colon - 1)) == NULL) {
                mark = colon;
            }
        }
        if (mark != NULL) {
            ip_end = mark;
            port = mark + 1;
        }
    }
    if (!read_ip(&result, ip, (size_t)(ip_end - ip)) ||
        (port != NULL && !read_port(port, (size_t)(end - port), &result.port))) {
        return DP_ERR_SYNTAX;
    }
    *addr = result;
    return DP_OK;
}

enum dp_err dp_addr_from_ip(struct dp_addr *addr, const uint8_t *ip, size_t size_bytes, uint16_t port)
{
    if (size_bytes != 4 && size_bytes != 16) {
        return DP_ERR_ARG;
    }
    *addr = (struct dp_addr){.family = size_bytes == 4 ? 4 : 6, .port = port};
    memcpy(addr->ip, ip, size_bytes);
    unmap(addr);
    return DP_OK;
}

void dp_addr_from_sockaddr(struct dp_addr *addr, const struct sockaddr *sa)
{
    memset(addr, 0, sizeof *addr);
    if (sa->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, sa, sizeof in);
        addr->family = 4;
        addr->port = ntohs(in.sin_port);
        memcpy(addr->ip, &in.sin_addr, 4);
    } else if (sa->sa_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, sa, sizeof in6);
        addr->family = 6;
        addr->port = ntohs(in6.sin6_port);
        addr->scope_id = in6.sin6_scope_id;
        memcpy(addr->ip, &in6.sin6_addr, 16);
        unmap(addr);
    }
}

size_t dp_addr_to_sockaddr(const struct dp_addr *addr, struct sockaddr_storage *ss)
{
    if (addr->family == 4) {
        struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(addr->port)};
        memcpy(&in.sin_addr, addr->ip, 4);
        memcpy(ss, &in, sizeof in);
        return sizeof in;
    }
    if (addr->family == 6) {
        struct sockaddr_in6 in6 = {
            .sin6_family = AF_INET6, .sin6_port = htons(addr->port), .sin6_scope_id = addr->scope_id};
        memcpy(&in6.sin6_addr, addr->ip, 16);
        memcpy(ss, &in6, sizeof in6);
        return sizeof in6;
    }
    return 0;
}

char *dp_addr_text(const struct dp_addr *addr, char out[DP_ADDR_TEXT_BYTES])
{
    if (addr->family != 4 && addr->family != 6) {
        return strcpy(out, "none");
    }
    if (addr->family == 4) {
        return dp_str_ipv4(addr->ip, out);
    }
    inet_ntop(AF_INET6, addr->ip, out, DP_ADDR_TEXT_BYTES);
    if (addr->scope_id != 0) {
        char name[IF_NAMESIZE];
        const size_t used = strlen(out);
        if (if_indextoname(addr->scope_id, name) != NULL) {
            snprintf(out + used, DP_ADDR_TEXT_BYTES - used, "%%%s", name);
        } else {
            snprintf(out + used, DP_ADDR_TEXT_BYTES - used, "%%%u", addr->scope_id);
        }
    }
    return out;
}

char *dp_addr_text_port(const struct dp_addr *addr, char out[DP_ADDR_TEXT_BYTES])
{
    dp_addr_text(addr, out);
    const size_t used = strlen(out);
    snprintf(out + used, DP_ADDR_TEXT_BYTES - used, "#%u", addr->port);
    return out;
}

bool dp_addr_same_ip(const struct dp_addr *a, const struct dp_addr *b)
{
    /* A scope that one side does not name does not tell them apart: the kernel fills it in on receipt. */
    return a->family == b->family && memcmp(a->ip, b->ip, a->family == 4 ? 4 : 16) == 0 &&
           (a->scope_id == b->scope_id || a->scope_id == 0 || b->scope_id == 0);
}

bool dp_addr_equal(const struct dp_addr *a, const struct dp_addr *b)
{
    return a->port == b->port && dp_addr_same_ip(a, b);
}

static enum dp_addr_scope scope_v4(const uint8_t ip[4])
{
    if (ip[0] == 127) {
        return DP_ADDR_LOOPBACK;
    }
    if (ip[0] == 10 || (ip[0] == 172 && (ip[1] & 0xf0) == 16) || (ip[0] == 192 && ip[1] == 168) ||
        (ip[0] == 100 && (ip[1] & 0xc0) == 64)) {
        return DP_ADDR_PRIVATE;
    }
    if (ip[0] == 169 && ip[1] == 254) {
        return DP_ADDR_LINK_LOCAL;
    }
    return ip[0] == 0 || ip[0] >= 224 ? DP_ADDR_UNUSABLE : DP_ADDR_GLOBAL;
}

enum dp_addr_scope dp_addr_scope(const struct dp_addr *addr)
{
    static const uint8_t zero[16];
    const uint8_t *ip = addr->ip;
    if (addr->family == 4) {
        return scope_v4(ip);
    }
    if (addr->family != 6 || memcmp(ip, zero, 16) == 0 || ip[0] == 0xff) {
        return DP_ADDR_UNUSABLE;
    }
    if (memcmp(ip, zero, 15) == 0 && ip[15] == 1) {
        return DP_ADDR_LOOPBACK;
    }
    /* Behind a NAT64 prefix stands an IPv4 address: its scope counts, or 64:ff9b::10.0.0.1 would be a way in.
     * The same for 6to4 (RFC 3056) and the old IPv4-compatible addresses (RFC 4291, section 2.5.5.1). */
    if (memcmp(ip, MAPPED_PREFIX, 12) == 0 || memcmp(ip, NAT64_PREFIX, 12) == 0 ||
        memcmp(ip, zero, 12) == 0) {
        return scope_v4(ip + 12);
    }
    if (ip[0] == 0x20 && ip[1] == 0x02) {
        return scope_v4(ip + 2);
    }
    if (memcmp(ip, LOCAL_NAT64_PREFIX, 6) == 0) { /* whose form only the local network knows */
        return DP_ADDR_PRIVATE;
    }
    if (ip[0] == 0xfe && (ip[1] & 0xc0) == 0x80) {
        return DP_ADDR_LINK_LOCAL;
    }
    /* fec0::/10 is the site-local range that RFC 3879 retired: still nobody else's network. */
    if ((ip[0] & 0xfe) == 0xfc || (ip[0] == 0xfe && (ip[1] & 0xc0) == 0xc0)) {
        return DP_ADDR_PRIVATE;
    }
    return DP_ADDR_GLOBAL;
}
