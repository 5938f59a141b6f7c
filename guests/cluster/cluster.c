/* SPDX-License-Identifier: BSD-3-Clause */
/* The cluster application: what its tasks do, and the order in which a frame comes to be. Which
 * tasks, alarms and events there are says cluster.oil. */
#include "board.h"
#include "fixed.h"

#include "chime.h"
#include "cluster_os.h"
#include "dash.h"
#include "display.h"
#include "health.h"
#include "listen.h"
#include "odometer.h"
#include "stats.h"

#define PUBLISH_US 50000u
#define DEADLINE_FRAMES                                                                            \
    3u /* drawn in its slot, composed in the next, on the glass in the one after */
#define SAFE_COPIES                                                                                \
    BN_CLUSTER_FPS /* whole copies for a second: the controller's reset may come after our first   \
                    */

static struct screen screen;
static struct window window;
static struct bus bus;
static struct display display = {.state = BN_DISPLAY_EARLY};
static struct dash dash = DASH_INIT;
static struct stats stats;
static struct chime_watch chime_look;
static struct chimes chimes;
static struct store store;
static struct odometer odometer;
static const struct sdhc_registers sd_registers = {board_sd_read, board_sd_write};
static uint64_t first_slot_us; /* time zero of frames and bus */

static uint32_t bus_time_ms(void)
{
    return (uint32_t)udiv64(board_now_us() - first_slot_us, 1000);
}

/* Slot n begins n / 60 s after slot 0, without the rounding of a fixed period adding up. */
static uint64_t slot_us(uint32_t n)
{
    return first_slot_us + udiv64((uint64_t)n * 1000000u, BN_CLUSTER_FPS);
}

static uint32_t slot_now(void)
{
    return (uint32_t)udiv64((board_now_us() - first_slot_us) * BN_CLUSTER_FPS, 1000000u);
}

static uint64_t boot_ns(void)
{
    return board_tsc_to_ns(board_tsc() - board.boot_tsc);
}

static void update_display(uint32_t latest)
{
    struct bn_display_status status;
    uint32_t counter = 0;
    bool read = window.status_region && window_read_status(window.status_region, &status, &counter);

    if (!display_update(&display, read ? &status : NULL, counter, latest, bus_time_ms()))
        return;
    if (display.state == BN_DISPLAY_SAFE)
        screen_refresh_boot(&screen, SAFE_COPIES);
}

static void publish_frame(uint32_t n, const struct damage *changed)
{
    struct bn_rect rect[BN_FRAME_DAMAGE_RECTS];
    uint64_t slot_ns = board_tsc_to_ns(board.entry_tsc - board.boot_tsc) + slot_us(n) * 1000u;

    for (int i = 0; i < changed->count; i++) {
        struct area a = area_meet(changed->area[i],
                                  (struct area){0, 0, screen.layout.width, screen.layout.height});

        rect[i] = (struct bn_rect){a.x0, a.y0, a.x1 - a.x0, a.y1 - a.y0};
    }
    window.frames->display_state = display.state;
    glass_tell(&screen.glass, &screen.last, &window.frames->telltales[n % BN_FRAME_BUFFERS]);
    window_frame_end(&window, n, rect, (uint32_t)changed->count, boot_ns(),
                     slot_ns + DEADLINE_FRAMES * 1000000000u / BN_CLUSTER_FPS);
}

static void draw_frame(uint32_t n)
{
    struct damage changed;
    struct scene scene;
    uint64_t begin = board_now_us();
    uint32_t now_ms;

    WdgM_CheckpointReached(SUPERVISED_DRAW, DRAW_SLOT);
    health_watch_supervisor();
    update_display(stats.last);
    SuspendAllInterrupts(); /* other tasks write what dash_scene reads */
    now_ms = bus_time_ms();
    dash_scene(&dash, &bus, &odometer, now_ms, display_losses(&display, now_ms), &scene);
    stats_bus_lost(&stats, dash.bus_lost, now_ms);
    ResumeAllInterrupts();
    WdgM_CheckpointReached(SUPERVISED_DRAW, DRAW_SCENE);
    if (window.frames)
        window_frame_begin(&window, n);
    screen_draw(&screen, n, &scene, display_boot_framebuffer(&display), &changed);
    WdgM_CheckpointReached(SUPERVISED_DRAW, DRAW_PAINTED);
    if (window.frames)
        publish_frame(n, &changed);
    stats_frame(&stats, n, (uint32_t)(board_now_us() - begin));
    if (stats.drawn == 1)
        stats.first_frame_ms = (uint16_t)udiv64(boot_ns(), 1000000u);
    WdgM_CheckpointReached(SUPERVISED_DRAW, DRAW_TOLD);
}

/* Priority 2: a frame each slot. A slot that begins while the last frame is still being drawn is an
 * overrun, never a backlog. */
TASK(DrawTask)
{
    screen_start(&screen, &window);
    first_slot_us = board_now_us();
    (void)SetRelAlarm(SyncAlarm, 1, 1000000u / BN_CLUSTER_FPS);
    (void)SetRelAlarm(PublishAlarm, PUBLISH_US, PUBLISH_US);
    (void)SetRelAlarm(ChimeAlarm, CHIME_PERIOD_MS * 1000u, CHIME_PERIOD_MS * 1000u);
    (void)SetRelAlarm(StoreAlarm, STORE_PERIOD_MS * 1000u, STORE_PERIOD_MS * 1000u);
    for (uint32_t n = 1;; n = slot_now() + 1) {
        uint64_t now = board_now_us(), slot = slot_us(n);

        (void)SetRelAlarm(FrameAlarm, slot > now ? (TickType)(slot - now) : 1, 0);
        (void)WaitEvent(FrameEvent);
        (void)ClearEvent(FrameEvent);
        draw_frame(n);
        if (stats.drawn == STATS_WARM_UP) /* whole pictures may take longer than a slot */
            health_begin();
    }
}

static void send_stats(void)
{
    const struct stats_sources from = {&bus,          &chimes,        &store,       &odometer,
                                       &screen.glass, WdgM_Failing(), health_ends()};
    uint8_t line[SLCAN_MAX_BYTES];

    for (int i = 0; i < STATS_MESSAGES; i++)
        (void)bus_send(
            line, stats_message(&stats, i, (uint8_t)display.state, &from, bus_time_ms(), line));
}

/* Priority 3: short, and the drawing may wait for it. */
TASK(BusTask)
{
    uint8_t line[SLCAN_MAX_BYTES];

    bus_notify(BusTask, RxEvent);
    for (;;) {
        EventMaskType events = 0;

        (void)WaitEvent(SyncEvent | RxEvent);
        (void)GetEvent(BusTask, &events);
        (void)ClearEvent(events);
        WdgM_CheckpointReached(SUPERVISED_BUS, BUS_WOKEN);
        if (events & RxEvent) {
            while (listen(&bus, bus_time_ms()))
                ;
            WdgM_CheckpointReached(SUPERVISED_BUS, BUS_RECEIVED);
        }
        if (events & SyncEvent) {
            /* no room: the other end is gone, and the bus will be seen as lost */
            (void)bus_send(line, bus_sync(&bus, bus_time_ms(), line));
            WdgM_CheckpointReached(SUPERVISED_BUS, BUS_ASKED);
        }
        if (bus.stats_wanted) {
            bus.stats_wanted = false;
            send_stats();
        }
        WdgM_CheckpointReached(SUPERVISED_BUS, BUS_DONE);
    }
}

/* Priority 1: what others may know of the vehicle. */
TASK(PublishTask)
{
    struct bn_vehicle vehicle;

    WdgM_CheckpointReached(SUPERVISED_PUBLISH, PUBLISH_BEGUN);
    SuspendAllInterrupts();
    bus_publish(&bus, bus_time_ms(), &vehicle);
    ResumeAllInterrupts();
    window_publish_vehicle(&window, &vehicle, boot_ns());
    WdgM_CheckpointReached(SUPERVISED_PUBLISH, PUBLISH_DONE);
    (void)TerminateTask();
}

/* Priority 1: what a power cut must not take away. Its registers may be slow to reach; everything
 * else may interrupt it. */
TASK(StoreTask)
{
    uint32_t now_ms = bus_time_ms();

    WdgM_CheckpointReached(SUPERVISED_STORE, STORE_BEGUN);
    if (health_was_ended(StoreTask))
        store_abort(&store, now_ms);
    store_step(&store, odometer.known ? &odometer.now : NULL, bus.ignition_off, now_ms);
    SuspendAllInterrupts();
    odometer_update(&odometer, &bus, &store, now_ms);
    ResumeAllInterrupts();
    WdgM_CheckpointReached(SUPERVISED_STORE, STORE_DONE);
    (void)TerminateTask();
}

static void answer_chimes(uint32_t now_ms)
{
    struct bn_chime_status status;
    uint32_t counter = 0;
    bool read = window.chime_status_region &&
                window_read_chime_status(window.chime_status_region, &status, &counter);

    chimes_update(&chimes, read ? &status : NULL, counter, now_ms);
}

/* Priority 3, as the bus, whose signals it looks at: what there is to hear, and the speaker's next
 * tone. */
TASK(ChimeTask)
{
    static uint32_t sounding_hz;
    enum bn_chime wanted[CHIME_AT_ONCE + 1];
    uint32_t now_ms = bus_time_ms(), n, hz;

    WdgM_CheckpointReached(SUPERVISED_CHIME, CHIME_BEGUN);
    n = chime_watch(&chime_look, &bus, now_ms, wanted);
    if (dash.chime) /* of a message; the drawing task writes it with interrupts off */
        wanted[n++] = dash.chime;
    dash.chime = (enum bn_chime)0;
    for (uint32_t i = 0; i < n; i++)
        chimes_ask(&chimes, wanted[i], now_ms, board_tsc());
    if (n)
        window_publish_chimes(&window, &chimes.requests, boot_ns());
    answer_chimes(now_ms);
    WdgM_CheckpointReached(SUPERVISED_CHIME, CHIME_ANSWERED);
    hz = chime_tone_hz(&chimes.tone, now_ms);
    if (hz != sounding_hz)
        board_speaker(hz);
    sounding_hz = hz;
    WdgM_CheckpointReached(SUPERVISED_CHIME, CHIME_SOUNDED);
    (void)TerminateTask();
}

void app_early(void)
{
    const struct board_framebuffer *f = &board.framebuffer;

    health_init(&screen, &window);
    screen_early(&screen, f->base, f->base ? (int)f->width : 1280, f->base ? (int)f->height : 720,
                 (int)(f->pitch / 4), DASH_LAMP_CHECK);
    stats.first_telltale_tsc = board_tsc() - board.boot_tsc;
}

void app_main(void)
{
    StartOS(OSDEFAULTAPPMODE);
}

/* Clock and bus work. */
void StartupHook(void)
{
    (void)window_open(&window, board.shm, board.shm_bytes, (uint32_t)screen.layout.width,
                      (uint32_t)screen.layout.height);
    chimes_init(&chimes, window.chime_region && window.chime_status_region);
    window_publish_chimes(&window, &chimes.requests, boot_ns()); /* none, and that is whole */
    store_init(&store, board.sd_host ? &sd_registers : NULL, 0);
    if (window.frames) {
        window.frames->tsc_hz = board.tsc_hz;
        window.frames->boot_tsc = board.boot_tsc;
    }
    stats.first_telltale_ms = (uint16_t)udiv64(board_tsc_to_ns(stats.first_telltale_tsc), 1000000u);
}
