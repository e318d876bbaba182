/* SPDX-License-Identifier: MIT
 * Rows of tests/vectors/NAME.txt: fields between tabs, # comments. run_rows makes one cmocka test of each
 * row, named by its first field, so that a failure says which row it was. Include behind cmocka.h. */
#ifndef DP_TESTS_VECTORS_H
#define DP_TESTS_VECTORS_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROW_FIELDS 8

struct row {
    char *fields[ROW_FIELDS]; /* NULL behind the last */
};

static inline char *read_file(const char *path, size_t *size_bytes)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        exit(1);
    }
    char *text = NULL;
    size_t size = 0;
    size_t got = 0;
    do {
        text = realloc(text, size + 65537);
        got = fread(text + size, 1, 65536, file);
        size += got;
    } while (got > 0);
    fclose(file);
    text[size] = '\0';
    *size_bytes = size;
    return text;
}

/* Rows of the text, which is cut up in place; the caller frees them. */
static inline struct row *split_rows(char *text, size_t *count)
{
    struct row *rows = NULL;
    size_t n = 0;
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        if (line[0] == '#') {
            continue;
        }
        rows = realloc(rows, (n + 1) * sizeof *rows);
        rows[n] = (struct row){{NULL}};
        for (int i = 0; i < ROW_FIELDS && line != NULL; i++) {
            rows[n].fields[i] = line;
            line = strchr(line, '\t');
            if (line != NULL) {
                *line++ = '\0';
            }
        }
        n++;
    }
    *count = n;
    return rows;
}

static inline uint8_t *from_hex(const char *hex, size_t *size_bytes)
{
    const size_t n = strlen(hex) / 2;
    uint8_t *bytes = malloc(n > 0 ? n : 1); /* no more: a read behind it has to be seen */
    for (size_t i = 0; i < n; i++) {
        const char pair[3] = {hex[2 * i], hex[2 * i + 1], '\0'};
        bytes[i] = (uint8_t)strtoul(pair, NULL, 16);
    }
    *size_bytes = n;
    return bytes;
}

static inline int run_rows(const char *path, CMUnitTestFunction test)
{
    size_t size = 0;
    size_t count = 0;
    char *text = read_file(path, &size);
    struct row *rows = split_rows(text, &count);
    struct CMUnitTest *tests = calloc(count, sizeof *tests);
    for (size_t i = 0; i < count; i++) {
        tests[i] =
            (struct CMUnitTest){.name = rows[i].fields[0], .test_func = test, .initial_state = &rows[i]};
    }
    const int failed = _cmocka_run_group_tests(path, tests, count, NULL, NULL);
    free(tests);
    free(rows);
    free(text);
    return failed;
}

#endif
