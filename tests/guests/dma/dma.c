/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A device that is told to reach memory of others: QEMU's "edu" (docs/specs/edu.rst), which copies
 * between its buffer and any address. First its VM's own memory, so that what comes after is known
 * to be able to work; then a write to each address of `write`, and a read of each of `read`. Every
 * line goes to the kernel's log: what the device brought back, in hexadecimal, is held against the
 * machine's memory from outside.
 */
#include <linux/delay.h>
#include <linux/io.h>
#include <linux/module.h>
#include <linux/pci.h>

#define EDU_VENDOR 0x1234
#define EDU_DEVICE 0x11E8
#define BUFFER     0x40000u /* the device's own */
#define COUNT      64u
#define REG_FROM   0x80
#define REG_TO     0x88
#define REG_COUNT  0x90
#define REG_START  0x98
#define RUN        1u
#define TO_MEMORY  2u

static unsigned long long write[8], read[8];
static int writes, reads;
module_param_array(write, ullong, &writes, 0);
module_param_array(read, ullong, &reads, 0);

static void __iomem *edu;

static void copy(u64 from, u64 to, u32 direction)
{
    writeq(from, edu + REG_FROM);
    writeq(to, edu + REG_TO);
    writeq(COUNT, edu + REG_COUNT);
    writeq(RUN | direction, edu + REG_START);
    while (readq(edu + REG_START) & RUN)
        msleep(1);
}

static void out_of(phys_addr_t memory)
{
    copy(BUFFER, memory, TO_MEMORY);
}

static void into(phys_addr_t memory)
{
    copy(memory, BUFFER, 0);
}

static int __init dma_init(void)
{
    struct pci_dev *device = pci_get_device(EDU_VENDOR, EDU_DEVICE, NULL);
    u8 *mine = (u8 *)__get_free_page(GFP_KERNEL | __GFP_ZERO), *back;

    if (!device || !mine || pci_enable_device(device))
        return -ENODEV;
    pci_set_master(device);
    edu = pci_ioremap_bar(device, 0);
    if (!edu)
        return -ENOMEM;
    back = mine + PAGE_SIZE / 2;
    memset(mine, 0xA5, COUNT);
    into(virt_to_phys(mine));
    out_of(virt_to_phys(back));
    pr_info("dma: own memory %s\n", memcmp(mine, back, COUNT) ? "out of reach" : "works");
    for (int i = 0; i < writes; i++)
        out_of(write[i]);
    for (int i = 0; i < reads; i++) {
        into(virt_to_phys(mine)); /* if nothing is read this stays there */
        into(read[i]);
        out_of(virt_to_phys(back));
        pr_info("dma: %llx gave %*phN\n", read[i], 32, back);
    }
    pr_info("dma: end\n");
    return 0;
}
module_init(dma_init);

MODULE_DESCRIPTION("DMA to memory of others");
MODULE_LICENSE("Dual BSD/GPL");
