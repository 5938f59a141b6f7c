/* SPDX-License-Identifier: BSD-3-Clause */
/* Who gets an interrupt message inside one VM: IPIs, MSIs and the I/O APIC's. */
#include "vlapic_regs.h"

#define MSI_ADDRESS_BASE 0xFEEu /* bits 63:20 */

struct vlapic_message vlapic_message(uint32_t bits, uint32_t destination)
{
    return (struct vlapic_message){
        .destination = destination,
        .logical = bits & ICR_LOGICAL,
        .delivery = bits >> 8 & 7,
        .vector = (uint8_t)bits,
        .level = bits & ICR_LEVEL,
    };
}

bool vlapic_is_fixed(const struct vlapic_message *message)
{
    return message->delivery == DELIVER_FIXED || message->delivery == DELIVER_LOWEST;
}

/* Does this APIC answer to the message's destination? */
static bool is_destination(const struct vlapic *lapic, const struct vlapic_message *message)
{
    uint32_t destination = message->wide ? message->destination : message->destination & 0xFF;
    uint32_t ldr = vlapic_peek(lapic, APIC_LDR);

    if (!(lapic->base_msr & APIC_BASE_ENABLED))
        return false;
    if (destination == (message->wide ? UINT32_MAX : 0xFF))
        return true;
    if (!message->logical)
        return destination == lapic->apic_id;
    if (vlapic_is_x2apic(lapic))
        return destination >> 16 == ldr >> 16 && destination & ldr & 0xFFFF;
    if (vlapic_peek(lapic, APIC_DFR) >> 28 == 0xF)
        return destination & ldr >> 24;
    return destination >> 4 == ldr >> 28 && destination & ldr >> 24 & 0xF;
}

struct vcpu *vlapic_destination(struct vm *vm, const struct vlapic_message *message)
{
    for (uint32_t i = 0; i < vm->vcpu_count; i++)
        if (is_destination(&vm->vcpu[i].lapic, message))
            return &vm->vcpu[i];
    return NULL;
}

static void deliver_to(struct vcpu *vcpu, const struct vlapic_message *message)
{
    /* SMI and reserved modes: no guest has use for them. */
    if (vlapic_is_fixed(message))
        vlapic_post(vcpu, message->vector, message->level);
    else if (message->delivery == DELIVER_NMI)
        vcpu_request(vcpu, VCPU_REQ_NMI);
    else if (message->delivery == DELIVER_INIT)
        vcpu_request(vcpu, VCPU_REQ_RESET);
    else if (message->delivery == DELIVER_SIPI)
        vcpu_sipi(vcpu, message->vector);
}

unsigned vlapic_deliver(struct vm *vm, const struct vlapic_message *message)
{
    struct vcpu *lowest = NULL; /* of all that could take it, by priority */
    unsigned taken = 0;

    for (uint32_t i = 0; i < vm->vcpu_count; i++) {
        struct vcpu *vcpu = &vm->vcpu[i];

        if (!is_destination(&vcpu->lapic, message))
            continue;
        if (message->delivery != DELIVER_LOWEST) {
            deliver_to(vcpu, message);
            taken++;
        } else if (vlapic_peek(&vcpu->lapic, APIC_SVR) & SVR_ENABLED &&
                   (!lowest || vlapic_ppr(&vcpu->lapic) < vlapic_ppr(&lowest->lapic))) {
            lowest = vcpu;
        }
    }
    if (lowest)
        deliver_to(lowest, message);
    return lowest ? 1 : taken;
}

enum bn_status vlapic_decode_msi(uint64_t address, uint32_t data, struct vlapic_message *message)
{
    *message = vlapic_message(data, (uint32_t)address >> 12 & 0xFF);
    message->logical = address & 4;
    if (address >> 20 != MSI_ADDRESS_BASE)
        return BN_EINVAL;
    /* What may come from a device: no start-up messages (SDM 3 §11.11.2). */
    return message->delivery == DELIVER_NMI || (vlapic_is_fixed(message) && message->vector >= 16)
               ? BN_OK
               : BN_EINVAL;
}

enum bn_status vlapic_deliver_msi(struct vm *vm, uint64_t address, uint32_t data)
{
    struct vlapic_message message;
    enum bn_status status = vlapic_decode_msi(address, data, &message);

    if (status != BN_OK)
        return status;
    if (message.level && !(data & 0x4000))
        return BN_OK; /* de-assertion carries no interrupt */
    vlapic_deliver(vm, &message);
    return BN_OK;
}

void vlapic_send_ipi(struct vlapic *lapic, uint32_t icr, uint32_t destination)
{
    struct vm *vm = lapic->vcpu->vm;
    struct vlapic_message message = vlapic_message(icr & ~ICR_LEVEL, destination);

    message.wide = vlapic_is_x2apic(lapic);
    if (vlapic_is_fixed(&message) && message.vector < 16) {
        vlapic_raise_error(lapic, ESR_SEND_ILLEGAL);
        return;
    }
    if (message.delivery == DELIVER_INIT && icr & ICR_LEVEL && !(icr & ICR_ASSERT))
        return; /* INIT level de-assert: nothing on any processor since the Pentium */
    if (!(icr & ICR_SHORTHAND)) {
        if (!vlapic_deliver(vm, &message))
            vm_log(vm, "denied: IPI %x to APIC %x, no CPU of its own", icr, destination);
        return;
    }
    for (uint32_t i = 0; i < vm->vcpu_count; i++) {
        bool self = &vm->vcpu[i] == lapic->vcpu;

        if ((icr & ICR_SHORTHAND) == ICR_ALL || self == ((icr & ICR_SHORTHAND) == ICR_SELF))
            deliver_to(&vm->vcpu[i], &message);
    }
}
