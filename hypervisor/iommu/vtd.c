/* SPDX-License-Identifier: BSD-3-Clause */
/* DMA remapping by VT-d (Intel's specification 4.1, chapters 3, 6, 7, 11): one domain, the service
 * VM's. */
#include "hv/host.h"
#include "hv/hw.h"
#include "hv/iommu.h"
#include "hv/lib.h"
#include "hv/log.h"
#include "hv/pci.h"

enum { /* registers, §11.4 */
       REG_CAP = 0x08,
       REG_ECAP = 0x10,
       REG_COMMAND = 0x18,
       REG_STATUS = 0x1C,
       REG_ROOT = 0x20,
       REG_CONTEXT = 0x28,
       REG_FAULT_STATUS = 0x34,
       REG_FAULT_CONTROL = 0x38,
       REG_FAULT_DATA = 0x3C,
       REG_FAULT_ADDRESS = 0x40,
       REG_FAULT_UPPER = 0x44,
       REG_PROTECTED = 0x64,
       REG_IOTLB = 8, /* behind ECAP's offset */
};

#define CAP_FLUSH_WRITES (1ull << 4)
#define CAP_3_LEVELS     (1ull << 9)
#define CAP_4_LEVELS     (1ull << 10)
#define CAP_2M           (1ull << 34)
#define CAP_1G           (1ull << 35)
#define COMMAND_ENABLE   (1u << 31)
#define COMMAND_ROOT     (1u << 30)
#define COMMAND_FLUSH    (1u << 27)
#define COMMAND_QUEUE    (1u << 26)
#define COMMAND_LASTING  0x96FFFFFFu /* those of the status that a new command must repeat */
#define CONTEXT_ALL      (1ull << 63 | 1ull << 61)
#define IOTLB_ALL        (1ull << 63 | 1ull << 60 | 1ull << 49 | 1ull << 48) /* reads and writes done */
#define FAULT_OVERFLOW   1u
#define FAULT_PENDING    2u
#define RECORD_FAULT     (1u << 31) /* in the record's last word */
#define RECORD_READ      (1u << 30)
#define PROTECTED_ON     (1u << 31)
#define PRESENT          1u
#define DOMAIN           (1ull << 8)
#define TABLE_FRAME      0x000FFFFFFFFFF000ull
#define FUNCTIONS        256u /* of one bus */
#define SPINS            1000000u
#define MAX_RECORDS      64u

struct entry { /* of a root or a context table, §9.1, §9.3 */
    uint64_t low, high;
};

static struct nested_paging domain;
static hpa_t roots;

static uint64_t read64(hpa_t unit, unsigned reg)
{
    return hw_mmio_read(unit + reg, 4) | (uint64_t)hw_mmio_read(unit + reg + 4, 4) << 32;
}

/* The upper half last: it has the bit that starts something. */
static void write64(hpa_t unit, unsigned reg, uint64_t value)
{
    hw_mmio_write(unit + reg, 4, (uint32_t)value);
    hw_mmio_write(unit + reg + 4, 4, (uint32_t)(value >> 32));
}

static void must_become(hpa_t unit, unsigned reg, uint32_t mask, bool set)
{
    for (unsigned i = 0; i < SPINS; i++)
        if (!(hw_mmio_read(unit + reg, 4) & mask) != set)
            return;
    hv_panic("the IOMMU at %lx does not do what it is told (register %x)", unit, reg);
}

/* One command and its answer in the status. */
static void command(hpa_t unit, uint32_t bit, bool on)
{
    uint32_t now = hw_mmio_read(unit + REG_STATUS, 4) & COMMAND_LASTING & ~bit;

    hw_mmio_write(unit + REG_COMMAND, 4, on ? now | bit : now);
    must_become(unit, REG_STATUS, bit, on && bit != COMMAND_FLUSH);
}

static unsigned iotlb_of(hpa_t unit)
{
    return (unsigned)(read64(unit, REG_ECAP) >> 8 & 0x3FF) * 16 + REG_IOTLB;
}

static void invalidate(hpa_t unit)
{
    if (read64(unit, REG_CAP) & CAP_FLUSH_WRITES)
        command(unit, COMMAND_FLUSH, true);
    write64(unit, REG_CONTEXT, CONTEXT_ALL);
    must_become(unit, REG_CONTEXT + 4, 1u << 31, false);
    write64(unit, iotlb_of(unit), IOTLB_ALL);
    must_become(unit, iotlb_of(unit) + 4, 1u << 31, false);
}

static void reach(hpa_t base, uint64_t bytes)
{
    if (paging_map(&domain, base, base, bytes, MAP_READ | MAP_WRITE) != BN_OK)
        hv_panic("no memory for the IOMMU's page tables");
}

/* The service VM's memory, and what firmware says that its devices go on using (§8.4): the picture
 * of a graphics unit, for one; but nothing that is somebody else's. */
static void fill_domain(void)
{
    static struct host_range own[HOST_MAX_RANGES];
    enum bn_status status;
    uint32_t count = host_service_ranges(own, &status);

    if (paging_init(&domain, &paging_vtd) != BN_OK)
        hv_panic("no memory for the IOMMU's page tables");
    for (uint32_t i = 0; i < acpi_info.reserved_count; i++)
        reach(page_down(acpi_info.reserved[i].base),
              page_up(acpi_info.reserved[i].end) - page_down(acpi_info.reserved[i].base));
    for (uint32_t i = 0; i < boot_info.memory_count; i++)
        if (boot_info.memory[i].type == BN_MEMORY_USABLE &&
            paging_unmap(&domain, page_down(boot_info.memory[i].base),
                         page_up(boot_info.memory[i].bytes)) != BN_OK)
            hv_panic("no memory for the IOMMU's page tables");
    for (uint32_t i = 0; i < count; i++)
        reach(own[i].base, own[i].bytes);
}

/* Root and context tables: every function of every bus to the domain, save those in the scenario,
 * which are others'. */
static void fill_tables(bool four_levels)
{
    hpa_t top = four_levels ? domain.root : *(uint64_t *)hpa_to_ptr(domain.root) & TABLE_FRAME;
    struct entry *root, *all;
    hpa_t everybody = page_alloc();

    roots = page_alloc();
    if (!roots || !everybody)
        hv_panic("no memory for the IOMMU's tables");
    root = hpa_to_ptr(roots);
    all = hpa_to_ptr(everybody);
    for (unsigned i = 0; i < FUNCTIONS; i++) {
        all[i] = (struct entry){top | PRESENT, DOMAIN | (four_levels ? 2 : 1)};
        root[i].low = everybody | PRESENT;
    }
    for (uint32_t i = 0; i < scenario.device_count; i++) {
        uint16_t bdf = scenario.device[i].bdf;
        struct entry *bus = &root[bdf >> 8];
        hpa_t own;

        if (scenario.device[i].kind != BN_DEVICE_PCI)
            continue;
        if (bus->low == (everybody | PRESENT)) {
            own = page_alloc();
            if (!own)
                hv_panic("no memory for the IOMMU's tables");
            memcpy(hpa_to_ptr(own), all, HV_PAGE_BYTES);
            bus->low = own | PRESENT;
        }
        ((struct entry *)hpa_to_ptr(bus->low & TABLE_FRAME))[bdf & 0xFF].low = 0;
    }
    /* A unit that does not look into the caches: once, before it is switched on. */
    hw_write_back_caches();
}

/* Faults as messages to the boot CPU. */
static void tell_faults(hpa_t unit)
{
    hw_mmio_write(unit + REG_FAULT_DATA, 4, HOST_VECTOR_IOMMU);
    hw_mmio_write(unit + REG_FAULT_ADDRESS, 4, 0xFEE00000u | (pcpus[0].apic_id & 0xFF) << 12);
    hw_mmio_write(unit + REG_FAULT_UPPER, 4, pcpus[0].apic_id & ~0xFFu);
    hw_mmio_write(unit + REG_FAULT_CONTROL, 4, 0);
}

static void switch_on(hpa_t unit)
{
    if (hw_mmio_read(unit + REG_STATUS, 4) & COMMAND_ENABLE)
        command(unit, COMMAND_ENABLE, false); /* firmware's own tables */
    if (hw_mmio_read(unit + REG_STATUS, 4) & COMMAND_QUEUE)
        command(unit, COMMAND_QUEUE, false);
    write64(unit, REG_ROOT, roots);
    command(unit, COMMAND_ROOT, true);
    invalidate(unit);
    tell_faults(unit);
    command(unit, COMMAND_ENABLE, true);
    if (hw_mmio_read(unit + REG_PROTECTED, 4) & PROTECTED_ON)
        hw_mmio_write(unit + REG_PROTECTED, 4, 0);
}

void iommu_init(void)
{
    uint64_t cap = UINT64_MAX;

    if (!acpi_info.iommu_count) {
        hv_log("IOMMU: none; a device that is told to write to memory of others does so");
        return;
    }
    for (uint32_t i = 0; i < acpi_info.iommu_count; i++) {
        if (!host_map_mmio(acpi_info.iommu[i], 2 * HV_PAGE_BYTES))
            hv_panic("the IOMMU at %lx cannot be reached", acpi_info.iommu[i]);
        cap &= read64(acpi_info.iommu[i], REG_CAP);
    }
    if (!(cap & (CAP_3_LEVELS | CAP_4_LEVELS)) || !(cap & CAP_2M) ||
        (paging_max_large == 2 && !(cap & CAP_1G))) {
        hv_log("IOMMU: not of a kind that we use (capabilities %lx): devices are not confined",
               cap);
        return;
    }
    fill_domain();
    fill_tables(cap & CAP_4_LEVELS);
    for (uint32_t i = 0; i < acpi_info.iommu_count; i++)
        switch_on(acpi_info.iommu[i]);
    hv_log("IOMMU: %u of VT-d, devices reach the service VM's memory only", acpi_info.iommu_count);
}

/* §11.4.14: 16 bytes a record; the last word has the fault bit, cleared by writing it. */
static bool take_record(hpa_t record)
{
    uint32_t last = hw_mmio_read(record + 12, 4), source = hw_mmio_read(record + 8, 4) & 0xFFFF;
    uint64_t address = read64(record, 0) & TABLE_FRAME;

    if (!(last & RECORD_FAULT))
        return false;
    vm_log(vm_service(), "denied: device %02x:%02x.%x, %s of %lx (IOMMU, reason %u)",
           PCI_NAME(source), last & RECORD_READ ? "read" : "write", address, last & 0xFF);
    hw_mmio_write(record + 12, 4, RECORD_FAULT);
    return true;
}

void iommu_interrupt(void)
{
    for (uint32_t i = 0; i < acpi_info.iommu_count; i++) {
        hpa_t unit = acpi_info.iommu[i];
        uint64_t cap = read64(unit, REG_CAP);
        hpa_t records = unit + (cap >> 24 & 0x3FF) * 16;
        unsigned count = (unsigned)(cap >> 40 & 0xFF) + 1;

        for (unsigned taken = 0; taken < MAX_RECORDS; taken++)
            if (!take_record(records + taken % count * 16) && taken >= count)
                break;
        hw_mmio_write(unit + REG_FAULT_STATUS, 4, FAULT_OVERFLOW);
    }
}
