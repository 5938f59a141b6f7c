/* SPDX-License-Identifier: BSD-3-Clause */
/* What is cleared between two VMs, by what processors of several makes say of themselves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hv/arch.h"
#include "hv/forget.h"
#include "hv/log.h"

void hv_log(const char *format, ...)
{
    (void)format;
}

static void test_decide(void **state)
{
    static const struct {
        const char *what;
        uint32_t edx, ebx;
        uint64_t capabilities;
        struct forget want;
    } cases[] = {
        {"nothing known", 0, 0, 0, {false, false, false}},
        {"Kaby Lake with microcode: MD_CLEAR, IBPB, L1D_FLUSH",
         0x1C000400,
         0,
         0,
         {true, true, true}},
        {"Coffee Lake refresh: RDCL_NO", 0x3C000400, 0, 0x01, {true, true, false}},
        {"Ice Lake: RDCL_NO, SKIP_L1DFL_VMENTRY, MDS_NO",
         0x3C000400,
         0,
         0x2B,
         {true, false, false}},
        {"below another hypervisor that flushes", 0x3C000400, 0, 0x08, {true, true, false}},
        {"AMD with IBPB", 0, 1u << 12, 0, {true, false, false}},
        {"no command to flush: not L1D's fault", 0x0C000000, 0, 0, {true, false, false}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct forget got = forget_decide(cases[i].edx, cases[i].ebx, cases[i].capabilities);

        if (got.predictors != cases[i].want.predictors || got.buffers != cases[i].want.buffers ||
            got.l1d != cases[i].want.l1d)
            fail_msg("%s: %d %d %d", cases[i].what, got.predictors, got.buffers, got.l1d);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_decide)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
