/* SPDX-License-Identifier: BSD-3-Clause */
/* Judges what supervised entities tell of their progress (SWS Watchdog Manager 4.3.1 §7.1). */
#include "wdgm.h"

#include "board.h"
#include "os.h"

static const WdgM_ConfigType *wdgm;
static WdgM_SupervisedEntityIdType first_expired;

void WdgM_Init(const WdgM_ConfigType *config)
{
    uint64_t now = board_now_us();

    for (WdgM_SupervisedEntityIdType e = 0; e < config->entities; e++)
        config->state[e] = (struct wdgm_entity_state){.at = WDGM_NO_CHECKPOINT, .at_us = now};
    first_expired = config->entities;
    wdgm = config;
}

static void note(const struct wdgm_entity *c, struct wdgm_entity_state *s, WdgM_CheckpointIdType at,
                 uint64_t now)
{
    if (at >= c->checkpoints ||
        (s->at != WDGM_NO_CHECKPOINT && !(c->follows[s->at] & WDGM_AFTER(at)))) {
        s->wrong = true;
        return;
    }
    if (c->max_us && at == c->stop && s->timing) {
        s->late |= now - s->start_us > c->max_us;
        s->timing = false;
    }
    if (c->max_us && at == c->start) {
        s->start_us = now;
        s->timing = true;
    }
    if (at == c->alive && s->alive < UINT16_MAX)
        s->alive++;
    s->at = at;
    s->at_us = now;
}

void WdgM_CheckpointReached(WdgM_SupervisedEntityIdType e, WdgM_CheckpointIdType c)
{
    SuspendAllInterrupts(); /* the main function pre-empts */
    if (wdgm && e >= wdgm->entities)
        wdgm->state[0].wrong = true;
    else if (wdgm && wdgm->state[e].status != WDGM_LOCAL_STATUS_EXPIRED)
        note(&wdgm->entity[e], &wdgm->state[e], c, board_now_us());
    ResumeAllInterrupts();
}

/* What was wrong with the reference cycle that ends now. */
static WdgM_FaultType judge(const struct wdgm_entity *c, const struct wdgm_entity_state *s,
                            uint64_t now)
{
    if (s->alive < c->least || s->alive > c->most)
        return WDGM_FAULT_ALIVE;
    if (s->late || (s->timing && now - s->start_us > c->max_us))
        return WDGM_FAULT_DEADLINE;
    return WDGM_FAULT_NONE;
}

static void end_cycle(const struct wdgm_entity *c, struct wdgm_entity_state *s, uint64_t now)
{
    WdgM_FaultType fault = judge(c, s, now);

    if (fault) {
        s->fault = fault;
        if ((c->tolerance != WDGM_ALWAYS || !s->failed) && s->failed < UINT16_MAX)
            s->failed++;
    } else if (s->failed) {
        s->failed--;
    }
    s->status = s->failed ? WDGM_LOCAL_STATUS_FAILED : WDGM_LOCAL_STATUS_OK;
    if (s->failed > c->tolerance)
        s->status = WDGM_LOCAL_STATUS_EXPIRED;
    s->alive = s->cycles = 0;
    s->late = false;
}

static void supervise(const struct wdgm_entity *c, struct wdgm_entity_state *s, uint64_t now)
{
    if (s->wrong) {
        s->fault = WDGM_FAULT_LOGICAL;
        s->status = WDGM_LOCAL_STATUS_EXPIRED;
    } else if (++s->cycles >= c->cycles) {
        end_cycle(c, s, now);
    }
}

void WdgM_MainFunction(void)
{
    uint64_t now = board_now_us();

    for (WdgM_SupervisedEntityIdType e = 0; e < wdgm->entities; e++) {
        struct wdgm_entity_state *s = &wdgm->state[e];

        if (s->status == WDGM_LOCAL_STATUS_EXPIRED)
            continue;
        supervise(&wdgm->entity[e], s, now);
        if (s->status == WDGM_LOCAL_STATUS_EXPIRED && first_expired == wdgm->entities)
            first_expired = e;
    }
}

WdgM_SupervisedEntityIdType WdgM_GetFirstExpiredSEID(void)
{
    return first_expired;
}

uint32_t WdgM_Failing(void)
{
    uint32_t failing = 0;

    for (WdgM_SupervisedEntityIdType e = 0; wdgm && e < wdgm->entities; e++)
        if (wdgm->state[e].status != WDGM_LOCAL_STATUS_OK)
            failing |= 1u << e;
    return failing;
}

WdgM_GlobalStatusType WdgM_GetGlobalStatus(void)
{
    if (!WdgM_Failing())
        return WDGM_GLOBAL_STATUS_OK;
    return first_expired == wdgm->entities ? WDGM_GLOBAL_STATUS_FAILED : WDGM_GLOBAL_STATUS_EXPIRED;
}
