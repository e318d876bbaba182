/* rooms: json wire */
/* SPDX-License-Identifier: MIT
 * Two octets are an option code, the rest its data: it prints, and a client subnet is written as it was read,
 * but for bits behind the prefix. */
#include "fuzz.h"
#include "wire/edns.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dp_ecs ecs;
    struct dp_ecs again;
    struct dp_str text;
    uint8_t out[20];
    if (size < 2 || size > 65000) {
        return 0;
    }
    const uint16_t code = (uint16_t)((unsigned)data[0] << 8 | data[1]);
    const struct dp_edns_option option = {.code = code, .size = (uint16_t)(size - 2), .data = data + 2};
    dp_str_init(&text, 0);
    dp_edns_option_print(&text, &option);
    FUZZ_CHECK(dp_str_ok(&text) && strchr(dp_str_text(&text), '\x1b') == NULL);
    if (dp_ecs_read(&option, &ecs)) {
        const struct dp_edns_option written = {.size = (uint16_t)dp_ecs_write(&ecs, out), .data = out};
        FUZZ_CHECK(written.size == option.size && dp_ecs_read(&written, &again));
        FUZZ_CHECK(again.family == ecs.family && again.source_prefix == ecs.source_prefix);
    }
    dp_str_fini(&text);
    return 0;
}
