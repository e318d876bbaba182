/* SPDX-License-Identifier: MIT
 * The address that this host's routing gives to packets for an address. Sockets for datagrams stay
 * unconnected (net/socket.c), so they do not know it themselves. */
#include <sys/socket.h>
#include <unistd.h>

#include "net/addr.h"

bool dp_addr_source(const struct dp_addr *to, struct dp_addr *source)
{
    struct sockaddr_storage ss = {.ss_family = AF_UNSPEC};
    socklen_t size = (socklen_t)dp_addr_to_sockaddr(to, &ss);
    const int fd = socket(ss.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return false;
    }
    bool ok = connect(fd, (const struct sockaddr *)&ss, size) == 0;
    size = sizeof ss;
    ok = ok && getsockname(fd, (struct sockaddr *)&ss, &size) == 0;
    close(fd);
    if (ok) {
        dp_addr_from_sockaddr(source, (const struct sockaddr *)&ss);
    }
    return ok;
}
