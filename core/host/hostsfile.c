/* SPDX-License-Identifier: MIT
 * The hosts file: address, canonical name, aliases; `#` starts a comment anywhere. */
#include "host/hostsfile.h"

#include <string.h>

#include "host/lines.h"

/* Only plain addresses count here: no port, no brackets. */
static bool read_address(const struct dp_span *word, struct dp_addr *address)
{
    return word->text[0] != '[' && dp_addr_from_text(address, word->text, word->size_bytes, 0) == DP_OK &&
           address->port == 0;
}

static bool names(struct dp_span line, const char *name, size_t name_size)
{
    struct dp_span word;
    while (dp_span_word(&line, &word)) {
        if (word.size_bytes > 1 && word.text[word.size_bytes - 1] == '.') {
            word.size_bytes--;
        }
        if (dp_span_is_nocase(&word, name, name_size)) {
            return true;
        }
    }
    return false;
}

enum dp_err dp_hostsfile_find(const char *text, size_t size_bytes, const char *name, struct dp_arena *a,
                              struct dp_hosts_found *found)
{
    struct dp_lines lines;
    struct dp_span line, word;
    size_t name_size = strlen(name);
    if (name_size > 1 && name[name_size - 1] == '.') {
        name_size--;
    }
    *found = (struct dp_hosts_found){0};
    struct dp_hosts_entry **last = &found->entries;
    dp_lines_init(&lines, text, size_bytes);
    while (dp_lines_next(&lines, &line)) {
        struct dp_addr address;
        dp_span_cut(&line, '#');
        if (!dp_span_word(&line, &word) || !read_address(&word, &address) || !names(line, name, name_size)) {
            continue;
        }
        if (found->count == DP_HOSTS_FOUND_MAX) {
            found->more = true;
            break;
        }
        struct dp_hosts_entry *entry = dp_arena_alloc(a, sizeof *entry);
        if (entry == NULL) {
            return DP_ERR_NOMEM;
        }
        *entry = (struct dp_hosts_entry){.address = address, .line = lines.number};
        *last = entry;
        last = &entry->next;
        found->count++;
    }
    return DP_OK;
}
