/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the jacks. */
#include "device/jack.h"

#include "device/event.h"

/* HDA 7.3.3.31, default configuration: connectivity 31:30 (0: a jack, 2: built in), location 29:24
 * (0x10: inside), device 23:20, connection 19:16 (7: other analogue), colour 15:12, misc 11:8,
 * association 7:4, sequence 3:0. */
#define DEFCONF_SPEAKER (2u << 30 | 0x10u << 24 | 0x1u << 20 | 7u << 16)
#define DEFCONF_MIC     (2u << 30 | 0x10u << 24 | 0xAu << 20 | 7u << 16)
/* HDA 7.3.4.9, pin capabilities: presence detect, and the direction. */
#define CAPS_PRESENCE (1u << 2)
#define CAPS_OUTPUT   (1u << 4)
#define CAPS_INPUT    (1u << 5)

uint8_t jack_first_place(unsigned jack)
{
    return (uint8_t)((jack + 1) << 4);
}

void jack_info(const struct audio *a, unsigned jack, struct vsnd_jack_info *info)
{
    const bool out = card_jack_direction(&a->card, jack) == VSND_D_OUTPUT;

    *info = (struct vsnd_jack_info){.features = VSND_JACK_F_REMAP,
                                    .defconf = (out ? DEFCONF_SPEAKER : DEFCONF_MIC) |
                                               a->state->jack_place[jack],
                                    .caps = CAPS_PRESENCE | (out ? CAPS_OUTPUT : CAPS_INPUT),
                                    .connected = a->jacks >> jack & 1};
}

uint32_t jack_remap(struct audio *a, const struct vsnd_jack_remap *r)
{
    /* association 0 is reserved */
    if (r->id >= a->card.jacks || r->association == 0 || r->association > 15 || r->sequence > 15)
        return VSND_S_BAD_MSG;
    a->state->jack_place[r->id] = r->association << 4 | r->sequence;
    return VSND_S_OK;
}

void jack_connected(struct audio *a, unsigned jack, bool connected)
{
    if (jack >= a->card.jacks || (a->jacks >> jack & 1) == connected)
        return;
    a->jacks ^= 1u << jack;
    if (a->live)
        event_jack(a, jack);
}
