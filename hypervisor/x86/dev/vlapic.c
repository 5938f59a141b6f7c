/* SPDX-License-Identifier: BSD-3-Clause */
/* The virtual local APIC's register file: xAPIC page, x2APIC MSRs, priorities and EOI. */
#include "hv/vlapic.h"
#include "hv/vioapic.h"
#include "vlapic_regs.h"

#define XAPIC_ONLY (1ull << APIC_DFR | 1ull << APIC_ICR_HIGH) /* to be read */

/* Bits a guest may write, register by register; x2APIC gives #GP for the others (SDM 3 §11.12.1.3).
 */
static const uint32_t writable[64] = {
    [APIC_TPR] = 0xFF,          [APIC_SVR] = 0x1FF,
    [APIC_LDR] = 0xFF000000,    [APIC_DFR] = 0xF0000000,
    [APIC_ICR] = ICR_WRITABLE,  [APIC_ICR_HIGH] = 0xFF000000,
    [APIC_LVT_TIMER] = 0x700FF, [APIC_LVT_THERMAL] = 0x107FF,
    [APIC_LVT_PERF] = 0x107FF,  [APIC_LVT_LINT0] = 0x1A7FF,
    [APIC_LVT_LINT1] = 0x1A7FF, [APIC_LVT_ERROR] = 0x100FF,
    [APIC_TICR] = UINT32_MAX,   [APIC_TDCR] = 0xB,
    [APIC_SELF_IPI] = 0xFF,
};

/* Delivery status and remote IRR of a local vector: read-only, so ignored and no reason for #GP
 * (SDM 3 §11.5.1). Linux writes 5700h to LINT0 when it shuts down. */
static uint32_t ignored_bits(unsigned reg)
{
    if (reg < APIC_LVT_TIMER || reg > APIC_LVT_ERROR)
        return 0;
    return reg == APIC_LVT_LINT0 || reg == APIC_LVT_LINT1 ? 1u << 12 | 1u << 14 : 1u << 12;
}

/* Of the 256 vectors whose register file starts at `first`; -1: none. */
static int highest(const struct vlapic *lapic, unsigned first)
{
    for (int word = 7; word >= 0; word--) {
        uint32_t bits = vlapic_peek(lapic, first + (unsigned)word);

        if (bits)
            return word * 32 + 31 - __builtin_clz(bits);
    }
    return -1;
}

static uint32_t take(uint32_t *word)
{
    return __atomic_load_n(word, __ATOMIC_RELAXED) ? __atomic_exchange_n(word, 0, __ATOMIC_ACQUIRE)
                                                   : 0;
}

static bool software_enabled(const struct vlapic *lapic)
{
    return lapic->base_msr & APIC_BASE_ENABLED && vlapic_peek(lapic, APIC_SVR) & SVR_ENABLED;
}

uint32_t vlapic_ppr(const struct vlapic *lapic)
{
    int in_service = highest(lapic, APIC_ISR);
    uint32_t tpr = vlapic_peek(lapic, APIC_TPR);
    uint32_t class = in_service < 0 ? 0 : (uint32_t)in_service & 0xF0;

    return (tpr & 0xF0) >= class ? tpr : class;
}

/* What any CPU posted is pending from now on. Own CPU. */
static void take_posted(struct vlapic *lapic)
{
    if (!take(&lapic->posted_news))
        return;
    for (unsigned i = 0; i < 8; i++) {
        uint32_t edge = take(&lapic->posted.edge[i]), level = take(&lapic->posted_level[i]);

        lapic->regs[APIC_TMR + i].value = (lapic->regs[APIC_TMR + i].value & ~edge) | level;
        lapic->regs[APIC_IRR + i].value |= edge | level;
    }
}

/* In x2APIC mode the logical id follows from the id: cluster in the high half, bit in the low
 * (SDM 3 §11.12.10.2). */
static void show_mode(struct vlapic *lapic)
{
    bool x2apic = vlapic_is_x2apic(lapic);
    uint32_t id = lapic->apic_id;

    lapic->regs[APIC_VERSION].value = 0x00050014; /* version 14h, six LVT entries */
    lapic->regs[APIC_ID].value = x2apic ? id : id << 24;
    if (x2apic)
        __atomic_store_n(&lapic->regs[APIC_LDR].value, (id >> 4) << 16 | 1u << (id & 15),
                         __ATOMIC_RELAXED);
}

static void reset_registers(struct vlapic *lapic)
{
    timer_cancel(&lapic->timer);
    take_posted(lapic);
    for (unsigned i = 0; i < 64; i++)
        __atomic_store_n(&lapic->regs[i].value, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&lapic->esr_pending, 0, __ATOMIC_RELAXED);
    lapic->tsc_deadline = 0;
    lapic->regs[APIC_DFR].value = UINT32_MAX;
    lapic->regs[APIC_SVR].value = 0xFF;
    for (unsigned i = APIC_LVT_TIMER; i <= APIC_LVT_ERROR; i++)
        lapic->regs[i].value = LVT_MASKED;
}

void vlapic_reset(struct vlapic *lapic)
{
    vlapic_timer_init(lapic);
    lapic->base_msr = VLAPIC_BASE | APIC_BASE_ENABLED;
    if (lapic->vcpu->id == 0)
        lapic->base_msr |= APIC_BASE_BSP;
    reset_registers(lapic);
    show_mode(lapic);
}

void vlapic_raise_error(struct vlapic *lapic, uint32_t bits)
{
    uint32_t lvt = vlapic_peek(lapic, APIC_LVT_ERROR);

    __atomic_fetch_or(&lapic->esr_pending, bits, __ATOMIC_RELAXED);
    if (!(lvt & LVT_MASKED) && (lvt & 0xFF) >= 16)
        vlapic_post(lapic->vcpu, (uint8_t)lvt, false);
}

void vlapic_post(struct vcpu *vcpu, uint8_t vector, bool level)
{
    struct vlapic *lapic = &vcpu->lapic;
    uint32_t bit = 1u << (vector & 31);

    if (!software_enabled(lapic))
        return;
    if (vector < 16) {
        vlapic_raise_error(lapic, ESR_RECEIVED_ILLEGAL);
        return;
    }
    __atomic_fetch_or(&(level ? lapic->posted_level : lapic->posted.edge)[vector / 32], bit,
                      __ATOMIC_RELAXED);
    __atomic_store_n(&lapic->posted_news, 1, __ATOMIC_RELEASE);
    if (level)
        vcpu_request(vcpu, VCPU_REQ_IRQ);
    else
        vcpu_notify(vcpu);
}

int vlapic_pending(struct vlapic *lapic)
{
    int vector;

    take_posted(lapic);
    vector = highest(lapic, APIC_IRR);
    if (vector < 0 || !software_enabled(lapic))
        return -1;
    return ((uint32_t)vector & 0xF0) > (vlapic_ppr(lapic) & 0xF0) ? vector : -1;
}

uint16_t vlapic_status(const struct vlapic *lapic)
{
    int serving = highest(lapic, APIC_ISR), next = highest(lapic, APIC_IRR);

    if (next < 0 || !software_enabled(lapic))
        next = 0;
    return (uint16_t)((serving < 0 ? 0 : serving) << 8 | next);
}

void vlapic_accept(struct vlapic *lapic, uint8_t vector)
{
    uint32_t bit = 1u << (vector & 31);

    lapic->regs[APIC_IRR + vector / 32].value &= ~bit;
    lapic->regs[APIC_ISR + vector / 32].value |= bit;
}

void vlapic_level_ended(struct vlapic *lapic, uint8_t vector)
{
    if (lapic->vcpu->vm->ioapic)
        vioapic_eoi(lapic->vcpu->vm->ioapic, vector);
}

static void end_of_interrupt(struct vlapic *lapic)
{
    int vector = highest(lapic, APIC_ISR);
    uint32_t bit = 1u << (vector & 31);

    if (vector < 0)
        return;
    lapic->regs[APIC_ISR + vector / 32].value &= ~bit;
    if (lapic->regs[APIC_TMR + vector / 32].value & bit)
        vlapic_level_ended(lapic, (uint8_t)vector);
}

static void write_svr(struct vlapic *lapic, uint32_t value)
{
    __atomic_store_n(&lapic->regs[APIC_SVR].value, value, __ATOMIC_RELAXED);
    if (value & SVR_ENABLED)
        return;
    for (unsigned i = APIC_LVT_TIMER; i <= APIC_LVT_ERROR; i++)
        lapic->regs[i].value |= LVT_MASKED;
}

static void write_lvt(struct vlapic *lapic, unsigned reg, uint32_t value)
{
    uint32_t old = lapic->regs[reg].value;

    if (!(lapic->regs[APIC_SVR].value & SVR_ENABLED))
        value |= LVT_MASKED;
    __atomic_store_n(&lapic->regs[reg].value, value, __ATOMIC_RELAXED);
    if (reg == APIC_LVT_TIMER)
        vlapic_timer_mode_changed(lapic, old);
}

/* False: there is no such register to read. */
static bool read_register(struct vlapic *lapic, unsigned reg, uint32_t *value)
{
    uint64_t others = 1ull << APIC_ICR | (vlapic_is_x2apic(lapic) ? 0 : XAPIC_ONLY);

    if (reg == APIC_PPR)
        *value = vlapic_ppr(lapic);
    else if (reg == APIC_TCCR)
        *value = vlapic_timer_count(lapic);
    else if ((VLAPIC_IN_PAGE | others) >> reg & 1)
        *value = vlapic_peek(lapic, reg);
    else
        return false;
    return true;
}

/* False: no such register to write. x2APIC's ICR is not written here. */
static bool write_register(struct vlapic *lapic, unsigned reg, uint32_t value)
{
    value &= writable[reg];
    switch (reg) {
    case APIC_ID: /* read-only: the machine's numbering must hold */
        return !vlapic_is_x2apic(lapic);
    case APIC_LDR:
    case APIC_DFR:
    case APIC_ICR_HIGH:
        if (vlapic_is_x2apic(lapic))
            return false;
        value |= reg == APIC_DFR ? 0x0FFFFFFF : 0;
        [[fallthrough]];
    case APIC_TPR:
    case APIC_TDCR:
        __atomic_store_n(&lapic->regs[reg].value, value, __ATOMIC_RELAXED);
        return true;
    case APIC_ICR:
        lapic->regs[reg].value = value;
        vlapic_send_ipi(lapic, value, lapic->regs[APIC_ICR_HIGH].value >> 24);
        return true;
    case APIC_EOI:
        end_of_interrupt(lapic);
        return true;
    case APIC_SVR:
        write_svr(lapic, value);
        return true;
    case APIC_ESR:
        lapic->regs[APIC_ESR].value = __atomic_exchange_n(&lapic->esr_pending, 0, __ATOMIC_RELAXED);
        return true;
    case APIC_LVT_TIMER ... APIC_LVT_ERROR:
        write_lvt(lapic, reg, value);
        return true;
    case APIC_TICR:
        vlapic_timer_start(lapic, value);
        return true;
    default:
        return false;
    }
}

void vlapic_mmio(struct io_access *io)
{
    struct vlapic *lapic = &io->vcpu->lapic; /* every vCPU has its own behind the same page */
    unsigned reg = (unsigned)(io->offset / 16) & 63, byte = io->offset % 16;
    uint32_t word = 0;

    if (!(lapic->base_msr & APIC_BASE_ENABLED) || vlapic_is_x2apic(lapic) || io->offset >= 0x400) {
        if (io->write)
            vm_log(io->vcpu->vm, "ignored: write of %lx to its APIC page, offset %lx", io->value,
                   io->offset);
        return;
    }
    /* Only aligned 32-bit accesses are defined (SDM 3 §11.4.1); others read as hardware's bytes. */
    if (io->write) {
        if (!byte && io->bytes == 4 && !write_register(lapic, reg, (uint32_t)io->value))
            vlapic_raise_error(lapic, ESR_ILLEGAL_REGISTER);
        return;
    }
    if (byte < 4 && !read_register(lapic, reg, &word))
        vlapic_raise_error(lapic, ESR_ILLEGAL_REGISTER);
    io->value = byte < 4 ? word >> byte * 8 : 0;
}

static enum bn_status write_base(struct vlapic *lapic, uint64_t value)
{
    const uint64_t both = APIC_BASE_ENABLED | APIC_BASE_X2APIC;
    uint64_t mode = value & both, old = lapic->base_msr & both;

    /* The page does not move: another address would only make a hole in the guest's memory. */
    if ((value & ~(uint64_t)0xFFF) != VLAPIC_BASE || value & 0x2FF)
        return BN_EINVAL;
    /* Allowed transitions: SDM 3 §11.12.5. */
    if (mode == APIC_BASE_X2APIC || (old == 0 && mode == both) ||
        (old == both && mode == APIC_BASE_ENABLED))
        return BN_EINVAL;
    lapic->base_msr = (lapic->base_msr & ~both) | mode;
    if (!mode && old)
        reset_registers(lapic);
    show_mode(lapic);
    return BN_OK;
}

enum bn_status vlapic_read_msr(struct vcpu *vcpu, uint32_t msr, uint64_t *value)
{
    struct vlapic *lapic = &vcpu->lapic;
    uint32_t reg = msr - MSR_X2APIC_FIRST, word;

    if (msr == MSR_APIC_BASE) {
        *value = lapic->base_msr;
    } else if (msr == MSR_TSC_DEADLINE) {
        *value = lapic->tsc_deadline;
    } else {
        if (reg >= 64 || !vlapic_is_x2apic(lapic) || !read_register(lapic, reg, &word))
            return BN_EINVAL;
        *value = word;
        if (reg == APIC_ICR)
            *value |= (uint64_t)lapic->regs[APIC_ICR_HIGH].value << 32;
    }
    return BN_OK;
}

enum bn_status vlapic_write_msr(struct vcpu *vcpu, uint32_t msr, uint64_t value)
{
    struct vlapic *lapic = &vcpu->lapic;
    unsigned reg = msr - MSR_X2APIC_FIRST;

    if (msr == MSR_APIC_BASE)
        return write_base(lapic, value);
    if (msr == MSR_TSC_DEADLINE) {
        vlapic_timer_deadline(lapic, value);
        return BN_OK;
    }
    if (reg >= 64 || !vlapic_is_x2apic(lapic))
        return BN_EINVAL;
    if (reg == APIC_ICR) {
        if ((uint32_t)value & ~(ICR_WRITABLE | ICR_PENDING))
            return BN_EINVAL;
        lapic->regs[APIC_ICR].value = (uint32_t)value & ICR_WRITABLE;
        lapic->regs[APIC_ICR_HIGH].value = (uint32_t)(value >> 32);
        vlapic_send_ipi(lapic, lapic->regs[APIC_ICR].value, (uint32_t)(value >> 32));
        return BN_OK;
    }
    if (value & ~(uint64_t)(writable[reg] | ignored_bits(reg)))
        return BN_EINVAL;
    if (reg == APIC_SELF_IPI) {
        vlapic_send_ipi(lapic, (uint32_t)value | ICR_SELF, 0);
        return BN_OK;
    }
    return write_register(lapic, reg, (uint32_t)value) ? BN_OK : BN_EINVAL;
}
