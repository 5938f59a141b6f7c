/* SPDX-License-Identifier: BSD-3-Clause */
/* binnaclectl's look at the mediators' status files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gpu.h"

static char folder[] = "/tmp/gpu-status-XXXXXX";

static void put(const char *name, const void *data, size_t bytes)
{
    char path[128];
    FILE *f;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, bytes, f), bytes);
    fclose(f);
}

static struct bn_gpu_status status(const char *vm, uint64_t batches)
{
    struct bn_gpu_status s = {.magic = BN_GPU_STATUS_MAGIC,
                              .version = BN_GPU_STATUS_VERSION,
                              .pid = (uint32_t)getpid(),
                              .batches = batches};

    strcpy(s.vm, vm);
    return s;
}

static void test_guests_and_their_shares(void **state)
{
    struct bn_gpu_status a = status("heavy", 1000), b = status("light", 500);
    struct gpu_guest guest[GPU_MAX_GUESTS];

    (void)state;
    put("light", &b, sizeof(b));
    put("heavy", &a, sizeof(a));
    assert_int_equal(gpu_look(folder, guest, 0), 2);
    assert_string_equal(guest[0].s.vm, "heavy");
    assert_true(guest[0].alive && guest[1].alive);
    assert_int_equal(gpu_share(guest, 2, 0), 66); /* of all so far */
    a.batches += 300;
    b.batches += 100;
    put("heavy", &a, sizeof(a));
    put("light", &b, sizeof(b));
    assert_int_equal(gpu_look(folder, guest, 2), 2);
    assert_int_equal(gpu_share(guest, 2, 0), 75); /* since the look before */
    assert_int_equal(gpu_share(guest, 2, 1), 25);
    assert_int_equal(gpu_look(folder, guest, 2), 2);
    assert_int_equal(gpu_share(guest, 2, 1), 0); /* nobody did anything */
    /* Started again: it counts from 0. */
    b.pid = 1;
    b.batches = 40;
    put("light", &b, sizeof(b));
    assert_int_equal(gpu_look(folder, guest, 2), 2);
    assert_int_equal(gpu_share(guest, 2, 1), 100);
}

static void test_what_is_no_status_is_left_out(void **state)
{
    struct bn_gpu_status s = status("other", 1);
    struct gpu_guest guest[GPU_MAX_GUESTS];
    char name[8];

    (void)state;
    put("cut", &s, sizeof(s) - 1);
    s.version++;
    put("of-another-version", &s, sizeof(s));
    put("empty", "", 0);
    s.version--;
    s.pid = INT32_MAX; /* nobody's */
    memset(s.vm, 'x', sizeof(s.vm));
    put("nameless", &s, sizeof(s));
    assert_int_equal(gpu_look(folder, guest, 0), 3);
    assert_string_equal(guest[2].s.vm, "xxxxxxxxxxxxxxx");
    assert_false(guest[2].alive);
    for (unsigned i = 0; i < 12; i++) {
        snprintf(name, sizeof(name), "vm%u", i);
        put(name, &s, sizeof(s));
    }
    assert_int_equal(gpu_look(folder, guest, 0), GPU_MAX_GUESTS);
    assert_int_equal(gpu_look("/nowhere", guest, 0), -ENOENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_guests_and_their_shares),
        cmocka_unit_test(test_what_is_no_status_is_left_out),
    };
    char command[64];
    int failed;

    if (!mkdtemp(folder))
        return 1;
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    snprintf(command, sizeof(command), "rm -r %s", folder);
    return system(command) || failed;
}
