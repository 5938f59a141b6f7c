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

static void end_s3(void)
{
    sleep_type(1);
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

static void end_smi(void)
{
    outb(0x00, 0xB3);
    outb(0x01, 0xB2);
    outb(0xA0, 0xB2);
}

/* TCO watchdog of the south bridge (at PM base + 60h): set to expire at once, no halt. */
static void end_tco(void)
{
    u16 tco = (u16)((acpi_gbl_FADT.xpm1a_event_block.address & 0xFF80) + 0x60);

    outw(0x0004, tco + 0x12);
    outw(inw(tco + 0x08) & ~0x0800, tco + 0x08);
    outw(0x0001, tco);
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
    {"s5", end_s5},         {"s3", end_s3},   {"cf9", end_cf9}, {"kbd", end_kbd},
    {"port92", end_port92}, {"smi", end_smi}, {"tco", end_tco}, {"triple", end_triple},
};

int probe_end(const char *how)
{
    unsigned int i;

    for (i = 0; i < ARRAY_SIZE(ways); i++)
        if (!strcmp(ways[i].name, how)) {
            probe_say("end %s: now", how);
            mdelay(20); /* the console is slow */
            ways[i].way();
            mdelay(3000);
            probe_say("end %s: nothing happened", how);
            return 0;
        }
    return -EINVAL;
}
