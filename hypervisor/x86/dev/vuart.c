/* SPDX-License-Identifier: BSD-3-Clause */
/* The virtual 16550A: registers, receive FIFO and interrupt line of a VM's console. */
#include <linux/serial_reg.h>

#include "hv/vioapic.h"
#include "hv/vuart.h"

#define LSR_EMPTY (UART_LSR_TEMT | UART_LSR_THRE)
/* The other end is always there. */
#define MSR_UP (UART_MSR_DCD | UART_MSR_DSR | UART_MSR_CTS)

static const uint8_t writable[8] = {
    [UART_IER] = 0x0F, [UART_IIR] = 0xC9, [UART_LCR] = 0xFF, [UART_MCR] = 0x1F, [UART_SCR] = 0xFF};

static uint8_t interrupt_cause(const struct vuart *uart)
{
    if (uart->reg[UART_IER] & UART_IER_RDI && uart->count)
        return UART_IIR_RDI;
    if (uart->reg[UART_IER] & UART_IER_THRI && uart->thr_empty_pending)
        return UART_IIR_THRI;
    return UART_IIR_NO_INT;
}

/* Lock held; the order of locks is UART, then interrupt controllers. */
static void update_line(struct vuart *uart)
{
    bool up = interrupt_cause(uart) != UART_IIR_NO_INT &&
              (uart->reg[UART_MCR] & (UART_MCR_OUT2 | UART_MCR_LOOP)) == UART_MCR_OUT2;

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
    room = uart->reg[UART_IIR] & UART_FCR_ENABLE_FIFO ? VUART_FIFO : 1;
    taken = !(uart->reg[UART_MCR] & UART_MCR_LOOP) && uart->count < room;
    if (taken)
        uart->fifo[(uart->head + uart->count++) % VUART_FIFO] = c;
    update_line(uart);
    spin_unlock(&uart->lock);
    return taken;
}

static uint8_t read_msr(const struct vuart *uart)
{
    uint8_t mcr = uart->reg[UART_MCR];

    if (!(mcr & UART_MCR_LOOP))
        return MSR_UP;
    /* RTS to CTS, DTR to DSR, OUT1 to RI, OUT2 to DCD */
    return (uint8_t)((mcr & 2) << 3 | (mcr & 1) << 5 | (mcr & 12) << 4);
}

static uint8_t read_register(struct vuart *uart, unsigned reg)
{
    uint8_t cause;

    if (reg == UART_RX)
        return pop(uart);
    if (reg == UART_LSR)
        return LSR_EMPTY | (uart->count ? UART_LSR_DR : 0);
    if (reg == UART_MSR)
        return read_msr(uart);
    if (reg != UART_IIR)
        return uart->reg[reg];
    cause = interrupt_cause(uart);
    if (cause == UART_IIR_THRI)
        uart->thr_empty_pending = false;
    return cause | (uart->reg[UART_IIR] & UART_FCR_ENABLE_FIFO ? UART_IIR_FIFO_ENABLED : 0);
}

/* True: `value` is a character to send. */
static bool write_register(struct vuart *uart, unsigned reg, uint8_t value)
{
    uint8_t changed = value ^ uart->reg[reg];

    if (reg == UART_RX) {
        uart->thr_empty_pending = true; /* sent at once */
        return !(uart->reg[UART_MCR] & UART_MCR_LOOP);
    }
    if (reg == UART_IER && changed & value & UART_IER_THRI)
        uart->thr_empty_pending = true;
    if (reg == UART_IIR && (value & UART_FCR_CLEAR_RCVR || changed & UART_FCR_ENABLE_FIFO))
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
    if (uart->reg[UART_LCR] & UART_LCR_DLAB && reg <= UART_IER) {
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
