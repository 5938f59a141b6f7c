/* SPDX-License-Identifier: BSD-3-Clause */
/* x86 as the hypervisor's own code sees it: registers by name, and what x86/ offers core/ at boot.
 */
#ifndef HV_ARCH_H
#define HV_ARCH_H

#include <asm/processor-flags.h>

#include "hv/cpu.h"
#include "hv/paging.h"
#include "hv/pcpu.h"

#define MSR_TSC_AUX        0xC0000103u
#define MSR_XSS            0xDA0u
#define MSR_EFER           0xC0000080u
#define MSR_STAR           0xC0000081u
#define MSR_LSTAR          0xC0000082u
#define MSR_CSTAR          0xC0000083u
#define MSR_SFMASK         0xC0000084u
#define MSR_FS_BASE        0xC0000100u
#define MSR_GS_BASE        0xC0000101u
#define MSR_KERNEL_GS_BASE 0xC0000102u
#define MSR_SYSENTER_CS    0x174u
#define MSR_SYSENTER_ESP   0x175u
#define MSR_SYSENTER_EIP   0x176u
#define MSR_PAT            0x277u
#define MSR_DEBUGCTL       0x1D9u

#define EFER_SCE   (1u << 0)
#define EFER_LME   (1u << 8)
#define EFER_LMA   (1u << 10)
#define EFER_NXE   (1u << 11)
#define EFER_SVME  (1u << 12)
#define EFER_FFXSR (1u << 14)

#define DR6_RESET 0xFFFF0FF0u
#define DR7_RESET 0x400u

#define VECTOR_DB           1u
#define VECTOR_NMI          2u
#define VECTOR_UD           6u
#define VECTOR_DOUBLE_FAULT 8u
#define VECTOR_GP           13u
#define VECTOR_AC           17u

/* An event on its way into a guest, or cut short: alike in EVENTINJ (APM 2 §15.20) and in the
 * interruption information (SDM 3 §25.8.3). */
#define EVENT_VALID     (1u << 31)
#define EVENT_ERROR     (1u << 11)
#define EVENT_TYPE      (7u << 8)
#define EVENT_NMI       (2u << 8)
#define EVENT_EXCEPTION (3u << 8)
#define EVENT_SOFT      (4u << 8) /* this type and those above come from instructions */

struct trap_frame { /* as isr.S pushes it */
    uint64_t r15, r14, r13, r12, r11, r10, r9, r8, rdi, rsi, rbp, rbx, rdx, rcx, rax;
    uint64_t vector, error, rip, cs, rflags, rsp, ss;
};
void idle_until_nmi(volatile bool *flag); /* returns at once if the flag is set */
extern char idle_until_nmi_end[];
void trap_dispatch(struct trap_frame *frame);
void panic_registers(const struct trap_frame *frame);
void panic_stop_others(void); /* the other CPUs stop where they are, guests included */

extern bool pcpus_ready;  /* GS works on the boot CPU */
extern uint64_t boot_tsc; /* TSC at the loader's first instruction: time zero */

/* hostmap.c: the hypervisor's own page tables, W^X; then per-CPU stacks with guard pages. */
void hostmap_init(void);
uint64_t hostmap_stack(uint64_t bytes);          /* top of a new stack, guard page below */
void hostmap_low_page(hpa_t page, bool present); /* identity, executable: other CPUs' way in */

/* desc.c */
void cpu_tables_init(struct pcpu *cpu); /* GDT, TSS, IDT, GS on the calling CPU */
struct cpu_places {
    uint64_t gdt, idt, tss;
};
struct cpu_places cpu_tables_places(const struct pcpu *cpu);
#define SELECTOR_CODE 8u
#define SELECTOR_DATA 16u
#define SELECTOR_TSS  24u

/* lapic.c */
void lapic_init_cpu(void);
uint32_t lapic_id(void);
bool lapic_is_x2apic(void);
/* The low half of ICR; with SIPI goes a page below 1 MiB, with IPI a vector. */
enum { LAPIC_IPI = 0x4000, LAPIC_NMI = 0x4400, LAPIC_INIT = 0x4500, LAPIC_SIPI = 0x4600 };
void lapic_send(uint32_t apic_id, uint32_t command);
void lapic_timer_raw(uint32_t count); /* masked, divide by 1: for calibration */
uint32_t lapic_timer_left(void);
void lapic_timer_set(uint64_t deadline_tsc); /* one shot, HOST_VECTOR_TIMER; 0: off */
/* The next user of this CPU's APIC is a guest: nothing pending, state as after reset. */
void lapic_hand_over(void);

/* smp.c, clock.c */
void smp_start(void);
void clock_calibrate(uint16_t pm_timer);

/* xstate.c: extended state (x87, SSE, AVX) of vCPUs that share a CPU. */
void xstate_init(void);
void xstate_init_cpu(void);
extern uint64_t xstate_supported; /* XCR0 bits we let guests use */
extern uint32_t xstate_bytes;     /* of the save area */
#define XSTATE_XSAVES 8u
extern uint32_t xstate_instructions; /* guests may use, if the processor has them: CPUID Dh.1 EAX */
void xstate_reset(struct vcpu *vcpu);
void xstate_load(struct vcpu *vcpu);
void xstate_save(struct vcpu *vcpu);
enum bn_status xstate_xsetbv(struct vcpu *vcpu, uint32_t index, uint64_t value);

/* cpuid.c, msr.c: policy. */
struct cpuid_regs cpuid_policy(struct vcpu *vcpu, uint32_t leaf, uint32_t subleaf);
void cpuid_policy_init(void);
void msr_policy_apply(struct vcpu *vcpu); /* opens the MSRs that need no exit */
enum bn_status msr_policy_read(struct vcpu *vcpu, uint32_t msr, uint64_t *value);
enum bn_status msr_policy_write(struct vcpu *vcpu, uint32_t msr, uint64_t value);

#endif
