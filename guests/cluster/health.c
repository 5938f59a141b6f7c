/* SPDX-License-Identifier: BSD-3-Clause */
/* Failures of the cluster's own: who notices them, what ends alone, what ends all, and the last
 * words to the driver. */
#include "health.h"

#include "cluster_os.h"
#include "dash.h"
#include "fixed.h"
#include "say.h"

static const struct screen *screen;
static const struct window *window;
static uint64_t supervised_us; /* 0: not yet */
static uint32_t ended, ends;   /* ended: bit TaskType */

void health_init(const struct screen *s, const struct window *w)
{
    screen = s;
    window = w;
}

void health_begin(void)
{
    supervised_us = board_now_us();
    WdgM_Init(&supervision);
    (void)SetRelAlarm(SuperviseAlarm, SUPERVISION_US, SUPERVISION_US);
}

static void say_since(uint64_t us)
{
    say_number((uint32_t)udiv64(board_now_us() - us, 1000));
    board_say(" ms");
}

/* To engineers: who, what, and since when it has said nothing. */
static void stop(WdgM_SupervisedEntityIdType e)
{
    static const char *const fault[] = {"", " is not alive", " is late", " has lost its way"};
    const struct wdgm_entity_state *s = &supervision.state[e];

    SuspendAllInterrupts(); /* nobody else's bytes between these */
    board_say("\r\nsupervision: ");
    board_say(supervision.entity[e].name);
    board_say(fault[s->fault]);
    board_say(", last checkpoint ");
    say_number(s->at);
    board_say(" before ");
    say_since(s->at_us);
    panic("supervision", supervision.entity[e].name, s->at);
}

/* Priority 4: above all that it judges. */
TASK(SuperviseTask)
{
    WdgM_MainFunction();
    supervised_us = board_now_us();
    if (WdgM_GetGlobalStatus() == WDGM_GLOBAL_STATUS_EXPIRED)
        stop(WdgM_GetFirstExpiredSEID());
    (void)TerminateTask();
}

void health_watch_supervisor(void)
{
    uint64_t since;

    SuspendAllInterrupts(); /* two words, which the supervisor writes */
    since = supervised_us;
    if (!since || board_now_us() - since <= SUPERVISION_SILENT_US) {
        ResumeAllInterrupts();
        return;
    }
    board_say("\r\nsupervision: SuperviseTask is silent, last turn before ");
    say_since(since);
    panic("supervision", __FILE__, __LINE__);
}

bool health_was_ended(TaskType task)
{
    bool was;

    SuspendAllInterrupts();
    was = ended & 1u << task;
    ended &= ~(1u << task);
    ResumeAllInterrupts();
    return was;
}

uint32_t health_ends(void)
{
    return ends;
}

/* A task that still runs when its next turn comes misses that turn and sees it in its counts; an
 * untrusted one may call what it likes; any other error is a fault of this program. */
void ErrorHook(StatusType error)
{
    TaskType task;

    (void)GetTaskID(&task);
    OS_ASSERT(task == ListenTask || error == E_OS_PROTECTION_ARRIVAL ||
              (error == E_OS_LIMIT && OSErrorGetServiceId() == OSServiceId_ActivateTask));
}

/* Who has a budget can end alone, and who is untrusted. */
ProtectionReturnType ProtectionHook(StatusType fault)
{
    TaskType task;

    if (fault == E_OS_PROTECTION_ARRIVAL)
        return PRO_IGNORE;
    (void)GetTaskID(&task);
    if (fault != E_OS_PROTECTION_TIME && task != ListenTask)
        return PRO_SHUTDOWN;
    ended |= 1u << task;
    ends++;
    return PRO_TERMINATETASKISR;
}

static void paint_failure(const struct surface *s, const char *why)
{
    static const char text[] = "INSTRUMENTS FAILED";
    const struct layout *l = &screen->layout;
    struct area all = {0, 0, l->width, l->height};
    int middle = l->width / 2, base = l->height / 2;

    gfx_fill(s, all, 0);
    scene_paint_telltales(l, s, all, DASH_LOST_BODY);
    gfx_text(s, all, l->set, FONT_VALUE, middle - gfx_text_width(l->set, FONT_VALUE, text) / 2,
             base, text, COLOUR_SIGNAL_RED);
    gfx_text(s, all, l->set, FONT_LABEL, middle - gfx_text_width(l->set, FONT_LABEL, why) / 2,
             base + 2 * l->set->font[FONT_LABEL].ascent, why, face_palette(FACE_FIRST)->label);
}

/*
 * A frozen picture would lie: black but for the warnings, and the reason. To the boot framebuffer
 * and, as a last frame, to the compositor, whichever the driver looks at.
 */
void app_panic(const char *why)
{
    struct bn_rect all;
    uint64_t now_ns = board_tsc_to_ns(board_tsc() - board.boot_tsc);
    uint32_t n;

    if (!screen)
        return;
    if (screen->boot.surface.px)
        paint_failure(&screen->boot.surface, why);
    if (!window->frames || !screen->buffers)
        return;
    all = (struct bn_rect){0, 0, screen->layout.width, screen->layout.height};
    n = window->frames->latest + 1;
    window_frame_begin(window, n);
    paint_failure(&screen->buffer[n % screen->buffers].surface, why);
    glass_tell_found(&screen->glass, &screen->buffer[n % screen->buffers].surface, DASH_LOST_BODY,
                     &window->frames->telltales[n % BN_FRAME_BUFFERS]);
    window_frame_end(window, n, &all, 1, now_ns, now_ns + 1000000000u / BN_CLUSTER_FPS);
}
