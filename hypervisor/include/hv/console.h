/* SPDX-License-Identifier: BSD-3-Clause */
/* The physical console UART, shared by the hypervisor's log and the VMs' consoles, line by line. */
#ifndef HV_CONSOLE_H
#define HV_CONSOLE_H

#include "hv/types.h"

#define CONSOLE_ESCAPE 0x1Du /* Ctrl-] then a digit: input goes to that VM; then itself: sent */

/* Programs the 16550 at `port` (115200 8N1, FIFO). Output works from here on, on any CPU. */
void console_init(uint16_t port);
/* A line of the hypervisor's own, without newline: "[hv] line". Any context but NMI. */
void console_line(const char *line);
/* The same without locks, for panic. */
void console_panic_line(const char *line);
/* A character of a VM's console: held back until its line is complete. */
void console_putc(struct vm *vm, uint8_t c);
/* Takes what was typed and shows lines that stay incomplete (prompts). Called by the UART's
 * interrupt and at least every CONSOLE_POLL_MS by a timer on one CPU. */
#define CONSOLE_POLL_MS 20u
void console_poll(void);
/* Enables the UART's receive interrupt: console_poll is then called by its handler. */
void console_irq_on(void);
uint16_t console_port(void);

#endif
