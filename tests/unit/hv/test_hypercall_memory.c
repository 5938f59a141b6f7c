/* SPDX-License-Identifier: BSD-3-Clause */
/* Hypercall "set memory regions": what the service VM does not own it cannot give away. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "../../../hypervisor/core/hsm/hsm.h"
#include "hsm_fake.h"

#define RWX (ACRN_MEM_ACCESS_READ | ACRN_MEM_ACCESS_WRITE | ACRN_MEM_ACCESS_EXEC | 0x40u)
#define RW  (ACRN_MEM_ACCESS_READ | ACRN_MEM_ACCESS_WRITE | 0x40u)

static int setup(void **state)
{
    (void)state;
    fake_reset();
    fake_create_ivi(0x4000);
    return 0;
}

static long regions(const struct acrn_memory_region *r, uint32_t count)
{
    struct acrn_memory_batch *batch = fake_service(0x7000);

    memcpy(fake_service(0x8000), r, count * sizeof(*r));
    *batch = (struct acrn_memory_batch){.vmid = 1, .count = count, .list = 0x8000};
    return fake_call(ACRN_SET_MEMORY_REGIONS, 0x7000, 0);
}

static long add(gpa_t user, gpa_t service, uint64_t bytes, uint32_t attributes)
{
    struct acrn_memory_region r = {.operation = ACRN_MEMORY_ADD,
                                   .attributes = attributes,
                                   .user_gpa = user,
                                   .service_gpa = service,
                                   .bytes = bytes};

    return regions(&r, 1);
}

static void maps_and_removes(void **state)
{
    struct acrn_memory_region r = {ACRN_MEMORY_DEL, 0, 0x1000, 0, 0x1000};
    hpa_t hpa;

    (void)state;
    assert_int_equal(add(0, 4 * MIB, 2 * MIB, RWX), 0);
    assert_int_equal(fake_mapped(&vms[IVI], 0x1000, &hpa), MAP_READ | MAP_WRITE | MAP_EXEC);
    assert_int_equal(hpa, 4 * MIB + 0x1000);
    assert_int_equal(regions(&r, 1), 0);
    assert_int_equal(fake_mapped(&vms[IVI], 0x1000, &hpa), 0);
    assert_int_not_equal(fake_mapped(&vms[IVI], 0x2000, &hpa), 0);
    assert_int_equal(add(4 * MIB, 6 * MIB, 0x1000, ACRN_MEM_ACCESS_READ | ACRN_MEM_TYPE_UC), 0);
    assert_int_equal(fake_mapped(&vms[IVI], 4 * MIB, &hpa), MAP_READ | MAP_UNCACHED);
}

static void many_in_one_call(void **state)
{
    struct acrn_memory_region r[40];
    hpa_t hpa;

    (void)state;
    for (size_t i = 0; i < 40; i++)
        r[i] = (struct acrn_memory_region){ACRN_MEMORY_ADD, RWX, i * 0x2000, 4 * MIB + i * 0x1000,
                                           0x1000};
    assert_int_equal(regions(r, 40), 0);
    for (size_t i = 0; i < 40; i++) {
        assert_int_not_equal(fake_mapped(&vms[IVI], i * 0x2000, &hpa), 0);
        assert_int_equal(hpa, 4 * MIB + i * 0x1000);
        assert_int_equal(fake_mapped(&vms[IVI], i * 0x2000 + 0x1000, &hpa), 0);
    }
    r[20].service_gpa = HYPERVISOR_BASE;
    assert_int_not_equal(regions(r, 40), 0);
}

static void not_the_service_vms(void **state)
{
    hpa_t hpa;

    (void)state;
    assert_int_equal(add(0, HYPERVISOR_BASE, 0x1000, RWX), HSM_EFAULT);
    assert_int_equal(add(0, CLUSTER_BASE, 0x1000, ACRN_MEM_ACCESS_READ), HSM_EFAULT);
    assert_int_equal(add(0, SERVICE_BYTES - 0x1000, 0x2000, RWX), HSM_EFAULT); /* straddles */
    assert_int_equal(add(0, 0xFEE00000, 0x1000, RW), HSM_EFAULT);
    assert_int_equal(add(0, 1ull << 45, 0x1000, RW), HSM_EFAULT);
    assert_int_equal(fake_mapped(&vms[IVI], 0, &hpa), 0);
}

static void no_more_rights_than_the_service_vm_has(void **state)
{
    (void)state;
    fake_set_rights(&vms[SERVICE], 5 * MIB, 0x1000, MAP_READ);
    assert_int_equal(add(0, 5 * MIB, 0x1000, RW), HSM_EPERM);
    assert_int_equal(add(0, 5 * MIB - 0x1000, 0x3000, RW), HSM_EPERM);
    assert_int_equal(add(0, 5 * MIB, 0x1000, ACRN_MEM_ACCESS_READ), 0);
}

static void hostile_numbers(void **state)
{
    (void)state;
    assert_int_equal(add(1, 4 * MIB, 0x1000, RW), HSM_EINVAL);
    assert_int_equal(add(0, 4 * MIB + 8, 0x1000, RW), HSM_EINVAL);
    assert_int_equal(add(0, 4 * MIB, 0, RW), HSM_EINVAL);
    assert_int_equal(add(0, 4 * MIB, 0x1001, RW), HSM_EINVAL);
    assert_int_equal(add(0, 4 * MIB, UINT64_MAX & ~0xFFFull, RW), HSM_EINVAL);
    assert_int_equal(add(UINT64_MAX & ~0xFFFull, 4 * MIB, 0x1000, RW), HSM_EINVAL);
    assert_int_equal(add(0, UINT64_MAX & ~0xFFFull, 0x2000, RW), HSM_EINVAL);
    assert_int_equal(add(0, 4 * MIB, 0x1000, ACRN_MEM_ACCESS_WRITE), HSM_EINVAL); /* write only */
    assert_int_equal(add(0, 4 * MIB, 0x1000, RW | 0x800), HSM_EINVAL);
    struct acrn_memory_region r = {1, RW, 0, 4 * MIB, 0x1000};
    assert_int_equal(regions(&r, 1), HSM_EINVAL);
    struct acrn_memory_batch *batch = fake_service(0x7000);
    *batch = (struct acrn_memory_batch){.vmid = 1, .count = UINT32_MAX, .list = 0x8000};
    assert_int_equal(fake_call(ACRN_SET_MEMORY_REGIONS, 0x7000, 0), HSM_EINVAL);
    *batch = (struct acrn_memory_batch){.vmid = 1, .count = 1, .list = UINT64_MAX - 8};
    assert_int_equal(fake_call(ACRN_SET_MEMORY_REGIONS, 0x7000, 0), HSM_EFAULT);
    *batch = (struct acrn_memory_batch){.vmid = 1, .count = 2, .list = SERVICE_BYTES - 32};
    assert_int_equal(fake_call(ACRN_SET_MEMORY_REGIONS, 0x7000, 0), HSM_EFAULT);
    *batch = (struct acrn_memory_batch){.vmid = 5, .count = 1, .list = 0x8000}; /* the cluster */
    assert_int_equal(fake_call(ACRN_SET_MEMORY_REGIONS, 0x7000, 0), HSM_EINVAL);
}

static void emulated_ranges_and_table_quota(void **state)
{
    (void)state;
    vms[IVI].mmio[0] = (struct io_region){.base = 0x200000, .bytes = 0x1000};
    vms[IVI].mmio_count = 1;
    assert_int_equal(add(0x1FF000, 4 * MIB, 0x2000, RW), HSM_EINVAL);
    assert_int_equal(add(0x201000, 4 * MIB, 0x1000, RW), 0);
    vms[IVI].memory.pages = 100000;
    assert_int_equal(add(0x300000, 4 * MIB, 0x1000, RW), HSM_ENOMEM);
}

static void shared_window_by_rights(void **state)
{
    gpa_t bar = 64 * MIB;
    struct bn_shm_directory *d;
    hpa_t hpa;

    (void)state;
    assert_int_equal(add(bar, WINDOW_BASE, 2 * MIB, RW), 0);
    assert_int_equal(fake_mapped(&vms[IVI], bar, &hpa), MAP_READ);
    d = hpa_to_ptr(hpa);
    assert_string_equal(d->vm_name, "ivi");
    assert_int_equal(fake_mapped(&vms[IVI], bar + 0x1000, &hpa), 0); /* behind the directory */
    assert_int_equal(add(bar + 8 * MIB, WINDOW_BASE + 8 * MIB, 2 * MIB, RW), 0);
    assert_int_equal(add(bar + 10 * MIB, WINDOW_BASE + 11 * MIB, MIB, RW), 0); /* half of one */
    assert_int_equal(fake_mapped(&vms[IVI], bar + 8 * MIB, &hpa), MAP_READ);   /* vehicle */
    assert_int_equal(hpa, WINDOW_BASE + 8 * MIB);
    assert_int_equal(fake_mapped(&vms[IVI], bar + 10 * MIB, &hpa),
                     MAP_READ | MAP_WRITE); /* chime */
    assert_int_equal(hpa, WINDOW_BASE + 11 * MIB);
    /* No right to it; more than one; what is between directory and regions, or behind them. */
    assert_int_equal(add(0, WINDOW_BASE + 2 * MIB, 2 * MIB, ACRN_MEM_ACCESS_READ), HSM_EPERM);
    assert_int_equal(add(0, WINDOW_BASE + 4 * MIB, 2 * MIB, RW), HSM_EPERM);
    assert_int_equal(add(0, WINDOW_BASE, 12 * MIB, RW), HSM_EPERM);
    assert_int_equal(add(0, WINDOW_BASE + 8 * MIB, 4 * MIB, RW), HSM_EPERM);
    assert_int_equal(add(0, WINDOW_BASE + 7 * MIB, 2 * MIB, RW), HSM_EPERM);
    assert_int_equal(add(0, WINDOW_BASE + 0x1000, 0x1000, ACRN_MEM_ACCESS_READ), HSM_EPERM);
    assert_int_equal(add(0, WINDOW_BASE + MIB, 0x1000, ACRN_MEM_ACCESS_READ), HSM_EPERM);
    assert_int_equal(add(0, WINDOW_BASE + 12 * MIB, 2 * MIB, RW), HSM_EPERM);
    assert_int_equal(fake_mapped(&vms[IVI], 0, &hpa), 0);
    /* Half in the window. */
    assert_int_equal(add(0, WINDOW_BASE - 0x1000, 0x2000, ACRN_MEM_ACCESS_READ), HSM_EPERM);
    assert_int_equal(add(0, WINDOW_BASE + WINDOW_BYTES - 0x1000, 0x2000, ACRN_MEM_ACCESS_READ),
                     HSM_EPERM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(maps_and_removes, setup),
        cmocka_unit_test_setup(many_in_one_call, setup),
        cmocka_unit_test_setup(not_the_service_vms, setup),
        cmocka_unit_test_setup(no_more_rights_than_the_service_vm_has, setup),
        cmocka_unit_test_setup(hostile_numbers, setup),
        cmocka_unit_test_setup(emulated_ranges_and_table_quota, setup),
        cmocka_unit_test_setup(shared_window_by_rights, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
