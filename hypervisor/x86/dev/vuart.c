/* SPDX-License-Identifier: BSD-3-Clause */
/* The virtual 16550A: registers, receive FIFO and interrupt line of a VM's console. */
#include "hv/vuart.h"
#include "hv/vioapic.h"

enum { REG_DATA, REG_IER, REG_IIR, REG_LCR, REG_MCR, REG_LSR, REG_MSR, REG_SCR };

#define IER_RX   0x01u
#define IER_THRE 0x02u

#define IIR_NONE 0x01u
#define IIR_THRE 0x02u
#define IIR_RX   0x04u
#define IIR_FIFO 0xC0u

#define FCR_ON    0x01u
#define FCR_CLEAR 0x02u
#define LCR_DLAB  0x80u
#define MCR_OUT2  0x08u /* lets the interrupt out, on a PC */
#define MCR_LOOP  0x10u /* nothing goes out or comes in; modem lines show the outputs */
#define LSR_READY 0x01u
#define LSR_EMPTY 0x60u
#define MSR_UP    0xB0u /* carrier, ready, clear to send: the other end is always there */

static const uint8_t writable[8] = {
    [REG_IER] = 0x0F, [REG_IIR] = 0xC9, [REG_LCR] = 0xFF, [REG_MCR] = 0x1F, [REG_SCR] = 0xFF};

static uint8_t interrupt_cause(const struct vuart *uart)
{
    if (uart->reg[REG_IER] & IER_RX && uart->count)
        return IIR_RX;
    if (uart->reg[REG_IER] & IER_THRE && uart->thr_empty_pending)
        return IIR_THRE;
    return IIR_NONE;
}

/* Lock held; the order of locks is UART, then interrupt controllers. */
static void update_line(struct vuart *uart)
{
    bool up = interrupt_cause(uart) != IIR_NONE &&
              (uart->reg[REG_MCR] & (MCR_OUT2 | MCR_LOOP)) == MCR_OUT2;

    if (up == uart->line)
        return;
    uart->line = up;
    if (uart->vm->ioapic)
        vioapic_set_line(uart->vm->ioapic, VUART_IRQ, up);
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
    unsigned room;
    bool taken;

    spin_lock(&uart->lock);
    room = uart->reg[REG_IIR] & FCR_ON ? VUART_FIFO : 1;
    taken = !(uart->reg[REG_MCR] & MCR_LOOP) && uart->count < room;
    if (taken)
        uart->fifo[(uart->head + uart->count++) % VUART_FIFO] = c;
    update_line(uart);
    spin_unlock(&uart->lock);
    return taken;
}

static uint8_t read_msr(const struct vuart *uart)
{
    uint8_t mcr = uart->reg[REG_MCR];

    if (!(mcr & MCR_LOOP))
        return MSR_UP;
    /* RTS to CTS, DTR to DSR, OUT1 to RI, OUT2 to DCD */
    return (uint8_t)((mcr & 2) << 3 | (mcr & 1) << 5 | (mcr & 12) << 4);
}

static uint8_t read_register(struct vuart *uart, unsigned reg)
{
    uint8_t cause;

    if (reg == REG_DATA)
        return pop(uart);
    if (reg == REG_LSR)
        return LSR_EMPTY | (uart->count ? LSR_READY : 0);
    if (reg == REG_MSR)
        return read_msr(uart);
    if (reg != REG_IIR)
        return uart->reg[reg];
    cause = interrupt_cause(uart);
    if (cause == IIR_THRE)
        uart->thr_empty_pending = false;
    return cause | (uart->reg[REG_IIR] & FCR_ON ? IIR_FIFO : 0);
}

/* True: `value` is a character to send. */
static bool write_register(struct vuart *uart, unsigned reg, uint8_t value)
{
    uint8_t changed = value ^ uart->reg[reg];

    if (reg == REG_DATA) {
        uart->thr_empty_pending = true; /* sent at once */
        return !(uart->reg[REG_MCR] & MCR_LOOP);
    }
    if (reg == REG_IER && changed & value & IER_THRE)
        uart->thr_empty_pending = true;
    if (reg == REG_IIR && (value & FCR_CLEAR || changed & FCR_ON))
        uart->count = 0;
    uart->reg[reg] = value & writable[reg];
    return false;
}

static void vuart_ports(struct io_access *io)
{
    struct vuart *uart = io->device;
    unsigned reg = (unsigned)io->offset;
    bool send = false;

    spin_lock(&uart->lock);
    if (uart->reg[REG_LCR] & LCR_DLAB && reg <= REG_IER) {
        if (io->write)
            uart->divisor[reg] = (uint8_t)io->value;
        else
            io->value = uart->divisor[reg];
    } else if (io->write) {
        send = write_register(uart, reg, (uint8_t)io->value);
    } else {
        io->value = read_register(uart, reg);
    }
    update_line(uart);
    spin_unlock(&uart->lock);
    if (send)
        console_putc(uart->vm, (uint8_t)io->value);
}

void vuart_reset(struct vuart *uart)
{
    spin_lock(&uart->lock);
    __builtin_memset(uart->reg, 0, sizeof(uart->reg));
    uart->divisor[0] = 1;
    uart->divisor[1] = 0;
    uart->thr_empty_pending = false;
    uart->head = uart->count = 0;
    update_line(uart);
    spin_unlock(&uart->lock);
}

void vuart_init(struct vuart *uart, struct vm *vm)
{
    *uart = (struct vuart){.vm = vm};
    vuart_reset(uart);
    vm->uart = uart;
    vm_add_pio(vm, VUART_PORT, 8, vuart_ports, uart);
}
