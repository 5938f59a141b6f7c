/* SPDX-License-Identifier: BSD-3-Clause */
/* Life of post-launched VMs by hypercall: create, start, pause, reset, destroy. */
#include "hsm.h"

static struct vm *find_by_uuid(const uint8_t *uuid)
{
    for (size_t i = 0; i < HV_MAX_VMS; i++)
        if (vms[i].config && vms[i].config->kind == BN_VM_POSTLAUNCHED &&
            !memcmp(vms[i].config->uuid, uuid, sizeof(vms[i].config->uuid)))
            return &vms[i];
    return 0;
}

static uint64_t affinity_of(const struct bn_scenario_vm *config)
{
    uint64_t mask = 0;

    for (uint32_t i = 0; i < config->cpu_count; i++)
        mask |= 1ull << config->cpu[i].pcpu;
    return mask;
}

/* The scenario decides on CPUs; the device model may leave them open or must say the same. */
static bool fits(const struct bn_scenario_vm *config, const struct acrn_vm_creation *wanted)
{
    return (wanted->vcpu_num == 0 || wanted->vcpu_num == config->cpu_count) &&
           (wanted->cpu_affinity == 0 || wanted->cpu_affinity == affinity_of(config)) &&
           wanted->vm_flag == 0 && wanted->reserved0 == 0 && wanted->reserved1 == 0;
}

static enum bn_status create_held(struct hsm_call *call, struct vm *vm)
{
    if (vm->state != VM_ABSENT)
        return BN_EBUSY;
    enum bn_status status = vm_create(vm);
    if (status != BN_OK)
        return status;
    call->creation.vmid = hypercall_vm_id(vm);
    call->creation.vcpu_num = (uint16_t)vm->config->cpu_count;
    status = gpa_write(call->service, call->arg[0], &call->creation, sizeof(call->creation));
    if (status != BN_OK) {
        vm_destroy(vm);
        return status;
    }
    vm_event(vm, "created by its device model, %u vCPUs", vm->config->cpu_count);
    return BN_OK;
}

enum bn_status hsm_create_vm(struct hsm_call *call)
{
    struct vm *vm = find_by_uuid(call->creation.uuid);

    if (!vm) {
        vm_log(call->service, "create VM: no VM of the scenario has uuid %02x%02x%02x%02x-...",
               call->creation.uuid[0], call->creation.uuid[1], call->creation.uuid[2],
               call->creation.uuid[3]);
        return BN_ENODEV;
    }
    if (!fits(vm->config, &call->creation)) {
        vm_log(call->service, "create VM: %u vCPUs on CPUs %lx, flags %lx are not the scenario's",
               call->creation.vcpu_num, (uint64_t)call->creation.cpu_affinity,
               (uint64_t)call->creation.vm_flag);
        return BN_EINVAL;
    }
    if (hypercall_vm_hold(vm) != BN_OK)
        return BN_EBUSY;
    enum bn_status status = create_held(call, vm);
    hypercall_vm_release(vm);
    return status;
}

static void destroy(struct vm *vm, const char *why)
{
    vm_event(vm, "destroyed%s", why);
    vm_pause(vm);
    ioreq_detach(vm);
    vm_destroy(vm);
}

/* HSM frees its side whatever we answer, so a VM that is not there is as good as destroyed. */
enum bn_status hsm_destroy_vm(struct hsm_call *call)
{
    if (call->vm->state == VM_ABSENT)
        return BN_OK;
    destroy(call->vm, " by its device model");
    return BN_OK;
}

enum bn_status hsm_start_vm(struct hsm_call *call)
{
    if (call->vm->state == VM_CREATED || call->vm->state == VM_PAUSED)
        vm_start(call->vm);
    return call->vm->state == VM_RUNNING ? BN_OK : BN_EINVAL;
}

/* One that is parked stands still already; the device model may go on to reset or destroy it. */
enum bn_status hsm_pause_vm(struct hsm_call *call)
{
    if (call->vm->state == VM_RUNNING)
        vm_pause(call->vm);
    return call->vm->state == VM_ABSENT || call->vm->state == VM_DYING ? BN_EINVAL : BN_OK;
}

enum bn_status hsm_reset_vm(struct hsm_call *call)
{
    if (call->vm->state == VM_ABSENT || call->vm->state == VM_DYING)
        return BN_EINVAL;
    if (call->vm->state == VM_RUNNING)
        vm_pause(call->vm);
    ioreq_reset(call->vm);
    vm_reset(call->vm);
    return BN_OK;
}

void hypercall_service_gone(void)
{
    for (size_t i = 0; i < HV_MAX_VMS; i++) {
        struct vm *vm = &vms[i];

        if (!vm->config || vm->config->kind != BN_VM_POSTLAUNCHED || vm->state == VM_ABSENT)
            continue;
        destroy(vm, ": the service VM is gone");
        /* Whoever held it was a vCPU of the service VM, stopped for good. */
        hypercall_vm_release(vm);
    }
}
