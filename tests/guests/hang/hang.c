/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A hard hang, for the failover campaign: once loaded, every CPU of the VM spins with interrupts
 * off. Without PAUSE (which lkdtm's HARDLOCKUP has): an emulator that counts instructions ends a
 * CPU's turn at each, and its time hardly advances.
 */
#include <linux/irqflags.h>
#include <linux/module.h>
#include <linux/smp.h>

static void spin(void *unused)
{
    local_irq_disable();
    for (;;)
        barrier();
}

static int __init hang_init(void)
{
    pr_info("hang: every CPU stops answering now\n");
    smp_call_function(spin, NULL, 0);
    spin(NULL);
    return 0;
}
module_init(hang_init);
MODULE_DESCRIPTION("Hangs every CPU with interrupts off");
MODULE_LICENSE("Dual BSD/GPL");
