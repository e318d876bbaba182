/* SPDX-License-Identifier: MIT
 * resolv.conf and nsswitch.conf with line numbers.
 *
 * The rules are the C library's, because the question is what programs on this host do:
 *   1. A keyword counts only at the very start of a line and with a blank behind it; an indented
 *      `nameserver` is silently ignored, which is a classic trap: it is counted as a bad line.
 *   2. `;` and `#` start a comment only as the first character.
 *   3. The last `search` or `domain` line wins; options add up.
 *   4. ndots, timeout and attempts are capped (RES_MAXNDOTS 15, RES_MAXRETRANS 30, RES_MAXRETRY 5). */
#include "host/resolvconf.h"

#include "host/lines.h"

#define NDOTS_MAX     15u
#define TIMEOUT_MAX_S 30u
#define ATTEMPTS_MAX  5u

static void note_bad(struct dp_resolvconf *rc, unsigned line)
{
    if (rc->n_bad_lines++ == 0) {
        rc->bad_line = line;
    }
}

static void read_server(struct dp_resolvconf *rc, struct dp_span *rest, unsigned line, uint16_t default_port)
{
    struct dp_span word;
    struct dp_addr address;
    if (!dp_span_word(rest, &word) ||
        dp_addr_from_text(&address, word.text, word.size_bytes, default_port) != DP_OK) {
        note_bad(rc, line);
    } else if (rc->n_servers < DP_RESOLVCONF_SERVERS_MAX) {
        rc->servers[rc->n_servers++] = (struct dp_resolvconf_server){address, line};
    }
}

/* `domain` is a search list of one name. */
static enum dp_err read_search(struct dp_resolvconf *rc, struct dp_span *rest, unsigned line, size_t max,
                               struct dp_arena *a)
{
    struct dp_span word;
    rc->n_search = 0;
    rc->search_line = line;
    while (rc->n_search < max && dp_span_word(rest, &word)) {
        rc->search[rc->n_search] = dp_span_dup(&word, a);
        if (rc->search[rc->n_search] == NULL) {
            return DP_ERR_NOMEM;
        }
        rc->n_search++;
    }
    return DP_OK;
}

/* The number behind `prefix`, at most `max`; false when `word` is another option. */
static bool read_number(const struct dp_span *word, const char *prefix, size_t prefix_size, unsigned max,
                        unsigned *number)
{
    if (!dp_span_starts(word, prefix)) {
        return false;
    }
    unsigned value = 0;
    for (size_t i = prefix_size; i < word->size_bytes; i++) {
        const char c = word->text[i];
        if (c < '0' || c > '9') {
            break;
        }
        value = value * 10 + (unsigned)(c - '0');
        if (value > max) {
            value = max;
        }
    }
    *number = value;
    return true;
}

static bool read_flag(struct dp_resolvconf *rc, const struct dp_span *word)
{
    const struct {
        const char *name;
        bool *flag;
    } flags[] = {{"rotate", &rc->rotate},
                 {"edns0", &rc->edns0},
                 {"trust-ad", &rc->trust_ad},
                 {"use-vc", &rc->use_vc},
                 {"single-request", &rc->single_request},
                 {"inet6", &rc->inet6}};
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        if (dp_span_is(word, flags[i].name)) {
            *flags[i].flag = true;
            return true;
        }
    }
    return false;
}

#define NUMBER(word, prefix, max, to) read_number(word, prefix, sizeof(prefix) - 1, max, to)

static enum dp_err read_options(struct dp_resolvconf *rc, struct dp_span *rest, unsigned line,
                                struct dp_arena *a)
{
    struct dp_span word;
    while (dp_span_word(rest, &word)) {
        if (!NUMBER(&word, "ndots:", NDOTS_MAX, &rc->ndots) &&
            !NUMBER(&word, "timeout:", TIMEOUT_MAX_S, &rc->timeout_s) &&
            !NUMBER(&word, "attempts:", ATTEMPTS_MAX, &rc->attempts)) {
            read_flag(rc, &word);
        }
        if (rc->n_options == DP_RESOLVCONF_OPTIONS_MAX) {
            continue;
        }
        const char *text = dp_span_dup(&word, a);
        if (text == NULL) {
            return DP_ERR_NOMEM;
        }
        rc->options[rc->n_options++] = (struct dp_resolvconf_option){text, line};
    }
    return DP_OK;
}

static enum dp_err read_line(struct dp_resolvconf *rc, struct dp_span line, unsigned number,
                             uint16_t default_port, struct dp_arena *a)
{
    struct dp_span word;
    if (line.size_bytes == 0 || line.text[0] == '#' || line.text[0] == ';') {
        return DP_OK;
    }
    struct dp_span rest = line;
    if (!dp_span_word(&rest, &word)) {
        return DP_OK; /* blanks only */
    }
    if (word.text != line.text) {
        note_bad(rc, number); /* rule 1 */
    } else if (dp_span_is(&word, "nameserver")) {
        read_server(rc, &rest, number, default_port);
    } else if (dp_span_is(&word, "search")) {
        return read_search(rc, &rest, number, DP_RESOLVCONF_SEARCH_MAX, a);
    } else if (dp_span_is(&word, "domain")) {
        return read_search(rc, &rest, number, 1, a);
    } else if (dp_span_is(&word, "options")) {
        return read_options(rc, &rest, number, a);
    } else if (!dp_span_is(&word, "sortlist") && !dp_span_is(&word, "lookup") &&
               !dp_span_is(&word, "family")) {
        note_bad(rc, number);
    }
    return DP_OK;
}

enum dp_err dp_resolvconf_parse(struct dp_resolvconf *rc, const char *text, size_t size_bytes,
                                uint16_t default_port, struct dp_arena *a)
{
    struct dp_lines lines;
    struct dp_span line;
    *rc = (struct dp_resolvconf){.ndots = 1, .timeout_s = 5, .attempts = 2};
    dp_lines_init(&lines, text, size_bytes);
    while (dp_lines_next(&lines, &line)) {
        const enum dp_err err = read_line(rc, line, lines.number, default_port, a);
        if (err != DP_OK) {
            return err;
        }
    }
    return DP_OK;
}

/* An action is one or more words from `[` to `]`; it belongs to the source before it. */
static enum dp_err read_action(struct dp_nsswitch *ns, struct dp_span word, struct dp_span *rest,
                               struct dp_arena *a)
{
    struct dp_span action = word;
    while (action.text[action.size_bytes - 1] != ']' && dp_span_word(rest, &word)) {
        action.size_bytes = (size_t)(word.text + word.size_bytes - action.text);
    }
    if (ns->n_sources == 0) {
        return DP_OK;
    }
    const char *text = dp_span_dup(&action, a);
    ns->actions[ns->n_sources - 1] = text;
    return text != NULL ? DP_OK : DP_ERR_NOMEM;
}

static enum dp_err read_sources(struct dp_nsswitch *ns, struct dp_span rest, struct dp_arena *a)
{
    struct dp_span word;
    while (dp_span_word(&rest, &word)) {
        if (word.text[0] == '[') {
            const enum dp_err err = read_action(ns, word, &rest, a);
            if (err != DP_OK) {
                return err;
            }
        } else if (ns->n_sources < DP_NSSWITCH_SOURCES_MAX) {
            const char *source = dp_span_dup(&word, a);
            if (source == NULL) {
                return DP_ERR_NOMEM;
            }
            ns->sources[ns->n_sources++] = source;
        }
    }
    return DP_OK;
}

enum dp_err dp_nsswitch_parse(struct dp_nsswitch *ns, const char *text, size_t size_bytes, struct dp_arena *a)
{
    struct dp_lines lines;
    struct dp_span line;
    *ns = (struct dp_nsswitch){0};
    dp_lines_init(&lines, text, size_bytes);
    while (dp_lines_next(&lines, &line)) {
        struct dp_span word;
        dp_span_cut(&line, '#');
        if (dp_span_word(&line, &word) && dp_span_starts(&word, "hosts:")) {
            const size_t behind = word.size_bytes - (sizeof "hosts:" - 1); /* "hosts:files" is one word */
            line = (struct dp_span){line.text - behind, line.size_bytes + behind};
            *ns = (struct dp_nsswitch){.line = lines.number};
            const enum dp_err err = read_sources(ns, line, a);
            if (err != DP_OK) {
                return err;
            }
        }
    }
    if (ns->line == 0) {
        ns->sources[0] = "files";
        ns->sources[1] = "dns";
        ns->n_sources = 2;
    }
    return DP_OK;
}
