/* SPDX-License-Identifier: MIT
 * Batches of messages through one unconnected socket, as the engine sends them, and nothing else. */
#include "floor.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define BATCH         64u
#define ANSWER_BYTES  512u
#define CONTROL_BYTES 192u

struct batch {
    struct mmsghdr msgs[BATCH];
    struct iovec iov[BATCH];
};

struct incoming {
    uint8_t data[ANSWER_BYTES], control[CONTROL_BYTES];
    struct sockaddr_storage from;
};

static int open_socket(void)
{
    const int fd = socket(AF_INET, SOCK_DGRAM, 0), on = 1;
    const struct timeval patience = {.tv_usec = 300000};
    if (fd >= 0) {
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
        setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof on);
        setsockopt(fd, IPPROTO_IP, IP_RECVTTL, &on, sizeof on);
    }
    return fd;
}

/* What came, at least one message; 0 where nothing did. */
static unsigned receive(int fd, struct batch *batch, struct incoming *in)
{
    for (unsigned i = 0; i < BATCH; i++) {
        batch->iov[i] = (struct iovec){in[i].data, sizeof in[i].data};
        batch->msgs[i].msg_hdr = (struct msghdr){.msg_iov = &batch->iov[i],
                                                 .msg_iovlen = 1,
                                                 .msg_control = in[i].control,
                                                 .msg_controllen = sizeof in[i].control,
                                                 .msg_name = &in[i].from,
                                                 .msg_namelen = sizeof in[i].from};
    }
    const int n = recvmmsg(fd, batch->msgs, BATCH, MSG_WAITFORONE, NULL);
    return n > 0 ? (unsigned)n : 0;
}

int bench_floor(const struct dp_addr *server, const uint8_t *query, size_t query_size, unsigned long queries,
                unsigned in_flight)
{
    static struct batch out, back;
    static struct incoming in[BATCH];
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(server->port)};
    uint8_t bytes[ANSWER_BYTES];
    memcpy(&to.sin_addr, server->ip, 4);
    memcpy(bytes, query, query_size);
    for (unsigned i = 0; i < BATCH; i++) {
        out.iov[i] = (struct iovec){bytes, query_size};
        out.msgs[i].msg_hdr = (struct msghdr){
            .msg_iov = &out.iov[i], .msg_iovlen = 1, .msg_name = &to, .msg_namelen = sizeof to};
    }
    const int fd = open_socket();
    unsigned long left = queries, waiting = 0;
    while (fd >= 0 && left + waiting > 0) {
        while (left > 0 && waiting < in_flight) {
            unsigned long n = in_flight - waiting < BATCH ? in_flight - waiting : BATCH;
            n = n < left ? n : left;
            const int sent = sendmmsg(fd, out.msgs, (unsigned)n, 0);
            if (sent <= 0) {
                perror("sendmmsg");
                close(fd);
                return 1;
            }
            left -= (unsigned)sent;
            waiting += (unsigned)sent;
        }
        const unsigned came = receive(fd, &back, in);
        waiting = came == 0 || came > waiting ? 0 : waiting - came;
    }
    close(fd);
    return fd < 0;
}
