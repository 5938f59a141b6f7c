/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Isolation probe, in the kernel of the VM that is thought hostile: tries memory, ports, MSRs and
 * hypercalls that belong to others, then, if asked to, ends its VM by one of the ways there are.
 *   insmod probe.ko hypervisor=0x.. cluster=0x.. window=0x.. other_apic=N [ivi=1] [end=s5|cf9|...]
 */
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/printk.h>

#include "probe.h"

static ulong hypervisor, cluster, window;
static uint other_apic = 3, destroy;
static char *end = "";
static char *only = "";
static bool ivi;
module_param(hypervisor, ulong, 0);
module_param(cluster, ulong, 0);
module_param(window, ulong, 0);
module_param(other_apic, uint, 0);
module_param(destroy, uint, 0);
module_param(end, charp, 0);
module_param(only, charp, 0);
module_param(ivi, bool, 0);

struct probe_target probe_targets[4];
unsigned int probe_target_count;
const char *probe_who = "";

static void add_target(const char *name, ulong base, ulong bytes)
{
    if (base)
        probe_targets[probe_target_count++] = (struct probe_target){name, base, bytes};
}

static bool wanted(const char *name)
{
    return !*only || !strcmp(only, name);
}

static int __init probe_init(void)
{
    probe_who = ivi ? "ivi " : "";
    add_target("hypervisor", hypervisor, 0x4000000);
    add_target("cluster", cluster, 0x10000000);
    add_target("window-gap", window ? window + 0x1000 : 0, 0);
    if (*end)
        return probe_end(end);
    if (destroy) {
        probe_destroy(destroy);
        return 0;
    }
    if (wanted("registers") && !ivi)
        probe_registers(window);
    if (wanted("quiet")) /* before the many calls below, which use up what a VM may log */
        probe_quiet();
    if (wanted("memory"))
        probe_memory();
    if (wanted("window"))
        probe_window(window);
    if (wanted("msrs"))
        probe_msrs(other_apic);
    if (!*only)
        msleep(2000); /* a VM may log 64 lines at once and earns 20 a second */
    if (wanted("instructions"))
        probe_instructions();
    if (wanted("ports"))
        probe_ports();
    if (wanted("interrupts"))
        probe_interrupts(other_apic);
    if (wanted("hypercalls"))
        (ivi ? probe_denied_hypercalls : probe_hypercalls)();
    if (wanted("sweep"))
        probe_sweep();
    probe_say("done");
    return 0;
}

static void __exit probe_exit(void)
{
}
module_init(probe_init);
module_exit(probe_exit);
MODULE_DESCRIPTION("Binnacle isolation probe");
MODULE_LICENSE("Dual BSD/GPL");
