/* SPDX-License-Identifier: BSD-3-Clause */
/* A physical CPU: what runs there, how it is reached, and its own timer queue. */
#ifndef HV_PCPU_H
#define HV_PCPU_H

#include "hv/timer.h"

#define PCPU_MAX_VCPUS (HV_MAX_VMS * 2)

enum pcpu_mode { PCPU_HOST, PCPU_GUEST, PCPU_IDLE };

#define DEVICE_VECTOR_FIRST 0x20u /* below are exceptions */
/* Vectors of the host on every CPU; no guest's device is ever given one. */
#define HOST_VECTOR_TIMER   0xF4u
#define HOST_VECTOR_KICK    0xF5u /* look at your vCPUs again */
#define HOST_VECTOR_CONSOLE 0xF6u /* the console UART's line, boot CPU */
#define HOST_VECTOR_IOMMU   0xF7u /* a fault, boot CPU */
#define HOST_VECTOR_POSTED  0xF8u /* an interrupt was posted, for the guest that runs */
#define HOST_VECTOR_FIRST   0xF4u
/* Messages of devices whose VM shares its CPU with the service VM. */
#define HOST_VECTOR_DEVICE_FIRST 0xE4u
#define HOST_VECTOR_DEVICE_LAST  0xF3u
#define HOST_VECTOR_LAST         0xFEu
#define HOST_VECTOR_SPURIOUS     0xFFu

struct pcpu {
    struct pcpu *self; /* what GS points at */
    uint32_t id;       /* logical number, as in the scenario */
    uint32_t apic_id;
    volatile uint32_t mode; /* enum pcpu_mode */
    volatile bool online;
    volatile bool hand_over;  /* its local APIC is to be reset for a guest that owns it */
    bool direct;              /* its vCPU takes physical interrupts itself: reach it by NMI only */
    struct vcpu *loaded;      /* whose extended state is in the registers */
    const struct vm *last_vm; /* that ran here */
    struct vcpu *vcpu[PCPU_MAX_VCPUS]; /* all that may run here */
    uint32_t vcpu_count;
    struct vcpu *service; /* the service VM's vCPU here: takes the physical interrupts */
    volatile bool resched;
    uint64_t slice_end; /* TSC; 0: nobody waits */
    uint64_t min_vruntime;
    struct spinlock timer_lock;
    struct hv_timer *timers; /* sorted by deadline */
    struct hv_timer slice;
    uint64_t stack_top;
};

extern struct pcpu pcpus[HV_MAX_PCPUS];
extern uint32_t pcpu_count;

static inline struct pcpu *this_pcpu(void)
{
    struct pcpu *self;

    __asm__ volatile("mov %%gs:0, %0" : "=r"(self));
    return self;
}

/* Makes another CPU leave guest mode or idle soon; nothing if it is in the host anyway. */
void pcpu_kick(struct pcpu *cpu);

/* ---- Which vCPU runs on a CPU, and the loop that runs it. */
void sched_add(struct vcpu *vcpu); /* to its CPU, for good */
/* The vCPU that shall run now, its state loaded; 0: nobody wants to. Own CPU. */
struct vcpu *sched_pick(void);
/* Own CPU: the loaded vCPU's state goes back to memory; it is not `loaded` any more. */
void sched_unload(void);
/* Own CPU: the loaded vCPU only spins; if another waits, the rest of its slice counts as used. */
void sched_yield(void);
/* vCPU became runnable: its CPU looks again if that is of use. Any CPU. */
void sched_wake(struct vcpu *vcpu);

void vcpu_loop(void) HV_NORETURN;

#endif
