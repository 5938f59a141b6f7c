/* SPDX-License-Identifier: BSD-3-Clause */
/* Drawing against slow references in floating point, and the law of damage: a repaired picture is a
 * freshly painted one. */
#include "dash.h"
#include "message.h"
#include "screen.h"

#include "binnacle/cluster_frames.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PI        3.14159265358979
#define FULL      ((int)DIAL_SWEEP + 1)
#define ALL_LAMPS ((1u << BN_TELLTALE_COUNT) - 1)

static uint32_t *pixels(int width, int height)
{
    uint32_t *px = calloc((size_t)width * (size_t)height, sizeof(*px));

    assert_non_null(px);
    return px;
}

static void test_sine_and_root(void **state)
{
    (void)state;
    for (uint32_t a = 0; a < 65536; a += 13)
        assert_true(fabs(gfx_sin(a) - 32768 * sin(a * 2 * PI / 65536)) < 3);
    for (uint32_t n = 0; n < 100000; n++)
        assert_int_equal(gfx_isqrt(n), (uint32_t)sqrt(n));
    assert_int_equal(gfx_isqrt(UINT32_MAX), 65535);
}

static void test_blend_and_add(void **state)
{
    (void)state;
    for (uint32_t a = 0; a <= 256; a++) {
        for (uint32_t v = 0; v < 256; v += 5) {
            uint32_t over = v | (255 - v) << 8 | v << 16, b = gfx_blend(0x402010, over, a);
            uint32_t sum = gfx_add(0xF0A050, over, a);

            for (int c = 0; c < 3; c++) {
                double u = 0x402010 >> 8 * c & 255, o = over >> 8 * c & 255;
                double light = (0xF0A050 >> 8 * c & 255) + floor(o * a / 256);

                assert_true(fabs((b >> 8 * c & 255) - (u + (o - u) * a / 256)) <= 1.01);
                assert_int_equal(sum >> 8 * c & 255, light > 255 ? 255 : light);
            }
            assert_int_equal(b >> 24 | sum >> 24, 0);
        }
    }
}

/* Coverage of a pixel by a convex polygon, by 16 x 16 samples. */
static double polygon_reference(const struct point *p, int n, int x, int y)
{
    int inside = 0;

    for (int sy = 0; sy < 16; sy++) {
        for (int sx = 0; sx < 16; sx++) {
            double px = x * 256 + sx * 16 + 8, py = y * 256 + sy * 16 + 8;
            bool in = true;

            for (int i = 0; i < n; i++) {
                const struct point *a = &p[i], *b = &p[(i + 1) % n];

                in = in && (b->x - a->x) * (py - a->y) - (b->y - a->y) * (px - a->x) >= 0;
            }
            inside += in;
        }
    }
    return inside / 256.0;
}

static void test_polygon(void **state)
{
    struct surface s = {pixels(160, 160), 160, 160, 160};
    struct area all = {0, 0, 160, 160};

    (void)state;
    for (uint32_t angle = 0; angle < 65536; angle += 1031) {
        struct point c = {80 * 256 + 77, 80 * 256 + 31}, tip = gfx_polar(c, 70 * 256, angle);
        struct point corner[4] = {
            gfx_polar(c, -5 * 256, angle + 0x4000),
            gfx_polar(tip, -256, angle + 0x4000),
            gfx_polar(tip, 256, angle + 0x4000),
            gfx_polar(c, 5 * 256, angle + 0x4000),
        };
        double ink = 0, wanted = 0, worst = 0;

        gfx_fill(&s, all, 0);
        gfx_polygon(&s, all, corner, 4, 0xFFFFFF);
        for (int y = 0; y < 160; y++) {
            for (int x = 0; x < 160; x++) {
                double is = (s.px[y * 160 + x] & 255) / 255.0,
                       be = polygon_reference(corner, 4, x, y);

                ink += is;
                wanted += be;
                worst = fmax(worst, fabs(is - be));
            }
        }
        assert_true(fabs(ink - wanted) < wanted * 0.03);
        assert_true(worst <
                    0.45); /* at the corners, where the distance is to the nearer side alone */
    }
    free(s.px);
}

static void test_ring(void **state)
{
    static const uint32_t sweeps[] = {1000, 0x4000, 0x8000, 0xAAAA, 0xD555, 65536};
    struct surface s = {pixels(200, 200), 200, 200, 200};
    struct area all = {0, 0, 200, 200};

    (void)state;
    for (size_t k = 0; k < sizeof(sweeps) / sizeof(sweeps[0]); k++) {
        struct ring r = {
            .centre = {100 * 256 + 128, 100 * 256 + 128},
            .inner = 60 * 256,
            .outer = 90 * 256,
            .from = 0xAAAB,
            .sweep = sweeps[k],
            .colour = 0xFFFFFF,
            .alpha_in = 256,
            .alpha_out = 256,
        };
        double ink = 0, wanted = PI * (90 * 90 - 60 * 60) * sweeps[k] / 65536;

        gfx_fill(&s, all, 0);
        gfx_ring(&s, all, &r);
        for (int y = 0; y < 200; y++) {
            for (int x = 0; x < 200; x++) {
                double d = hypot(x - 100, y - 100), is = (s.px[y * 200 + x] & 255) / 255.0;
                double turn = fmod(atan2(x - 100, -(y - 100)) / (2 * PI) + 2 - 0xAAAB / 65536.0, 1);

                ink += is;
                if (d < 59 || d > 91)
                    assert_true(is == 0);
                if (d > 61 && d < 89 && turn > 0.01 && turn < sweeps[k] / 65536.0 - 0.01)
                    assert_true(is > 0.99);
                if (turn > sweeps[k] / 65536.0 + 0.01 && turn < 0.99)
                    assert_true(is == 0);
            }
        }
        assert_true(fabs(ink - wanted) < wanted * 0.02 + 12);
    }
    free(s.px);
}

static void test_nothing_outside_clip_or_surface(void **state)
{
    const struct asset_set *set = &asset_sets[1];
    struct surface s = {pixels(120, 120), 100, 100, 120};
    struct area clip = {20, 30, 70, 60};
    struct point corner[3] = {{-9000, -9000}, {50000, 1000}, {2000, 50000}};
    struct ring r = {
        .centre = {95 * 256, 5 * 256},
        .inner = 30 * 256,
        .outer = 90 * 256,
        .sweep = 65536,
        .colour = 0xFFFFFF,
        .alpha_in = 256,
        .alpha_out = 256,
    };

    (void)state;
    gfx_polygon(&s, clip, corner, 3, 0xFFFFFF);
    gfx_ring(&s, clip, &r);
    gfx_disc(&s, clip, r.centre, 80 * 256, 0xFF, 0xFF00);
    gfx_text(&s, clip, set, FONT_SPEED, -10, 80, "0123", 0xFFFFFF);
    gfx_mask(&s, clip, 60, 50, set->data + set->symbol[0], set->symbol_size, set->symbol_size,
             0xFF);
    for (int y = 0; y < 120; y++)
        for (int x = 0; x < 120; x++)
            if (x < clip.x0 || x >= clip.x1 || y < clip.y0 || y >= clip.y1)
                assert_int_equal(s.px[y * 120 + x], 0);
    /* A clip larger than the surface ends at the surface. */
    clip = (struct area){-1000, -1000, 1000, 1000};
    gfx_ring(&s, clip, &r);
    gfx_disc(&s, clip, r.centre, 80 * 256, 0xFF, 0xFF00);
    gfx_fill(&s, clip, 0x123456);
    for (int y = 0; y < 120; y++)
        for (int x = 0; x < 120; x++)
            if (x >= 100 || y >= 100)
                assert_int_equal(s.px[y * 120 + x], 0);
    free(s.px);
}

static void test_frame_code(void **state)
{
    static const uint32_t counters[] = {1, 0x80000000, 0xDEADBEEF, 0x01020304};
    struct layout l;
    struct surface s = {pixels(1280, 720), 1280, 720, 1280};

    (void)state;
    layout_init(&l, 1280, 720);
    for (size_t k = 0; k < sizeof(counters) / sizeof(counters[0]); k++) {
        uint64_t bits = 0;
        uint32_t sum = 0;

        code_paint(&l, &s, counters[k]);
        for (int i = 0; i < BN_FRAME_CODE_BITS; i++)
            for (int y = 716; y < 720; y++)
                for (int x = 4 * i; x < 4 * i + 4; x++)
                    assert_int_equal(s.px[y * 1280 + x], s.px[719 * 1280 + 4 * i]);
        for (int i = 0; i < BN_FRAME_CODE_BITS; i++)
            bits |= (uint64_t)(s.px[718 * 1280 + 4 * i + 1] == 0xFFFFFF) << i;
        for (int i = 0; i < 4; i++)
            sum += counters[k] >> 8 * i & 0xFF;
        assert_int_equal((uint32_t)bits, counters[k]);
        assert_int_equal(bits >> 32, ~sum & 0xFF);
        assert_int_equal(s.px[715 * 1280], 0);
        assert_int_equal(s.px[719 * 1280 + 160], 0);
    }
    free(s.px);
}

static void test_damage_reduces_to_a_cover(void **state)
{
    (void)state;
    srand(1);
    for (int round = 0; round < 200; round++) {
        struct damage d = {0};
        struct area a[20];
        int n = 1 + rand() % 20;

        for (int i = 0; i < n; i++) {
            int x = rand() % 1000, y = rand() % 600;

            a[i] = (struct area){x, y, x + 1 + rand() % 200, y + 1 + rand() % 100};
            damage_add(&d, a[i]);
        }
        damage_reduce(&d, BN_FRAME_DAMAGE_RECTS);
        assert_true(d.count <= BN_FRAME_DAMAGE_RECTS);
        for (int i = 0; i < n; i++) {
            bool covered = false;

            for (int k = 0; k < d.count; k++)
                covered |= d.area[k].x0 <= a[i].x0 && d.area[k].y0 <= a[i].y0 &&
                           d.area[k].x1 >= a[i].x1 && d.area[k].y1 >= a[i].y1;
            assert_true(covered);
        }
    }
}

static bool inside(struct area a, struct area b)
{
    return a.x0 >= b.x0 && a.y0 >= b.y0 && a.x1 <= b.x1 && a.y1 <= b.y1;
}

/* Everything is on the screen, nothing on anything else, at every size promised. */
static void test_layout(void **state)
{
    static const int sizes[][2] = {{1280, 720}, {1024, 768}, {1920, 720}, {1920, 1080}};

    (void)state;
    for (int k = 0; k < 4; k++) {
        struct layout l;
        struct area part[7 + BN_TELLTALE_COUNT];
        int n = 0;

        layout_init(&l, sizes[k][0], sizes[k][1]);
        part[n++] = l.rpm.area;
        part[n++] = l.speed.area;
        part[n++] = l.message;
        part[n++] = l.clock;
        part[n++] = l.air;
        part[n++] = l.tile;
        part[n++] = l.code;
        for (int i = 0; i < BN_TELLTALE_COUNT; i++)
            part[n++] = l.telltale[i];
        for (int i = 0; i < n; i++) {
            assert_true(part[i].x0 >= 0 && part[i].y0 >= 0 && part[i].x1 <= l.width &&
                        part[i].y1 <= l.height && !area_empty(part[i]));
            for (int j = 0; j < i; j++)
                assert_true(area_empty(area_meet(part[i], part[j])));
        }
        assert_true(inside(l.odometer, l.speed.area) && inside(l.speed.gauge, l.speed.area));
        assert_true(inside(l.range, l.speed.area) && inside(l.trips, l.rpm.area));
        assert_true(area_empty(area_meet(l.odometer, l.speed.value)));
        assert_true(area_empty(area_meet(l.odometer, l.range)));
        assert_true(area_empty(area_meet(l.trips, l.rpm.value)));
    }
}

/* A mask of a symbol at one scale: how much ink, how far from the mask's edge, and how like its
 * mirror image. */
struct ink {
    uint32_t sum, border, left_right;
};

static struct ink symbol_ink(const struct asset_set *set, int symbol, const uint8_t *other)
{
    int size = set->symbol_size;
    const uint8_t *m = set->data + set->symbol[symbol];
    struct ink ink = {0};

    for (int y = 0; y < size; y++) {
        for (int x = 0; x < size; x++) {
            int mirrored = other[y * size + size - 1 - x];

            ink.sum += m[y * size + x];
            ink.left_right += (uint32_t)abs(m[y * size + x] - mirrored);
            if (x == 0 || y == 0 || x == size - 1 || y == size - 1)
                ink.border += m[y * size + x];
        }
    }
    return ink;
}

/* Each symbol has ink enough to be seen and room around it, is the like of no other, and those that
 * look straight ahead are their own mirror image. */
static void test_symbols(void **state)
{
    static const uint8_t straight[] = {BN_TELLTALE_BRAKE, BN_TELLTALE_TPMS, BN_TELLTALE_DOOR,
                                       BN_TELLTALE_LANE,  BN_TELLTALE_ACC,  BN_TELLTALE_LAMP_FAULT,
                                       BN_TELLTALE_WASHER};

    (void)state;
    for (int k = 0; k < ASSET_SCALES; k++) {
        const struct asset_set *set = &asset_sets[k];
        uint32_t area = (uint32_t)set->symbol_size * set->symbol_size;
        const uint8_t *right = set->data + set->symbol[BN_TELLTALE_TURN_RIGHT];

        for (int i = 0; i < BN_TELLTALE_COUNT; i++) {
            struct ink ink = symbol_ink(set, i, set->data + set->symbol[i]);

            assert_in_range(ink.sum / 255, area / 10, area / 2);
            assert_int_equal(ink.border, 0);
            for (int j = 0; j < i; j++)
                assert_memory_not_equal(set->data + set->symbol[i], set->data + set->symbol[j],
                                        area);
        }
        for (size_t i = 0; i < sizeof(straight); i++) {
            const uint8_t *mask = set->data + set->symbol[straight[i]];

            assert_in_range(symbol_ink(set, straight[i], mask).left_right, 0, area);
        }
        assert_in_range(symbol_ink(set, BN_TELLTALE_TURN_LEFT, right).left_right, 0, area);
    }
}

/* Each lamp alone changes its own place and nothing else; all together are each as if alone. */
static void test_telltales_are_apart(void **state)
{
    static const int sizes[][2] = {{1280, 720}, {1024, 768}, {1920, 720}, {1920, 1080}};

    (void)state;
    for (int k = 0; k < 4; k++) {
        int w = sizes[k][0], h = sizes[k][1];
        struct surface one = {pixels(w, h), w, h, w}, every = {pixels(w, h), w, h, w};
        struct area all = {0, 0, w, h};
        uint32_t lit = 0, inside = 0;
        struct layout l;

        layout_init(&l, w, h);
        scene_paint_telltales(&l, &every, all, ALL_LAMPS);
        for (int i = 0; i < BN_TELLTALE_COUNT; i++) {
            struct area a = l.telltale[i];

            gfx_fill(&one, all, 0);
            scene_paint_telltales(&l, &one, all, 1u << i);
            for (int y = a.y0; y < a.y1; y++) {
                assert_memory_equal(one.px + y * w + a.x0, every.px + y * w + a.x0,
                                    (size_t)(a.x1 - a.x0) * 4);
                for (int x = a.x0; x < a.x1; x++)
                    inside += one.px[y * w + x] != 0;
            }
        }
        for (int i = 0; i < w * h; i++)
            lit += every.px[i] != 0;
        assert_int_equal(inside, lit);
        free(one.px);
        free(every.px);
    }
}

static uint32_t random_distance(void)
{
    return rand() % 8 ? (uint32_t)rand() % 10000000 : SCENE_ODO_NONE;
}

static struct scene random_scene(void)
{
    struct scene s = {
        .face = (uint8_t)((unsigned)rand() % FACE_COUNT),
        .next = (uint8_t)((unsigned)rand() % FACE_COUNT),
        .step = (uint8_t)((unsigned)rand() % (FACE_STEPS + 1)),
        .miles = rand() % 2,
        .speed_needle = rand() % 8 ? rand() % FULL : SCENE_NONE,
        .rpm_needle = rand() % 8 ? rand() % FULL : SCENE_NONE,
        .fuel_needle = rand() % 8 ? rand() % (GAUGE_STEPS + 1) : SCENE_NONE,
        .coolant_needle = rand() % 8 ? rand() % (GAUGE_STEPS + 1) : SCENE_NONE,
        .speed = rand() % 8 ? rand() % 400 : SCENE_NONE,
        .odometer = random_distance(),
        .trip_a = random_distance(),
        .trip_b = random_distance(),
        .range = rand() % 8 ? rand() % 2001 : SCENE_NONE,
        .clock = rand() % 8 ? rand() % 1440 : SCENE_NONE,
        .air = (int8_t)(rand() % 8 ? rand() % 221 - 100 : SCENE_AIR_NONE),
        .ice = rand() % 2,
        .telltales = (uint32_t)rand() & ALL_LAMPS,
        .gear = (int8_t)(rand() % 8 ? rand() % 11 - 1 : SCENE_GEAR_NONE),
        .message = (uint8_t)(rand() % MESSAGE_COUNT),
    };

    return s;
}

/* A neighbour of a scene: what one frame changes in motion. */
static struct scene moved(struct scene s)
{
    if (s.speed_needle != SCENE_NONE)
        s.speed_needle = abs(s.speed_needle + rand() % 3000 - 1500) % FULL;
    if (s.rpm_needle != SCENE_NONE)
        s.rpm_needle = abs(s.rpm_needle + rand() % 12000 - 6000) % FULL;
    s.speed = rand() % 2 ? s.speed : rand() % 300;
    s.step = (uint8_t)((s.step + 1u) % (FACE_STEPS + 1));
    if (rand() % 4 == 0) {
        struct scene other = random_scene();

        s.fuel_needle = other.fuel_needle;
        s.coolant_needle = other.coolant_needle;
        s.odometer = other.odometer;
        s.trip_a = other.trip_a;
        s.range = other.range;
        s.clock = other.clock;
        s.air = other.air;
        s.ice = other.ice;
        s.message = other.message;
    }
    s.telltales ^= rand() % 4   ? 0
                   : rand() % 2 ? 1u << rand() % BN_TELLTALE_COUNT
                                : (uint32_t)rand() & ALL_LAMPS;
    return s;
}

static void test_repaired_is_freshly_painted(void **state)
{
    static const int sizes[][2] = {{1280, 720}, {1024, 768}};

    (void)state;
    srand(42);
    for (int k = 0; k < 2; k++) {
        int w = sizes[k][0], h = sizes[k][1];
        struct surface background[FACE_COUNT], fresh = {pixels(w, h), w, h, w};
        struct surface repaired = {pixels(w, h), w, h, w};
        struct area all = {0, 0, w, h};
        struct scene scene = random_scene();
        struct layout l;

        layout_init(&l, w, h);
        for (uint32_t face = 0; face < FACE_COUNT; face++) {
            background[face] = (struct surface){pixels(w, h), w, h, w};
            face_paint(&l, &background[face], all, face);
        }
        scene_paint(&l, &repaired, background, all, &scene);
        for (int i = 0; i < 60; i++) {
            struct scene next = rand() % 5 ? moved(scene) : random_scene();
            struct damage d = {0};

            scene_damage(&l, &scene, &next, &d);
            for (int j = 0; j < d.count; j++)
                scene_paint(&l, &repaired, background, d.area[j], &next);
            scene_paint(&l, &fresh, background, all, &next);
            assert_memory_equal(fresh.px, repaired.px, (size_t)w * (size_t)h * 4);
            scene = next;
        }
        for (uint32_t face = 0; face < FACE_COUNT; face++)
            free(background[face].px);
        free(fresh.px);
        free(repaired.px);
    }
}

/* The whole screen module: four buffers and a boot framebuffer that someone else scribbles on are
 * right again in time. */
static void test_boot_framebuffer_heals(void **state)
{
    static struct screen s;
    struct window none = {0};
    uint32_t *boot = pixels(1400, 720);
    struct scene scene = random_scene();
    struct damage changed;
    uint32_t n = 1;

    (void)state;
    srand(3);
    screen_early(&s, boot, 1280, 720, 1400, DASH_LAMP_CHECK);
    assert_true(boot[72 * 1400 + 681] != 0); /* the brake lamp's mark */
    screen_start(&s, &none);
    screen_draw(&s, n, &scene, true, &changed);
    assert_int_equal(changed.count, 2); /* the whole, and as always the code */
    for (; n < 20; n++) {
        scene = moved(scene);
        screen_draw(&s, n, &scene, true, &changed);
        assert_true(changed.count >= 1 && changed.count <= BN_FRAME_DAMAGE_RECTS);
        for (int y = 0; y < 720; y++)
            assert_memory_equal(boot + y * 1400, s.buffer[0].surface.px + y * 1280, 1280 * 4);
    }
    memset(boot, 0x55, 1400 * 720 * 4);
    for (int i = 0; i < 30; i++)
        screen_draw(&s, n++, &scene, true, &changed);
    for (int y = 0; y < 720; y++)
        assert_memory_equal(boot + y * 1400, s.buffer[0].surface.px + y * 1280, 1280 * 4);
    /* Shared: not touched. Back again: whole at once. */
    memset(boot, 0x55, 1400 * 720 * 4);
    screen_draw(&s, n++, &scene, false, &changed);
    assert_int_equal(boot[0], 0x55555555);
    screen_draw(&s, n++, &scene, true, &changed);
    for (int y = 0; y < 720; y++) {
        assert_memory_equal(boot + y * 1400, s.buffer[0].surface.px + y * 1280, 1280 * 4);
        assert_int_equal(boot[y * 1400 + 1280], 0x55555555); /* beyond the picture: not ours */
    }
    free(boot);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sine_and_root),
        cmocka_unit_test(test_blend_and_add),
        cmocka_unit_test(test_polygon),
        cmocka_unit_test(test_ring),
        cmocka_unit_test(test_nothing_outside_clip_or_surface),
        cmocka_unit_test(test_frame_code),
        cmocka_unit_test(test_damage_reduces_to_a_cover),
        cmocka_unit_test(test_layout),
        cmocka_unit_test(test_symbols),
        cmocka_unit_test(test_telltales_are_apart),
        cmocka_unit_test(test_repaired_is_freshly_painted),
        cmocka_unit_test(test_boot_framebuffer_heals),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
