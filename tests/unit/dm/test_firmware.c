/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests what a VM's own firmware meets: its image, a chipset that it knows, and files of fw_cfg,
 * whose script of ACPI tables is carried out here as firmware does it. */
#include "fake.h"

#include <errno.h>

#include "acpi.h"
#include "devices.h"
#include "firmware.h"
#include "fw_items.h"
#include "layout.h"
#include "options.h"

#define PAGE           4096u
#define MEMORY         0x400000u
#define CFG(slot, reg) (ECAM_BASE + ((slot) << 15) + (reg))
#define FILES_MAX      8
#define FILE_MAX       0x10000u
#define ENTRY_BYTES    64u
#define COMMAND_BYTES  128u

static int setup(void **state)
{
    *state = fake_machine(MEMORY);
    return 0;
}

static int teardown(void **state)
{
    fake_machine_end(*state);
    return 0;
}

/* An image of that many bytes that starts with a jump, as a ROM does. */
static struct blob image(size_t bytes)
{
    uint8_t *data = calloc(1, bytes + 1);

    if (bytes >= 16)
        memcpy(data + bytes - 16, "\xE9\x10\x20", 3);
    return (struct blob){.name = "test.fd", .data = data, .bytes = bytes};
}

static void firmware_ends_at_4_gib_and_cannot_be_written(void **state)
{
    struct machine *m = *state;
    struct blob b = image(3 * PAGE);
    struct firmware f;
    char why[128] = "";

    assert_int_equal(firmware_load(&f, &b, why, sizeof(why)), 0);
    assert_int_equal(firmware_map(&f, m), 0);
    assert_int_equal(fake.rom, 0xFFFFC000); /* a chip of 16 KiB, its first quarter erased */
    assert_int_equal(fake.rom_bytes, 4 * PAGE);
    assert_memory_equal(fake.rom_host + PAGE, b.data, b.bytes);
    for (unsigned i = 0; i < PAGE; i++)
        assert_int_equal(fake.rom_host[i], 0xFF);
    put(m, 0xFFFFFFF0, 1, 0x50);
    put(m, 0xFFFFD000, 8, UINT64_MAX);
    assert_memory_equal(fake.rom_host + PAGE, b.data, b.bytes);
    assert_int_equal(get(m, 0xFFFFFFF0, 2), 0x10E9);
    assert_int_equal(get(m, 0xFFFFFFFF, 2), 0xFFFF); /* over the end */
    firmware_free(&f);
    free((void *)(uintptr_t)b.data);
}

static void what_is_no_firmware_is_refused(void **state)
{
    static const struct {
        size_t bytes;
        const char *says;
    } bad[] = {{0, "multiple of 4 KiB"},
               {100, "multiple of 4 KiB"},
               {PAGE + 1, "multiple of 4 KiB"},
               {FIRMWARE_MAX + PAGE, "longer than the 16 MiB"}};
    char why[128];
    struct firmware f;

    (void)state;
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct blob b = image(bad[i].bytes);

        assert_int_equal(firmware_load(&f, &b, why, sizeof(why)), -ENOEXEC);
        assert_non_null(strstr(why, bad[i].says));
        assert_non_null(strstr(why, "test.fd: "));
        free((void *)(uintptr_t)b.data);
    }
    for (int erased = 0; erased <= 0xFF; erased += 0xFF) { /* OVMF_VARS.fd, empty flash */
        struct blob b = image(2 * PAGE);

        memset((void *)(uintptr_t)b.data, erased, b.bytes);
        assert_int_equal(firmware_load(&f, &b, why, sizeof(why)), -ENOEXEC);
        assert_non_null(strstr(why, "no reset vector"));
        free((void *)(uintptr_t)b.data);
    }
}

static void the_chipset_is_a_q35(void **state)
{
    struct machine *m = *state;
    struct power *p;
    struct q35 *q;

    assert_int_equal(get(m, CFG(0, 0), 4), 0x00081B36);
    assert_int_equal(q35_create(&q, m, 31), 0);
    assert_int_equal(power_create(&p, m), 0);
    assert_int_equal(get(m, CFG(0, 0), 4), 0x29C08086);
    put(m, CFG(0, 0x60), 4, 0xE0000001); /* ECAM, where it is already */
    assert_int_equal(get(m, CFG(0, 0x60), 4), 0xE0000001);
    assert_int_equal(get(m, CFG(31, 0), 4), 0x29188086);
    assert_int_equal(get(m, CFG(31, 8), 4) >> 8, 0x060100);
    put(m, CFG(31, 4), 2, 0);
    assert_int_equal(get(m, CFG(31, 4), 2), 7); /* else OVMF finds no serial port behind it */
    assert_int_equal(get(m, CFG(31, 0x44), 1) & 0x80, 0x80);
    put(m, CFG(31, 0x40), 4, 0xB001); /* the ACPI registers do not move */
    put(m, CFG(31, 0x44), 1, 0);
    assert_int_equal(get(m, CFG(31, 0x40), 4), PORT_PM | 1);
    assert_int_equal(get(m, CFG(31, 0x44), 1) & 0x80, 0x80);
    assert_int_not_equal(in(m, PORT_PM + 8, 4), 0xFFFFFFFF);
    assert_int_equal(in(m, 0x64, 1), 0xC0); /* no keyboard: OVMF does not wait for one */
    out(m, PORT_PM + 4, 2, 0x2000);         /* as OVMF switches off */
    assert_int_equal(m->end, END_POWER_OFF);
    power_destroy(p);
    q35_destroy(q);
}

static void the_debug_console_goes_into_a_file(void **state)
{
    char path[] = "/tmp/debug-XXXXXX", text[8] = "";
    struct machine *m = *state;
    struct debug_console *d;
    int fd = mkstemp(path);

    assert_int_equal(debug_console_create(&d, m, path), 0);
    assert_int_equal(in(m, 0x402, 1), 0xE9);
    out(m, 0x402, 1, 'O');
    out(m, 0x402, 1, 'K');
    assert_int_equal(read(fd, text, sizeof(text)), 2);
    assert_string_equal(text, "OK");
    debug_console_destroy(d);
    close(fd);
    unlink(path);
    assert_int_equal(debug_console_create(&d, m, "/no/such/folder/log"), -ENOENT);
}

struct file { /* as firmware has it: read, and put somewhere */
    char name[56];
    uint8_t *data;
    size_t bytes;
    uint64_t address;
};

static uint32_t big32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint32_t little32(const uint8_t *p)
{
    return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

static uint8_t sum(const uint8_t *p, size_t bytes)
{
    uint8_t s = 0;

    while (bytes--)
        s = (uint8_t)(s + *p++);
    return s;
}

static void read_item(struct machine *m, unsigned key, uint8_t *data, size_t bytes)
{
    out(m, 0x510, 2, key);
    for (size_t i = 0; i < bytes; i++)
        data[i] = (uint8_t)in(m, 0x511, 1);
}

/* Every file of the directory; how many. */
static unsigned read_files(struct machine *m, struct file *file)
{
    uint8_t directory[4 + FILES_MAX * ENTRY_BYTES];
    unsigned count;

    read_item(m, 0x19, directory, sizeof(directory));
    count = big32(directory);
    assert_in_range(count, 1, FILES_MAX);
    for (unsigned i = 0; i < count; i++) {
        const uint8_t *entry = directory + 4 + i * ENTRY_BYTES;

        file[i].bytes = big32(entry);
        assert_in_range(file[i].bytes, 1, FILE_MAX);
        memcpy(file[i].name, entry + 8, sizeof(file[i].name));
        file[i].data = malloc(file[i].bytes);
        file[i].address = 0x7FE00000 + i * FILE_MAX;
        read_item(m, (unsigned)entry[4] << 8 | entry[5], file[i].data, file[i].bytes);
        assert_int_equal(in(m, 0x511, 1), 0); /* behind the end */
    }
    return count;
}

static struct file *find(struct file *file, unsigned count, const char *name)
{
    for (unsigned i = 0; i < count; i++) {
        if (strcmp(file[i].name, name) == 0)
            return &file[i];
    }
    fail_msg("no file %s", name);
    return NULL;
}

/* What firmware does by the script. */
static void carry_out(struct file *file, unsigned count, const struct file *script)
{
    assert_int_equal(script->bytes % COMMAND_BYTES, 0);
    for (size_t at = 0; at < script->bytes; at += COMMAND_BYTES) {
        const uint8_t *c = script->data + at;
        struct file *f = find(file, count, (const char *)c + 4);
        uint32_t a = little32(c + 60), b = little32(c + 64), n = little32(c + 68);

        if (little32(c) == 1) {
            assert_int_equal(f->address % a, 0);
        } else if (little32(c) == 2) {
            const struct file *target = find(file, count, (const char *)c + 60);
            uint32_t field = little32(c + 116), bytes = c[120];
            uint64_t value = 0;

            assert_in_range(field + bytes, bytes, f->bytes);
            memcpy(&value, f->data + field, bytes);
            assert_in_range(value, 0, target->bytes - 1);
            value += target->address;
            memcpy(f->data + field, &value, bytes);
        } else {
            assert_int_equal(little32(c), 3);
            assert_in_range(b + n, 1, f->bytes);
            assert_int_equal(f->data[a], 0);
            f->data[a] = (uint8_t)-sum(f->data + b, n);
        }
    }
}

/* The table at that address, which must add up. */
static const uint8_t *table(const struct file *tables, const uint8_t *address, unsigned bytes)
{
    uint64_t at = 0;

    memcpy(&at, address, bytes);
    assert_in_range(at, tables->address, tables->address + tables->bytes - 36);
    at -= tables->address;
    if (memcmp(tables->data + at, "FACS", 4) != 0)
        assert_int_equal(sum(tables->data + at, little32(tables->data + at + 4)), 0);
    return tables->data + at;
}

static void firmware_can_place_the_acpi_tables(void **state)
{
    struct machine *m = *state;
    struct file file[FILES_MAX] = {0}, *root, *tables;
    const uint8_t *xsdt, *fadt = NULL, *t;
    unsigned count, seen = 0;
    struct fw_cfg *c;

    assert_int_equal(fw_cfg_create(&c, m), 0);
    assert_int_equal(fw_items_add(c, m), 0);
    count = read_files(m, file);
    carry_out(file, count, find(file, count, "etc/table-loader"));
    root = find(file, count, "etc/acpi/rsdp");
    tables = find(file, count, "etc/acpi/tables");
    assert_int_equal(sum(root->data, 20), 0);
    assert_int_equal(sum(root->data, 36), 0);
    xsdt = table(tables, root->data + 24, 8);
    assert_memory_equal(xsdt, "XSDT", 4);
    for (uint32_t at = 36; at < little32(xsdt + 4); at += 8) {
        t = table(tables, xsdt + at, 8);
        fadt = memcmp(t, "FACP", 4) == 0 ? t : fadt;
        seen++;
    }
    assert_int_equal(seen, 3);
    assert_non_null(fadt);
    assert_memory_equal(table(tables, fadt + 36, 4), "FACS", 4);
    assert_memory_equal(table(tables, fadt + 40, 4), "DSDT", 4);
    assert_ptr_equal(table(tables, fadt + 40, 4), table(tables, fadt + 140, 8));
    for (unsigned i = 0; i < count; i++)
        free(file[i].data);
    fw_cfg_destroy(c);
}

static void firmware_is_told_of_memory(void **state)
{
    struct machine *m = *state;
    struct file file[FILES_MAX] = {0}, *map;
    struct fw_cfg *c;
    unsigned count;
    uint64_t word;

    assert_int_equal(fw_cfg_create(&c, m), 0);
    m->mem.high = 0x600000; /* nobody touches it here */
    assert_int_equal(fw_items_add(c, m), 0);
    m->mem.high = 0;
    count = read_files(m, file);
    map = find(file, count, "etc/e820");
    assert_int_equal(map->bytes, 40);
    memcpy(&word, map->data + 8, 8);
    assert_int_equal(word, MEMORY);
    memcpy(&word, map->data + 20, 8);
    assert_int_equal(word, HIGH_MEMORY);
    memcpy(&word, map->data + 28, 8);
    assert_int_equal(word, 0x600000);
    assert_int_equal(little32(map->data + 36), 1);
    out(m, 0x510, 2, 0x20 + count); /* there is none */
    assert_int_equal(in(m, 0x511, 1), 0);
    out(m, 0x510, 2, 0xFFFF);
    assert_int_equal(in(m, 0x511, 1), 0);
    for (unsigned i = 0; i < count; i++)
        free(file[i].data);
    while (fw_cfg_add_file(c, "more", "x", 1) == 0)
        assert_in_range(++count, 1, 100);
    fw_cfg_destroy(c);
}

static void firmware_takes_the_place_of_a_kernel(void **state)
{
    static const char *const beside[] = {"--kernel", "--initrd", "--cmdline", "--module"};
    static const struct bn_scenario scenario = {
        .vm_count = 2, .vm[1] = {.image = "bzImage", .memory_bytes = 0x800000, .cpu_count = 1}};
    char *arguments[] = {"dm", "--vm", "x", "--firmware", "f", NULL, "y", NULL};
    struct options o;

    (void)state;
    for (unsigned i = 0; i < sizeof(beside) / sizeof(beside[0]); i++) {
        arguments[5] = (char *)(uintptr_t)beside[i];
        optind = 0;
        assert_int_equal(options_parse(&o, 7, arguments), -EINVAL);
    }
    arguments[5] = NULL;
    optind = 0;
    assert_int_equal(options_parse(&o, 5, arguments), 0);
    assert_int_equal(options_complete(&o, &scenario, 1), 0);
    assert_string_equal(o.firmware, "f");
    assert_null(o.kernel);
    assert_int_equal(o.memory, 0x800000);
}

/* Those of the scenario come by themselves, behind those of the command line, each once. */
static void functions_of_the_scenario(void **state)
{
    char *arguments[] = {"dm", "--vm", "x", "--pci", "00:1f.3", "--pci", "02:00.0", NULL};
    struct bn_scenario scenario = {
        .vm_count = 2,
        .device_count = 5,
        .device = {{.kind = BN_DEVICE_PCI, .owner = 1, .bdf = 0x00FB},
                   {.kind = BN_DEVICE_PCI, .owner = 0, .bdf = 0x0100},
                   {.kind = BN_DEVICE_UART, .owner = 1},
                   {.kind = BN_DEVICE_PCI, .owner = 1, .bdf = 0xAC00, .flags = BN_DEVICE_OPTIONAL},
                   {.kind = BN_DEVICE_PCI, .owner = 1, .bdf = 0x0029}},
    };
    struct options o;

    (void)state;
    optind = 0;
    assert_int_equal(options_parse(&o, 7, arguments), 0);
    assert_int_equal(options_complete(&o, &scenario, 1), 0);
    assert_int_equal(o.functions, 4);
    assert_string_equal(o.function[0], "00:1f.3");
    assert_string_equal(o.function[1], "02:00.0");
    assert_string_equal(o.function[2], "ac:00.0");
    assert_string_equal(o.function[3], "00:05.1");
    assert_false(o.may_lack[0]);
    assert_true(o.may_lack[2]);
    scenario.device[1].owner = 1;
    optind = 0;
    assert_int_equal(options_parse(&o, 7, arguments), 0);
    assert_int_equal(options_complete(&o, &scenario, 1), -E2BIG);
    scenario.device[1].owner = 0;
    optind = 0;
    assert_int_equal(options_parse(&o, 3, arguments), 0);
    assert_int_equal(options_complete(&o, &scenario, 0), 0);
    assert_int_equal(o.functions, 1);
    assert_string_equal(o.function[0], "01:00.0");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(firmware_ends_at_4_gib_and_cannot_be_written),
        T(what_is_no_firmware_is_refused),
        T(the_chipset_is_a_q35),
        T(the_debug_console_goes_into_a_file),
        T(firmware_can_place_the_acpi_tables),
        T(firmware_is_told_of_memory),
        T(firmware_takes_the_place_of_a_kernel),
        T(functions_of_the_scenario),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
