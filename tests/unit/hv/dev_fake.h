/* SPDX-License-Identifier: BSD-3-Clause */
/* A machine in plain memory around the emulated devices: VM, vCPUs, clock, ports, PCI functions. */
#ifndef DEV_FAKE_H
#define DEV_FAKE_H

/* cmocka wants these before itself */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "hv/pcpu.h"
#include "hv/vm.h"
#include "hv/watchdog.h"

#define FAKE_RAM_BYTES 0x40000u
#define FAKE_LOG_BYTES 0x10000u
#define FAKE_PCI_MAX   24u
#define FAKE_PAGES     0x38000u /* what pages_alloc gives, to the end of the memory */
#define FAKE_ECAM      0xB0000000u

struct fake_pci {
    bool present;
    uint16_t bdf;
    uint8_t config[4096];
    uint32_t bar_bytes[6]; /* 0: none */
    unsigned resets;       /* of the bus behind it */
};

struct fake {
    uint64_t tsc;                /* 1 GHz */
    uint8_t ram[FAKE_RAM_BYTES]; /* host and guest physical 0..; page tables: linear == physical */
    uint64_t unmapped;           /* linear page that faults, 0: none */
    uint32_t requests[HV_MAX_VCPUS]; /* VCPU_REQ_* by vCPU, ored */
    int sipi[HV_MAX_VCPUS];          /* vector, -1: none */
    struct hv_timer *timer[8];
    uint32_t skipped; /* bytes of instructions skipped */
    int exception;
    uint64_t cr2;
    struct segment_state segment[SEG_COUNT];
    uint64_t efer, cr0;
    char log[FAKE_LOG_BYTES]; /* everything logged, lines end in newline */
    jmp_buf *panic;           /* where to go on after one; none: the test ends */
    uint8_t port[65536];      /* what ports read as; writes land here too */
    uint32_t writes;          /* port and device register writes so far */
    uint16_t last_port;
    uint32_t last_value;
    char uart[4096]; /* sent to the physical UART at 3F8h */
    uint32_t uart_count;
    bool no_uart;      /* there is none: its ports read as ones */
    const char *typed; /* what it receives */
    uint32_t pci_address;
    struct fake_pci pci[FAKE_PCI_MAX];
    uint32_t ioapic_select;
    uint32_t ioapic[64]; /* registers of the physical I/O APIC at FEC00000h */
    uint64_t mapped_from, mapped_bytes, unmapped_from, unmapped_bytes; /* the last, of any VM */
    enum bn_status map_status;                                         /* what vm_unmap says */
    struct vm *domain; /* whose memory the last function assigned reaches */
    enum bn_status assign_status;
    size_t pages;
    bool remaps; /* the IOMMU, interrupts; who asked last, and for what */
    bool route_level;
    uint16_t source;
    uint32_t handles, handles_left, route_apic; /* left 0: as many as you like */
    int power_asked;                            /* enum bn_hv_end of the last request, -1: none */
};

extern struct fake fake;

/* A VM `vms[0]` with vCPUs 0..count-1 in 64-bit mode, APIC ids as numbers; APICs software-enabled.
 */
struct vm *fake_vm(unsigned vcpus);
/* Lets time pass and fires what expires, in order. */
void fake_pass_ns(uint64_t ns);
/* An access as the run loop does it: by the region tables. True: some region took it. */
bool fake_pio(struct vm *vm, uint16_t port, unsigned bytes, bool write, uint64_t *value);
bool fake_mmio(struct vm *vm, uint64_t gpa, unsigned bytes, bool write, uint64_t *value);
/* An access to the page of one vCPU's local APIC. */
void fake_apic(struct vcpu *vcpu, uint64_t offset, unsigned bytes, bool write, uint64_t *value);
uint8_t fake_inb(struct vm *vm, uint16_t port);
void fake_outb(struct vm *vm, uint16_t port, uint8_t value);
uint32_t fake_read32(struct vm *vm, uint64_t gpa);
void fake_write32(struct vm *vm, uint64_t gpa, uint32_t value);
struct fake_pci *fake_add_pci(uint16_t bdf, uint16_t vendor_id, uint16_t device_id,
                              uint16_t class_code);
/* Four bytes of its configuration space, as the machine has them. */
void fake_pci_set(struct fake_pci *device, unsigned at, uint32_t value);
uint32_t fake_pci_get(const struct fake_pci *device, unsigned at);
/* The VM's access to configuration space by the two ports. */
uint32_t fake_cfg(struct vm *vm, uint16_t bdf, unsigned at, unsigned bytes);
void fake_cfg_write(struct vm *vm, uint16_t bdf, unsigned at, unsigned bytes, uint32_t word);

#endif
