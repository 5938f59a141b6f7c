/* SPDX-License-Identifier: BSD-3-Clause */
/* Screens that go, come and change their size: what the guests are told, and what the others show
 * meanwhile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <wlr/types/wlr_output.h>

#include "client.h"
#include "harness.h"
#include "screen.h"

#define CLUSTER 0u
#define IVI     1u
#define BLUE    0x1040C0u
#define GREEN   0x20A040u
#define RED     0xC02020u
#define STRIP   0x00FF00u /* what differs in the strip that is copied to screen 1 */

static struct harness h;
static struct client_seen *seen;
static pid_t guests[4];
static unsigned guest_count;
static uint32_t published;

static int start_with(const struct bn_scenario *s)
{
    seen = mmap(NULL, 4 * sizeof(*seen), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    guest_count = 0;
    published = 0;
    if (seen == MAP_FAILED)
        return -1;
    harness_start(&h, s, true);
    return 0;
}

static int start(void **state)
{
    (void)state;
    return start_with(NULL);
}

static int stop(void **state)
{
    (void)state;
    for (unsigned i = 0; i < guest_count; i++) {
        kill(guests[i], SIGKILL);
        waitpid(guests[i], NULL, 0);
    }
    harness_stop(&h);
    munmap(seen, 4 * sizeof(*seen));
    return 0;
}

/* What it sees is in seen[] of its number. */
static unsigned guest(const char *vm, const char *app_id, uint32_t colour)
{
    const struct client_plan p = {
        .dir = h.dir, .vm = vm, .app_id = app_id, .colour = colour, .seen = &seen[guest_count]};

    guests[guest_count] = client_start(&p);
    harness_run(&h, 150);
    return guest_count++;
}

static bool runs(unsigned number)
{
    return waitpid(guests[number], NULL, WNOHANG) == 0;
}

/* The cluster's next frame, and the compositor's time for it. */
static void frame(uint32_t colour)
{
    if (!published)
        harness_cluster_begin(&h);
    published++;
    harness_fill(&h, published, 0, 0, TEST_WIDTH, TEST_HEIGHT, colour);
    harness_fill(&h, published, 320, 0, 640, 48, colour ^ STRIP);
    harness_publish(&h, published, NULL, 0);
    harness_run(&h, 40);
}

static void test_outputs_of_a_guest(void **state)
{
    unsigned a, b;

    (void)state;
    frame(BLUE);
    a = guest("ivi", "scanout-0", GREEN);
    b = guest("ivi", "scanout-1", RED);
    for (unsigned i = a; i <= b; i++) {
        const struct client_output *o = seen[i].output;
        const unsigned home = strcmp(o[0].name, "scanout-0") ? 1 : 0;

        assert_int_equal(seen[i].outputs, 2);
        assert_string_equal(o[home].name, "scanout-0");
        assert_string_equal(o[1 - home].name, "scanout-1");
        assert_int_equal(o[home].width, 1280);
        assert_int_equal(o[home].height, 720);
        assert_int_equal(o[home].refresh, 60000);
        assert_int_equal(o[1 - home].width, 320);
        assert_int_equal(o[home].told, 1);
    }
    assert_int_equal(seen[b].width, 320);
}

static struct client_output *last(unsigned number)
{
    return &seen[number].output[seen[number].outputs - 1];
}

static struct client_output *home_of(unsigned number)
{
    for (unsigned i = 0; i < seen[number].outputs; i++)
        if (!strcmp(seen[number].output[i].name, "scanout-0"))
            return &seen[number].output[i];
    fail();
    return NULL;
}

/* No frame of the cluster's is missed by it, and the guest's picture is back by itself. */
static void test_the_ivis_screen_goes_and_comes(void **state)
{
    unsigned ivi;

    (void)state;
    frame(BLUE);
    ivi = guest("ivi", "scanout-0", GREEN);
    assert_int_equal(harness_pixel(&h, IVI, 100, 100), GREEN);
    for (unsigned turn = 0; turn < 3; turn++) {
        const struct client_output *before = turn ? last(ivi) : home_of(ivi);
        const unsigned outputs = seen[ivi].outputs;

        harness_unplug(&h, IVI);
        for (unsigned i = 0; i < 5; i++)
            frame(BLUE + i);
        assert_true(before->gone);
        assert_int_equal(seen[ivi].outputs, outputs);
        assert_int_equal(harness_pixel(&h, CLUSTER, 5, 5), BLUE + 4);
        memset(h.screen[IVI].pixels, 0, TEST_WIDTH * TEST_HEIGHT * 4);
        harness_plug(&h, IVI, NULL, 0);
        for (unsigned i = 0; i < 5; i++)
            frame(BLUE + i);
        assert_int_equal(seen[ivi].outputs, outputs + 1);
        assert_string_equal(last(ivi)->name, "scanout-0");
        assert_int_equal(last(ivi)->width, 1280);
        assert_false(last(ivi)->gone);
        assert_int_equal(harness_pixel(&h, IVI, 100, 100), GREEN);
        assert_int_equal(harness_pixel(&h, IVI, 640, 30), (BLUE + 4) ^ STRIP);
    }
    assert_int_equal(harness_status(&h)->shown, published);
    assert_int_equal(harness_status(&h)->shown_total, published);
    assert_int_equal(harness_status(&h)->missed, 0);
    assert_int_equal(harness_status(&h)->ready, 1);
    assert_true(runs(ivi));
}

/* What is on another screen goes on, the strip of telltales first; the cluster is told that nobody
 * sees its own. */
static void test_the_clusters_screen_goes_and_comes(void **state)
{
    unsigned ivi, tile;

    (void)state;
    frame(BLUE);
    ivi = guest("ivi", "scanout-0", GREEN);
    tile = guest("ivi", "scanout-1", RED);
    harness_unplug(&h, CLUSTER);
    frame(RED);
    harness_run(&h, 100); /* a status every 90 ms */
    assert_int_equal(harness_status(&h)->ready, 0);
    assert_int_equal(harness_status(&h)->shown, 1);
    assert_int_equal(harness_pixel(&h, IVI, 640, 30), RED ^ STRIP);
    assert_int_equal(harness_pixel(&h, IVI, 100, 100), GREEN);
    assert_false(home_of(ivi)->gone);
    assert_int_equal(seen[tile].output[0].gone + seen[tile].output[1].gone, 1);
    harness_plug(&h, CLUSTER, NULL, 0);
    frame(BLUE);
    assert_int_equal(harness_pixel(&h, CLUSTER, 5, 5), BLUE);
    assert_int_equal(harness_pixel(&h, CLUSTER, 640, 320), RED); /* the tile, by itself */
    assert_int_equal(harness_status(&h)->ready, 1);
    assert_int_equal(harness_status(&h)->shown, 3);
    assert_int_equal(harness_status(&h)->missed, 0);
}

static void test_another_size(void **state)
{
    unsigned ivi;

    (void)state;
    frame(BLUE);
    ivi = guest("ivi", "scanout-0", GREEN);
    harness_resize(&h, IVI, 640, 480);
    frame(BLUE);
    harness_run(&h, 60);
    assert_int_equal(home_of(ivi)->width, 640);
    assert_int_equal(home_of(ivi)->height, 480);
    assert_int_equal(home_of(ivi)->told, 2);
    assert_int_equal(seen[ivi].outputs, 2); /* the same one */
    assert_int_equal(seen[ivi].width, 640);
    assert_int_equal(seen[ivi].height, 480);
    assert_int_equal(h.screen[IVI].width, 640);
    assert_int_equal(h.screen[IVI].height, 480);
    /* The layout is stretched to it: strip 320 to 960 of 1280, 0 to 48 of 720. */
    assert_int_equal(harness_pixel(&h, IVI, 159, 5), GREEN);
    assert_int_equal(harness_pixel(&h, IVI, 160, 5), BLUE ^ STRIP);
    assert_int_equal(harness_pixel(&h, IVI, 479, 31), BLUE ^ STRIP);
    assert_int_equal(harness_pixel(&h, IVI, 480, 31), GREEN);
    assert_int_equal(harness_pixel(&h, IVI, 320, 32), GREEN);
    assert_int_equal(harness_pixel(&h, IVI, 639, 479), GREEN);
    harness_resize(&h, IVI, 1280, 720);
    frame(RED);
    harness_run(&h, 60);
    assert_int_equal(home_of(ivi)->told, 3);
    assert_int_equal(h.screen[IVI].width, 1280);
    assert_int_equal(harness_pixel(&h, IVI, 320, 10), RED ^ STRIP);
    assert_int_equal(harness_pixel(&h, IVI, 1279, 719), GREEN);
    assert_int_equal(harness_status(&h)->missed, 0);
}

/* The cluster's own screen too, the guest's tile in it. */
static void test_another_size_of_the_clusters(void **state)
{
    (void)state;
    frame(BLUE);
    (void)guest("ivi", "scanout-1", RED);
    harness_resize(&h, CLUSTER, 640, 360);
    frame(BLUE);
    assert_int_equal(h.screen[CLUSTER].width, 640);
    assert_int_equal(harness_pixel(&h, CLUSTER, 2, 2), BLUE);
    assert_int_equal(harness_pixel(&h, CLUSTER, 239, 160), BLUE);
    assert_int_equal(harness_pixel(&h, CLUSTER, 240, 80), RED);
    assert_int_equal(harness_pixel(&h, CLUSTER, 399, 239), RED);
    assert_int_equal(harness_pixel(&h, CLUSTER, 400, 160), BLUE);
    assert_int_equal(harness_status(&h)->shown, 2);
    assert_int_equal(harness_status(&h)->missed, 0);
}

static void test_a_monitors_modes(void **state)
{
    struct wlr_output_mode modes[] = {
        {.width = 640, .height = 480, .refresh = 60000},
        {.width = 1024, .height = 600, .refresh = 60000, .preferred = true},
        {.width = 1280, .height = 720, .refresh = 50000},
        {.width = 1280, .height = 720, .refresh = 59940},
    };

    (void)state;
    frame(BLUE);
    for (unsigned count = 1; count <= 4; count++) {
        static const int width[] = {0, 640, 1024, 1280, 1280};
        static const int refresh[] = {0, 60000, 60000, 50000, 59940};
        const struct screen *s;

        harness_unplug(&h, IVI);
        harness_plug(&h, IVI, modes, count);
        s = h.server.screen[IVI];
        assert_non_null(s);
        assert_int_equal(s->width, width[count]);
        assert_int_equal(s->mode->refresh, refresh[count]);
    }
    harness_unplug(&h, IVI);
}

/* Two guests on one screen: neither sees the other's. */
static int start_two(void **state)
{
    static struct bn_scenario s;

    (void)state;
    layout_default(&s);
    snprintf(s.vm[1].name, sizeof(s.vm[1].name), "rear");
    s.vm[1].kind = BN_VM_POSTLAUNCHED;
    s.vm_count = 2;
    s.layer[s.layer_count++] = (struct bn_scenario_layer){.source = BN_LAYER_SCANOUT,
                                                          .vm = 1,
                                                          .output = 1,
                                                          .z = 1,
                                                          .y = 520,
                                                          .width = 300,
                                                          .height = 200};
    return start_with(&s);
}

static void test_a_guest_sees_its_own_only(void **state)
{
    unsigned ivi, rear;

    (void)state;
    frame(BLUE);
    ivi = guest("ivi", "scanout-0", GREEN);
    rear = guest("rear", "scanout-0", RED);
    assert_int_equal(seen[ivi].outputs, 2);
    assert_int_equal(seen[rear].outputs, 1);
    assert_int_equal(seen[rear].output[0].width, 300);
    harness_resize(&h, IVI, 640, 360);
    harness_run(&h, 60);
    assert_int_equal(home_of(ivi)->width, 640);
    assert_int_equal(seen[rear].output[0].width, 150);
    assert_int_equal(seen[rear].output[0].height, 100);
    harness_unplug(&h, IVI);
    harness_run(&h, 60);
    assert_true(home_of(ivi)->gone && seen[rear].output[0].gone);
    /* Who comes now finds the tile's only, or none. */
    ivi = guest("ivi", "scanout-0", GREEN);
    rear = guest("rear", "scanout-0", RED);
    assert_int_equal(seen[ivi].outputs, 1);
    assert_string_equal(seen[ivi].output[0].name, "scanout-1");
    assert_int_equal(seen[rear].outputs, 0);
}

/* A finger on a screen that is not there, and one that was on it when it went. */
static void test_no_input_without_a_screen(void **state)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    const int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0);
    struct seat *const seat = &h.server.seat[SEAT_OTHER];
    struct bn_input_event e[BN_INPUT_BATCH];

    (void)state;
    snprintf(a.sun_path, sizeof(a.sun_path), "%s/binnacle/ivi.input", h.dir);
    assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
    harness_run(&h, 20);
    seat_key(seat, 30, true);
    assert_int_equal(recv(fd, e, sizeof(e), 0), 2 * sizeof(e[0]));
    harness_unplug(&h, IVI);
    seat_motion_absolute(seat, 0.25, 0.5);
    seat_frame(seat);
    seat_button(seat, 0x110, true);
    assert_int_equal(recv(fd, e, sizeof(e), 0), -1);
    seat_key(seat, 30, false); /* what it saw go down it sees go up */
    assert_int_equal(recv(fd, e, sizeof(e), 0), 2 * sizeof(e[0]));
    assert_int_equal(e[0].code, 30);
    harness_plug(&h, IVI, NULL, 0);
    seat_button(seat, 0x110, false); /* nobody saw it go down */
    assert_int_equal(recv(fd, e, sizeof(e), 0), -1);
    seat_motion_absolute(seat, 0.75, 0.5);
    seat_frame(seat);
    assert_true(recv(fd, e, sizeof(e), 0) > 0);
    close(fd);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, start, stop)
    const struct CMUnitTest tests[] = {
        CASE(test_outputs_of_a_guest),
        CASE(test_the_ivis_screen_goes_and_comes),
        CASE(test_the_clusters_screen_goes_and_comes),
        CASE(test_another_size),
        CASE(test_another_size_of_the_clusters),
        CASE(test_a_monitors_modes),
        cmocka_unit_test_setup_teardown(test_a_guest_sees_its_own_only, start_two, stop),
        CASE(test_no_input_without_a_screen),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
