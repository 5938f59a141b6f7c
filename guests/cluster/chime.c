/* SPDX-License-Identifier: BSD-3-Clause */
/* Which chime is due, who sounds it, and what it is on a speaker that has one voice. */
#include "chime.h"

#include "dash.h"

#define BIT(lamp)  (1u << (lamp))
#define TURN_LAMPS (BIT(BN_TELLTALE_TURN_LEFT) | BIT(BN_TELLTALE_TURN_RIGHT))
#define STEPS      5

/* What rings when it is newly lit: red lamps but the belt, which has a chime of its own; ... */
#define WARNING_LAMPS                                                                              \
    (BIT(BN_TELLTALE_BRAKE) | BIT(BN_TELLTALE_AIRBAG) | BIT(BN_TELLTALE_OIL) |                     \
     BIT(BN_TELLTALE_CHARGE) | BIT(BN_TELLTALE_COOLANT) | BIT(BN_TELLTALE_EPS) | MOVING_LAMPS)
/* ... these of them only while the car moves; ... */
#define MOVING_LAMPS                                                                               \
    (BIT(BN_TELLTALE_PARK_BRAKE) | BIT(BN_TELLTALE_DOOR) | BIT(BN_TELLTALE_BOOT) |                 \
     BIT(BN_TELLTALE_BONNET))
/* ... and what is to be looked at soon. Stability control flashes when it works: no news. */
#define INFO_LAMPS                                                                                 \
    (BIT(BN_TELLTALE_MIL) | BIT(BN_TELLTALE_ABS) | BIT(BN_TELLTALE_TPMS) |                         \
     BIT(BN_TELLTALE_LAMP_FAULT) | BIT(BN_TELLTALE_FUEL))

/* Which sounds when several would: more is more urgent. */
static const uint8_t urgency[BN_CHIME_END] = {
    [BN_CHIME_WARNING] = 4, [BN_CHIME_BELT] = 3, [BN_CHIME_INFO] = 2,
    [BN_CHIME_TICK] = 1,    [BN_CHIME_TOCK] = 1,
};

/* Tones that can be told apart without another: their steps in Hz (0: a pause) and ms. */
static const struct {
    uint16_t hz, ms;
} tones[BN_CHIME_END][STEPS] = {
    [BN_CHIME_WARNING] = {{1000, 120}, {0, 80}, {1000, 120}, {0, 80}, {1000, 120}},
    [BN_CHIME_BELT] = {{660, 180}, {520, 300}},
    [BN_CHIME_INFO] = {{880, 100}, {0, 40}, {1180, 160}},
    [BN_CHIME_TICK] = {{2000, 30}},
    [BN_CHIME_TOCK] = {{1500, 30}},
};

/* One of these lamps is lit that was dark for long enough, or has not been lit yet. */
static bool is_news(const struct chime_watch *w, uint32_t lit, uint32_t lamps, uint32_t now_ms)
{
    lamps &= lit & ~w->lit;
    for (int lamp = 0; lamp < BN_TELLTALE_COUNT; lamp++)
        if (lamps & BIT(lamp) && (!w->known[lamp] || now_ms - w->dark_ms[lamp] >= CHIME_REST_MS))
            return true;
    return false;
}

/* The lamps that count now. */
static uint32_t heeded(const struct bus *bus, uint32_t now_ms)
{
    bool moves = bus_fresh(bus, BUS_MOTION, now_ms) && bus->speed_centikmh >= CHIME_MOVING;

    return dash_lamps(bus, now_ms) & ~(moves ? 0 : MOVING_LAMPS);
}

static void remember(struct chime_watch *w, uint32_t lit, uint32_t now_ms)
{
    for (int lamp = 0; lamp < BN_TELLTALE_COUNT; lamp++) {
        if (w->lit & ~lit & BIT(lamp))
            w->dark_ms[lamp] = now_ms;
        if (lit & BIT(lamp))
            w->known[lamp] = true;
    }
    w->lit = lit;
}

/* UN R16 asks for a reminder of at least 30 s from 25 km/h at the latest. */
static bool belt_due(struct chime_watch *w, const struct bus *bus, uint32_t lit, uint32_t now_ms)
{
    if (!(lit & BIT(BN_TELLTALE_BELT))) {
        if (bus_fresh(bus, BUS_BODY, now_ms)) /* fastened: what comes next is a new reminder */
            w->gongs = 0;
        return false;
    }
    if (!bus_fresh(bus, BUS_MOTION, now_ms) || bus->speed_centikmh < CHIME_BELT_SPEED ||
        w->gongs == CHIME_BELT_GONGS || (w->gongs && now_ms - w->gong_ms < CHIME_BELT_MS))
        return false;
    w->gong_ms = now_ms;
    w->gongs++;
    return true;
}

uint32_t chime_watch(struct chime_watch *w, const struct bus *bus, uint32_t now_ms,
                     enum bn_chime wanted[CHIME_AT_ONCE])
{
    uint32_t lit = heeded(bus, now_ms), before = w->lit, n = 0;

    if (now_ms < DASH_LAMP_CHECK_MS)
        return 0;
    if (is_news(w, lit, WARNING_LAMPS, now_ms))
        wanted[n++] = BN_CHIME_WARNING;
    if (belt_due(w, bus, lit, now_ms))
        wanted[n++] = BN_CHIME_BELT;
    /* Who is told to stop need not be told to look as well. */
    if (n == 0 && is_news(w, lit, INFO_LAMPS, now_ms))
        wanted[n++] = BN_CHIME_INFO;
    if (lit & ~before & TURN_LAMPS)
        wanted[n++] = BN_CHIME_TICK;
    else if (before & TURN_LAMPS && !(lit & TURN_LAMPS))
        wanted[n++] = BN_CHIME_TOCK;
    remember(w, lit, now_ms);
    return n;
}

/* ---- by the speaker */

static uint32_t tone_ms(enum bn_chime chime)
{
    uint32_t ms = 0;

    for (int i = 0; i < STEPS; i++)
        ms += tones[chime][i].ms;
    return ms;
}

void chime_tone_begin(struct chime_tone *t, enum bn_chime chime, uint32_t now_ms)
{
    if (t->chime && now_ms - t->start_ms < tone_ms(t->chime) && urgency[t->chime] > urgency[chime])
        return;
    t->chime = chime;
    t->start_ms = now_ms;
}

uint32_t chime_tone_hz(struct chime_tone *t, uint32_t now_ms)
{
    uint32_t at = now_ms - t->start_ms;

    if (!t->chime)
        return 0;
    for (int i = 0; i < STEPS; i++) {
        if (at < tones[t->chime][i].ms)
            return tones[t->chime][i].hz;
        at -= tones[t->chime][i].ms;
    }
    t->chime = (enum bn_chime)0;
    return 0;
}

/* ---- to an ear */

static void speak(struct chimes *c, struct chime_pending *p, uint32_t now_ms)
{
    if (p->spoken)
        return;
    p->spoken = true;
    c->spoken++;
    chime_tone_begin(&c->tone, p->chime, now_ms);
}

void chimes_init(struct chimes *c, bool service)
{
    *c = (struct chimes){.silent = !service};
}

void chimes_ask(struct chimes *c, enum bn_chime chime, uint32_t now_ms, uint64_t tsc)
{
    uint32_t number = c->requests.latest + 1 ? c->requests.latest + 1 : 1;
    uint32_t slot = number % BN_CHIME_REQUESTS;
    struct chime_pending *p = &c->pending[slot];

    if (p->number) /* overtaken: its moment has passed, but not unheard */
        speak(c, p, now_ms);
    *p = (struct chime_pending){number, now_ms, c->counter, chime, false};
    c->requests.request[slot] = (struct bn_chime_request){number, chime, tsc};
    c->requests.latest = number;
    c->asked++;
    if (c->silent)
        speak(c, p, now_ms);
}

/* Requests up to `acknowledged` are answered, by a word that is newer than they. */
static void take_answer(struct chimes *c, const struct bn_chime_status *s, uint32_t counter,
                        uint32_t now_ms)
{
    const bool refused = c->heard && s->refused != c->refused;

    for (uint32_t i = 0; i < BN_CHIME_REQUESTS; i++) {
        struct chime_pending *p = &c->pending[i];

        if (!p->number || counter == p->counter || (int32_t)(s->acknowledged - p->number) < 0)
            continue;
        if (refused) /* this one or another: rather twice than never */
            speak(c, p, now_ms);
        p->number = 0;
        c->silent = false;
    }
}

/* First, so that a word which comes too late is no answer: the service sounds nothing that old. */
static void lose_patience(struct chimes *c, uint32_t now_ms)
{
    for (uint32_t i = 0; i < BN_CHIME_REQUESTS; i++) {
        struct chime_pending *p = &c->pending[i];

        if (!p->number || now_ms - p->asked_ms < BN_CHIME_PATIENCE_MS)
            continue;
        speak(c, p, now_ms);
        p->number = 0;
        c->silent = true;
    }
}

void chimes_update(struct chimes *c, const struct bn_chime_status *status, uint32_t counter,
                   uint32_t now_ms)
{
    lose_patience(c, now_ms);
    if (!status || counter == c->counter)
        return;
    /* Nobody acknowledges what we have not asked. */
    if ((int32_t)(c->requests.latest - status->acknowledged) >= 0)
        take_answer(c, status, counter, now_ms);
    c->counter = counter;
    c->refused = status->refused;
    c->heard = true;
}
