/* SPDX-License-Identifier: BSD-3-Clause */
/* The map of the machine that the device model shows to its VM: memory, windows, ports, interrupts.
 * dsdt.asl says the same. */
#ifndef DM_LAYOUT_H
#define DM_LAYOUT_H

#define LOW_MEMORY_MAX 0x40000000ull  /* memory up to here, the rest from HIGH_MEMORY */
#define HIGH_MEMORY    0x100000000ull /* 4 GiB: any guest of more than 1 GiB straddles it */
#define MMIO32_BASE    0x80000000ull  /* 32-bit BARs: where OVMF puts them as well */
#define MMIO32_BYTES   0x60000000ull
#define ECAM_BASE      0xE0000000ull /* bus 0 only */
#define ECAM_BYTES     0x00100000ull
#define IOAPIC_BASE    0xFEC00000ull /* in the hypervisor, as is the local APIC */
#define LAPIC_BASE     0xFEE00000ull
#define FIRMWARE_END   0x100000000ull /* the reset vector is 16 bytes below */
#define FIRMWARE_MAX   0x01000000ull
#define MMIO64_BASE    0x1000000000ull /* 64 GiB: 64-bit BARs */
#define MMIO64_BYTES   0x1000000000ull

#define EBDA_BASE      0x9FC00u /* conventional memory ends here */
#define BOOT_PARAMS    0x7000u  /* zero page */
#define CMDLINE_BASE   0x20000u
#define CMDLINE_BYTES  0x1000u
#define BOOT_GDT       0x6000u
#define MULTIBOOT_INFO 0x10000u /* and what it points to, up to 64 KiB */
#define ACPI_BASE      0xE0000u /* tables, up to 64 KiB */
#define ACPI_BYTES     0x10000u
#define KERNEL_BASE    0x100000u

#define PORT_I8042      0x60
#define PORT_PORT92     0x92
#define PORT_RTC        0x70
#define PORT_DEBUG_EXIT 0xF4
#define PORT_UART       0x3F8
#define PORT_DEBUG      0x402
#define PORT_FW_CFG     0x510
#define PORT_PM         0x600 /* event block 4 bytes, control 2 at +4, timer 4 at +8 */
#define PORT_RESET      0xCF9

#define IRQ_UART 4
#define IRQ_SCI  9

#endif
