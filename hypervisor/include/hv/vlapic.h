/* SPDX-License-Identifier: BSD-3-Clause */
/* The virtual local APIC of one vCPU: xAPIC page and x2APIC MSRs over one register file (SDM 3 §11). */
#ifndef HV_VLAPIC_H
#define HV_VLAPIC_H

#include "hv/timer.h"

struct vlapic {
    struct vcpu *vcpu;
    uint64_t base_msr; /* IA32_APIC_BASE */
    uint32_t regs[64]; /* by offset / 16 */
    volatile uint32_t irr[8]; /* posted by any CPU, atomically */
    uint32_t isr[8], tmr[8];
    uint64_t tsc_deadline;
    struct hv_timer timer;
    uint64_t timer_start; /* TSC when the count was written */
};

void vlapic_reset(struct vlapic *lapic);
/* Any CPU: makes `vector` pending and wakes the vCPU. Level as the trigger mode register should show it. */
void vlapic_post(struct vcpu *vcpu, uint8_t vector, bool level);
/* Own CPU, before entry: the vector to inject now, or -1. Accepting moves it from IRR to ISR. */
int vlapic_pending(struct vlapic *lapic);
void vlapic_accept(struct vlapic *lapic, uint8_t vector);
bool vlapic_takes_extint(const struct vlapic *lapic); /* PIC through LINT0 */
/* Registers by MSR (0x800..0x8FF, 0x6E0, 0x1B) and by page offset. BN_EINVAL: the guest gets #GP. */
enum bn_status vlapic_read_msr(struct vcpu *vcpu, uint32_t msr, uint64_t *value) HV_MUST_CHECK;
enum bn_status vlapic_write_msr(struct vcpu *vcpu, uint32_t msr, uint64_t value) HV_MUST_CHECK;
enum bn_status vlapic_mmio(struct vcpu *vcpu, void *device, uint64_t offset, unsigned bytes, bool write, uint64_t *value);
/* A message as a device would write it (MSI address and data): the vCPUs of `vm` it names get the vector. */
enum bn_status vlapic_deliver_msi(struct vm *vm, uint64_t address, uint32_t data) HV_MUST_CHECK;

#endif
