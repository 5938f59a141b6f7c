/* SPDX-License-Identifier: BSD-3-Clause */
/* The order of boot: from the loader's jump to the first guest instruction. */
#include "hv/arch.h"
#include "hv/forget.h"
#include "hv/host.h"
#include "hv/iommu.h"
#include "hv/passthrough.h"
#include "hv/pci.h"
#include "hv/platform.h"
#include "hv/scenario.h"
#include "hv/shm.h"
#include "hv/vioapic.h"
#include "hv/vmsi.h"
#include "hv/watchdog.h"

struct bn_boot_info boot_info;
struct bn_scenario scenario;
struct acpi_info acpi_info;

extern char image_start[], image_end[];
static const struct vcpu_vendor *const vendors[] = {&vendor_svm, &vendor_vmx};
static volatile bool go; /* VMs that start by themselves are in their run queues */

void stack_switch_call(uint64_t stack_top, void (*function)(void)) HV_NORETURN;

/* Our own copies, before anybody gets the memory they lie in. What is wrong is told once there is a
 * console. That the scenario is sound its compiler has seen to, and the loader that the machine has
 * what it asks for (docs/scenario.md). */
static const char *copy_boot_info(hpa_t address)
{
    uint32_t crc;

    memcpy(&boot_info, hpa_to_ptr(address), sizeof(boot_info));
    memcpy(&scenario, hpa_to_ptr(boot_info.scenario), sizeof(scenario));
    crc = boot_info.crc;
    boot_info.crc = 0;
    if (boot_info.magic != BN_BOOT_MAGIC || boot_info.version != BN_BOOT_VERSION ||
        boot_info.bytes != sizeof(boot_info) || crc != bn_crc32(0, &boot_info, sizeof(boot_info)) ||
        boot_info.memory_count > BN_BOOT_MAX_MEMORY || boot_info.module_count > BN_BOOT_MAX_MODULES)
        return "the loader's boot information is damaged or of another version";
    return scenario_wrong(&scenario, sizeof(scenario));
}

static void choose_vendor(void)
{
    for (unsigned i = 0; i < HV_ARRAY_SIZE(vendors) && !vendor; i++)
        if (vendors[i]->present())
            vendor = vendors[i];
        else
            hv_log("virtualisation: this processor offers no %s", vendors[i]->name);
    if (!vendor)
        hv_panic("no virtualisation that can be used: switch it on in the firmware's setup, or use "
                 "another processor");
    hv_log("virtualisation: %s", vendor->name);
}

void init_this_cpu(void)
{
    xstate_init_cpu();
    if (vendor->cpu_enable() != BN_OK)
        hv_panic("CPU %u: virtualisation cannot be switched on, see above", this_pcpu()->id);
}

void init_wait_and_run(void)
{
    struct pcpu *cpu = this_pcpu();

    while (!go)
        cpu_pause();
    cpu->resched = true;
    vcpu_loop();
}

static void report_machine(void)
{
    uint64_t usable = 0;

    for (uint32_t i = 0; i < boot_info.memory_count; i++)
        if (boot_info.memory[i].type == BN_MEMORY_USABLE)
            usable += boot_info.memory[i].bytes;
    hv_log("scenario %s: %u CPUs, %lu MiB usable, %s, %lu pages of ours left", scenario.name,
           pcpu_count, usable >> 20, lapic_is_x2apic() ? "x2APIC" : "xAPIC", memory_free_pages());
}

static void build_vms(enum bn_vm_kind kind)
{
    for (uint32_t i = 0; i < scenario.vm_count; i++) {
        struct vm *vm = &vms[i];

        if (vm->config->kind != kind)
            continue;
        if (vm_build(vm) != BN_OK)
            hv_panic("VM %s cannot be built", vm->config->name);
        hv_log("[%s] starts on CPU %u", vm->config->name, vm->config->cpu[0].pcpu);
        vm_start(vm);
    }
}

/* By the UART's interrupt if the scenario says which it is; else by polling. */
static void start_console_input(void)
{
    bool routed = false;

    for (uint32_t i = 0; i < scenario.device_count; i++) {
        const struct bn_scenario_device *device = &scenario.device[i];

        if (device->kind == BN_DEVICE_UART && device->owner == BN_OWNER_HYPERVISOR &&
            device->port == scenario.console_port)
            routed =
                hostirq_route_isa(device->isa_irq, pcpus[0].apic_id, HOST_VECTOR_CONSOLE) == BN_OK;
    }
    console_start_input(routed);
}

/* On the guarded stack, with exceptions working. */
static void boot_rest(void)
{
    host_memory_init();
    lapic_init_cpu();
    pcpus[0].apic_id = lapic_id();
    if (acpi_read(boot_info.rsdp, pcpus[0].apic_id, &acpi_info) != BN_OK)
        hv_panic("the firmware's ACPI tables cannot be used");
    clock_calibrate(acpi_info.pm_timer);
    hostirq_init();
    pci_init(acpi_info.ecam_base, acpi_info.ecam_first_bus, acpi_info.ecam_last_bus);
    xstate_init();
    cpuid_policy_init();
    choose_vendor();
    forget_init();
    init_this_cpu();
    pcpus[0].online = true;
    smp_start();
    report_machine();
    vm_init_all();
    boot_keep_images();
    for (uint32_t i = 0; i < scenario.vm_count; i++)
        if (scenario.vm[i].flags & BN_VM_DIRECT_IRQ)
            pcpus[scenario.vm[i].cpu[0].pcpu].direct = true;
    if (shm_init(&scenario) != BN_OK)
        hv_panic("the shared window cannot be laid out");
    display_init();
    iommu_init();
    vmsi_init();
    passthrough_init();
    build_vms(BN_VM_PRELAUNCHED);
    go = true; /* the cluster runs from here on */
    build_vms(BN_VM_SERVICE);
    watchdog_init(&scenario);
    start_console_input();
    init_wait_and_run();
}

void hv_main(hpa_t boot_info_address)
{
    const char *wrong = copy_boot_info(boot_info_address);

    boot_tsc = boot_info.tsc_entry;
    console_init(scenario.console_port);
    hv_log("Binnacle hypervisor");
    if (wrong)
        hv_panic("%s", wrong);
    memory_init(ptr_to_hpa(image_end), scenario.hypervisor.hpa + scenario.hypervisor.bytes);
    hostmap_init();
    cpu_tables_init(&pcpus[0]);
    pcpus_ready = true;
    stack_switch_call(pcpus[0].stack_top, boot_rest);
}
