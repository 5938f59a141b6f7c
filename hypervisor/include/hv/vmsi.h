/* SPDX-License-Identifier: BSD-3-Clause */
/* Messages of the machine's functions (PCI 3.0 §6.8): a VM writes to its own copy of a function's
 * MSI registers and MSI-X table; what the function sends, the hypervisor alone decides. */
#ifndef HV_VMSI_H
#define HV_VMSI_H

#include "hv/vm.h"

/* Finds the functions that can send messages: once, after pci_init and iommu_init. */
void vmsi_init(void);
/*
 * The function is this VM's from now on, and sends nothing until the VM says so. NULL: nobody's.
 * The MSI-X table must be out of the VM's reach: see vmsi_follow().
 */
void vmsi_own(uint16_t bdf, struct vm *vm);
/* An access to configuration space by the owner. True: it was to one of these registers and is done
 * (`value` is read or written, 1, 2 or 4 bytes, naturally aligned). */
bool vmsi_config(uint16_t bdf, unsigned offset, unsigned bytes, bool write, uint32_t *value);
/* Where in the function's BAR the pages with its MSI-X table are. 0 bytes: it has none there. */
uint64_t vmsi_table(uint16_t bdf, unsigned bar, uint64_t *bytes);
/* The owner's access to those pages, at that offset into the BAR. */
void vmsi_table_access(uint16_t bdf, uint64_t offset, struct io_access *io);
/* An access to registers of a function that share a page with its table, or with other functions':
 * as it is. */
void vmsi_beside_table(hpa_t at, struct io_access *io);

/* ---- The service VM, which has the machine's BARs where they are. */
/* All functions that are not hidden from it are its own, their tables out of its memory. */
enum bn_status vmsi_start_service(struct vm *service);
/* BARs or decoding of a function have changed. BN_ENOMEM: its table could not be taken out of the
 * service VM's memory, so nothing may be decoded there. */
enum bn_status vmsi_follow(uint16_t bdf);
/* True: the address is in such a page, and the access is done. */
bool vmsi_mmio(struct io_access *io);

/* ---- VMs that share a CPU with the service VM get their devices' messages on vectors of the
 * host's, and from there with their own. */
void vmsi_interrupt(const struct pcpu *pcpu, uint8_t vector); /* on that CPU */

#endif
