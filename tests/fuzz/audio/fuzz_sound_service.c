/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fuzzes what the sound service takes from others' memory: the cluster's requests, a ring's
 * counters as a device writes them, the format that a device asks for, and all that the mixer plays
 * of it. The input is a list of steps of 24 bytes.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sound/feed.h"
#include "sound/format.h"
#include "sound/mixer.h"
#include "sound/requests.h"

#define RING    4096u
#define STEP    24u
#define STEPS   64u
#define QUANTUM 256u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static _Alignas(64) uint8_t ring[LINK_RING_DATA + RING], region[REQUESTS_BYTES],
    answer[STATUS_BYTES];
static struct mixer mixer;
static struct bn_scenario scenario;

static bool start(void *data, uint32_t chime)
{
    return chimes_start(data, chime);
}

static void check_format(const uint8_t *step)
{
    struct link_format f = {0};
    struct spa_audio_info_raw raw;

    memcpy(&f, step, STEP < sizeof(f) ? STEP : sizeof(f));
    if (format_convert(&f, &raw))
        return;
    if (f.ring_bytes > LINK_RING_MAX || raw.channels > LINK_CHANNELS || !raw.rate ||
        f.ring_bytes % (format_find(f.format)->bytes * raw.channels))
        abort();
}

/* The cluster writes somewhere in its region, and may make it whole again. */
static void write_region(const uint8_t *step)
{
    struct bn_shm_header *h = (void *)region;
    const size_t at = (step[1] | (size_t)step[2] << 8) % (sizeof(region) - 16);

    memcpy(region + at, step + 4, 16);
    if (!(step[3] & 1))
        return;
    h->magic = BN_SHM_MAGIC;
    h->version = BN_SHM_VERSION;
    h->data_id = BN_SHM_CHIME;
    h->payload_bytes = sizeof(struct bn_chime_requests);
    h->sequence = (h->sequence + 2) & ~1u;
    h->crc = bn_shm_crc(h, region + sizeof(*h));
}

/* One quantum of a float stream from the ring, under whatever chimes sound. */
static void play(struct feed *f, const uint8_t *step)
{
    static float pcm[QUANTUM * 2], in[2][QUANTUM], out[2][QUANTUM];
    struct link_ring *r = (void *)ring;
    struct mixer_io io = {.in = {{in[0], in[1]}}, .out = {out[0], out[1]}, .frames = QUANTUM};
    uint64_t word;

    memcpy(&word, step + 4, sizeof(word));
    memcpy(ring + LINK_RING_DATA + (step[2] | (size_t)step[3] << 8) % (RING - 8), step + 12, 8);
    if (step[1] & 1)
        atomic_store(&r->device, step[1] & 2 ? f->count + word % (RING + 64) : word);
    atomic_store(&r->wake_at, word);
    (void)feed_take(f, (uint8_t *)pcm, sizeof(pcm), step[1] & 4, 0);
    for (unsigned i = 0; i < QUANTUM * 2; i++)
        in[i % 2][i / 2] = pcm[i];
    mixer_run(&mixer, &io);
    for (unsigned i = 0; i < QUANTUM; i++)
        if (!(fabsf(out[0][i]) <= 1.00001f && fabsf(out[1][i]) <= 1.00001f))
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static const uint8_t none[8];
    struct requests r;
    struct feed f;
    uint64_t now = 1000;

    memset(ring, 0, LINK_RING_DATA);
    memset(region, 0, sizeof(region));
    memset(answer, 0, sizeof(answer));
    scenario.vm_count = 1;
    scenario.vm[0].sound.playback = 1;
    if (mixer.strips == 0 && mixer_init(&mixer, &scenario) < 0)
        abort();
    mixer_open(&mixer, 0);
    requests_init(&r, region, answer, 1000);
    if (feed_init(&f, ring, RING, 8, 4, none) < 0)
        abort();
    for (unsigned n = 0; n < STEPS && bytes >= STEP; n++, data += STEP, bytes -= STEP) {
        if (data[0] % 4 == 0)
            check_format(data);
        else if (data[0] % 4 == 1)
            write_region(data);
        else
            play(&f, data);
        requests_poll(&r, now += 5000, start, &mixer.chimes);
        requests_answer(&r, mixer.chimes.played, now, true);
    }
    return 0;
}
