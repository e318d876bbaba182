/* SPDX-License-Identifier: MIT
 * Resolution (RFC 1034, section 5.3.3) of one name and type, as a small machine that is driven by answers:
 *
 *   1. what the cache holds is taken over; a CNAME moves on to its target;
 *   2. else the deepest known zone cut says whom to ask; a random address of it, another one on each retry;
 *   3. a referral makes a deeper cut, back to 2; servers without glue are looked up by a task of their own;
 *   4. an authoritative answer goes into the cache, back to 1;
 *   5. REFUSED, SERVFAIL, no AA, no answer: the next server, `tries` times; FORMERR: once without EDNS;
 *   6. when nothing is left: expired data if the resolver serves stale, else SERVFAIL.
 *
 * Limits: 48 steps, 10 CNAMEs, 4 look-ups inside one another. */
#include <stdlib.h>
#include <string.h>

#include "lab/ask.h"
#include "lab/task.h"

#define STEPS_MAX        48u
#define CHAIN_MAX        10u
#define DEPTH_MAX        4u
#define TASK_LIMIT_BYTES (1u << 20)
#define STALE_TTL_S      30u /* RFC 8767, section 4 */

static void run(struct dp_lab_task *task);

/* ---- life ---- */

static void task_free(struct dp_lab_task *task)
{
    if (task->ask != NULL) {
        dp_lab_ask_cancel(task->ask);
    }
    if (task->prev != NULL) {
        task->prev->next = task->next;
    } else {
        task->resolver->tasks = task->next;
    }
    if (task->next != NULL) {
        task->next->prev = task->prev;
    }
    dp_arena_fini(&task->arena);
    free(task);
}

void dp_lab_resolver_fini(struct dp_lab_resolver *resolver)
{
    while (resolver->tasks != NULL) {
        task_free(resolver->tasks);
    }
    dp_lab_cache_fini(&resolver->cache);
}

static void finish(struct dp_lab_task *task, uint16_t rcode, const char *failure)
{
    const struct dp_lab_result result = {.rcode = rcode,
                                         .stale = task->stale,
                                         .failure = failure,
                                         .answer = task->out.msg.sections[DP_SECTION_ANSWER],
                                         .authority = task->out.msg.sections[DP_SECTION_AUTHORITY]};
    task->done(task->user, &result);
    task_free(task);
}

/* ---- the cache ---- */

/* Copies what is cached with the TTL that is left. */
static void append(struct dp_lab_answer *out, const struct dp_lab_entry *entry, uint64_t now_us, bool stale)
{
    const struct dp_rrs *lists[] = {&entry->answer, &entry->authority};
    const enum dp_section sections[] = {DP_SECTION_ANSWER, DP_SECTION_AUTHORITY};
    const uint64_t left_us = entry->expires_us > now_us ? entry->expires_us - now_us : 0;
    const uint32_t ttl_s = stale ? STALE_TTL_S : (uint32_t)((left_us + 900000) / 1000000);
    for (size_t l = 0; l < 2; l++) {
        for (size_t i = 0; i < lists[l]->count; i++) {
            const struct dp_rr *rr = &lists[l]->items[i];
            dp_lab_answer_add(out, sections[l], rr->owner, rr->type, ttl_s, rr->rdata, rr->rdata_size);
        }
    }
}

/* The entry that answers name and type, or the CNAME in its place. */
static const struct dp_lab_entry *known(const struct dp_lab_resolver *resolver, const struct dp_name *name,
                                        uint16_t type, uint32_t subnet_be32, uint64_t now_us)
{
    const uint16_t types[] = {type, DP_TYPE_CNAME};
    for (size_t i = 0; i < 2; i++) {
        const struct dp_lab_entry *entry = dp_lab_cache_find(&resolver->cache, name, types[i], subnet_be32);
        const bool usable = entry != NULL && (entry->type == type || entry->answer.count != 0);
        if (usable && (now_us == 0 || entry->expires_us > now_us)) {
            return entry;
        }
    }
    return NULL;
}

/* True when the entry is a CNAME that leads on from a question for another type: *target is set. */
static bool leads_on(const struct dp_lab_entry *entry, uint16_t type, struct dp_name *target)
{
    for (size_t i = 0;
         i < entry->answer.count && !entry->whole && type != DP_TYPE_CNAME && type != DP_TYPE_ANY; i++) {
        const struct dp_rr *rr = &entry->answer.items[i];
        if (rr->type == DP_TYPE_CNAME) {
            return dp_name_from_wire(target, rr->rdata, rr->rdata_size) == DP_OK;
        }
    }
    return false;
}

bool dp_lab_resolve_cached(struct dp_lab_resolver *resolver, const struct dp_name *name, uint16_t type,
                           uint32_t subnet_be32, struct dp_lab_answer *answer)
{
    const uint64_t now_us = dp_lab_now_us(resolver->node->lab);
    struct dp_name at = *name;
    for (unsigned i = 0; i < CHAIN_MAX; i++) {
        const struct dp_lab_entry *entry = known(resolver, &at, type, subnet_be32, now_us);
        if (entry == NULL) {
            return false;
        }
        append(answer, entry, now_us, false);
        answer->msg.rcode = entry->rcode;
        if (!leads_on(entry, type, &at)) {
            return true;
        }
    }
    return false;
}

/* Takes over cached steps (1). True when the task is finished and gone. */
static bool from_cache(struct dp_lab_task *task, bool stale)
{
    const uint64_t now_us = dp_lab_now_us(task->resolver->node->lab);
    for (;;) {
        const struct dp_lab_entry *entry =
            known(task->resolver, &task->name, task->type, task->subnet_be32, stale ? 0 : now_us);
        if (entry == NULL) {
            return false;
        }
        task->stale |= stale && entry->expires_us <= now_us;
        append(&task->out, entry, now_us, stale && entry->expires_us <= now_us);
        if (!leads_on(entry, task->type, &task->name)) {
            finish(task, entry->rcode, NULL);
            return true;
        }
        if (++task->chain > CHAIN_MAX) {
            finish(task, DP_RCODE_SERVFAIL, "CNAME chain too long");
            return true;
        }
    }
}

/* Step 6. */
static void give_up(struct dp_lab_task *task, const char *why)
{
    if (task->resolver->config.serve_stale && from_cache(task, true)) {
        return;
    }
    finish(task, DP_RCODE_SERVFAIL, why);
}

/* ---- asking ---- */

static void take_forwarded(struct dp_lab_task *task, const struct dp_msg *msg)
{
    if (msg->rcode != DP_RCODE_NOERROR && msg->rcode != DP_RCODE_NXDOMAIN) {
        give_up(task, "the resolver behind answered with an error");
        return;
    }
    dp_lab_keep_forwarded(task, msg);
    run(task);
}

static void retry(struct dp_lab_task *task)
{
    const unsigned tries = task->resolver->config.tries != 0 ? task->resolver->config.tries : 3;
    task->plain = false;
    if (++task->fails >= tries) {
        give_up(task, "no reachable authority");
        return;
    }
    run(task);
}

static void answered(void *user, const struct dp_msg *msg)
{
    struct dp_lab_task *task = user;
    task->ask = NULL;
    const bool authoritative = msg != NULL && (msg->flags & DP_FLAG_AA) != 0;
    if (msg != NULL && !task->plain && (msg->rcode == DP_RCODE_FORMERR || msg->rcode == DP_RCODE_NOTIMP)) {
        task->plain = true; /* RFC 6891, section 7: perhaps it does not know OPT */
        run(task);
    } else if (msg == NULL) {
        retry(task);
    } else if (task->resolver->config.forward_to.family != 0) {
        take_forwarded(task, msg);
    } else if (authoritative && msg->rcode == DP_RCODE_NXDOMAIN &&
               msg->sections[DP_SECTION_ANSWER].count == 0) {
        dp_lab_keep_negative(task, msg);
        run(task);
    } else if (authoritative && (dp_lab_keep_positive(task, msg, task->type) ||
                                 dp_lab_keep_positive(task, msg, DP_TYPE_CNAME))) {
        task->fails = 0;
        run(task);
    } else if (msg->rcode == DP_RCODE_NOERROR && dp_lab_keep_referral(task, msg)) {
        task->fails = 0;
        run(task);
    } else if (authoritative && msg->rcode == DP_RCODE_NOERROR) {
        dp_lab_keep_negative(task, msg);
        run(task);
    } else {
        retry(task); /* lame: an error, or neither authoritative nor a way down */
    }
}

static void ask(struct dp_lab_task *task, const struct dp_addr *server, bool recurse)
{
    const struct dp_lab_resolver_config *config = &task->resolver->config;
    struct dp_ecs ecs = {.family = 1, .source_prefix = 24};
    for (unsigned i = 0; i < 4; i++) {
        ecs.address[i] = (uint8_t)(task->subnet_be32 >> (24 - 8 * i));
    }
    task->server = *server;
    const struct dp_lab_ask_params params = {.from = task->resolver->node,
                                             .server = *server,
                                             .name = &task->name,
                                             .type = task->type,
                                             .recurse = recurse,
                                             .plain = task->plain,
                                             .ecs = task->subnet_be32 != 0 ? &ecs : NULL,
                                             .timeout_us =
                                                 config->timeout_us != 0 ? config->timeout_us : 800000};
    if (dp_lab_ask_start(&params, answered, task, &task->ask) != DP_OK) {
        give_up(task, "the resolver is out of sockets");
    }
}

/* One of the addresses, another than last time where there is another. */
static const struct dp_addr *pick(struct dp_lab_task *task, const struct dp_addr *addresses, size_t n)
{
    struct dp_rand *rand = &task->resolver->node->lab->rand;
    const size_t i = dp_rand_below(rand, (uint32_t)n);
    const bool again = n > 1 && task->fails > 0 && dp_addr_equal(&addresses[i], &task->server);
    return &addresses[again ? (i + 1 + dp_rand_below(rand, (uint32_t)n - 1)) % n : i];
}

static void ns_resolved(void *user, const struct dp_lab_result *result)
{
    struct dp_lab_task *task = user;
    const uint16_t port = task->resolver->node->lab->port;
    struct dp_lab_cut *cut =
        dp_lab_cache_cut(&task->resolver->cache, &task->zone, dp_lab_now_us(task->resolver->node->lab));
    bool found = false;
    for (size_t i = 0; i < result->answer.count && cut != NULL; i++) {
        const struct dp_rr *rr = &result->answer.items[i];
        struct dp_addr address;
        if (rr->type == DP_TYPE_A && dp_addr_from_ip(&address, rr->rdata, rr->rdata_size, port) == DP_OK) {
            dp_lab_cut_add_address(cut, &address);
            found = true;
        }
    }
    if (found) {
        run(task);
    } else {
        retry(task);
    }
}

/* Step 2: whom to ask. */
static void ask_cut(struct dp_lab_task *task)
{
    struct dp_lab *lab = task->resolver->node->lab;
    struct dp_lab_cut *cut = dp_lab_cache_cut(&task->resolver->cache, &task->name, dp_lab_now_us(lab));
    if (cut == NULL) {
        dp_name_root(&task->zone);
        if (lab->n_roots == 0) {
            give_up(task, "no root servers");
        } else {
            ask(task, pick(task, lab->roots, lab->n_roots), false);
        }
        return;
    }
    task->zone = cut->zone;
    if (cut->n_addresses != 0) {
        ask(task, pick(task, cut->addresses, cut->n_addresses), false);
    } else if (cut->n_names != 0 && task->depth < DEPTH_MAX) {
        const struct dp_name host = cut->names[dp_rand_below(&lab->rand, (uint32_t)cut->n_names)];
        dp_lab_resolve(task->resolver, &host, DP_TYPE_A, 0, task->depth + 1, ns_resolved, task);
    } else {
        give_up(task, "no address of any server is known");
    }
}

static void run(struct dp_lab_task *task)
{
    if (from_cache(task, false)) {
        return;
    }
    if (++task->steps > STEPS_MAX) {
        give_up(task, "too many steps");
    } else if (task->resolver->config.forward_to.family != 0) {
        ask(task, &task->resolver->config.forward_to, true);
    } else {
        ask_cut(task);
    }
}

void dp_lab_resolve(struct dp_lab_resolver *resolver, const struct dp_name *name, uint16_t type,
                    uint32_t subnet_be32, unsigned depth, dp_lab_result_cb *done, void *user)
{
    static const struct dp_msg none;
    struct dp_lab_task *task = calloc(1, sizeof *task);
    if (task == NULL) {
        const struct dp_lab_result failed = {.rcode = DP_RCODE_SERVFAIL, .failure = "out of memory"};
        done(user, &failed);
        return;
    }
    task->resolver = resolver;
    task->name = *name;
    task->type = type;
    task->subnet_be32 = subnet_be32;
    task->depth = depth;
    task->done = done;
    task->user = user;
    dp_arena_init(&task->arena, TASK_LIMIT_BYTES);
    dp_lab_answer_init(&task->out, &none, &task->arena);
    task->next = resolver->tasks;
    if (task->next != NULL) {
        task->next->prev = task;
    }
    resolver->tasks = task;
    run(task);
}
