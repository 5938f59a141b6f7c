/* SPDX-License-Identifier: BSD-3-Clause */
/* The ioreq page: the way of a request, and a device model that lies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "../../../hypervisor/core/hsm/hsm.h"
#include "hsm_fake.h"

#define PAGE 0x4000u

static struct acrn_io_request *slot(unsigned i)
{
    return (struct acrn_io_request *)fake_service(PAGE) + i;
}

static int setup(void **state)
{
    (void)state;
    fake_reset();
    memset(fake_service(PAGE), 0, HV_PAGE_BYTES);
    fake_create_ivi(PAGE);
    vms[IVI].state = VM_RUNNING;
    return 0;
}

static const struct io_access in_port = {.bytes = 1, .address = 0x3F8};

static void slots_are_free_at_first(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ACRN_IO_REQUEST_MAX; i++)
        assert_int_equal(slot(i)->processed, ACRN_IOREQ_STATE_FREE);
}

static void read_of_a_port(void **state)
{
    struct vcpu *vcpu = &vms[IVI].vcpu[1];
    uint64_t value = 0;

    (void)state;
    assert_int_equal(ioreq_submit(vcpu, &in_port), BN_EBUSY);
    assert_int_equal(vcpu->state, VCPU_WAIT_IO);
    assert_true(vcpu->io.active);
    assert_int_equal(fake.upcalls, 1);
    assert_int_equal(slot(1)->processed, ACRN_IOREQ_STATE_PENDING);
    assert_int_equal(slot(1)->type, ACRN_IOREQ_TYPE_PORTIO);
    assert_int_equal(slot(1)->reqs.mmio_request.address, 0x3F8);
    assert_int_equal(slot(1)->reqs.mmio_request.size, 1);
    assert_int_equal(slot(1)->reqs.mmio_request.direction, 0);
    assert_int_equal(ioreq_take(vcpu, &value), BN_EBUSY);
    slot(1)->processed = ACRN_IOREQ_STATE_PROCESSING;
    assert_int_equal(ioreq_take(vcpu, &value), BN_EBUSY);
    slot(1)->reqs.mmio_request.value = 0xAB;
    slot(1)->processed = ACRN_IOREQ_STATE_COMPLETE;
    assert_int_equal(fake_call(ACRN_NOTIFY_REQUEST_FINISH, 1, 1), 0);
    assert_int_equal(fake.requested[1], VCPU_REQ_IO_DONE);
    assert_int_equal(ioreq_take(vcpu, &value), BN_OK);
    assert_int_equal(value, 0xAB);
    assert_int_equal(slot(1)->processed, ACRN_IOREQ_STATE_FREE);
    assert_int_equal(vcpu->state, VCPU_READY);
    assert_false(vcpu->io.active);
    assert_int_equal(ioreq_take(vcpu, &value), BN_EBUSY);
}

static void write_of_memory(void **state)
{
    struct vcpu *vcpu = &vms[IVI].vcpu[0];
    struct io_access access = {.mmio = true,
                               .write = true,
                               .bytes = 8,
                               .address = 0xE0000008,
                               .value = 0x1122334455667788};
    uint64_t value = 1;

    (void)state;
    assert_int_equal(ioreq_submit(vcpu, &access), BN_EBUSY);
    assert_int_equal(slot(0)->type, ACRN_IOREQ_TYPE_MMIO);
    assert_int_equal(slot(0)->reqs.mmio_request.direction, 1);
    assert_int_equal(slot(0)->reqs.mmio_request.address, 0xE0000008);
    assert_int_equal(slot(0)->reqs.mmio_request.value, 0x1122334455667788);
    slot(0)->processed = ACRN_IOREQ_STATE_COMPLETE;
    assert_int_equal(ioreq_take(vcpu, &value), BN_OK);
    assert_int_equal(slot(0)->processed, ACRN_IOREQ_STATE_FREE);
}

static void notify_of_what_is_not_complete(void **state)
{
    uint64_t value;

    (void)state;
    assert_int_equal(fake_call(ACRN_NOTIFY_REQUEST_FINISH, 1, 0), HSM_EINVAL); /* nothing asked */
    slot(0)->processed = ACRN_IOREQ_STATE_COMPLETE;
    assert_int_equal(fake_call(ACRN_NOTIFY_REQUEST_FINISH, 1, 0), HSM_EINVAL);
    assert_int_equal(ioreq_take(&vms[IVI].vcpu[0], &value), BN_EBUSY);
    assert_int_equal(ioreq_submit(&vms[IVI].vcpu[0], &in_port), BN_EBUSY);
    for (uint32_t garbage = 0; garbage < 40; garbage += 3) {
        slot(0)->processed = garbage == ACRN_IOREQ_STATE_COMPLETE ? 0xFFFFFFFF : garbage;
        assert_int_equal(fake_call(ACRN_NOTIFY_REQUEST_FINISH, 1, 0), HSM_EINVAL);
    }
    static const uint64_t ids[] = {1, 2, 15, 16, 31, 32, 64, 1ull << 32, UINT64_MAX};
    slot(0)->processed = ACRN_IOREQ_STATE_COMPLETE;
    for (size_t i = 0; i < HV_ARRAY_SIZE(ids); i++)
        assert_int_equal(fake_call(ACRN_NOTIFY_REQUEST_FINISH, 1, ids[i]), HSM_EINVAL);
    assert_int_equal(fake.requested[0], 0);
    assert_int_equal(vms[IVI].vcpu[0].state, VCPU_WAIT_IO);
}

static void accesses_that_do_not_exist(void **state)
{
    struct vcpu *vcpu = &vms[IVI].vcpu[0];

    (void)state;
    assert_int_equal(ioreq_submit(vcpu, &(struct io_access){.bytes = 3}), BN_EINVAL);
    assert_int_equal(ioreq_submit(vcpu, &(struct io_access){.bytes = 8}), BN_EINVAL);
    assert_int_equal(ioreq_submit(vcpu, &(struct io_access){.bytes = 4, .address = 0xFFFE}),
                     BN_EINVAL);
    /* Bytes of the PCI address port make mainline's HSM warn: they end here. */
    assert_int_equal(ioreq_submit(vcpu, &(struct io_access){.bytes = 1, .address = 0xCF8}),
                     BN_ENODEV);
    assert_int_equal(ioreq_submit(vcpu, &(struct io_access){.bytes = 4, .address = 0xCF8}),
                     BN_EBUSY);
}

static void bad_pages(void **state)
{
    uint64_t *b = fake_service(0x2000);
    static const uint64_t bad[] = {PAGE + 8,      UINT64_MAX & ~0xFFFull,
                                   SERVICE_BYTES, HYPERVISOR_BASE,
                                   CLUSTER_BASE,  WINDOW_BASE + 2 * MIB /* read-only */};

    (void)state;
    fake_reset();
    fake_create_ivi(0);
    for (size_t i = 0; i < HV_ARRAY_SIZE(bad); i++) {
        *b = bad[i];
        assert_true(fake_call(ACRN_SET_IOREQ_BUFFER, 1, 0x2000) < 0);
        assert_null(vms[IVI].ioreq.page);
    }
    *b = PAGE;
    assert_int_equal(fake_call(ACRN_SET_IOREQ_BUFFER, 1, 0x2000), 0);
    assert_int_equal(fake_call(ACRN_SET_IOREQ_BUFFER, 1, 0x2000), HSM_EINVAL); /* twice */
}

static void completion_for_a_destroyed_vm(void **state)
{
    uint64_t value;

    (void)state;
    assert_int_equal(ioreq_submit(&vms[IVI].vcpu[0], &in_port), BN_EBUSY);
    assert_int_equal(fake_call(ACRN_DESTROY_VM, 1, 0), 0);
    slot(0)->processed = ACRN_IOREQ_STATE_COMPLETE;
    assert_int_equal(fake_call(ACRN_NOTIFY_REQUEST_FINISH, 1, 0), HSM_EINVAL);
    assert_int_equal(ioreq_take(&vms[IVI].vcpu[0], &value), BN_EBUSY);
    assert_int_equal(ioreq_submit(&vms[IVI].vcpu[0], &in_port), BN_ENODEV);
    assert_int_equal(fake.requested[0], 0);
}

static void reset_forgets(void **state)
{
    (void)state;
    assert_int_equal(ioreq_submit(&vms[IVI].vcpu[0], &in_port), BN_EBUSY);
    assert_int_equal(fake_call(ACRN_RESET_VM, 1, 0), 0);
    assert_int_equal(slot(0)->processed, ACRN_IOREQ_STATE_FREE);
    assert_false(vms[IVI].vcpu[0].io.active);
    assert_int_equal(ioreq_submit(&vms[IVI].vcpu[0], &in_port), BN_EBUSY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(slots_are_free_at_first, setup),
        cmocka_unit_test_setup(read_of_a_port, setup),
        cmocka_unit_test_setup(write_of_memory, setup),
        cmocka_unit_test_setup(notify_of_what_is_not_complete, setup),
        cmocka_unit_test_setup(accesses_that_do_not_exist, setup),
        cmocka_unit_test_setup(bad_pages, setup),
        cmocka_unit_test_setup(completion_for_a_destroyed_vm, setup),
        cmocka_unit_test_setup(reset_forgets, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
