/* SPDX-License-Identifier: MIT
 * Runs a target over the files and folders named on the command line, without libFuzzer: so ctest replays the
 * corpora with any compiler. */
#include <dirent.h>
#include <sys/stat.h>

#include "fuzz.h"

static int replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    struct stat info;
    if (file == NULL || fstat(fileno(file), &info) != 0) {
        perror(path);
        return 1;
    }
    const size_t size = (size_t)info.st_size;
    uint8_t *data = malloc(size > 0 ? size : 1); /* exactly as long as the input, so that ASan sees its end */
    const size_t got = fread(data, 1, size, file);
    fclose(file);
    LLVMFuzzerTestOneInput(data, got);
    free(data);
    return 0;
}

static int replay_folder(const char *path, DIR *folder)
{
    int failed = 0;
    char child[4096];
    for (const struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        if (entry->d_name[0] != '.') {
            snprintf(child, sizeof child, "%s/%s", path, entry->d_name);
            failed |= replay_file(child);
        }
    }
    return failed;
}

int main(int argc, char **argv)
{
    int failed = 0;
    for (int i = 1; i < argc; i++) {
        DIR *folder = opendir(argv[i]);
        failed |= folder != NULL ? replay_folder(argv[i], folder) : replay_file(argv[i]);
        if (folder != NULL) {
            closedir(folder);
        }
    }
    return failed;
}
