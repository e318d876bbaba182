/* rooms: net */
/* SPDX-License-Identifier: MIT
 * A stream cut anywhere gives the messages that a look at the whole of it gives. The first octet says how
 * large the pieces are in which the rest arrives. */
#include "fuzz.h"
#include "net/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dp_frame frame = {0};
    const uint8_t *stream = data + 1;
    size_t at = 0, begin = 0; /* octets fed, and where the present message began */
    if (size == 0) {
        return 0;
    }
    while (at < size - 1) {
        uint8_t *place;
        size_t room, whole;
        FUZZ_CHECK(dp_frame_space(&frame, &place, &room) && room > 0);
        const size_t piece = (size_t)data[0] + 1 < size - 1 - at ? (size_t)data[0] + 1 : size - 1 - at;
        const size_t take = piece < room ? piece : room;
        memcpy(place, stream + at, take);
        dp_frame_filled(&frame, take);
        at += take;
        if (dp_frame_whole(&frame, &whole)) {
            FUZZ_CHECK(at == begin + 2 + whole);
            FUZZ_CHECK(whole == ((size_t)stream[begin] << 8 | stream[begin + 1]));
            FUZZ_CHECK(whole == 0 || memcmp(frame.data, stream + begin + 2, whole) == 0);
            dp_frame_next(&frame);
            begin = at;
        }
    }
    dp_frame_fini(&frame);
    return 0;
}
