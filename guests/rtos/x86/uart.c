/* SPDX-License-Identifier: BSD-3-Clause */
/* 16550 driver of the vehicle bus: two rings between the interrupt and the tasks; the polled writer
 * of last words. */
#include "../kernel/internal.h"
#include "board.h"
#include "x86.h"

#define RBR 0 /* also THR, divisor low */
#define IER 1 /* also divisor high */
#define IIR 2 /* also FCR */
#define LCR 3
#define MCR 4
#define LSR 5

#define IER_RX       0x01u
#define IER_TX       0x02u
#define IIR_NONE     0x01u
#define LSR_DATA     0x01u
#define LSR_TX_EMPTY 0x20u
#define LCR_8N1      0x03u
#define LCR_DLAB     0x80u
#define FCR_ON_RX_8  0x87u /* FIFOs on and empty, receive interrupt at 8 bytes or after silence */
#define MCR_ON       0x0Bu /* DTR, RTS, OUT2 (the gate of its interrupt on a PC) */
#define FIFO_BYTES   16
#define ROUNDS       64 /* bound of one interrupt's work, whatever the other end does */
#define RING_BYTES   1024u

struct ring {
    volatile uint32_t head, tail; /* free running; head: next write */
    uint8_t data[RING_BYTES];
};

static struct ring rx, tx;
static bool tx_running;
static TaskType notify_task = INVALID_TASK;
static uint32_t notify_event;

static void fill_transmitter(void)
{
    uint16_t port = board.bus_port;

    for (int i = 0; i < FIFO_BYTES && tx.tail != tx.head; i++)
        outb(port + RBR, tx.data[tx.tail++ % RING_BYTES]);
    tx_running = tx.tail != tx.head;
    outb(port + IER, (uint8_t)(IER_RX | (tx_running ? IER_TX : 0)));
}

static bool drain_receiver(void)
{
    uint16_t port = board.bus_port;
    bool got = false;

    for (int i = 0; i < FIFO_BYTES && inb(port + LSR) & LSR_DATA; i++) {
        uint8_t byte = inb(port + RBR);

        /* Full: the byte is lost, the parser will see a bad line. Newest lost, so that no reader is
         * overtaken. */
        if (rx.head - rx.tail < RING_BYTES)
            rx.data[rx.head++ % RING_BYTES] = byte;
        got = true;
    }
    return got;
}

/* The line is edge-triggered: leave only when the UART says that nothing is pending, or it would
 * never rise again. */
static void bus_interrupt(void)
{
    bool got = false;
    int round = 0;

    while (!(inb(board.bus_port + IIR) & IIR_NONE) && round++ < ROUNDS) {
        got |= drain_receiver();
        if (tx_running && inb(board.bus_port + LSR) & LSR_TX_EMPTY)
            fill_transmitter();
    }
    if (round >= ROUNDS) {
        /* Lower and raise the line once more, so that what is left interrupts again. */
        outb(board.bus_port + IER, 0);
        outb(board.bus_port + IER, (uint8_t)(IER_RX | (tx_running ? IER_TX : 0)));
    }
    if (got && notify_task != INVALID_TASK)
        (void)SetEvent(notify_task, notify_event);
}

void uart_init(void)
{
    uint16_t port = board.bus_port;

    if (!port)
        return;
    outb(port + IER, 0);
    outb(port + LCR, LCR_DLAB);
    outb(port + RBR, 1); /* 115200 baud */
    outb(port + IER, 0);
    outb(port + LCR, LCR_8N1);
    outb(port + IIR, FCR_ON_RX_8);
    outb(port + MCR, MCR_ON);
    trap_set_handler(board.bus_vector, bus_interrupt, 2);
    outb(port + IER, IER_RX);
}

bool bus_send(const void *data, size_t bytes)
{
    const uint8_t *p = data;
    bool room;
    uint32_t irq;

    if (!board.bus_port)
        return false;
    irq = port_irq_save();
    room = bytes <= RING_BYTES - (tx.head - tx.tail);
    if (room) {
        for (size_t i = 0; i < bytes; i++)
            tx.data[tx.head++ % RING_BYTES] = p[i];
        if (!tx_running && inb(board.bus_port + LSR) & LSR_TX_EMPTY)
            fill_transmitter();
        else if (!tx_running) {
            tx_running = true;
            outb(board.bus_port + IER, IER_RX | IER_TX);
        }
    }
    port_irq_restore(irq);
    return room;
}

size_t bus_receive(void *data, size_t bytes)
{
    uint8_t *p = data;
    size_t n = 0;

    while (n < bytes && rx.tail != rx.head)
        p[n++] = rx.data[rx.tail++ % RING_BYTES];
    return n;
}

void bus_notify(uint8_t task, uint32_t event)
{
    notify_event = event;
    notify_task = task;
}

void uart_write_polled(uint16_t port, const char *text)
{
    for (; *text; text++) {
        for (int i = 0; i < 100000 && !(inb(port + LSR) & LSR_TX_EMPTY); i++)
            ;
        outb(port, (uint8_t)*text);
    }
}
