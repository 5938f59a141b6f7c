/* SPDX-License-Identifier: BSD-3-Clause */
/* Questions to the machine that no firmware has to answer. */
#ifndef BOOT_MACHINE_H
#define BOOT_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

uint32_t machine_cpus(uint64_t rsdp); /* enabled CPUs in the MADT; 0: no MADT */
/* As struct scenario_machine wants them. */
bool machine_uart_present(void *context, uint16_t port);
bool machine_pci_ids(void *context, uint16_t bdf, uint16_t *vendor_id, uint16_t *device_id);

#endif
