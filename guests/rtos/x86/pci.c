/* SPDX-License-Identifier: BSD-3-Clause */
/* PCI configuration space by the ports CF8h and CFCh (PCI 3.0 3.2.2.3.2): bus 0, where firmware and
 * hypervisor have left everything in order. */
#include "x86.h"

#define ADDRESS   0xCF8
#define DATA      0xCFC
#define ENABLE    0x80000000u
#define FUNCTIONS 256u
#define NONE      0xFFFFFFFFu

uint32_t pci_read(uint32_t function, uint32_t reg)
{
    outl(ADDRESS, ENABLE | function << 8 | reg);
    return inl(DATA);
}

void pci_write(uint32_t function, uint32_t reg, uint32_t value)
{
    outl(ADDRESS, ENABLE | function << 8 | reg);
    outl(DATA, value);
}

/* Every number is tried: a guest may have been given a function without the first one of its
 * device.
 */
bool pci_find(uint8_t class, uint8_t subclass, uint32_t *function)
{
    for (uint32_t f = 0; f < FUNCTIONS; f++)
        if (pci_read(f, 0) != NONE &&
            pci_read(f, PCI_CLASS) >> 16 == ((uint32_t)class << 8 | subclass)) {
            *function = f;
            return true;
        }
    return false;
}
