/* SPDX-License-Identifier: BSD-3-Clause */
/* A virtual 16550A whose other end is the multiplexed console. */
#ifndef HV_VUART_H
#define HV_VUART_H

#include "hv/vm.h"

#define VUART_FIFO 16u
#define VUART_PORT 0x3F8u
#define VUART_IRQ  4u

struct vuart {
    struct vm *vm;
    struct spinlock lock;
    uint8_t reg[8], divisor[2]; /* as written; FCR at IIR's place */
    bool thr_empty_pending;     /* THRE interrupt not yet seen in IIR */
    bool line;
    uint8_t fifo[VUART_FIFO];
    uint8_t head, count;
};

/* Resets it and registers its 8 ports; vm->uart is set. */
void vuart_init(struct vuart *uart, struct vm *vm);
void vuart_reset(struct vuart *uart);
/* Any CPU: a character typed for this VM. False: no room, offer it again later. */
bool vuart_receive(struct vuart *uart, uint8_t c);

#endif
