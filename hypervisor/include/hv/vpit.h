/* SPDX-License-Identifier: BSD-3-Clause */
/* The virtual 8254: channel 0 on ISA interrupt 0, channel 2 with its gate and output in port 61h.
 */
#ifndef HV_VPIT_H
#define HV_VPIT_H

#include "hv/timer.h"
#include "hv/vm.h"

#define PIT_HZ 1193182u

struct vpit_channel {
    uint32_t count; /* 1..65536 */
    uint64_t start; /* TSC when the count began */
    uint8_t mode, access;
    uint8_t write_low;
    bool write_high_next, read_high_next;
    bool latched, status_latched;
    bool gate, loaded;
    uint16_t latch;
    uint8_t status;
};

struct vpit {
    struct vm *vm;
    struct spinlock lock;
    struct vpit_channel channel[3];
    uint8_t port61; /* bits 0 (gate of channel 2) and 1 (speaker) */
    struct hv_timer timer;
    uint64_t next; /* TSC of channel 0's next interrupt, 0: none */
};

/* Resets it and registers ports 40h..43h and 61h; vm->pit is set. */
enum bn_status vpit_init(struct vpit *pit, struct vm *vm) HV_MUST_CHECK;
void vpit_reset(struct vpit *pit);

#endif
