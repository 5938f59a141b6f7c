/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Weighted fair sharing of one CPU: every vCPU has a virtual time that runs slower the more weight
 * it has, and the one that is furthest behind runs. vCPUs never change their CPU.
 */
#include "hv/arch.h"
#include "hv/forget.h"
#include "hv/vm.h"

#define SLICE_NS 4000000u
/* How far ahead the running one must be before a waking one takes over. */
#define PREEMPT_NS 500000u
#define WEIGHT_ONE 100u

static bool runnable(const struct vcpu *vcpu)
{
    if (vcpu->vm->state != VM_RUNNING)
        return false;
    switch (vcpu->state) {
    case VCPU_READY:
        return true;
    case VCPU_HALTED:
        return vcpu->requests;
    case VCPU_WAIT_IO:
        return vcpu->requests & (VCPU_REQ_IO_DONE | VCPU_REQ_RESET);
    case VCPU_WAIT_SIPI:
        return vcpu->requests & (VCPU_REQ_SIPI | VCPU_REQ_RESET);
    default:
        return false;
    }
}

static void slice_over(void *context)
{
    struct pcpu *cpu = context;

    cpu->slice_end = 0;
    cpu->resched = true;
}

void sched_add(struct vcpu *vcpu)
{
    struct pcpu *cpu = vcpu->pcpu;

    for (uint32_t i = 0; i < cpu->vcpu_count; i++)
        if (cpu->vcpu[i] == vcpu)
            return;
    HV_ASSERT(cpu->vcpu_count < PCPU_MAX_VCPUS);
    vcpu->asleep = true;
    cpu->slice.expired = slice_over;
    cpu->slice.context = cpu;
    cpu->vcpu[cpu->vcpu_count] = vcpu;
    __atomic_store_n(&cpu->vcpu_count, cpu->vcpu_count + 1, __ATOMIC_RELEASE);
}

static void account(struct vcpu *vcpu, uint64_t now)
{
    uint64_t ticks = now - vcpu->run_start;

    vcpu->vruntime += ticks * WEIGHT_ONE / vcpu->weight;
    vcpu->run_start = now;
}

void sched_unload(void)
{
    struct pcpu *cpu = this_pcpu();
    struct vcpu *vcpu = cpu->loaded;

    if (!vcpu)
        return;
    account(vcpu, tsc_now());
    xstate_save(vcpu);
    if (vendor->unload)
        vendor->unload(vcpu);
    cpu->loaded = NULL;
    __atomic_store_n(&vcpu->loaded, false, __ATOMIC_RELEASE);
}

static void load(struct pcpu *cpu, struct vcpu *vcpu)
{
    if (cpu->hand_over) {
        cpu->hand_over = false;
        lapic_hand_over();
    }
    if (cpu->last_vm && cpu->last_vm != vcpu->vm)
        forget_last_vm();
    cpu->last_vm = vcpu->vm;
    vcpu->loaded = true;
    vcpu->run_start = tsc_now();
    cpu->loaded = vcpu;
    xstate_load(vcpu);
    if (vendor->load)
        vendor->load(vcpu);
}

/* Who is furthest behind; a vCPU that slept starts no further behind than one slice. */
static struct vcpu *furthest_behind(struct pcpu *cpu, unsigned *waiting)
{
    uint64_t slice = tsc_from_ns(SLICE_NS), floor = 0, least = UINT64_MAX;
    struct vcpu *best = NULL;

    /* Only those that were awake: what one of them just used is not given to who slept meanwhile.
     */
    for (uint32_t i = 0; i < cpu->vcpu_count; i++)
        if (!cpu->vcpu[i]->asleep && cpu->vcpu[i]->vruntime < least)
            least = cpu->vcpu[i]->vruntime;
    if (least != UINT64_MAX && least > cpu->min_vruntime)
        cpu->min_vruntime = least;
    if (cpu->min_vruntime > slice)
        floor = cpu->min_vruntime - slice;
    *waiting = 0;
    for (uint32_t i = 0; i < cpu->vcpu_count; i++) {
        struct vcpu *vcpu = cpu->vcpu[i];
        bool wants = runnable(vcpu);

        if (wants && vcpu->asleep && vcpu->vruntime < floor)
            vcpu->vruntime = floor;
        vcpu->asleep = !wants;
        *waiting += wants;
        if (wants && (!best || vcpu->vruntime < best->vruntime))
            best = vcpu;
    }
    return best;
}

static void share(struct pcpu *cpu, bool changed, unsigned waiting)
{
    if (waiting < 2 && cpu->slice_end) {
        cpu->slice_end = 0;
        timer_cancel(&cpu->slice);
    } else if (waiting > 1 && (changed || !cpu->slice_end)) {
        cpu->slice_end = tsc_now() + tsc_from_ns(SLICE_NS);
        timer_arm(&cpu->slice, cpu->slice_end);
    }
}

void sched_yield(void)
{
    struct pcpu *cpu = this_pcpu();
    uint64_t now = tsc_now();

    if (cpu->slice_end > now)
        cpu->loaded->vruntime += (cpu->slice_end - now) * WEIGHT_ONE / cpu->loaded->weight;
    if (cpu->slice_end)
        slice_over(cpu);
}

struct vcpu *sched_pick(void)
{
    struct pcpu *cpu = this_pcpu();
    struct vcpu *now = cpu->loaded, *best;
    unsigned waiting;

    if (now && !cpu->resched && runnable(now))
        return now;
    cpu->resched = false;
    if (now)
        account(now, tsc_now());
    best = furthest_behind(cpu, &waiting);
    /* A slice that still runs is not cut short for a small advantage. */
    if (best && now && best != now && runnable(now) && cpu->slice_end &&
        now->vruntime < best->vruntime + tsc_from_ns(PREEMPT_NS))
        best = now;
    if (now && now != best && (best || now->vm->state != VM_RUNNING))
        sched_unload();
    if (!best)
        return NULL;
    if (cpu->loaded != best)
        load(cpu, best);
    else
        best->run_start = tsc_now();
    if (!cpu->direct)
        share(cpu, best != now, waiting);
    return best;
}

void pcpu_kick(struct pcpu *cpu)
{
    /* First the word, then the look at its mode: it sets its mode first and then looks for the
     * word. */
    __atomic_store_n(&cpu->resched, true, __ATOMIC_SEQ_CST);
    if (cpu == this_pcpu() || __atomic_load_n(&cpu->mode, __ATOMIC_SEQ_CST) == PCPU_HOST)
        return;
    lapic_send(cpu->apic_id, cpu->direct ? LAPIC_NMI : LAPIC_IPI | HOST_VECTOR_KICK);
}

void sched_wake(struct vcpu *vcpu)
{
    if (vcpu->pcpu != this_pcpu())
        pcpu_kick(vcpu->pcpu);
    else if (vcpu != this_pcpu()->loaded || vcpu->state != VCPU_READY)
        vcpu->pcpu->resched = true;
}
