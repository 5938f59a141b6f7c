/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A device that is told to reach memory of others: QEMU's "edu" (docs/specs/edu.rst), which copies
 * between its buffer and any address. First its VM's own memory, so that what comes after is known
 * to be able to work; then a write to each address of `write`, a read of each of `read`, and
 * interrupts. Every
 * line goes to the kernel's log: what the device brought back, in hexadecimal, is held against the
 * machine's memory from outside.
 */
#include <linux/delay.h>
#include <linux/io.h>
#include <linux/module.h>
#include <linux/pci.h>

#define EDU_VENDOR      0x1234
#define EDU_DEVICE      0x11E8
#define BUFFER          0x40000u /* the device's own */
#define COUNT           64u
#define REG_RAISE       0x60
#define REG_ACKNOWLEDGE 0x64
#define REG_FROM        0x80
#define REG_TO          0x88
#define REG_COUNT       0x90
#define REG_START       0x98
#define RUN             1u
#define TO_MEMORY       2u

static unsigned long long write[8], read[8], message[8]; /* of a message: its address, its data */
static int writes, reads, words;
module_param_array(write, ullong, &writes, 0);
module_param_array(read, ullong, &reads, 0);
module_param_array(message, ullong, &words, 0);

static void __iomem *edu;

static void copy(u64 from, u64 to, u32 count, u32 direction)
{
    writeq(from, edu + REG_FROM);
    writeq(to, edu + REG_TO);
    writeq(count, edu + REG_COUNT);
    writeq(RUN | direction, edu + REG_START);
    while (readq(edu + REG_START) & RUN)
        msleep(1);
}

static void out_of(phys_addr_t memory)
{
    copy(BUFFER, memory, COUNT, TO_MEMORY);
}

static void into(phys_addr_t memory)
{
    copy(memory, BUFFER, COUNT, 0);
}

/* An interrupt that nobody gave it: written like memory, then sent as its own. */
static void interrupt(struct pci_dev *device, u32 *mine, u64 address, u32 data)
{
    mine[0] = data;
    into(virt_to_phys(mine));
    copy(BUFFER, address, sizeof(data), TO_MEMORY);
    pci_write_config_dword(device, device->msi_cap + PCI_MSI_ADDRESS_LO, (u32)address);
    pci_write_config_dword(device, device->msi_cap + PCI_MSI_ADDRESS_HI, (u32)(address >> 32));
    pci_write_config_word(device, device->msi_cap + PCI_MSI_DATA_64, (u16)data);
    pci_write_config_word(device, device->msi_cap + PCI_MSI_FLAGS, PCI_MSI_FLAGS_ENABLE);
    writel(1, edu + REG_RAISE);
    writel(1, edu + REG_ACKNOWLEDGE);
    pci_write_config_word(device, device->msi_cap + PCI_MSI_FLAGS, 0);
    pr_info("dma: message %x to %llx\n", data, address);
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
    pr_info("dma: device %s\n", pci_name(device));
    pr_info("dma: own memory %s\n", memcmp(mine, back, COUNT) ? "out of reach" : "works");
    for (int i = 0; i < writes; i++)
        out_of(write[i]);
    for (int i = 0; i < reads; i++) {
        into(virt_to_phys(mine)); /* if nothing is read this stays there */
        into(read[i]);
        out_of(virt_to_phys(back));
        pr_info("dma: %llx gave %*phN\n", read[i], 32, back);
    }
    for (int i = 0; i + 1 < words; i += 2)
        interrupt(device, (u32 *)mine, message[i], (u32)message[i + 1]);
    pr_info("dma: end\n");
    return 0;
}
module_init(dma_init);

MODULE_DESCRIPTION("DMA to memory of others");
MODULE_LICENSE("Dual BSD/GPL");
