/* SPDX-License-Identifier: BSD-3-Clause */
/* The firmware's ACPI tables, checked and read; and those that the service VM sees instead. */
#ifndef HV_ACPI_H
#define HV_ACPI_H

#include "hv/types.h"

#define ACPI_MAX_IOAPICS   4u
#define ACPI_MAX_OVERRIDES 16u
#define ACPI_MAX_TABLES    48u
#define ACPI_MAX_IOMMUS    16u
#define ACPI_MAX_RESERVED  16u
#define ACPI_NO_SOURCE     UINT32_MAX

struct acpi_cpu {
    uint32_t apic_id;
    uint8_t uid; /* as the DSDT names it */
};

struct acpi_ioapic {
    uint8_t id;
    uint32_t gsi_base;
    hpa_t base;
    uint32_t source; /* the function that its messages come from; ACPI_NO_SOURCE: nobody says */
};

struct acpi_iommu {
    hpa_t base;
    uint32_t bytes; /* of its registers */
    bool amd;       /* else VT-d */
    uint8_t flags;  /* AMD: of its IVHD */
    uint16_t bdf;   /* AMD: its own function */
};

struct acpi_override { /* an ISA interrupt that is not at its own number */
    uint8_t irq;
    uint32_t gsi;
    uint16_t flags; /* MPS INTI flags: polarity bits 1:0, trigger bits 3:2 */
};

struct acpi_info {
    hpa_t tables[ACPI_MAX_TABLES]; /* as the XSDT (or RSDT) lists them, all with good checksums */
    uint32_t table_count;
    uint32_t cpu_count; /* usable ones, boot CPU first, then in MADT order */
    struct acpi_cpu cpu[HV_MAX_PCPUS];
    uint32_t ioapic_count;
    struct acpi_ioapic ioapic[ACPI_MAX_IOAPICS];
    uint32_t override_count;
    struct acpi_override override[ACPI_MAX_OVERRIDES];
    hpa_t ecam_base; /* segment 0; 0: none */
    uint8_t ecam_first_bus, ecam_last_bus;
    uint16_t pm1a_event, pm1a_control, pm1b_control, pm_timer; /* ports, 0: none */
    uint32_t smi_command;                                      /* port */
    uint8_t acpi_enable; /* what is written there to enter ACPI mode */
    bool has_s5;
    uint8_t s5_type[2]; /* SLP_TYP of soft-off, for PM1a and PM1b */
    uint64_t reset_address;
    uint8_t reset_space, reset_value; /* 0 memory, 1 I/O, 2 PCI configuration */
    bool reset_supported;
    hpa_t hpet_base; /* 0: none */
    uint32_t iommu_count;
    struct acpi_iommu iommu[ACPI_MAX_IOMMUS]; /* of DMAR or IVRS */
    bool no_remapping;                        /* DMAR does not offer it for interrupts */
    uint32_t reserved_count;
    struct {
        hpa_t base, end;
    } reserved[ACPI_MAX_RESERVED]; /* memory that devices go on using */
};

/*
 * Reads the tables from `rsdp`. boot_apic_id: of the calling CPU. BN_EINVAL: there are none, or a
 * length or checksum that the rest depends on is wrong (logged by
 * table name); single bad tables are left out.
 */
enum bn_status acpi_read(hpa_t rsdp, uint32_t boot_apic_id, struct acpi_info *info);

/*
 * Builds the service VM's RSDP (at the page's start), XSDT and MADT in one page at `page` (mapped
 * at the same guest address); every other table stays where it is. Dropped: MADT (replaced by one
 * with the CPUs of `vm`), DMAR, IVRS, HPET, SRAT, SLIT, and tables that describe processors,
 * measured launch or error injection of the real machine. BN_ENOMEM: the page is too small.
 */
enum bn_status acpi_build_service(const struct acpi_info *info, const struct vm *vm, hpa_t page);

#endif
