/* SPDX-License-Identifier: BSD-3-Clause */
/* Register numbers of the local APIC (page offset / 16 = x2APIC MSR - 800h), shared by its two
 * files. */
#ifndef VLAPIC_REGS_H
#define VLAPIC_REGS_H

#include "hv/vm.h"

enum {
    APIC_ID = 0x02,
    APIC_VERSION = 0x03,
    APIC_TPR = 0x08,
    APIC_PPR = 0x0A,
    APIC_EOI = 0x0B,
    APIC_LDR = 0x0D,
    APIC_DFR = 0x0E,
    APIC_SVR = 0x0F,
    APIC_ISR = 0x10,
    APIC_TMR = 0x18,
    APIC_IRR = 0x20, /* to 27h */
    APIC_ESR = 0x28,
    APIC_ICR = 0x30,
    APIC_ICR_HIGH = 0x31,
    APIC_LVT_TIMER = 0x32,
    APIC_LVT_THERMAL = 0x33,
    APIC_LVT_PERF = 0x34,
    APIC_LVT_LINT0 = 0x35,
    APIC_LVT_LINT1 = 0x36,
    APIC_LVT_ERROR = 0x37,
    APIC_TICR = 0x38,
    APIC_TCCR = 0x39,
    APIC_TDCR = 0x3E,
    APIC_SELF_IPI = 0x3F,
};

#define APIC_BASE_BSP     0x100ull
#define APIC_BASE_X2APIC  0x400ull
#define APIC_BASE_ENABLED 0x800ull

#define SVR_ENABLED 0x100u
#define LVT_MASKED  0x10000u

#define ICR_WRITABLE  0xCCFFFu
#define ICR_PENDING   0x1000u
#define ICR_LOGICAL   0x800u
#define ICR_ASSERT    0x4000u
#define ICR_LEVEL     0x8000u
#define ICR_SHORTHAND 0xC0000u
#define ICR_SELF      0x40000u
#define ICR_ALL       0x80000u

#define ESR_SEND_ILLEGAL     0x20u
#define ESR_RECEIVED_ILLEGAL 0x40u
#define ESR_ILLEGAL_REGISTER 0x80u

/* Another CPU may be writing it. */
static inline uint32_t vlapic_peek(const struct vlapic *lapic, unsigned reg)
{
    return __atomic_load_n(&lapic->regs[reg].value, __ATOMIC_RELAXED);
}

static inline bool vlapic_is_x2apic(const struct vlapic *lapic)
{
    return lapic->base_msr & APIC_BASE_X2APIC;
}

uint32_t vlapic_ppr(const struct vlapic *lapic);
void vlapic_raise_error(struct vlapic *lapic, uint32_t bits);
/* An IPI of this vCPU, to vCPUs of its own VM: `icr` as in the low register. */
void vlapic_send_ipi(struct vlapic *lapic, uint32_t icr, uint32_t destination);

/* vlapic_timer.c. A count is written, read; a deadline is written; the vector entry was written,
 * after it had been `old_lvt`. */
void vlapic_timer_init(struct vlapic *lapic);
void vlapic_timer_start(struct vlapic *lapic, uint32_t count);
uint32_t vlapic_timer_count(const struct vlapic *lapic);
void vlapic_timer_deadline(struct vlapic *lapic, uint64_t deadline);
void vlapic_timer_mode_changed(struct vlapic *lapic, uint32_t old_lvt);

#endif
