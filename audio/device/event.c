/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the notifications that a guest has not got yet. */
#include "device/event.h"

#include <string.h>

void event_jack(struct audio *a, unsigned jack)
{
    a->state->events.jacks |= 1u << jack;
}

void event_xrun(struct audio *a, unsigned stream)
{
    a->state->events.xruns |= 1u << stream;
}

void event_period(struct audio *a, unsigned stream)
{
    a->state->events.periods |= 1u << stream;
}

void event_control(struct audio *a, unsigned id, uint16_t mask)
{
    a->state->events.controls[id] |= mask;
}

static unsigned lowest(uint32_t bits)
{
    return (unsigned)__builtin_ctz(bits);
}

/* The next to tell, in *e; the place where it waits, NULL: there is none. */
static uint32_t *next(struct audio *a, struct vsnd_event *e, uint32_t *bits)
{
    struct state_events *w = &a->state->events;

    if (w->jacks) {
        const unsigned jack = lowest(w->jacks);

        *e = (struct vsnd_event){
            a->jacks >> jack & 1 ? VSND_EVT_JACK_CONNECTED : VSND_EVT_JACK_DISCONNECTED, jack};
        *bits = 1u << jack;
        return &w->jacks;
    }
    if (w->xruns) {
        *e = (struct vsnd_event){VSND_EVT_PCM_XRUN, lowest(w->xruns)};
        *bits = 1u << e->data;
        return &w->xruns;
    }
    if (w->periods) {
        *e = (struct vsnd_event){VSND_EVT_PCM_PERIOD_ELAPSED, lowest(w->periods)};
        *bits = 1u << e->data;
        return &w->periods;
    }
    for (unsigned i = 0; i < a->card.controls; i++) {
        const struct vsnd_ctl_event c = {VSND_EVT_CTL_NOTIFY, (uint16_t)i,
                                         (uint16_t)w->controls[i]};

        if (!c.mask)
            continue;
        memcpy(e, &c, sizeof(*e));
        *bits = c.mask;
        return &w->controls[i];
    }
    return NULL;
}

void event_deliver(struct audio *a)
{
    struct vsnd_event e;
    uint32_t *waits, bits;

    if (!vu_queue_running(&a->vhost, VSND_QUEUE_EVENT))
        return;
    while ((waits = next(a, &e, &bits))) {
        struct virtq *vq = vu_queue(&a->vhost, VSND_QUEUE_EVENT);
        size_t n;

        if (virtq_pop(vq, &a->chain) != 1)
            break;
        n = chain_write(&a->chain, 0, &e, sizeof(e));
        virtq_push(vq, a->chain.head, (uint32_t)n);
        /* told twice is better than not at all, should the process die here; a buffer too small
         * for it has lost it */
        *waits &= ~bits;
    }
    vu_notify(&a->vhost, VSND_QUEUE_EVENT);
}
