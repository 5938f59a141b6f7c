/* SPDX-License-Identifier: BSD-3-Clause */
/* The devices that live inside the device model, one file each; X_create makes one and registers
 * it, X_destroy ends it. */
#ifndef DM_DEVICES_H
#define DM_DEVICES_H

#include "machine.h"

/* uart.c: 16550A at 3F8h, IRQ 4. log and socket may be NULL. */
struct uart;
int uart_create(struct uart **u, struct machine *m, const char *log, const char *socket)
    __attribute__((warn_unused_result));
void uart_destroy(struct uart *u);

/* rtc.c: the clock of an MC146818 at 70h, on the host's UTC; reading only. */
int rtc_add(struct machine *m) __attribute__((warn_unused_result));

/* power.c: ACPI PM1a block and timer, reset register CF9h, 64h, 92h. Each ends the VM by
 * machine_end(). */
struct power;
int power_create(struct power **p, struct machine *m) __attribute__((warn_unused_result));
void power_button(struct power *p); /* asks the guest to switch itself off */
void power_destroy(struct power *p);

/* debug_exit.c: isa-debug-exit at F4h. */
int debug_exit_add(struct machine *m) __attribute__((warn_unused_result));

/* fw_cfg.c: QEMU's configuration device at 510h: signature, id, memory size, CPU count, files. */
struct fw_cfg;
int fw_cfg_create(struct fw_cfg **c, struct machine *m) __attribute__((warn_unused_result));
/* A copy of the data under this name. -ENOSPC: too many, or too long a name; -ENOMEM. */
int fw_cfg_add_file(struct fw_cfg *c, const char *name, const void *data, size_t bytes)
    __attribute__((warn_unused_result));
void fw_cfg_destroy(struct fw_cfg *c);

/* debug_console.c: port 402h of QEMU's, for firmware's messages; they go into the file `log`. */
struct debug_console;
int debug_console_create(struct debug_console **d, struct machine *m, const char *log)
    __attribute__((warn_unused_result));
void debug_console_destroy(struct debug_console *d);

/* q35.c: the host bridge of a Q35 in place of our own, and its LPC bridge, which OVMF expects in
 * slot 31. */
struct q35;
int q35_create(struct q35 **q, struct machine *m, unsigned slot)
    __attribute__((warn_unused_result));
void q35_destroy(struct q35 *q);

/* passthru.c: a function of the machine, "BB:DD.F", in a slot of the VM's bus; found again by Linux
 * at its end, which comes after the VM's. */
struct passthru;
int passthru_create(struct passthru **p, struct machine *m, const char *name, unsigned slot)
    __attribute__((warn_unused_result));
void passthru_destroy(struct passthru *p);

/* watchdog.c: Intel 6300ESB watchdog; a guest that stops feeding it ends. */
struct watchdog;
int watchdog_create(struct watchdog **w, struct machine *m, unsigned slot)
    __attribute__((warn_unused_result));
void watchdog_destroy(struct watchdog *w);

/* pvpanic.c: the guest's kernel says that it panics. */
struct pvpanic;
int pvpanic_create(struct pvpanic **p, struct machine *m, unsigned slot)
    __attribute__((warn_unused_result));
void pvpanic_destroy(struct pvpanic *p);

/* console.c: virtio-console, served inside the device model. */
struct console;
int console_create(struct console **c, struct machine *m, const char *log, const char *socket,
                   unsigned slot) __attribute__((warn_unused_result));
void console_destroy(struct console *c);

/* ivshmem.c: the shared window (binnacle/shm.h), `bytes` bytes at `window`, as BAR 2 of an
 * ivshmem-shaped function. */
struct ivshmem;
int ivshmem_create(struct ivshmem **s, struct machine *m, void *window, uint64_t bytes,
                   unsigned slot) __attribute__((warn_unused_result));
/* Shows the guest a part of the window, once the VM exists. What is not mapped reads as ones. */
int ivshmem_map(struct ivshmem *s, uint64_t offset, uint64_t bytes, bool writable)
    __attribute__((warn_unused_result));
void ivshmem_destroy(struct ivshmem *s);

/* vm_state.c: looks at the hypervisor's record of this VM (binnacle/hvregs.h), which tells of a
 * triple fault. `window`: the shared window, `bytes` long, mapped as long as this lives; NULL:
 * there is none. */
struct vm_state;
int vm_state_create(struct vm_state **s, struct machine *m, const void *window, uint64_t bytes)
    __attribute__((warn_unused_result)); /* -ENODEV: none here */
void vm_state_destroy(struct vm_state *s);

#endif
