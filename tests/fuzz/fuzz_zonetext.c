/* rooms: json wire */
/* SPDX-License-Identifier: MIT
 * Any text as a master file: refused with a line number, or records that print. */
#include "fuzz.h"
#include "wire/zonetext.h"

static int print_record(void *ctx, const struct dp_rr *rr)
{
    dp_name_print(ctx, rr->owner);
    dp_rdata_print(ctx, dp_rdata_type(rr->type, rr->rrclass), rr->rdata, rr->rdata_size);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dp_arena a;
    struct dp_str text;
    struct dp_zonetext_error error = {.line = 0};
    struct dp_name origin;
    dp_name_root(&origin);
    dp_arena_init(&a, 4u << 20);
    dp_str_init(&text, 8u << 20);
    if (dp_zonetext_parse((const char *)data, size, &origin, &a, print_record, &text, &error) != DP_OK) {
        FUZZ_CHECK(error.line > 0 && error.text[0] != '\0');
    }
    dp_str_fini(&text);
    dp_arena_fini(&a);
    return 0;
}
