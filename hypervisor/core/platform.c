/* SPDX-License-Identifier: BSD-3-Clause */
/* The devices that the hypervisor itself emulates for each kind of VM, and the ports left open. */
#include "hv/platform.h"
#include "hv/host.h"
#include "hv/passthrough.h"
#include "hv/pci.h"
#include "hv/scenario.h"
#include "hv/shm.h"
#include "hv/vioapic.h"
#include "hv/vuart.h"
#include "hv/watchdog.h"

#define UART_PORTS      8u
#define PIN_UART        (1u << VUART_IRQ)
#define PIN_PIT         (1u << 2) /* of the machine's timer, which is no VM's */
#define DEBUG_EXIT_PORT 0xF4u     /* isa-debug-exit of QEMU */
#define SPEAKER_COUNT   0x42u     /* and its mode */
#define SPEAKER_GATE    0x61u

static struct devices {
    struct vioapic ioapic;
    struct vuart uart;
    struct vpci pci;
} devices[HV_MAX_VMS];

static void interrupt_controllers(struct vm *vm, struct devices *d)
{
    vm_add_mmio(vm, VLAPIC_BASE, HV_PAGE_BYTES, vlapic_mmio, NULL);
    vioapic_init(&d->ioapic, vm);
    legacy_init(vm);
}

/* Where no device of the service VM may be moved to: others' memory, and what only the hypervisor
 * has. */
static void forbid_others(struct vpci *pci)
{
    struct bn_range r;
    struct scenario_ref who;

    for (uint32_t i = 0; scenario_claim(&scenario, i, &r, &who); i++)
        vpci_forbid(pci, r.hpa, r.bytes);
    for (uint32_t i = 0; i < acpi_info.ioapic_count; i++)
        vpci_forbid(pci, acpi_info.ioapic[i].base, HV_PAGE_BYTES);
    for (uint32_t i = 0; i < acpi_info.iommu_count; i++)
        vpci_forbid(pci, acpi_info.iommu[i].base, acpi_info.iommu[i].bytes);
    if (acpi_info.hpet_base)
        vpci_forbid(pci, acpi_info.hpet_base, HV_PAGE_BYTES);
    vpci_forbid(pci, VLAPIC_BASE, HV_PAGE_BYTES);
}

/* Everything of the machine that is nobody else's, behind the filters. */
static void create_service(struct vm *vm, struct devices *d)
{
    interrupt_controllers(vm, d);
    vuart_init(&d->uart, vm);
    vpci_init(&d->pci, vm);
    forbid_others(&d->pci);
    for (uint32_t i = 0; i < scenario.device_count; i++)
        if (scenario_hides(&scenario, &scenario.device[i]))
            vpci_hide(&d->pci, scenario.device[i].bdf);
    for (uint32_t i = 0; i < acpi_info.iommu_count; i++)
        if (acpi_info.iommu[i].amd)
            vpci_hide(&d->pci, acpi_info.iommu[i].bdf);
    power_init(vm);
    hostirq_forward(&d->ioapic, PIN_UART | PIN_PIT);
    hvregs_init(vm);
}

static enum bn_status open_uart(struct vm *vm, const struct bn_scenario_device *device)
{
    vm_allow_port(vm, device->port, UART_PORTS);
    if (device->vector == BN_VECTOR_NONE)
        return BN_OK;
    return hostirq_route_isa(device->isa_irq, vm->vcpu[0].lapic.apic_id, device->vector);
}

/*
 * A pre-launched VM has its own real devices; one that takes its interrupts from us has a virtual
 * UART and interrupt controllers besides. Without a service VM it is a test or a measurement, which
 * may end the emulator it runs in.
 */
static enum bn_status create_prelaunched(struct vm *vm, struct devices *d)
{
    enum bn_status status = BN_OK;

    if (!(vm->config->flags & BN_VM_DIRECT_IRQ)) {
        interrupt_controllers(vm, d);
        vuart_init(&d->uart, vm);
        if (scenario.flags & BN_SCENARIO_NO_SERVICE_VM)
            vm_allow_port(vm, DEBUG_EXIT_PORT, 1);
    }
    for (uint32_t i = 0; i < scenario.device_count && status == BN_OK; i++) {
        const struct bn_scenario_device *device = &scenario.device[i];

        if (device->owner != vm->id)
            continue;
        if (device->kind == BN_DEVICE_UART)
            status = open_uart(vm, device);
        if (device->kind == BN_DEVICE_SPEAKER) {
            vm_allow_port(vm, SPEAKER_COUNT, 2);
            vm_allow_port(vm, SPEAKER_GATE, 1);
        }
        if (status != BN_OK)
            hv_log("[%s] device %s: its interrupt cannot be routed", vm->config->name,
                   device->name);
    }
    return status;
}

enum bn_status platform_create(struct vm *vm)
{
    struct devices *d = &devices[vm->id];

    memset(d, 0, sizeof(*d));
    vm->ioapic = NULL;
    vm->uart = NULL;
    vm->pci = NULL;
    if (vm->config->kind == BN_VM_PRELAUNCHED)
        return create_prelaunched(vm, d);
    if (vm_is_service(vm))
        create_service(vm, d);
    else
        interrupt_controllers(vm, d);
    return BN_OK;
}

void platform_reset(struct vm *vm)
{
    if (vm->ioapic)
        vioapic_reset(vm->ioapic);
    if (vm->uart)
        vuart_reset(vm->uart);
    passthrough_reset(vm);
}

void platform_destroy(struct vm *vm)
{
    passthrough_release_all(vm);
    if (!vm->pci)
        return;
    /* Lines first: whoever is taking an interrupt now is done with it long before the devices are
     * quiet and what they interrupt is built anew. */
    hostirq_stop();
    vpci_stop_devices(vm->pci);
}
