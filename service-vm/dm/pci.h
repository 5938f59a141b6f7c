/* SPDX-License-Identifier: BSD-3-Clause */
/* PCI bus 0 of the VM: functions with their configuration space, BARs and capabilities. */
#ifndef DM_PCI_H
#define DM_PCI_H

#include <stdbool.h>
#include <stdint.h>

#define PCI_SLOTS  32
#define PCI_CONFIG 256
#define PCI_BARS   6

#define PCI_COMMAND    0x04
#define PCI_CMD_IO     1u
#define PCI_CMD_MEMORY 2u
#define PCI_CMD_MASTER 4u
#define PCI_CAP_VENDOR 0x09
#define PCI_CAP_MSIX   0x11

struct pci_function;

struct pci_ops {
    /* A BAR's registers; `value` as in struct io_range. */
    void (*bar_access)(struct pci_function *f, unsigned bar, uint64_t offset, unsigned bytes,
                       bool write, uint64_t *value);
    /* The rest may be NULL. */
    void (*bar_mapped)(struct pci_function *f, unsigned bar,
                       bool mapped); /* decoding at bar[].address begins, ends */
    void (*config_read)(struct pci_function *f, unsigned offset,
                        unsigned bytes); /* before: refresh config[] */
    void (*config_written)(struct pci_function *f, unsigned offset, unsigned bytes);
};

struct pci_bar {
    uint64_t bytes; /* power of two, at least 16; 0: none */
    uint64_t address;
    bool wide;  /* 64 bits, prefetchable; takes the next BAR too */
    bool fixed; /* stays where it was put: what it shows cannot be moved */
    bool mapped;
};

struct pci_function {
    const struct pci_ops *ops;
    const char *name;
    uint8_t config[PCI_CONFIG];
    uint8_t writable[PCI_CONFIG]; /* bits the guest may change */
    struct pci_bar bar[PCI_BARS];
    unsigned caps_end; /* where the next capability goes */
    uint8_t *last_cap; /* its "next" byte */
};

struct pci_bus {
    struct pci_function *slot[PCI_SLOTS]; /* function 0 of each */
    uint64_t next32, next64;              /* where BARs go */
    struct pci_function host;
};

void pci_bus_init(struct pci_bus *bus); /* with the host bridge in slot 0 */

/* class: base << 16 | sub << 8 | interface */
void pci_function_init(struct pci_function *f, const char *name, const struct pci_ops *ops,
                       uint16_t vendor, uint16_t device, uint32_t class);
void pci_set_subsystem(struct pci_function *f, uint16_t vendor, uint16_t device);
/* A memory BAR. Before pci_add(). */
void pci_set_bar(struct pci_function *f, unsigned bar, uint64_t bytes, bool wide, bool fixed);
/* Room for a capability of `bytes` bytes, id and next filled in; its offset, 0: no room. */
unsigned pci_add_capability(struct pci_function *f, uint8_t id, unsigned bytes);
/* Puts it on the bus and its BARs into the windows. -EBUSY: slot taken; -ENOSPC: no room in a
 * window. */
int pci_add(struct pci_bus *bus, unsigned slot, struct pci_function *f)
    __attribute__((warn_unused_result));

/* devfn: device << 3 | function. Reads of what is not there give all ones. */
void pci_config_access(struct pci_bus *bus, unsigned devfn, unsigned offset, unsigned bytes,
                       bool write, uint64_t *value);
/* False: no BAR is mapped there. */
bool pci_bar_access(struct pci_bus *bus, uint64_t address, unsigned bytes, bool write,
                    uint64_t *value);

static inline uint16_t pci_get16(const uint8_t *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}
static inline uint32_t pci_get32(const uint8_t *p)
{
    return (uint32_t)pci_get16(p) | (uint32_t)pci_get16(p + 2) << 16;
}
static inline void pci_put16(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
}
static inline void pci_put32(uint8_t *p, uint32_t v)
{
    pci_put16(p, (uint16_t)v);
    pci_put16(p + 2, (uint16_t)(v >> 16));
}

#endif
