/* SPDX-License-Identifier: BSD-3-Clause */
/* The physical I/O APICs: lines that go to a CPU directly, and lines that the service VM gets. */
#ifndef HV_HOSTIRQ_H
#define HV_HOSTIRQ_H

#include "hv/acpi.h"
#include "hv/vioapic.h"

/* Masks every pin of every I/O APIC and both PICs. */
void hostirq_init(const struct acpi_info *info);
/* The global number of an ISA interrupt, and its trigger and polarity by the overrides. */
uint32_t hostirq_isa_gsi(unsigned irq, bool *level, bool *low);
/* Routes a line to one CPU and vector for good (console, a VM's own device); the service VM never
 * gets it. BN_ENODEV: no such line. */
enum bn_status hostirq_route(uint32_t gsi, uint32_t apic_id, uint8_t vector, bool level,
                             bool low) HV_MUST_CHECK;
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
