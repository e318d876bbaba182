/* SPDX-License-Identifier: MIT
 * Paths behind an injectable root, and whole files into memory. */
#include "host/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

char *dp_host_path(const struct dp_host_paths *paths, struct dp_arena *a, const char *path)
{
    const char *root = paths != NULL && paths->root != NULL ? paths->root : "";
    const size_t root_size = strlen(root);
    const size_t path_size = strlen(path);
    char *whole = dp_arena_alloc(a, root_size + path_size + 1);
    if (whole != NULL) {
        memcpy(whole, root, root_size);
        memcpy(whole + root_size, path, path_size + 1);
    }
    return whole;
}

const char *dp_host_path_resolvconf(const struct dp_host_paths *paths, struct dp_arena *a)
{
    return paths != NULL && paths->resolvconf != NULL ? paths->resolvconf
                                                      : dp_host_path(paths, a, "/etc/resolv.conf");
}

const char *dp_host_path_hosts(const struct dp_host_paths *paths, struct dp_arena *a)
{
    return paths != NULL && paths->hosts != NULL ? paths->hosts : dp_host_path(paths, a, "/etc/hosts");
}

const char *dp_host_path_nsswitch(const struct dp_host_paths *paths, struct dp_arena *a)
{
    return paths != NULL && paths->nsswitch != NULL ? paths->nsswitch
                                                    : dp_host_path(paths, a, "/etc/nsswitch.conf");
}

static enum dp_err error_of(int error)
{
    switch (error) {
    case ENOENT:
    case ENOTDIR:
        return DP_ERR_NOTFOUND;
    case EACCES:
    case EPERM:
        return DP_ERR_PERMISSION;
    default:
        return DP_ERR_IO;
    }
}

/* Reads to the end of `fd` into one arena block that doubles; the blocks outgrown stay until the arena goes:
 * at most as much again. */
static enum dp_err read_all(int fd, struct dp_arena *a, const char **text, size_t *size_bytes)
{
    size_t cap = 4096;
    size_t size = 0;
    char *data = dp_arena_alloc(a, cap + 1);
    while (data != NULL) {
        const ssize_t got = read(fd, data + size, cap - size);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return error_of(errno);
        }
        size += (size_t)got;
        if (got == 0) {
            data[size] = '\0';
            *text = data;
            *size_bytes = size;
            return DP_OK;
        }
        if (size < cap) {
            continue;
        }
        if (cap >= DP_HOST_FILE_LIMIT_BYTES) {
            return DP_ERR_LIMIT;
        }
        cap *= 2;
        char *larger = dp_arena_alloc(a, cap + 1);
        if (larger != NULL) {
            memcpy(larger, data, size);
        }
        data = larger;
    }
    return DP_ERR_NOMEM;
}

enum dp_err dp_host_file_read(const char *path, struct dp_arena *a, const char **text, size_t *size_bytes)
{
    int fd;
    do {
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    } while (fd < 0 && errno == EINTR);
    if (fd < 0) {
        return error_of(errno);
    }
    const enum dp_err err = read_all(fd, a, text, size_bytes);
    close(fd);
    return err;
}
