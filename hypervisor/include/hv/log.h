/* SPDX-License-Identifier: BSD-3-Clause */
/* The hypervisor's voice: a log ring in memory, the console UART behind it, and panic. */
#ifndef HV_LOG_H
#define HV_LOG_H

#include "hv/types.h"

/* One line (no newline needed) to the ring and the console, stamped with time and CPU. Any context
 * but NMI. */
void hv_log(const char *format, ...) HV_PRINTF(1, 2);

/* The same, about one VM: "[vm-name] ...". Rate-limited per VM, so that a guest cannot drown the
 * others' lines. */
void vm_log(struct vm *vm, const char *format, ...) HV_PRINTF(2, 3);
/* The same for what becomes of the VM: out of an allowance of its own, which its noise does not use
 * up. */
void vm_event(struct vm *vm, const char *format, ...) HV_PRINTF(2, 3);

/* Registers, the last lines of the ring and the reason on the UART, then a reset of the machine. */
void hv_panic(const char *format, ...) HV_PRINTF(1, 2) HV_NORETURN;

/* Copies log text from position *from (0: the oldest there is) and moves it on; characters copied.
 */
uint64_t log_head(void); /* characters ever written */
size_t log_read(uint64_t *from, char *to, size_t bytes);

#define HV_ASSERT(condition)                                                                       \
    do {                                                                                           \
        if (!(condition))                                                                          \
            hv_panic("%s:%d: %s", __FILE__, __LINE__, #condition);                                 \
    } while (0)

/* ---- The physical console UART, shared by the hypervisor's log and the VMs' consoles, line by
 * line. */
/* Ctrl-], then a digit: what is typed from here on goes to that VM; then itself: is sent. */
#define CONSOLE_ESCAPE 0x1Du

/* Programs the 16550 at `port` (115200 8N1, FIFO); 0, or none is there: output is dropped. Output
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
