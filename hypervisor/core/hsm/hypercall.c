/* SPDX-License-Identifier: BSD-3-Clause */
/* The hypercall table, and what holds for every call: who may, which VM, arguments copied once. */
#include "hsm.h"

#include "hv/passthrough.h"

enum argument { /* what RDI and RSI are */
                ARG_PLAIN,
                ARG_POINTER, /* RDI: guest-physical address of a structure */
                ARG_VM,      /* RDI: VM id, RSI: plain */
                ARG_VM_POINTER,
                ARG_BATCH, /* as ARG_POINTER, the structure starts with the VM id */
};

struct hypercall {
    uint32_t id;
    const char *name;
    enum argument argument;
    uint32_t bytes; /* of the structure, at most sizeof(union in hsm_call) */
    enum bn_status (*handler)(struct hsm_call *call);
};

static enum bn_status set_ioreq_buffer(struct hsm_call *call)
{
    return ioreq_attach(call->vm, call->ioreq_page);
}

static enum bn_status assign_pci(struct hsm_call *call)
{
    return passthrough_assign(call->vm, call->pcidev.virt_bdf, call->pcidev.phys_bdf);
}

static enum bn_status deassign_pci(struct hsm_call *call)
{
    return passthrough_release(call->vm, call->pcidev.virt_bdf, call->pcidev.phys_bdf);
}

static enum bn_status notify_request_finish(struct hsm_call *call)
{
    return ioreq_notify(call->vm, call->arg[1]);
}

/* clang-format off */
static const struct hypercall table[] = {
    /* The three of the I/O path first: the table is searched in this order. */
    {ACRN_NOTIFY_REQUEST_FINISH, "notify request finish", ARG_VM, 0, notify_request_finish},
    {ACRN_INJECT_MSI, "inject MSI", ARG_VM_POINTER, sizeof(struct acrn_msi_entry), hsm_inject_msi},
    {ACRN_SET_IRQLINE, "set irqline", ARG_VM, 0, hsm_set_irqline},
    {ACRN_REMOVE_CPU, "remove CPU", ARG_PLAIN, 0, hsm_remove_cpu},
    {ACRN_CREATE_VM, "create VM", ARG_POINTER, sizeof(struct acrn_vm_creation), hsm_create_vm},
    {ACRN_DESTROY_VM, "destroy VM", ARG_VM, 0, hsm_destroy_vm},
    {ACRN_START_VM, "start VM", ARG_VM, 0, hsm_start_vm},
    {ACRN_PAUSE_VM, "pause VM", ARG_VM, 0, hsm_pause_vm},
    {ACRN_RESET_VM, "reset VM", ARG_VM, 0, hsm_reset_vm},
    {ACRN_SET_VCPU_REGS, "set vCPU registers", ARG_VM_POINTER, sizeof(struct acrn_vcpu_regs), hsm_set_vcpu_regs},
    {ACRN_INTR_MONITOR, "interrupt monitor", ARG_VM_POINTER, sizeof(struct acrn_intr_monitor), hsm_intr_monitor},
    {ACRN_SET_IOREQ_BUFFER, "set ioreq buffer", ARG_VM_POINTER, sizeof(uint64_t), set_ioreq_buffer},
    {ACRN_ASSIGN_PCIDEV, "assign PCI device", ARG_VM_POINTER, sizeof(struct acrn_pcidev), assign_pci},
    {ACRN_DEASSIGN_PCIDEV, "deassign PCI device", ARG_VM_POINTER, sizeof(struct acrn_pcidev), deassign_pci},
    {ACRN_SET_MEMORY_REGIONS, "set memory regions", ARG_BATCH, sizeof(struct acrn_memory_batch), hsm_set_memory_regions},
};
/* clang-format on */

static uint32_t held[HV_MAX_VMS];
static uint32_t denied[HV_MAX_VMS];

enum bn_status hypercall_vm_hold(struct vm *vm)
{
    return __atomic_exchange_n(&held[vm->id], 1u, __ATOMIC_ACQUIRE) ? BN_EBUSY : BN_OK;
}

void hypercall_vm_release(struct vm *vm)
{
    __atomic_store_n(&held[vm->id], 0u, __ATOMIC_RELEASE);
}

uint16_t hypercall_vm_id(const struct vm *vm)
{
    return (uint16_t)((vm->id + HV_MAX_VMS - vm_service()->id) % HV_MAX_VMS);
}

/* Linux errno values, which HSM knows. */
static const int8_t results[] = {
    [BN_OK] = 0,       [BN_EINVAL] = -22, [BN_ENOMEM] = -12, [BN_EPERM] = -1,
    [BN_ENODEV] = -19, [BN_EFAULT] = -14, [BN_EBUSY] = -16,  [BN_ENOSYS] = -38,
};

static const struct hypercall *find(uint64_t id)
{
    for (size_t i = 0; i < HV_ARRAY_SIZE(table); i++)
        if (ACRN_ID(table[i].id) == id)
            return &table[i];
    return 0;
}

/* Lines of passed devices, devices that are not PCI's, CPU power states. */
static bool not_offered(uint64_t id)
{
    return (id >= ACRN_ID(ACRN_OTHER_DEVICES_FIRST) && id <= ACRN_ID(ACRN_OTHER_DEVICES_LAST)) ||
           id == ACRN_ID(ACRN_SET_DEVICE_LINE) || id == ACRN_ID(ACRN_RESET_DEVICE_LINE) ||
           id == ACRN_ID(ACRN_PM_GET_CPU_STATE);
}

static bool from_ring0(struct vcpu *vcpu)
{
    struct segment_state ss;

    vendor->get_segment(vcpu, SEG_SS, &ss);
    return (ss.access >> 5 & 3) == 0;
}

/* The VM that the call names must be one that HSM may handle: a post-launched one. Ids count round
 * from the service VM, so that 0 is itself and no VM has a negative one. */
static struct vm *target_of(uint64_t id)
{
    struct vm *vm = &vms[(vm_service()->id + id) % HV_MAX_VMS];

    return id < HV_MAX_VMS && vm->config && vm->config->kind == BN_VM_POSTLAUNCHED ? vm : 0;
}

/* False: the VM that is meant is held by another CPU. */
static bool serve(const struct hypercall *entry, struct hsm_call *call, enum bn_status *status)
{
    bool pointer = entry->argument != ARG_PLAIN && entry->argument != ARG_VM;
    gpa_t gpa = call->arg[entry->argument == ARG_VM_POINTER ? 1 : 0];

    *status = pointer ? gpa_read(call->service, gpa, call->raw, entry->bytes) : BN_OK;
    if (*status == BN_OK && entry->argument != ARG_PLAIN && entry->argument != ARG_POINTER) {
        call->vm = target_of(entry->argument == ARG_BATCH ? call->batch.vmid : call->arg[0]);
        if (!call->vm)
            *status = BN_EINVAL;
        else if (hypercall_vm_hold(call->vm) != BN_OK)
            return false;
    }
    if (*status == BN_OK)
        *status = entry->handler(call);
    if (call->vm)
        hypercall_vm_release(call->vm);
    return true;
}

/* Who has no business here can call in a loop: the first call is logged, then every power of two.
 */
static void deny(struct vcpu *vcpu)
{
    uint32_t n = __atomic_add_fetch(&denied[vcpu->vm->id], 1, __ATOMIC_RELAXED);

    if ((n & (n - 1)) == 0)
        vm_log(vcpu->vm, "hypercall %lx denied: %s (%u times so far)", vcpu->regs[REG_R8],
               vm_is_service(vcpu->vm) ? "not from ring 0" : "not the service VM", n);
    vcpu->regs[REG_RAX] = (uint64_t)results[BN_EPERM];
}

bool hypercall_handle(struct vcpu *vcpu)
{
    struct hsm_call call;
    enum bn_status status;

    if (!vm_is_service(vcpu->vm) || !from_ring0(vcpu)) {
        deny(vcpu);
        return true;
    }
    call.caller = vcpu;
    call.service = vcpu->vm;
    call.vm = 0;
    call.arg[0] = vcpu->regs[REG_RDI];
    call.arg[1] = vcpu->regs[REG_RSI];

    const struct hypercall *entry = find(vcpu->regs[REG_R8]);
    if (!entry) {
        status = not_offered(vcpu->regs[REG_R8]) ? BN_ENODEV : BN_ENOSYS;
        vm_log(vcpu->vm, "hypercall %lx (%lx, %lx) is %s", vcpu->regs[REG_R8], call.arg[0],
               call.arg[1], status == BN_ENODEV ? "not offered" : "unknown");
    } else if (!serve(entry, &call, &status)) {
        return false;
    } else if (status != BN_OK) {
        vm_log(vcpu->vm, "hypercall %s (%lx, %lx) refused: %d", entry->name, call.arg[0],
               call.arg[1], results[status]);
    }
    vcpu->regs[REG_RAX] = (uint64_t)results[status];
    return true;
}
