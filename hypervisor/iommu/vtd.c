/* SPDX-License-Identifier: BSD-3-Clause */
/* VT-d (Intel's specification 4.1, chapters 3, 5, 6, 7, 9, 11): legacy mode, one set of tables for
 * all units. */
#include "hv/hw.h"
#include "hv/pcpu.h"
#include "iommu_ops.h"

enum { /* registers, §11.4 */
       REG_CAP = 0x08,
       REG_ECAP = 0x10,
       REG_COMMAND = 0x18,
       REG_STATUS = 0x1C,
       REG_ROOT = 0x20,
       REG_FAULT_STATUS = 0x34,
       REG_FAULT_CONTROL = 0x38,
       REG_FAULT_DATA = 0x3C,
       REG_FAULT_ADDRESS = 0x40,
       REG_FAULT_UPPER = 0x44,
       REG_PROTECTED = 0x64,
       REG_QUEUE_TAIL = 0x88,
       REG_QUEUE = 0x90,
       REG_INTERRUPTS = 0xB8,
};

#define CAP_FLUSH_WRITES (1ull << 4)
#define CAP_3_LEVELS     (1ull << 9)
#define CAP_4_LEVELS     (1ull << 10)
#define CAP_2M           (1ull << 34)
#define CAP_1G           (1ull << 35)
#define ECAP_COHERENT    (1ull << 0)
#define ECAP_QUEUE       (1ull << 1)
#define ECAP_REMAPPING   (1ull << 3)
#define ECAP_X2APIC      (1ull << 4)
#define COMMAND_ENABLE   (1u << 31)
#define COMMAND_ROOT     (1u << 30)
#define COMMAND_FLUSH    (1u << 27)
#define COMMAND_QUEUE    (1u << 26)
#define COMMAND_REMAP    (1u << 25)
#define COMMAND_IRTA     (1u << 24)
#define COMMAND_LASTING                                                                            \
    0x967FFFFFu /* of the status, what a new command repeats: no compatibility                     \
                   format of interrupts either */
#define QUEUE_CONTEXT    (1u | 1u << 4) /* descriptors, §6.5.2: all of it */
#define QUEUE_IOTLB      (2u | 3u << 6)
#define QUEUE_INTERRUPTS 4u
#define QUEUE_WAIT       (5u | 1u << 5) /* writes its upper half */
#define QUEUE_ERRORS     0x70u          /* of the fault status */
#define FAULT_OVERFLOW   1u
#define RECORD_FAULT     (1u << 31) /* in the record's last word */
#define RECORD_READ      (1u << 30)
#define REASON_INTERRUPT 0x20u /* and above: of remapping interrupts */
#define PROTECTED_ON     (1u << 31)
#define PRESENT          1u
#define BUSES            256u
#define IOTLB_BYTES      16u
#define CONTEXT_BYTES    (IOMMU_FUNCTIONS * 16u)
#define IRQ_ENTRIES      4096u
#define IRQ_SIZE         11u /* 2^(n+1) entries */
#define IRQ_X2APIC       (1u << 11)
#define IRQ_LEVEL        (1u << 4)
#define IRQ_MARK         (1u << 8)               /* for software, §9.10 */
#define IRQ_VERIFY       (1u << 18)              /* the whole source id */
#define MESSAGE          (MSI_ADDRESS | 1u << 4) /* remappable format, §5.1.2.2 */
#define MAX_RECORDS      64u

static struct unit {
    hpa_t base;
    uint64_t cap;
    struct iommu_queue queue;
} units[ACPI_MAX_IOMMUS];
static uint64_t all_cap, all_ecap; /* what every unit has */
static hpa_t roots, contexts, interrupts;

static bool must_become(hpa_t reg, uint32_t mask, bool set)
{
    for (unsigned i = 0; i < IOMMU_SPINS; i++)
        if (!(hw_mmio_read(reg, 4) & mask) != set)
            return true;
    hv_log("IOMMU: VT-d register %lx does not become what it is told", reg);
    return false;
}

/* One command and its answer in the status. */
static bool command(const struct unit *unit, uint32_t bit, bool on)
{
    uint32_t now = hw_mmio_read(unit->base + REG_STATUS, 4) & COMMAND_LASTING & ~bit;

    hw_mmio_write(unit->base + REG_COMMAND, 4, on ? now | bit : now);
    return must_become(unit->base + REG_STATUS, bit, on && bit != COMMAND_FLUSH);
}

static void write_back(const void *from, size_t bytes)
{
    if (iommu.limits.write_back)
        hw_write_back(from, bytes);
}

/* One or two descriptors, and the wait for them. */
static bool send(struct unit *unit, uint64_t first, uint64_t second)
{
    uint64_t commands[3][2] = {{first}, {second}};
    unsigned count = second ? 2 : 1;
    uint32_t wrong;

    commands[count][0] = QUEUE_WAIT | (uint64_t)++unit->queue.number << 32;
    commands[count][1] = unit->queue.done;
    if (iommu_queue_send(&unit->queue, commands, count + 1))
        return true;
    wrong = hw_mmio_read(unit->base + REG_FAULT_STATUS, 4) & QUEUE_ERRORS;
    hv_log("IOMMU: VT-d at %lx: %s", unit->base,
           wrong & 1u << 4   ? "it refused a descriptor of its queue"
           : wrong & 1u << 5 ? "a device answered its invalidation with an error"
           : wrong & 1u << 6 ? "a device did not answer its invalidation"
                             : "its queue stands still");
    hw_mmio_write(unit->base + REG_FAULT_STATUS, 4, wrong);
    return false;
}

/* Id 0: everybody's. */
static bool invalidate(struct unit *unit, uint16_t id)
{
    if (unit->cap & CAP_FLUSH_WRITES && !command(unit, COMMAND_FLUSH, true))
        return false;
    return send(unit, QUEUE_CONTEXT, QUEUE_IOTLB | (id ? 2u : 1u) << 4 | (uint64_t)id << 16);
}

static bool flush(uint16_t id, uint32_t bdf)
{
    bool done = true;

    (void)bdf; /* of everybody, each time */
    for (uint32_t i = 0; i < acpi_info.iommu_count; i++)
        done &= invalidate(&units[i], id);
    return done;
}

static hpa_t records_of(const struct unit *unit)
{
    return unit->base + (unit->cap >> 24 & 0x3FF) * 16;
}

static unsigned record_count(const struct unit *unit)
{
    return (unsigned)(unit->cap >> 40 & 0xFF) + 1;
}

/* Its registers may lie further on than DMAR says. */
static void look(struct unit *unit, struct acpi_iommu *found)
{
    uint64_t ecap = iommu_read64(found->base + REG_ECAP);
    uint32_t iotlb = (uint32_t)(ecap >> 8 & 0x3FF) * 16 + IOTLB_BYTES, end;

    *unit = (struct unit){.base = found->base, .cap = iommu_read64(found->base + REG_CAP)};
    end = (uint32_t)(records_of(unit) - unit->base) + 16 * record_count(unit);
    if (end < iotlb)
        end = iotlb;
    if (end > found->bytes)
        found->bytes = (uint32_t)page_up(end);
    if (!host_map_mmio(found->base, found->bytes))
        hv_panic("the IOMMU at %lx cannot be reached", found->base);
    all_cap &= unit->cap;
    all_ecap &= ecap;
}

static bool probe(struct iommu_limits *limits)
{
    all_cap = all_ecap = UINT64_MAX;
    for (uint32_t i = 0; i < acpi_info.iommu_count; i++)
        look(&units[i], &acpi_info.iommu[i]);
    limits->top = all_cap & CAP_4_LEVELS ? 3 : 2;
    limits->large = all_cap & CAP_2M ? all_cap & CAP_1G ? 2 : 1 : 0;
    limits->write_back = !(all_ecap & ECAP_COHERENT);
    limits->remapping = !acpi_info.no_remapping && all_ecap & ECAP_REMAPPING;
    limits->wide = all_ecap & ECAP_X2APIC;
    return all_ecap & ECAP_QUEUE && all_cap & (CAP_3_LEVELS | CAP_4_LEVELS);
}

static void prepare(bool remapping)
{
    uint64_t(*root)[2];

    roots = page_alloc();
    contexts = pages_alloc(CONTEXT_BYTES / HV_PAGE_BYTES);
    if (remapping)
        interrupts = pages_alloc(IRQ_ENTRIES * 16 / HV_PAGE_BYTES);
    if (!roots || !contexts || (remapping && !interrupts))
        hv_panic("no memory for the IOMMU's tables");
    root = hpa_to_ptr(roots);
    for (unsigned bus = 0; bus < BUSES; bus++)
        root[bus][0] = (contexts + bus * HV_PAGE_BYTES) | PRESENT;
    write_back(root, HV_PAGE_BYTES);
    write_back(hpa_to_ptr(contexts), CONTEXT_BYTES);
    if (remapping)
        write_back(hpa_to_ptr(interrupts), IRQ_ENTRIES * 16);
}

static void point(uint16_t bdf, const struct nested_paging *tables, uint16_t id)
{
    uint64_t *entry = hpa_to_ptr(contexts + 16ull * bdf);

    /* §9.3: the width is 1 for three levels, 2 for four. Device TLBs: none, requests that say they
     * are translated are refused. */
    hw_store_pair(entry, tables ? tables->root | PRESENT : 0,
                  tables ? (uint64_t)id << 8 | (tables->top - 1) : 0);
    write_back(entry, 16);
}

/* Faults as messages to the boot CPU; they are not remapped. */
static void tell_faults(hpa_t unit)
{
    hw_mmio_write(unit + REG_FAULT_DATA, 4, HOST_VECTOR_IOMMU);
    hw_mmio_write(unit + REG_FAULT_ADDRESS, 4, MSI_ADDRESS | (pcpus[0].apic_id & 0xFF) << 12);
    hw_mmio_write(unit + REG_FAULT_UPPER, 4, pcpus[0].apic_id & ~0xFFu);
    hw_mmio_write(unit + REG_FAULT_CONTROL, 4, 0);
}

static bool start_queue(struct unit *unit)
{
    if (!iommu_queue_init(&unit->queue, unit->base + REG_QUEUE_TAIL, iommu.limits.write_back))
        hv_panic("no memory for the IOMMU's queue");
    iommu_write64(unit->base + REG_QUEUE_TAIL, 0);
    iommu_write64(unit->base + REG_QUEUE, unit->queue.commands);
    return command(unit, COMMAND_QUEUE, true);
}

/* Messages in the old format are blocked from here on (§5.1.4). */
static bool start_remapping(struct unit *unit)
{
    iommu_write64(unit->base + REG_INTERRUPTS,
                  interrupts | (iommu.limits.wide ? IRQ_X2APIC : 0) | IRQ_SIZE);
    return command(unit, COMMAND_IRTA, true) && send(unit, QUEUE_INTERRUPTS, 0) &&
           command(unit, COMMAND_REMAP, true);
}

/* Firmware's own use of it ends first. */
static bool start(uint32_t number)
{
    static const uint32_t off[] = {COMMAND_ENABLE, COMMAND_REMAP, COMMAND_QUEUE};
    struct unit *unit = &units[number];

    for (unsigned i = 0; i < HV_ARRAY_SIZE(off); i++)
        if (hw_mmio_read(unit->base + REG_STATUS, 4) & off[i] && !command(unit, off[i], false))
            return false;
    if (!start_queue(unit) || (iommu.limits.remapping && !start_remapping(unit)))
        return false;
    iommu_write64(unit->base + REG_ROOT, roots);
    if (!command(unit, COMMAND_ROOT, true) || !invalidate(unit, 0))
        return false;
    tell_faults(unit->base);
    if (!command(unit, COMMAND_ENABLE, true))
        return false;
    if (hw_mmio_read(unit->base + REG_PROTECTED, 4) & PROTECTED_ON)
        hw_mmio_write(unit->base + REG_PROTECTED, 4, 0);
    return true;
}

/* §11.4.14: 16 bytes a record; the last word has the fault bit, cleared by writing it. */
static bool take_record(hpa_t record)
{
    uint32_t last = hw_mmio_read(record + 12, 4), reason = last & 0xFF;
    uint16_t source = (uint16_t)hw_mmio_read(record + 8, 4);
    uint64_t address = iommu_read64(record);

    if (!(last & RECORD_FAULT))
        return false;
    if (reason >= REASON_INTERRUPT)
        iommu_denied(source, "interrupt", address >> 48, reason);
    else
        iommu_denied(source, last & RECORD_READ ? "read of" : "write of", address & PAGING_FRAME,
                     reason);
    hw_mmio_write(record + 12, 4, RECORD_FAULT);
    return true;
}

static void faults(uint32_t number)
{
    const struct unit *unit = &units[number];
    unsigned count = record_count(unit);

    for (unsigned taken = 0; taken < MAX_RECORDS; taken++)
        if (!take_record(records_of(unit) + taken % count * 16) && taken >= count)
            break;
    hw_mmio_write(unit->base + REG_FAULT_STATUS, 4, FAULT_OVERFLOW);
}

static uint64_t *irq_entry(uint16_t source, uint32_t handle)
{
    (void)source;
    return hpa_to_ptr(interrupts + 16ull * handle);
}

/* §9.10. The upper half is the same as long as the source is. */
static void irq_write(uint64_t *entry, uint16_t source, uint32_t handle, uint32_t apic_id,
                      uint8_t vector, bool level, struct msi_message *message)
{
    uint64_t to = iommu.limits.wide ? apic_id : apic_id << 8;

    hw_store_pair(entry,
                  to << 32 | (uint32_t)vector << 16 | IRQ_MARK | (level ? IRQ_LEVEL : 0) | PRESENT,
                  source | IRQ_VERIFY);
    /* The function's data says nothing; an I/O APIC knows an end of interrupt by it. */
    *message = (struct msi_message){MESSAGE | handle << 5, vector};
}

static bool irq_flush(uint16_t source, uint32_t handle)
{
    bool done = true;

    write_back(irq_entry(source, handle), 16);
    for (uint32_t i = 0; i < acpi_info.iommu_count; i++)
        done &= send(&units[i], QUEUE_INTERRUPTS | 1u << 4 | (uint64_t)handle << 32, 0);
    return done;
}

const struct iommu_ops iommu_vtd = {
    .name = "VT-d",
    .format = &paging_vtd,
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
