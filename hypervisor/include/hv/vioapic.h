/* SPDX-License-Identifier: BSD-3-Clause */
/* The virtual I/O APIC of a VM: 24 pins at 0xFEC00000, version 0x20 (with EOI register). */
#ifndef HV_VIOAPIC_H
#define HV_VIOAPIC_H

#include "hv/acpi.h"
#include "hv/vm.h"

#define VIOAPIC_BASE  0xFEC00000ull
#define VIOAPIC_BYTES 0x1000u
#define VIOAPIC_PINS  24u

#define IOAPIC_SELECT  0x00u /* registers, alike in the machine's and the virtual one */
#define IOAPIC_WINDOW  0x10u
#define IOAPIC_VERSION 0x01u /* what is seen through the window, by its index */
#define IOAPIC_RTE     0x10u
#define RTE_VECTOR     0xFFull
#define RTE_DELIVERY   0x700ull
#define RTE_LOGICAL    (1ull << 11)
#define RTE_LOW        (1ull << 13)
#define RTE_REMOTE_IRR (1ull << 14)
#define RTE_LEVEL      (1ull << 15)
#define RTE_MASKED     (1ull << 16)
#define RTE_DEST_SHIFT 56

struct vioapic {
    struct vm *vm;
    struct spinlock lock;
    uint32_t select; /* IOREGSEL */
    uint32_t id;
    uint32_t lines; /* level of each pin's input, 1: asserted */
    uint64_t rte[VIOAPIC_PINS];
    /* Told after a guest changed a pin's entry or ended its interrupt: hostirq forwards physical
     * lines. No lock held. May be 0. */
    void (*pin_changed)(struct vioapic *ioapic, unsigned pin);
    void (*pin_eoi)(struct vioapic *ioapic, unsigned pin);
};

/* Resets it and registers its page; vm->ioapic is set. */
void vioapic_init(struct vioapic *ioapic, struct vm *vm);
void vioapic_reset(struct vioapic *ioapic);
/* Any CPU: input of a pin, asserted or not (polarity is not modelled: asserted is asserted). */
void vioapic_set_line(struct vioapic *ioapic, unsigned pin, bool asserted);
/* From the local APIC: the guest ended a level-triggered interrupt. */
void vioapic_eoi(struct vioapic *ioapic, uint8_t vector);
uint64_t vioapic_entry(const struct vioapic *ioapic, unsigned pin); /* as it is just now */

/* A global interrupt as HSM's "set irqline" names it: 0..23. BN_EINVAL: no such line. */
enum bn_status vm_set_irqline(struct vm *vm, unsigned gsi, bool asserted);

/* ---- The physical I/O APICs: lines that go to a CPU directly, and lines that the service VM gets.
 */
/* Masks every pin of every I/O APIC and both PICs. */
void hostirq_init(void);
/* Routes an ISA interrupt, whose line, trigger and polarity are as the overrides say, to one CPU
 * and vector for good (console, a VM's own device); the service VM never gets it. BN_ENODEV: no
 * such line. */
enum bn_status hostirq_route_isa(unsigned isa, uint32_t apic_id, uint8_t vector);
/*
 * Lines 0..23 follow the service VM's I/O APIC from here on: a pin that the guest unmasks is
 * unmasked at the machine with the guest's vector, trigger and polarity, at the CPU of the vCPU it
 * names. Not those that were routed, and not `virtual_pins` (bit per pin), which are emulated.
 */
void hostirq_forward(struct vioapic *ioapic, uint32_t virtual_pins);
/* Nobody gets those lines any more: masked at the machine, whatever was under way is forgotten. */
void hostirq_stop(void);
/*
 * A physical interrupt arrived on this vCPU's CPU, and no vector of the hypervisor's. True: it was
 * a forwarded line, now pending in the I/O APIC of the VM; false: a message of a device
 * (MSI), to be posted to this vCPU with the same vector. The caller ends it at the local APIC.
 */
bool hostirq_take(struct vcpu *vcpu, uint8_t vector);

#endif
