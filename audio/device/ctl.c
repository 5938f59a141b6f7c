/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the control elements and what they do. */
#include "device/ctl.h"

#include <string.h>

#include "device/event.h"

struct element {
    struct vsnd_ctl_info info;
    uint32_t most; /* greatest value of each member */
};

static const struct element elements[CARD_CONTROLS] = {
    [CARD_VOLUME] = {{.role = VSND_ROLE(VSND_ROLE_VOLUME, VSND_D_OUTPUT),
                      .type = VSND_CTL_INTEGER,
                      .access = VSND_CTL_READ | VSND_CTL_WRITE | VSND_CTL_TLV_READ,
                      .count = 2,
                      .name = "Master Playback Volume",
                      .integer = {0, CTL_VOLUME_MAX, 1}},
                     CTL_VOLUME_MAX},
    [CARD_MUTE] = {{.role = VSND_ROLE(VSND_ROLE_MUTE, VSND_D_OUTPUT),
                    .type = VSND_CTL_BOOLEAN,
                    .access = VSND_CTL_READ | VSND_CTL_WRITE,
                    .count = 1,
                    .name = "Master Playback Switch",
                    .integer = {0, 1, 1}},
                   1},
    [CARD_SOURCE] = {{.type = VSND_CTL_ENUMERATED,
                      .access = VSND_CTL_READ | VSND_CTL_WRITE,
                      .count = 1,
                      .name = "Capture Source",
                      .enumerated = {LINK_SOURCES}},
                     LINK_SOURCES - 1},
};

static const char items[LINK_SOURCES][VSND_CTL_ITEM_BYTES] = {
    [LINK_SOURCE_MICROPHONE] = "Microphone", [LINK_SOURCE_MONITOR] = "Monitor"};

static const struct vsnd_tlv_db_scale scale = {
    .type = VSND_TLV_DB_SCALE,
    .length = 8,
    .min = -(int32_t)(CTL_VOLUME_MAX * CTL_VOLUME_CENTIBEL * 10),
    .step = (CTL_VOLUME_CENTIBEL * 10) | VSND_TLV_DB_SCALE_MUTE,
};

static const struct element *element(const struct audio *a, unsigned id)
{
    return &elements[a->card.control[id]];
}

static uint32_t *values(const struct audio *a, unsigned id)
{
    switch (a->card.control[id]) {
    case CARD_VOLUME:
        return a->state->volume;
    case CARD_MUTE:
        return &a->state->on;
    default:
        return &a->state->source;
    }
}

void ctl_info(const struct audio *a, unsigned id, struct vsnd_ctl_info *info)
{
    *info = element(a, id)->info;
}

void ctl_apply(struct audio *a, unsigned stream)
{
    const struct state *s = a->state;
    uint16_t centibel[2];

    if (!a->stream[stream].open)
        return;
    if (!card_is_playback(&a->card, stream)) {
        a->ops->source(a->backend, stream, s->source);
        return;
    }
    for (unsigned i = 0; i < 2; i++)
        centibel[i] = s->on && s->volume[i]
                          ? (uint16_t)((CTL_VOLUME_MAX - s->volume[i]) * CTL_VOLUME_CENTIBEL)
                          : LINK_MUTED;
    a->ops->volume(a->backend, stream, &(struct link_volume){centibel[0], centibel[1]});
}

static uint32_t write_value(struct audio *a, const struct vsnd_ctl_write *w, size_t got)
{
    const struct element *e = element(a, w->id);
    const size_t bytes = e->info.count * sizeof(uint32_t);
    uint32_t *value = values(a, w->id);

    if (got < offsetof(struct vsnd_ctl_write, value) + bytes)
        return VSND_S_BAD_MSG;
    for (unsigned i = 0; i < e->info.count; i++)
        if (w->value[i] > e->most)
            return VSND_S_BAD_MSG;
    if (!memcmp(value, w->value, bytes))
        return VSND_S_OK;
    memcpy(value, w->value, bytes);
    for (unsigned i = 0; i < card_streams(&a->card); i++)
        ctl_apply(a, i);
    /* Linux tells nobody of its own writes to a virtio card's elements: this does */
    event_control(a, w->id, VSND_CTL_EVT_VALUE);
    return VSND_S_OK;
}

static uint32_t give(void *to, size_t room, const void *from, size_t n, size_t *bytes)
{
    if (room < n)
        return VSND_S_BAD_MSG;
    memcpy(to, from, n);
    *bytes = n;
    return VSND_S_OK;
}

static uint32_t read_value(const struct audio *a, unsigned id, void *to, size_t room, size_t *bytes)
{
    const size_t n = element(a, id)->info.count * sizeof(uint32_t);
    uint8_t all[VSND_CTL_VALUE_BYTES] = {0};

    if (room < n)
        return VSND_S_BAD_MSG;
    memcpy(all, values(a, id), n);
    return give(to, room, all, room < sizeof(all) ? room : sizeof(all), bytes);
}

/* As much as there is room for, and a header at least (VIRTIO 1.3 §5.14.6.10.3.1). */
static uint32_t read_scale(void *to, size_t room, size_t *bytes)
{
    if (room < offsetof(struct vsnd_tlv_db_scale, min))
        return VSND_S_BAD_MSG;
    return give(to, room, &scale, room < sizeof(scale) ? room : sizeof(scale), bytes);
}

uint32_t ctl_request(struct audio *a, const union vsnd_request *r, size_t got, void *to,
                     size_t room, size_t *bytes)
{
    const uint32_t id = r->item.id;

    if (got < sizeof(r->item) || id >= a->card.controls)
        return VSND_S_BAD_MSG;
    switch (r->code) {
    case VSND_R_CTL_ENUM_ITEMS:
        if (element(a, id)->info.type != VSND_CTL_ENUMERATED)
            return VSND_S_BAD_MSG;
        return give(to, room, items, sizeof(items), bytes);
    case VSND_R_CTL_READ:
        return read_value(a, id, to, room, bytes);
    case VSND_R_CTL_WRITE:
        return write_value(a, &r->write, got);
    case VSND_R_CTL_TLV_READ:
        if (element(a, id)->info.access & VSND_CTL_TLV_READ)
            return read_scale(to, room, bytes);
        return VSND_S_NOT_SUPP;
    default: /* metadata that nobody may write or command */
        return VSND_S_NOT_SUPP;
    }
}
