/* SPDX-License-Identifier: BSD-3-Clause */
/* The virtio-input device (VIRTIO 1.2 §5.8): what it says of itself, and events on their way to the
 * guest. */
#ifndef DISPLAY_INPUT_VIRTIO_INPUT_H
#define DISPLAY_INPUT_VIRTIO_INPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "display.h"
#include "vhost/virtq.h"

#define INPUT_QUEUE_EVENT  0u
#define INPUT_QUEUE_STATUS 1u
#define INPUT_QUEUES       2u

/* §5.8.4 */
enum input_config_select {
    INPUT_CFG_UNSET = 0x00,
    INPUT_CFG_ID_NAME = 0x01,
    INPUT_CFG_ID_SERIAL = 0x02,
    INPUT_CFG_ID_DEVIDS = 0x03,
    INPUT_CFG_PROP_BITS = 0x10,
    INPUT_CFG_EV_BITS = 0x11,
    INPUT_CFG_ABS_INFO = 0x12,
};

struct input_config {
    uint8_t select, subsel, size, reserved[5];
    union {
        uint8_t bytes[128];
        struct {
            uint32_t min, max, fuzz, flat, res;
        } abs;
        struct {
            uint16_t bustype, vendor, product, version;
        } ids;
    } u;
};
BN_SIZE_IS(struct input_config, 136);

struct input_wire_event { /* §5.8.6 */
    uint16_t type, code;
    uint32_t value;
};
BN_SIZE_IS(struct input_wire_event, 8);

#define INPUT_PENDING 512 /* events kept for a guest that has given no buffers */

struct input {
    enum bn_input_device device;
    uint16_t scanout; /* of a tablet: the one it lies over */
    struct input_config config;
    struct input_wire_event pending[INPUT_PENDING];
    unsigned first, count;
    uint64_t delivered, dropped; /* events */
};

void input_init(struct input *in, enum bn_input_device device, uint16_t scanout);

/* The guest wrote select and subsel: the configuration space shows what they mean. */
void input_select(struct input *in, uint8_t select, uint8_t subsel);

/* A report from the compositor; what is another device's is left out. One that finds no room is
 * dropped as a whole. */
void input_report(struct input *in, const struct bn_input_event *e, unsigned count);

/* Moves pending events into the guest's buffers, one each; number delivered. */
unsigned input_deliver(struct input *in, struct virtq *vq, struct vq_chain *chain);

/* Device reset. */
void input_reset(struct input *in);

#endif
