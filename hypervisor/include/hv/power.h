/* SPDX-License-Identifier: BSD-3-Clause */
/* Power, reset and sleep registers of the machine: a VM that uses them ends itself and nothing
 * else. */
#ifndef HV_POWER_H
#define HV_POWER_H

#include "hv/acpi.h"
#include "hv/vm.h"

/*
 * Puts the emulated registers in front of the service VM: PM1 control, SMI enables and TCO beside
 * it, the reset register, 60h/64h, 92h, B2h. CF9h is part of the configuration ports (vpci_init).
 */
void power_init(struct vm *vm, const struct acpi_info *info);
/* A byte access to CF9h, the reset control register. */
void power_cf9(struct io_access *io);

/* The machine itself, by whatever works (acpi_info as power_init got it); the second does not
 * return. */
void power_off_machine(void);
void reset_machine(void) HV_NORETURN;

#endif
