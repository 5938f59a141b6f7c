/* SPDX-License-Identifier: BSD-3-Clause */
/* Whom a pointer belongs to: that of one screen stays there, that of none goes wherever input is
 * taken, and neither goes over the cluster's picture. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "route.h"

#define WIDTH  1280
#define HEIGHT 720

enum { CLUSTER, FRONT, REAR };

/* Three screens: the cluster's, the front's under a strip of the cluster's, the rear's. */
static const struct bn_scenario scenario = {
    .output_count = 3,
    .output = {{.width = WIDTH, .height = HEIGHT},
               {.width = WIDTH, .height = HEIGHT},
               {.width = WIDTH, .height = HEIGHT}},
    .layer_count = 4,
    .layer = {{.source = BN_LAYER_CLUSTER, .output = CLUSTER, .width = WIDTH, .height = HEIGHT},
              {.source = BN_LAYER_SCANOUT,
               .output = FRONT,
               .width = WIDTH,
               .height = HEIGHT,
               .input = 1},
              {.source = BN_LAYER_COPY, .output = FRONT, .x = 320, .width = 640, .height = 64},
              {.source = BN_LAYER_SCANOUT,
               .output = REAR,
               .width = WIDTH,
               .height = HEIGHT,
               .input = 1}},
};
#define FRONT_LAYER 1
#define REAR_LAYER  3

static void test_pointer_of_a_screen_stays_there(void **state)
{
    static const struct {
        int output, layer;
    } seat[] = {{FRONT, FRONT_LAYER}, {REAR, REAR_LAYER}};

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct route r;

        route_init(&r, &scenario, seat[i].output);
        assert_int_equal(r.layer, seat[i].layer);
        for (double part = 0; part <= 1; part += 0.125) { /* all of its range is that screen */
            assert_true(route_to(&r, part, 0.5));
            assert_int_equal(r.layer, seat[i].layer);
            assert_true(r.x >= part * WIDTH - 1 && r.x <= part * WIDTH);
        }
        for (int way = -1; way <= 1; way += 2) {
            for (int k = 0; k < 10; k++)
                route_move(&r, way * WIDTH / 2.0, way * 100.0);
            assert_int_equal(r.layer, seat[i].layer);
        }
    }
}

static void test_pointer_of_no_screen_goes_everywhere(void **state)
{
    struct route r;

    (void)state;
    route_init(&r, &scenario, -1);
    assert_int_equal(r.layer, FRONT_LAYER);
    assert_false(route_to(&r, 0.1, 0.5)); /* the cluster's screen */
    assert_int_equal(r.layer, FRONT_LAYER);
    assert_true(route_to(&r, 0.9, 0.5));
    assert_int_equal(r.layer, REAR_LAYER);
    route_move(&r, -WIDTH, 0);
    assert_int_equal(r.layer, FRONT_LAYER);
}

static void test_nothing_is_pressed_on_the_clusters_picture(void **state)
{
    struct route r;

    (void)state;
    route_init(&r, &scenario, FRONT);
    assert_false(route_to(&r, 0.5, 0.01));
    assert_true(route_to(&r, 0.5, 0.2));
    route_init(&r, &scenario, CLUSTER);
    assert_int_equal(r.layer, -1);
    assert_false(route_to(&r, 0.5, 0.5));
    route_move(&r, 10, 10);
    assert_int_equal(r.layer, -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pointer_of_a_screen_stays_there),
        cmocka_unit_test(test_pointer_of_no_screen_goes_everywhere),
        cmocka_unit_test(test_nothing_is_pressed_on_the_clusters_picture),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
