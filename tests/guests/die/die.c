/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two deaths of a kernel, for the failover campaign.
 *   insmod die.ko           a hard hang: every CPU of the VM spins with interrupts off
 *   insmod die.ko memory=1  takes memory until there is none
 * The hang is without PAUSE (which lkdtm's HARDLOCKUP has): an emulator that counts instructions
 * ends a CPU's turn at each, and its time hardly advances. Memory goes to the kernel and not to a
 * process, which would first be slowed down for minutes by its own code being thrown out.
 */
#include <linux/gfp.h>
#include <linux/irqflags.h>
#include <linux/module.h>
#include <linux/smp.h>

static bool memory;
module_param(memory, bool, 0);

static void spin(void *unused)
{
    local_irq_disable();
    for (;;)
        barrier();
}

static int __init die_init(void)
{
    if (memory) {
        pr_info("die: takes all memory now\n");
        while (alloc_page(GFP_KERNEL))
            ;
        return -ENOMEM;
    }
    pr_info("die: every CPU stops answering now\n");
    smp_call_function(spin, NULL, 0);
    spin(NULL);
    return 0;
}
module_init(die_init);
MODULE_DESCRIPTION("Hangs its kernel, or takes all its memory");
MODULE_LICENSE("Dual BSD/GPL");
