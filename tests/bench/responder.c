/* SPDX-License-Identifier: MIT
 * See responder.h. The reply is the query's own octets with one record behind the question: nothing is parsed
 * but the length of the name. */
#include "responder.h"

#include <netinet/in.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

#define BATCH        64u
#define PACKET_BYTES 512u
#define PRIORITY     10 /* over everything that is not of real time */

static const uint8_t RECORD[] = {0xc0, 12, 0, 1, 0, 1, 0, 0, 1, 44, 0, 4, 192, 0, 2, 1};

void bench_pin(unsigned cpu)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    (void)sched_setaffinity(0, sizeof set, &set); /* on one CPU: the figures are still comparable */
}

/* Turns a query into its answer in place. Whatever follows the question (EDNS) is cut off. */
static size_t respond(uint8_t *packet, size_t size)
{
    size_t end = 12;
    while (end < size && packet[end] != 0) {
        end += (size_t)packet[end] + 1;
    }
    end += 5;
    if (end > size) {
        return 0;
    }
    packet[2] |= 0x80;
    memcpy(packet + 4, "\0\1\0\1\0\0\0\0", 8);
    memcpy(packet + end, RECORD, sizeof RECORD);
    return end + sizeof RECORD;
}

static void serve_fast(int fd)
{
    static uint8_t data[BATCH][PACKET_BYTES + sizeof RECORD];
    struct sockaddr_storage peers[BATCH];
    struct iovec iov[BATCH];
    struct mmsghdr msgs[BATCH];
    for (;;) {
        for (unsigned i = 0; i < BATCH; i++) {
            iov[i] = (struct iovec){data[i], PACKET_BYTES};
            msgs[i].msg_hdr = (struct msghdr){
                .msg_name = &peers[i], .msg_namelen = sizeof peers[i], .msg_iov = &iov[i], .msg_iovlen = 1};
        }
        const int got = recvmmsg(fd, msgs, BATCH, MSG_WAITFORONE, NULL);
        for (int i = 0; i < got; i++) {
            iov[i].iov_len = respond(data[i], msgs[i].msg_len);
        }
        for (int sent = 0; sent < got;) {
            const int n = sendmmsg(fd, msgs + sent, (unsigned)(got - sent), 0);
            sent += n > 0 ? n : 1;
        }
    }
}

/* Arrival of the packet by the kernel's stamp, else the present. */
static uint64_t arrival_us(struct msghdr *msg)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c != NULL; c = CMSG_NXTHDR(msg, c)) {
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
            struct timespec ts;
            memcpy(&ts, CMSG_DATA(c), sizeof ts);
            return (uint64_t)ts.tv_sec * 1000000u + (uint64_t)ts.tv_nsec / 1000u;
        }
    }
    return dp_clock_real_us();
}

static void serve_held(int fd, uint64_t hold_us)
{
    uint8_t data[PACKET_BYTES + sizeof RECORD], control[128];
    struct sockaddr_storage peer;
    const int on = 1;
    const struct sched_param priority = {.sched_priority = PRIORITY};
    (void)setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    (void)sched_setscheduler(0, SCHED_FIFO, &priority); /* without the right to it: a little less exact */
    for (;;) {
        struct iovec iov = {data, PACKET_BYTES};
        struct msghdr msg = {.msg_name = &peer,
                             .msg_namelen = sizeof peer,
                             .msg_iov = &iov,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof control};
        const ssize_t got = recvmsg(fd, &msg, 0);
        const size_t size = got > 0 ? respond(data, (size_t)got) : 0;
        if (size == 0) {
            continue;
        }
        const uint64_t arrived_us = arrival_us(&msg);
        uint64_t held_us = 0;
        while (held_us < hold_us) {
            held_us = dp_clock_real_us() - arrived_us;
        }
        for (unsigned i = 0; i < 4; i++) {
            data[size - 4 + i] = (uint8_t)(held_us >> (24 - 8 * i));
        }
        (void)sendto(fd, data, size, 0, (struct sockaddr *)&peer, msg.msg_namelen);
    }
}

pid_t bench_responder_start(uint64_t hold_us, struct dp_addr *address)
{
    struct sockaddr_storage ss;
    const struct dp_addr loopback = {.family = 4, .ip = {127, 0, 0, 1}};
    socklen_t size = (socklen_t)dp_addr_to_sockaddr(&loopback, &ss);
    const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const int buffer = 8 * 1024 * 1024;
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer);
    if (bind(fd, (struct sockaddr *)&ss, size) != 0) {
        return -1;
    }
    getsockname(fd, (struct sockaddr *)&ss, &size);
    dp_addr_from_sockaddr(address, (struct sockaddr *)&ss);
    const pid_t pid = fork();
    if (pid == 0) {
        bench_pin(1);
        if (hold_us == 0) {
            serve_fast(fd);
        }
        serve_held(fd, hold_us);
    }
    close(fd);
    return pid;
}
