/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Three deaths of a kernel, for the failover campaign.
 *   insmod die.ko           a hard hang: every CPU of the VM spins with interrupts off
 *   insmod die.ko storm=1   the same, and each turn reads a port that nobody answers and a register
 *                           of the watchdog, which only the device model can answer
 *   insmod die.ko memory=1  takes memory until there is none
 * The hang is without PAUSE (which lkdtm's HARDLOCKUP has): an emulator that counts instructions
 * ends a CPU's turn at each, and its time hardly advances. The storm is the kernel's and not a
 * process's: whatever the priority of that, Linux gives ordinary processes 50 ms of each second
 * (the fair server, since 6.12), and the watchdog's daemon needs no more. Memory goes to the kernel
 * and not to a process, which would first be slowed down for minutes by its own code being thrown
 * out.
 */
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/irqflags.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/smp.h>

#define PORT     0x2F0
#define WATCHDOG 0x25AB /* i6300esb */

static bool memory, storm;
module_param(memory, bool, 0);
module_param(storm, bool, 0);

static void spin(void *unused)
{
    local_irq_disable();
    for (;;)
        barrier();
}

static void blow(void *device_register)
{
    local_irq_disable();
    for (;;) {
        inb(PORT);
        readb((const void __iomem *)device_register);
    }
}

static void __iomem *find_register(void)
{
    struct pci_dev *dev = pci_get_device(PCI_VENDOR_ID_INTEL, WATCHDOG, NULL);

    return dev ? pci_iomap(dev, 0, 0) : NULL;
}

static int __init die_init(void)
{
    void (*way)(void *) = storm ? blow : spin;
    void *argument = NULL;

    if (memory) {
        pr_info("die: takes all memory now\n");
        while (alloc_page(GFP_KERNEL))
            ;
        return -ENOMEM;
    }
    if (storm) {
        argument = (__force void *)find_register();
        if (!argument)
            return -ENODEV;
    }
    pr_info("die: every CPU stops answering now\n");
    smp_call_function(way, argument, 0);
    way(argument);
    return 0;
}
module_init(die_init);
MODULE_DESCRIPTION("Hangs its kernel, storms its hypervisor, or takes all its memory");
MODULE_LICENSE("Dual BSD/GPL");
