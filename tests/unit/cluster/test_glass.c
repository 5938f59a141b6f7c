/* SPDX-License-Identifier: BSD-3-Clause */
/* The CRCs of the telltales' places against the pixels that were drawn, and buffers whose pixels
 * change by themselves. */
#include "dash.h"
#include "message.h"
#include "screen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ALL_LAMPS ((1u << BN_TELLTALE_COUNT) - 1)

static const int sizes[][2] = {{1280, 720}, {1024, 768}, {1920, 720}, {1920, 1080}};
#define SIZES (sizeof(sizes) / sizeof(sizes[0]))

static struct screen screen;
static uint8_t *memory; /* the shared window */
static struct window window;
static const struct bn_rect none;

/* A screen of this size with its four buffers in a shared window. */
static void begin(int width, int height)
{
    size_t bytes = 20 * (size_t)BN_SHM_ALIGN;
    struct bn_shm_directory d = {
        .magic = BN_SHM_DIR_MAGIC,
        .version = BN_SHM_VERSION,
        .count = 1,
        .window_bytes = bytes,
        .entry[0] = {.kind = BN_SHM_CLUSTER_FRAMES,
                     .rights = BN_SHM_READ | BN_SHM_WRITE,
                     .offset = BN_SHM_ALIGN,
                     .bytes = bytes - BN_SHM_ALIGN},
    };

    d.crc = bn_crc32(0, &d, offsetof(struct bn_shm_directory, crc));
    memory = aligned_alloc(BN_SHM_ALIGN, bytes);
    assert_non_null(memory);
    memset(memory, 0xA5, bytes);
    memcpy(memory, &d, sizeof(d));
    memset(&screen, 0, sizeof(screen));
    screen_early(&screen, NULL, width, height, width, 0);
    assert_true(window_open(&window, memory, (uint32_t)bytes, (uint32_t)width, (uint32_t)height));
    assert_non_null(window.frames);
    screen_start(&screen, &window);
}

static void end(void)
{
    free(memory);
}

/* Draws and tells as the cluster does. */
static struct damage draw(uint32_t n, const struct scene *scene)
{
    struct damage changed;

    window_frame_begin(&window, n);
    screen_draw(&screen, n, scene, false, &changed);
    glass_tell(&screen.glass, &screen.last, &window.frames->telltales[n % BN_FRAME_BUFFERS]);
    window_frame_end(&window, n, &none, 0, 0, 0);
    return changed;
}

/* What cluster_frames.h says the CRC is, by its words alone. */
static uint32_t crc_by_the_words(uint32_t n, const struct bn_rect *place)
{
    const uint8_t *px = window.frames_region + window.frames->buffer_offset[n % BN_FRAME_BUFFERS];
    uint32_t crc = 0;

    for (int32_t y = place->y; y < place->y + place->height; y++) {
        for (int32_t x = place->x; x < place->x + place->width; x++) {
            const uint8_t *p = px + (size_t)y * window.frames->pitch + (size_t)x * 4;
            const uint8_t bytes[4] = {p[0], p[1], p[2], 0};

            crc = bn_crc32(crc, bytes, sizeof(bytes));
        }
    }
    return crc;
}

/* The telltales of frame n whose places are not as its table says. */
static uint32_t different(uint32_t n)
{
    const struct bn_frame_telltales *t = &window.frames->telltales[n % BN_FRAME_BUFFERS];
    uint32_t bits = 0;

    for (int i = 0; i < BN_TELLTALE_COUNT; i++)
        if (t->region[i].crc != crc_by_the_words(n, &t->region[i].place))
            bits |= 1u << i;
    return bits;
}

static struct scene scene_of(uint32_t telltales, uint32_t face)
{
    return (struct scene){
        .face = (uint8_t)face,
        .next = (uint8_t)face,
        .speed = 87,
        .speed_needle = 9000,
        .rpm_needle = 12000,
        .fuel_needle = 100,
        .coolant_needle = SCENE_NONE,
        .odometer = 123456,
        .range = SCENE_NONE,
        .clock = 600,
        .air = 5,
        .telltales = telltales,
        .gear = 4,
        .message = MESSAGE_BRAKE,
    };
}

static void test_places(void **state)
{
    (void)state;
    for (size_t k = 0; k < SIZES; k++) {
        struct scene scene = scene_of(5, FACE_FIRST);
        const struct bn_frame_telltales *t;

        begin(sizes[k][0], sizes[k][1]);
        t = &window.frames->telltales[1];
        assert_int_equal(t->region[0].place.width, 0); /* until there is a frame */
        draw(1, &scene);
        assert_int_equal(t->telltales, 5);
        for (int i = 0; i < BN_FRAME_TELLTALES; i++) {
            const struct bn_rect *r = &t->region[i].place;

            if (i >= BN_TELLTALE_COUNT) {
                assert_int_equal(r->x | r->y | r->width | r->height, 0);
                assert_int_equal(t->region[i].crc, 0);
                continue;
            }
            assert_true(r->width == screen.layout.set->symbol_size && r->height == r->width);
            assert_true(r->x >= 0 && r->y >= 0 && r->x + r->width <= sizes[k][0] &&
                        r->y + r->height <= sizes[k][1]);
        }
        end();
    }
}

/* Of a screen too small for it a telltale is not told, and the others are. */
static void test_a_small_screen(void **state)
{
    struct scene scene = scene_of(ALL_LAMPS, FACE_FIRST);
    int told = 0;

    (void)state;
    begin(640, 480);
    draw(1, &scene);
    assert_int_equal(different(1), 0);
    for (int i = 0; i < BN_TELLTALE_COUNT; i++)
        told += window.frames->telltales[1].region[i].place.width > 0;
    assert_in_range(told, 1, BN_TELLTALE_COUNT - 1);
    end();
}

/* Each telltale alone, and all but it, in each face: the table is what was drawn, and no two of the
 * CRCs of a place are alike. */
static void test_each_lit_and_dark(void **state)
{
    (void)state;
    for (size_t k = 0; k < SIZES; k += 3) {
        uint32_t n = 1;

        begin(sizes[k][0], sizes[k][1]);
        for (uint32_t face = 0; face < FACE_COUNT; face++) {
            for (int i = 0; i < BN_TELLTALE_COUNT; i++) {
                struct scene alone = scene_of(1u << i, face);
                struct scene others = scene_of(ALL_LAMPS & ~(1u << i), face);
                uint32_t crc = glass_wanted(&screen.glass, &alone, i);

                assert_int_not_equal(crc, glass_wanted(&screen.glass, &others, i));
                others.face = others.next = (uint8_t)(face ^ FACE_NIGHT);
                assert_int_not_equal(crc, glass_wanted(&screen.glass, &others, i));
                alone.face = alone.next = (uint8_t)(face ^ FACE_NIGHT);
                assert_int_not_equal(crc, glass_wanted(&screen.glass, &alone, i));
            }
        }
        for (uint32_t face = 0; face < FACE_COUNT; face++) {
            for (int i = 0; i < BN_TELLTALE_COUNT; i += k ? 5 : 1) {
                struct scene alone = scene_of(1u << i, face);
                struct scene others = scene_of(ALL_LAMPS & ~(1u << i), face);

                draw(n, &alone);
                assert_int_equal(different(n++), 0);
                draw(n, &others);
                assert_int_equal(different(n++), 0);
            }
        }
        assert_int_equal(screen.glass.repaired, 0);
        end();
    }
}

/* A curtain comes down over all of them, while needles and messages move. */
static void test_curtain(void **state)
{
    struct scene scene = scene_of(0x2AAAAAA, FACE_NIGHT);

    (void)state;
    begin(1280, 720);
    scene.next = FACE_MILES;
    for (uint32_t step = FACE_PAINT - 4; step <= FACE_STEPS; step++) {
        scene.step = (uint8_t)step;
        scene.speed_needle += 200;
        scene.rpm_needle -= 100;
        scene.message = (uint8_t)(step % MESSAGE_COUNT);
        scene.telltales ^= step % 16 ? 0 : ALL_LAMPS;
        draw(step, &scene);
        assert_int_equal(different(step), 0);
    }
    assert_int_equal(screen.glass.repaired, 0);
    assert_true(screen.glass.looked >= FACE_STEPS - FACE_PAINT);
    end();
}

/* One colour of one pixel: that telltale alone is different, wherever it is. The byte that is no
 * colour counts for nothing. */
static void test_a_changed_pixel_is_seen(void **state)
{
    struct scene scene = scene_of(0x5555555, FACE_FIRST);

    (void)state;
    srand(5);
    begin(1280, 720);
    draw(1, &scene);
    for (int i = 0; i < BN_TELLTALE_COUNT; i++) {
        struct bn_rect r = window.frames->telltales[1].region[i].place;

        for (int k = 0; k < 8; k++) {
            uint32_t *px = window_buffer(&window, 1) +
                           (r.y + (k < 4 ? k / 2 * (r.height - 1) : rand() % r.height)) * 1280 +
                           r.x + (k < 4 ? k % 2 * (r.width - 1) : rand() % r.width);
            uint32_t bit = 1u << rand() % 24;

            *px ^= bit | 0xAA000000;
            assert_int_equal(different(1), 1u << i);
            assert_false(glass_look(&screen.glass, &screen.buffer[1].surface, &scene, i));
            *px ^= bit;
            assert_int_equal(different(1), 0);
            assert_true(glass_look(&screen.glass, &screen.buffer[1].surface, &scene, i));
        }
    }
    assert_int_equal(screen.glass.repaired, 8 * BN_TELLTALE_COUNT);
    end();
}

/* A buffer's pixel changes, or that of a face: found in time, painted anew as a whole, told to who
 * copies by damage, counted once. */
static void repaired_in_time(bool in_face)
{
    struct scene scene = scene_of(0x1234567, FACE_FIRST);
    uint32_t n = 1, begun;
    size_t at = 664 * 1280 + 640 - 7 * 41; /* in the place of the tyres' pressure, which is dark */
    uint32_t *right = malloc(1280 * 720 * 4);
    int whole = 0;

    assert_non_null(right);
    begin(1280, 720);
    for (; n <= 40; n++)
        draw(n, &scene);
    memcpy(right, window_buffer(&window, 2), 1280 * 720 * 4);
    if (in_face) { /* and somebody has drawn from it since */
        screen.background[FACE_FIRST].px[at] ^= 0x10;
        for (uint32_t i = 0; i < BN_FRAME_BUFFERS; i++)
            screen.buffer[i].valid = false;
    } else {
        window_buffer(&window, 2)[at] ^= 0x800000;
        window_buffer(&window, 2)[0] ^= 0x1; /* where nobody looks */
    }
    for (begun = n; n < begun + 4 * BN_TELLTALE_COUNT + (in_face ? 4 : 0); n++) {
        struct damage changed = draw(n, &scene);

        whole += changed.count && changed.area[0].x1 - changed.area[0].x0 == 1280 &&
                 changed.area[0].y1 - changed.area[0].y0 == 720;
    }
    assert_int_equal(screen.glass.repaired, in_face ? 4 : 1);
    assert_int_equal(whole, screen.glass.repaired);
    for (uint32_t i = 0; i < BN_FRAME_BUFFERS; i++) { /* all but the frame's code */
        assert_int_equal(different(n - 1 - i), 0);
        assert_memory_equal(window_buffer(&window, i), right, 1280 * 716 * 4);
    }
    for (; n < begun + 12 * BN_TELLTALE_COUNT; n++)
        draw(n, &scene);
    assert_int_equal(screen.glass.repaired, in_face ? 4 : 1);
    free(right);
    end();
}

static void test_a_corrupted_buffer_is_repaired(void **state)
{
    (void)state;
    repaired_in_time(false);
}

static void test_a_corrupted_face_is_repaired(void **state)
{
    (void)state;
    repaired_in_time(true);
}

/* Any other picture: the CRCs of what is there. */
static void test_a_picture_of_no_scene(void **state)
{
    struct area all = {0, 0, 1280, 720};

    (void)state;
    begin(1280, 720);
    window_frame_begin(&window, 3);
    gfx_fill(&screen.buffer[3].surface, all, 0);
    scene_paint_telltales(&screen.layout, &screen.buffer[3].surface, all, DASH_LOST_BODY);
    glass_tell_found(&screen.glass, &screen.buffer[3].surface, DASH_LOST_BODY,
                     &window.frames->telltales[3]);
    window_frame_end(&window, 3, &none, 0, 0, 0);
    assert_int_equal(window.frames->telltales[3].telltales, DASH_LOST_BODY);
    assert_int_equal(different(3), 0);
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_a_small_screen),
        cmocka_unit_test(test_each_lit_and_dark),
        cmocka_unit_test(test_curtain),
        cmocka_unit_test(test_a_changed_pixel_is_seen),
        cmocka_unit_test(test_a_corrupted_buffer_is_repaired),
        cmocka_unit_test(test_a_corrupted_face_is_repaired),
        cmocka_unit_test(test_a_picture_of_no_scene),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
