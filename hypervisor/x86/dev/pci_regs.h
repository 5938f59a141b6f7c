/* SPDX-License-Identifier: BSD-3-Clause */
/* Registers of PCI configuration space (PCI Local Bus 3.0 §6, PCI Express 6.0 §7) as used here. */
#ifndef PCI_REGS_H
#define PCI_REGS_H

enum {
    PCI_VENDOR = 0x00,
    PCI_COMMAND = 0x04,
    PCI_COMMAND_IO = 1,
    PCI_COMMAND_MEMORY = 2,
    PCI_COMMAND_MASTER = 4,
    PCI_COMMAND_NO_INTX = 0x400,
    PCI_STATUS = 0x06,
    PCI_STATUS_CAPABILITIES = 0x10,
    PCI_CLASS = 0x0A,         /* subclass, class: 16 bits */
    PCI_CLASS_DISPLAY = 0x03, /* of the upper byte */
    PCI_CLASS_HOST_BRIDGE = 0x0600,
    PCI_CLASS_SERIAL = 0x0700,
    PCI_CLASS_ISA_BRIDGE = 0x0601,
    PCI_CLASS_IOMMU = 0x0806,
    PCI_HEADER = 0x0E,
    PCI_HEADER_BRIDGE = 1,
    PCI_HEADER_MULTI = 0x80,
    PCI_BAR0 = 0x10,
    PCI_PRIMARY = 0x18,
    PCI_SECONDARY = 0x19,
    PCI_SUBORDINATE = 0x1A,
    PCI_ROM = 0x30,
    PCI_CAPABILITIES = 0x34,
    PCI_INTERRUPT_LINE = 0x3C,
    PCI_HEADER_BYTES = 0x40,

    PCI_CAP_PM = 0x01,
    PCI_CAP_MSI = 0x05,
    PCI_CAP_EXPRESS = 0x10,
    PCI_CAP_MSIX = 0x11,
    PCI_CAP_FEATURES = 0x13,

    PCI_BAR_IO = 1,
    PCI_BAR_TYPE = 6,
    PCI_BAR_64 = 4,
};

#define PCI_BAR_MASK    0xFFFFFFF0u
#define PCI_EXPRESS_FLR (1u << 15) /* in device control */

#endif
