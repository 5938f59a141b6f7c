/* SPDX-License-Identifier: BSD-3-Clause */
/* The hypervisor's own PCI function as the service VM finds it (binnacle/hvpci.h); commands that
 * make no sense. */
#include <linux/io.h>
#include <linux/pci.h>

#include "probe.h"

#define VENDOR   0xB1AC
#define DEVICE   0xB100
#define COMMAND  0x24
#define RESULT   0x28
#define VM       0x400
#define VM_BYTES 0x100
#define EXITS    0x40
#define EXIT_MAX 24
#define LOG_HEAD 0x30
#define LOG      0x10000

/* How often each VM has left its CPU to the hypervisor: of the cluster nobody else's doing. */
static void tell_exits(u8 __iomem *bar)
{
    unsigned int vm, kind;
    char name[17] = "";

    for (vm = 0; vm < readl(bar + 8); vm++) {
        u8 __iomem *record = bar + VM + vm * VM_BYTES;
        u64 exits = 0;

        memcpy_fromio(name, record, 8);
        memcpy_fromio(name + 8, record + 8, 8);
        for (kind = 0; kind < EXIT_MAX; kind++)
            exits += readq(record + EXITS + 8 * kind);
        probe_say("exits of %s: %llu", name, exits);
    }
}

void probe_function(void)
{
    static const u32 bad[] = {0, 0xFFFF, 0x10007, 0x1FFFF, 0x20006, 0x40000, 0xFFFFFFFF};
    struct pci_dev *dev = pci_get_device(VENDOR, DEVICE, NULL);
    void __iomem *bar = dev && !pci_enable_device(dev) ? pci_iomap(dev, 0, 0) : NULL;
    u32 service;
    unsigned int i;

    if (!bar) {
        probe_say("function: not there");
        return;
    }
    service = readl(bar + 0x0C);
    probe_say("function %08x version %u, %u VMs, restarts %u", readl(bar), readl(bar + 4),
              readl(bar + 8), readl(bar + VM + service * VM_BYTES + 0x1C));
    for (i = 0; i < ARRAY_SIZE(bad); i++) {
        writel(bad[i], bar + COMMAND);
        if (!readl(bar + RESULT))
            probe_say("function: command %x ACCEPTED", bad[i]);
    }
    tell_exits(bar);
    (void)readq(bar + LOG_HEAD);
    /* Writes that are none: nothing may change, nobody may mind. */
    writeq(~0ull, bar + VM);
    writeb(0xFF, bar + LOG);
    writel(0, bar + 0x1FFFC);
    probe_say("function: log begins %c%c%c", readb(bar + LOG), readb(bar + LOG + 1),
              readb(bar + LOG + 2));
    pci_iounmap(dev, bar);
    pci_dev_put(dev);
}
