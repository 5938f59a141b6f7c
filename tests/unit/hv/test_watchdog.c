/* SPDX-License-Identifier: BSD-3-Clause */
/* Watchdogs and power policy: who is noticed dead, and who goes on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "../../../hypervisor/core/hsm/acrn.h"
#include "binnacle/cluster_frames.h"
#include "hsm_fake.h"
#include "hv/host.h"
#include "hv/pcpu.h"
#include "hv/platform.h"
#include "hv/watchdog.h"

#define MS 1000000ull /* the fake TSC counts nanoseconds */

struct pcpu pcpus[HV_MAX_PCPUS];
static uint64_t now;
static struct hv_timer *armed;
static unsigned safe, off, kicks;

uint64_t tsc_now(void)
{
    return now;
}

uint64_t tsc_from_ns(uint64_t ns)
{
    return ns;
}

uint64_t tsc_to_ns(uint64_t ticks)
{
    return ticks;
}

void timer_arm(struct hv_timer *timer, uint64_t deadline)
{
    timer->deadline = deadline;
    armed = timer;
}

void pcpu_kick(struct pcpu *cpu)
{
    assert_ptr_equal(cpu, &pcpus[0]);
    kicks++;
}

static unsigned built;

/* As the loop of CPU 0 does it. */
static void policy_work(void)
{
    if (policy_pending)
        policy_decide();
}

enum bn_status vm_build(struct vm *vm)
{
    built++;
    return vm_create(vm);
}

void sched_unload(void)
{
}

bool display_safe(void)
{
    safe++;
    return true;
}

void power_off_machine(void)
{
    off++;
}

static jmp_buf panicked; /* power_off_machine() has returned */

void fake_panic(void)
{
    longjmp(panicked, 1);
}

static struct bn_cluster_frames *frames(void)
{
    uint64_t bytes;
    struct bn_shm_header *h = shm_region(BN_SHM_CLUSTER_FRAMES, &bytes);

    return (struct bn_cluster_frames *)(void *)(h + 1);
}

static void pass(uint64_t ms)
{
    for (uint64_t end = now + ms * MS; now < end;) {
        now = armed->deadline;
        armed->expired(armed->context);
        policy_work();
    }
}

static int setup(void **state)
{
    (void)state;
    fake_reset();
    now = 1000 * MS;
    safe = off = kicks = built = 0;
    fake_scenario.vm[CLUSTER].watchdog_ms = 500;
    fake_scenario.vm[SERVICE].watchdog_ms = 1000;
    watchdog_init(&fake_scenario);
    return 0;
}

static void a_cluster_that_draws(void **state)
{
    (void)state;
    for (unsigned i = 1; i < 100; i++) {
        frames()->latest = i;
        pass(100);
    }
    assert_int_equal(built, 0);
}

static void a_cluster_that_stops_is_started_again(void **state)
{
    uint32_t restarts = policy_restarts(&vms[CLUSTER]);

    (void)state;
    frames()->latest = 7;
    pass(400);
    assert_int_equal(built, 0);
    pass(300);
    assert_int_equal(built, 1);
    assert_int_equal(fake.starts, 1);
    assert_int_equal(vms[CLUSTER].state, VM_RUNNING);
    assert_int_equal(vms[SERVICE].state, VM_RUNNING);
    assert_int_equal(policy_restarts(&vms[CLUSTER]), restarts + 1);
    assert_int_equal(policy_last_end(&vms[CLUSTER]), BN_HV_END_WATCHDOG);
}

static void a_cluster_has_time_to_boot(void **state)
{
    (void)state;
    pass(9000);
    assert_int_equal(built, 0);
    pass(2000);
    assert_int_equal(built, 1);
}

static void the_service_vm_falls_silent(void **state)
{
    (void)state;
    pass(2000); /* not armed before its first beat */
    assert_int_equal(safe, 0);
    for (int i = 0; i < 10; i++) {
        watchdog_service_beat();
        pass(500);
    }
    assert_int_equal(safe, 0);
    frames()->latest++;
    pass(400);
    frames()->latest++;
    pass(300);
    assert_int_equal(safe, 1);
    assert_int_equal(vms[SERVICE].state, VM_RUNNING); /* no restart in its scenario */
    frames()->latest++;
    pass(300);
    assert_int_equal(safe, 1);
}

static void a_vm_switches_itself_off(void **state)
{
    (void)state;
    fake_create_ivi(0x4000);
    assert_int_equal(fake_call(ACRN_START_VM, 1, 0), 0);
    policy_vm_ended(&vms[SERVICE], BN_HV_END_POWER_OFF);
    assert_int_equal(vms[SERVICE].state, VM_PARKED);
    assert_int_equal(kicks, 1);
    policy_work();
    assert_int_equal(policy_last_end(&vms[SERVICE]), BN_HV_END_POWER_OFF);
    assert_int_equal(vms[SERVICE].state, VM_PAUSED);
    assert_int_equal(vms[IVI].state, VM_ABSENT); /* whose device model is gone */
    assert_int_equal(vms[CLUSTER].state, VM_RUNNING);
    assert_int_equal(off, 0);
}

static void the_service_vm_is_started_again_if_the_scenario_says_so(void **state)
{
    (void)state;
    fake_scenario.vm[SERVICE].flags = BN_VM_RESTART;
    policy_vm_ended(&vms[SERVICE], BN_HV_END_RESET);
    policy_vm_ended(&vms[SERVICE], BN_HV_END_POWER_OFF); /* only the first counts */
    policy_work();
    assert_int_equal(policy_last_end(&vms[SERVICE]), BN_HV_END_RESET);
    assert_int_equal(vms[SERVICE].state, VM_RUNNING);
    safe = 0; /* it may have taken the display once more */
    policy_vm_ended(&vms[SERVICE], BN_HV_END_STOPPED);
    policy_work();
    assert_int_equal(vms[SERVICE].state, VM_PAUSED);
    assert_int_equal(safe, 1);
}

static void a_post_launched_vm_is_its_device_models_affair(void **state)
{
    struct acrn_io_request *slot = fake_service(0x4000);

    (void)state;
    fake_create_ivi(0x4000);
    assert_int_equal(fake_call(ACRN_START_VM, 1, 0), 0);
    policy_vm_ended(&vms[IVI], BN_HV_END_TRIPLE_FAULT);
    policy_work();
    assert_int_equal(slot->processed, ACRN_IOREQ_STATE_PENDING);
    assert_int_equal(slot->reqs.mmio_request.address, 0xCF9);
    assert_int_equal(slot->reqs.mmio_request.value, 6);
    assert_int_equal(slot->reqs.mmio_request.direction, 1);
    assert_int_equal(fake.destroys, 0);
    assert_int_equal(vms[SERVICE].state, VM_RUNNING);
    slot->processed = ACRN_IOREQ_STATE_COMPLETE; /* and it does what it does at a reset */
    assert_int_equal(fake_call(ACRN_NOTIFY_REQUEST_FINISH, 1, 0), 0);
    assert_int_equal(fake_call(ACRN_PAUSE_VM, 1, 0), 0);
    assert_int_equal(fake_call(ACRN_RESET_VM, 1, 0), 0);
    assert_int_equal(fake_call(ACRN_START_VM, 1, 0), 0);
}

static void a_held_vm_is_decided_upon_later(void **state)
{
    (void)state;
    fake_create_ivi(0);
    assert_int_equal(hypercall_vm_hold(&vms[IVI]), BN_OK);
    policy_vm_ended(&vms[IVI], BN_HV_END_PARKED);
    policy_work();
    assert_int_equal(fake.pauses, 0);
    hypercall_vm_release(&vms[IVI]);
    policy_work();
    assert_int_equal(fake.pauses, 1);
}

/* Last: there is no way back from it. */
static void ignition_off(void **state)
{
    (void)state;
    fake_create_ivi(0x4000);
    assert_int_equal(fake_call(ACRN_START_VM, 1, 0), 0);
    frames()->latest = 1;
    policy_ignition_off();
    policy_work();
    assert_int_equal(vms[IVI].state, VM_RUNNING);
    assert_int_equal(fake_call(ACRN_DESTROY_VM, 1, 0), 0);
    frames()->latest = 2;
    pass(100);
    assert_int_equal(vms[SERVICE].state, VM_RUNNING);
    assert_int_equal(off, 0);
    policy_vm_ended(&vms[SERVICE], BN_HV_END_POWER_OFF);
    if (setjmp(panicked) == 0)
        pass(100);
    assert_int_equal(off, 1);
    assert_int_equal(vms[CLUSTER].state, VM_PAUSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_cluster_that_draws, setup),
        cmocka_unit_test_setup(a_cluster_that_stops_is_started_again, setup),
        cmocka_unit_test_setup(a_cluster_has_time_to_boot, setup),
        cmocka_unit_test_setup(the_service_vm_falls_silent, setup),
        cmocka_unit_test_setup(a_vm_switches_itself_off, setup),
        cmocka_unit_test_setup(the_service_vm_is_started_again_if_the_scenario_says_so, setup),
        cmocka_unit_test_setup(a_post_launched_vm_is_its_device_models_affair, setup),
        cmocka_unit_test_setup(a_held_vm_is_decided_upon_later, setup),
        cmocka_unit_test_setup(ignition_off, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
