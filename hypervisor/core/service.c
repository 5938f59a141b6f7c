/* SPDX-License-Identifier: BSD-3-Clause */
/* Builds the service VM: the whole machine at its own addresses, less what belongs to others. */
#include <asm/e820.h>

#include "hv/arch.h"
#include "hv/host.h"
#include "hv/iommu.h"
#include "hv/pci.h"
#include "hv/platform.h"
#include "hv/scenario.h"
#include "hv/shm.h"
#include "hv/vmsi.h"

#define LOWEST_PLACE       0x1000000ull /* parts of the kernel lie above 16 MiB */
#define E820_SOFT_RESERVED 0xEFFFFFFFu
#define ALL_PORTS          0x10000u

static struct host_range own[HOST_MAX_RANGES];
static uint32_t own_count;
static struct boot_e820_entry e820[E820_MAX_ENTRIES_ZEROPAGE];
static uint32_t e820_count;

static const struct bn_module *module_in(hpa_t base, uint64_t bytes)
{
    for (uint32_t i = 0; i < boot_info.module_count; i++)
        if (ranges_meet(boot_info.module[i].base, page_up(boot_info.module[i].bytes), base, bytes))
            return &boot_info.module[i];
    return NULL;
}

/* Memory of the VM for `bytes`, as high as possible below 4 GiB, that no image lies in which is
 * still to be read; 0: none. */
static hpa_t place(uint64_t bytes, uint64_t alignment)
{
    for (uint32_t i = own_count; i--;) {
        hpa_t first = own[i].base > LOWEST_PLACE ? own[i].base : LOWEST_PLACE;
        hpa_t end = own[i].base + own[i].bytes;

        if (end > HV_4_GIB)
            end = HV_4_GIB;
        while (end >= first && end - first >= bytes) {
            hpa_t at = (end - bytes) & ~(alignment - 1);
            const struct bn_module *module = module_in(at, bytes);

            if (at < first)
                break;
            if (!module)
                return at;
            end = module->base;
        }
    }
    return 0;
}

/* Nothing once something went wrong. */
static void hide(struct vm *vm, hpa_t base, uint64_t bytes, enum bn_status *status)
{
    if (bytes && *status == BN_OK)
        *status =
            paging_unmap(&vm->memory, page_down(base), page_up(base + bytes) - page_down(base));
}

static void show(struct vm *vm, hpa_t base, uint64_t bytes, uint32_t kind, enum bn_status *status)
{
    if (*status == BN_OK)
        *status =
            paging_map(&vm->memory, base, base, bytes, MAP_READ | MAP_WRITE | MAP_EXEC | kind);
}

/* The whole machine, less memory that is not this VM's (hypervisor, other VMs, what exceeds its
 * share) and registers that are emulated or only the hypervisor's. */
static enum bn_status map_machine(struct vm *vm)
{
    unsigned bits = cpuid(0x80000008, 0).eax & 0xFF;
    enum bn_status status = BN_OK;

    show(vm, 0, 1ull << (bits < 46 ? bits : 46), MAP_DEVICE, &status);
    for (uint32_t i = 0; i < boot_info.memory_count; i++)
        if (boot_info.memory[i].type == BN_MEMORY_USABLE)
            hide(vm, boot_info.memory[i].base, boot_info.memory[i].bytes, &status);
    for (uint32_t i = 0; i < own_count; i++)
        show(vm, own[i].base, own[i].bytes, 0, &status);
    for (uint32_t i = 0; i < vm->mmio_count; i++)
        hide(vm, vm->mmio[i].base, vm->mmio[i].bytes, &status);
    for (uint32_t i = 0; i < vm->pci->forbidden_count; i++)
        hide(vm, vm->pci->forbidden[i].base, vm->pci->forbidden[i].bytes, &status);
    return status == BN_OK ? shm_map(vm) : status;
}

static bool others_port(const struct vm *vm, uint32_t port)
{
    for (uint32_t i = 0; i < vm->pio_count; i++)
        if (port - vm->pio[i].base < vm->pio[i].bytes)
            return true;
    for (uint32_t i = 0; i < scenario.device_count; i++)
        if (scenario.device[i].kind == BN_DEVICE_UART && port - scenario.device[i].port < 8)
            return true;
    return port - scenario.console_port < 8;
}

static void open_ports(struct vm *vm)
{
    for (uint32_t port = 0; port < ALL_PORTS; port++)
        if (!others_port(vm, port))
            vm_allow_port(vm, (uint16_t)port, 1);
}

static void add_e820(uint64_t base, uint64_t bytes, uint32_t type)
{
    if (bytes && e820_count < HV_ARRAY_SIZE(e820))
        e820[e820_count++] = (struct boot_e820_entry){base, bytes, type};
}

/* Its own memory with the page of ACPI tables cut out, the firmware's reservations, the window; in
 * any order, Linux sorts. */
static void make_e820(hpa_t acpi_page)
{
    struct bn_range claim;
    struct scenario_ref who;

    e820_count = 0;
    for (uint32_t i = 0; i < own_count; i++) {
        const struct host_range *r = &own[i];

        if (ranges_meet(r->base, r->bytes, acpi_page, HV_PAGE_BYTES)) {
            add_e820(r->base, acpi_page - r->base, E820_RAM);
            add_e820(acpi_page, HV_PAGE_BYTES, E820_ACPI);
            add_e820(acpi_page + HV_PAGE_BYTES, r->base + r->bytes - acpi_page - HV_PAGE_BYTES,
                     E820_RAM);
        } else {
            add_e820(r->base, r->bytes, E820_RAM);
        }
    }
    for (uint32_t i = 0; i < boot_info.memory_count; i++) {
        const struct bn_memory *m = &boot_info.memory[i];

        if (m->type != BN_MEMORY_USABLE)
            add_e820(m->base, m->bytes, m->type == BN_MEMORY_MMIO ? E820_RESERVED : m->type);
    }
    for (uint32_t i = 0; scenario_claim(&scenario, i, &claim, &who); i++)
        add_e820(claim.hpa, claim.bytes,
                 who.object == SCENARIO_SHM ? E820_SOFT_RESERVED : E820_RESERVED);
}

static enum bn_status load_kernel(struct vm *vm, const struct bn_module *kernel)
{
    const struct bn_module *initrd = boot_module(vm->config->initrd);
    const struct boot_params *image = hpa_to_ptr(kernel->base);
    struct linux_place where = {0};
    uint64_t room, alignment;

    if (linux_check(image, kernel->bytes, &room, &alignment) != BN_OK) {
        hv_log("[%s] %s is no 64-bit bzImage", vm->config->name, kernel->name);
        return BN_EINVAL;
    }
    where.initrd_bytes = initrd ? initrd->bytes : 0;
    where.kernel =
        place(page_up(room) + LINUX_BLOB_BYTES + HV_PAGE_BYTES + page_up(where.initrd_bytes),
              alignment > HV_PAGE_BYTES ? alignment : HV_PAGE_BYTES);
    if (!where.kernel)
        return BN_ENOMEM;
    where.blob = where.kernel + page_up(room);
    where.rsdp = where.blob + LINUX_BLOB_BYTES;
    if (initrd) {
        where.initrd = where.rsdp + HV_PAGE_BYTES;
        memcpy(hpa_to_ptr(where.initrd), hpa_to_ptr(initrd->base), initrd->bytes);
    }
    if (acpi_build_service(&acpi_info, vm, where.rsdp) != BN_OK)
        return BN_ENOMEM;
    make_e820(where.rsdp);
    return linux_load(vm, image, kernel->bytes, &where, e820, e820_count);
}

enum bn_status service_build(struct vm *vm, const struct bn_module *kernel)
{
    enum bn_status status;

    own_count = host_service_ranges(own, &status);
    if (status != BN_OK) {
        hv_log("[%s] the machine has too little memory for it", vm->config->name);
        return status;
    }
    status = vm_create(vm) ?: map_machine(vm) ?: vmsi_start_service(vm) ?: load_kernel(vm, kernel)
             ?: iommu_service_memory(true);
    if (status != BN_OK)
        return status;
    open_ports(vm);
    for (uint32_t i = 0; i < vm->vcpu_count; i++)
        vm->vcpu[i].pcpu->service = &vm->vcpu[i];
    return BN_OK;
}
