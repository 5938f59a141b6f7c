/* SPDX-License-Identifier: BSD-3-Clause */
/* Hypercalls: who may, what hostile arguments get, what the good ones do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "../../../hypervisor/core/hsm/hsm.h"
#include "hsm_fake.h"

#define IVI_ID 1u

static int setup(void **state)
{
    (void)state;
    fake_reset();
    return 0;
}

static long create(const struct acrn_vm_creation *c)
{
    memcpy(fake_service(0x1000), c, sizeof(*c));
    return fake_call(ACRN_CREATE_VM, 0x1000, 0);
}

static void only_ring0_of_the_service_vm(void **state)
{
    struct vcpu *vcpu = &vms[CLUSTER].vcpu[0];

    (void)state;
    vcpu->regs[REG_R8] = ACRN_ID(ACRN_CREATE_VM);
    assert_true(hypercall_handle(vcpu));
    assert_int_equal((long)vcpu->regs[REG_RAX], HSM_EPERM);
    fake.cpl = 3;
    assert_int_equal(fake_call(ACRN_CREATE_VM, 0x1000, 0), HSM_EPERM);
    fake.cpl = 0;
    assert_int_equal(fake_call(ACRN_CREATE_VM, 0x1000, 0), HSM_ENODEV); /* uuid 0 */
    assert_int_equal(fake.creates, 0);
}

static void unknown_and_not_offered(void **state)
{
    struct vcpu *vcpu = &vms[SERVICE].vcpu[0];

    (void)state;
    assert_int_equal(fake_call(0x7777, 0, 0), HSM_ENOSYS);
    assert_int_equal(fake_call(ACRN_SET_DEVICE_LINE, 1, 0), HSM_ENODEV);
    assert_int_equal(fake_call(ACRN_OTHER_DEVICES_LAST, 1, 0), HSM_ENODEV);
    assert_int_equal(fake_call(ACRN_PM_GET_CPU_STATE, 0, 0), HSM_ENODEV);
    vcpu->regs[REG_R8] = ACRN_CREATE_VM; /* without the class in the top byte */
    assert_true(hypercall_handle(vcpu));
    assert_int_equal((long)vcpu->regs[REG_RAX], HSM_ENOSYS);
}

static void devices_come_and_go(void **state)
{
    struct acrn_pcidev *device = fake_service(0x3000);

    (void)state;
    fake_create_ivi(0);
    *device = (struct acrn_pcidev){.virt_bdf = 0x28, .phys_bdf = 0x100};
    assert_int_equal(fake_call(ACRN_ASSIGN_PCIDEV, 2, 0x3000), HSM_EINVAL); /* no such VM */
    assert_int_equal(fake_call(ACRN_ASSIGN_PCIDEV, IVI_ID, 0x3000), 0);
    assert_int_equal(fake.passed_place, 0x28);
    assert_int_equal(fake.passed, 0x100);
    assert_int_equal(fake_call(ACRN_DEASSIGN_PCIDEV, IVI_ID, 0x3000), 0);
    device->phys_bdf = 0;
    assert_int_equal(fake_call(ACRN_ASSIGN_PCIDEV, IVI_ID, 0x3000), HSM_EPERM);
    assert_int_equal(fake_call(ACRN_DEASSIGN_PCIDEV, IVI_ID, 0x3000), 0);
    device->virt_bdf = 0x30;
    assert_int_equal(fake_call(ACRN_DEASSIGN_PCIDEV, IVI_ID, 0x3000), HSM_ENODEV);
    assert_int_equal(fake_call(ACRN_ASSIGN_PCIDEV, IVI_ID, 1ull << 40), HSM_EFAULT);
}

static void create_fits_the_scenario(void **state)
{
    struct acrn_vm_creation c = {.uuid = {1, 2, 3, 4}, .vcpu_num = 2, .cpu_affinity = 6}, *out;

    (void)state;
    c.vcpu_num = 3;
    assert_int_equal(create(&c), HSM_EINVAL);
    c.vcpu_num = 2;
    c.cpu_affinity = 0xE;
    assert_int_equal(create(&c), HSM_EINVAL);
    c.cpu_affinity = 6;
    c.vm_flag = 1;
    assert_int_equal(create(&c), HSM_EINVAL);
    c.vm_flag = 0;
    c.uuid[15] = 9;
    assert_int_equal(create(&c), HSM_ENODEV);
    c.uuid[15] = 0;
    assert_int_equal(fake.creates, 0);
    assert_int_equal(create(&c), 0);
    out = fake_service(0x1000);
    assert_int_equal(out->vmid, IVI_ID);
    assert_int_equal(out->vcpu_num, 2);
    assert_int_equal(create(&c), HSM_EBUSY);
    assert_int_equal(fake.creates, 1);
}

static void create_undone_when_the_answer_cannot_be_written(void **state)
{
    struct acrn_vm_creation c = {.uuid = {1, 2, 3, 4}};

    (void)state;
    fake_set_rights(&vms[SERVICE], 0x1000, 0x1000, MAP_READ);
    assert_int_equal(create(&c), HSM_EFAULT);
    assert_int_equal(vms[IVI].state, VM_ABSENT);
    fake.next_create = BN_ENOMEM;
    assert_int_equal(create(&c), HSM_ENOMEM);
}

static void hostile_vm_ids(void **state)
{
    static const uint64_t bad[] = {0, 2, 5, 6, 0xFFFF, 0x10001, 0x100000001, UINT64_MAX};
    static const uint32_t calls[] = {ACRN_DESTROY_VM,    ACRN_START_VM,
                                     ACRN_PAUSE_VM,      ACRN_RESET_VM,
                                     ACRN_INJECT_MSI,    ACRN_SET_IRQLINE,
                                     ACRN_SET_VCPU_REGS, ACRN_SET_IOREQ_BUFFER,
                                     ACRN_INTR_MONITOR,  ACRN_NOTIFY_REQUEST_FINISH};

    (void)state;
    fake_create_ivi(0);
    for (size_t i = 0; i < HV_ARRAY_SIZE(bad); i++)
        for (size_t c = 0; c < HV_ARRAY_SIZE(calls); c++)
            assert_int_equal(fake_call(calls[c], bad[i], 0x3000), HSM_EINVAL);
    assert_int_equal(fake.destroys + fake.starts + fake.resets, 0);
    assert_int_equal(vms[CLUSTER].state, VM_RUNNING);
}

static void hostile_pointers(void **state)
{
    static const uint64_t bad[] = {SERVICE_BYTES - 8, HYPERVISOR_BASE, CLUSTER_BASE, UINT64_MAX,
                                   UINT64_MAX - 15,   GUEST_BYTES,     1ull << 63};

    (void)state;
    fake_create_ivi(0);
    for (size_t i = 0; i < HV_ARRAY_SIZE(bad); i++) {
        assert_int_equal(fake_call(ACRN_CREATE_VM, bad[i], 0), HSM_EFAULT);
        assert_int_equal(fake_call(ACRN_SET_VCPU_REGS, IVI_ID, bad[i]), HSM_EFAULT);
        assert_int_equal(fake_call(ACRN_INJECT_MSI, IVI_ID, bad[i]), HSM_EFAULT);
        assert_int_equal(fake_call(ACRN_SET_MEMORY_REGIONS, bad[i], 0), HSM_EFAULT);
    }
}

static void life(void **state)
{
    (void)state;
    assert_int_equal(fake_call(ACRN_START_VM, IVI_ID, 0), HSM_EINVAL); /* absent */
    assert_int_equal(fake_call(ACRN_DESTROY_VM, IVI_ID, 0), 0);
    fake_create_ivi(0x4000);
    assert_int_equal(fake_call(ACRN_START_VM, IVI_ID, 0), 0);
    assert_int_equal(vms[IVI].state, VM_RUNNING);
    assert_int_equal(fake_call(ACRN_PAUSE_VM, IVI_ID, 0), 0);
    assert_int_equal(fake_call(ACRN_RESET_VM, IVI_ID, 0), 0);
    assert_int_equal(vms[IVI].state, VM_CREATED);
    assert_int_equal(fake_call(ACRN_START_VM, IVI_ID, 0), 0);
    assert_int_equal(fake_call(ACRN_DESTROY_VM, IVI_ID, 0), 0); /* while it runs */
    assert_int_equal(vms[IVI].state, VM_ABSENT);
    assert_null(vms[IVI].ioreq.page);
    assert_int_equal(fake.pauses, 2);
    fake_create_ivi(0x4000); /* and again from the start */
}

static void a_held_vm_makes_the_call_repeat(void **state)
{
    struct vcpu *vcpu = &vms[SERVICE].vcpu[0];

    (void)state;
    fake_create_ivi(0);
    assert_int_equal(hypercall_vm_hold(&vms[IVI]), BN_OK);
    vcpu->regs[REG_R8] = ACRN_ID(ACRN_START_VM);
    vcpu->regs[REG_RDI] = IVI_ID;
    assert_false(hypercall_handle(vcpu));
    assert_int_equal(fake.starts, 0);
    hypercall_vm_release(&vms[IVI]);
    assert_true(hypercall_handle(vcpu));
    assert_int_equal(fake.starts, 1);
}

static struct acrn_vcpu_regs good_regs(void)
{
    return (struct acrn_vcpu_regs){.vcpu_regs = {.gprs = {.rsi = 0x1234},
                                                 .gdt = {.limit = 0x1F, .base = 0x9000},
                                                 .rip = 0x100000,
                                                 .cr0 = 0x31,
                                                 .cs_ar = 0xC09B,
                                                 .cs_limit = 0xFFFFFFFF,
                                                 .cs_sel = 0x10,
                                                 .ds_sel = 0x18}};
}

static long set_regs(const struct acrn_vcpu_regs *r)
{
    memcpy(fake_service(0x5000), r, sizeof(*r));
    return fake_call(ACRN_SET_VCPU_REGS, IVI_ID, 0x5000);
}

static void registers(void **state)
{
    struct acrn_vcpu_regs r = good_regs();

    (void)state;
    fake_create_ivi(0);
    assert_int_equal(set_regs(&r), 0);
    assert_int_equal(vms[IVI].vcpu[0].rip, 0x100000);
    assert_int_equal(vms[IVI].vcpu[0].regs[REG_RSI], 0x1234);
    assert_int_equal(vms[IVI].vcpu[0].rflags, 2);
    assert_int_equal(fake.segment[SEG_GDTR].base, 0x9000);
    assert_int_equal(fake.segment[SEG_DS].access, 0xC093);
    assert_int_equal(fake.segment[SEG_DS].base, 0);
    assert_int_equal(fake.cr[0], 0x31);

    r.vcpu_regs.cr0 = 0x10; /* real mode: segments by selector */
    assert_int_equal(set_regs(&r), 0);
    assert_int_equal(fake.segment[SEG_DS].base, 0x180);
    assert_int_equal(fake.segment[SEG_DS].limit, 0xFFFF);

    assert_int_equal(fake_call(ACRN_START_VM, IVI_ID, 0), 0);
    assert_int_equal(set_regs(&r), HSM_EINVAL);
}

static void impossible_registers(void **state)
{
    struct acrn_vcpu_regs r;

    (void)state;
    fake_create_ivi(0);
#define REFUSED(change)                                                                            \
    do {                                                                                           \
        r = good_regs();                                                                           \
        change;                                                                                    \
        assert_int_equal(set_regs(&r), HSM_EINVAL);                                                \
    } while (0)
    REFUSED(r.vcpu_id = 2);
    REFUSED(r.vcpu_id = 0xFFFF);
    REFUSED(r.reserved[1] = 1);
    REFUSED(r.vcpu_regs.reserved_64[3] = 1);
    REFUSED(r.vcpu_regs.reserved_32[2] = 1);
    REFUSED(r.vcpu_regs.idt.reserved[2] = 1);
    REFUSED(r.vcpu_regs.cr0 = 0x80000000); /* paging without protection */
    REFUSED(r.vcpu_regs.cr0 = 0x20000031); /* NW without CD */
    REFUSED(r.vcpu_regs.cr0 = 1ull << 32);
    REFUSED(r.vcpu_regs.cr4 = 1ull << 13); /* VMXE */
    REFUSED(r.vcpu_regs.cr3 = 1ull << 52);
    REFUSED(r.vcpu_regs.ia32_efer = 1ull << 12); /* SVME */
    REFUSED(r.vcpu_regs.ia32_efer = 0x400);      /* LMA without LME and paging */
    REFUSED(r.vcpu_regs.ia32_efer = 0x500;
            r.vcpu_regs.cr0 = 0x80000031); /* long mode without PAE */
    REFUSED(r.vcpu_regs.rflags = 1ull << 63);
    REFUSED(r.vcpu_regs.cs_ar = 0x10000);
    REFUSED(r.vcpu_regs.cs_ar = 0x93); /* not code */
#undef REFUSED
}

static void messages_and_lines(void **state)
{
    struct acrn_msi_entry *msi = fake_service(0x6000);

    (void)state;
    fake_create_ivi(0);
    *msi = (struct acrn_msi_entry){.msi_addr = 0xFEE00000, .msi_data = 0x41};
    assert_int_equal(fake_call(ACRN_INJECT_MSI, IVI_ID, 0x6000), 0);
    assert_int_equal(fake.msi_data, 0x41);
    msi->msi_data = 1ull << 32;
    assert_int_equal(fake_call(ACRN_INJECT_MSI, IVI_ID, 0x6000), HSM_EINVAL);
    *msi = (struct acrn_msi_entry){.msi_addr = 0xFEC00000, .msi_data = 0x41};
    assert_int_equal(fake_call(ACRN_INJECT_MSI, IVI_ID, 0x6000), HSM_EINVAL);

    assert_int_equal(fake_call(ACRN_SET_IRQLINE, IVI_ID, 5), 0);
    assert_true(fake.line);
    assert_int_equal(fake_call(ACRN_SET_IRQLINE, IVI_ID, 5 | (uint64_t)ACRN_LINE_LOW << 32), 0);
    assert_false(fake.line);
    assert_int_equal(
        fake_call(ACRN_SET_IRQLINE, IVI_ID, 5 | (uint64_t)ACRN_LINE_RISING_PULSE << 32), 0);
    assert_int_equal(fake.line_changes, 4);
    assert_false(fake.line);
    assert_int_equal(fake_call(ACRN_SET_IRQLINE, IVI_ID, 24), HSM_EINVAL);
    assert_int_equal(fake_call(ACRN_SET_IRQLINE, IVI_ID, 5 | 4ull << 32), HSM_EINVAL);
    assert_int_equal(fake_call(ACRN_SET_IRQLINE, IVI_ID, UINT64_MAX), HSM_EINVAL);
}

static void cpu_off_line(void **state)
{
    (void)state;
    assert_int_equal(fake_call(ACRN_REMOVE_CPU, 0, 0), HSM_EINVAL); /* the boot CPU */
    assert_int_equal(fake_call(ACRN_REMOVE_CPU, 7, 0), HSM_EINVAL);
    assert_int_equal(fake_call(ACRN_REMOVE_CPU, 2, 0), HSM_EBUSY); /* it runs */
    vms[SERVICE].vcpu[1].state = VCPU_HALTED;
    assert_int_equal(fake_call(ACRN_REMOVE_CPU, 2, 0), 0);
    assert_int_equal(vms[SERVICE].vcpu[1].state, VCPU_OFF);
}

static void the_service_vm_dies(void **state)
{
    (void)state;
    fake_create_ivi(0x4000);
    assert_int_equal(fake_call(ACRN_START_VM, IVI_ID, 0), 0);
    assert_int_equal(hypercall_vm_hold(&vms[IVI]), BN_OK); /* by the vCPU that died */
    hypercall_service_gone();
    assert_int_equal(vms[IVI].state, VM_ABSENT);
    assert_int_equal(vms[CLUSTER].state, VM_RUNNING);
    assert_int_equal(hypercall_vm_hold(&vms[IVI]), BN_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(only_ring0_of_the_service_vm, setup),
        cmocka_unit_test_setup(unknown_and_not_offered, setup),
        cmocka_unit_test_setup(devices_come_and_go, setup),
        cmocka_unit_test_setup(create_fits_the_scenario, setup),
        cmocka_unit_test_setup(create_undone_when_the_answer_cannot_be_written, setup),
        cmocka_unit_test_setup(hostile_vm_ids, setup),
        cmocka_unit_test_setup(hostile_pointers, setup),
        cmocka_unit_test_setup(life, setup),
        cmocka_unit_test_setup(a_held_vm_makes_the_call_repeat, setup),
        cmocka_unit_test_setup(registers, setup),
        cmocka_unit_test_setup(impossible_registers, setup),
        cmocka_unit_test_setup(messages_and_lines, setup),
        cmocka_unit_test_setup(cpu_off_line, setup),
        cmocka_unit_test_setup(the_service_vm_dies, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
