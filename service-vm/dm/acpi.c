/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the bytes of the ACPI tables. */
#include "acpi.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "layout.h"

extern const uint8_t dsdt_aml[], dsdt_aml_end[];

struct header { /* §5.2.6 */
    char signature[4];
    uint32_t bytes;
    uint8_t revision, checksum;
    char oem_id[6], oem_table_id[8];
    uint32_t oem_revision;
    char creator_id[4];
    uint32_t creator_revision;
} __attribute__((packed));
_Static_assert(sizeof(struct header) == 36, "ACPI table header");

struct address { /* §5.2.3.2 */
    uint8_t space, bits, offset, access;
    uint64_t address;
} __attribute__((packed));
#define SPACE_IO 1

struct fadt { /* §5.2.9, revision 6 */
    struct header header;
    uint32_t facs, dsdt;
    uint8_t reserved0, profile;
    uint16_t sci_int;
    uint32_t smi_cmd;
    uint8_t acpi_enable, acpi_disable, s4bios_req, pstate_cnt;
    uint32_t pm1a_evt, pm1b_evt, pm1a_cnt, pm1b_cnt, pm2_cnt, pm_tmr, gpe0, gpe1;
    uint8_t pm1_evt_len, pm1_cnt_len, pm2_cnt_len, pm_tmr_len, gpe0_len, gpe1_len, gpe1_base,
        cst_cnt;
    uint16_t c2_latency, c3_latency, flush_size, flush_stride;
    uint8_t duty_offset, duty_width, day_alarm, month_alarm, century;
    uint16_t boot_arch;
    uint8_t reserved1;
    uint32_t flags;
    struct address reset;
    uint8_t reset_value;
    uint16_t arm_boot_arch;
    uint8_t minor;
    uint64_t x_facs, x_dsdt;
    struct address x_pm1a_evt, x_pm1b_evt, x_pm1a_cnt, x_pm1b_cnt, x_pm2_cnt, x_pm_tmr, x_gpe0,
        x_gpe1;
    struct address sleep_control, sleep_status;
    uint64_t hypervisor;
} __attribute__((packed));
_Static_assert(sizeof(struct fadt) == 276, "FADT");

#define PROFILE_MOBILE       2
#define BOOT_ARCH_LEGACY     0x01u
#define BOOT_ARCH_NO_VGA     0x04u
#define FLAG_WBINVD          (1u << 0)
#define FLAG_C1              (1u << 2)
#define FLAG_NO_SLEEP_BUTTON (1u << 5)
#define FLAG_NO_FIXED_RTC    (1u << 6)
#define FLAG_RESET           (1u << 10)

struct root { /* §5.2.5.3 */
    char signature[8];
    uint8_t checksum;
    char oem_id[6];
    uint8_t revision;
    uint32_t rsdt, bytes;
    uint64_t xsdt;
    uint8_t extended_checksum, reserved[3];
} __attribute__((packed));
_Static_assert(sizeof(struct root) == ACPI_ROOT_BYTES, "RSDP");

struct builder {
    struct acpi_tables *t;
    uint32_t table[8]; /* what the XSDT lists */
    unsigned tables;
};

/* Room for a table, or NULL; *at: where it is, from the first. */
static void *take(struct builder *b, size_t bytes, unsigned align, uint32_t *at)
{
    *at = (uint32_t)((b->t->bytes + align - 1) & ~(size_t)(align - 1));
    if (*at + bytes > sizeof(b->t->data))
        return NULL;
    b->t->bytes = *at + bytes;
    return b->t->data + *at;
}

/* The field of `bytes` bytes at p, in a table or in the root, holds the address of what is at
 * `target`. */
static void link_to(struct acpi_tables *t, void *p, unsigned bytes, uint32_t target)
{
    bool root = (uint8_t *)p < t->data;
    uint8_t *base = root ? t->root : t->data;
    uint64_t value = target;

    memcpy(p, &value, bytes);
    t->link[t->links++] = (struct acpi_link){root, (uint32_t)((uint8_t *)p - base), bytes};
}

/* The byte at p makes the `bytes` bytes from `start` add up to 0. */
static void sum_of(struct acpi_tables *t, void *p, void *start, size_t bytes)
{
    bool root = (uint8_t *)p < t->data;
    uint8_t *base = root ? t->root : t->data;

    t->sum[t->sums++] = (struct acpi_sum){root, (uint32_t)((uint8_t *)p - base),
                                          (uint32_t)((uint8_t *)start - base), (uint32_t)bytes};
}

static void finish(struct acpi_tables *t, struct header *h, const char *signature, uint8_t revision,
                   size_t bytes)
{
    memcpy(h->signature, signature, 4);
    h->bytes = (uint32_t)bytes;
    h->revision = revision;
    memcpy(h->oem_id, "BINNCL", 6);
    memcpy(h->oem_table_id, "COCKPIT ", 8);
    h->oem_revision = 1;
    memcpy(h->creator_id, "BNCL", 4);
    h->creator_revision = 1;
    sum_of(t, &h->checksum, h, bytes);
}

static struct address io(uint64_t port, uint8_t bits)
{
    return (struct address){SPACE_IO, bits, 0, (uint8_t)(bits == 8 ? 1 : bits == 16 ? 2 : 3), port};
}

static int write_fadt(struct builder *b)
{
    size_t dsdt_bytes = (size_t)(dsdt_aml_end - dsdt_aml);
    uint32_t facs_at, dsdt_at, at;
    uint32_t *facs = take(b, 64, 64, &facs_at);
    void *dsdt = take(b, dsdt_bytes, 16, &dsdt_at);
    struct fadt *f = take(b, sizeof(*f), 16, &at);

    if (!facs || !dsdt || !f)
        return -ENOSPC;
    memcpy(facs, "FACS", 4);
    facs[1] = 64;
    memcpy(dsdt, dsdt_aml, dsdt_bytes);
    link_to(b->t, &f->facs, 4, facs_at);
    link_to(b->t, &f->dsdt, 4, dsdt_at);
    link_to(b->t, &f->x_dsdt, 8, dsdt_at);
    f->profile = PROFILE_MOBILE;
    f->sci_int = IRQ_SCI;
    f->pm1a_evt = PORT_PM;
    f->pm1a_cnt = PORT_PM + 4;
    f->pm_tmr = PORT_PM + 8;
    f->pm1_evt_len = 4;
    f->pm1_cnt_len = 2;
    f->pm_tmr_len = 4;
    f->x_pm1a_evt = io(PORT_PM, 32);
    f->x_pm1a_cnt = io(PORT_PM + 4, 16);
    f->x_pm_tmr = io(PORT_PM + 8, 32);
    f->c2_latency = f->c3_latency = 0xFFFF; /* neither exists */
    f->century = 0x32;
    f->boot_arch = BOOT_ARCH_LEGACY | BOOT_ARCH_NO_VGA;
    f->flags = FLAG_WBINVD | FLAG_C1 | FLAG_NO_SLEEP_BUTTON | FLAG_NO_FIXED_RTC | FLAG_RESET;
    f->reset = io(PORT_RESET, 8);
    f->reset_value = 0x06;
    f->minor = 5;
    finish(b->t, &f->header, "FACP", 6, sizeof(*f));
    b->table[b->tables++] = at;
    return 0;
}

/* §5.2.12 */
static int write_madt(struct builder *b, unsigned vcpus)
{
    static const uint8_t tail[] = {
        1,
        12,
        0,
        0,
        IOAPIC_BASE & 0xFF,
        IOAPIC_BASE >> 8 & 0xFF,
        IOAPIC_BASE >> 16 & 0xFF,
        IOAPIC_BASE >> 24,
        0,
        0,
        0,
        0,
        2,
        10,
        0,
        0,
        2,
        0,
        0,
        0,
        0,
        0, /* the timer's line is pin 2 */
        2,
        10,
        0,
        IRQ_SCI,
        IRQ_SCI,
        0,
        0,
        0,
        0x0D,
        0, /* level, active high */
        4,
        6,
        0xFF,
        0,
        0,
        1, /* NMI at LINT1 of every CPU */
    };
    size_t bytes = sizeof(struct header) + 8 + 8 * vcpus + sizeof(tail);
    uint32_t at;
    uint8_t *m = take(b, bytes, 16, &at), *p;

    if (!m)
        return -ENOSPC;
    p = m + sizeof(struct header);
    *p++ = LAPIC_BASE & 0xFF;
    *p++ = LAPIC_BASE >> 8 & 0xFF;
    *p++ = LAPIC_BASE >> 16 & 0xFF;
    *p++ = LAPIC_BASE >> 24;
    p += 4; /* flags: no 8259s */
    for (unsigned i = 0; i < vcpus; i++, p += 8) {
        const uint8_t entry[8] = {0, 8, (uint8_t)i, (uint8_t)i, 1, 0, 0, 0};

        memcpy(p, entry, sizeof(entry));
    }
    memcpy(p, tail, sizeof(tail));
    finish(b->t, (struct header *)m, "APIC", 5, bytes);
    b->table[b->tables++] = at;
    return 0;
}

static int write_mcfg(struct builder *b)
{
    struct mcfg {
        struct header header;
        uint64_t reserved, base;
        uint16_t segment;
        uint8_t first, last;
        uint32_t reserved2;
    } __attribute__((packed)) * m;
    uint32_t at;

    m = take(b, sizeof(*m), 16, &at);
    if (!m)
        return -ENOSPC;
    m->base = ECAM_BASE; /* buses 0 to 0 */
    finish(b->t, &m->header, "MCFG", 1, sizeof(*m));
    b->table[b->tables++] = at;
    return 0;
}

static int write_xsdt(struct builder *b)
{
    size_t bytes = sizeof(struct header) + 8 * b->tables;
    struct root *root = (struct root *)b->t->root;
    struct header *xsdt;
    uint32_t at;

    xsdt = take(b, bytes, 16, &at);
    if (!xsdt)
        return -ENOSPC;
    for (unsigned i = 0; i < b->tables; i++)
        link_to(b->t, (uint8_t *)(xsdt + 1) + 8 * i, 8, b->table[i]);
    finish(b->t, xsdt, "XSDT", 1, bytes);
    memcpy(root->signature, "RSD PTR ", 8);
    memcpy(root->oem_id, "BINNCL", 6);
    root->revision = 2;
    root->bytes = sizeof(*root);
    link_to(b->t, &root->xsdt, 8, at);
    sum_of(b->t, &root->checksum, root, 20);
    sum_of(b->t, &root->extended_checksum, root, sizeof(*root));
    return 0;
}

int acpi_build(struct acpi_tables *t, unsigned vcpus)
{
    struct builder b = {.t = t};
    int rc;

    memset(t, 0, sizeof(*t));
    rc = write_fadt(&b);
    if (rc == 0)
        rc = write_madt(&b, vcpus);
    if (rc == 0)
        rc = write_mcfg(&b);
    return rc < 0 ? rc : write_xsdt(&b);
}

/* What firmware does by the loader's script, for a machine that has none: every link and sum for
 * tables that lie at `base`. */
static void settle(struct acpi_tables *t, uint64_t base)
{
    for (unsigned i = 0; i < t->links; i++) {
        uint8_t *p = (t->link[i].root ? t->root : t->data) + t->link[i].at;
        uint64_t value = 0;

        memcpy(&value, p, t->link[i].bytes);
        value += base;
        memcpy(p, &value, t->link[i].bytes);
    }
    for (unsigned i = 0; i < t->sums; i++) {
        uint8_t *from = t->sum[i].root ? t->root : t->data, sum = 0;

        for (uint32_t n = 0; n < t->sum[i].bytes; n++)
            sum = (uint8_t)(sum + from[t->sum[i].start + n]);
        from[t->sum[i].at] = (uint8_t)-sum;
    }
}

int acpi_write(const struct guest_mem *mem, unsigned vcpus, uint64_t *rsdp)
{
    uint8_t *at = guest_at(mem, ACPI_BASE, ACPI_BYTES);
    struct acpi_tables *t = malloc(sizeof(*t));
    int rc = t && at ? acpi_build(t, vcpus) : -ENOMEM;

    if (rc == 0) {
        settle(t, ACPI_BASE + ACPI_ROOT_ROOM);
        memset(at, 0, ACPI_BYTES);
        memcpy(at, t->root, sizeof(t->root));
        memcpy(at + ACPI_ROOT_ROOM, t->data, t->bytes);
        *rsdp = ACPI_BASE;
    }
    free(t);
    return rc;
}
