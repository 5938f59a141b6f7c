/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the hardware report: what the machine is, and whether it has what the scenario asks for. */
#include "hv/hw.h"
#include "hv/lib.h"
#include "hv/log.h"
#include "hv/pci.h"
#include "hypervisor/x86/dev/pci_regs.h"
#include "machine.h"

static void report_processor(void)
{
    char maker[13], model[49], list[400];

    machine_brand(maker, model);
    report_line("processor: %s, %s", maker, model);
    machine_names(true, list, sizeof(list));
    report_line("processor has: %s", list);
    machine_names(false, list, sizeof(list));
    report_line("processor lacks: %s", list);
}

static void report_memory(const struct bn_memory *map, uint32_t count)
{
    uint64_t usable = 0, low = 0;

    for (uint32_t i = 0; i < count; i++) {
        if (map[i].type != BN_MEMORY_USABLE)
            continue;
        usable += map[i].bytes;
        if (map[i].base < UINT64_C(1) << 32)
            low += map[i].bytes;
    }
    report_line("memory: %lu MiB usable, %lu of them below 4 GiB", usable >> 20, low >> 20);
}

static void report_acpi(const struct acpi_info *acpi)
{
    report_line("CPUs: %u", acpi->cpu_count);
    if (acpi->pm_timer)
        report_line("ACPI PM timer: port 0x%x", acpi->pm_timer);
    else
        report_line("ACPI PM timer: none");
    if (acpi->hpet_base)
        report_line("HPET: at 0x%lx, not used", acpi->hpet_base);
    else
        report_line("HPET: none, none is needed");
    for (uint32_t i = 0; i < acpi->iommu_count; i++)
        report_line("IOMMU: %s at 0x%lx%s", acpi->iommu[i].amd ? "AMD-Vi" : "VT-d",
                    acpi->iommu[i].base,
                    acpi->no_remapping ? ", interrupts cannot be remapped" : "");
    for (uint32_t i = 0; i < acpi->reserved_count; i++)
        report_line("%s: 0x%lx to 0x%lx", acpi->iommu[0].amd ? "IVMD" : "RMRR",
                    acpi->reserved[i].base, acpi->reserved[i].end - 1);
}

/* By the upper byte of the device's number, from Broadwell on; 0: not known. */
static unsigned intel_generation(uint16_t device)
{
    static const uint8_t known[][2] = {
        {0x16, 8},  {0x19, 9},  {0x31, 9},  {0x3E, 9},  {0x59, 9},  {0x5A, 9},
        {0x87, 9},  {0x9B, 9},  {0x45, 11}, {0x4E, 11}, {0x8A, 11}, {0x46, 12},
        {0x4C, 12}, {0x7D, 12}, {0x9A, 12}, {0xA7, 12},
    };

    for (unsigned i = 0; i < HV_ARRAY_SIZE(known); i++)
        if (device >> 8 == known[i][0])
            return known[i][1];
    return 0;
}

static void report_function(uint16_t bdf, void *context)
{
    const uint16_t class = (uint16_t)pci_read(bdf, PCI_CLASS_DEVICE, 2);
    const uint32_t bar = pci_read(bdf, PCI_BAR0, 4);
    uint16_t maker, device;

    (void)context;
    machine_pci_ids(bdf, &maker, &device);
    if (class >> 8 == PCI_CLASS_DISPLAY && maker == PCI_VENDOR_INTEL && intel_generation(device))
        report_line("graphics: %02x:%02x.%x is %04x:%04x, Intel generation %u", PCI_NAME(bdf),
                    maker, device, intel_generation(device));
    else if (class >> 8 == PCI_CLASS_DISPLAY)
        report_line("graphics: %02x:%02x.%x is %04x:%04x", PCI_NAME(bdf), maker, device);
    else if (class == PCI_CLASS_SERIAL && bar & PCI_BAR_IO)
        report_line("UART: %02x:%02x.%x is %04x:%04x, port 0x%x", PCI_NAME(bdf), maker, device,
                    bar & 0xFFF8);
}

void report_machine(const struct acpi_info *acpi, const struct bn_boot_info *info)
{
    const struct bn_boot_framebuffer *display = &info->framebuffer;

    report_processor();
    report_acpi(acpi);
    report_memory(info->memory, info->memory_count);
    pci_each(report_function, NULL);
    for (uint16_t port = 0x2F8; port <= 0x3F8; port = (uint16_t)(port + 0x100))
        if (uart_present(port))
            report_line("UART: port 0x%x", port);
    if (display->base)
        report_line("display: %ux%u, framebuffer at 0x%lx", display->width, display->height,
                    display->base);
    else
        report_line("display: none with a linear framebuffer");
}

void report_finding(void *context, enum scenario_verdict verdict, struct scenario_ref at,
                    const char *member, const char *what, const char *remedy)
{
    static const char *const words[] = {"yes", "lost", "NO"};

    (void)at;
    (void)member;
    if (context) {
        report_line("needed: %s: %s", words[verdict], what);
        if (verdict != SCENARIO_MET)
            report_line("    remedy: %s", remedy);
    }
    if (verdict == SCENARIO_UNMET) {
        complain("ERROR: %s", what);
        complain("    remedy: %s", remedy);
    }
}

const char *machine_misfit(const struct bn_scenario *s, const struct bn_boot_info *info)
{
    static struct acpi_info acpi;
    const bool report = s->flags & BN_SCENARIO_REPORT;
    struct scenario_machine machine = {.memory = info->memory,
                                       .memory_count = info->memory_count,
                                       .pci_ids = machine_pci_ids,
                                       .uart_present = uart_present};

    if (acpi_read(info->rsdp, 0, &acpi) != BN_OK)
        return "the firmware's ACPI tables cannot be used";
    machine_features(&acpi, info->framebuffer.base, &machine);
    if (report)
        report_machine(&acpi, info);
    if (scenario_fit(s, &machine, report_finding, report ? &acpi : NULL))
        return "it cannot be used on this machine";
    hv_log("scenario %s for %u VMs on %u CPUs", s->name, s->vm_count, machine.cpu_count);
    return NULL;
}
