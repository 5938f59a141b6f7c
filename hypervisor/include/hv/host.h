/* SPDX-License-Identifier: BSD-3-Clause */
/* The machine as the hypervisor found it: boot information, scenario, ACPI, host local APIC. */
#ifndef HV_HOST_H
#define HV_HOST_H

#include "binnacle/boot.h"
#include "hv/acpi.h"
#include "hv/types.h"

extern struct bn_boot_info boot_info; /* our own copies: the loader's memory is given away */
extern struct bn_scenario scenario;
extern struct acpi_info acpi_info;

/* The kernel or initrd that a scenario names, as the loader left it; 0: the loader read none. */
const struct bn_module *boot_module(const char *name);
/* Copies the images of VMs that may be started again into our own memory: where the loader put them
 * is the service VM's soon. Before the first VM is built. */
void boot_keep_images(void);

/*
 * A window on device registers, uncached, in the direct map. Everything below 4 GiB and all memory
 * is there from the start; this adds what lies higher. 0 if out of tables.
 */
volatile void *host_map_mmio(hpa_t base, uint64_t bytes);

/* The host's local APIC of the calling CPU. */
void host_lapic_eoi(void);

#endif
