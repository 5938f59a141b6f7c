/* SPDX-License-Identifier: BSD-3-Clause */
/* The shared window: directories, rights, and what happens to who oversteps them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "binnacle/hvregs.h"
#include "hsm_fake.h"

static int setup(void **state)
{
    (void)state;
    fake_reset();
    return 0;
}

static void directory_of(struct vm *vm, gpa_t window, const char *name)
{
    struct bn_shm_directory d;

    assert_int_equal(gpa_read(vm, window, &d, sizeof(d)), BN_OK);
    assert_int_equal(d.magic, BN_SHM_DIR_MAGIC);
    assert_string_equal(d.vm_name, name);
    assert_int_equal(d.count, 5);
    assert_int_equal(d.crc, bn_crc32(0, &d, offsetof(struct bn_shm_directory, crc)));
    assert_int_equal(d.window_bytes, 12 * MIB);
    for (unsigned i = 0; i < d.count; i++) {
        hpa_t hpa;
        uint32_t rights = fake_mapped(vm, window + d.entry[i].offset, &hpa);

        assert_int_equal(d.entry[i].offset, (i + 1) * 2 * MIB);
        assert_int_equal(rights & MAP_READ ? 1 : 0, d.entry[i].rights ? 1 : 0);
        assert_int_equal(rights & MAP_WRITE ? 1 : 0, d.entry[i].rights & BN_SHM_WRITE ? 1 : 0);
        assert_int_equal(rights & MAP_EXEC, 0);
        if (rights)
            assert_int_equal(hpa, WINDOW_BASE + d.entry[i].offset);
    }
    assert_int_equal(gpa_write(vm, window, &d, sizeof(d)), BN_EFAULT);
}

static void everyone_has_a_directory(void **state)
{
    (void)state;
    directory_of(&vms[SERVICE], WINDOW_BASE, "service");
    directory_of(&vms[CLUSTER], 128 * MIB, "cluster");
}

static void scenario_is_readable(void **state)
{
    uint64_t bytes;
    struct bn_shm_header *h = shm_region(BN_SHM_SCENARIO, &bytes);

    (void)state;
    assert_non_null(h);
    assert_int_equal(bytes, 2 * MIB);
    assert_int_equal(h->magic, BN_SHM_MAGIC);
    assert_int_equal(h->payload_bytes, sizeof(struct bn_scenario));
    assert_int_equal(h->crc, bn_shm_crc(h, h + 1));
    assert_memory_equal(h + 1, &fake_scenario, sizeof(fake_scenario));
}

static void too_large_a_plan(void **state)
{
    (void)state;
    fake_scenario.region[4].bytes = 8 * MIB;
    assert_int_equal(shm_init(&fake_scenario), BN_EINVAL);
    fake_scenario.region[4].bytes = 1;
    assert_int_equal(shm_init(&fake_scenario), BN_EINVAL);
    fake_scenario.region[4].bytes = UINT64_MAX & ~(BN_SHM_ALIGN - 1ull);
    assert_int_equal(shm_init(&fake_scenario), BN_EINVAL);
    fake_scenario.shm.bytes = 0;
    assert_int_equal(shm_init(&fake_scenario), BN_OK);
    assert_false(shm_overlaps(0, UINT64_MAX));
    assert_null(shm_region(BN_SHM_SCENARIO, &(uint64_t){0}));
}

static void overstepping(void **state)
{
    (void)state;
    assert_true(shm_fault(&vms[SERVICE].vcpu[0], WINDOW_BASE + 4 * MIB, true));
    assert_int_equal(fake.gp_faults, 1);
    assert_true(shm_fault(&vms[CLUSTER].vcpu[0], 128 * MIB + 2 * MIB, false));
    assert_true(shm_fault(&vms[CLUSTER].vcpu[0], 128 * MIB + 0x1000, false)); /* a gap */
    assert_int_equal(fake.gp_faults, 3);
    assert_false(shm_fault(&vms[CLUSTER].vcpu[0], WINDOW_BASE, false)); /* not where it sees it */
    assert_false(shm_fault(&vms[SERVICE].vcpu[0], WINDOW_BASE + WINDOW_BYTES, true));
    assert_false(shm_fault(&vms[SERVICE].vcpu[0], 0, true));
    assert_int_equal(fake.gp_faults, 3);
}

/* They are mapped for nobody; the service VM's accesses go on to them, all others' end here. */
static void the_registers(void **state)
{
    const gpa_t first = BN_HV_OFFSET, last = BN_HV_OFFSET + BN_HV_BYTES - 1;
    hpa_t hpa;

    (void)state;
    assert_int_equal(fake_mapped(&vms[SERVICE], WINDOW_BASE + first, &hpa), 0);
    assert_int_equal(fake_mapped(&vms[CLUSTER], 128 * MIB + first, &hpa), 0);
    assert_false(shm_fault(&vms[SERVICE].vcpu[0], WINDOW_BASE + first, true));
    assert_false(shm_fault(&vms[SERVICE].vcpu[0], WINDOW_BASE + last, false));
    assert_int_equal(fake.gp_faults, 0);
    assert_true(shm_fault(&vms[SERVICE].vcpu[0], WINDOW_BASE + first - 1, true));
    assert_true(shm_fault(&vms[SERVICE].vcpu[0], WINDOW_BASE + last + 1, true));
    assert_true(shm_fault(&vms[CLUSTER].vcpu[0], 128 * MIB + first, true));
    assert_true(shm_fault(&vms[CLUSTER].vcpu[0], 128 * MIB + last, false));
    assert_int_equal(fake.gp_faults, 4);
    fake_create_ivi(0);
    assert_int_equal(shm_map_part(&vms[IVI], 64 * MIB, WINDOW_BASE, 2 * MIB, MAP_READ), BN_OK);
    assert_int_equal(fake_mapped(&vms[IVI], 64 * MIB + first, &hpa), 0);
}

static void a_post_launched_vm_oversteps(void **state)
{
    (void)state;
    fake_create_ivi(0);
    assert_int_equal(
        shm_map_part(&vms[IVI], 0x10000000 - 4 * MIB, WINDOW_BASE + 8 * MIB, 2 * MIB, MAP_READ),
        BN_OK);
    assert_true(shm_fault(&vms[IVI].vcpu[0], 0x10000000 - 4 * MIB, true));
    assert_false(shm_fault(&vms[IVI].vcpu[0], 0, true)); /* nothing there: the device model's */
    assert_int_equal(fake.gp_faults, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(everyone_has_a_directory, setup),
        cmocka_unit_test_setup(scenario_is_readable, setup),
        cmocka_unit_test_setup(too_large_a_plan, setup),
        cmocka_unit_test_setup(overstepping, setup),
        cmocka_unit_test_setup(the_registers, setup),
        cmocka_unit_test_setup(a_post_launched_vm_oversteps, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
