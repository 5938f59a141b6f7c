/* SPDX-License-Identifier: BSD-3-Clause */
/* The physical console UART, shared by the hypervisor's log and the VMs' consoles, line by line. */
#ifndef HV_CONSOLE_H
#define HV_CONSOLE_H

#include "hv/types.h"

/* Ctrl-], then a digit: what is typed from here on goes to that VM; then itself: is sent. */
#define CONSOLE_ESCAPE 0x1Du

/* Programs the 16550 at `port` (115200 8N1, FIFO); 0: there is none, output is dropped. Output
 * works from here on, on any CPU. */
void console_init(uint16_t port);
/*
 * Input from here on. by_irq: the receive interrupt is turned on, and its handler calls
 * console_poll; else a timer of the calling CPU does.
 */
void console_start_input(bool by_irq);
/* Takes what was typed and shows lines that stay incomplete (prompts). Any CPU. */
void console_poll(void);
/* A line of the hypervisor's own, without newline: "[hv] line". Any context but NMI. */
void console_line(const char *line);
/* The same without locks, for panic. */
void console_panic_line(const char *line);
/* A character of a VM's console: held back until its line is complete or has waited for 100 ms. */
void console_putc(struct vm *vm, uint8_t c);

#endif
