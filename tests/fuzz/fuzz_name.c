/* rooms: json wire */
/* SPDX-License-Identifier: MIT
 * A name read from any octets prints to text that reads back as the same octets; so does any text. */
#include "fuzz.h"
#include "wire/name.h"

static void text_is_inverse(const struct dp_name *name)
{
    char text[DP_NAME_TEXT_BYTES];
    struct dp_name again;
    dp_name_text(name, text);
    FUZZ_CHECK(dp_name_from_text(&again, text, strlen(text), NULL) == DP_OK);
    FUZZ_CHECK(dp_name_identical(name, &again));
    FUZZ_CHECK(dp_name_is_within(name, &again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dp_cursor c;
    struct dp_name name;
    dp_cursor_init(&c, data, size);
    c.offset = size / 2; /* so that pointers have something to lead to */
    dp_name_read(&c, &name, "name");
    text_is_inverse(&name);
    if (dp_name_from_text(&name, (const char *)data, size, NULL) == DP_OK) {
        text_is_inverse(&name);
    }
    return 0;
}
