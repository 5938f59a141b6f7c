/* SPDX-License-Identifier: BSD-3-Clause */
/* What the configuration space filter and the virtual functions share. */
#ifndef VPCI_H
#define VPCI_H

#include "hv/pci.h"

/* Configuration access to a virtual function; offset is aligned to bytes (1, 2, 4). */
void vpci_function_config(struct vpci_function *function, unsigned offset, unsigned bytes,
                          bool write, uint64_t *value);

/* The function is somebody else's; the bridge leads to such a one. */
bool vpci_hidden(const struct vpci *pci, uint16_t bdf);
bool vpci_leads_to_hidden(const struct vpci *pci, uint16_t bridge);

#endif
