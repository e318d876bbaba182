/* SPDX-License-Identifier: MIT
 * The faults of a lab address as an options table: one row per fault, words in the order of the enums of
 * lab/fault.h. */
#include "dns/labfaults.h"

#include <stddef.h>

#include "vm/arg.h"

struct fault_args {
    uint64_t delay_us, delay_p99_us, jitter_us, late_us;
    double late_share, lose_query, lose_answer, flap_share, qps, burst, wrong_source, duplicate, wrong_id;
    int64_t lose_larger, slip, edns_option, udp_max;
    int udp, tcp, edns, flap, over;
    bool not_authoritative, refuse_any, refuse_chaos, minimal, mangle_case;
};

static const char *const actions[] = {"serve",  "drop",    "refused",  "servfail", "formerr",
                                      "notimp", "badvers", "truncate", "strip",    NULL};
const char *const dp_lab_tcp_words[] = {"open", "refuse", "drop", "reset", "close", "tls-alert", NULL};
static const char *const udp_words[] = {"serve", "drop", NULL};

#define MEMBER(name) offsetof(struct fault_args, name)
static const struct dp_arg_row fault_rows[] = {
    {"burst", DP_ARG_NUMBER, MEMBER(burst), 0, 1e6, NULL},
    {"delay", DP_ARG_SECONDS, MEMBER(delay_us), 0, 60, NULL},
    {"delay_p99", DP_ARG_SECONDS, MEMBER(delay_p99_us), 0, 60, NULL},
    {"duplicate", DP_ARG_NUMBER, MEMBER(duplicate), 0, 1, NULL},
    {"edns", DP_ARG_WORD, MEMBER(edns), 0, 0, actions},
    {"edns_option", DP_ARG_INT, MEMBER(edns_option), 0, 65535, NULL},
    {"flap", DP_ARG_WORD, MEMBER(flap), 0, 0, actions},
    {"flap_share", DP_ARG_NUMBER, MEMBER(flap_share), 0, 1, NULL},
    {"jitter", DP_ARG_SECONDS, MEMBER(jitter_us), 0, 60, NULL},
    {"late_by", DP_ARG_SECONDS, MEMBER(late_us), 0, 60, NULL},
    {"late_share", DP_ARG_NUMBER, MEMBER(late_share), 0, 1, NULL},
    {"lose_answer", DP_ARG_NUMBER, MEMBER(lose_answer), 0, 1, NULL},
    {"lose_larger", DP_ARG_INT, MEMBER(lose_larger), 0, 65535, NULL},
    {"lose_query", DP_ARG_NUMBER, MEMBER(lose_query), 0, 1, NULL},
    {"mangle_case", DP_ARG_BOOL, MEMBER(mangle_case), 0, 0, NULL},
    {"minimal", DP_ARG_BOOL, MEMBER(minimal), 0, 0, NULL},
    {"not_authoritative", DP_ARG_BOOL, MEMBER(not_authoritative), 0, 0, NULL},
    {"over", DP_ARG_WORD, MEMBER(over), 0, 0, actions},
    {"qps", DP_ARG_NUMBER, MEMBER(qps), 0, 1e6, NULL},
    {"refuse_any", DP_ARG_BOOL, MEMBER(refuse_any), 0, 0, NULL},
    {"refuse_chaos", DP_ARG_BOOL, MEMBER(refuse_chaos), 0, 0, NULL},
    {"slip", DP_ARG_INT, MEMBER(slip), 0, 1000, NULL},
    {"tcp", DP_ARG_WORD, MEMBER(tcp), 0, 0, dp_lab_tcp_words},
    {"udp", DP_ARG_WORD, MEMBER(udp), 0, 0, udp_words},
    {"udp_max", DP_ARG_INT, MEMBER(udp_max), 512, 65535, NULL},
    {"wrong_id", DP_ARG_NUMBER, MEMBER(wrong_id), 0, 1, NULL},
    {"wrong_source", DP_ARG_NUMBER, MEMBER(wrong_source), 0, 1, NULL},
};

void dp_arg_faults(lua_State *L, int arg, struct dp_lab_faults *faults)
{
    struct fault_args args = {.over = DP_LAB_DROP};
    dp_arg_table(L, arg, true, fault_rows, sizeof fault_rows / sizeof fault_rows[0], &args);
    *faults = (struct dp_lab_faults){
        .delay_us = args.delay_us,
        .delay_p99_us = args.delay_p99_us,
        .jitter_us = args.jitter_us,
        .late_share = args.late_share,
        .late_us = args.late_us,
        .lose_query = args.lose_query,
        .lose_answer = args.lose_answer,
        .lose_larger_bytes = (unsigned)args.lose_larger,
        .udp = (enum dp_lab_action)args.udp,
        .tcp = (enum dp_lab_tcp)args.tcp,
        .edns = (enum dp_lab_action)args.edns,
        .edns_option = (uint16_t)args.edns_option,
        .flap_share = args.flap_share,
        .flap = (enum dp_lab_action)args.flap,
        .rate_qps = args.qps,
        .rate_burst = args.burst,
        .rate = (enum dp_lab_action)args.over,
        .rate_slip = (unsigned)args.slip,
        .not_authoritative = args.not_authoritative,
        .refuse_any = args.refuse_any,
        .refuse_chaos = args.refuse_chaos,
        .udp_max_bytes = (unsigned)args.udp_max,
        .mangle_case = args.mangle_case,
        .minimal = args.minimal,
        .wrong_source = args.wrong_source,
        .duplicate = args.duplicate,
        .wrong_id = args.wrong_id,
    };
}
