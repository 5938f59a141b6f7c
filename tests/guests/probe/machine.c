/* SPDX-License-Identifier: BSD-3-Clause */
/* Attempts on memory, MSRs, ports, privileged instructions and other CPUs' interrupts. */
#include <asm/apic.h>
#include <asm/asm.h>
#include <asm/msr.h>
#include <linux/delay.h>
#include <linux/io.h>
#include <linux/pci.h>
#include <linux/printk.h>
#include <linux/uaccess.h>

#include "probe.h"

#define PATTERN      0x5A5A5A5Au
#define WINDOW_BYTES 0x2000000u
#define STEP         0x200000ull

/* An access that may raise any exception: false, and *value is all ones. */
static bool load(const void *at, __u32 *value)
{
    int done = 0;

    *value = ~0u;
    asm volatile("1: movl %2, %1\n   movl $1, %0\n2:\n" _ASM_EXTABLE(1b, 2b)
                 : "+r"(done), "+r"(*value)
                 : "m"(*(const __u32 *)at));
    return done;
}

static bool store(void *at, __u32 value)
{
    int done = 0;

    asm volatile("1: movl %2, %1\n   movl $1, %0\n2:\n" _ASM_EXTABLE(1b, 2b)
                 : "+r"(done), "=m"(*(__u32 *)at)
                 : "r"(value));
    return done;
}

static void try_page(const char *name, u64 base)
{
    void __iomem *page = ioremap(base, PAGE_SIZE);
    u32 before, after;

    if (!page) {
        probe_say("memory %s %llx: not mapped", name, base);
        return;
    }
    load((void __force *)page, &before);
    store((void __force *)page, PATTERN);
    load((void __force *)page, &after);
    probe_say("memory %s %llx: read %08x, after write %08x: %s", name, base, before, after,
              after == PATTERN       ? "WRITTEN"
              : before == 0xFFFFFFFF ? "denied"
                                     : "READ");
    iounmap(page);
}

/* The IVI has the window behind a PCI function; the service VM at its own address, where Linux
 * wants it cached. */
static void *map_window(__u64 base, struct pci_dev **dev)
{
    if (base)
        return memremap(base, WINDOW_BYTES, MEMREMAP_WB);
    *dev = pci_get_device(0x1AF4, 0x1110, NULL);
    return *dev && !pci_enable_device(*dev) ? (void __force *)pci_iomap(*dev, 2, 0) : NULL;
}

/* One place in each 2 MiB, at another page of them each time. */
static void sweep(const struct probe_target *target)
{
    u8 *range = (u8 __force *)ioremap(target->base, target->bytes);
    unsigned int places = 0, denied = 0;
    u64 at;

    for (at = 0; range && at < target->bytes; at += STEP, places++) {
        u8 *place = range + at + (at / STEP % 512) * PAGE_SIZE;
        u32 before, after;

        load(place, &before);
        store(place, PATTERN);
        load(place, &after);
        denied += before == ~0u && after == ~0u;
    }
    probe_say("memory sweep of %s: %u places, %u denied", target->name, places, denied);
    if (range)
        iounmap((void __iomem __force *)range);
}

void probe_sweep(void)
{
    unsigned int i;

    for (i = 0; i < probe_target_count; i++)
        if (probe_targets[i].bytes)
            sweep(&probe_targets[i]);
}

/* Denied: it faults, or nothing of it is there. */
static bool readable(const void *at)
{
    u32 value;

    return load(at, &value) && value != ~0u;
}

static bool writable(void *at)
{
    u32 before, after;

    load(at, &before);
    if (!store(at, PATTERN) || !load(at, &after) || after != PATTERN)
        return false;
    store(at, before);
    return true;
}

static const char *verdict(bool allowed)
{
    return allowed ? "ALLOWED" : "denied";
}

static void try_region(u8 *window, unsigned int i)
{
    const char *name = window + 32 + 40 * i;
    u32 rights = *(u32 *)(name + 20);
    u64 offset = *(u64 *)(name + 24);

    if (!(rights & 1))
        probe_say("window %s: read %s", name, verdict(readable(window + offset)));
    if (!(rights & 2))
        probe_say("window %s: write %s", name, verdict(writable(window + offset + 0x100)));
}

/* The directory says what we may (shm.h); the rest is tried. */
void probe_window(__u64 base)
{
    struct pci_dev *dev = NULL;
    u8 *window = map_window(base, &dev);
    unsigned int i;

    if (!window) {
        probe_say("window: not there");
        return;
    }
    probe_say("window directory: write %s", verdict(writable(window)));
    for (i = 0; i < *(u16 *)(window + 6) && i < 16; i++)
        try_region(window, i);
    probe_say("window gap: read %s", verdict(readable(window + PAGE_SIZE)));
    if (!base) /* where the service VM has the hypervisor's registers */
        probe_say("window registers: read %s", verdict(readable(window + 0x100000)));
    if (base)
        memunmap(window);
    else
        pci_iounmap(dev, (void __iomem __force *)window);
    pci_dev_put(dev);
}

void probe_memory(void)
{
    unsigned int i;

    for (i = 0; i < probe_target_count; i++) {
        try_page(probe_targets[i].name, probe_targets[i].base);
        try_page(probe_targets[i].name, probe_targets[i].base + 0x5000);
    }
}

static const struct {
    const char *name;
    u32 msr;
    u64 value;
} msr_tries[] = {
    {"VM_HSAVE_PA", 0xC0010117, 0x1000},
    {"VM_CR", 0xC0010114, 0},
    {"SMM_BASE", 0xC0010111, 0x30000},
    {"SMM_ADDR", 0xC0010112, 0x1000},
    {"SMM_MASK", 0xC0010113, 1},
    {"HWCR", 0xC0010015, 1},
    {"FEATURE_CONTROL", 0x3A, 5},
    {"MICROCODE", 0x79, 0x1000},
    {"APIC_BASE", 0x1B, 0x48000900},
    {"VMX_BASIC", 0x480, 0},
    {"DEBUGCTL", 0x1D9, 0x3},
    {"MTRR_DEF_TYPE", 0x2FF, 5},
    {"SYSCFG", 0xC0010010, 1ull << 23},
    {"TOP_MEM", 0xC001001A, 0x1000},
    {"IORR_BASE", 0xC0010016, 0x1000},
    {"MC0_CTL", 0x400, ~0ull},
    {"PERF_CTL0", 0xC0010000, 0x530076},
    {"IBS_CTL", 0xC001103A, 0xFF},
    {"GHCB", 0xC0010130, 0x1000},
    {"TSC", 0x10, 0},
    {"TSC_ADJUST", 0x3B, 1ull << 40},
    {"PLATFORM_INFO", 0xCE, 0},
    {"THERM_INTERRUPT", 0x19B, 3},
};

void probe_msrs(unsigned int other_apic)
{
    unsigned int i;
    u64 efer = 0;

    for (i = 0; i < ARRAY_SIZE(msr_tries); i++) {
        u64 old = 0;
        int read = rdmsrl_safe(msr_tries[i].msr, &old);
        int written = wrmsrl_safe(msr_tries[i].msr, msr_tries[i].value);

        if (!written && !read)
            wrmsrl_safe(msr_tries[i].msr, old);
        probe_say("msr %s: read %s, write %s", msr_tries[i].name, read ? "#GP" : "ok",
                  written ? "#GP" : "ok");
    }
    rdmsrl_safe(MSR_EFER, &efer);
    probe_say("msr EFER.SVME: %s", wrmsrl_safe(MSR_EFER, efer | 1u << 12) ? "#GP" : "ok");
    wrmsrl_safe(MSR_EFER, efer);
    /* INIT, start-up and NMI to a CPU that is not ours, by the x2APIC's ICR. */
    probe_say("msr x2APIC ICR INIT to %u: %s", other_apic,
              wrmsrl_safe(0x830, (u64)other_apic << 32 | 0x4500) ? "#GP" : "ok");
    probe_say("msr x2APIC ICR SIPI to %u: %s", other_apic,
              wrmsrl_safe(0x830, (u64)other_apic << 32 | 0x4601) ? "#GP" : "ok");
    probe_say("msr x2APIC ICR NMI to %u: %s", other_apic,
              wrmsrl_safe(0x830, (u64)other_apic << 32 | 0x4400) ? "#GP" : "ok");
}

static bool pci_present(u32 bdf)
{
    outl(0x80000000 | bdf << 8, 0xCF8);
    return (inl(0xCFC) & 0xFFFF) != 0xFFFF;
}

static const struct {
    const char *name;
    u16 port;
    u8 value;
} port_tries[] = {
    {"vehicle-bus", 0x2F8, 0x55}, {"speaker", 0x61, 0x03}, {"PIC master", 0x20, 0x11},
    {"PIC slave", 0xA1, 0x00},    {"ELCR", 0x4D0, 0xFF},   {"DMA", 0x0A, 0x00},
};

void probe_ports(void)
{
    unsigned int i;
    u8 old;

    for (i = 0; i < ARRAY_SIZE(port_tries); i++) {
        old = inb(port_tries[i].port);
        outb(port_tries[i].value, port_tries[i].port);
        probe_say("port %s %x: was %02x, now %02x", port_tries[i].name, port_tries[i].port, old,
                  inb(port_tries[i].port));
        if (port_tries[i].port != 0x2F8)
            outb(old, port_tries[i].port);
    }
    probe_say("pci 00:10.0 (the cluster's storage): %s", pci_present(0x80) ? "SEEN" : "absent");
}

/* #UD is fixed up: the instruction is not there for a guest. */
#define TRY(name, bytes)                                                                           \
    do {                                                                                           \
        int done = 0;                                                                              \
        asm volatile("1: .byte " bytes "\n"                                                        \
                     "   movl $1, %0\n"                                                            \
                     "2:\n" _ASM_EXTABLE(1b, 2b)                                                   \
                     : "+r"(done)                                                                  \
                     : "a"(0x1000ul), "c"(0ul), "d"(0ul)                                           \
                     : "memory");                                                                  \
        probe_say("instruction %s: %s", name, done ? "EXECUTED" : "#UD");                          \
    } while (0)

void probe_instructions(void)
{
    TRY("VMRUN", "0x0F, 0x01, 0xD8");
    TRY("VMLOAD", "0x0F, 0x01, 0xDA");
    TRY("VMSAVE", "0x0F, 0x01, 0xDB");
    TRY("STGI", "0x0F, 0x01, 0xDC");
    TRY("CLGI", "0x0F, 0x01, 0xDD");
    TRY("SKINIT", "0x0F, 0x01, 0xDE");
    TRY("INVLPGA", "0x0F, 0x01, 0xDF");
    TRY("VMLAUNCH", "0x0F, 0x01, 0xC2");
    TRY("VMRESUME", "0x0F, 0x01, 0xC3");
    TRY("VMXOFF", "0x0F, 0x01, 0xC4");
    TRY("VMREAD", "0x0F, 0x78, 0xC1"); /* %rax, %rcx */
    TRY("VMWRITE", "0x0F, 0x79, 0xC1");
    TRY("VMPTRLD", "0x0F, 0xC7, 0x34, 0x24"); /* (%rsp), as of those below */
    TRY("VMPTRST", "0x0F, 0xC7, 0x3C, 0x24");
    TRY("VMCLEAR", "0x66, 0x0F, 0xC7, 0x34, 0x24");
    TRY("VMXON", "0xF3, 0x0F, 0xC7, 0x34, 0x24");
    TRY("INVEPT", "0x66, 0x0F, 0x38, 0x80, 0x04, 0x24");
    TRY("INVVPID", "0x66, 0x0F, 0x38, 0x81, 0x04, 0x24");
}

/* The I/O APIC's first pin that nobody uses, aimed at another VM's CPU as NMI; and the xAPIC page.
 */
void probe_interrupts(unsigned int other_apic)
{
    void __iomem *io = ioremap(0xFEC00000, PAGE_SIZE);
    void __iomem *local = ioremap(0xFEE00000, PAGE_SIZE);

    if (io) {
        u32 high, low;

        writel(0x10 + 2 * 23 + 1, io);
        high = readl(io + 0x10);
        writel(other_apic << 24, io + 0x10);
        writel(0x10 + 2 * 23, io);
        low = readl(io + 0x10);
        writel(0x8400, io + 0x10); /* level, NMI, unmasked */
        probe_say("interrupt I/O APIC pin 23 as NMI to %u: written", other_apic);
        writel(0x10 + 2 * 23, io);
        writel(low, io + 0x10);
        writel(0x10 + 2 * 23 + 1, io);
        writel(high, io + 0x10);
        iounmap(io);
    }
    if (local) {
        writel(other_apic << 24, local + 0x310);
        writel(0x4500, local + 0x300);
        writel(0x4400, local + 0x300);
        probe_say("interrupt xAPIC INIT and NMI to %u: written", other_apic);
        iounmap(local);
    }
}
