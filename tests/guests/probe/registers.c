/* SPDX-License-Identifier: BSD-3-Clause */
/* The hypervisor's registers as the service VM finds them in the shared window (binnacle/hvregs.h);
 * commands that make no sense. */
#include <linux/io.h>

#include "probe.h"

#define OFFSET   0x100000
#define BYTES    0x20000
#define COMMAND  0x24
#define RESULT   0x28
#define VM       0x400
#define VM_BYTES 0x100
#define EXITS    0x40
#define EXIT_MAX 24
#define LOG_HEAD 0x30
#define LOG      0x10000

/* How often each VM has left its CPU to the hypervisor: of the cluster nobody else's doing. */
static void tell_exits(u8 __iomem *regs)
{
    unsigned int vm, kind;
    char name[17] = "";

    for (vm = 0; vm < readl(regs + 8); vm++) {
        u8 __iomem *record = regs + VM + vm * VM_BYTES;
        u64 exits = 0;

        memcpy_fromio(name, record, 8);
        memcpy_fromio(name + 8, record + 8, 8);
        for (kind = 0; kind < EXIT_MAX; kind++)
            exits += readq(record + EXITS + 8 * kind);
        probe_say("exits of %s: %llu", name, exits);
    }
}

void probe_registers(__u64 window)
{
    static const u32 bad[] = {0, 0xFFFF, 0x10007, 0x1FFFF, 0x20006, 0x40000, 0xFFFFFFFF};
    u8 __iomem *regs = window ? ioremap_cache(window + OFFSET, BYTES) : NULL;
    u32 service;
    unsigned int i;

    if (!regs) {
        probe_say("registers: not there");
        return;
    }
    service = readl(regs + 0x0C);
    probe_say("registers %08x version %u, %u VMs, restarts %u", readl(regs), readl(regs + 4),
              readl(regs + 8), readl(regs + VM + service * VM_BYTES + 0x1C));
    for (i = 0; i < ARRAY_SIZE(bad); i++) {
        writel(bad[i], regs + COMMAND);
        if (!readl(regs + RESULT))
            probe_say("registers: command %x ACCEPTED", bad[i]);
    }
    tell_exits(regs);
    (void)readq(regs + LOG_HEAD);
    /* Writes that are none: nothing may change, nobody may mind. */
    writeq(~0ull, regs + VM);
    writeb(0xFF, regs + LOG);
    writel(0, regs + 0x1FFFC);
    probe_say("registers: log begins %c%c%c", readb(regs + LOG), readb(regs + LOG + 1),
              readb(regs + LOG + 2));
    iounmap(regs);
}
