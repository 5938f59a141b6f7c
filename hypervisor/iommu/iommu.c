/* SPDX-License-Identifier: BSD-3-Clause */
/* Which VM's memory each function of the machine reaches: what is the same for every IOMMU. */
#include "hv/arch.h"
#include "hv/pci.h"
#include "hv/scenario.h"
#include "hv/vm.h"
#include "iommu_ops.h"

#define REST                                                                                       \
    HV_MAX_VMS /* the domain of the service VM; firmware's reserved memory is in it always */
#define IN_DOMAIN (MAP_READ | MAP_WRITE)

struct iommu_state iommu;
static struct domain {
    struct nested_paging tables; /* no root: none */
    uint32_t functions;          /* in it */
} domains[HV_MAX_VMS + 1];
static uint8_t owner[IOMMU_FUNCTIONS]; /* number of the function's domain; 0: none */

static uint16_t id_of(const struct vm *vm)
{
    return (uint16_t)(vm_is_service(vm) ? REST : vm->id) + 1;
}

/* What of [from, from + bytes) is memory, and nothing else: a device that reached registers through
 * here would be everybody's. */
static enum bn_status add_memory(void *tables, uint64_t from, hpa_t to, uint64_t bytes,
                                 uint32_t rights)
{
    enum bn_status status = BN_OK;

    while (bytes && status == BN_OK) {
        uint64_t run;
        bool memory = host_is_memory_run(to, &run);

        run = memory ? page_down(run) : page_up(run);
        if (!run)
            run = HV_PAGE_BYTES; /* memory in a part of it only */
        else if (memory)
            status = paging_map(tables, from, to, run < bytes ? run : bytes, rights & IN_DOMAIN);
        if (run > bytes)
            run = bytes;
        from += run;
        to += run;
        bytes -= run;
    }
    return status;
}

static enum bn_status new_tables(struct nested_paging *tables)
{
    enum bn_status status = paging_init(tables, iommu.ops->format);

    tables->top = iommu.limits.top;
    tables->write_back = iommu.limits.write_back;
    if (tables->large > iommu.limits.large)
        tables->large = iommu.limits.large;
    return status;
}

/* The VM's domain with all its memory, unless it has one already. One that nobody is in was left by
 * a unit that did not do what it was told. */
static enum bn_status build(struct vm *vm)
{
    struct domain *domain = &domains[id_of(vm) - 1];
    enum bn_status status;

    if (vm_is_service(vm) || domain->functions)
        return BN_OK;
    if (domain->tables.root && !iommu.ops->flush(id_of(vm), IOMMU_NOBODY))
        return BN_EBUSY;
    paging_finish(&domain->tables);
    if (!vm->memory.root)
        return BN_ENODEV;
    status = new_tables(&domain->tables) ?: paging_each(&vm->memory, add_memory, &domain->tables);
    if (status != BN_OK)
        paging_finish(&domain->tables);
    return status;
}

static bool move(uint16_t bdf, uint16_t id)
{
    uint16_t old = owner[bdf];
    bool flushed;

    owner[bdf] = (uint8_t)id;
    if (id)
        domains[id - 1].functions++;
    iommu.ops->point(bdf, id ? &domains[id - 1].tables : NULL, id);
    flushed = iommu.ops->flush(old, bdf);
    if (old && !--domains[old - 1].functions && old != REST + 1 && flushed)
        paging_finish(&domains[old - 1].tables);
    return flushed;
}

enum bn_status iommu_assign(uint16_t bdf, struct vm *vm)
{
    enum bn_status status = BN_OK;

    if (!iommu.ops)
        return BN_ENODEV;
    if (vm)
        spin_lock(&vm->memory_lock);
    spin_lock(&iommu.lock);
    if (vm)
        status = build(vm);
    if (status == BN_OK && !move(bdf, vm ? id_of(vm) : 0))
        status = BN_EBUSY;
    spin_unlock(&iommu.lock);
    if (vm)
        spin_unlock(&vm->memory_lock);
    return status;
}

static struct nested_paging *domain_of(const struct vm *vm)
{
    struct nested_paging *tables = &domains[id_of(vm) - 1].tables;

    return iommu.ops && !vm_is_service(vm) && tables->root ? tables : NULL;
}

enum bn_status iommu_map(const struct vm *vm, gpa_t gpa, hpa_t hpa, uint64_t bytes, uint32_t rights)
{
    struct nested_paging *tables;
    enum bn_status status = BN_OK;

    spin_lock(&iommu.lock);
    tables = domain_of(vm);
    if (tables)
        status = paging_unmap(tables, gpa, bytes);
    if (tables && rights && status == BN_OK)
        status = add_memory(tables, gpa, hpa, bytes, rights);
    if (tables && !iommu.ops->flush(id_of(vm), IOMMU_NOBODY))
        status = BN_EBUSY;
    spin_unlock(&iommu.lock);
    return status;
}

enum bn_status iommu_unmap(const struct vm *vm, gpa_t gpa, uint64_t bytes)
{
    return iommu_map(vm, gpa, 0, bytes, 0);
}

enum bn_status iommu_service_memory(bool there)
{
    static struct host_range own[HOST_MAX_RANGES];
    struct nested_paging *tables = &domains[REST].tables;
    enum bn_status status = BN_OK, ignored;
    uint32_t count;

    if (!iommu.ops)
        return BN_OK;
    spin_lock(&iommu.lock);
    count = host_service_ranges(own, &ignored);
    for (uint32_t i = 0; i < count && status == BN_OK; i++)
        status = there ? paging_map(tables, own[i].base, own[i].base, own[i].bytes, IN_DOMAIN)
                       : paging_unmap(tables, own[i].base, own[i].bytes);
    if (!iommu.ops->flush(REST + 1, IOMMU_NOBODY))
        status = BN_EBUSY;
    spin_unlock(&iommu.lock);
    return status;
}

void iommu_release(struct vm *vm)
{
    if (!iommu.ops)
        return;
    if (vm_is_service(vm)) {
        if (iommu_service_memory(false) != BN_OK)
            hv_log("IOMMU: devices go on reaching the memory of [%s]", vm->config->name);
        return;
    }
    spin_lock(&iommu.lock);
    for (uint32_t bdf = 0; bdf < IOMMU_FUNCTIONS && domains[vm->id].functions; bdf++)
        if (owner[bdf] == id_of(vm))
            (void)move((uint16_t)bdf, 0);
    spin_unlock(&iommu.lock);
}

/* What firmware says that devices go on using (VT-d §8.4, AMD IOMMU §5.2.2.7): the picture of a
 * graphics unit, for one; but nothing that is somebody's memory. */
static void reserve(struct nested_paging *tables)
{
    enum bn_status status = BN_OK;

    for (uint32_t i = 0; i < acpi_info.reserved_count && status == BN_OK; i++) {
        hpa_t base = page_down(acpi_info.reserved[i].base),
              end = page_up(acpi_info.reserved[i].end);

        status = paging_map(tables, base, base, end - base, IN_DOMAIN);
    }
    for (uint32_t i = 0; i < boot_info.memory_count && status == BN_OK; i++)
        if (boot_info.memory[i].type == BN_MEMORY_USABLE)
            status = paging_unmap(tables, page_down(boot_info.memory[i].base),
                                  page_up(boot_info.memory[i].bytes));
    if (status != BN_OK)
        hv_panic("IOMMU: no place for what firmware reserves (status %u)", status);
}

static bool every_source_known(void)
{
    for (uint32_t i = 0; i < acpi_info.ioapic_count; i++)
        if (acpi_info.ioapic[i].source == ACPI_NO_SOURCE)
            return false;
    return true;
}

static const struct iommu_ops *choose(void)
{
    const struct iommu_ops *ops = acpi_info.iommu[0].amd ? &iommu_amd : &iommu_vtd;

    if (!acpi_info.iommu_count) {
        hv_log("IOMMU: none; a device that is told to write to memory of others does so");
        return NULL;
    }
    for (uint32_t i = 0; i < acpi_info.iommu_count; i++)
        if (!host_map_mmio(acpi_info.iommu[i].base, acpi_info.iommu[i].bytes))
            hv_panic("the IOMMU at %lx cannot be reached", acpi_info.iommu[i].base);
    if (!ops->probe(&iommu.limits)) {
        hv_log("IOMMU: not of a kind that we use: devices are not confined");
        return NULL;
    }
    iommu.limits.remapping &= every_source_known();
    iommu.limits.wide &= lapic_is_x2apic();
    return ops;
}

void iommu_init(void)
{
    struct domain *rest = &domains[REST];
    const struct iommu_ops *ops = choose();

    if (!ops && scenario.flags & BN_SCENARIO_IOMMU)
        hv_panic("the scenario requires an IOMMU");
    if (!ops)
        return;
    iommu.ops = ops;
    if (new_tables(&rest->tables) != BN_OK)
        hv_panic("no memory for the IOMMU's page tables");
    reserve(&rest->tables);
    ops->prepare(iommu.limits.remapping);
    memset(owner, REST + 1, sizeof(owner));
    for (uint32_t i = 0; i < scenario.device_count; i++)
        if (scenario_hides(&scenario, &scenario.device[i]))
            owner[scenario.device[i].bdf] = 0;
    for (uint32_t bdf = 0; bdf < IOMMU_FUNCTIONS; bdf++) {
        rest->functions += owner[bdf] != 0;
        if (owner[bdf])
            ops->point((uint16_t)bdf, &rest->tables, REST + 1);
    }
    for (uint32_t i = 0; i < acpi_info.iommu_count; i++)
        if (!ops->start(i))
            hv_panic("an IOMMU that does not do what it is told protects nobody");
    hv_log("IOMMU: %u of %s, devices reach the service VM's memory only; interrupts are%s remapped",
           acpi_info.iommu_count, ops->name, iommu.limits.remapping ? "" : " not");
}

void iommu_denied(uint16_t bdf, const char *what, uint64_t where, unsigned reason)
{
    uint8_t id = owner[bdf];
    struct vm *vm = id && id != REST + 1 ? &vms[id - 1] : vm_service();

    vm_log(vm ? vm : &vms[0], "denied: device %02x:%02x.%x, %s %lx (IOMMU, reason %x)",
           PCI_NAME(bdf), what, where, reason);
}

void iommu_interrupt(void)
{
    for (uint32_t i = 0; iommu.ops && i < acpi_info.iommu_count; i++)
        iommu.ops->faults(i);
}
