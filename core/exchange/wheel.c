/* SPDX-License-Identifier: MIT
 * A hashed timer wheel (Varghese and Lauck, "Hashed and hierarchical timing wheels", 1987, scheme 6).
 *
 *   slot = due tick mod 4096      [0][1][2]...[4095]      one tick = 1 ms, one turn = 4.1 s
 *                                  │     └ list of timers due in this tick, or whole turns later
 *
 * A timer more than a turn away waits in its slot and is passed over until its time has come: default
 * timeouts (2 s) and late windows (3 s) are within two turns, so that happens rarely. A bit per slot finds
 * the next occupied one in at most 65 words. */
#include "exchange/wheel.h"

#include <string.h>

static unsigned slot_of(uint64_t tick)
{
    return (unsigned)(tick % DP_WHEEL_SLOTS);
}

void dp_wheel_init(struct dp_wheel *wheel, uint64_t now_us)
{
    memset(wheel->occupied, 0, sizeof wheel->occupied);
    for (unsigned i = 0; i < DP_WHEEL_SLOTS; i++) {
        wheel->slots[i] = (struct dp_wheel_timer){.next = &wheel->slots[i], .prev = &wheel->slots[i]};
    }
    wheel->tick = now_us / DP_WHEEL_TICK_US;
    wheel->now_us = now_us;
    wheel->count = 0;
}

void dp_wheel_set(struct dp_wheel *wheel, struct dp_wheel_timer *timer, uint64_t due_us, dp_wheel_cb *fire)
{
    dp_wheel_clear(wheel, timer);
    uint64_t tick = due_us / DP_WHEEL_TICK_US;
    if (tick < wheel->tick) { /* overdue already: its own slot would be visited a whole turn later */
        tick = wheel->tick;
    }
    struct dp_wheel_timer *head = &wheel->slots[slot_of(tick)];
    timer->due_us = due_us;
    timer->fire = fire;
    timer->next = head;
    timer->prev = head->prev;
    head->prev->next = timer;
    head->prev = timer;
    wheel->occupied[slot_of(tick) / 64] |= UINT64_C(1) << (slot_of(tick) % 64);
    wheel->count++;
}

void dp_wheel_clear(struct dp_wheel *wheel, struct dp_wheel_timer *timer)
{
    if (timer->next == NULL) {
        return;
    }
    /* The last one of a slot has the slot's head on both sides; in a list being fired it is that list's. */
    const uintptr_t offset_bytes = (uintptr_t)timer->next - (uintptr_t)wheel->slots;
    if (timer->next == timer->prev && offset_bytes < sizeof wheel->slots) {
        const size_t slot = offset_bytes / sizeof wheel->slots[0];
        wheel->occupied[slot / 64] &= ~(UINT64_C(1) << (slot % 64));
    }
    timer->prev->next = timer->next;
    timer->next->prev = timer->prev;
    timer->next = timer->prev = NULL;
    wheel->count--;
}

/* Fires what is due in a slot. The timers are first moved to a list of their own: callbacks may then change
 * the slot, and what they clear leaves that list like any other. */
static void visit(struct dp_wheel *wheel, unsigned slot, uint64_t now_us)
{
    struct dp_wheel_timer *head = &wheel->slots[slot];
    struct dp_wheel_timer due = {.next = &due, .prev = &due};
    for (struct dp_wheel_timer *t = head->next, *next; t != head; t = next) {
        next = t->next;
        if (t->due_us <= now_us) {
            t->prev->next = t->next;
            t->next->prev = t->prev;
            t->next = &due;
            t->prev = due.prev;
            due.prev->next = t;
            due.prev = t;
        }
    }
    if (head->next == head) {
        wheel->occupied[slot / 64] &= ~(UINT64_C(1) << (slot % 64));
    }
    while (due.next != &due) {
        struct dp_wheel_timer *t = due.next;
        due.next = t->next;
        t->next->prev = &due;
        t->next = t->prev = NULL;
        wheel->count--;
        t->fire(t);
    }
}

void dp_wheel_advance(struct dp_wheel *wheel, uint64_t now_us)
{
    const uint64_t now_tick = now_us / DP_WHEEL_TICK_US;
    uint64_t first = wheel->tick;
    if (now_tick < first) {
        return;
    }
    if (now_tick - first >= DP_WHEEL_SLOTS) { /* asleep for a turn or more: each slot once */
        first = now_tick - DP_WHEEL_SLOTS + 1;
    }
    wheel->tick = now_tick;
    wheel->now_us = now_us;
    for (uint64_t tick = first; tick <= now_tick && wheel->count > 0; tick++) {
        const unsigned slot = slot_of(tick);
        if ((wheel->occupied[slot / 64] >> (slot % 64) & 1) != 0) {
            visit(wheel, slot, now_us);
        }
    }
}

bool dp_wheel_next_us(const struct dp_wheel *wheel, uint64_t *next_us)
{
    if (wheel->count == 0) {
        return false;
    }
    const unsigned words = DP_WHEEL_SLOTS / 64;
    const unsigned start = slot_of(wheel->tick);
    for (unsigned i = 0; i <= words; i++) {
        const unsigned word = (start / 64 + i) % words;
        uint64_t bits = wheel->occupied[word];
        if (i == 0) {
            bits &= UINT64_MAX << (start % 64);
        } else if (i == words) { /* back in the first word: the part before `start` */
            bits &= ~(UINT64_MAX << (start % 64));
        }
        if (bits != 0) {
            const unsigned slot = word * 64 + (unsigned)__builtin_ctzll(bits);
            const uint64_t ahead = (slot + DP_WHEEL_SLOTS - start) % DP_WHEEL_SLOTS;
            *next_us = (wheel->tick + ahead + 1) * DP_WHEEL_TICK_US;
            return true;
        }
    }
    return false;
}
