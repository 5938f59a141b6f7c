/* SPDX-License-Identifier: BSD-3-Clause */
/* The shared window with honest and hostile contents, and the three display states. */
#include "display.h"
#include "window.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define WIDTH        64u
#define HEIGHT       48u
#define WINDOW_BYTES (8u * BN_SHM_ALIGN)

static uint8_t *window_memory;
static struct bn_shm_directory directory;

static void put_directory(void)
{
    directory.crc = bn_crc32(0, &directory, offsetof(struct bn_shm_directory, crc));
    memcpy(window_memory, &directory, sizeof(directory));
}

static int begin(void **state)
{
    static const struct {
        uint32_t kind, rights, slot;
    } regions[] = {
        {BN_SHM_CLUSTER_FRAMES, BN_SHM_READ | BN_SHM_WRITE, 1},
        {BN_SHM_DISPLAY_STATUS, BN_SHM_READ, 3},
        {BN_SHM_VEHICLE, BN_SHM_READ | BN_SHM_WRITE, 4},
        {BN_SHM_SCENARIO, 0, 5},
    };

    (void)state;
    free(window_memory);
    window_memory = aligned_alloc(BN_SHM_ALIGN, WINDOW_BYTES);
    assert_non_null(window_memory);
    memset(window_memory, 0xA5, WINDOW_BYTES);
    memset(&directory, 0, sizeof(directory));
    directory.magic = BN_SHM_DIR_MAGIC;
    directory.version = BN_SHM_VERSION;
    directory.count = 4;
    directory.window_bytes = WINDOW_BYTES;
    for (int i = 0; i < 4; i++)
        directory.entry[i] = (struct bn_shm_entry){
            .kind = regions[i].kind,
            .rights = regions[i].rights,
            .offset = regions[i].slot * (uint64_t)BN_SHM_ALIGN,
            .bytes = BN_SHM_ALIGN,
        };
    put_directory();
    return 0;
}

static int end(void **state)
{
    (void)state;
    free(window_memory);
    window_memory = NULL;
    return 0;
}

static bool open(struct window *w)
{
    return window_open(w, window_memory, WINDOW_BYTES, WIDTH, HEIGHT);
}

static void test_open_and_frames(void **state)
{
    static const struct bn_rect damage[2] = {{1, 2, 3, 4}, {5, 6, 7, 8}};
    struct bn_shm_header h;
    struct window w;

    (void)state;
    assert_true(open(&w));
    assert_ptr_equal(w.frames_region, window_memory + BN_SHM_ALIGN);
    assert_ptr_equal(w.status_region, window_memory + 3 * BN_SHM_ALIGN);
    memcpy(&h, w.frames_region, sizeof(h));
    assert_int_equal(h.magic, BN_SHM_MAGIC);
    assert_int_equal(h.data_id, BN_SHM_CLUSTER_FRAMES);
    assert_int_equal(h.crc, bn_shm_crc(&h, NULL));
    assert_int_equal(w.frames->buffers, BN_FRAME_BUFFERS);
    assert_int_equal(w.frames->latest, 0);
    for (uint32_t i = 0; i < BN_FRAME_BUFFERS; i++) {
        assert_ptr_equal(window_buffer(&w, i), w.frames_region + w.frames->buffer_offset[i]);
        assert_int_equal(w.frames->frame[i].counter, BN_FRAME_BUSY);
        memset(window_buffer(&w, i), 0, WIDTH * HEIGHT * 4);
    }
    window_frame_begin(&w, 5);
    assert_int_equal(w.frames->frame[1].counter, BN_FRAME_BUSY);
    window_frame_end(&w, 5, damage, 2, 77, 99);
    assert_int_equal(w.frames->frame[1].counter, 5);
    assert_int_equal(w.frames->frame[1].damage_count, 2);
    assert_memory_equal(w.frames->frame[1].damage, damage, sizeof(damage));
    assert_int_equal(w.frames->latest, 5);
    window_frame_begin(&w, 9);
    assert_int_equal(w.frames->frame[1].counter, BN_FRAME_BUSY);
    assert_int_equal(w.frames->latest, 5);
}

static void test_bad_directories(void **state)
{
    struct window w;

    (void)state;
    assert_false(window_open(&w, NULL, 0, WIDTH, HEIGHT));
    assert_false(window_open(&w, window_memory, 100, WIDTH, HEIGHT));
    window_memory[20] ^= 1; /* CRC */
    assert_false(open(&w));
    directory.count = BN_SHM_MAX_REGIONS + 1;
    put_directory();
    assert_false(open(&w));
    directory.count = 4;
    directory.window_bytes = WINDOW_BYTES + 1;
    put_directory();
    assert_false(open(&w));
    directory.window_bytes = WINDOW_BYTES;
    directory.version++;
    put_directory();
    assert_false(open(&w));
}

static void test_bad_entries_are_left_out(void **state)
{
    static const struct {
        uint64_t offset, bytes;
        uint32_t rights;
    } bad[] = {
        {0, BN_SHM_ALIGN, 3},
        {BN_SHM_ALIGN / 2, BN_SHM_ALIGN, 3},
        {7 * (uint64_t)BN_SHM_ALIGN, 2 * BN_SHM_ALIGN, 3},
        {UINT64_MAX - BN_SHM_ALIGN + 1, BN_SHM_ALIGN, 3},
        {BN_SHM_ALIGN, UINT64_MAX, 3},
        {BN_SHM_ALIGN, 4096, 3},
        {BN_SHM_ALIGN, BN_SHM_ALIGN, 1},
        {BN_SHM_ALIGN, BN_SHM_ALIGN, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct window w;

        directory.entry[0].offset = bad[i].offset;
        directory.entry[0].bytes = bad[i].bytes;
        directory.entry[0].rights = bad[i].rights;
        put_directory();
        assert_true(open(&w));
        assert_null(w.frames);
        assert_non_null(w.vehicle_region);
    }
}

static void test_too_small_for_the_buffers(void **state)
{
    struct window w;

    (void)state;
    assert_true(window_open(&w, window_memory, WINDOW_BYTES, 1280, 720));
    assert_null(w.frames);
}

static void test_vehicle_is_protected(void **state)
{
    struct bn_vehicle v = {.flags = BN_VEHICLE_VALID, .speed_centikmh = 4200};
    struct bn_shm_header h;
    struct window w;

    (void)state;
    assert_true(open(&w));
    for (uint32_t i = 1; i <= 3; i++) {
        v.speed_centikmh++;
        window_publish_vehicle(&w, &v, i * 1000);
        memcpy(&h, w.vehicle_region, sizeof(h));
        assert_int_equal(h.sequence, 2 * i);
        assert_int_equal(h.counter, i);
        assert_int_equal(h.payload_bytes, sizeof(v));
        assert_memory_equal(w.vehicle_region + 64, &v, sizeof(v));
        assert_int_equal(h.crc, bn_shm_crc(&h, w.vehicle_region + 64));
    }
    w.vehicle_region = NULL;
    window_publish_vehicle(&w, &v, 0); /* no region: nothing happens */
}

/* What a well-behaved compositor writes. */
static void put_status(uint8_t *region, const struct bn_display_status *s, uint32_t counter)
{
    struct bn_shm_header h = {
        .magic = BN_SHM_MAGIC,
        .version = BN_SHM_VERSION,
        .data_id = BN_SHM_DISPLAY_STATUS,
        .payload_bytes = sizeof(*s),
        .sequence = 2 * counter,
        .counter = counter,
        .time_ns = counter * 1000,
    };

    h.crc = bn_shm_crc(&h, s);
    memcpy(region, &h, sizeof(h));
    memcpy(region + 64, s, sizeof(*s));
}

static void test_status_is_checked(void **state)
{
    uint8_t region[4096];
    struct bn_display_status s = {.shown = 7, .ready = 1}, got;
    uint32_t counter = 0;

    (void)state;
    put_status(region, &s, 3);
    assert_true(window_read_status(region, &got, &counter));
    assert_int_equal(counter, 3);
    assert_memory_equal(&got, &s, sizeof(s));
    for (size_t bit = 0; bit < (64 + sizeof(s)) * 8; bit++) {
        bool outside = (bit >= 48 && bit < 64) ||   /* reserved0 */
                       (bit >= 128 && bit < 160) || /* sequence: even values differ harmlessly */
                       (bit >= 36 * 8 && bit < 64 * 8); /* padding of the CRC word's tail */

        put_status(region, &s, 3);
        region[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (!outside)
            assert_false(window_read_status(region, &got, &counter));
    }
    put_status(region, &s, 3);
    region[16] |= 1; /* the writer is inside */
    assert_false(window_read_status(region, &got, &counter));
}

static struct bn_display_status honest(uint32_t shown, uint32_t now_ms)
{
    return (struct bn_display_status){
        .shown = shown, .heartbeat_ns = now_ms * 1000000ull, .ready = 1};
}

/* `frames` frames of a compositor that shows each of ours one frame later, from time *now_ms on. */
static void play(struct display *d, uint32_t *latest, uint32_t *now_ms, int frames)
{
    for (int i = 0; i < frames; i++) {
        struct bn_display_status s;

        *now_ms += 17;
        s = honest(*latest, *now_ms);
        (*latest)++;
        display_update(d, &s, *latest, *latest, *now_ms);
    }
}

static void test_early_shared_safe_shared(void **state)
{
    struct display d = {.state = BN_DISPLAY_EARLY};
    uint32_t latest = 100, now = 5000;

    (void)state;
    assert_true(display_boot_framebuffer(&d));
    play(&d, &latest, &now, DISPLAY_PROOFS);
    assert_int_equal(d.state, BN_DISPLAY_EARLY); /* the first reading only starts the count */
    play(&d, &latest, &now, 1);
    assert_int_equal(d.state, BN_DISPLAY_SHARED);
    assert_false(display_boot_framebuffer(&d));
    /* No status any more. */
    assert_false(display_update(&d, NULL, 0, ++latest, now + DISPLAY_STALL_MS));
    assert_int_equal(d.state, BN_DISPLAY_SHARED);
    now += DISPLAY_STALL_MS + 1;
    assert_true(display_update(&d, NULL, 0, ++latest, now));
    assert_int_equal(d.state, BN_DISPLAY_SAFE);
    assert_true(display_boot_framebuffer(&d));
    play(&d, &latest, &now, DISPLAY_PROOFS + 1);
    assert_int_equal(d.state, BN_DISPLAY_SHARED);
}

/* One status more, which says whose pictures are gone. */
static void tell(struct display *d, uint32_t *latest, uint32_t *now_ms, uint32_t guests_lost)
{
    struct bn_display_status s;

    *now_ms += 17;
    s = honest(*latest, *now_ms);
    s.guests_lost = guests_lost;
    (*latest)++;
    display_update(d, &s, *latest, *latest, *now_ms);
}

/* Who was there and is not has a message; of guests only a compositor tells that is there, and only
 * after a while. */
static void test_losses(void **state)
{
    struct display d = {.state = BN_DISPLAY_EARLY};
    uint32_t latest = 100, now = 5000, since;

    (void)state;
    tell(&d, &latest, &now, 2);
    assert_int_equal(display_losses(&d, now + DISPLAY_GUEST_MS), 0);
    play(&d, &latest, &now, DISPLAY_PROOFS + 1);
    assert_int_equal(display_losses(&d, now), 0);
    tell(&d, &latest, &now, 2);
    for (since = now; now - since < DISPLAY_GUEST_MS; tell(&d, &latest, &now, 2))
        assert_int_equal(display_losses(&d, now), 0);
    assert_int_equal(display_losses(&d, now), message_bit(MESSAGE_IVI_LOST));
    tell(&d, &latest, &now, 0);
    assert_int_equal(display_losses(&d, now), 0);
    tell(&d, &latest, &now, 4); /* another loss, counted anew */
    assert_int_equal(display_losses(&d, now), 0);
    now += 1 + DISPLAY_STALL_MS;
    display_update(&d, NULL, 0, ++latest, now);
    assert_int_equal(d.state, BN_DISPLAY_SAFE);
    assert_int_equal(display_losses(&d, now), message_bit(MESSAGE_DISPLAY_LOST));
    play(&d, &latest, &now, DISPLAY_PROOFS + 1);
    assert_int_equal(display_losses(&d, now), 0);
}

/* Each lie alone keeps SHARED away and, told in SHARED, ends it within the stall time. */
enum lie {
    LIE_READY,
    LIE_SHOWN_STUCK,
    LIE_SHOWN_FUTURE,
    LIE_SHOWN_ZERO,
    LIE_HEART,
    LIE_COUNTER,
    LIES
};

static bool lies_lead_to_shared(struct display *d, enum lie lie, uint32_t *latest, uint32_t *now)
{
    uint32_t stuck = *latest, counter = 1000;

    for (int i = 0; i < 60; i++) {
        struct bn_display_status s;

        *now += 17;
        s = honest(*latest, *now);
        (*latest)++;
        counter++;
        if (lie == LIE_READY)
            s.ready = 2;
        if (lie == LIE_SHOWN_STUCK)
            s.shown = stuck;
        if (lie == LIE_SHOWN_FUTURE)
            s.shown = *latest + 1;
        if (lie == LIE_SHOWN_ZERO)
            s.shown = 0;
        if (lie == LIE_HEART)
            s.heartbeat_ns = 42;
        if (lie == LIE_COUNTER)
            counter = 1000;
        display_update(d, &s, counter, *latest, *now);
    }
    return d->state == BN_DISPLAY_SHARED;
}

static void test_lies(void **state)
{
    (void)state;
    for (enum lie lie = 0; lie < LIES; lie++) {
        struct display d = {.state = BN_DISPLAY_EARLY};
        uint32_t latest = 10, now = 0;

        if (lie !=
            LIE_HEART) /* a stuck heart counts from its first beat: SHARED may come, and must go */
            assert_false(lies_lead_to_shared(&d, lie, &latest, &now));
        d = (struct display){.state = BN_DISPLAY_EARLY};
        play(&d, &latest, &now, DISPLAY_PROOFS + 1);
        assert_int_equal(d.state, BN_DISPLAY_SHARED);
        assert_false(lies_lead_to_shared(&d, lie, &latest, &now));
        assert_int_equal(d.state, BN_DISPLAY_SAFE);
    }
}

/* A task that its budget has ended while it was writing: the next one is whole again. */
static void test_publish_after_an_end(void **state)
{
    struct window w;
    struct bn_vehicle v = {.flags = BN_VEHICLE_VALID, .speed_centikmh = 4200};
    struct bn_shm_header *h;

    (void)state;
    assert_true(window_open(&w, window_memory, WINDOW_BYTES, WIDTH, HEIGHT));
    h = (struct bn_shm_header *)(void *)w.vehicle_region;
    window_publish_vehicle(&w, &v, 1);
    assert_int_equal(h->sequence, 2);
    h->sequence++; /* ended inside */
    memset(w.vehicle_region + sizeof(*h), 0x77, 4);
    window_publish_vehicle(&w, &v, 2);
    assert_int_equal(h->sequence, 4);
    assert_int_equal(h->counter, 2);
    assert_int_equal(h->crc, bn_shm_crc(h, w.vehicle_region + sizeof(*h)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_open_and_frames, begin, end),
        cmocka_unit_test_setup_teardown(test_bad_directories, begin, end),
        cmocka_unit_test_setup_teardown(test_bad_entries_are_left_out, begin, end),
        cmocka_unit_test_setup_teardown(test_too_small_for_the_buffers, begin, end),
        cmocka_unit_test_setup_teardown(test_vehicle_is_protected, begin, end),
        cmocka_unit_test(test_status_is_checked),
        cmocka_unit_test(test_early_shared_safe_shared),
        cmocka_unit_test(test_losses),
        cmocka_unit_test(test_lies),
        cmocka_unit_test_setup_teardown(test_publish_after_an_end, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
