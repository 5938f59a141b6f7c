/* SPDX-License-Identifier: BSD-3-Clause */
/* The loop of a CPU: pick a vCPU, take what was requested of it, give it interrupts, run it, handle
 * its exit. */
#include "hv/arch.h"
#include "hv/ioreq.h"
#include "hv/watchdog.h"

#define CR0_RESET 0x60000010u
#define PAT_RESET 0x0007040600070406ull

const struct vcpu_vendor *vendor;

void vcpu_request(struct vcpu *vcpu, uint32_t bits)
{
    __atomic_fetch_or(&vcpu->requests, bits, __ATOMIC_SEQ_CST);
    sched_wake(vcpu);
}

/* The request first, then the look at what its CPU does: a guest that is about to be entered, or
 * has just been left, sees it there. */
void vcpu_notify(struct vcpu *vcpu)
{
    struct pcpu *cpu = vcpu->pcpu;

    __atomic_fetch_or(&vcpu->requests, VCPU_REQ_IRQ, __ATOMIC_SEQ_CST);
    if (vcpu->delivered && cpu != this_pcpu() && cpu->mode == PCPU_GUEST && vcpu->loaded)
        lapic_send(cpu->apic_id, LAPIC_IPI | HOST_VECTOR_POSTED);
    else
        sched_wake(vcpu);
}

void vcpu_sipi(struct vcpu *vcpu, uint8_t vector)
{
    vcpu->sipi_vector = vector;
    vcpu_request(vcpu, VCPU_REQ_SIPI);
}

/* INIT: an application processor waits for its start-up IPI; the first one would start the firmware
 * that our VMs do not have, so that is a reset. */
static void take_init(struct vcpu *vcpu)
{
    if (vcpu->id == 0) {
        exit_end_vm(vcpu, BN_HV_END_RESET);
        return;
    }
    vcpu_reset(vcpu);
    vcpu->state = VCPU_WAIT_SIPI;
}

static void take_sipi(struct vcpu *vcpu)
{
    struct segment_state code = {(uint16_t)(vcpu->sipi_vector << 8), 0x9B, 0xFFFF,
                                 vcpu->sipi_vector << 12};

    if (vcpu->state != VCPU_WAIT_SIPI)
        return;
    vendor->set_segment(vcpu, SEG_CS, &code);
    vcpu->rip = 0;
    vcpu->state = VCPU_READY;
}

void vcpu_set_flat(struct vcpu *vcpu, uint32_t entry)
{
    static const struct segment_state code = {.selector = 0x10, .access = 0xC09B, .limit = ~0u};
    static const struct segment_state data = {.selector = 0x18, .access = 0xC093, .limit = ~0u};

    vendor->set_cr(vcpu, 0, X86_CR0_PE | X86_CR0_ET);
    for (int s = SEG_ES; s <= SEG_GS; s++)
        vendor->set_segment(vcpu, (enum segment)s, s == SEG_CS ? &code : &data);
    memset(vcpu->regs, 0, sizeof(vcpu->regs));
    vcpu->rip = entry;
    vcpu->rflags = 2;
}

static void take_requests(struct vcpu *vcpu)
{
    uint32_t bits = __atomic_exchange_n(&vcpu->requests, 0, __ATOMIC_SEQ_CST);

    vcpu->look = true;
    if (bits & VCPU_REQ_RESET)
        take_init(vcpu);
    if (bits & VCPU_REQ_SIPI)
        take_sipi(vcpu);
    if (bits & VCPU_REQ_FLUSH_TLB)
        vendor->flush_tlb(vcpu);
    if (bits & VCPU_REQ_NMI)
        vcpu->nmi_pending = true;
    if (bits & VCPU_REQ_IO_DONE)
        exit_io_done(vcpu);
}

/* Gives the vCPU its most urgent interrupt, or asks to be told when it can take one. */
static void give_interrupts(struct vcpu *vcpu)
{
    int vector = vlapic_pending(&vcpu->lapic);
    bool can_take, window;

    if (vcpu->state == VCPU_HALTED && (vector >= 0 || vcpu->nmi_pending))
        vcpu->state = VCPU_READY;
    if (vcpu->state != VCPU_READY)
        return;
    vcpu->look = vcpu->nmi_pending; /* without a window for NMIs, try again after each exit */
    if (vcpu->nmi_pending && vendor->can_take_nmi(vcpu)) {
        vcpu->nmi_pending = false;
        vendor->inject_nmi(vcpu);
    }
    if (vendor->request_nmi_window && vcpu->nmi_window != vcpu->nmi_pending)
        vendor->request_nmi_window(vcpu, vcpu->nmi_pending);
    vcpu->nmi_window = vcpu->nmi_pending;
    if (vendor->offer_irq) {
        vendor->offer_irq(vcpu, vector);
        return;
    }
    vcpu->delivered = vendor->deliver_irqs && vendor->deliver_irqs(vcpu);
    if (vcpu->delivered)
        vector = -1;
    can_take = vector >= 0 && vendor->can_take_irq(vcpu);
    window = vector >= 0 && !can_take;
    if (vcpu->irq_window != window)
        vendor->request_irq_window(vcpu, window);
    vcpu->irq_window = window;
    if (can_take) {
        vlapic_accept(&vcpu->lapic, (uint8_t)vector);
        vendor->inject_irq(vcpu, (uint8_t)vector);
    }
}

/* One turn: into the guest and back, at most. */
static void turn(struct pcpu *cpu, struct vcpu *vcpu)
{
    struct vcpu_exit exit;

    if (vcpu->requests)
        take_requests(vcpu);
    if (vcpu->look && !(vcpu->vm->config->flags & BN_VM_DIRECT_IRQ))
        give_interrupts(vcpu);
    if (vcpu->state != VCPU_READY)
        return;
    /* Whoever requests something from now on sees that we are in guest mode, and kicks. */
    __atomic_store_n(&cpu->mode, PCPU_GUEST, __ATOMIC_SEQ_CST);
    if (!vcpu->requests && !cpu->resched && vcpu->vm->state == VM_RUNNING)
        vendor->run(vcpu, &exit);
    else
        exit.kind = EXIT_NONE;
    cpu->mode = PCPU_HOST;
    vcpu->exits[exit.kind]++;
    exit_handle(vcpu, &exit);
}

/* Nobody wants this CPU: wait for an interrupt (IF is closed until the halt itself). */
static void idle(struct pcpu *cpu)
{
    __atomic_store_n(&cpu->mode, PCPU_IDLE, __ATOMIC_SEQ_CST);
    if (cpu->direct)
        idle_until_nmi(&cpu->resched);
    else if (!cpu->resched)
        __asm__ volatile("sti; hlt; cli" : : : "memory");
    cpu->mode = PCPU_HOST;
    cpu->resched = true;
}

void vcpu_loop(void)
{
    struct pcpu *cpu = this_pcpu();
    uint32_t turns = 0;

    for (;;) {
        struct vcpu *vcpu;

        if (cpu->id == 0 && policy_pending)
            policy_decide();
        /* A guest whose every entry ends in the next exit never gets to take a host interrupt: let
         * them in now and then, or it has this CPU for ever. */
        if (++turns % 64 == 0 && !cpu->direct)
            __asm__ volatile("sti; nop; cli" : : : "memory");
        vcpu = sched_pick();
        if (vcpu)
            turn(cpu, vcpu);
        else
            idle(cpu);
    }
}

/* SDM 3 §10.1.1: state after power-up or INIT. */
static void power_on(struct vcpu *vcpu)
{
    static const struct segment_state data = {.access = 0x93, .limit = 0xFFFF};
    static const struct segment_state code = {0xF000, 0x9B, 0xFFFF, 0xFFFF0000};
    static const struct segment_state ldt = {.access = 0x82, .limit = 0xFFFF};
    static const struct segment_state task = {.access = 0x8B, .limit = 0xFFFF};
    static const uint32_t zero[] = {
        MSR_EFER,           MSR_STAR,        MSR_LSTAR,        MSR_CSTAR,        MSR_SFMASK,
        MSR_KERNEL_GS_BASE, MSR_SYSENTER_CS, MSR_SYSENTER_ESP, MSR_SYSENTER_EIP, MSR_DEBUGCTL};

    for (int s = SEG_ES; s < SEG_COUNT; s++)
        vendor->set_segment(vcpu, (enum segment)s,
                            s == SEG_CS     ? &code
                            : s == SEG_LDTR ? &ldt
                            : s == SEG_TR   ? &task
                                            : &data);
    for (size_t i = 0; i < HV_ARRAY_SIZE(zero); i++)
        (void)!vendor->set_msr(vcpu, zero[i], 0);
    (void)!vendor->set_msr(vcpu, MSR_PAT, PAT_RESET);
    vendor->set_cr(vcpu, 0, CR0_RESET);
    for (unsigned cr = 2; cr <= 4; cr++)
        vendor->set_cr(vcpu, cr, 0);
    memset(vcpu->regs, 0, sizeof(vcpu->regs));
    vcpu->regs[REG_RDX] = cpuid(1, 0).eax;
    vcpu->rip = 0xFFF0;
    vcpu->rflags = 2;
}

void vcpu_reset(struct vcpu *vcpu)
{
    vendor->vcpu_reset(vcpu);
    power_on(vcpu);
    vlapic_reset(&vcpu->lapic);
    xstate_reset(vcpu);
    vcpu->nmi_pending = false;
    vcpu->irq_window = vcpu->nmi_window = vcpu->delivered = false;
    vcpu->look = true;
    vcpu->io.active = false;
    for (int i = 0; i < 4; i++)
        vcpu->dr[i] = 0;
}

void vcpu_dump(struct vcpu *vcpu)
{
    static const char *const name[] = {"es", "cs",   "ss", "ds",   "fs",
                                       "gs", "ldtr", "tr", "gdtr", "idtr"};
    const uint64_t *r = vcpu->regs;
    uint64_t efer = 0;

    (void)!vendor->get_msr(vcpu, MSR_EFER, &efer);
    hv_log("  rip %lx rflags %lx rax %lx rbx %lx rcx %lx rdx %lx", vcpu->rip, vcpu->rflags,
           r[REG_RAX], r[REG_RBX], r[REG_RCX], r[REG_RDX]);
    hv_log("  rsi %lx rdi %lx rbp %lx rsp %lx r8 %lx r9 %lx r10 %lx r11 %lx", r[REG_RSI],
           r[REG_RDI], r[REG_RBP], r[REG_RSP], r[REG_R8], r[REG_R9], r[REG_R10], r[REG_R11]);
    hv_log("  r12 %lx r13 %lx r14 %lx r15 %lx", r[REG_R12], r[REG_R13], r[REG_R14], r[REG_R15]);
    hv_log("  cr0 %lx cr2 %lx cr3 %lx cr4 %lx efer %lx", vendor->get_cr(vcpu, 0),
           vendor->get_cr(vcpu, 2), vendor->get_cr(vcpu, 3), vendor->get_cr(vcpu, 4), efer);
    vendor->dump(vcpu);
    for (int s = SEG_ES; s < SEG_COUNT; s++) {
        struct segment_state state;

        vendor->get_segment(vcpu, (enum segment)s, &state);
        hv_log("  %-4s %04x base %lx limit %x access %04x", name[s], state.selector, state.base,
               state.limit, state.access);
    }
}
