/* SPDX-License-Identifier: BSD-3-Clause */
/* Power policy: what becomes of a VM that has ended, and the order of switching off. One CPU
 * decides (policy_decide), the others only ask. */
#include "hv/host.h"
#include "hv/platform.h"
#include "hv/watchdog.h"

#include "hsm.h"

/* What a guest of the device model would do to reset itself: this is how it is told. */
#define GUEST_RESET_PORT  0xCF9u
#define GUEST_RESET_VALUE 0x06u

#define GUESTS_MS  5000u  /* time that the device model has to end its VMs at ignition-off, */
#define SERVICE_MS 20000u /* and the service VM to end itself */

enum ignition { IGNITION_ON, IGNITION_GUESTS, IGNITION_SERVICE };

static struct {
    volatile uint32_t want; /* enum bn_hv_end, asked for and not decided */
    uint32_t last, restarts;
} ends[HV_MAX_VMS];
static enum ignition ignition;
static uint64_t ignition_deadline; /* TSC, of the step */
static volatile uint32_t ignition_wanted;

volatile uint32_t policy_pending;

static const char *const end_names[] = {
    "runs",          "switched itself off", "reset itself",
    "went to sleep", "triple fault",        "parked",
    "watchdog",      "stopped by request",  "restart by request"};

static void look(void)
{
    __atomic_store_n(&policy_pending, 1u, __ATOMIC_SEQ_CST);
    pcpu_kick(&pcpus[0]);
}

void policy_vm_ended(struct vm *vm, enum bn_hv_end how)
{
    /* Nothing of it runs on, whatever is decided later; not even until the first reason is dealt
     * with. */
    (void)__sync_bool_compare_and_swap(&vm->state, VM_RUNNING, VM_PARKED);
    for (uint32_t i = 0; i < vm->vcpu_count; i++)
        vcpu_request(&vm->vcpu[i], VCPU_REQ_PAUSE);

    /* The first reason counts: what follows from it is not worth telling. */
    if (__sync_bool_compare_and_swap(&ends[vm->id].want, BN_HV_END_NONE, how))
        look();
}

/* Its device model decides: it sees the reset that the guest did not get to ask for. */
static void end_postlaunched(struct vm *vm)
{
    const struct io_access reset = {
        .write = true, .bytes = 1, .address = GUEST_RESET_PORT, .value = GUEST_RESET_VALUE};

    vm_pause(vm);
    for (uint32_t i = 0; i < vm->vcpu_count; i++)
        if (!vm->vcpu[i].io.active && ioreq_submit(&vm->vcpu[i], &reset) == BN_EBUSY)
            return;
    vm_event(vm, "no device model to tell");
}

static bool starts_again(const struct vm *vm, enum bn_hv_end how)
{
    if (ignition != IGNITION_ON || how == BN_HV_END_STOPPED)
        return false;
    return how == BN_HV_END_RESTART || (vm->config->flags & BN_VM_RESTART) ||
           (vm->config->kind == BN_VM_PRELAUNCHED && how == BN_HV_END_WATCHDOG);
}

static void end_own(struct vm *vm, enum bn_hv_end how)
{
    bool service = vm_is_service(vm);

    vm_pause(vm);
    for (uint32_t i = 0; how == BN_HV_END_WATCHDOG && i < vm->vcpu_count; i++)
        vm_event(vm, "vCPU %u was at rip %lx, rflags %lx", i, vm->vcpu[i].rip, vm->vcpu[i].rflags);
    if (service) {
        hypercall_service_gone();
        watchdog_service_ended();
    }
    if (!starts_again(vm, how))
        return;
    vm_destroy(vm);
    if (vm_build(vm) != BN_OK) {
        vm_event(vm, "cannot be built again");
        return;
    }
    vm_start(vm);
    ends[vm->id].restarts++;
    watchdog_vm_started(vm);
    vm_event(vm, "started again");
}

static void decide(struct vm *vm, enum bn_hv_end how)
{
    ends[vm->id].last = how;
    vm_event(vm, "ended: %s", end_names[how]);
    if (vm->config->kind == BN_VM_POSTLAUNCHED)
        end_postlaunched(vm);
    else
        end_own(vm, how);
}

/* ---- ignition-off: the IVI, the service VM, the cluster, the machine */

static bool guests_gone(void)
{
    for (size_t i = 0; i < HV_MAX_VMS; i++)
        if (vms[i].config && vms[i].config->kind == BN_VM_POSTLAUNCHED && vms[i].state != VM_ABSENT)
            return false;
    return true;
}

static bool service_gone(void)
{
    return !vm_service() || vm_service()->state != VM_RUNNING;
}

static void next_step(enum ignition step, uint32_t ms)
{
    ignition = step;
    ignition_deadline = tsc_now() + tsc_from_ns(ms * 1000000ull);
}

static void machine_off(void)
{
    for (size_t i = 0; i < HV_MAX_VMS; i++)
        if (vms[i].config && vms[i].state == VM_RUNNING) {
            vm_pause(&vms[i]);
            vm_event(&vms[i], "stopped for ignition-off");
        }
    hv_log("ignition-off: switching the machine off");
    power_off_machine();
    hv_panic("the machine cannot be switched off");
}

void policy_ignition_off(void)
{
    ignition_wanted = 1;
    look();
}

static void ignition_work(void)
{
    bool late = tsc_now() >= ignition_deadline;

    if (ignition == IGNITION_ON) {
        hv_log("ignition-off: waiting for the VMs of the device model");
        next_step(IGNITION_GUESTS, GUESTS_MS);
        watchdog_tick_on();
        late = false;
    }
    if (ignition == IGNITION_GUESTS && (guests_gone() || late)) {
        if (late)
            hypercall_service_gone();
        hv_log("ignition-off: waiting for the service VM");
        next_step(IGNITION_SERVICE, SERVICE_MS);
        late = false;
    }
    if (ignition == IGNITION_SERVICE && (service_gone() || late))
        machine_off();
}

void policy_decide(void)
{
    __atomic_store_n(&policy_pending, 0u, __ATOMIC_SEQ_CST);
    /* No vCPU is on this CPU meanwhile: whoever waits for one here does not wait for us. */
    sched_unload();
    for (size_t i = 0; i < HV_MAX_VMS; i++) {
        uint32_t how = ends[i].want;

        if (how == BN_HV_END_NONE)
            continue;
        /* A hypercall may be at work on the VM on another CPU: then later, it will not be long. */
        if (hypercall_vm_hold(&vms[i]) != BN_OK) {
            __atomic_store_n(&policy_pending, 1u, __ATOMIC_SEQ_CST);
            continue;
        }
        if (vms[i].state != VM_ABSENT && vms[i].state != VM_DYING)
            decide(&vms[i], (enum bn_hv_end)how);
        __atomic_store_n(&ends[i].want, BN_HV_END_NONE, __ATOMIC_SEQ_CST);
        hypercall_vm_release(&vms[i]);
    }
    if (ignition_wanted)
        ignition_work();
}

uint32_t policy_restarts(const struct vm *vm)
{
    return ends[vm->id].restarts;
}

enum bn_hv_end policy_last_end(const struct vm *vm)
{
    return (enum bn_hv_end)ends[vm->id].last;
}
