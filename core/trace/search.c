/* SPDX-License-Identifier: MIT
 * Searches: addresses of name servers by our own iteration.
 *
 * Cuts are what is known of zones and their servers, from the levels and from searches alike. A search
 *   1. begins at the deepest cut above its name that has addresses not known to be bad,
 *   2. asks DP_WALK_SEARCH_FANOUT of them for A; the first useful answer counts, later ones are ignored;
 *      when all fail, the next ones, DP_WALK_SEARCH_TRIES in one zone,
 *   3. goes down with a referral, which adds to the cuts,
 *   4. needs, where no address is left to ask but servers without address are, a search for one of those: one
 *      level deeper, and it waits. A circle of such waits shows by nothing being in flight: then those that
 *      wait fail,
 *   5. asks the server that answered A for AAAA as well, and hands over what it found.
 *   6. that got nothing from the name's own zone falls back on glue that a parent gave for the name, as
 *      resolvers do: the one server of a zone that holds its own address may be the one with the fault.
 *      Searches for names of one folder (same parent name) take turns:
 *      the second finds the cut of the first. */
#include "base/clock.h"
#include "trace/walk.h"

enum state { QUEUED, RUNNING, WAITING, DONE };

struct dp_walk_search {
    struct dp_walk_search *next;
    struct dp_name name, folder;
    enum state state;
    unsigned depth;
    unsigned step;        /* counts questions that replaced earlier ones */
    unsigned n_in_flight; /* of this step */
    uint32_t ttl_s;       /* the shortest of the addresses found; 0: none was */
    struct dp_name zone;  /* where it stands */
    unsigned n_tried;     /* addresses asked in this zone */
    struct dp_walk_cut_address *tried[DP_WALK_SEARCH_TRIES];
};

struct task {
    struct dp_walk_search *search;
    struct dp_walk_cut_address *at;
    struct dp_trace_probe *probe;
};

/* ---- cuts ---- */

struct dp_walk_cut *dp_walk_cut_get(struct dp_trace *t, const struct dp_name *zone)
{
    for (struct dp_walk_cut *cut = t->cuts; cut != NULL; cut = cut->next) {
        if (dp_name_equal(&cut->zone, zone)) {
            return cut;
        }
    }
    struct dp_walk_cut *cut = dp_arena_calloc(t->a, 1, sizeof *cut);
    if (cut == NULL) {
        t->failed = true;
        return NULL;
    }
    cut->zone = *zone;
    cut->next = t->cuts;
    t->cuts = cut;
    return cut;
}

static struct dp_walk_cut_ns *cut_ns(struct dp_trace *t, struct dp_walk_cut *cut, const struct dp_name *name)
{
    struct dp_walk_cut_ns **last = &cut->ns;
    for (; *last != NULL; last = &(*last)->next) {
        if (dp_name_equal(&(*last)->name, name)) {
            return *last;
        }
    }
    struct dp_walk_cut_ns *ns = cut->n_ns < DP_WALK_NS_MAX ? dp_arena_calloc(t->a, 1, sizeof *ns) : NULL;
    if (ns != NULL) {
        ns->name = *name;
        cut->n_ns++;
        *last = ns;
    }
    return ns;
}

static void cut_address(struct dp_trace *t, struct dp_walk_cut_ns *ns, const struct dp_addr *address,
                        bool trusted)
{
    struct dp_walk_cut_address **last = &ns->addresses;
    unsigned n = 0;
    for (; *last != NULL; last = &(*last)->next, n++) {
        if (dp_addr_same_ip(&(*last)->address, address)) {
            return;
        }
    }
    *last = n < DP_WALK_ADDRESSES_MAX ? dp_arena_calloc(t->a, 1, sizeof **last) : NULL;
    if (*last != NULL) {
        (*last)->address = *address;
        (*last)->trusted = trusted;
    }
}

void dp_walk_cut_add(struct dp_trace *t, const struct dp_name *zone, const struct dp_name *name,
                     const struct dp_addr *address, bool trusted)
{
    struct dp_walk_cut *cut = dp_walk_cut_get(t, zone);
    struct dp_walk_cut_ns *ns = cut == NULL ? NULL : cut_ns(t, cut, name);
    if (ns != NULL && address != NULL) {
        cut_address(t, ns, address, trusted);
    }
}

void dp_walk_cut_mark(struct dp_trace *t, const struct dp_name *zone, const struct dp_addr *address, bool bad)
{
    const struct dp_walk_cut *cut = dp_walk_cut_get(t, zone);
    for (struct dp_walk_cut_ns *ns = cut == NULL ? NULL : cut->ns; ns != NULL; ns = ns->next) {
        for (struct dp_walk_cut_address *at = ns->addresses; at != NULL; at = at->next) {
            if (dp_addr_same_ip(&at->address, address)) {
                at->bad = bad;
            }
        }
    }
}

static bool usable(const struct dp_trace *t, const struct dp_walk_cut_address *at)
{
    return !at->bad && (at->address.family == 6 ? t->params.use_v6 : t->params.use_v4);
}

static bool has_usable(const struct dp_trace *t, const struct dp_walk_cut *cut)
{
    for (const struct dp_walk_cut_ns *ns = cut->ns; ns != NULL; ns = ns->next) {
        for (const struct dp_walk_cut_address *at = ns->addresses; at != NULL; at = at->next) {
            if (usable(t, at)) {
                return true;
            }
        }
    }
    return false;
}

/* Rule 1; NULL when nothing is known, not even the root. */
static const struct dp_walk_cut *deepest(const struct dp_trace *t, const struct dp_name *name)
{
    const struct dp_walk_cut *best = NULL;
    for (const struct dp_walk_cut *cut = t->cuts; cut != NULL; cut = cut->next) {
        if (dp_name_is_within(name, &cut->zone) && has_usable(t, cut) &&
            (best == NULL || dp_name_labels(&cut->zone) > dp_name_labels(&best->zone))) {
            best = cut;
        }
    }
    return best;
}

/* ---- what a name's own zone gives ---- */

const struct dp_trace_ns *dp_walk_truth_of(const struct dp_trace *t, const struct dp_name *name)
{
    const struct dp_trace_ns *truth = t->truths;
    while (truth != NULL && !dp_name_equal(&truth->name, name)) {
        truth = truth->next;
    }
    return truth;
}

/* Levels that list the name get the address. For a zone that a search came by, only where it lacks one. */
static void hand_over(struct dp_trace *t, const struct dp_name *name, const struct dp_addr *address,
                      enum dp_trace_source source)
{
    for (struct dp_trace_level *l = t->r->levels; l != NULL; l = l->next) {
        for (struct dp_trace_server *s = l->servers; s != NULL; s = s->next) {
            if (dp_name_equal(&s->name, name)) {
                dp_walk_address_add(t, (struct dp_walk_level *)l, (struct dp_walk_server *)s, address,
                                    source);
            }
        }
    }
    for (struct dp_walk_cut *cut = t->cuts; cut != NULL; cut = cut->next) {
        for (struct dp_walk_cut_ns *ns = cut->ns; ns != NULL; ns = ns->next) {
            if (dp_name_equal(&ns->name, name)) {
                cut_address(t, ns, address, false);
            }
        }
    }
}

void dp_walk_truth_add(struct dp_trace *t, const struct dp_name *name, const struct dp_addr *address,
                       enum dp_trace_source source)
{
    struct dp_trace_ns **last = &t->truths;
    while (*last != NULL && !dp_name_equal(&(*last)->name, name)) {
        last = &(*last)->next;
    }
    if (*last == NULL) {
        *last = dp_arena_calloc(t->a, 1, sizeof **last);
        if (*last == NULL) {
            t->failed = true;
            return;
        }
        (*last)->name = *name;
    }
    if (address != NULL) {
        dp_walk_glue_add(*last, address, t->a);
        hand_over(t, name, address, source);
    }
}

/* ---- searches ---- */

static void answered(struct dp_trace *t, const struct dp_walk_ask *asked);
static void walk(struct dp_trace *t, struct dp_walk_search *s);

static bool put(struct dp_trace *t, struct dp_walk_search *s, struct dp_walk_cut_address *at,
                const struct dp_name *server, uint16_t type)
{
    struct task *task = dp_arena_alloc(t->a, sizeof *task);
    const struct dp_walk_question question = {.address = &at->address,
                                              .name = &s->name,
                                              .type = type,
                                              .trusted = at->trusted,
                                              .answered = answered,
                                              .target = task,
                                              .tag = s->step};
    if (task == NULL) {
        t->failed = true;
        return false;
    }
    *task = (struct task){s, at, dp_walk_probe(t, DP_TRACE_FOR_RESOLVE, &question, &s->zone, server)};
    s->n_in_flight++;
    const enum dp_trace_kind kind = task->probe == NULL ? DP_TRACE_LIMIT : dp_walk_ask(t, &question);
    if (kind != DP_TRACE_PENDING) {
        s->n_in_flight--;
        if (task->probe != NULL) {
            task->probe->kind = kind;
        }
    }
    return kind == DP_TRACE_PENDING;
}

static bool was_tried(const struct dp_walk_search *s, const struct dp_walk_cut_address *at)
{
    for (unsigned i = 0; i < s->n_tried; i++) {
        if (s->tried[i] == at) {
            return true;
        }
    }
    return false;
}

static bool has_untried(const struct dp_trace *t, const struct dp_walk_search *s,
                        const struct dp_walk_cut *cut)
{
    for (const struct dp_walk_cut_ns *ns = cut->ns; ns != NULL; ns = ns->next) {
        for (const struct dp_walk_cut_address *at = ns->addresses; at != NULL; at = at->next) {
            if (usable(t, at) && !was_tried(s, at)) {
                return true;
            }
        }
    }
    return false;
}

/* Rule 2: the next addresses of the zone, one of each server before the second of any. */
static bool ask_next(struct dp_trace *t, struct dp_walk_search *s, const struct dp_walk_cut *cut)
{
    bool any = false;
    const unsigned step = s->step;
    for (unsigned turn = 0; turn < DP_WALK_ADDRESSES_MAX && s->n_in_flight < DP_WALK_SEARCH_FANOUT; turn++) {
        for (const struct dp_walk_cut_ns *ns = cut->ns; ns != NULL; ns = ns->next) {
            struct dp_walk_cut_address *at = ns->addresses;
            for (unsigned i = 0; i < turn && at != NULL; i++) {
                at = at->next;
            }
            if (at == NULL || !usable(t, at) || was_tried(s, at) || s->n_tried == DP_WALK_SEARCH_TRIES ||
                s->n_in_flight >= DP_WALK_SEARCH_FANOUT) {
                continue;
            }
            s->tried[s->n_tried++] = at;
            any |= put(t, s, at, &ns->name, DP_TYPE_A);
            if (s->step != step || s->state != RUNNING) {
                return true; /* it was decided at once, and the search has moved on */
            }
        }
    }
    return any;
}

static struct dp_walk_search *find(const struct dp_trace *t, const struct dp_name *name)
{
    struct dp_walk_search *s = t->searches;
    while (s != NULL && !dp_name_equal(&s->name, name)) {
        s = s->next;
    }
    return s;
}

/* Searches that waited may have what they need now. */
static void wake(struct dp_trace *t)
{
    for (struct dp_walk_search *s = t->searches; s != NULL; s = s->next) {
        if (s->state == WAITING) {
            s->state = RUNNING;
            walk(t, s);
        }
    }
}

/* Rule 6. */
static void use_glue(struct dp_trace *t, const struct dp_walk_search *s)
{
    if (dp_walk_truth_of(t, &s->name) != NULL) {
        return;
    }
    for (const struct dp_walk_cut *cut = t->cuts; cut != NULL; cut = cut->next) {
        for (const struct dp_walk_cut_ns *ns = cut->ns; ns != NULL; ns = ns->next) {
            if (dp_name_equal(&ns->name, &s->name) && ns->addresses != NULL) {
                for (const struct dp_walk_cut_address *at = ns->addresses; at != NULL; at = at->next) {
                    hand_over(t, &s->name, &at->address, DP_TRACE_GLUE);
                }
                return;
            }
        }
    }
}

/* Rule 7: addresses that the name's own zone gave, for as long as it allows. */
static void remember(struct dp_trace *t, const struct dp_walk_search *s)
{
    const struct dp_trace_ns *truth = dp_walk_truth_of(t, &s->name);
    struct dp_trace_remembered what = {0};
    if (t->params.memory == NULL || truth == NULL || s->ttl_s == 0) {
        return;
    }
    for (const struct dp_trace_glue *g = truth->glue; g != NULL; g = g->next) {
        if (what.n_addresses < DP_TRACE_MEMORY_ADDRESSES) {
            what.addresses[what.n_addresses++] = g->address;
        }
    }
    dp_trace_memory_put(t->params.memory, &s->name, &what, s->ttl_s * UINT64_C(1000000), dp_clock_mono_us());
}

static bool recall(struct dp_trace *t, const struct dp_name *name)
{
    struct dp_trace_remembered what;
    if (t->params.memory == NULL || !dp_trace_memory_get(t->params.memory, name, dp_clock_mono_us(), &what)) {
        return false;
    }
    dp_walk_truth_add(t, name, NULL, DP_TRACE_RESOLVED);
    for (unsigned i = 0; i < what.n_addresses; i++) {
        dp_walk_truth_add(t, name, &what.addresses[i], DP_TRACE_RESOLVED);
    }
    return true;
}

static void finish(struct dp_trace *t, struct dp_walk_search *s)
{
    s->state = DONE;
    s->step++;
    if (!t->canceled) {
        remember(t, s);
        use_glue(t, s);
    }
    dp_walk_search_push(t);
    wake(t);
}

/* Rule 4: true when a server of the cut is being searched for. */
static bool need_servers(struct dp_trace *t, const struct dp_walk_search *s, const struct dp_walk_cut *cut)
{
    bool pending = false;
    unsigned wanted = 0;
    for (const struct dp_walk_cut_ns *ns = cut->ns; ns != NULL && wanted < DP_WALK_SEARCH_FANOUT;
         ns = ns->next) {
        const struct dp_walk_search *other = find(t, &ns->name);
        if (ns->addresses != NULL || (other != NULL && other->state == DONE)) {
            continue;
        }
        if (s->depth + 1 > t->params.max_depth) {
            t->r->limited = true;
            return false;
        }
        dp_walk_search_want(t, &ns->name, s->depth + 1);
        other = find(t, &ns->name);
        if (other != NULL && other->state != DONE) {
            pending = true;
        }
        wanted++;
    }
    return pending;
}

/* One step from where the search stands. */
static void walk(struct dp_trace *t, struct dp_walk_search *s)
{
    struct dp_walk_cut *cut = t->canceled ? NULL : dp_walk_cut_get(t, &s->zone);
    if (cut == NULL) {
        finish(t, s);
        return;
    }
    if (ask_next(t, s, cut) || s->n_in_flight > 0 || s->state != RUNNING) {
        return;
    }
    if (s->n_tried < DP_WALK_SEARCH_TRIES) {
        s->state = WAITING;
        if (need_servers(t, s, cut)) {
            return;
        }
        if (s->state != WAITING) {
            return; /* what it needed was found at once, and woke it */
        }
        if (has_untried(t, s, cut)) {
            s->state = RUNNING;
            walk(t, s);
            return;
        }
    }
    finish(t, s);
}

static void begin(struct dp_trace *t, struct dp_walk_search *s)
{
    const struct dp_walk_cut *cut = deepest(t, &s->name);
    s->state = RUNNING;
    if (cut == NULL) {
        finish(t, s);
        return;
    }
    s->zone = cut->zone;
    walk(t, s);
}

void dp_walk_search_want(struct dp_trace *t, const struct dp_name *name, unsigned depth)
{
    if (t->canceled || find(t, name) != NULL || recall(t, name)) {
        return;
    }
    struct dp_walk_search *s =
        t->n_searches < DP_WALK_SEARCHES_MAX ? dp_arena_calloc(t->a, 1, sizeof *s) : NULL;
    if (s == NULL) {
        t->r->limited = true;
        return;
    }
    s->name = *name;
    s->folder = *name;
    dp_name_parent(name, &s->folder);
    s->depth = depth;
    struct dp_walk_search **last = &t->searches;
    while (*last != NULL) {
        last = &(*last)->next;
    }
    *last = s;
    t->n_searches++;
    bool turn = true;
    for (const struct dp_walk_search *o = t->searches; o != NULL; o = o->next) {
        turn &= o->state != RUNNING || !dp_name_equal(&o->folder, &s->folder);
    }
    if (turn) {
        begin(t, s);
    }
}

/* Starts queued searches whose folder is free. */
bool dp_walk_search_push(struct dp_trace *t)
{
    bool any = false;
    for (struct dp_walk_search *s = t->searches; s != NULL; s = s->next) {
        bool turn = s->state == QUEUED;
        for (const struct dp_walk_search *o = t->searches; o != NULL && turn; o = o->next) {
            turn = o->state != RUNNING || !dp_name_equal(&o->folder, &s->folder);
        }
        if (turn) {
            begin(t, s);
            any = true;
        }
    }
    return any;
}

bool dp_walk_search_fail_waiting(struct dp_trace *t)
{
    bool any = false;
    for (struct dp_walk_search *s = t->searches; s != NULL; s = s->next) {
        if (s->state == WAITING) {
            s->state = DONE;
            any = true;
        }
    }
    t->circle |= any;
    return any;
}

/* Rules 3 and 5. */
static void use_answer(struct dp_trace *t, struct dp_walk_search *s, const struct task *task,
                       const struct dp_walk_ask *asked, enum dp_trace_kind kind, const struct dp_name *cut)
{
    if (kind == DP_TRACE_REFERRAL) {
        const struct dp_trace_referral *referral =
            dp_walk_referral(asked->ex->response, cut, &s->zone, t->params.port, t->a);
        for (const struct dp_trace_ns *ns = referral == NULL ? NULL : referral->ns; ns != NULL;
             ns = ns->next) {
            dp_walk_cut_add(t, cut, &ns->name, NULL, false);
            for (const struct dp_trace_glue *glue = ns->glue; glue != NULL; glue = glue->next) {
                dp_walk_cut_add(t, cut, &ns->name, &glue->address, false);
            }
        }
        s->zone = *cut;
        s->n_tried = 0;
        walk(t, s);
        return;
    }
    const struct dp_rrs found =
        dp_walk_select(asked->ex->response, DP_SECTION_ANSWER, &s->name, asked->type, t->a);
    dp_walk_truth_add(t, &s->name, NULL, DP_TRACE_RESOLVED);
    for (size_t i = 0; i < found.count; i++) {
        struct dp_addr address;
        if (dp_addr_from_ip(&address, found.items[i].rdata, found.items[i].rdata_size, t->params.port) ==
            DP_OK) {
            dp_walk_truth_add(t, &s->name, &address, DP_TRACE_RESOLVED);
            s->ttl_s = s->ttl_s == 0 || found.items[i].ttl_s < s->ttl_s ? found.items[i].ttl_s : s->ttl_s;
        }
    }
    if (asked->type != DP_TYPE_A || kind == DP_TRACE_NXDOMAIN ||
        !put(t, s, task->at, &task->probe->server, DP_TYPE_AAAA)) {
        finish(t, s);
    }
}

static void answered(struct dp_trace *t, const struct dp_walk_ask *asked)
{
    const struct task *task = asked->target;
    struct dp_walk_search *s = task->search;
    struct dp_name cut;
    const enum dp_trace_kind kind =
        dp_walk_classify(asked->ex, &task->probe->zone, &asked->name, asked->type, &cut);
    const bool useful = kind == DP_TRACE_REFERRAL || dp_walk_has_authority(kind);
    task->probe->exchange = asked->ex;
    task->probe->kind = kind;
    task->at->bad = !useful;
    if (asked->ex->outcome == DP_OUTCOME_LATE || asked->tag != s->step || t->canceled) {
        return; /* too late for this search; the cut knows that the server lives */
    }
    s->n_in_flight--;
    if (useful) {
        s->step++;
        s->n_in_flight = 0;
        use_answer(t, s, task, asked, kind, &cut);
    } else if (asked->type == DP_TYPE_AAAA) {
        finish(t, s);
    } else {
        walk(t, s);
    }
}
