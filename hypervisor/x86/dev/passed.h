/* SPDX-License-Identifier: BSD-3-Clause */
/* Between passthrough.c, which is what a VM sees of a passed function, assign.c, which gives it and
 * takes it, and passed_fit.c, which says whether it may. */
#ifndef PASSED_H
#define PASSED_H

#include "hv/pci.h"

#define PASSED_MAX     ((unsigned)BN_MAX_FUNCTIONS)
#define PASSED_MAX_GPA (1ull << 46)

struct passed {
    bool used;
    bool for_good; /* by the scenario: never the service VM's */
    uint16_t bdf, place;
    uint16_t command;                                               /* the VM's */
    uint32_t bar[VPCI_BARS], first[VPCI_BARS], writable[VPCI_BARS]; /* now, as after a reset */
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
uint32_t passed_to(uint16_t bdf); /* the number of the VM that has it; HV_MAX_VMS: none */
/* Why the function may not be given to the VM; NULL: it may. The log says more where two functions
 * cannot be separated. */
const char *passed_unfit(const struct vm *vm, uint16_t bdf);
/* The function that the VM has there; NULL: none. */
struct passed *passed_at(const struct vm *vm, uint16_t place);
/* BARs and decoding of the VM's have changed. Its lock is held. */
void passed_follow(struct vm *vm, struct passed *f);
/* The machine's command register by the VM's: it decodes memory always, as only the VM reaches it,
 * never ports; it has no line. */
void passed_command(const struct passed *f);

#endif
