/* SPDX-License-Identifier: BSD-3-Clause */
/* AMD's IOMMU (specification 48882, chapters 2 and 3): one device table for all units. */
#include "hv/hw.h"
#include "hv/pci.h"
#include "hv/pcpu.h"
#include "iommu_ops.h"

enum { /* registers, §3.4 */
       REG_DEVICES = 0x00,
       REG_COMMANDS = 0x08,
       REG_EVENTS = 0x10,
       REG_CONTROL = 0x18,
       REG_EXCLUSION = 0x20,
       REG_FEATURES = 0x30,
       REG_COMMAND_HEAD = 0x2000,
       REG_COMMAND_TAIL = 0x2008,
       REG_EVENT_HEAD = 0x2010,
       REG_EVENT_TAIL = 0x2018,
       REG_STATUS = 0x2020,
};

#define CONTROL_ENABLE    (1u << 0)
#define CONTROL_EVENTS    (1u << 2)
#define CONTROL_EVENT_IRQ (1u << 3)
#define CONTROL_COHERENT  (1u << 10)
#define CONTROL_COMMANDS  (1u << 12)
#define CONTROL_LONG_IRQ  (1u << 17)   /* GAEn: interrupt entries of 16 bytes */
#define CONTROL_X2APIC    (1ull << 50) /* XTEn: with 32 bits of destination */
#define FEATURE_X2APIC    (1u << 2)
#define FEATURE_ALL       (1u << 6) /* INVALIDATE_IOMMU_ALL */
#define FEATURE_LONG_IRQ  (1u << 7)
#define STATUS_OVERFLOW   1u
#define STATUS_EVENT      2u

#define DEVICE_BYTES      32u  /* of a device table entry, §2.2.2.1 */
#define DEVICE_VALID      3ull /* both of it: interrupts and translation */
#define DEVICE_MODE(l)    ((uint64_t)(l) << 9)
#define DEVICE_RIGHTS     (3ull << 61)
#define DEVICE_REMAPS     1ull         /* in the third word */
#define DEVICE_IRQ_LENGTH (8ull << 1)  /* 2^8 entries */
#define DEVICE_IRQ_TABLE  (2ull << 60) /* fixed interrupts by the table; 0: none at all */
#define QUEUE_LENGTH      (8ull << 56) /* 2^8 entries */

#define COMMAND_WAIT   (1ull << 60 | 1u) /* §2.4; stores the second word */
#define COMMAND_DEVICE (2ull << 60)
#define COMMAND_PAGES  (3ull << 60)
#define COMMAND_IRQS   (5ull << 60)
#define COMMAND_ALL    (8ull << 60)
#define EVERY_PAGE     0x7FFFFFFFFFFFF003ull

#define EVENT_PAGE_FAULT 2u         /* §2.5 */
#define EVENT_WRITE      (1u << 21) /* in the second word of 32 bits */
#define EVENT_INTERRUPT  (1u << 19)
#define EVENTS           256u

#define IRQ_ENTRIES 256u /* bits 10:8 of a message's data are its kind, so no more */
#define IRQ_VALID   1u
#define IRQ_MARK    (1u << 2) /* the hardware ignores what is not valid */

#define CAP_MSI 5u /* of PCI */

static struct unit {
    hpa_t base, events;
    unsigned head; /* next event to be read */
    struct iommu_queue queue;
} units[ACPI_MAX_IOMMUS];
static uint64_t features; /* what every unit has */
static hpa_t devices;

static uint64_t *device_of(uint16_t bdf)
{
    return hpa_to_ptr(devices + DEVICE_BYTES * (uint64_t)bdf);
}

/* A command, an invalidation of pages, the wait for them; 0: none of that. */
static bool send(struct unit *unit, uint64_t first, uint64_t pages)
{
    uint64_t commands[3][2] = {{first}};
    unsigned count = first ? 1 : 0;

    commands[count][0] = pages;
    commands[count][1] = EVERY_PAGE;
    count += pages ? 1 : 0;
    commands[count][0] = COMMAND_WAIT | unit->queue.done;
    commands[count][1] = ++unit->queue.number;
    if (iommu_queue_send(&unit->queue, commands, count + 1))
        return true;
    hv_log("IOMMU: AMD-Vi at %lx: its queue stands still at %x of %x", unit->base,
           hw_mmio_read(unit->base + REG_COMMAND_HEAD, 4),
           hw_mmio_read(unit->base + REG_COMMAND_TAIL, 4));
    return false;
}

static bool send_all(uint64_t first, uint64_t pages)
{
    bool done = true;

    for (uint32_t i = 0; i < acpi_info.iommu_count; i++)
        done &= send(&units[i], first, pages);
    return done;
}

static bool flush(uint16_t id, uint32_t bdf)
{
    return send_all(bdf == IOMMU_NOBODY ? 0 : COMMAND_DEVICE | bdf,
                    id ? COMMAND_PAGES | (uint64_t)id << 32 : 0);
}

static bool probe(struct iommu_limits *limits)
{
    features = UINT64_MAX;
    for (uint32_t i = 0; i < acpi_info.iommu_count; i++) {
        units[i].base = acpi_info.iommu[i].base;
        features &= iommu_read64(units[i].base + REG_FEATURES);
    }
    *limits = (struct iommu_limits){.top = 3,
                                    .large = 2,
                                    .remapping = features & FEATURE_LONG_IRQ,
                                    .wide = features & FEATURE_X2APIC};
    return features & FEATURE_ALL;
}

/* An entry that is not valid lets everything through: all are valid, and without rights. */
static void prepare(bool remapping)
{
    devices = pages_alloc(IOMMU_FUNCTIONS * DEVICE_BYTES / HV_PAGE_BYTES);
    if (!devices)
        hv_panic("no memory for the IOMMU's tables");
    for (uint32_t bdf = 0; bdf < IOMMU_FUNCTIONS; bdf++) {
        device_of((uint16_t)bdf)[0] = DEVICE_VALID;
        device_of((uint16_t)bdf)[2] = remapping ? DEVICE_REMAPS : 0;
    }
}

static void point(uint16_t bdf, const struct nested_paging *tables, uint16_t id)
{
    uint64_t mode = tables ? DEVICE_MODE(tables->top + 1) | DEVICE_RIGHTS | tables->root : 0;

    hw_store_pair(device_of(bdf), DEVICE_VALID | mode, id);
}

/* Events as messages to the boot CPU, by the unit's own PCI function. */
static void tell_events(uint16_t bdf)
{
    unsigned at = pci_capability(bdf, CAP_MSI, 0);
    bool wide = at && pci_read(bdf, at + 2, 2) & 0x80;

    if (!at) {
        hv_log("IOMMU: PCI %02x:%02x.%x has no messages: its events are not told", PCI_NAME(bdf));
        return;
    }
    pci_write(bdf, at + 4, 4, MSI_ADDRESS | (pcpus[0].apic_id & 0xFF) << 12);
    if (wide)
        pci_write(bdf, at + 8, 4, 0);
    pci_write(bdf, at + (wide ? 12 : 8), 2, HOST_VECTOR_IOMMU);
    pci_write(bdf, at + 2, 2, 1);
}

/* What IVHD's flags say of the bus goes where the control register has it (§5.2.2.1, §3.4.4). */
static uint64_t control_of(uint8_t flags)
{
    return CONTROL_ENABLE | CONTROL_EVENTS | CONTROL_EVENT_IRQ | CONTROL_COMMANDS |
           CONTROL_COHERENT | (flags & 1u) << 1 | (flags & 6u) << 7 | (flags & 8u) << 8 |
           (iommu.limits.remapping ? CONTROL_LONG_IRQ : 0) |
           (iommu.limits.remapping && iommu.limits.wide ? CONTROL_X2APIC : 0);
}

static bool start(uint32_t number)
{
    const struct acpi_iommu *found = &acpi_info.iommu[number];
    struct unit *unit = &units[number];
    uint64_t control = control_of(found->flags);

    unit->events = page_alloc();
    if (!unit->events || !iommu_queue_init(&unit->queue, unit->base + REG_COMMAND_TAIL, false))
        hv_panic("no memory for the IOMMU's queues");
    iommu_write64(unit->base + REG_CONTROL, 0);
    iommu_write64(unit->base + REG_DEVICES,
                  devices | (IOMMU_FUNCTIONS * DEVICE_BYTES / HV_PAGE_BYTES - 1));
    iommu_write64(unit->base + REG_COMMANDS, unit->queue.commands | QUEUE_LENGTH);
    iommu_write64(unit->base + REG_EVENTS, unit->events | QUEUE_LENGTH);
    iommu_write64(unit->base + REG_EXCLUSION, 0);
    for (hpa_t reg = unit->base + REG_COMMAND_HEAD; reg <= unit->base + REG_EVENT_TAIL; reg += 8)
        iommu_write64(reg, 0);
    tell_events(found->bdf);
    /* The half with the switch last. */
    hw_mmio_write(unit->base + REG_CONTROL + 4, 4, (uint32_t)(control >> 32));
    hw_mmio_write(unit->base + REG_CONTROL, 4, (uint32_t)control);
    return send(unit, COMMAND_ALL, 0);
}

static void tell(const uint32_t event[4])
{
    unsigned code = event[1] >> 28;
    uint64_t address = (uint64_t)event[3] << 32 | event[2];

    iommu_denied((uint16_t)event[0],
                 code != EVENT_PAGE_FAULT     ? "command or entry at"
                 : event[1] & EVENT_INTERRUPT ? "interrupt"
                 : event[1] & EVENT_WRITE     ? "write of"
                                              : "read of",
                 address & PAGING_FRAME, code);
}

static void faults(uint32_t number)
{
    struct unit *unit = &units[number];
    unsigned tail = hw_mmio_read(unit->base + REG_EVENT_TAIL, 4) / 16 % EVENTS;
    uint32_t status = hw_mmio_read(unit->base + REG_STATUS, 4), control;

    for (; unit->head != tail; unit->head = (unit->head + 1) % EVENTS)
        tell((uint32_t *)hpa_to_ptr(unit->events) + 4 * unit->head);
    hw_mmio_write(unit->base + REG_EVENT_HEAD, 4, unit->head * 16);
    hw_mmio_write(unit->base + REG_STATUS, 4, STATUS_EVENT | STATUS_OVERFLOW);
    if (status & STATUS_OVERFLOW) { /* it stopped: on again, §2.5.2 */
        control = hw_mmio_read(unit->base + REG_CONTROL, 4);
        hw_mmio_write(unit->base + REG_CONTROL, 4, control & ~CONTROL_EVENTS);
        hw_mmio_write(unit->base + REG_CONTROL, 4, control);
    }
}

/* A table of its own for each function that sends messages: nobody can send another's. */
static uint64_t *irq_entry(uint16_t source, uint32_t handle)
{
    uint64_t *device = device_of(source);
    hpa_t table = device[2] & PAGING_FRAME;

    if (!table) {
        table = page_alloc();
        if (!table)
            return NULL;
        __atomic_store_n(&device[2], DEVICE_REMAPS | DEVICE_IRQ_LENGTH | DEVICE_IRQ_TABLE | table,
                         __ATOMIC_RELEASE);
        (void)flush(0, source);
    }
    return (uint64_t *)hpa_to_ptr(table) + 2 * handle;
}

/* §2.2.5.2 */
static void irq_write(uint64_t *entry, uint16_t source, uint32_t handle, uint32_t apic_id,
                      uint8_t vector, bool level, struct msi_message *message)
{
    (void)source;
    (void)level; /* the message says it */
    hw_store_pair(entry, IRQ_VALID | (apic_id & 0xFFFFFFull) << 8,
                  vector | (uint64_t)(apic_id >> 24) << 56);
    *message = (struct msi_message){MSI_ADDRESS, handle};
}

static bool irq_flush(uint16_t source, uint32_t handle)
{
    (void)handle;
    return send_all(COMMAND_IRQS | source, 0);
}

const struct iommu_ops iommu_amd = {
    .name = "AMD-Vi",
    .format = &paging_amd,
    .probe = probe,
    .prepare = prepare,
    .start = start,
    .point = point,
    .flush = flush,
    .faults = faults,
    .mark = IRQ_MARK,
    .irq_count = IRQ_ENTRIES,
    .irq_entry = irq_entry,
    .irq_write = irq_write,
    .irq_flush = irq_flush,
};
