/* SPDX-License-Identifier: BSD-3-Clause */
/* Any status of the chimes from the service VM: what is asked for is acknowledged by a word that is
 * newer, or spoken in time, and the speaker falls silent. */
#include "chime.h"
#include "window.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PAYLOAD 64u

struct step { /* with flag 1 the region is made right as an honest writer would */
    uint8_t flags, ms, acknowledged, chime, garbage_at, garbage;
};

static void write_status(uint8_t *region, const struct step *step, uint32_t latest,
                         uint32_t counter)
{
    struct bn_chime_status s = {
        .acknowledged =
            step->flags & 2 ? latest - step->acknowledged % 12 : step->acknowledged * 0x01010101u,
        .refused = step->flags & 4 ? step->garbage : 0,
    };
    struct bn_shm_header h = {
        .magic = BN_SHM_MAGIC,
        .version = BN_SHM_VERSION,
        .data_id = BN_SHM_CHIME_STATUS,
        .payload_bytes = sizeof(s),
        .sequence = counter * 2,
        .counter = step->flags & 8 ? counter : step->garbage,
    };

    h.crc = bn_shm_crc(&h, &s);
    memcpy(region, &h, sizeof(h));
    memcpy(region + PAYLOAD, &s, sizeof(s));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *region = calloc(1, PAYLOAD + sizeof(struct bn_chime_status)); /* ASan sees the end */
    struct chimes c;
    uint32_t now = 0xFFFFFC00u, counter = 0, unanswered = 0, asked_ms = 0;
    struct step step;

    if (!region)
        abort();
    chimes_init(&c, true);
    for (; size >= sizeof(step); data += sizeof(step), size -= sizeof(step)) {
        struct bn_chime_status s;
        uint32_t read_counter = 0, spoken = c.spoken;
        bool read;

        memcpy(&step, data, sizeof(step));
        now += step.ms;
        if (step.flags & 1)
            write_status(region, &step, c.requests.latest, ++counter);
        else
            region[step.garbage_at % (PAYLOAD + sizeof(s))] ^= step.garbage;
        read = window_read_chime_status(region, &s, &read_counter);
        /* No word at all, or one that cannot be true: the oldest request waits no longer. */
        if (read && (int32_t)(c.requests.latest - s.acknowledged) >= 0 &&
            (int32_t)(s.acknowledged - unanswered) >= 0)
            unanswered = 0;
        chimes_update(&c, read ? &s : NULL, read_counter, now);
        if (unanswered && now - asked_ms >= BN_CHIME_PATIENCE_MS) {
            if (c.spoken == spoken)
                abort();
            unanswered = 0;
        }
        if (step.flags & 16) {
            const bool was_silent = c.silent;

            chimes_ask(&c, (enum bn_chime)(1 + step.chime % (BN_CHIME_END - 1)), now, now);
            unanswered = was_silent ? 0 : c.requests.latest;
            asked_ms = now;
        }
        if (c.spoken > c.asked)
            abort();
    }
    if (chime_tone_hz(&c.tone, now + 1000) != 0)
        abort();
    free(region);
    return 0;
}
