/* SPDX-License-Identifier: BSD-3-Clause */
/* Finds the SD host controller and reaches its registers. */
#include "board.h"
#include "x86.h"

#define CLASS_SYSTEM     0x08u
#define SUBCLASS_SD_HOST 0x05u

#define COMMAND_MEMORY  0x0002u
#define COMMAND_NO_INTX 0x0400u
#define BAR_PORTS       1u
#define BAR_64          4u
#define REGISTER_BYTES  256u
/* Where a guest puts them: what firmware chose is an address of the machine, and may be one of the
 * guest's memory or window. */
#define GUEST_PLACE 0xE0000000u

static volatile uint8_t *registers;

static uint32_t place(uint32_t function)
{
    uint32_t bar = pci_read(function, PCI_BAR0);
    bool wide = (bar & 0x6) == BAR_64;

    if (bar & BAR_PORTS)
        return 0;
    if (board.hypervised) {
        pci_write(function, PCI_BAR0, GUEST_PLACE);
        if (wide)
            pci_write(function, PCI_BAR0 + 4, 0);
        return GUEST_PLACE;
    }
    return wide && pci_read(function, PCI_BAR0 + 4) ? 0 : bar & ~0xFu;
}

/* Memory decoding is on, reading and writing memory by itself off: the driver moves every word. */
void sdhost_init(void)
{
    uint32_t function, base;

    if (!pci_find(CLASS_SYSTEM, SUBCLASS_SD_HOST, &function))
        return;
    base = place(function);
    if (!base || !paging_map(base, REGISTER_BYTES, MAP_DEVICE))
        return;
    pci_write(function, PCI_COMMAND, COMMAND_MEMORY | COMMAND_NO_INTX);
    registers = (volatile uint8_t *)base;
    board.sd_host = true;
}

uint32_t board_sd_read(uint32_t offset)
{
    return *(volatile uint32_t *)(registers + offset);
}

void board_sd_write(uint32_t offset, uint32_t value)
{
    *(volatile uint32_t *)(registers + offset) = value;
}
