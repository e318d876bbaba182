/* rooms: json wire */
/* SPDX-License-Identifier: MIT
 * Two octets choose the type. The rest as RDATA prints to text that reads back the same; the rest as text is
 * refused, or gives RDATA that does. */
#include "fuzz.h"
#include "wire/rdata.h"

static bool read_back(uint16_t type, const char *text, size_t size, const uint8_t **rdata, uint16_t *n,
                      struct dp_arena *a)
{
    const char *field = NULL;
    return dp_rdata_from_text(type, text, size, NULL, a, rdata, n, &field) == DP_OK;
}

static void text_is_inverse(uint16_t type, const uint8_t *rdata, uint16_t size, struct dp_arena *a)
{
    struct dp_str text;
    const uint8_t *again = NULL;
    uint16_t n = 0;
    dp_str_init(&text, 0);
    dp_rdata_print(&text, type, rdata, size);
    if (dp_rdata_check(type, rdata, size) == DP_OK &&
        read_back(type, dp_str_text(&text), text.len_bytes, &again, &n, a)) {
        struct dp_str second;
        dp_str_init(&second, 0);
        dp_rdata_print(&second, type, again, n);
        /* LOC has several encodings of size zero, which dig prints as 0m and 0.00m */
        FUZZ_CHECK(type == 29 || strcmp(dp_str_text(&text), dp_str_text(&second)) == 0);
        dp_str_fini(&second);
    }
    dp_str_fini(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dp_arena a;
    const uint8_t *rdata = NULL;
    uint16_t n = 0;
    if (size < 2 || size > 65000) {
        return 0;
    }
    const uint16_t type = (uint16_t)((unsigned)data[0] << 8 | data[1]);
    dp_arena_init(&a, 1u << 20);
    text_is_inverse(type, data + 2, (uint16_t)(size - 2), &a);
    if (read_back(type, (const char *)data + 2, size - 2, &rdata, &n, &a)) {
        text_is_inverse(type, rdata, n, &a);
    }
    dp_arena_fini(&a);
    return 0;
}
