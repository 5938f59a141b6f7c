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
struct bn_module *boot_module(const char *name);
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

/* ---- The order of boot, as the boot CPU and the others go through it. */
void hv_main(hpa_t boot_info_address) HV_NORETURN;
void init_this_cpu(void);                 /* virtualisation on, extended state known */
void init_wait_and_run(void) HV_NORETURN; /* waits for the boot CPU's word, then runs vCPUs */

/* ---- Which physical addresses are memory, and whose. */
#define HOST_MAX_RANGES 64

/* Merges the loader's map: call once, before host_is_memory_run. */
void host_memory_init(void);
/* RAM of any owner? And how far from there the answer holds. */
bool host_is_memory_run(hpa_t address, uint64_t *bytes);

/*
 * What the service VM gets: usable memory that the scenario gives to nobody else, lowest first, up
 * to its memory_bytes. The count of ranges; BN_ENOMEM in *status if there is less.
 */
uint32_t host_service_ranges(struct host_range ranges[HOST_MAX_RANGES], enum bn_status *status);

/* ---- Last-resort display restore: puts a display controller back to the mode the loader set. */
/* Finds the controller of the boot framebuffer; logs if it is none that could be restored. Once, at
 * boot. */
void display_init(void);
/* Display state SAFE: takes the controller away from the service VM's driver. Any CPU, no lock
 * held; bounded time. false: it is not known how. */
bool display_safe(void);

#endif
