/* SPDX-License-Identifier: BSD-3-Clause */
/* The ELF reader: a good file lands where it says, and each way to spoil a header is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "hypervisor/boot/elf.h"

#define ROOM 0x10000u

struct file {
    Elf64_Ehdr h;
    Elf64_Phdr p[3];
    uint8_t text[64];
    uint8_t data[16];
};

static void make_good(struct file *f)
{
    *f = (struct file){
        .h = {.e_type = ET_EXEC,
              .e_machine = EM_X86_64,
              .e_version = 1,
              .e_entry = 0xFFFFFFFF80000010,
              .e_phoff = offsetof(struct file, p),
              .e_ehsize = sizeof(Elf64_Ehdr),
              .e_phentsize = sizeof(Elf64_Phdr),
              .e_phnum = 3},
        .p = {{.p_type = PT_LOAD,
               .p_flags = PF_R | PF_X,
               .p_offset = offsetof(struct file, text),
               .p_vaddr = 0xFFFFFFFF80000000,
               .p_paddr = 0,
               .p_filesz = 64,
               .p_memsz = 64},
              {.p_type = PT_GNU_STACK, .p_paddr = UINT64_MAX},
              {.p_type = PT_LOAD,
               .p_flags = PF_R | PF_W,
               .p_offset = offsetof(struct file, data),
               .p_vaddr = 0xFFFFFFFF80002000,
               .p_paddr = 0x2000,
               .p_filesz = 16,
               .p_memsz = 0x1001}},
    };
    memcpy(f->h.e_ident,
           "\x7f"
           "ELF\2\1\1",
           7);
    memset(f->text, 0xCC, sizeof(f->text));
    memset(f->data, 0xDD, sizeof(f->data));
}

static const char *read_it(const struct file *f, size_t bytes, struct elf_image *image)
{
    /* A copy of exactly that size: the sanitizer sees any byte too many. */
    uint8_t *copy = malloc(bytes ? bytes : 1);
    const char *error;

    assert_non_null(copy);
    memcpy(copy, f, bytes);
    error = elf_read(copy, bytes, ROOM, image);
    free(copy);
    return error;
}

static void test_good_file_is_loaded(void **state)
{
    struct file f;
    struct elf_image image;

    (void)state;
    make_good(&f);
    assert_null(elf_read((const uint8_t *)&f, sizeof(f), ROOM, &image));
    assert_int_equal(image.segment_count, 2);
    assert_int_equal(image.bytes, 0x4000);
    assert_int_equal(image.entry, 0x10);
    uint8_t *memory = malloc(image.bytes);
    assert_non_null(memory);
    memset(memory, 0xEE, image.bytes);
    elf_load(&image, (const uint8_t *)&f, memory);
    for (size_t i = 0; i < image.bytes; i++) {
        uint8_t expected = i < 64 ? 0xCC : i >= 0x2000 && i < 0x2010 ? 0xDD : 0;

        assert_int_equal(memory[i], expected);
    }
    free(memory);
}

struct spoil {
    const char *says;
    void (*make)(struct file *f);
};

#define SPOIL(name, ...)                                                                           \
    static void name(struct file *f)                                                               \
    {                                                                                              \
        __VA_ARGS__;                                                                               \
    }

SPOIL(no_magic, f->h.e_ident[3] = 'G')
SPOIL(elf32, f->h.e_ident[4] = 1)
SPOIL(arm, f->h.e_machine = EM_AARCH64)
SPOIL(big_endian, f->h.e_ident[5] = 2)
SPOIL(future, f->h.e_version = 2)
SPOIL(shared, f->h.e_type = ET_DYN)
SPOIL(no_headers, f->h.e_phnum = 0)
SPOIL(strange_headers, f->h.e_phentsize = 32)
SPOIL(far_headers, f->h.e_phoff = UINT64_MAX - 8)
SPOIL(many_headers, f->h.e_phnum = 0xFFFF)
SPOIL(cut_segment, f->p[0].p_offset = sizeof(*f) - 63)
SPOIL(far_segment, f->p[0].p_offset = UINT64_MAX - 63)
SPOIL(shrinking, f->p[0].p_memsz = 63)
SPOIL(physical, f->p[0].p_paddr = 0x40000000)
SPOIL(wrapping, f->p[2].p_paddr = UINT64_MAX - 0x1000)
SPOIL(huge, f->p[2].p_memsz = UINT64_MAX)
SPOIL(wrapping_virtual, f->p[2].p_vaddr = UINT64_MAX - 0x100)
SPOIL(meeting, f->p[2].p_paddr = 0x3F)
SPOIL(empty, f->p[0].p_memsz = f->p[0].p_filesz = 0; f->p[2] = f->p[1])
SPOIL(entry_in_data, f->h.e_entry = 0xFFFFFFFF80002000)
SPOIL(entry_outside, f->h.e_entry = 0x100000)
SPOIL(entry_in_zeros, f->p[0].p_memsz = 0x1000; f->h.e_entry = 0xFFFFFFFF80000040)

static const struct spoil spoils[] = {
    {"is not an ELF file", no_magic},
    {"is not an ELF file for 64-bit x86", elf32},
    {"is not an ELF file for 64-bit x86", arm},
    {"unknown version", big_endian},
    {"unknown version", future},
    {"is not a linked executable", shared},
    {"has no program headers", no_headers},
    {"has no program headers", strange_headers},
    {"is cut: program headers", far_headers},
    {"is cut: program headers", many_headers},
    {"is cut: a segment", cut_segment},
    {"is cut: a segment", far_segment},
    {"longer in the file than in memory", shrinking},
    {"does not fit", physical},
    {"does not fit", wrapping},
    {"does not fit", huge},
    {"wraps around", wrapping_virtual},
    {"segments that overlap", meeting},
    {"has nothing to load", empty},
    {"entry outside", entry_in_data},
    {"entry outside", entry_outside},
    {"entry outside", entry_in_zeros},
};

static void test_every_spoilt_header_is_told(void **state)
{
    struct file f;
    struct elf_image image;

    (void)state;
    for (size_t i = 0; i < sizeof(spoils) / sizeof(spoils[0]); i++) {
        make_good(&f);
        spoils[i].make(&f);
        const char *error = read_it(&f, sizeof(f), &image);

        if (!error || !strstr(error, spoils[i].says))
            fail_msg("spoil %zu, \"%s\": %s", i, spoils[i].says, error ? error : "accepted");
    }
}

static void test_too_many_segments(void **state)
{
    struct {
        struct file f;
        Elf64_Phdr p[ELF_MAX_SEGMENTS + 1];
    } many = {0};
    struct elf_image image;

    (void)state;
    make_good(&many.f);
    many.f.h.e_phoff = sizeof(many.f);
    many.f.h.e_phnum = ELF_MAX_SEGMENTS + 1;
    for (unsigned i = 0; i <= ELF_MAX_SEGMENTS; i++)
        many.p[i] =
            (Elf64_Phdr){.p_type = PT_LOAD, .p_vaddr = i * 16, .p_paddr = i * 16, .p_memsz = 16};
    const char *error = elf_read((const uint8_t *)&many, sizeof(many), ROOM, &image);
    assert_non_null(error);
    assert_non_null(strstr(error, "too many segments"));
}

/* However it is cut, a file is refused or loads without reading past its end. */
static void test_every_cut(void **state)
{
    struct file f;
    struct elf_image image;

    (void)state;
    make_good(&f);
    for (size_t bytes = 0; bytes < sizeof(f); bytes++)
        assert_non_null(read_it(&f, bytes, &image));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_file_is_loaded),
        cmocka_unit_test(test_every_spoilt_header_is_told),
        cmocka_unit_test(test_too_many_segments),
        cmocka_unit_test(test_every_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
