/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns binnacle-ivi: the home screen of a role on the VM's first scanout, the map tile on its
 * second, at a steady rate. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "evdev.h"
#include "gl.h"
#include "kms.h"
#include "player.h"
#include "solid.h"
#include "ui.h"

#define FPS           30
#define SECOND_NS     1000000000L
#define FONTS         "/usr/share/fonts/opentype/b612"
#define MUSIC         "/usr/share/binnacle/music"
#define RETRY_S       1 /* a display, or an input device, that is not there yet */
#define RETRIES       60
#define TILE_RADIUS   0.0
#define NOTHING_SHOWN UINT64_MAX /* by the tile */

struct ivi {
    struct ui ui;
    struct kms kms;
    struct gl gl;
    struct solid solid;
    struct evdev evdev;
    struct vehicle_source vehicle;
    struct player player;
    uint64_t tile_shows;
    bool first_shown;
    uint64_t pictures, missed; /* begun, and turns that passed before the one in front was done */
};

static volatile sig_atomic_t stop, tell;

static void handle_signal(int number)
{
    if (number == SIGUSR1)
        tell = 1;
    else
        stop = 1;
}

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / SECOND_NS;
}

static void press(void *data, int x, int y)
{
    ui_press(data, x, y);
}

static void release(void *data)
{
    ui_release(data);
}

static void key(void *data, unsigned code)
{
    ui_key(data, code);
}

static const struct evdev_sink sink = {press, release, key};

/* The second scanout: the map alone, as the cluster's driver wants it. */
static int show_tile(struct ivi *i)
{
    const struct kms_screen *s = &i->kms.screen[1];
    const struct map_place car = map_at(&i->ui.map, i->ui.travelled);
    const uint64_t shows = map_shows(car);
    cairo_t *cr;

    if (!s->surface || shows == i->tile_shows)
        return 0;
    i->tile_shows = shows;
    cr = cairo_create(s->surface);
    map_draw(&i->ui.map, cr, car, 0, 0, s->width, s->height, TILE_RADIUS);
    cairo_destroy(cr);
    return kms_flush(&i->kms, 1, 0, 0, s->width, s->height);
}

static int show_flat(struct ivi *i)
{
    const struct kms_screen *s = &i->kms.screen[0];
    struct ui_rect damage[UI_DAMAGE];
    unsigned n;
    int rc = 0;

    n = ui_draw(&i->ui, s->surface, damage);
    i->pictures += n > 0;
    for (unsigned k = 0; k < n && rc == 0; k++) {
        const struct ui_rect r = ui_stretched(damage[k], s->width, s->height);

        rc = kms_flush(&i->kms, 0, r.x, r.y, r.width, r.height);
    }
    return rc;
}

static int show_solid(struct ivi *i)
{
    i->pictures++;
    return gl_show(&i->gl);
}

/* In 3D where a GPU draws; else cairo draws what there is, flat. */
static void open_solid(struct ivi *i)
{
    const struct kms_screen *s = &i->kms.screen[0];

    cairo_surface_set_device_scale(s->surface, (double)s->width / UI_WIDTH,
                                   (double)s->height / UI_HEIGHT);
    if (gl_open_screen(&i->gl, i->kms.fd, s->crtc, s->width, s->height) < 0)
        return;
    if (solid_init(&i->solid, &i->ui, s->width, s->height) < 0)
        gl_close(&i->gl);
}

static void close_solid(struct ivi *i)
{
    solid_finish(&i->solid);
    gl_close(&i->gl);
    ui_set_solid(&i->ui, false);
}

/* Screens have come or gone, or are of another size: the layout is made anew for it. */
static void take_screens(struct ivi *i)
{
    const unsigned changed = kms_update(&i->kms);

    for (unsigned n = 0; n < KMS_SCREENS; n++) {
        const struct kms_screen *s = &i->kms.screen[n];

        if (changed & 1u << n && s->surface)
            printf("ivi: screen %u is %dx%d\n", n + 1, s->width, s->height);
        else if (changed & 1u << n)
            printf("ivi: screen %u is gone\n", n + 1);
    }
    fflush(stdout);
    i->tile_shows = NOTHING_SHOWN;
    if (!(changed & 1))
        return;
    close_solid(i);
    if (i->kms.screen[0].surface)
        open_solid(i);
}

static int show(struct ivi *i)
{
    struct vehicle_state v;
    const double now = seconds();
    int rc = 0;

    evdev_read(&i->evdev, &sink, &i->ui);
    vehicle_read(&i->vehicle, now, &v);
    player_read(&i->player, &i->ui.media);
    ui_advance(&i->ui, now, &v);
    if (kms_changed(&i->kms))
        take_screens(i);
    if (!i->kms.screen[0].surface)
        ; /* nobody can see it */
    else if (!i->ui.solid)
        rc = show_flat(i);
    else if (solid_draw(&i->solid, &i->ui))
        rc = show_solid(i);
    if (rc == 0)
        rc = show_tile(i);
    if (rc == 0 && !i->first_shown && i->kms.screen[0].surface) {
        i->first_shown = true;
        printf("ivi: home screen%s%s\n", i->ui.solid ? " in 3D by " : "",
               i->ui.solid ? gl_renderer() : "");
        fflush(stdout);
    }
    return rc;
}

static int run(struct ivi *i)
{
    const struct itimerspec period = {{0, SECOND_NS / FPS}, {0, SECOND_NS / FPS}};
    const int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
    uint64_t expired;
    int rc = timer < 0 || timerfd_settime(timer, 0, &period, NULL) < 0 ? -errno : 0;

    while (rc == 0 && !stop) {
        rc = show(i);
        if (read(timer, &expired, sizeof(expired)) == sizeof(expired))
            i->missed += expired - 1;
        else if (errno != EINTR)
            rc = -errno;
        if (tell) {
            tell = 0;
            printf("ivi: %" PRIu64 " pictures, %" PRIu64 " missed\n", i->pictures, i->missed);
            fflush(stdout);
        }
    }
    if (timer >= 0)
        close(timer);
    return rc;
}

static int open_display(struct ivi *i)
{
    int rc = -ENODEV;

    for (int tries = 0; tries < RETRIES && !stop; tries++) {
        rc = kms_open(&i->kms);
        if (rc == 0)
            break;
        sleep(RETRY_S);
    }
    return rc;
}

/* The word on the kernel's command line. */
static bool told(const char *word)
{
    char line[2048] = "", *rest = line;
    FILE *in = fopen("/proc/cmdline", "r");

    if (!in)
        return false;
    if (!fgets(line, sizeof(line), in))
        line[0] = 0;
    fclose(in);
    for (char *w; (w = strsep(&rest, " \n")) != NULL;)
        if (strcmp(w, word) == 0)
            return true;
    return false;
}

static int open_player(struct ivi *i)
{
    const struct player_setup setup = {.music = MUSIC, .autoplay = told("binnacle.music")};

    i->ui.order = player_order;
    i->ui.player = &i->player;
    return player_start(&i->player, &setup);
}

/* All that there is once there is a display. */
static int serve(struct ivi *i)
{
    int rc = open_player(i);

    if (rc < 0)
        return rc;
    if (i->kms.screen[0].surface)
        open_solid(i);
    evdev_open(&i->evdev, UI_WIDTH, UI_HEIGHT);
    vehicle_open(&i->vehicle, NULL);
    rc = run(i);
    vehicle_close(&i->vehicle);
    evdev_close(&i->evdev);
    close_solid(i);
    player_stop(&i->player);
    return rc;
}

int main(int argc, char **argv)
{
    static struct ivi i;
    const struct sigaction action = {.sa_handler = handle_signal};
    const struct ui_role *role = ui_role(argc > 1 ? argv[1] : "front");
    int rc;

    if (argc > 3 || !role) {
        if (!role)
            fprintf(stderr, "ivi: there is no role \"%s\"\n", argv[1]);
        fprintf(stderr, "usage: binnacle-ivi [ROLE [FONTS]], ROLE being one of: %s\n", UI_ROLES);
        return 2;
    }
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGUSR1, &action, NULL);
    rc = ui_init(&i.ui, role, argc > 2 ? argv[2] : FONTS);
    if (rc == 0)
        rc = open_display(&i);
    if (rc == 0) {
        rc = serve(&i);
        kms_close(&i.kms);
    }
    if (rc)
        fprintf(stderr, "ivi: %s\n", strerror(-rc));
    ui_finish(&i.ui);
    return rc ? 1 : 0;
}
