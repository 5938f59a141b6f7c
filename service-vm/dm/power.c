/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the ways in which a guest switches itself off or resets: ACPI PM1a and its timer, CF9h, 64h,
 * 92h. */
#include <errno.h>
#include <stdlib.h>

#include "devices.h"
#include "layout.h"
#include "log.h"

/* ACPI 6.5 §4.8.3 */
#define STS_PWRBTN   0x0100u
#define STS_WRITABLE 0x8731u /* write one to clear */
#define EN_PWRBTN    0x0100u
#define CNT_SCI_EN   0x0001u
#define CNT_SLP_TYP  0x1C00u
#define CNT_SLP_EN   0x2000u
#define SLP_TYP_S5   (5u << 10) /* as \_S5 in dsdt.asl says */
#define SLP_TYP_QEMU 0u         /* what it is on QEMU's machines, which OVMF writes unasked */

/* Status: both buffers empty, so that nobody waits for them; parity error and time-out, by which
 * OVMF tells that there is no keyboard and does not wait for it either. */
#define I8042_NOBODY 0xC0

#define PM_TIMER_HZ 3579545u

struct power {
    struct machine *m;
    uint16_t status, enable, control;
    bool sci;
    uint8_t port92, reset;
};

static void update_sci(struct power *p)
{
    bool want = p->status & p->enable & EN_PWRBTN;

    if (want != p->sci) {
        p->sci = want;
        machine_irq(p->m, IRQ_SCI, want);
    }
}

void power_button(struct power *p)
{
    p->status |= STS_PWRBTN;
    update_sci(p);
}

static uint64_t timer_now(void)
{
    uint64_t ns = monotonic_ns();

    /* in two steps, so that the product fits for centuries */
    return (ns / 1000000000u * PM_TIMER_HZ + ns % 1000000000u * PM_TIMER_HZ / 1000000000u) &
           0xFFFFFFu;
}

static void write_control(struct power *p, uint16_t v)
{
    p->control = (uint16_t)((v & CNT_SLP_TYP) | CNT_SCI_EN);
    if (!(v & CNT_SLP_EN))
        return;
    if ((v & CNT_SLP_TYP) == SLP_TYP_S5 || (v & CNT_SLP_TYP) == SLP_TYP_QEMU)
        machine_end(p->m, END_POWER_OFF, "ACPI S5");
    else
        log_line("a sleep state that the tables do not offer: ignored");
}

static void pm_access(void *device, uint64_t offset, unsigned bytes, bool write, uint64_t *value)
{
    struct power *p = device;
    uint8_t regs[12] = {(uint8_t)p->status,  (uint8_t)(p->status >> 8),
                        (uint8_t)p->enable,  (uint8_t)(p->enable >> 8),
                        (uint8_t)p->control, (uint8_t)(p->control >> 8)};

    if (write) {
        if (offset == 0)
            p->status &= (uint16_t)~(*value & STS_WRITABLE);
        if (offset == 0 && bytes == 4)
            p->enable = (uint16_t)(*value >> 16);
        if (offset == 2)
            p->enable = (uint16_t)*value;
        if (offset == 4)
            write_control(p, (uint16_t)*value);
        update_sci(p);
        return;
    }
    pci_put32(regs + 8, (uint32_t)timer_now());
    *value = 0;
    for (unsigned i = 0; i < bytes && offset + i < sizeof(regs); i++)
        *value |= (uint64_t)regs[offset + i] << 8 * i;
}

static void reset_access(void *device, uint64_t offset, unsigned bytes, bool write, uint64_t *value)
{
    struct power *p = device;

    (void)offset;
    (void)bytes;
    if (!write) {
        *value = p->reset;
        return;
    }
    /* a reset happens when bit 2 goes up */
    if ((*value & 4) && !(p->reset & 4))
        machine_end(p->m, END_GUEST_RESET, "port CF9h");
    p->reset = (uint8_t)*value & 0x0E;
}

static void port92_access(void *device, uint64_t offset, unsigned bytes, bool write,
                          uint64_t *value)
{
    struct power *p = device;

    (void)offset;
    (void)bytes;
    if (!write) {
        *value = p->port92;
        return;
    }
    if ((*value & 1) && !(p->port92 & 1))
        machine_end(p->m, END_GUEST_RESET, "port 92h");
    p->port92 = (uint8_t)*value & 2;
}

/* Only the reset line of a keyboard controller: command FEh pulses it. */
static void i8042_access(void *device, uint64_t offset, unsigned bytes, bool write, uint64_t *value)
{
    struct power *p = device;

    (void)offset;
    (void)bytes;
    if (!write)
        *value = I8042_NOBODY;
    else if ((*value & 0xF1) == 0xF0)
        machine_end(p->m, END_GUEST_RESET, "port 64h");
}

int power_create(struct power **out, struct machine *m)
{
    struct power *p = calloc(1, sizeof(*p));
    int rc;

    if (!p)
        return -ENOMEM;
    p->m = m;
    p->control = CNT_SCI_EN; /* there is no other mode: the FADT names no SMI port */
    p->port92 = 2;
    rc = machine_add_ports(m, PORT_PM, 12, pm_access, p);
    if (rc == 0)
        rc = machine_add_ports(m, PORT_RESET, 1, reset_access, p);
    if (rc == 0)
        rc = machine_add_ports(m, PORT_PORT92, 1, port92_access, p);
    if (rc == 0)
        rc = machine_add_ports(m, PORT_I8042 + 4, 1, i8042_access, p);
    if (rc < 0) {
        free(p);
        return rc;
    }
    *out = p;
    return 0;
}

void power_destroy(struct power *p)
{
    free(p);
}
