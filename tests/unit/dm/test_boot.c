/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests the image loaders: a good image is placed, each kind of corrupt one is refused and named.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "acpi.h"
#include "image.h"
#include "layout.h"

#define MEMORY 0x4000000u /* 64 MiB */

struct rig {
    struct guest_mem mem;
    struct boot_plan plan;
    struct cpu_state cpu;
    char why[256];
    uint8_t *file;
};

#define FILE_BYTES 0x3000u

static void w16(uint8_t *p, unsigned v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
}

static void w32(uint8_t *p, uint32_t v)
{
    w16(p, v & 0xFFFF);
    w16(p + 2, v >> 16);
}

static uint32_t r32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void make_bzimage(uint8_t *f)
{
    memset(f, 0x90, FILE_BYTES);
    f[0x1F1] = 3;
    f[0x1FE] = 0x55;
    f[0x1FF] = 0xAA;
    f[0x200] = 0xEB;
    f[0x201] = 0x6A;
    memcpy(f + 0x202, "HdrS", 4);
    w16(f + 0x206, 0x20F);
    f[0x211] = 1;
    w32(f + 0x22C, 0x7FFFFFFF);
    w32(f + 0x238, 2047);
    w32(f + 0x260, 0x100000);
    memcpy(f + 0x800, "KERNEL", 6);
}

static void make_elf(uint8_t *f)
{
    Elf32_Ehdr e = {.e_ident = {0x7F, 'E', 'L', 'F', ELFCLASS32, ELFDATA2LSB, 1},
                    .e_type = ET_EXEC,
                    .e_machine = EM_386,
                    .e_version = 1,
                    .e_entry = 0xC0100010,
                    .e_phoff = 64,
                    .e_phentsize = sizeof(Elf32_Phdr),
                    .e_phnum = 1};
    Elf32_Phdr p = {.p_type = PT_LOAD,
                    .p_offset = 0x1000,
                    .p_vaddr = 0xC0100000,
                    .p_paddr = 0x100000,
                    .p_filesz = 0x100,
                    .p_memsz = 0x2000};

    memset(f, 0, FILE_BYTES);
    memcpy(f, &e, sizeof(e));
    memcpy(f + 64, &p, sizeof(p));
    w32(f + 0x1000, 0x1BADB002);
    w32(f + 0x1004, 3);
    w32(f + 0x1008, 0u - 0x1BADB002u - 3);
    memcpy(f + 0x1010, "CODE", 4);
}

static int setup(void **state)
{
    struct rig *r = calloc(1, sizeof(*r));

    assert_int_equal(guest_mem_create(&r->mem, MEMORY, false), 0);
    r->file = malloc(FILE_BYTES);
    r->plan.kernel = (struct blob){"kernel", r->file, FILE_BYTES};
    r->plan.cmdline = "console=hvc0";
    *state = r;
    return 0;
}

static int teardown(void **state)
{
    struct rig *r = *state;

    guest_mem_destroy(&r->mem);
    free(r->file);
    free(r);
    return 0;
}

static int linux_rc(struct rig *r)
{
    return boot_bzimage(&r->mem, &r->plan, &r->cpu, r->why, sizeof(r->why));
}

static int multiboot_rc(struct rig *r)
{
    return boot_multiboot(&r->mem, &r->plan, &r->cpu, r->why, sizeof(r->why));
}

static void places_a_kernel(void **state)
{
    struct rig *r = *state;
    const uint8_t *zero = r->mem.base + BOOT_PARAMS;
    uint64_t top = 0;

    make_bzimage(r->file);
    r->plan.initrd = (struct blob){"initrd", (const uint8_t *)"INITRD", 6};
    r->plan.rsdp = 0xE0000;
    assert_int_equal(linux_rc(r), 0);
    assert_memory_equal(r->mem.base + KERNEL_BASE, "KERNEL", 6);
    assert_string_equal((char *)r->mem.base + CMDLINE_BASE, "console=hvc0");
    assert_int_equal(r->cpu.eip, KERNEL_BASE);
    assert_int_equal(r->cpu.esi, BOOT_PARAMS);
    assert_int_equal(r32(zero + 0x228), CMDLINE_BASE);
    assert_int_equal(r32(zero + 0x21C), 6);
    assert_memory_equal(r->mem.base + r32(zero + 0x218), "INITRD", 6);
    assert_int_equal(r32(zero + 0x070), 0xE0000);
    for (unsigned i = 0; i < zero[0x1E8]; i++) {
        uint64_t base, bytes;

        memcpy(&base, zero + 0x2D0 + 20 * i, 8);
        memcpy(&bytes, zero + 0x2D8 + 20 * i, 8);
        assert_true(i == 0 || base >= top); /* in order, none over another */
        top = base + bytes;
    }
}

static void splits_memory_at_1_gib(void **state)
{
    struct guest_mem mem;

    (void)state;
    assert_int_equal(guest_mem_create(&mem, 0x50000000, false), 0);
    assert_int_equal(mem.low, 0x40000000);
    assert_int_equal(mem.high, 0x10000000);
    assert_ptr_equal(guest_at(&mem, 0x100000000, 1), mem.base + 0x40000000);
    assert_null(guest_at(&mem, 0x40000000, 1));
    assert_null(guest_at(&mem, 0x3FFFFFFF, 2));
    assert_null(guest_at(&mem, 0x110000000, 1));
    guest_mem_destroy(&mem);
    assert_int_equal(guest_mem_create(&mem, 0x300000, false), -EINVAL);
}

/* After `bytes` bytes the file ends, or the byte at `at` is another: refused with these words. */
static void bad_kernel(struct rig *r, size_t bytes, size_t at, int value, const char *words)
{
    make_bzimage(r->file);
    if (at)
        r->file[at] = (uint8_t)value;
    r->plan.kernel.bytes = bytes;
    r->why[0] = 0;
    assert_true(linux_rc(r) < 0);
    assert_non_null(strstr(r->why, words));
    r->plan.kernel.bytes = FILE_BYTES;
}

static void refuses_corrupt_kernels(void **state)
{
    struct rig *r = *state;

    bad_kernel(r, 0, 0, 0, "kernel: is cut off before the end of the setup header");
    bad_kernel(r, 0x260, 0, 0, "kernel: is cut off before the end of the setup header");
    bad_kernel(r, FILE_BYTES, 0x1FE, 0, "kernel: has no boot signature");
    bad_kernel(r, FILE_BYTES, 0x202, 0, "kernel: has no boot signature");
    bad_kernel(r, FILE_BYTES, 0x206, 0x04, "kernel: speaks a boot protocol older");
    bad_kernel(r, FILE_BYTES, 0x211, 0, "kernel: is a zImage");
    bad_kernel(r, FILE_BYTES, 0x1F1, 64, "kernel: is cut off before its protected-mode part");
    bad_kernel(r, FILE_BYTES, 0x201, 0x10, "kernel: has a setup header of impossible length");
    bad_kernel(r, FILE_BYTES, 0x201, 0xFF, "kernel: has a setup header of impossible length");
    bad_kernel(r, FILE_BYTES, 0x263, 0x7F, "more than the VM's memory");
}

static void refuses_what_does_not_fit(void **state)
{
    struct rig *r = *state;
    char *line = malloc(3000);

    memset(line, 'x', 2999);
    line[2999] = 0;
    make_bzimage(r->file);
    r->plan.cmdline = line;
    assert_int_equal(linux_rc(r), -E2BIG);
    assert_non_null(strstr(r->why, "command line"));
    r->plan.cmdline = "";
    r->plan.initrd = (struct blob){"initrd", r->file, MEMORY};
    assert_int_equal(linux_rc(r), -ENOMEM);
    assert_non_null(strstr(r->why, "initrd"));
    free(line);
}

static void places_a_multiboot_image(void **state)
{
    struct rig *r = *state;
    const uint8_t *info = r->mem.base + MULTIBOOT_INFO;
    const uint8_t *module;

    make_elf(r->file);
    memset(r->mem.base + 0x100100, 0xEE, 0x2000);
    r->plan.modules = 2;
    r->plan.module[0] = (struct blob){"one", (const uint8_t *)"first", 5};
    r->plan.module[1] = (struct blob){"two", NULL, 0};
    r->plan.module_args[0] = "binnacle.guest_info";
    assert_true(is_multiboot(&r->plan.kernel));
    assert_int_equal(multiboot_rc(r), 0);
    assert_memory_equal(r->mem.base + 0x100010, "CODE", 4);
    assert_int_equal(r->mem.base[0x100100], 0); /* bss */
    assert_int_equal(r->mem.base[0x101FFF], 0);
    assert_int_equal(r->cpu.eip, 0x100010); /* the entry is virtual in this file */
    assert_int_equal(r->cpu.eax, 0x2BADB002);
    assert_int_equal(r->cpu.ebx, MULTIBOOT_INFO);
    assert_int_equal(r32(info + 20), 2);
    module = r->mem.base + r32(info + 24);
    assert_int_equal(r32(module) % 4096, 0);
    assert_true(r32(module) >= 0x102000);
    assert_memory_equal(r->mem.base + r32(module), "first", 5);
    assert_string_equal((const char *)r->mem.base + r32(module + 8), "binnacle.guest_info");
    assert_int_equal(r32(module + 16), r32(module + 20));
    assert_string_equal((const char *)r->mem.base + r32(module + 24), "two");
    assert_string_equal((const char *)r->mem.base + r32(info + 16), "console=hvc0");
}

static void bad_elf(struct rig *r, size_t at, uint32_t value, const char *words)
{
    make_elf(r->file);
    w32(r->file + at, value);
    r->why[0] = 0;
    assert_true(multiboot_rc(r) < 0);
    assert_non_null(strstr(r->why, words));
}

static void refuses_corrupt_elfs(void **state)
{
    struct rig *r = *state;
    const size_t ph = 64;

    bad_elf(r, 0, 0, "is no ELF32 executable");
    bad_elf(r, 0x10, ET_DYN | EM_386 << 16, "is no ELF32 executable");
    bad_elf(r, 0x1C, FILE_BYTES, "is cut off in its program headers");
    bad_elf(r, 0x1C, 0xFFFFFFF0, "is cut off in its program headers");
    bad_elf(r, ph + 4, FILE_BYTES, "outside the file");
    bad_elf(r, ph + 4, 0xFFFFFFFF, "outside the file");
    bad_elf(r, ph + 16, 0x3000, "outside the file");
    bad_elf(r, ph + 12, 0x1000, "outside the VM's memory");
    bad_elf(r, ph + 12, MEMORY - 0x1000, "outside the VM's memory");
    bad_elf(r, ph + 12, 0xFFFFF000, "outside the VM's memory");
    bad_elf(r, ph + 20, 0xFFFFFFFF, "outside the VM's memory");
    bad_elf(r, 0x18, 0x10, "entry that lies in no segment");
    bad_elf(r, 0x1008, 0, "no Multiboot header");
    make_elf(r->file);
    w32(r->file + 0x1004, 0x103);
    w32(r->file + 0x1008, 0u - 0x1BADB002u - 0x103);
    assert_true(multiboot_rc(r) < 0);
    assert_non_null(strstr(r->why, "feature that is not known"));
    make_elf(r->file);
    r->plan.kernel.bytes = 0x1002;
    assert_true(multiboot_rc(r) < 0);
    r->plan.kernel.bytes = FILE_BYTES;
    make_elf(r->file);
    r->plan.modules = 1;
    r->plan.module[0] = (struct blob){"big", r->file, MEMORY};
    assert_true(multiboot_rc(r) < 0);
    assert_non_null(strstr(r->why, "modules that do not fit"));
}

static void loads_a_flat_multiboot_image(void **state)
{
    struct rig *r = *state;
    const uint32_t header[8] = {0x1BADB002, 0x10000,  0u - 0x1BADB002u - 0x10000,
                                0x200010,   0x200000, 0x201000,
                                0x203000,   0x200020};

    memset(r->file, 0, FILE_BYTES);
    for (unsigned i = 0; i < 8; i++)
        w32(r->file + 0x10 + 4 * i, header[i]);
    memcpy(r->file + 0x30, "FLAT", 4);
    assert_int_equal(multiboot_rc(r), 0);
    assert_memory_equal(r->mem.base + 0x200030, "FLAT", 4);
    assert_int_equal(r->cpu.eip, 0x200020);
    w32(r->file + 0x1C, 0x1000); /* header before the load address' reach */
    assert_true(multiboot_rc(r) < 0);
    assert_non_null(strstr(r->why, "impossible addresses"));
}

static uint8_t sum(const uint8_t *p, size_t n)
{
    uint8_t s = 0;

    while (n--)
        s = (uint8_t)(s + *p++);
    return s;
}

static void acpi_tables_add_up(void **state)
{
    struct rig *r = *state;
    uint64_t rsdp = 0, xsdt;
    const uint8_t *root, *x;
    unsigned found = 0;

    assert_int_equal(acpi_write(&r->mem, 3, &rsdp), 0);
    root = r->mem.base + rsdp;
    assert_memory_equal(root, "RSD PTR ", 8);
    assert_int_equal(sum(root, 20), 0);
    assert_int_equal(sum(root, 36), 0);
    memcpy(&xsdt, root + 24, 8);
    x = r->mem.base + xsdt;
    assert_memory_equal(x, "XSDT", 4);
    assert_int_equal(sum(x, r32(x + 4)), 0);
    for (uint32_t at = 36; at < r32(x + 4); at += 8) {
        uint64_t table;
        const uint8_t *t;

        memcpy(&table, x + at, 8);
        t = r->mem.base + table;
        assert_int_equal(sum(t, r32(t + 4)), 0);
        if (memcmp(t, "FACP", 4) == 0) {
            uint64_t dsdt;

            memcpy(&dsdt, t + 140, 8);
            assert_memory_equal(r->mem.base + dsdt, "DSDT", 4);
            assert_int_equal(sum(r->mem.base + dsdt, r32(r->mem.base + dsdt + 4)), 0);
            found |= 1;
        } else if (memcmp(t, "APIC", 4) == 0) {
            unsigned cpus = 0;

            for (uint32_t e = 44; e < r32(t + 4); e += t[e + 1]) {
                assert_int_not_equal(t[e + 1], 0);
                cpus += t[e] == 0;
            }
            assert_int_equal(cpus, 3);
            found |= 2;
        } else if (memcmp(t, "MCFG", 4) == 0) {
            assert_int_equal(r32(t + 44), ECAM_BASE);
            found |= 4;
        }
    }
    assert_int_equal(found, 7);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(places_a_kernel),
        T(splits_memory_at_1_gib),
        T(refuses_corrupt_kernels),
        T(refuses_what_does_not_fit),
        T(places_a_multiboot_image),
        T(refuses_corrupt_elfs),
        T(loads_a_flat_multiboot_image),
        T(acpi_tables_add_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
