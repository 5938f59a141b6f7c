/* SPDX-License-Identifier: BSD-3-Clause */
/* Fuzzer of the interrupt controllers: guest writes, messages and time in any order. */
#include "dev_fake.h"

#include <stdlib.h>

#include "hv/vioapic.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct vioapic ioapic;

static void check(struct vm *vm)
{
    for (unsigned i = 0; i < vm->vcpu_count; i++) {
        struct vlapic *lapic = &vm->vcpu[i].lapic;
        int vector = vlapic_pending(lapic);

        if (vector >= 0 && vector < 16)
            abort();
        if (lapic->base_msr >> 12 != VLAPIC_BASE >> 12)
            abort();
        if (vector >= 0)
            vlapic_accept(lapic, (uint8_t)vector);
    }
}

static void step(struct vm *vm, uint8_t what, uint32_t where, uint64_t value)
{
    struct vcpu *vcpu = &vm->vcpu[what >> 3 & 1];

    switch (what & 7) {
    case 0:
        fake_apic(vcpu, where & 0xFFF, 1u << (what >> 6), true, &value);
        break;
    case 1:
        fake_apic(vcpu, where & 0xFFF, 1u << (what >> 6), false, &value);
        break;
    case 2: /* the rest of the status values is what the guest would see: #GP or not */
        if (vlapic_write_msr(vcpu, where & 1 ? 0x800 + (where >> 1 & 0x3F) : MSR_APIC_BASE,
                             value) != BN_OK &&
            vlapic_read_msr(vcpu, 0x800 + (where & 0xFF), &value) != BN_OK)
            return;
        break;
    case 3:
        fake_mmio(vm, VIOAPIC_BASE + (where & 0x7F), 4, what & 0x80, &value);
        break;
    case 4:
        if (vlapic_deliver_msi(vm, where, (uint32_t)value) != BN_OK)
            return;
        break;
    case 5:
        if (vm_set_irqline(vm, where & 31, value & 1) != BN_OK)
            return;
        break;
    default:
        if (vlapic_write_msr(vcpu, MSR_TSC_DEADLINE, fake.tsc + (uint32_t)value) == BN_OK)
            fake_pass_ns(where & 0xFFFFF);
        break;
    }
}

/* Steps of 13 bytes: what, where (4), value (8). */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vm *vm = fake_vm(2);

    vioapic_init(&ioapic, vm);
    for (; size >= 13; data += 13, size -= 13) {
        uint32_t where;
        uint64_t value;

        memcpy(&where, data + 1, 4);
        memcpy(&value, data + 5, 8);
        step(vm, data[0], where, value);
        check(vm);
    }
    return 0;
}
