/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests the reading of the hypervisor's registers on a file laid out like the shared window. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "binnacle/shm.h"
#include "hvregs.h"

static char path[32];

static void write_window(uint32_t magic, uint32_t version)
{
    uint8_t *window = calloc(1, BN_SHM_ALIGN), *regs = window + BN_HV_OFFSET;
    struct bn_hv_vm vm[2] = {
        {.name = "cluster", .state = BN_HV_VM_RUNNING, .vcpus = 1},
        {.name = "ivi", .state = BN_HV_VM_PARKED, .last_end = BN_HV_END_TRIPLE_FAULT}};
    uint32_t count = 2, refusal = EBUSY;
    int fd;

    vm[1].exits[9] = 0x123456789Aull;
    memcpy(regs + BN_HV_REG_MAGIC, &magic, 4);
    memcpy(regs + BN_HV_REG_VERSION, &version, 4);
    memcpy(regs + BN_HV_REG_VM_COUNT, &count, 4);
    memcpy(regs + BN_HV_REG_COMMAND_RESULT, &refusal, 4);
    memcpy(regs + BN_HV_REG_VM, vm, sizeof(vm));
    strcpy(path, "/tmp/hvregs-XXXXXX");
    fd = mkstemp(path);
    assert_int_equal(write(fd, window, BN_SHM_ALIGN), BN_SHM_ALIGN);
    close(fd);
    free(window);
}

static void reads_records(void **state)
{
    struct hvregs h;
    struct bn_hv_vm vm;

    (void)state;
    write_window(BN_HV_MAGIC, BN_HV_VERSION);
    assert_int_equal(hvregs_open(&h, path), 0);
    assert_int_equal(hvregs_vms(&h), 2);
    assert_int_equal(hvregs_find(&h, "ivi"), 1);
    assert_int_equal(hvregs_find(&h, "iv"), -1);
    hvregs_vm(&h, 1, &vm);
    assert_int_equal(vm.state, BN_HV_VM_PARKED);
    assert_int_equal(vm.last_end, BN_HV_END_TRIPLE_FAULT);
    assert_int_equal(vm.exits[9], 0x123456789Aull);
    hvregs_close(&h);
    unlink(path);
}

static void commands_name_the_vm_and_hear_the_answer(void **state)
{
    struct hvregs h;

    (void)state;
    write_window(BN_HV_MAGIC, BN_HV_VERSION);
    assert_int_equal(hvregs_open(&h, path), 0);
    assert_int_equal(hvregs_command(&h, BN_HV_STOP, 1), -EBUSY);
    assert_int_equal(hvregs_read32(&h, BN_HV_REG_COMMAND), BN_HV_STOP << 16 | 1);
    hvregs_close(&h);
    unlink(path);
}

static void others_are_not_taken_for_it(void **state)
{
    struct hvregs h;

    (void)state;
    write_window(BN_HV_MAGIC + 1, BN_HV_VERSION);
    assert_int_equal(hvregs_open(&h, path), -EPROTO);
    unlink(path);
    write_window(BN_HV_MAGIC, BN_HV_VERSION + 1);
    assert_int_equal(hvregs_open(&h, path), -EPROTO);
    unlink(path);
    write_window(BN_HV_MAGIC, BN_HV_VERSION);
    assert_int_equal(truncate(path, BN_SHM_ALIGN - 4096), 0); /* not a whole window */
    assert_int_equal(hvregs_open(&h, path), -EPROTO);
    unlink(path);
    assert_int_equal(hvregs_open(&h, "/tmp/hvregs.not-there"), -ENOENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_records),
        cmocka_unit_test(commands_name_the_vm_and_hear_the_answer),
        cmocka_unit_test(others_are_not_taken_for_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
