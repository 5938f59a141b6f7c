/* SPDX-License-Identifier: BSD-3-Clause */
/* Registers of PCI configuration space (PCI Local Bus 3.0 §6, PCI Express 6.0 §7) by Linux' names,
 * and classes of functions. */
#ifndef PCI_REGS_H
#define PCI_REGS_H

#include <linux/pci_regs.h>

#define PCI_CLASS_DISPLAY     0x03u /* of the upper byte */
#define PCI_CLASS_HOST_BRIDGE 0x0600u
#define PCI_CLASS_ISA_BRIDGE  0x0601u
#define PCI_CLASS_SERIAL      0x0700u
#define PCI_CLASS_IOMMU       0x0806u

#define PCI_BAR0     PCI_BASE_ADDRESS_0
#define PCI_BAR_IO   PCI_BASE_ADDRESS_SPACE_IO
#define PCI_BAR_TYPE PCI_BASE_ADDRESS_MEM_TYPE_MASK
#define PCI_BAR_64   PCI_BASE_ADDRESS_MEM_TYPE_64
#define PCI_BAR_MASK 0xFFFFFFF0u

#endif
