/* SPDX-License-Identifier: MIT
 * Socket options and control messages that all transports share.
 *
 * Sockets stay unconnected for datagrams, so that packets from a third party are seen; that an ICMP message
 * about one of our packets is seen all the same is the work of IP_RECVERR: the kernel then matches it to the
 * socket by ports and puts it on the error queue with type, code, reporter and the beginning of our message
 * (ip(7), "IP_RECVERR"). */
#include <time.h> /* before errqueue.h, which uses struct timespec without saying so */

#include <errno.h>
#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <netinet/in.h>
#include <string.h>

#include "base/clock.h"
#include "net/link.h"

/* Linux: the size of the largest fragment, told of a datagram that came in several (since 4.10). Headers
 * older than the kernel lack the names. */
enum { RECV_FRAGSIZE_V4 = 25, RECV_FRAGSIZE_V6 = 77 };
/* Linux: IP_MTU and IPV6_MTU, which the C library shows only together with its own extensions. */
enum { PATH_MTU_V4 = 14, PATH_MTU_V6 = 24 };

static int set_int(int fd, int level, int option, int value)
{
    return setsockopt(fd, level, option, &value, sizeof value);
}

int dp_socket_new(uint8_t family, int type)
{
    const int fd = socket(family == 4 ? AF_INET : AF_INET6, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -errno;
    }
    /* Each of these only adds evidence; a kernel without one still exchanges messages. */
    if (family == 4) {
        (void)set_int(fd, IPPROTO_IP, IP_RECVERR, 1);
        (void)set_int(fd, IPPROTO_IP, IP_RECVTTL, 1);
        (void)set_int(fd, IPPROTO_IP, RECV_FRAGSIZE_V4, 1);
    } else {
        (void)set_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
        (void)set_int(fd, IPPROTO_IPV6, IPV6_RECVERR, 1);
        (void)set_int(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1);
        (void)set_int(fd, IPPROTO_IPV6, RECV_FRAGSIZE_V6, 1);
    }
    (void)set_int(fd, SOL_SOCKET, SO_TIMESTAMPNS, 1);
    return fd;
}

void dp_socket_stamps(struct msghdr *msg, struct dp_packet *packet)
{
    packet->clock_kernel = false;
    packet->ttl = 0;
    packet->fragment_bytes = 0;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c != NULL; c = CMSG_NXTHDR(msg, c)) {
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
            struct timespec ts;
            memcpy(&ts, CMSG_DATA(c), sizeof ts);
            packet->real_us = (uint64_t)ts.tv_sec * 1000000u + (uint64_t)ts.tv_nsec / 1000u;
            packet->clock_kernel = true;
        } else if ((c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TTL) ||
                   (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_HOPLIMIT)) {
            int ttl;
            memcpy(&ttl, CMSG_DATA(c), sizeof ttl);
            packet->ttl = (uint8_t)ttl;
        } else if ((c->cmsg_level == IPPROTO_IP && c->cmsg_type == RECV_FRAGSIZE_V4) ||
                   (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == RECV_FRAGSIZE_V6)) {
            int bytes;
            memcpy(&bytes, CMSG_DATA(c), sizeof bytes);
            packet->fragment_bytes = (uint16_t)bytes;
        }
    }
    if (!packet->clock_kernel) {
        packet->real_us = dp_clock_real_us();
    }
}

void dp_socket_stamp_sent(int fd)
{
    (void)set_int(fd, SOL_SOCKET, SO_TIMESTAMPING,
                  SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_OPT_TSONLY);
}

/* The stamp comes back over the error queue, without the message (OPT_TSONLY). It is queued before the
 * message goes on its way, so it is ahead of any ICMP message about it. */
uint64_t dp_socket_sent_us(int fd)
{
    union {
        struct cmsghdr align;
        uint8_t bytes[256];
    } control;
    struct msghdr msg = {.msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
    if (recvmsg(fd, &msg, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) {
        return 0;
    }
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c != NULL; c = CMSG_NXTHDR(&msg, c)) {
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPING) {
            struct scm_timestamping stamps;
            memcpy(&stamps, CMSG_DATA(c), sizeof stamps);
            return (uint64_t)stamps.ts[0].tv_sec * 1000000u + (uint64_t)stamps.ts[0].tv_nsec / 1000u;
        }
    }
    return 0;
}

/* The extended error of one control message, if that is what it is. */
static void read_extended_error(struct cmsghdr *c, struct dp_path_error *error)
{
    struct sock_extended_err ee;
    struct sockaddr_storage offender;
    const bool v4 = c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR;
    const bool v6 = c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR;
    if ((!v4 && !v6) || c->cmsg_len < CMSG_LEN(sizeof ee)) {
        return;
    }
    memcpy(&ee, CMSG_DATA(c), sizeof ee);
    error->sys_errno = (int)ee.ee_errno;
    if (ee.ee_origin != SO_EE_ORIGIN_ICMP && ee.ee_origin != SO_EE_ORIGIN_ICMP6) {
        return;
    }
    error->icmp_type = ee.ee_type;
    error->icmp_code = ee.ee_code;
    error->mtu_bytes = ee.ee_errno == EMSGSIZE ? ee.ee_info : 0;
    const size_t address_bytes = v4 ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
    if (c->cmsg_len >= CMSG_LEN(sizeof ee + address_bytes)) {
        memset(&offender, 0, sizeof offender);
        memcpy(&offender, CMSG_DATA(c) + sizeof ee, address_bytes);
        dp_addr_from_sockaddr(&error->icmp_from, (const struct sockaddr *)&offender);
        error->icmp_from.port = 0;
    }
}

bool dp_socket_next_error(int fd, struct dp_path_error *error, uint8_t *quote, size_t cap_bytes)
{
    union {
        struct cmsghdr align;
        uint8_t bytes[512];
    } control;
    struct sockaddr_storage to = {.ss_family = AF_UNSPEC};
    struct iovec iov = {.iov_base = quote, .iov_len = cap_bytes};
    struct msghdr msg = {.msg_name = &to,
                         .msg_namelen = sizeof to,
                         .msg_iov = &iov,
                         .msg_iovlen = 1,
                         .msg_control = control.bytes,
                         .msg_controllen = sizeof control.bytes};
    const ssize_t got = recvmsg(fd, &msg, MSG_ERRQUEUE | MSG_DONTWAIT);
    if (got < 0) {
        return false;
    }
    *error = (struct dp_path_error){.data = quote, .size_bytes = (size_t)got};
    if (msg.msg_namelen > 0) {
        dp_addr_from_sockaddr(&error->to, (const struct sockaddr *)&to);
    }
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c != NULL; c = CMSG_NXTHDR(&msg, c)) {
        read_extended_error(c, error);
    }
    return true;
}

uint16_t dp_socket_local_port(int fd)
{
    struct sockaddr_storage ss = {.ss_family = AF_UNSPEC};
    struct dp_addr addr;
    socklen_t size = sizeof ss;
    if (getsockname(fd, (struct sockaddr *)&ss, &size) != 0) {
        return 0;
    }
    dp_addr_from_sockaddr(&addr, (const struct sockaddr *)&ss);
    return addr.port;
}

uint32_t dp_socket_path_mtu(int fd, uint8_t family)
{
    int mtu = 0;
    socklen_t size = sizeof mtu;
    const int status = family == 4 ? getsockopt(fd, IPPROTO_IP, PATH_MTU_V4, &mtu, &size)
                                   : getsockopt(fd, IPPROTO_IPV6, PATH_MTU_V6, &mtu, &size);
    return status == 0 && mtu > 0 ? (uint32_t)mtu : 0;
}
