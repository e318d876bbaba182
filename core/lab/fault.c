/* SPDX-License-Identifier: MIT
 * Faults decided per packet. Order for a query: path (loss), then the server's front door (EDNS, rate), then
 * its mood (flapping): a packet that was lost cannot use up a token, and a refused one does. */
#include "lab/fault.h"

#include <math.h>
#include <string.h>

#include "base/rand.h"
#include "wire/msg.h"

static bool chance(struct dp_rand *rand, double share)
{
    return share > 0 && dp_rand_unit(rand) < share;
}

static bool edns_hit(const struct dp_lab_faults *faults, const struct dp_msg *query)
{
    if (faults->edns == DP_LAB_SERVE || !query->edns.present) {
        return false;
    }
    bool hit = faults->edns_option == 0;
    for (size_t i = 0; i < query->edns.n_options && !hit; i++) {
        hit = query->edns.options[i].code == faults->edns_option;
    }
    return hit;
}

/* The bucket of `client`: its own, a free one, or the one that was quiet for longest. */
static size_t bucket_of(struct dp_lab_meter *meter, const struct dp_addr *client)
{
    size_t oldest = 0;
    for (size_t i = 0; i < DP_LAB_METER_CLIENTS; i++) {
        if (meter->clients[i].seen_us != 0 && dp_addr_same_ip(&meter->clients[i].client, client)) {
            return i;
        }
        if (meter->clients[i].seen_us < meter->clients[oldest].seen_us) {
            oldest = i;
        }
    }
    memset(&meter->clients[oldest], 0, sizeof meter->clients[oldest]);
    meter->clients[oldest].client = *client;
    return oldest;
}

static enum dp_lab_action rate_limit(const struct dp_lab_faults *faults, struct dp_lab_meter *meter,
                                     const struct dp_addr *client, uint64_t now_us)
{
    const size_t i = bucket_of(meter, client);
    const double depth = faults->rate_burst > 1 ? faults->rate_burst : 1;
    if (meter->clients[i].seen_us == 0) {
        meter->clients[i].tokens = depth;
    } else {
        const double passed_s = (double)(now_us - meter->clients[i].seen_us) / 1e6;
        meter->clients[i].tokens = fmin(depth, meter->clients[i].tokens + passed_s * faults->rate_qps);
    }
    meter->clients[i].seen_us = now_us;
    if (meter->clients[i].tokens >= 1) {
        meter->clients[i].tokens -= 1;
        return DP_LAB_SERVE;
    }
    meter->clients[i].limited++;
    const bool slips = faults->rate_slip != 0 && meter->clients[i].limited % faults->rate_slip == 0;
    return slips ? DP_LAB_TRUNCATE : faults->rate;
}

enum dp_lab_action dp_lab_fault_query(const struct dp_lab_faults *faults, struct dp_lab_meter *meter,
                                      const struct dp_addr *client, const struct dp_msg *query, bool tcp,
                                      uint64_t now_us, struct dp_rand *rand)
{
    if (!tcp && (faults->udp == DP_LAB_DROP || chance(rand, faults->lose_query))) {
        return DP_LAB_DROP;
    }
    if (edns_hit(faults, query) && faults->edns != DP_LAB_STRIP) {
        return faults->edns;
    }
    if (faults->rate_qps > 0 && !tcp) {
        const enum dp_lab_action action = rate_limit(faults, meter, client, now_us);
        if (action != DP_LAB_SERVE) {
            return action;
        }
    }
    if (chance(rand, faults->flap_share)) {
        return faults->flap;
    }
    return edns_hit(faults, query) ? DP_LAB_STRIP : DP_LAB_SERVE;
}

bool dp_lab_fault_answer(const struct dp_lab_faults *faults, size_t size_bytes, bool tcp,
                         struct dp_rand *rand)
{
    if (tcp) {
        return false;
    }
    return (faults->lose_larger_bytes != 0 && size_bytes > faults->lose_larger_bytes) ||
           chance(rand, faults->lose_answer);
}

/* A standard normal deviate (Box and Muller, 1958). */
static double normal(struct dp_rand *rand)
{
    const double u = 1 - dp_rand_unit(rand); /* in (0, 1]: its logarithm exists */
    return sqrt(-2 * log(u)) * cos(6.283185307179586 * dp_rand_unit(rand));
}

uint64_t dp_lab_fault_delay_us(const struct dp_lab_faults *faults, struct dp_rand *rand)
{
    double delay_us = (double)faults->delay_us;
    if (faults->delay_p99_us > faults->delay_us && faults->delay_us > 0) {
        /* log-normal: median m and 99th percentile q give sigma = ln(q/m) / 2.3263 */
        const double sigma = log((double)faults->delay_p99_us / delay_us) / 2.3263478740408408;
        delay_us = fmin(delay_us * exp(sigma * normal(rand)), 4.0 * (double)faults->delay_p99_us);
    }
    if (faults->jitter_us != 0) {
        delay_us += dp_rand_unit(rand) * (double)faults->jitter_us;
    }
    if (chance(rand, faults->late_share)) {
        delay_us += (double)faults->late_us;
    }
    return (uint64_t)delay_us;
}
