/* SPDX-License-Identifier: BSD-3-Clause */
/* The MSR table: what is not there, what cannot be written, what goes nowhere; the log has each. */
#include "dev_fake.h"

#include "hv/arch.h"

#define HWCR 0xC0010015u

static struct vcpu *vcpu;

static void start(void)
{
    vcpu = &fake_vm(1)->vcpu[0];
}

static bool logged(const char *text)
{
    bool found = strstr(fake.log, text);

    fake.log[0] = 0;
    return found;
}

static void test_not_there(void **state)
{
    static const uint32_t absent[] = {0xC0010114, 0xC0010117, 0xC0010111, 0x480, 0x3B, 0x19B};
    uint64_t value;

    (void)state;
    start();
    for (size_t i = 0; i < HV_ARRAY_SIZE(absent); i++) {
        assert_int_equal(msr_policy_read(vcpu, absent[i], &value), BN_EINVAL);
        assert_true(logged("denied: read of MSR"));
        assert_int_equal(msr_policy_write(vcpu, absent[i], 0), BN_EINVAL);
        assert_true(logged("denied: write of"));
    }
}

static void test_strict(void **state)
{
    uint64_t value = 0;

    (void)state;
    start();
    assert_int_equal(msr_policy_read(vcpu, HWCR, &value), BN_OK);
    assert_int_equal(value, 1 << 24);
    assert_int_equal(msr_policy_write(vcpu, HWCR, value), BN_OK);
    assert_false(logged("MSR"));
    assert_int_equal(msr_policy_write(vcpu, HWCR, value | 1 << 6), BN_OK); /* Linux on family 15 */
    assert_true(logged("ignored: write of"));
    assert_int_equal(msr_policy_write(vcpu, HWCR, value | 1), BN_EINVAL); /* SMM lock */
    assert_true(logged("denied: write of"));
    assert_int_equal(msr_policy_write(vcpu, HWCR, 0), BN_EINVAL);
    assert_int_equal(msr_policy_read(vcpu, HWCR, &value), BN_OK);
    assert_int_equal(value, 1 << 24);
    assert_int_equal(msr_policy_write(vcpu, 0x1D9, 0), BN_OK); /* DEBUGCTL */
    assert_int_equal(msr_policy_write(vcpu, 0x1D9, 1), BN_EINVAL);
    assert_int_equal(msr_policy_write(vcpu, 0x1D9, 2), BN_EINVAL);
    assert_int_equal(msr_policy_write(vcpu, 0xDA0, 0), BN_OK); /* XSS */
    assert_int_equal(msr_policy_write(vcpu, 0xDA0, 1 << 8), BN_EINVAL);
    assert_int_equal(msr_policy_read(vcpu, 0x1D9, &value), BN_OK);
    assert_int_equal(value, 0);
}

static void test_read_only_and_ignored(void **state)
{
    uint64_t value = 0;

    (void)state;
    start();
    assert_int_equal(msr_policy_read(vcpu, 0x3A, &value), BN_OK);
    assert_int_equal(value, 1);
    assert_int_equal(msr_policy_write(vcpu, 0x3A, 1), BN_EINVAL);
    assert_int_equal(msr_policy_write(vcpu, 0xCE, 0), BN_EINVAL);
    fake.log[0] = 0;
    assert_int_equal(msr_policy_write(vcpu, 0x79, 0x1000), BN_OK);
    assert_true(logged("ignored: write of"));
    assert_int_equal(msr_policy_write(vcpu, 0x10, 5), BN_OK);
    assert_true(logged("ignored: write of"));
    assert_int_equal(msr_policy_write(vcpu, MSR_EFER, 1 << 12), BN_EINVAL);
    assert_true(logged("denied: write of"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_not_there),
        cmocka_unit_test(test_strict),
        cmocka_unit_test(test_read_only_and_ignored),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
