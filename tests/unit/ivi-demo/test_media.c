/* SPDX-License-Identifier: BSD-3-Clause */
/* What the media page tells the player, and that it shows what the player says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <linux/input-event-codes.h>
#include <stdio.h>
#include <string.h>

#include "common.h"

#define FONTS "/usr/share/fonts/opentype/b612"

static struct ui u;
static struct media_order got[8];
static unsigned orders;

static void take(void *player, struct media_order order)
{
    assert_ptr_equal(player, &u);
    assert_true(orders < 8);
    got[orders++] = order;
}

static int begin(void **state)
{
    static const struct vehicle_state nothing;

    (void)state;
    assert_int_equal(ui_init(&u, ui_role("front"), FONTS), 0);
    u.order = take;
    u.player = &u;
    u.media = (struct media_state){.card = MEDIA_CARD,
                                   .titles = 5,
                                   .seconds = 100,
                                   .microphone = true,
                                   .has_volume = true,
                                   .volume = 50};
    for (int i = 0; i < 5; i++)
        snprintf(u.media.title[i].title, MEDIA_TEXT, "Title %d", i);
    ui_show(&u, UI_MEDIA);
    ui_advance(&u, 1, &nothing);
    orders = 0;
    return 0;
}

static int end(void **state)
{
    (void)state;
    ui_finish(&u);
    return 0;
}

/* One order, and that. */
static void expect(enum media_order_kind kind, int value)
{
    assert_int_equal(orders, 1);
    assert_int_equal(got[0].kind, kind);
    assert_int_equal(got[0].value, value);
    orders = 0;
}

static void press(int x, int y)
{
    ui_press(&u, x, y);
    ui_release(&u);
}

static void test_buttons(void **state)
{
    (void)state;
    press(160, 544);
    expect(MEDIA_SKIP, -1);
    press(290, 544);
    expect(MEDIA_TOGGLE, 0);
    press(420, 544);
    expect(MEDIA_SKIP, 1);
    press(80, 464); /* ends of the progress bar, and its middle */
    expect(MEDIA_SEEK, 0);
    press(430, 464);
    expect(MEDIA_SEEK, 500);
    press(799, 464);
    expect(MEDIA_SEEK, 1000);
    press(558, 544);
    expect(MEDIA_MUTE, 0);
    press(592 + 168 / 2, 544);
    expect(MEDIA_VOLUME, 50);
    press(592 + 168 + 10, 544);
    expect(MEDIA_VOLUME, 100);
    press(600, 200); /* nothing there */
    assert_int_equal(orders, 0);
}

static void test_rows_choose(void **state)
{
    (void)state;
    press(1000, 210);
    expect(MEDIA_CHOOSE, 0);
    press(1000, 426);
    expect(MEDIA_CHOOSE, 2);
    press(1000, 540); /* behind the titles the microphone */
    expect(MEDIA_CHOOSE, 5);
    u.media.track = 4; /* the list goes with the title */
    press(1000, 210);
    expect(MEDIA_CHOOSE, 2);
    press(1000, 426);
    expect(MEDIA_CHOOSE, 4);
    u.media.track = 0;
    u.media.titles = 1;
    press(1000, 318);
    expect(MEDIA_CHOOSE, 1);
    press(1000, 426);
    assert_int_equal(orders, 0);
}

static void test_microphone_records(void **state)
{
    (void)state;
    u.media.source = MEDIA_MICROPHONE;
    press(160, 544);
    expect(MEDIA_RECORD, 0);
    press(290, 544);
    expect(MEDIA_TOGGLE, 0);
}

static void test_keys(void **state)
{
    (void)state;
    ui_key(&u, KEY_PLAYPAUSE);
    expect(MEDIA_TOGGLE, 0);
    ui_key(&u, KEY_NEXTSONG);
    expect(MEDIA_SKIP, 1);
    ui_key(&u, KEY_VOLUMEUP);
    expect(MEDIA_VOLUME, 55);
    ui_key(&u, KEY_MUTE);
    expect(MEDIA_MUTE, 0);
    u.order = NULL; /* without a player a key does nothing */
    ui_key(&u, KEY_MUTE);
    assert_int_equal(orders, 0);
}

static void test_trouble_is_named(void **state)
{
    struct playing p;

    (void)state;
    p = now_playing(&u);
    assert_string_equal(p.title, "Title 0");
    assert_false(p.trouble);
    u.media.card = MEDIA_CARD_FAILED;
    strcpy(u.media.problem, "Sound device fails: it does");
    p = now_playing(&u);
    assert_true(p.trouble);
    assert_string_equal(p.artist, "Sound device fails: it does");
    u.media.titles = 0;
    assert_string_equal(now_playing(&u).title, "No music");
}

/* What changes is drawn again, and a player that stands still costs nothing. */
static void test_quiet_page_is_not_drawn(void **state)
{
    cairo_surface_t *s = cairo_image_surface_create(CAIRO_FORMAT_RGB24, UI_WIDTH, UI_HEIGHT);
    struct ui_rect damage[UI_DAMAGE];

    (void)state;
    assert_true(ui_draw(&u, s, damage) > 0);
    u.now += 5;
    assert_int_equal(ui_draw(&u, s, damage), 0);
    u.media.volume++;
    assert_int_equal(ui_draw(&u, s, damage), 1);
    u.media.playing = true; /* the button and the bars */
    assert_int_equal(ui_draw(&u, s, damage), 2);
    u.now += 1;
    assert_int_equal(ui_draw(&u, s, damage), 1);
    u.media.card = MEDIA_NO_CARD; /* the title says so, the bars lie on it, the list too */
    assert_int_equal(ui_draw(&u, s, damage), 3);
    u.now += 1;
    assert_int_equal(ui_draw(&u, s, damage), 0);
    cairo_surface_destroy(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_buttons, begin, end),
        cmocka_unit_test_setup_teardown(test_rows_choose, begin, end),
        cmocka_unit_test_setup_teardown(test_microphone_records, begin, end),
        cmocka_unit_test_setup_teardown(test_keys, begin, end),
        cmocka_unit_test_setup_teardown(test_trouble_is_named, begin, end),
        cmocka_unit_test_setup_teardown(test_quiet_page_is_not_drawn, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
