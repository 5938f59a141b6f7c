/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests the reading of the hypervisor's PCI function on a file of the same form. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hvpci.h"

static char path[32];

static void write_bar(uint32_t magic, uint32_t version)
{
    uint8_t *bar = calloc(1, BN_HVPCI_BAR_BYTES);
    struct bn_hvpci_vm vm[2] = {
        {.name = "cluster", .state = BN_HVPCI_VM_RUNNING, .vcpus = 1},
        {.name = "ivi", .state = BN_HVPCI_VM_PARKED, .last_end = BN_HVPCI_END_TRIPLE_FAULT}};
    uint32_t count = 2, refusal = EBUSY;
    int fd;

    vm[1].exits[9] = 0x123456789Aull;
    memcpy(bar + BN_HVPCI_REG_MAGIC, &magic, 4);
    memcpy(bar + BN_HVPCI_REG_VERSION, &version, 4);
    memcpy(bar + BN_HVPCI_REG_VM_COUNT, &count, 4);
    memcpy(bar + BN_HVPCI_REG_COMMAND_RESULT, &refusal, 4);
    memcpy(bar + BN_HVPCI_REG_VM, vm, sizeof(vm));
    strcpy(path, "/tmp/hvpci-XXXXXX");
    fd = mkstemp(path);
    assert_int_equal(write(fd, bar, BN_HVPCI_BAR_BYTES), BN_HVPCI_BAR_BYTES);
    close(fd);
    free(bar);
}

static void reads_records(void **state)
{
    struct hvpci h;
    struct bn_hvpci_vm vm;

    (void)state;
    write_bar(BN_HVPCI_MAGIC, BN_HVPCI_VERSION);
    assert_int_equal(hvpci_open(&h, path), 0);
    assert_int_equal(hvpci_vms(&h), 2);
    assert_int_equal(hvpci_find(&h, "ivi"), 1);
    assert_int_equal(hvpci_find(&h, "iv"), -1);
    hvpci_vm(&h, 1, &vm);
    assert_int_equal(vm.state, BN_HVPCI_VM_PARKED);
    assert_int_equal(vm.last_end, BN_HVPCI_END_TRIPLE_FAULT);
    assert_int_equal(vm.exits[9], 0x123456789Aull);
    hvpci_close(&h);
    unlink(path);
}

static void commands_name_the_vm_and_hear_the_answer(void **state)
{
    struct hvpci h;

    (void)state;
    write_bar(BN_HVPCI_MAGIC, BN_HVPCI_VERSION);
    assert_int_equal(hvpci_open(&h, path), 0);
    assert_int_equal(hvpci_command(&h, BN_HVPCI_STOP, 1), -EBUSY);
    assert_int_equal(hvpci_read32(&h, BN_HVPCI_REG_COMMAND), BN_HVPCI_STOP << 16 | 1);
    hvpci_close(&h);
    unlink(path);
}

static void others_are_not_taken_for_it(void **state)
{
    struct hvpci h;

    (void)state;
    write_bar(BN_HVPCI_MAGIC + 1, BN_HVPCI_VERSION);
    assert_int_equal(hvpci_open(&h, path), -EPROTO);
    unlink(path);
    write_bar(BN_HVPCI_MAGIC, BN_HVPCI_VERSION + 1);
    assert_int_equal(hvpci_open(&h, path), -EPROTO);
    unlink(path);
    assert_int_equal(hvpci_open(&h, "/tmp/hvpci.not-there"), -ENOENT);
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
