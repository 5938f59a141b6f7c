/* SPDX-License-Identifier: BSD-3-Clause */
/* Every way a PC has to switch itself off, reset or sleep: one per call, none may reach the
 * machine. */
#include <asm/desc.h>
#include <linux/acpi.h>
#include <linux/delay.h>
#include <linux/io.h>
#include <linux/printk.h>

#include "probe.h"

static u16 pm1a_control(void)
{
    return (u16)acpi_gbl_FADT.xpm1a_control_block.address;
}

static void sleep_type(unsigned int type)
{
    u16 port = pm1a_control();
    u16 value = inw(port) & ~0x3C00;

    outw(value | type << 10, port);
    outw(value | type << 10 | 1u << 13, port);
}

static void end_s5(void)
{
    sleep_type(0); /* QEMU's machines have S5 at 0, most others at 5 or 7 */
    sleep_type(5);
    sleep_type(7);
}

static void end_s1(void)
{
    sleep_type(3);
}

static void end_s3(void)
{
    sleep_type(1);
}

static void end_s4(void)
{
    sleep_type(2);
}

static void end_cf9(void)
{
    outb(0x02, 0xCF9);
    outb(0x06, 0xCF9);
    outb(0x0E, 0xCF9);
}

static void end_kbd(void)
{
    outb(0xFE, 0x64);
}

static void end_port92(void)
{
    outb(inb(0x92) | 1, 0x92);
}

static void end_spin(void)
{
    local_irq_disable();
    for (;;)
        cpu_relax();
}

/* Nothing but exits of every kind, with interrupts closed, for ever. */
static void end_storm(void)
{
    void __iomem *page = ioremap(0x40000000, PAGE_SIZE);

    local_irq_disable();
    for (;;) {
        u64 value;

        outb(0, 0x4D0);
        outl(0x80000000, 0xCF8);
        (void)readl(page);
        (void)rdmsrl_safe(0x480, &value);
        (void)probe_vmcall(VM_DESTROY, 0, 0);
        (void)cpuid_eax(0x40000000);
    }
}

static void end_triple(void)
{
    struct desc_ptr none = {};

    local_irq_disable();
    load_idt(&none);
    asm volatile("int3");
}

static const struct {
    const char *name;
    void (*way)(void);
} ways[] = {
    {"s5", end_s5},     {"s1", end_s1},       {"s3", end_s3},         {"s4", end_s4},
    {"cf9", end_cf9},   {"kbd", end_kbd},     {"port92", end_port92}, {"triple", end_triple},
    {"spin", end_spin}, {"storm", end_storm},
};

/* The SMI command port, with the value for "ACPI off", and the two beside it. */
static void try_smi(void)
{
    outb(0x00, 0xB3);
    outb(0x01, 0xB2);
    outb(0xA0, 0xB2);
}

/* TCO watchdog of the south bridge (at PM base + 60h): set to expire at once, not halted; and the
 * enable bits of system management interrupts. */
static void try_tco(void)
{
    u16 pm = (u16)(acpi_gbl_FADT.xpm1a_event_block.address & 0xFF80);

    outw(0x0004, pm + 0x72);
    outw(inw(pm + 0x68) & ~0x0800, pm + 0x68);
    outw(0x0001, pm + 0x60);
    outl(0x2033, pm + 0x30);
}

/* The chipset's registers behind all that: PM base, and what decodes it (ICH9 §13.1). */
static void try_chipset(void)
{
    outl(0x8000F840, 0xCF8);
    outl(0x0601, 0xCFC);
    outl(0x8000F8F0, 0xCF8); /* RCBA */
    outl(0x48000001, 0xCFC);
    outl(0x80000090, 0xCF8); /* of the host bridge: PAM and SMRAM */
    outl(0, 0xCFC);
}

void probe_quiet(void)
{
    try_smi();
    try_tco();
    try_chipset();
    mdelay(3000); /* two periods of the TCO watchdog */
    probe_say("SMI, TCO and chipset: still running");
}

int probe_end(const char *how)
{
    unsigned int i;

    for (i = 0; i < ARRAY_SIZE(ways); i++)
        if (!strcmp(ways[i].name, how)) {
            probe_say("end %s: now", how);
            mdelay(20); /* the console is slow */
            ways[i].way();
            mdelay(500);
            probe_say("end %s: still running", how);
            return 0;
        }
    return -EINVAL;
}
