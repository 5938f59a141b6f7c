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
size_t log_read(uint64_t *from, char *to, size_t bytes);

#define HV_ASSERT(condition)                                                                       \
    do {                                                                                           \
        if (!(condition))                                                                          \
            hv_panic("%s:%d: %s", __FILE__, __LINE__, #condition);                                 \
    } while (0)

#endif
