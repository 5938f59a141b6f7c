/* SPDX-License-Identifier: BSD-3-Clause */
/* The virtual 16550A: registers, receive FIFO and interrupt line of a VM's console. */
#include "hv/vuart.h"
#include "hv/log.h"
#include "hv/vioapic.h"

enum { REG_DATA, REG_IER, REG_IIR, REG_LCR, REG_MCR, REG_LSR, REG_MSR, REG_SCR };

#define IER_RX   0x01u
#define IER_THRE 0x02u
#define IER_LINE 0x04u

#define IIR_NONE 0x01u
#define IIR_THRE 0x02u
#define IIR_RX   0x04u
#define IIR_LINE 0x06u
#define IIR_FIFO 0xC0u

#define LCR_DLAB    0x80u
#define MCR_OUT2    0x08u /* lets the interrupt out, on a PC */
#define MCR_LOOP    0x10u
#define LSR_READY   0x01u
#define LSR_OVERRUN 0x02u
#define LSR_EMPTY   0x60u
#define MSR_UP      0xB0u /* carrier, ready, clear to send: the other end is always there */

static uint8_t interrupt_cause(const struct vuart *uart)
{
    if (uart->ier & IER_LINE && uart->overrun)
        return IIR_LINE;
    if (uart->ier & IER_RX && uart->count)
        return IIR_RX;
    if (uart->ier & IER_THRE && uart->thr_empty_pending)
        return IIR_THRE;
    return IIR_NONE;
}

/* Lock held; the order of locks is UART, then interrupt controllers. */
static void update_line(struct vuart *uart)
{
    bool up = interrupt_cause(uart) != IIR_NONE && uart->mcr & MCR_OUT2 && !(uart->mcr & MCR_LOOP);

    if (up == uart->line)
        return;
    uart->line = up;
    vm_set_isa_irq(uart->vm, uart->irq, up);
}

static bool push(struct vuart *uart, uint8_t c)
{
    unsigned room = uart->fcr & 1 ? VUART_FIFO : 1;

    if (uart->count >= room)
        return false;
    uart->fifo[(uart->head + uart->count) % VUART_FIFO] = c;
    uart->count++;
    return true;
}

static uint8_t pop(struct vuart *uart)
{
    uint8_t c;

    if (!uart->count)
        return 0;
    c = uart->fifo[uart->head];
    uart->head = (uint8_t)((uart->head + 1) % VUART_FIFO);
    uart->count--;
    return c;
}

bool vuart_receive(struct vuart *uart, uint8_t c)
{
    bool taken;

    spin_lock(&uart->lock);
    taken = !(uart->mcr & MCR_LOOP) && push(uart, c);
    update_line(uart);
    spin_unlock(&uart->lock);
    return taken;
}

static uint8_t read_msr(const struct vuart *uart)
{
    uint8_t mcr = uart->mcr;

    if (!(mcr & MCR_LOOP))
        return MSR_UP;
    /* RTS to CTS, DTR to DSR, OUT1 to RI, OUT2 to DCD */
    return (uint8_t)((mcr & 2 ? 0x10 : 0) | (mcr & 1 ? 0x20 : 0) | (mcr & 4 ? 0x40 : 0) |
                     (mcr & 8 ? 0x80 : 0));
}

static uint8_t read_register(struct vuart *uart, unsigned reg)
{
    uint8_t value;

    switch (reg) {
    case REG_DATA:
        return uart->lcr & LCR_DLAB ? uart->dll : pop(uart);
    case REG_IER:
        return uart->lcr & LCR_DLAB ? uart->dlm : uart->ier;
    case REG_IIR:
        value = interrupt_cause(uart);
        if (value == IIR_THRE)
            uart->thr_empty_pending = false;
        return value | (uart->fcr & 1 ? IIR_FIFO : 0);
    case REG_LCR:
        return uart->lcr;
    case REG_MCR:
        return uart->mcr;
    case REG_LSR:
        value = (uint8_t)(LSR_EMPTY | (uart->count ? LSR_READY : 0) |
                          (uart->overrun ? LSR_OVERRUN : 0));
        uart->overrun = false;
        return value;
    case REG_MSR:
        return read_msr(uart);
    default:
        return uart->scr;
    }
}

/* True: `value` is a character to send. */
static bool write_register(struct vuart *uart, unsigned reg, uint8_t value)
{
    switch (reg) {
    case REG_DATA:
        if (uart->lcr & LCR_DLAB) {
            uart->dll = value;
            return false;
        }
        uart->thr_empty_pending = true; /* sent at once */
        if (!(uart->mcr & MCR_LOOP))
            return true;
        if (!push(uart, value))
            uart->overrun = true;
        return false;
    case REG_IER:
        if (uart->lcr & LCR_DLAB) {
            uart->dlm = value;
            return false;
        }
        if (value & IER_THRE && !(uart->ier & IER_THRE))
            uart->thr_empty_pending = true;
        uart->ier = value & 0x0F;
        return false;
    case REG_IIR: /* FCR */
        if (value & 2 || (value ^ uart->fcr) & 1)
            uart->count = 0;
        uart->fcr = value & 0xC9;
        return false;
    case REG_LCR:
        uart->lcr = value;
        return false;
    case REG_MCR:
        uart->mcr = value & 0x1F;
        return false;
    case REG_SCR:
        uart->scr = value;
        return false;
    default:
        return false;
    }
}

static void vuart_ports(struct io_access *io)
{
    struct vuart *uart = io->device;
    bool send = false;

    spin_lock(&uart->lock);
    if (io->write)
        send = write_register(uart, (unsigned)io->offset, (uint8_t)io->value);
    else
        io->value = read_register(uart, (unsigned)io->offset);
    update_line(uart);
    spin_unlock(&uart->lock);
    if (send)
        console_putc(uart->vm, (uint8_t)io->value);
}

void vuart_reset(struct vuart *uart)
{
    spin_lock(&uart->lock);
    uart->ier = uart->lcr = uart->mcr = uart->fcr = uart->scr = 0;
    uart->dll = 1;
    uart->dlm = 0;
    uart->thr_empty_pending = uart->overrun = false;
    uart->head = uart->count = 0;
    update_line(uart);
    spin_unlock(&uart->lock);
}

void vuart_init(struct vuart *uart, struct vm *vm, uint16_t port, uint8_t irq)
{
    *uart = (struct vuart){.vm = vm, .irq = irq};
    vuart_reset(uart);
    vm->uart = uart;
    vm_add_pio(vm, port, 8, vuart_ports, uart);
}
