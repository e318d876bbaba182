/* SPDX-License-Identifier: MIT
 * Two hash tables with chains, young and old. */
#include "trace/memory.h"

#include <stdlib.h>
#include <string.h>

struct entry {
    struct entry *next;
    uint64_t expires_us;
    struct dp_name name;
    struct dp_trace_remembered what;
};

struct dp_trace_memory {
    struct entry **young, **old; /* n_chains each */
    size_t n_chains;
    unsigned max_names, n_young;
};

struct dp_trace_memory *dp_trace_memory_new(unsigned max_names)
{
    struct dp_trace_memory *memory = calloc(1, sizeof *memory);
    if (memory == NULL) {
        return NULL;
    }
    memory->max_names = max_names > 0 ? max_names : 1;
    memory->n_chains = memory->max_names;
    memory->young = calloc(memory->n_chains, sizeof(struct entry *));
    memory->old = calloc(memory->n_chains, sizeof(struct entry *));
    if (memory->young == NULL || memory->old == NULL) {
        dp_trace_memory_free(memory);
        return NULL;
    }
    return memory;
}

static void clear(struct entry **table, size_t n_chains)
{
    for (size_t i = 0; table != NULL && i < n_chains; i++) {
        while (table[i] != NULL) {
            struct entry *next = table[i]->next;
            free(table[i]);
            table[i] = next;
        }
    }
}

void dp_trace_memory_free(struct dp_trace_memory *memory)
{
    if (memory == NULL) {
        return;
    }
    clear(memory->young, memory->n_chains);
    clear(memory->old, memory->n_chains);
    free(memory->young);
    free(memory->old);
    free(memory);
}

/* Unlinks the entry of `name`; NULL if there is none. */
static struct entry *take(struct entry **table, size_t n_chains, const struct dp_name *name)
{
    struct entry **place = &table[dp_name_hash(name) % n_chains];
    while (*place != NULL && !dp_name_equal(&(*place)->name, name)) {
        place = &(*place)->next;
    }
    struct entry *found = *place;
    if (found != NULL) {
        *place = found->next;
    }
    return found;
}

static void push(struct dp_trace_memory *memory, struct entry *entry)
{
    if (memory->n_young == memory->max_names) {
        struct entry **emptied = memory->old;
        clear(emptied, memory->n_chains);
        memory->old = memory->young;
        memory->young = emptied;
        memory->n_young = 0;
    }
    struct entry **chain = &memory->young[dp_name_hash(&entry->name) % memory->n_chains];
    entry->next = *chain;
    *chain = entry;
    memory->n_young++;
}

/* The entry, unlinked from wherever it was. */
static struct entry *pull(struct dp_trace_memory *memory, const struct dp_name *name)
{
    struct entry *entry = take(memory->young, memory->n_chains, name);
    if (entry != NULL) {
        memory->n_young--;
        return entry;
    }
    return take(memory->old, memory->n_chains, name);
}

void dp_trace_memory_put(struct dp_trace_memory *memory, const struct dp_name *name,
                         const struct dp_trace_remembered *what, uint64_t ttl_us, uint64_t now_us)
{
    struct entry *entry = pull(memory, name);
    if (ttl_us == 0) {
        free(entry);
        return;
    }
    if (entry == NULL) {
        entry = malloc(sizeof *entry);
    }
    if (entry != NULL) {
        *entry = (struct entry){.expires_us = now_us + ttl_us, .name = *name, .what = *what};
        push(memory, entry);
    }
}

bool dp_trace_memory_get(struct dp_trace_memory *memory, const struct dp_name *name, uint64_t now_us,
                         struct dp_trace_remembered *what)
{
    struct entry *entry = pull(memory, name);
    if (entry == NULL) {
        return false;
    }
    if (entry->expires_us <= now_us) {
        free(entry);
        return false;
    }
    *what = entry->what;
    push(memory, entry);
    return true;
}
