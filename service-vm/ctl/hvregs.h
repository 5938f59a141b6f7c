/* SPDX-License-Identifier: BSD-3-Clause */
/* Access to the hypervisor's registers (binnacle/hvregs.h) from user space. */
#ifndef CTL_HVREGS_H
#define CTL_HVREGS_H

#include <stdint.h>

#include "binnacle/hvregs.h"

struct hvregs {
    volatile uint8_t *window; /* the first BN_SHM_ALIGN bytes; NULL: not open */
    volatile uint8_t *regs;
};

/* Maps them out of the shared window: a device-dax file, or one laid out like it, for tests. 0 or
 * -errno; -EPROTO: no registers of this version in it. */
int hvregs_open(struct hvregs *h, const char *window) __attribute__((warn_unused_result));
void hvregs_close(struct hvregs *h);

uint32_t hvregs_read32(const struct hvregs *h, unsigned offset);
uint64_t hvregs_read64(const struct hvregs *h, unsigned offset);
unsigned hvregs_vms(const struct hvregs *h);
/* A copy of record i, i < hvregs_vms(). */
void hvregs_vm(const struct hvregs *h, unsigned i, struct bn_hv_vm *vm);
/* The VM of that name, -1: there is none. */
int hvregs_find(const struct hvregs *h, const char *name);
/* 0, or -errno as the hypervisor answers. */
int hvregs_command(const struct hvregs *h, enum bn_hv_command command, unsigned vm)
    __attribute__((warn_unused_result));

#endif
