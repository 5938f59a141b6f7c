/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns PCI configuration space and where BARs are decoded (PCI Local Bus 3.0 §6). */
#include "pci.h"

#include <errno.h>
#include <string.h>

#include "layout.h"

#define PCI_STATUS    0x06
#define PCI_BAR0      0x10
#define PCI_SUBSYSTEM 0x2C
#define PCI_CAP_PTR   0x34
#define STATUS_CAPS   0x10

static const struct pci_ops host_ops;

void pci_function_init(struct pci_function *f, const char *name, const struct pci_ops *ops,
                       uint16_t vendor, uint16_t device, uint32_t class)
{
    memset(f, 0, sizeof(*f));
    f->ops = ops;
    f->name = name;
    pci_put16(f->config, vendor);
    pci_put16(f->config + 2, device);
    pci_put32(f->config + 8, class << 8 | 1);
    f->writable[PCI_COMMAND] = PCI_CMD_MEMORY | PCI_CMD_MASTER;
    f->writable[PCI_COMMAND + 1] = 4; /* INTx disable: without effect, Linux writes it */
    f->writable[0x0C] = f->writable[0x3C] = 0xFF;
    f->caps_end = 0x40;
    f->last_cap = &f->config[PCI_CAP_PTR];
}

void pci_set_subsystem(struct pci_function *f, uint16_t vendor, uint16_t device)
{
    pci_put16(f->config + PCI_SUBSYSTEM, vendor);
    pci_put16(f->config + PCI_SUBSYSTEM + 2, device);
}

void pci_set_bar(struct pci_function *f, unsigned bar, uint64_t bytes, bool wide, bool fixed)
{
    uint8_t *mask = f->writable + PCI_BAR0 + 4 * bar;

    f->bar[bar] = (struct pci_bar){.bytes = bytes, .wide = wide, .fixed = fixed};
    pci_put32(f->config + PCI_BAR0 + 4 * bar, wide ? 0xC : 0);
    pci_put32(mask, (uint32_t)(~(bytes - 1)));
    if (wide)
        pci_put32(mask + 4, (uint32_t)(~(bytes - 1) >> 32));
}

unsigned pci_add_capability(struct pci_function *f, uint8_t id, unsigned bytes)
{
    unsigned at = f->caps_end;

    if (at + bytes > PCI_CONFIG)
        return 0;
    f->config[at] = id;
    *f->last_cap = (uint8_t)at;
    f->last_cap = &f->config[at + 1];
    f->config[PCI_STATUS] |= STATUS_CAPS;
    f->caps_end = (at + bytes + 3) & ~3u;
    return at;
}

static int place(uint64_t *next, uint64_t end, uint64_t bytes, uint64_t *address)
{
    uint64_t at = (*next + bytes - 1) & ~(bytes - 1);

    if (at + bytes > end)
        return -ENOSPC;
    *address = at;
    *next = at + bytes;
    return 0;
}

int pci_add(struct pci_bus *bus, unsigned slot, struct pci_function *f)
{
    int rc = 0;

    if (slot >= PCI_SLOTS || bus->slot[slot])
        return -EBUSY;
    for (unsigned i = 0; i < PCI_BARS && rc == 0; i++) {
        struct pci_bar *b = &f->bar[i];
        uint8_t *reg = f->config + PCI_BAR0 + 4 * i;

        if (!b->bytes)
            continue;
        if (b->wide)
            rc = place(&bus->next64, MMIO64_BASE + MMIO64_BYTES, b->bytes, &b->address);
        else
            rc = place(&bus->next32, MMIO32_BASE + MMIO32_BYTES, b->bytes < 4096 ? 4096 : b->bytes,
                       &b->address);
        pci_put32(reg, (uint32_t)b->address | reg[0]);
        if (b->wide)
            pci_put32(reg + 4, (uint32_t)(b->address >> 32));
    }
    if (rc == 0)
        bus->slot[slot] = f;
    return rc;
}

void pci_bus_init(struct pci_bus *bus)
{
    memset(bus, 0, sizeof(*bus));
    bus->next32 = MMIO32_BASE;
    bus->next64 = MMIO64_BASE;
    /* a host bridge that no driver has quirks for */
    pci_function_init(&bus->host, "host bridge", &host_ops, 0x1B36, 0x0008, 0x060000);
    bus->slot[0] = &bus->host;
}

/* Decodes what the command register and the BARs say now. */
static void update_bars(struct pci_function *f)
{
    bool memory = f->config[PCI_COMMAND] & PCI_CMD_MEMORY;

    for (unsigned i = 0; i < PCI_BARS; i++) {
        struct pci_bar *b = &f->bar[i];
        const uint8_t *reg = f->config + PCI_BAR0 + 4 * i;
        uint64_t address = pci_get32(reg) & ~15u;
        bool moved;

        if (!b->bytes)
            continue;
        if (b->wide)
            address |= (uint64_t)pci_get32(reg + 4) << 32;
        moved = memory && !b->fixed && address != b->address;
        if (b->mapped && (!memory || moved)) {
            if (f->ops->bar_mapped)
                f->ops->bar_mapped(f, i, false);
            b->mapped = false;
        }
        if (moved)
            b->address = address;
        if (memory && !b->mapped) {
            b->mapped = true;
            if (f->ops->bar_mapped)
                f->ops->bar_mapped(f, i, true);
        }
    }
}

static void config_write(struct pci_function *f, unsigned offset, unsigned bytes, uint64_t value)
{
    for (unsigned i = 0; i < bytes; i++) {
        uint8_t mask = f->writable[offset + i];
        uint8_t *at = &f->config[offset + i];

        *at = (uint8_t)((*at & ~mask) | (value >> 8 * i & mask));
    }
    update_bars(f);
    if (f->ops->config_written)
        f->ops->config_written(f, offset, bytes);
}

void pci_config_access(struct pci_bus *bus, unsigned devfn, unsigned offset, unsigned bytes,
                       bool write, uint64_t *value)
{
    struct pci_function *f = devfn % 8 ? NULL : bus->slot[devfn / 8 % PCI_SLOTS];

    if (!f || bytes > 4 || offset + bytes > PCI_CONFIG)
        return;
    if (write) {
        config_write(f, offset, bytes, *value);
        return;
    }
    if (f->ops->config_read)
        f->ops->config_read(f, offset, bytes);
    *value = 0;
    for (unsigned i = 0; i < bytes; i++)
        *value |= (uint64_t)f->config[offset + i] << 8 * i;
}

bool pci_bar_access(struct pci_bus *bus, uint64_t address, unsigned bytes, bool write,
                    uint64_t *value)
{
    for (unsigned s = 0; s < PCI_SLOTS; s++) {
        struct pci_function *f = bus->slot[s];

        for (unsigned i = 0; f && i < PCI_BARS; i++) {
            const struct pci_bar *b = &f->bar[i];

            if (!b->mapped || address < b->address || address - b->address >= b->bytes)
                continue;
            if (bytes > b->bytes - (address - b->address) || !f->ops->bar_access)
                return false;
            f->ops->bar_access(f, i, address - b->address, bytes, write, value);
            return true;
        }
    }
    return false;
}
