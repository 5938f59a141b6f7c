/* SPDX-License-Identifier: BSD-3-Clause */
/* The hypervisor's own PCI function in the service VM (binnacle/hvpci.h): configuration space and
 * BAR 0. */
#ifndef HV_HVPCI_H
#define HV_HVPCI_H

#include "binnacle/hvpci.h"
#include "hv/pci.h"

/* Adds the function to `service`, whose PCI filter (vm->pci) is there. Before the VM runs. */
enum bn_status hvpci_init(struct vm *service) HV_MUST_CHECK;

#endif
