/* SPDX-License-Identifier: BSD-3-Clause */
/* The virtual pair of 8259 interrupt controllers with their edge/level registers. */
#ifndef HV_VPIC_H
#define HV_VPIC_H

#include "hv/vm.h"

struct vpic_chip {
    uint8_t irr, isr, imr;
    uint8_t lines; /* input levels, for edge detection and level mode */
    uint8_t elcr;  /* 1: level */
    uint8_t vector_base;
    uint8_t init_step; /* 0: operational, else the ICW expected next */
    bool needs_icw4, auto_eoi, read_isr, poll, special_mask;
    uint8_t lowest; /* priority: the line with the lowest one */
};

struct vpic {
    struct vm *vm;
    struct spinlock lock;
    struct vpic_chip chip[2]; /* master, slave on master's line 2 */
};

/* Resets it and registers its ports (20h, 21h, A0h, A1h, 4D0h, 4D1h); vm->pic is set. */
enum bn_status vpic_init(struct vpic *pic, struct vm *vm) HV_MUST_CHECK;
void vpic_reset(struct vpic *pic);
/* Any CPU: input line 0..15. Asks vCPU 0 to look when the pair's output goes up. */
void vpic_set_line(struct vpic *pic, unsigned irq, bool asserted);
/* vCPU 0's CPU: is the output up, and the acknowledge cycle that takes the vector (spurious ones as
 * on hardware). The caller asks vlapic_takes_extint first. */
bool vpic_pending(struct vpic *pic);
uint8_t vpic_accept(struct vpic *pic);

#endif
