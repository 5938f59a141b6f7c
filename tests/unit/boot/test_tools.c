/* SPDX-License-Identifier: BSD-3-Clause */
/* bn-scenario and bn-sums as programs: what they accept, and that errors name file, line, node and
 * remedy. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef TOOLS /* where the programs under test are */
#error "say -DTOOLS=..."
#endif

static char folder[] = "/tmp/bn-tools.XXXXXX";
static char output[8192]; /* of the last command */

static int run(const char *format, ...) __attribute__((format(printf, 1, 2)));

static int run(const char *format, ...)
{
    char command[1024];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(command, sizeof(command) - 8, format, arguments);
    va_end(arguments);
    strcat(command, " 2>&1");
    FILE *in = popen(command, "r");
    assert_non_null(in);
    size_t used = fread(output, 1, sizeof(output) - 1, in);
    output[used] = 0;
    return WEXITSTATUS(pclose(in));
}

static char *read_file(const char *path, size_t *bytes)
{
    FILE *in = fopen(path, "rb");
    char *text = calloc(1, 1 << 20);

    assert_non_null(in);
    assert_non_null(text);
    *bytes = fread(text, 1, (1 << 20) - 1, in);
    fclose(in);
    return text;
}

static void write_file(const char *path, const void *data, size_t bytes)
{
    FILE *out = fopen(path, "wb");

    assert_non_null(out);
    assert_int_equal(fwrite(data, 1, bytes, out), bytes);
    fclose(out);
}

/* Compiles scenarios/cockpit.dts with `from` (its first place after `after`) replaced by `to`. Line
 * of that place in *line. */
static int compile_changed(const char *after, const char *from, const char *to, unsigned *line)
{
    char path[64], changed[1 << 16];
    size_t bytes;
    char *text = read_file("scenarios/cockpit.dts", &bytes);
    char *start = strstr(text, after);
    assert_non_null(start);
    char *place = strstr(start, from);
    assert_non_null(place);

    *line = 1;
    for (const char *p = text; p < place; p++)
        *line += *p == '\n';
    int length = snprintf(changed, sizeof(changed), "%.*s%s%s", (int)(place - text), text, to,
                          place + strlen(from));
    snprintf(path, sizeof(path), "%s/changed.dts", folder);
    write_file(path, changed, (size_t)length);
    free(text);
    return run(TOOLS "bn-scenario compile %s %s/changed.bin", path, folder);
}

static const struct {
    const char *after, *from, *to; /* the change to cockpit.dts */
    int line_offset;               /* the line told, from the line of the change */
    const char *says;
} mistakes[] = {
    {"cluster {", "0x48000000", "0x42000000", 0,
     "/vms/cluster: VM \"cluster\": its memory overlaps that of hypervisor"},
    {"cluster {", "0x48000000", "0x48001000", 0,
     "VM \"cluster\": memory: 0x48001000 is not a multiple"},
    {"ivi {", "<1 2>", "<1 5>", 0, "VM \"ivi\": there is no CPU 5, the machine has 4"},
    {"ivi {", "<1 2>", "<1 9>", 0, "there is no CPU 9"},
    {"cluster {", "cpus = <3>", "cpus = <2>", 1, "CPU 3 is exclusive and not among its cpus"},
    {"ivi {", "<1 2>", "<1 3>", 0, "uses CPU 3, which VM \"cluster\" uses too"},
    {"service {", "\"service\"", "\"pre-launched\"", -1, "there is no property memory"},
    {"ivi {", "\"post-launched\"", "\"service\"", 0, "a second service VM beside VM \"service\""},
    {"ivi {", "\"post-launched\"", "\"guest\"", 0, "kind is \"guest\", which is unknown"},
    {"ivi {", "<0x20000000>", "<0x20000100>", 0,
     "/vms/ivi/gpu: VM \"ivi\": gpu memory-bytes: 536871168 is not possible"},
    {"ivi {", "contexts = <64>;", "contexts = <0>;", 0, "gpu contexts: 0 is not possible"},
    {"ivi {", "contexts = <64>;", "contexts = <1000>;", 0, "contexts is 1000"},
    {"ivi {", "contexts = <64>;", "weigth = <64>;", 0, "unknown property weigth"},
    {"sound {", "\"park\"", "\"chime\"", 0,
     "/vms/ivi/sound: VM \"ivi\": playback stream 6 has the role of chimes"},
    {"sound {", "\"park\"", "\"radio\"", 0, "/vms/ivi/sound: there is no role \"radio\" of sound"},
    {"sound {", "\"park\"", "\"park\", \"park\"", 0, "at most 8 playback streams"},
    {"sound {", "capture = <2>;", "capture = <9>;", 0, "capture is 9"},
    {"sound {", "capture = <2>;", "attenuation-centibel = <601>;", 0,
     "attenuation-centibel is 601"},
    {"sound {", "capture = <2>;", "gain = <6>;", 0, "unknown property gain"},
    {"service {", "watchdog-ms = <1000>;", "sound { playback = \"media\"; };", 0,
     "only post-launched VMs have a sound device"},
    {"vehicle {", "\"ivi\"", "\"tv\"", 0, "/shared-memory/vehicle: read: there is no VM \"tv\""},
    {"vehicle {", "bytes = /bits/ 64 <0x200000>", "bytes = <0x200000>", 0,
     "write numbers as /bits/ 64"},
    {"map-tile {", "vm = \"ivi\"", "vm = \"tv\"", 0, "/layers/map-tile: vm: there is no VM \"tv\""},
    {"map-tile {", "\"screen1\"", "\"screen9\"", 0, "there is no output \"screen9\""},
    {"map-tile {", "z = <10>", "z = <200>", 0, "lies over the cluster's"},
    {"map-tile {", "<480 228 320 320>", "<1000 228 320 320>", 0,
     "is not inside output \"screen1\""},
    {"com2 {", "vector = <0x60>", "vector = <0xf3>", 0, "vector 0xf3 is not between"},
    {"sdhci {", "optional;", "vector = <0x60>;", 0, "vector 0x60 is also that of device \"com2\""},
    {"sdhci {", "optional;", "optinal;", 0, "unknown property optinal"},
    {"com2 {", "<0x2f8>", "<0x3f8>", 0, "same port (0x3f8) as device \"com1\""},
    {"com2 {", "port = <0x2f8>;", "", -3, "there is no property port"},
    {"devices {", "com2 {", "the-uart-of-the-bus {", 0, "the name has 19 characters"},
    {"service {", "<0x140000000>", "<0x200000000>", 0,
     "VM \"service\": too little memory: it needs 8192 MiB"},
    {"machine {", "<0x000000000 0x080000000", "<0x000000000 0x050000000", -0,
     "is not usable memory of this machine"},
    {"framebuffer {", "vm = \"cluster\"", "vm = \"ivi\"", 0, "framebuffer"},
    {"cluster {", "cpus = <3>;", "cpus = <3>", 1, "syntax error"},
};

static void test_mistakes_name_their_line(void **state)
{
    unsigned line;
    char place[64];

    (void)state;
    for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
        int code = compile_changed(mistakes[i].after, mistakes[i].from, mistakes[i].to, &line);

        if (code != 1 || !strstr(output, mistakes[i].says))
            fail_msg("mistake %zu: exit code %d: %s", i, code, output);
        /* These two are told where the damage is, not where the change was made. */
        if (strstr(mistakes[i].from, "0x080000000") || strstr(mistakes[i].after, "framebuffer"))
            continue;
        snprintf(place, sizeof(place), "changed.dts:%d", (int)line + mistakes[i].line_offset);
        if (!strstr(output, place))
            fail_msg("mistake %zu: not told at %s: %s", i, place, output);
        if (!strstr(output, "syntax error") && !strstr(output, "remedy: "))
            fail_msg("mistake %zu: no remedy: %s", i, output);
    }
}

/* A scenario that includes another: each error names the file that it stands in. */
static void test_included_file_is_named(void **state)
{
    static const char including[] =
        "/include/ \"cockpit.dts\"\n/ { devices { com1 { port = <0>; }; }; };\n";
    char path[64];

    (void)state;
    assert_int_equal(
        run("sed 's/exclusive = <3>/exclusive = <2>/' scenarios/cockpit.dts >%s/cockpit.dts",
            folder),
        0);
    snprintf(path, sizeof(path), "%s/plan.dts", folder);
    write_file(path, including, sizeof(including) - 1);
    assert_int_equal(run(TOOLS "bn-scenario compile %s %s/plan.bin", path, folder), 1);
    assert_non_null(strstr(output, "cockpit.dts:29: /vms/cluster: "));
    assert_int_equal(run("sed -i 's/exclusive = <2>/exclusive = <3>/' %s/cockpit.dts", folder), 0);
    assert_int_equal(run(TOOLS "bn-scenario compile %s %s/plan.bin", path, folder), 1);
    assert_non_null(strstr(output, "/plan.dts:2: /devices/com1: "));
}

static void test_nothing_is_left_of_a_failure(void **state)
{
    char path[64];
    unsigned line;

    (void)state;
    snprintf(path, sizeof(path), "%s/changed.bin", folder);
    unlink(path);
    assert_int_equal(compile_changed("cluster {", "0x48000000", "0x42000000", &line), 1);
    assert_int_not_equal(access(path, F_OK), 0);
}

static void test_compile_and_show(void **state)
{
    char path[64];
    size_t bytes;

    (void)state;
    assert_int_equal(run(TOOLS "bn-scenario compile scenarios/cockpit.dts %s/c.bin", folder), 0);
    assert_string_equal(output, "");
    assert_int_equal(run(TOOLS "bn-scenario show %s/c.bin", folder), 0);
    assert_non_null(strstr(output, "VM cluster: pre-launched, CPUs 3 (exclusive), 256 MiB"));
    assert_non_null(
        strstr(output, "device com2: UART at 0x2f8, interrupt 3, vector 0x60, cluster's"));
    assert_non_null(strstr(output, "  sound           plays media media media navigation "
                                   "navigation telephone park media; 2 capture\n"));
    assert_non_null(strstr(output, "region chime-status      2 MiB: cluster reads service writes"));
    snprintf(path, sizeof(path), "%s/c.bin", folder);
    char *data = read_file(path, &bytes);
    data[bytes / 2] ^= 1;
    write_file(path, data, bytes);
    assert_int_equal(run(TOOLS "bn-scenario show %s", path), 1);
    assert_non_null(strstr(output, "checksum"));
    write_file(path, data, bytes - 1);
    assert_int_equal(run(TOOLS "bn-scenario show %s", path), 1);
    assert_non_null(strstr(output, "is cut"));
    write_file(path, data, bytes + 1);
    assert_int_equal(run(TOOLS "bn-scenario show %s", path), 1);
    free(data);
}

static void test_trees_compile_too(void **state)
{
    (void)state;
    assert_int_equal(run("dtc -I dts -O dtb -o %s/c.dtb scenarios/cockpit.dts", folder), 0);
    assert_int_equal(run(TOOLS "bn-scenario compile %s/c.dtb %s/d.bin", folder, folder), 0);
    assert_int_equal(run(TOOLS "bn-scenario compile scenarios/cockpit.dts %s/e.bin", folder), 0);
    assert_int_equal(run("cmp %s/d.bin %s/e.bin", folder, folder), 0);
    assert_int_equal(run("head -c 600 %s/c.dtb >%s/cut.dtb", folder, folder), 0);
    assert_int_equal(run(TOOLS "bn-scenario compile %s/cut.dtb %s/d.bin", folder, folder), 1);
    assert_non_null(strstr(output, "cut.dtb: not a device tree"));
    assert_int_equal(run(TOOLS "bn-scenario compile %s/none.dts %s/d.bin", folder, folder), 1);
    assert_non_null(strstr(output, "none.dts: cannot read"));
}

static void test_sums(void **state)
{
    char path[64];

    (void)state;
    snprintf(path, sizeof(path), "%s/a", folder);
    write_file(path, "abc", 3);
    assert_int_equal(run("cp build/hypervisor/boot/BOOTX64.EFI %s/l.efi", folder), 0);
    assert_int_equal(run(TOOLS "bn-sums %s/l.efi %s/a b=%s/a", folder, folder, folder), 0);
    /* SHA-256 of "abc", twice */
    assert_int_equal(run("od -An -v -tx1 %s/l.efi | tr -d ' \\n' | grep -o "
                         "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad | wc -l",
                         folder),
                     0);
    assert_int_equal(atoi(output), 2);
    assert_int_equal(run(TOOLS "bn-sums %s/a %s/a", folder, folder), 1);
    assert_non_null(strstr(output, "/a: is not a Binnacle loader"));
    assert_int_equal(run(TOOLS "bn-sums %s/l.efi %s/missing", folder, folder), 1);
    assert_non_null(strstr(output, "/missing"));
    assert_int_equal(run("head -c 100000 build/hypervisor/boot/BOOTX64.EFI >%s/cut.efi", folder),
                     0);
    assert_int_equal(run(TOOLS "bn-sums %s/cut.efi %s/a", folder, folder), 1);
    assert_int_equal(run("head -c 100 build/hypervisor/boot/BOOTX64.EFI >%s/cut.efi", folder), 0);
    assert_int_equal(run(TOOLS "bn-sums %s/cut.efi %s/a", folder, folder), 1);
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    return run("rm -rf %s", folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mistakes_name_their_line),
        cmocka_unit_test(test_included_file_is_named),
        cmocka_unit_test(test_nothing_is_left_of_a_failure),
        cmocka_unit_test(test_compile_and_show),
        cmocka_unit_test(test_trees_compile_too),
        cmocka_unit_test(test_sums),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
