/* SPDX-License-Identifier: BSD-3-Clause */
/* Between passthrough.c, which is what a VM sees of a passed function, and assign.c, which gives it
 * and takes it. */
#ifndef PASSED_H
#define PASSED_H

#include "hv/pci.h"

#define PASSED_MAX     4u
#define PASSED_MAX_GPA (1ull << 46)

struct passed {
    bool used;
    uint16_t bdf, place;
    uint16_t command; /* the VM's */
    uint32_t bar[VPCI_BARS], writable[VPCI_BARS];
    struct {
        hpa_t base;
        uint64_t bytes; /* 0: no memory BAR */
        bool wide;
    } real[VPCI_BARS];
    gpa_t mapped[VPCI_BARS]; /* 0: not */
};

struct passed_vm {
    struct spinlock lock;
    uint32_t address; /* CF8 */
    uint32_t count;
    struct passed function[PASSED_MAX];
};

struct passed_vm *passed_of(const struct vm *vm);
/* The function that the VM has there; NULL: none. */
struct passed *passed_at(const struct vm *vm, uint16_t place);
/* BARs and decoding of the VM's have changed. Its lock is held. */
void passed_follow(struct vm *vm, struct passed *f);
/* The machine's command register by the VM's: it decodes memory always, as only the VM reaches it,
 * never ports; it has no line. */
void passed_command(const struct passed *f);

#endif
