/* SPDX-License-Identifier: BSD-3-Clause */
/* The console UART multiplexed: whole lines with their speaker's name, input to one VM at a time.
 */
#include <linux/serial_reg.h>

#include "hv/hw.h"
#include "hv/vuart.h"

#define LINE_BYTES  200u
#define HELD_BYTES  64u
#define POLL_NS     20000000u
#define PARTIAL_NS  100000000u
#define NOBODY      HV_MAX_VMS
#define INPUT_BURST 64u

struct line {
    char text[LINE_BYTES];
    unsigned length;
    uint64_t since; /* TSC of its first character */
};

static struct {
    uint16_t port;
    struct spinlock output_lock; /* lines, open_line, the transmitter */
    struct line line[HV_MAX_VMS];
    unsigned open_line; /* the VM whose unfinished line is the last thing on the wire, or NOBODY */
    bool flush_armed;
    struct hv_timer flush_timer;

    struct spinlock input_lock; /* the members below and the receiver; taken before no other */
    unsigned focus;             /* VM that gets what is typed, NOBODY: the service VM */
    bool escaped;
    uint8_t held[HELD_BYTES]; /* typed, but its UART had no room */
    unsigned held_count;
    struct hv_timer poll_timer;
} console;

static void send(char c)
{
    uart_send(console.port, (uint8_t)c);
}

static void send_text(const char *text)
{
    while (*text)
        send(*text++);
}

static void end_open_line(void)
{
    if (console.open_line != NOBODY)
        send_text("\r\n");
    console.open_line = NOBODY;
}

static void begin_line(const char *name)
{
    end_open_line();
    send_text("[");
    send_text(name);
    send_text("] ");
}

void console_panic_line(const char *line)
{
    if (!console.port)
        return;
    begin_line("hv");
    send_text(line);
    send_text("\r\n");
}

void console_line(const char *line)
{
    spin_lock(&console.output_lock);
    console_panic_line(line);
    spin_unlock(&console.output_lock);
}

/* Sends what is held back of a VM's line; the line stays open. */
static void flush_line(const struct vm *vm)
{
    struct line *line = &console.line[vm->id];

    if (console.open_line != vm->id) {
        begin_line(vm->config->name);
        console.open_line = vm->id;
    }
    for (unsigned i = 0; i < line->length; i++)
        send(line->text[i]);
    line->length = 0;
}

static void flush_expired(void *context)
{
    uint64_t now = tsc_now(), wait = tsc_from_ns(PARTIAL_NS), next = 0;

    (void)context;
    spin_lock(&console.output_lock);
    for (unsigned i = 0; i < HV_MAX_VMS; i++) {
        struct line *line = &console.line[i];

        if (line->length && now - line->since >= wait)
            flush_line(&vms[i]);
        else if (line->length && (!next || line->since + wait < next))
            next = line->since + wait;
    }
    console.flush_armed = next;
    if (next)
        timer_arm(&console.flush_timer, next);
    spin_unlock(&console.output_lock);
}

void console_putc(struct vm *vm, uint8_t c)
{
    struct line *line = &console.line[vm->id];

    if (!console.port || c == '\r' || c == 0)
        return;
    spin_lock(&console.output_lock);
    if (c == '\n') {
        flush_line(vm);
        end_open_line();
    } else {
        if (!line->length)
            line->since = tsc_now();
        line->text[line->length++] = (char)c;
        /* A line that is on the wire already (a prompt, what is being typed) goes on at once. */
        if (line->length == LINE_BYTES || console.open_line == vm->id)
            flush_line(vm);
        else if (!console.flush_armed) {
            console.flush_armed = true;
            timer_arm(&console.flush_timer, tsc_now() + tsc_from_ns(PARTIAL_NS));
        }
    }
    spin_unlock(&console.output_lock);
}

static struct vm *input_vm(void)
{
    return console.focus == NOBODY ? vm_service() : &vms[console.focus];
}

static void choose_vm(uint8_t c)
{
    unsigned id = c - (unsigned)'0';

    if (c == CONSOLE_ESCAPE && console.held_count < HELD_BYTES) {
        console.held[console.held_count++] = c;
    } else if (id < HV_MAX_VMS && vms[id].uart) {
        console.focus = id;
        console_line("input goes to:");
        console_line(vms[id].config->name);
    } else {
        console_line("input: no such console");
    }
}

static void offer_held(void)
{
    struct vm *vm = input_vm();
    unsigned taken = 0;

    if (!vm || !vm->uart)
        console.held_count = 0;
    while (taken < console.held_count && vuart_receive(vm->uart, console.held[taken]))
        taken++;
    console.held_count -= taken;
    for (unsigned i = 0; taken && i < console.held_count; i++)
        console.held[i] = console.held[i + taken];
}

/* A character that there is room for: what is not read here, the sender keeps. */
static bool input_waits(void)
{
    return console.held_count < HELD_BYTES && hw_in8(console.port + UART_LSR) & UART_LSR_DR;
}

void console_poll(void)
{
    if (!console.port)
        return;
    spin_lock(&console.input_lock);
    for (unsigned i = 0; i < INPUT_BURST && input_waits(); i++) {
        uint8_t c = hw_in8(console.port);

        if (console.escaped) {
            console.escaped = false;
            choose_vm(c);
        } else if (c == CONSOLE_ESCAPE) {
            console.escaped = true;
        } else {
            console.held[console.held_count++] = c;
        }
    }
    offer_held();
    /* Whoever has a full FIFO empties it soon; nobody tells us when. What stays in the UART keeps
     * its line asserted and so causes no other edge. */
    if ((console.held_count || input_waits()) && !console.poll_timer.deadline)
        timer_arm(&console.poll_timer, tsc_now() + tsc_from_ns(POLL_NS));
    spin_unlock(&console.input_lock);
}

static void poll_expired(void *forever)
{
    console_poll();
    if (forever)
        timer_arm(&console.poll_timer, tsc_now() + tsc_from_ns(POLL_NS));
}

void console_start_input(bool by_irq)
{
    if (!console.port)
        return;
    console.poll_timer.expired = poll_expired;
    console.poll_timer.context = by_irq ? NULL : &console;
    if (by_irq)
        hw_out8(console.port + 1, 0x01);
    else
        timer_arm(&console.poll_timer, tsc_now() + tsc_from_ns(POLL_NS));
}

void console_init(uint16_t port)
{
    __builtin_memset(&console, 0, sizeof(console));
    console.port = port && uart_present(port) ? port : 0; /* what is not there has always input */
    console.open_line = console.focus = NOBODY;
    console.flush_timer.expired = flush_expired;
    if (console.port)
        uart_set_up(port);
}
