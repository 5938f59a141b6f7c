/* SPDX-License-Identifier: BSD-3-Clause */
/* Any display status from the service VM: SHARED is only entered, and only kept, by a `shown` that
 * follows our own frames. */
#include "display.h"
#include "window.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PAYLOAD 64u

/* One step of the input: flags, time, then values; with flag 1 the region is made right as an
 * honest writer would. */
struct step {
    uint8_t flags, ms, shown, ready, garbage_at, garbage;
};

static void write_status(uint8_t *region, const struct step *step, uint32_t latest,
                         uint32_t counter, uint64_t now_ns)
{
    struct bn_display_status s = {
        .shown = step->flags & 2 ? latest - step->shown % 4 : step->shown * 0x01010101u,
        .ready = step->ready & 3,
        .heartbeat_ns = step->flags & 4 ? now_ns : step->shown,
    };
    struct bn_shm_header h = {
        .magic = BN_SHM_MAGIC,
        .version = BN_SHM_VERSION,
        .data_id = BN_SHM_DISPLAY_STATUS,
        .payload_bytes = sizeof(s),
        .sequence = counter * 2,
        .counter = step->flags & 8 ? counter : step->garbage,
        .time_ns = now_ns,
    };

    h.crc = bn_shm_crc(&h, &s);
    memcpy(region, &h, sizeof(h));
    memcpy(region + PAYLOAD, &s, sizeof(s));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *region = calloc(1, PAYLOAD + sizeof(struct bn_display_status)); /* ASan sees the end */
    struct display d = {.state = BN_DISPLAY_EARLY};
    uint32_t latest = 3, now = 0, last_advance = 0, highest = 0;
    struct step step;

    if (!region)
        abort();
    for (; size >= sizeof(step); data += sizeof(step), size -= sizeof(step)) {
        struct bn_display_status s;
        uint32_t counter = 0;
        bool read;

        memcpy(&step, data, sizeof(step));
        now += step.ms;
        latest++;
        if (step.flags & 1)
            write_status(region, &step, latest, latest, now * 1000000ull);
        else
            region[step.garbage_at % (PAYLOAD + sizeof(s))] ^= step.garbage;
        read = window_read_status(region, &s, &counter);
        if (read && s.ready == 1 && s.shown > 0 && s.shown <= latest && s.shown != highest) {
            highest = s.shown;
            last_advance = now;
        }
        (void)display_update(&d, read ? &s : NULL, counter, latest, now);
        if (d.state == BN_DISPLAY_SHARED && now - last_advance > DISPLAY_STALL_MS)
            abort();
    }
    free(region);
    return 0;
}
