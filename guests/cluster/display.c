/* SPDX-License-Identifier: BSD-3-Clause */
/* The three display states as one machine; every value from the service VM is a claim until it has
 * moved as it must. */
#include "display.h"

/* The claim in `s` as progress: heartbeat and shown only ever advance, and nobody shows a frame
 * that we have not drawn. */
static void take(struct display *d, const struct bn_display_status *s, uint32_t counter,
                 uint32_t latest, uint32_t now_ms)
{
    if (d->started && counter == d->counter)
        return;
    if (!d->started || s->heartbeat_ns > d->heartbeat_ns)
        d->alive_ms = now_ms;
    d->heartbeat_ns = s->heartbeat_ns;
    d->counter = counter;
    if (s->guests_lost && !d->guests_lost)
        d->guests_ms = now_ms;
    d->guests_lost = s->guests_lost;
    if (s->ready != 1 || s->shown == 0 || s->shown > latest) {
        d->proofs = 0;
    } else if (d->started && s->shown > d->shown) {
        d->shown_ms = now_ms;
        if (d->proofs < DISPLAY_PROOFS)
            d->proofs++;
    } else if (s->shown < d->shown) {
        d->proofs = 0;
    }
    d->shown = s->shown;
    d->started = true;
}

static bool stalled(const struct display *d, uint32_t now_ms)
{
    return now_ms - d->alive_ms > DISPLAY_STALL_MS || now_ms - d->shown_ms > DISPLAY_STALL_MS;
}

bool display_update(struct display *d, const struct bn_display_status *status, uint32_t counter,
                    uint32_t latest, uint32_t now_ms)
{
    enum bn_display_state before = d->state;

    if (status)
        take(d, status, counter, latest, now_ms);
    if (d->proofs && stalled(d, now_ms))
        d->proofs = 0;
    if (d->state != BN_DISPLAY_SHARED && d->proofs >= DISPLAY_PROOFS)
        d->state = BN_DISPLAY_SHARED;
    else if (d->state == BN_DISPLAY_SHARED && d->proofs == 0)
        d->state = BN_DISPLAY_SAFE;
    return d->state != before;
}

uint32_t display_losses(const struct display *d, uint32_t now_ms)
{
    if (d->state == BN_DISPLAY_SAFE)
        return message_bit(MESSAGE_DISPLAY_LOST);
    if (d->state == BN_DISPLAY_SHARED && d->guests_lost &&
        now_ms - d->guests_ms >= DISPLAY_GUEST_MS)
        return message_bit(MESSAGE_IVI_LOST);
    return 0;
}
