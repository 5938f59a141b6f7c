/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the virtio-input device without its process. */
#include "virtio_input.h"

#include <linux/input.h>
#include <string.h>

#define VENDOR  0x0627
#define VERSION 1

static void set_bit(struct input_config *c, unsigned bit)
{
    c->u.bytes[bit / 8] = (uint8_t)(c->u.bytes[bit / 8] | 1u << bit % 8);
    if (c->size < bit / 8 + 1)
        c->size = (uint8_t)(bit / 8 + 1);
}

static void set_text(struct input_config *c, const char *text)
{
    c->size = (uint8_t)strlen(text);
    memcpy(c->u.bytes, text, c->size);
}

static void keyboard_bits(struct input_config *c)
{
    switch (c->subsel) {
    case EV_KEY:
        for (unsigned k = KEY_ESC; k <= KEY_MICMUTE; k++)
            set_bit(c, k);
        break;
    case EV_REP:
        set_bit(c, REP_DELAY);
        set_bit(c, REP_PERIOD);
        break;
    case EV_LED:
        set_bit(c, LED_NUML);
        set_bit(c, LED_CAPSL);
        set_bit(c, LED_SCROLLL);
        break;
    default:
        break;
    }
}

static void tablet_bits(struct input_config *c)
{
    switch (c->subsel) {
    case EV_KEY:
        for (unsigned k = BTN_LEFT; k <= BTN_EXTRA; k++)
            set_bit(c, k);
        break;
    case EV_REL:
        set_bit(c, REL_WHEEL);
        set_bit(c, REL_HWHEEL);
        break;
    case EV_ABS:
        set_bit(c, ABS_X);
        set_bit(c, ABS_Y);
        break;
    default:
        break;
    }
}

void input_select(struct input *in, uint8_t select, uint8_t subsel)
{
    struct input_config *c = &in->config;
    const bool tablet = in->device == BN_INPUT_TABLET;

    memset(c, 0, sizeof(*c));
    c->select = select;
    c->subsel = subsel;
    switch (select) {
    case INPUT_CFG_ID_NAME:
        if (!subsel)
            set_text(c, tablet ? "Binnacle tablet" : "Binnacle keyboard");
        break;
    case INPUT_CFG_ID_SERIAL:
        if (!subsel)
            set_text(c, tablet ? "tablet" : "keyboard");
        break;
    case INPUT_CFG_ID_DEVIDS:
        if (subsel)
            break;
        c->size = sizeof(c->u.ids);
        c->u.ids.bustype = BUS_VIRTUAL;
        c->u.ids.vendor = VENDOR;
        c->u.ids.product = (uint16_t)(in->device + 1);
        c->u.ids.version = VERSION;
        break;
    case INPUT_CFG_EV_BITS:
        if (tablet)
            tablet_bits(c);
        else
            keyboard_bits(c);
        break;
    case INPUT_CFG_ABS_INFO:
        if (!tablet || (subsel != ABS_X && subsel != ABS_Y))
            break;
        c->size = sizeof(c->u.abs);
        c->u.abs.max = BN_INPUT_ABS_MAX;
        break;
    default:
        break;
    }
}

void input_init(struct input *in, enum bn_input_device device, uint16_t scanout)
{
    memset(in, 0, sizeof(*in));
    in->device = device;
    in->scanout = scanout;
}

static bool ours(const struct input *in, const struct bn_input_event *e)
{
    return e->device == in->device && (in->device != BN_INPUT_TABLET || e->scanout == in->scanout);
}

void input_report(struct input *in, const struct bn_input_event *e, unsigned count)
{
    unsigned mine = 0;

    for (unsigned i = 0; i < count; i++)
        mine += ours(in, &e[i]);
    if (mine > INPUT_PENDING - in->count) {
        in->dropped += mine;
        return;
    }
    for (unsigned i = 0; i < count; i++) {
        if (!ours(in, &e[i]))
            continue;
        in->pending[(in->first + in->count) % INPUT_PENDING] =
            (struct input_wire_event){e[i].type, e[i].code, (uint32_t)e[i].value};
        in->count++;
    }
}

unsigned input_deliver(struct input *in, struct virtq *vq, struct vq_chain *chain)
{
    unsigned n = 0;

    while (in->count && virtq_pop(vq, chain) == 1) {
        const struct input_wire_event *e = &in->pending[in->first];

        virtq_push(vq, chain->head, (uint32_t)chain_write(chain, 0, e, sizeof(*e)));
        in->first = (in->first + 1) % INPUT_PENDING;
        in->count--;
        n++;
    }
    in->delivered += n;
    return n;
}

void input_reset(struct input *in)
{
    in->first = in->count = 0;
    memset(&in->config, 0, sizeof(in->config));
}
