/* SPDX-License-Identifier: BSD-3-Clause */
/* Pixel tests of the whole compositor: layout, order, cluster source, clients good and bad. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client.h"
#include "harness.h"
#include "screen.h"

#define CLUSTER 0u
#define IVI     1u
#define BLUE    0x1040C0u
#define GREEN   0x20A040u
#define RED     0xC02020u
#define TILE_X  640 /* inside the map tile of the default layout */
#define TILE_Y  320

static struct harness h;

static int start(void **state)
{
    (void)state;
    harness_start(&h, NULL, true);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    harness_stop(&h);
    return 0;
}

/* A picture whose parts can be told apart: four quarters, and the strip that is copied to screen 1.
 */
static void draw_cluster(uint32_t counter, uint32_t colour)
{
    harness_fill(&h, counter, 0, 0, TEST_WIDTH, TEST_HEIGHT, colour);
    harness_fill(&h, counter, 320, 0, 640, 48, colour ^ 0x00FF00);
}

static void begin(uint32_t colour)
{
    harness_cluster_begin(&h);
    draw_cluster(1, colour);
    harness_publish(&h, 1, NULL, 0);
    harness_wait(&h, &h.screen[CLUSTER].commits);
}

static pid_t guest(const struct client_plan *extra)
{
    struct client_plan p = *extra;
    pid_t pid;

    p.dir = h.dir;
    p.vm = "ivi";
    pid = client_start(&p);
    harness_run(&h, 150);
    return pid;
}

static int end(pid_t pid)
{
    int status;

    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    harness_run(&h, 60);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/* Ends by itself within two seconds; its exit status, -signal. */
static int ended(pid_t pid)
{
    int status;

    for (int i = 0; i < 200; i++) {
        if (waitpid(pid, &status, WNOHANG) == pid)
            return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
        harness_run(&h, 10);
    }
    end(pid);
    return -1;
}

static void test_no_picture_before_the_cluster(void **state)
{
    (void)state;
    harness_run(&h, 100);
    assert_int_equal(h.screen[CLUSTER].commits, 0); /* the boot framebuffer stays */
    assert_true(h.screen[IVI].commits > 0);
    assert_int_equal(harness_pixel(&h, IVI, 100, 100), 0);
    assert_int_equal(harness_status(&h)->ready, 0);
}

static void test_layout(void **state)
{
    (void)state;
    begin(BLUE);
    assert_int_equal(harness_pixel(&h, CLUSTER, 5, 5), BLUE);
    assert_int_equal(harness_pixel(&h, CLUSTER, 1275, 715), BLUE);
    assert_int_equal(harness_pixel(&h, CLUSTER, 479, 320), BLUE);
    assert_int_equal(harness_pixel(&h, CLUSTER, 480, 320), 0); /* the tile's guest is not there */
    assert_int_equal(harness_pixel(&h, CLUSTER, 799, 320), 0);
    assert_int_equal(harness_pixel(&h, CLUSTER, 800, 320), BLUE);
    assert_int_equal(harness_pixel(&h, CLUSTER, 640, 159), BLUE);
    assert_int_equal(harness_pixel(&h, CLUSTER, 640, 480), BLUE);
    harness_run(&h, 50);
    assert_int_equal(harness_pixel(&h, IVI, 320, 10), BLUE ^ 0x00FF00); /* the strip */
    assert_int_equal(harness_pixel(&h, IVI, 959, 47), BLUE ^ 0x00FF00);
    assert_int_equal(harness_pixel(&h, IVI, 640, 48), 0);
    assert_int_equal(harness_pixel(&h, IVI, 319, 10), 0);
    assert_int_equal(harness_status(&h)->shown, 1);
    assert_int_equal(harness_status(&h)->ready, 1);
}

static void test_guest_under_the_cluster(void **state)
{
    pid_t home, tile;

    (void)state;
    begin(BLUE);
    home = guest(
        &(struct client_plan){.app_id = "scanout-0", .colour = GREEN, .ask_for_everything = true});
    tile = guest(
        &(struct client_plan){.app_id = "scanout-1", .colour = RED, .ask_for_everything = true});
    assert_int_equal(harness_pixel(&h, IVI, 100, 100), GREEN);
    assert_int_equal(harness_pixel(&h, IVI, 1279, 719), GREEN);
    assert_int_equal(harness_pixel(&h, IVI, 640, 30), BLUE ^ 0x00FF00); /* the strip is above it */
    assert_int_equal(harness_pixel(&h, CLUSTER, TILE_X, TILE_Y), RED);
    assert_int_equal(harness_pixel(&h, CLUSTER, 480, 160), RED);
    assert_int_equal(harness_pixel(&h, CLUSTER, 799, 479), RED);
    assert_int_equal(harness_pixel(&h, CLUSTER, 479, 320), BLUE);
    assert_int_equal(harness_pixel(&h, CLUSTER, 10, 10), BLUE);
    end(tile);
    assert_int_equal(harness_pixel(&h, CLUSTER, TILE_X, TILE_Y), 0);
    assert_int_equal(harness_pixel(&h, IVI, 100, 100), GREEN);
    end(home);
    assert_int_equal(harness_pixel(&h, IVI, 100, 100), 0);
    assert_int_equal(harness_pixel(&h, IVI, 640, 30), BLUE ^ 0x00FF00);
}

static void test_a_guest_has_only_its_scanouts(void **state)
{
    static const char *const names[] = {"scanout-2",  "scanout-", "scanout-0x",
                                        "scanout-99", "cluster",  ""};

    (void)state;
    begin(BLUE);
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        pid_t pid = guest(
            &(struct client_plan){.app_id = names[i], .colour = RED, .width = 64, .height = 64});

        assert_int_equal(harness_pixel(&h, IVI, 100, 100), 0);
        assert_int_equal(harness_pixel(&h, CLUSTER, TILE_X, TILE_Y), 0);
        end(pid);
    }
}

static void test_scaled_guest_fills_its_layer(void **state)
{
    pid_t pid;

    (void)state;
    begin(BLUE);
    pid = guest(
        &(struct client_plan){.app_id = "scanout-1", .colour = RED, .width = 100, .height = 900});
    assert_int_equal(harness_pixel(&h, CLUSTER, 485, 165), RED);
    assert_int_equal(harness_pixel(&h, CLUSTER, 794, 474), RED);
    assert_int_equal(harness_pixel(&h, CLUSTER, 479, 320), BLUE);
    assert_int_equal(harness_pixel(&h, CLUSTER, 640, 481), BLUE);
    end(pid);
}

static void test_guest_cursor(void **state)
{
    pid_t pid;

    (void)state;
    begin(BLUE);
    pid =
        guest(&(struct client_plan){.app_id = "scanout-0", .colour = GREEN, .cursor_colour = RED});
    assert_int_equal(harness_pixel(&h, IVI, 40, 30), RED);
    assert_int_equal(harness_pixel(&h, IVI, 55, 45), RED);
    assert_int_equal(harness_pixel(&h, IVI, 56, 45), GREEN);
    assert_int_equal(harness_pixel(&h, IVI, 39, 30), GREEN);
    end(pid);
    assert_int_equal(harness_pixel(&h, IVI, 45, 35), 0);
}

static void test_bad_clients(void **state)
{
    static const struct client_plan bad[] = {
        {.app_id = "scanout-0", .colour = RED, .width = 5000, .height = 10},
        {.app_id = "scanout-0", .colour = RED, .width = 10, .height = 5000},
        {.app_id = "scanout-0", .colour = RED, .flood = true},
        {.garbage = true},
    };

    (void)state;
    begin(BLUE);
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct client_plan p = bad[i];

        p.dir = h.dir;
        p.vm = "ivi";
        assert_int_equal(ended(client_start(&p)), 3);
        draw_cluster(2 + i, GREEN + i);
        harness_publish(&h, 2 + i, NULL, 0);
        harness_wait(&h, &h.screen[CLUSTER].commits);
        assert_int_equal(harness_pixel(&h, CLUSTER, 5, 5), GREEN + i);
    }
    harness_run(&h, 60);
    assert_int_equal(h.server.vm[0].clients, 0);
    assert_int_equal(h.server.vm[0].surfaces, 0);
    assert_true(h.server.vm[0].thrown_out >= 3);
    assert_int_equal(harness_status(&h)->missed, 0);
}

static void test_memory_taken_away(void **state)
{
    pid_t pid;

    (void)state;
    begin(BLUE);
    pid = guest(&(struct client_plan){.app_id = "scanout-0", .colour = RED, .shrink = true});
    draw_cluster(2, GREEN);
    harness_publish(&h, 2, NULL, 0);
    harness_run(&h, 100);
    assert_int_equal(harness_pixel(&h, CLUSTER, 5, 5), GREEN);
    end(pid);
}

static void test_too_many_connections(void **state)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    int fd[VM_MAX_CLIENTS + 2];
    pid_t pid;

    (void)state;
    begin(BLUE);
    snprintf(a.sun_path, sizeof(a.sun_path), "%s/binnacle/ivi", h.dir);
    for (unsigned i = 0; i < VM_MAX_CLIENTS + 2; i++) {
        fd[i] = socket(AF_UNIX, SOCK_STREAM, 0);
        assert_int_equal(connect(fd[i], (struct sockaddr *)&a, sizeof(a)), 0);
        harness_run(&h, 5);
    }
    assert_int_equal(h.server.vm[0].clients, VM_MAX_CLIENTS);
    for (unsigned i = 0; i < VM_MAX_CLIENTS + 2; i++)
        close(fd[i]);
    harness_run(&h, 30);
    assert_int_equal(h.server.vm[0].clients, 0);
    pid = guest(&(struct client_plan){.app_id = "scanout-0", .colour = GREEN});
    assert_int_equal(harness_pixel(&h, IVI, 100, 100), GREEN);
    end(pid);
}

static void test_frames_in_order(void **state)
{
    (void)state;
    begin(BLUE);
    for (uint32_t n = 2; n < 5; n++)
        draw_cluster(n, 0x010101 * n);
    for (uint32_t n = 2; n < 5; n++) /* three at once: all of them are shown */
        harness_publish(&h, n, NULL, 0);
    harness_run(&h, 300);
    assert_int_equal(harness_status(&h)->shown, 4);
    assert_int_equal(harness_status(&h)->shown_total, 4);
    assert_int_equal(harness_status(&h)->missed, 0);
    assert_int_equal(harness_pixel(&h, CLUSTER, 5, 5), 0x040404);
}

static void test_only_damage_is_drawn(void **state)
{
    const struct bn_rect small = {100, 100, 10, 10};

    (void)state;
    begin(BLUE);
    for (uint32_t n = 2; n < 4; n++) { /* until every buffer of the screen has been full once */
        draw_cluster(n, BLUE);
        harness_publish(&h, n, NULL, 0);
        harness_run(&h, 50);
    }
    draw_cluster(4, RED); /* says that it changed less than it did: what is outside must stay */
    harness_publish(&h, 4, &small, 1);
    harness_run(&h, 60);
    assert_int_equal(harness_pixel(&h, CLUSTER, 105, 105), RED);
    assert_int_equal(harness_pixel(&h, CLUSTER, 99, 105), BLUE);
    assert_int_equal(harness_pixel(&h, CLUSTER, 110, 105), BLUE);
    assert_int_equal(harness_pixel(&h, IVI, 640, 30), BLUE ^ 0x00FF00);
}

static void test_hostile_damage(void **state)
{
    const struct bn_rect bad[] = {{-100, -100, 150, 150},
                                  {2147483647, 0, 2147483647, 1},
                                  {0, 0, -5, -5},
                                  {1270, 710, 500, 500},
                                  {-2147483647 - 1, 0, 2147483647, 2147483647}};

    (void)state;
    begin(BLUE);
    draw_cluster(2, RED);
    harness_publish(&h, 2, bad, 5);
    harness_run(&h, 60);
    assert_int_equal(harness_pixel(&h, CLUSTER, 10, 10), RED);
    assert_int_equal(harness_pixel(&h, CLUSTER, 1275, 715), RED);
    draw_cluster(3, GREEN);
    harness_frames(&h)->frame[3].damage_count = 0xFFFFFFFF;
    harness_frames(&h)->frame[3].counter = 3;
    harness_frames(&h)->latest = 3;
    harness_run(&h, 60);
    assert_int_equal(harness_pixel(&h, CLUSTER, 700, 600), GREEN); /* too many: everything */
}

static void test_too_far_behind_is_missed(void **state)
{
    (void)state;
    begin(BLUE);
    for (uint32_t n = 2; n < 12; n++) {
        draw_cluster(n, 0x010101 * n);
        harness_publish(&h, n, NULL, 0);
    }
    harness_run(&h, 300);
    assert_int_equal(harness_status(&h)->shown, 11);
    assert_int_equal(harness_status(&h)->shown_total + harness_status(&h)->missed, 11);
    assert_int_equal(harness_status(&h)->missed,
                     7); /* 2..8 were overwritten; 9, 10, 11 are shown */
}

static void test_torn_frame_is_never_shown(void **state)
{
    unsigned before;

    (void)state;
    begin(BLUE);
    before = h.screen[CLUSTER].commits;
    draw_cluster(2, RED);
    harness_publish(&h, 2, NULL, 0);
    harness_frames(&h)->frame[2].counter = BN_FRAME_BUSY; /* the cluster is at it again */
    harness_run(&h, 100);
    assert_int_equal(h.screen[CLUSTER].commits, before);
    assert_int_equal(harness_pixel(&h, CLUSTER, 5, 5), BLUE);
    assert_int_equal(harness_status(&h)->missed, 1);
    draw_cluster(3, GREEN);
    harness_publish(&h, 3, &(struct bn_rect){0, 0, 1, 1}, 1);
    harness_run(&h, 60);
    assert_int_equal(harness_pixel(&h, CLUSTER, 700, 600),
                     GREEN); /* although only one pixel was said to change */
    assert_int_equal(harness_status(&h)->shown, 3);
}

static void test_geometry_that_changes(void **state)
{
    (void)state;
    begin(BLUE);
    harness_frames(&h)->pitch = 0x7FFFFFFF;
    harness_publish(&h, 2, NULL, 0);
    harness_run(&h, 100);
    assert_int_equal(harness_pixel(&h, CLUSTER, 5, 5), 0); /* no stale number */
    assert_int_equal(harness_status(&h)->ready, 0);
    harness_cluster_begin(&h); /* the cluster was started again */
    draw_cluster(1, GREEN);
    harness_publish(&h, 1, NULL, 0);
    harness_run(&h, 100);
    assert_int_equal(harness_pixel(&h, CLUSTER, 5, 5), GREEN);
    assert_int_equal(harness_status(&h)->ready, 1);
}

static void test_status_is_protected(void **state)
{
    const struct bn_shm_header *sh;
    struct bn_shm_header header;
    struct bn_display_status body;
    uint32_t counter;

    (void)state;
    begin(BLUE);
    sh = (const struct bn_shm_header *)(void *)(h.window + STATUS_AT);
    counter = sh->counter;
    harness_run(&h, 250); /* nothing happens: the heartbeat goes on */
    memcpy(&header, sh, sizeof(header));
    memcpy(&body, harness_status(&h), sizeof(body));
    assert_true(header.counter >= counter + 2);
    assert_int_equal(header.sequence % 2, 0);
    assert_int_equal(header.data_id, BN_SHM_DISPLAY_STATUS);
    assert_int_equal(header.payload_bytes, sizeof(body));
    assert_int_equal(header.crc, bn_shm_crc(&header, &body));
    assert_true(body.heartbeat_ns == header.time_ns);
}

/* A guest that has shown a picture and shows none is told until it shows another; one that has
 * shown nothing, or has a picture on another screen, is not lost. */
static void test_a_lost_guest_is_told(void **state)
{
    pid_t home, tile;

    (void)state;
    begin(BLUE);
    end(guest(&(struct client_plan){.app_id = "none", .colour = RED, .width = 64, .height = 64}));
    harness_run(&h, 150);
    assert_int_equal(harness_status(&h)->guests_lost, 0);
    home = guest(
        &(struct client_plan){.app_id = "scanout-0", .colour = GREEN, .ask_for_everything = true});
    tile = guest(
        &(struct client_plan){.app_id = "scanout-1", .colour = RED, .ask_for_everything = true});
    end(tile);
    harness_run(&h, 150);
    assert_int_equal(harness_status(&h)->guests_lost, 0);
    end(home);
    harness_run(&h, 150);
    assert_int_equal(harness_status(&h)->guests_lost, 1u << h.server.vm[0].index);
    home = guest(
        &(struct client_plan){.app_id = "scanout-0", .colour = GREEN, .ask_for_everything = true});
    harness_run(&h, 150);
    assert_int_equal(harness_status(&h)->guests_lost, 0);
    end(home);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, start, stop)
    const struct CMUnitTest tests[] = {
        CASE(test_no_picture_before_the_cluster),
        CASE(test_layout),
        CASE(test_guest_under_the_cluster),
        CASE(test_a_guest_has_only_its_scanouts),
        CASE(test_scaled_guest_fills_its_layer),
        CASE(test_guest_cursor),
        CASE(test_bad_clients),
        CASE(test_memory_taken_away),
        CASE(test_too_many_connections),
        CASE(test_a_lost_guest_is_told),
        CASE(test_frames_in_order),
        CASE(test_only_damage_is_drawn),
        CASE(test_hostile_damage),
        CASE(test_too_far_behind_is_missed),
        CASE(test_torn_frame_is_never_shown),
        CASE(test_geometry_that_changes),
        CASE(test_status_is_protected),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
