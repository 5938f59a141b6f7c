/* SPDX-License-Identifier: BSD-3-Clause */
/* The virtual local APIC of one vCPU: xAPIC page and x2APIC MSRs over one register file (SDM 3
 * §11). */
#ifndef HV_VLAPIC_H
#define HV_VLAPIC_H

#include "hv/timer.h"

#define VLAPIC_BASE 0xFEE00000ull

#define MSR_APIC_BASE    0x1Bu
#define MSR_TSC_DEADLINE 0x6E0u
#define MSR_X2APIC_FIRST 0x800u
#define MSR_X2APIC_LAST  0x8FFu

enum vlapic_delivery { /* delivery modes of ICR, LVT, RTE and MSI data, SDM 3 §11.6.1 */
                       DELIVER_FIXED = 0,
                       DELIVER_LOWEST = 1,
                       DELIVER_NMI = 4,
                       DELIVER_INIT = 5,
                       DELIVER_SIPI = 6,
};

struct apic_register {
    uint32_t value, reserved[3];
};

/* The posted-interrupt descriptor's layout (SDM 3 §30.6): the processor may take what is in it. */
struct vlapic_posted {
    uint32_t edge[8]; /* vectors */
    uint32_t control[8];
} __attribute__((aligned(64)));

struct vlapic {
    struct vcpu *vcpu;
    /*
     * Set once by who creates the vCPU. The service VM's must be the physical APIC ids: a device
     * that it owns sends its MSIs to the id the guest gave it, and no remapping is in between.
     */
    uint32_t apic_id;
    uint64_t base_msr; /* IA32_APIC_BASE */
    /* By offset / 16, in a page of their own: where the processor virtualises the APIC, it reads
     * and writes them there while the guest runs (SDM 3 §30.1). */
    struct apic_register *regs;
    /* By any CPU, atomic accesses only, as esr_pending; its own takes them over into IRR and TMR.
     * Level ones stay apart: their end must be noticed, so no processor takes them by itself. */
    struct vlapic_posted posted;
    uint32_t posted_level[8];
    uint32_t posted_news; /* something was posted since the last look; set after it */
    uint32_t esr_pending; /* errors since the last write of ESR */
    uint64_t tsc_deadline;
    struct hv_timer timer;
    uint64_t timer_start; /* TSC when the count was written */
};

/* Power-on or INIT state; keeps vcpu and apic_id. vCPU 0 is the bootstrap processor. */
void vlapic_reset(struct vlapic *lapic);
/* Any CPU: makes `vector` pending and wakes the vCPU. Level as the trigger mode register should
 * show it. Dropped while the guest has its APIC disabled. */
void vlapic_post(struct vcpu *vcpu, uint8_t vector, bool level);
/* What a guest in x2APIC mode reads as it stands in `regs`, by number: ID, version, TPR, PPR, LDR,
 * SVR, ISR, TMR, IRR, ESR, LVT, initial count, divider. */
#define VLAPIC_IN_PAGE 0x41FC01FFFFFFA50Cull
/* Own CPU, after vlapic_pending(): the vectors that a processor which delivers by itself starts
 * from, in service << 8 | pending, 0 for none (guest interrupt status, SDM 3 §25.4.2). */
uint16_t vlapic_status(const struct vlapic *lapic);
/* A level interrupt's service has ended: its source may raise it again. */
void vlapic_level_ended(struct vlapic *lapic, uint8_t vector);
/* Own CPU, before entry: the vector to inject now, or -1. Accepting moves it from IRR to ISR. */
int vlapic_pending(struct vlapic *lapic);
void vlapic_accept(struct vlapic *lapic, uint8_t vector);
/* Registers by MSR (0x800..0x8FF, 0x6E0, 0x1B) and by page offset. BN_EINVAL: the guest gets #GP.
 */
enum bn_status vlapic_read_msr(struct vcpu *vcpu, uint32_t msr, uint64_t *value);
enum bn_status vlapic_write_msr(struct vcpu *vcpu, uint32_t msr, uint64_t value);
struct io_access;
void vlapic_mmio(struct io_access *io);

/* An interrupt message inside one VM: who gets it, how, and with which vector. */
struct vlapic_message {
    uint32_t destination; /* APIC id or logical destination */
    bool logical;
    bool wide; /* x2APIC form: 32-bit destinations, broadcast is 0xFFFFFFFF; else 8 bits, 0xFF */
    uint8_t delivery; /* enum vlapic_delivery */
    uint8_t vector;
    bool level;
};
/* From vector, delivery, logical and level bits, which ICR and redirection entries have at the same
 * places, and MSI data all but the third. */
struct vlapic_message vlapic_message(uint32_t bits, uint32_t destination);
bool vlapic_is_fixed(const struct vlapic_message *message); /* to one vector, or lowest priority */
/* Delivers to the vCPUs of `vm` that the message names; how many took it. NMI, INIT and SIPI too.
 */
unsigned vlapic_deliver(struct vm *vm, const struct vlapic_message *message);
/* The first whose APIC answers to the message's destination; NULL: none. */
struct vcpu *vlapic_destination(struct vm *vm, const struct vlapic_message *message);
/* Address and data that a device may write as an interrupt: fixed, lowest priority, NMI (SDM 3
 * §11.11). BN_EINVAL: others. */
enum bn_status vlapic_decode_msi(uint64_t address, uint32_t data, struct vlapic_message *message);
/* A message as a device would write it (MSI address and data): the vCPUs of `vm` it names get the
 * vector. BN_EINVAL: no such address, vector or delivery mode. */
enum bn_status vlapic_deliver_msi(struct vm *vm, uint64_t address, uint32_t data);

/* core's: starts a vCPU that is in VCPU_WAIT_SIPI at page `vector`; ignored in any other state. Any
 * CPU. */
void vcpu_sipi(struct vcpu *vcpu, uint8_t vector);

#endif
