/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the 16550A at 3F8h: registers, receive FIFO, interrupt line. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "chardev.h"
#include "devices.h"
#include "layout.h"

#define FIFO 64u /* more than the chip's 16: nobody can see it, and a paste survives */

#define IER_RX   1u
#define IER_TX   2u
#define LCR_DLAB 0x80u
#define MCR_LOOP 0x10u
#define LSR_RX   1u
#define LSR_IDLE 0x60u /* transmitter empty, always: the text is gone when the write returns */

struct uart {
    struct machine *m;
    struct chardev out;
    uint8_t ier, lcr, mcr, scr, fcr, dll, dlm;
    bool tx_pending; /* the transmitter-empty interrupt has not been seen */
    bool line;
    uint8_t fifo[FIFO];
    unsigned head, count;
};

static uint8_t interrupt_id(const struct uart *u)
{
    uint8_t fifo_on = u->fcr & 1 ? 0xC0 : 0;

    if ((u->ier & IER_RX) && u->count)
        return fifo_on | 4;
    if ((u->ier & IER_TX) && u->tx_pending)
        return fifo_on | 2;
    return fifo_on | 1; /* none */
}

static void update_line(struct uart *u)
{
    bool want = !(interrupt_id(u) & 1);

    if (want != u->line) {
        u->line = want;
        machine_irq(u->m, IRQ_UART, want);
    }
}

static void put(struct uart *u, const void *bytes, size_t n)
{
    const uint8_t *p = bytes;

    for (size_t i = 0; i < n && u->count < FIFO; i++)
        u->fifo[(u->head + u->count++) % FIFO] = p[i];
    update_line(u);
}

static void receive(void *device, const void *bytes, size_t n)
{
    put(device, bytes, n);
}

static uint8_t take(struct uart *u)
{
    uint8_t c = 0;

    if (u->count) {
        c = u->fifo[u->head];
        u->head = (u->head + 1) % FIFO;
        u->count--;
    }
    return c;
}

static uint8_t uart_read(struct uart *u, uint64_t offset)
{
    bool dlab = u->lcr & LCR_DLAB;
    uint8_t v;

    switch (offset) {
    case 0:
        return dlab ? u->dll : take(u);
    case 1:
        return dlab ? u->dlm : u->ier;
    case 2:
        v = interrupt_id(u);
        if ((v & 0xF) == 2)
            u->tx_pending = false;
        return v;
    case 3:
        return u->lcr;
    case 4:
        return u->mcr;
    case 5:
        return LSR_IDLE | (u->count ? LSR_RX : 0);
    case 6: /* in loop-back the modem outputs come back as inputs, else: carrier, ready, clear to
               send */
        if (u->mcr & MCR_LOOP)
            return (uint8_t)((u->mcr & 1) << 5 | (u->mcr & 2) << 3 | (u->mcr & 4) << 4 |
                             (u->mcr & 8) << 4);
        return 0xB0;
    default:
        return u->scr;
    }
}

static void uart_write(struct uart *u, uint64_t offset, uint8_t v)
{
    bool dlab = u->lcr & LCR_DLAB;

    switch (offset) {
    case 0:
        if (dlab) {
            u->dll = v;
            break;
        }
        if (u->mcr & MCR_LOOP)
            put(u, &v, 1);
        else
            chardev_write(&u->out, &v, 1);
        u->tx_pending = true;
        break;
    case 1:
        if (dlab) {
            u->dlm = v;
            break;
        }
        if (!(u->ier & IER_TX) && (v & IER_TX))
            u->tx_pending = true;
        u->ier = v & 0xF;
        break;
    case 2:
        u->fcr = v;
        if (v & 2)
            u->head = u->count = 0;
        break;
    case 3:
        u->lcr = v;
        break;
    case 4:
        u->mcr = v & 0x1F;
        break;
    case 7:
        u->scr = v;
        break;
    default:
        break; /* status registers */
    }
}

static void access(void *device, uint64_t offset, unsigned bytes, bool write, uint64_t *value)
{
    struct uart *u = device;

    /* wider accesses are split, as the bus would */
    for (unsigned i = 0; i < bytes && offset + i < 8; i++) {
        uint64_t shift = 8 * i, mask = 0xFFull << shift;

        if (write)
            uart_write(u, offset + i, (uint8_t)(*value >> shift));
        else
            *value = (*value & ~mask) | (uint64_t)uart_read(u, offset + i) << shift;
    }
    update_line(u);
}

int uart_create(struct uart **out, struct machine *m, const char *log, const char *socket)
{
    struct uart *u = calloc(1, sizeof(*u));
    int rc;

    if (!u)
        return -ENOMEM;
    u->m = m;
    rc = chardev_init(&u->out, m, log, socket);
    if (rc < 0) {
        free(u);
        return rc;
    }
    u->out.receive = receive;
    u->out.device = u;
    rc = machine_add_ports(m, PORT_UART, 8, access, u);
    if (rc < 0) {
        uart_destroy(u);
        return rc;
    }
    *out = u;
    return 0;
}

void uart_destroy(struct uart *u)
{
    chardev_finish(&u->out);
    free(u);
}
