/* SPDX-License-Identifier: BSD-3-Clause */
/* Hypercalls about interrupts of post-launched VMs, and about the service VM's own CPUs. */
#include "hsm.h"

#include "hv/vioapic.h"

enum bn_status hsm_inject_msi(struct hsm_call *call)
{
    if (call->vm->state == VM_ABSENT || call->vm->state == VM_DYING)
        return BN_ENODEV;
    if (call->msi.msi_data > UINT32_MAX)
        return BN_EINVAL;
    return vlapic_deliver_msi(call->vm, call->msi.msi_addr, (uint32_t)call->msi.msi_data);
}

/* Counts interrupts of passed-through devices, of which a post-launched VM has none. */
enum bn_status hsm_intr_monitor(struct hsm_call *call)
{
    if (call->monitor.command != ACRN_INTR_GET_DATA)
        return BN_ENODEV;
    call->monitor.count = 0;
    return gpa_write(call->service, call->arg[1], &call->monitor, sizeof(call->monitor));
}

/* RSI holds the line in its low half and enum acrn_line in its high half, as HSM got it from user
 * space. */
enum bn_status hsm_set_irqline(struct hsm_call *call)
{
    unsigned gsi = (unsigned)(call->arg[1] & 0xFFFFFFFFu);
    uint64_t operation = call->arg[1] >> 32;
    bool first = operation == ACRN_LINE_HIGH || operation == ACRN_LINE_RISING_PULSE;
    bool pulse = operation == ACRN_LINE_RISING_PULSE || operation == ACRN_LINE_FALLING_PULSE;
    enum bn_status status;

    if (call->vm->state == VM_ABSENT || call->vm->state == VM_DYING)
        return BN_ENODEV;
    if (operation > ACRN_LINE_FALLING_PULSE)
        return BN_EINVAL;
    status = vm_set_irqline(call->vm, gsi, first);
    if (status == BN_OK && pulse)
        status = vm_set_irqline(call->vm, gsi, !first);
    return status;
}

/*
 * RDI: local APIC id of a CPU that the service VM has taken off line (it sits in HLT). It stops
 * being scheduled; INIT and SIPI bring it back.
 */
enum bn_status hsm_remove_cpu(struct hsm_call *call)
{
    for (uint32_t i = 1; i < call->service->vcpu_count; i++) {
        struct vcpu *vcpu = &call->service->vcpu[i];

        if (vcpu->lapic.apic_id != call->arg[0] || vcpu == call->caller)
            continue;
        if (!__sync_bool_compare_and_swap(&vcpu->state, VCPU_HALTED, VCPU_OFF) &&
            vcpu->state != VCPU_OFF && vcpu->state != VCPU_WAIT_SIPI)
            return BN_EBUSY;
        vm_log(call->service, "vCPU %u taken off line", i);
        return BN_OK;
    }
    return BN_EINVAL;
}
