/* SPDX-License-Identifier: BSD-3-Clause */
/* ACPI tables of the VM (ACPI 6.5 §5): RSDP, XSDT, FADT, FACS, MADT, MCFG and the compiled DSDT. */
#ifndef DM_ACPI_H
#define DM_ACPI_H

#include "guest_mem.h"

/* Writes them at ACPI_BASE. *rsdp is the root pointer's address. 0, or -ENOSPC. */
int acpi_write(const struct guest_mem *mem, unsigned vcpus, uint64_t *rsdp)
    __attribute__((warn_unused_result));

#endif
