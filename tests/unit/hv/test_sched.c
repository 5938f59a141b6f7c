/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The scheduler and its timers over a CPU whose time is a number: who runs, for how long, and how
 * long the others wait. A tick of the TSC is a nanosecond.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <asm/prctl.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "hv/arch.h"
#include "hv/forget.h"
#include "hv/vm.h"

#define MS    1000000u
#define S     1000000000ull
#define SLICE (4 * MS) /* docs/hypervisor.md */
#define MAX   3

static struct pcpu cpu;
struct vm vms[HV_MAX_VMS];
static struct vcpu *vcpus[MAX];
static uint64_t now, hardware_deadline;

static struct record {
    uint64_t used;           /* ns on the CPU */
    uint64_t stopped;        /* when it ran last */
    uint64_t longest_wait;   /* ns that it wanted to run and did not */
    uint64_t sleep_at, work; /* of a vCPU that halts: after so much work; work done since it woke */
} record[MAX];

/* ---- Surroundings */
uint64_t tsc_now(void)
{
    return now;
}

uint64_t tsc_from_ns(uint64_t ns)
{
    return ns;
}

void lapic_timer_set(uint64_t deadline_tsc)
{
    hardware_deadline = deadline_tsc;
}

void lapic_send(uint32_t apic_id, uint32_t command)
{
    (void)apic_id;
    (void)command;
    fail_msg("an interrupt to another CPU");
}

void lapic_hand_over(void)
{
    fail_msg("this CPU is not handed over");
}

/* The vendor's part of a vCPU comes and goes with the rest of it: one at a time. */
static const struct vcpu *here;

/* What the CPU remembers of one VM another never meets, and nothing is cleared without need. */
static const struct vm *ran_before;
static bool forgotten;

void forget_last_vm(void)
{
    assert_false(forgotten);
    forgotten = true;
}

static void vendor_load(struct vcpu *vcpu)
{
    assert_int_equal(forgotten, ran_before && ran_before != vcpu->vm);
    forgotten = false;
    ran_before = vcpu->vm;
    assert_null(here);
    assert_true(vcpu->loaded);
    here = vcpu;
}

static void vendor_unload(struct vcpu *vcpu)
{
    assert_ptr_equal(here, vcpu);
    assert_true(vcpu->loaded);
    here = NULL;
}

static const struct vcpu_vendor fake = {.load = vendor_load, .unload = vendor_unload};
const struct vcpu_vendor *vendor = &fake;

void xstate_load(struct vcpu *vcpu)
{
    assert_ptr_equal(cpu.loaded, vcpu);
}

void xstate_save(struct vcpu *vcpu)
{
    assert_ptr_equal(cpu.loaded, vcpu);
}

void hv_panic(const char *format, ...)
{
    fail_msg("%s", format);
    abort();
}

static void begin(const uint32_t *weights, unsigned count)
{
    memset(&cpu, 0, sizeof(cpu));
    here = NULL;
    ran_before = NULL;
    forgotten = false;
    memset(vms, 0, sizeof(vms));
    memset(record, 0, sizeof(record));
    cpu.self = &cpu;
    assert_int_equal(syscall(SYS_arch_prctl, ARCH_SET_GS, &cpu), 0);
    now = S;
    hardware_deadline = 0;
    for (unsigned i = 0; i < count; i++) {
        vms[i].state = VM_RUNNING;
        vcpus[i] = &vms[i].vcpu[0];
        vcpus[i]->vm = &vms[i];
        vcpus[i]->pcpu = &cpu;
        vcpus[i]->state = VCPU_READY;
        vcpus[i]->weight = weights[i];
        sched_add(vcpus[i]);
        record[i].stopped = now;
    }
    cpu.resched = true;
}

static void wake(unsigned i)
{
    vcpus[i]->requests = VCPU_REQ_IRQ;
    record[i].stopped = now; /* from here on it waits */
    record[i].work = 0;
    sched_wake(vcpus[i]);
}

static void ran(unsigned i, uint64_t ns)
{
    struct record *r = &record[i];

    if (now - r->stopped > r->longest_wait)
        r->longest_wait = now - r->stopped;
    now += ns;
    r->used += ns;
    r->work += ns;
    r->stopped = now;
    if (r->sleep_at && r->work >= r->sleep_at) {
        vcpus[i]->state = VCPU_HALTED;
        cpu.resched = true; /* as exit_handle() does on HLT */
    }
}

/* Until `end`: what runs runs until the next timer, until it halts, or until the end. */
static void play(uint64_t end)
{
    while (now < end) {
        struct vcpu *vcpu = sched_pick();
        uint64_t next = hardware_deadline && hardware_deadline < end ? hardware_deadline : end;

        assert_true(next > now);
        if (vcpu) {
            unsigned i = (unsigned)(vcpu->vm - vms);
            const struct record *r = &record[i];
            uint64_t left = r->sleep_at ? r->sleep_at - r->work : UINT64_MAX;

            vcpu->state = VCPU_READY;
            vcpu->requests = 0;
            ran(i, left < next - now ? left : next - now);
        } else {
            now = next;
        }
        if (hardware_deadline && now >= hardware_deadline)
            timer_interrupt();
    }
}

static void assert_near(uint64_t value, uint64_t wanted, uint64_t by)
{
    if (value + by < wanted || value > wanted + by)
        fail_msg("%llu, not %llu within %llu", (unsigned long long)value,
                 (unsigned long long)wanted, (unsigned long long)by);
}

/* ---- Tests */
static void shares_follow_the_weights(void **state)
{
    static const uint32_t weights[][MAX] = {
        {500, 500, 0}, /* of cockpit.dts */
        {100, 300, 0}, {1000, 1, 0}, {700, 200, 100}, {1, 1, 1},
    };

    (void)state;
    for (size_t w = 0; w < sizeof(weights) / sizeof(weights[0]); w++) {
        unsigned count = weights[w][2] ? 3 : 2;
        uint64_t sum = weights[w][0] + weights[w][1] + weights[w][2], total = 20 * S;

        begin(weights[w], count);
        play(now + total);
        for (unsigned i = 0; i < count; i++) {
            assert_near(record[i].used, total * weights[w][i] / sum, 2 * SLICE);
            assert_true(record[i].used >= SLICE); /* nobody starves */
        }
    }
}

static void equals_take_turns(void **state)
{
    static const uint32_t weights[] = {500, 500};

    (void)state;
    begin(weights, 2);
    play(now + 10 * S);
    for (unsigned i = 0; i < 2; i++)
        assert_true(record[i].longest_wait <= SLICE + MS / 2);
}

static void a_busy_neighbour_takes_nothing_from_a_short_task(void **state)
{
    static const uint32_t weights[] = {500, 500};

    (void)state;
    begin(weights, 2);
    record[0].sleep_at = MS / 5; /* 0.2 ms every 10 ms */
    play(now + 50 * MS);
    record[0].longest_wait = 0;
    for (int i = 0; i < 500; i++) {
        wake(0);
        play(now + 10 * MS);
    }
    assert_near(record[0].used, 501 * (MS / 5), MS);
    assert_int_equal(record[0].longest_wait, 0); /* it takes over at once */
}

/* However long it slept beside one that never stopped: what it may catch up is a slice of virtual
 * time. */
static void sleep_is_not_saved_up(void **state)
{
    static const uint32_t weights[] = {500, 500};
    const uint64_t credit = SLICE * weights[0] / 100;
    uint64_t before[2];

    (void)state;
    begin(weights, 2);
    record[0].sleep_at = MS;
    play(now + 30 * S);
    record[0].sleep_at = 0; /* now it wants all it can get */
    before[0] = record[0].used;
    before[1] = record[1].used;
    wake(0);
    play(now + 2 * S);
    assert_near(record[0].used - before[0], S, credit);
    assert_near(record[1].used - before[1], S, credit);
    assert_true(record[1].longest_wait <= credit + SLICE);
}

/* One that only spins: the other runs at once, and the spinner has used its slice. */
static void who_spins_lets_others_go_first(void **state)
{
    static const uint32_t weights[] = {500, 500};
    struct vcpu *spins;

    (void)state;
    begin(weights, 2);
    play(now + 10 * MS + MS / 2); /* in the middle of a slice */
    spins = cpu.loaded;
    sched_yield();
    assert_ptr_not_equal(sched_pick(), spins);
    play(now + 20 * S);
    assert_near(record[0].used, record[1].used, 2 * SLICE);
    begin(weights, 1);
    play(now + MS); /* alone: nobody to yield to */
    spins = cpu.loaded;
    sched_yield();
    assert_ptr_equal(sched_pick(), spins);
    assert_int_equal(spins->vruntime, 0); /* and nothing to pay for it */
}

static void alone_it_has_the_cpu_and_no_timer(void **state)
{
    static const uint32_t weights[] = {1, 1000};

    (void)state;
    begin(weights, 2);
    vcpus[1]->state = VCPU_HALTED;
    play(now + S);
    assert_int_equal(record[0].used, S);
    assert_int_equal(record[1].used, 0);
    assert_int_equal(cpu.slice_end, 0);
    assert_null(cpu.timers);
}

static void a_paused_vm_is_unloaded(void **state)
{
    static const uint32_t weights[] = {500, 500};

    (void)state;
    begin(weights, 1);
    play(now + MS);
    assert_ptr_equal(cpu.loaded, vcpus[0]);
    vms[0].state = VM_PAUSED;
    cpu.resched = true;
    assert_null(sched_pick());
    assert_null(cpu.loaded);
    assert_false(vcpus[0]->loaded);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares_follow_the_weights),
        cmocka_unit_test(equals_take_turns),
        cmocka_unit_test(a_busy_neighbour_takes_nothing_from_a_short_task),
        cmocka_unit_test(sleep_is_not_saved_up),
        cmocka_unit_test(who_spins_lets_others_go_first),
        cmocka_unit_test(alone_it_has_the_cpu_and_no_timer),
        cmocka_unit_test(a_paused_vm_is_unloaded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
