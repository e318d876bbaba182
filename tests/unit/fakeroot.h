/* SPDX-License-Identifier: MIT
 * A made-up root folder for tests of the host room: files are written below a fresh temporary folder, which
 * is removed as a whole. */
#ifndef DP_TESTS_FAKEROOT_H
#define DP_TESTS_FAKEROOT_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct fakeroot {
    char path[64];
};

static inline void fakeroot_make(struct fakeroot *root)
{
    strcpy(root->path, "/tmp/dnsprobe-test-XXXXXX");
    assert_non_null(mkdtemp(root->path));
}

/* Writes `text` to `path`, making its folders. */
static inline void fakeroot_file(const struct fakeroot *root, const char *path, const char *text)
{
    char whole[512];
    snprintf(whole, sizeof whole, "%s%s", root->path, path);
    for (char *slash = strchr(whole + strlen(root->path) + 1, '/'); slash != NULL;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(whole, 0700);
        *slash = '/';
    }
    FILE *file = fopen(whole, "we");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
}

static inline int fakeroot_unlink(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st;
    (void)kind;
    (void)ftw;
    return remove(path);
}

static inline void fakeroot_remove(const struct fakeroot *root)
{
    assert_int_equal(nftw(root->path, fakeroot_unlink, 8, FTW_DEPTH | FTW_PHYS), 0);
}

#endif
