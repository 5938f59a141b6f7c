/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns booting a Multiboot 1 image (specification 0.6.96): header, ELF32 segments or the header's
 * own addresses, modules. */
#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "image.h"
#include "layout.h"

#define SEARCH_BYTES   8192u
#define MAGIC          0x1BADB002u
#define BOOT_MAGIC     0x2BADB002u
#define FLAG_ALIGN     0x00000001u /* modules on pages: always done */
#define FLAG_MEMORY    0x00000002u
#define FLAG_VIDEO     0x00000004u /* a wish that we cannot grant; the image must live without */
#define FLAG_ADDRESSES 0x00010000u
#define FLAG_UNKNOWN   0x0000FFF8u /* of the bits that must be understood */

#define INFO_MEMORY  0x001u
#define INFO_CMDLINE 0x004u
#define INFO_MODULES 0x008u
#define INFO_MMAP    0x040u
#define INFO_LOADER  0x200u

struct multiboot_info {
    uint32_t flags, mem_lower, mem_upper, boot_device, cmdline, mods_count, mods_addr, syms[4],
        mmap_length, mmap_addr;
    uint32_t drives_length, drives_addr, config_table, boot_loader_name;
};

struct multiboot_module {
    uint32_t start, end, string, reserved;
};

struct multiboot_mmap {
    uint32_t size; /* of what follows */
    uint64_t base, bytes;
    uint32_t type;
} __attribute__((packed));

struct layout { /* what goes where behind the information structure */
    struct multiboot_info info;
    struct multiboot_module module[IMAGE_MAX_MODULES];
    struct multiboot_mmap map[5];
    char text[CMDLINE_BYTES]; /* strings, one after the other */
    uint32_t text_used;
};

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* The header's offset in the file, -1: none. */
static long find_header(const struct blob *k)
{
    for (size_t at = 0; at + 12 <= k->bytes && at + 12 <= SEARCH_BYTES; at += 4) {
        const uint8_t *p = k->data + at;

        if (get32(p) == MAGIC && get32(p) + get32(p + 4) + get32(p + 8) == 0)
            return (long)at;
    }
    return -1;
}

bool is_multiboot(const struct blob *kernel)
{
    return find_header(kernel) >= 0;
}

/* Segments may lie anywhere in memory but in what the boot itself uses. */
static uint8_t *load_target(const struct guest_mem *mem, uint64_t address, uint64_t bytes)
{
    if (address < KERNEL_BASE || address + bytes > mem->low)
        return NULL;
    return guest_at(mem, address, bytes);
}

static int load_elf(const struct guest_mem *mem, const struct blob *k, uint32_t *entry,
                    uint64_t *end, const char **why)
{
    Elf32_Ehdr e;

    *why = "is cut off in its ELF header";
    if (k->bytes < sizeof(e))
        return -ENOEXEC;
    memcpy(&e, k->data, sizeof(e));
    *why = "is no ELF32 executable for x86";
    if (memcmp(e.e_ident, ELFMAG, SELFMAG) || e.e_ident[EI_CLASS] != ELFCLASS32 ||
        e.e_ident[EI_DATA] != ELFDATA2LSB || e.e_type != ET_EXEC || e.e_machine != EM_386 ||
        e.e_phentsize != sizeof(Elf32_Phdr))
        return -ENOEXEC;
    *why = "is cut off in its program headers";
    if (e.e_phnum == 0 || e.e_phoff > k->bytes ||
        (k->bytes - e.e_phoff) / sizeof(Elf32_Phdr) < e.e_phnum)
        return -ENOEXEC;
    *end = KERNEL_BASE;
    for (unsigned i = 0; i < e.e_phnum; i++) {
        Elf32_Phdr p;
        uint8_t *to;

        memcpy(&p, k->data + e.e_phoff + i * sizeof(p), sizeof(p));
        if (p.p_type != PT_LOAD || p.p_memsz == 0)
            continue;
        *why = "has a segment that lies outside the file";
        if (p.p_filesz > p.p_memsz || p.p_offset > k->bytes || p.p_filesz > k->bytes - p.p_offset)
            return -ENOEXEC;
        *why = "has a segment that lies outside the VM's memory (1 MiB and up)";
        to = load_target(mem, p.p_paddr, p.p_memsz);
        if (!to)
            return -ENOEXEC;
        memcpy(to, k->data + p.p_offset, p.p_filesz);
        memset(to + p.p_filesz, 0, p.p_memsz - p.p_filesz);
        if ((uint64_t)p.p_paddr + p.p_memsz > *end)
            *end = (uint64_t)p.p_paddr + p.p_memsz;
        /* the entry is a virtual address where that differs from the physical one */
        if (e.e_entry >= p.p_vaddr && e.e_entry - p.p_vaddr < p.p_memsz)
            *entry = p.p_paddr + (e.e_entry - p.p_vaddr);
    }
    *why = "has an entry that lies in no segment";
    return *entry ? 0 : -ENOEXEC;
}

/* Flag 16: the header says itself what goes where, e.g. for a flat binary. */
static int load_flat(const struct guest_mem *mem, const struct blob *k, size_t header,
                     uint32_t *entry, uint64_t *end, const char **why)
{
    uint32_t header_addr, load, load_end, bss_end;
    uint64_t bytes, from;
    uint8_t *to;

    *why = "is cut off in its Multiboot header";
    if (k->bytes - header < 32)
        return -ENOEXEC;
    header_addr = get32(k->data + header + 12);
    load = get32(k->data + header + 16);
    load_end = get32(k->data + header + 20);
    bss_end = get32(k->data + header + 24);
    *entry = get32(k->data + header + 28);
    *why = "has impossible addresses in its Multiboot header";
    if (load > header_addr || header_addr - load > header)
        return -ENOEXEC;
    from = header - (header_addr - load);
    bytes = load_end ? (uint64_t)load_end - load : k->bytes - from;
    if ((load_end && load_end < load) || bytes > k->bytes - from ||
        (bss_end && bss_end < load + bytes))
        return -ENOEXEC;
    *end = bss_end ? bss_end : load + bytes;
    *why = "lies outside the VM's memory (1 MiB and up)";
    to = load_target(mem, load, *end - load);
    if (!to || *entry < load || *entry >= *end)
        return -ENOEXEC;
    memcpy(to, k->data + from, bytes);
    memset(to + bytes, 0, *end - load - bytes);
    return 0;
}

/* Keeps a string behind the information structure; its guest address, 0: no room. */
static uint32_t keep_text(struct layout *l, const char *text)
{
    size_t n = strlen(text) + 1;
    uint32_t at = l->text_used;

    if (n > sizeof(l->text) - at)
        return 0;
    memcpy(l->text + at, text, n);
    l->text_used += (uint32_t)n;
    return MULTIBOOT_INFO + (uint32_t)offsetof(struct layout, text) + at;
}

static int place_modules(const struct guest_mem *mem, const struct boot_plan *plan,
                         struct layout *l, uint64_t at)
{
    for (unsigned i = 0; i < plan->modules; i++) {
        const struct blob *m = &plan->module[i];
        uint8_t *to;

        at = (at + 0xFFF) & ~0xFFFull;
        to = load_target(mem, at, m->bytes ? m->bytes : 1);
        if (!to)
            return -ENOMEM;
        memcpy(to, m->data ? m->data : (const uint8_t *)"", m->bytes);
        l->module[i] = (struct multiboot_module){
            (uint32_t)at, (uint32_t)(at + m->bytes),
            keep_text(l, plan->module_args[i] ? plan->module_args[i] : m->name), 0};
        if (!l->module[i].string)
            return -E2BIG;
        at += m->bytes;
    }
    return 0;
}

static void add_map(struct layout *l, uint64_t base, uint64_t bytes, uint32_t type)
{
    struct multiboot_mmap *m = &l->map[l->info.mmap_length / sizeof(*m)];

    *m = (struct multiboot_mmap){sizeof(*m) - sizeof(m->size), base, bytes, type};
    l->info.mmap_length += (uint32_t)sizeof(*m);
}

static void fill_info(const struct guest_mem *mem, const struct boot_plan *plan, struct layout *l)
{
    struct multiboot_info *i = &l->info;

    i->flags =
        INFO_MEMORY | INFO_CMDLINE | INFO_MMAP | INFO_LOADER | (plan->modules ? INFO_MODULES : 0);
    i->mem_lower = EBDA_BASE / 1024;
    i->mem_upper = (uint32_t)((mem->low - KERNEL_BASE) / 1024);
    i->mods_count = plan->modules;
    i->mods_addr = MULTIBOOT_INFO + (uint32_t)offsetof(struct layout, module);
    i->mmap_addr = MULTIBOOT_INFO + (uint32_t)offsetof(struct layout, map);
    add_map(l, 0, EBDA_BASE, 1);
    add_map(l, ACPI_BASE, ACPI_BYTES, 3);
    add_map(l, KERNEL_BASE, mem->low - KERNEL_BASE, 1);
    if (mem->high)
        add_map(l, HIGH_MEMORY, mem->high, 1);
}

int boot_multiboot(const struct guest_mem *mem, const struct boot_plan *plan, struct cpu_state *cpu,
                   char *why, size_t why_bytes)
{
    const struct blob *k = &plan->kernel;
    struct layout *l = guest_at(mem, MULTIBOOT_INFO, sizeof(*l));
    long header = find_header(k);
    const char *what = "has no Multiboot header in its first 8 KiB";
    uint32_t flags, entry = 0;
    uint64_t end = 0;
    int rc = -ENOEXEC;

    if (!l || boot_write_gdt(mem) < 0)
        return -ENOMEM;
    if (header < 0)
        goto fail;
    flags = get32(k->data + header + 4);
    what = "asks for a Multiboot feature that is not known";
    if (flags & FLAG_UNKNOWN)
        goto fail;
    rc = flags & FLAG_ADDRESSES ? load_flat(mem, k, (size_t)header, &entry, &end, &what)
                                : load_elf(mem, k, &entry, &end, &what);
    if (rc < 0)
        goto fail;
    memset(l, 0, sizeof(*l));
    what = "has modules that do not fit into the VM's memory";
    rc = plan->modules > IMAGE_MAX_MODULES ? -E2BIG : place_modules(mem, plan, l, end);
    if (rc < 0)
        goto fail;
    fill_info(mem, plan, l);
    l->info.cmdline = keep_text(l, plan->cmdline);
    l->info.boot_loader_name = keep_text(l, "binnacle-dm");
    what = "has a command line that is too long";
    rc = l->info.cmdline && l->info.boot_loader_name ? 0 : -E2BIG;
    if (rc < 0)
        goto fail;
    *cpu = (struct cpu_state){.eip = entry, .eax = BOOT_MAGIC, .ebx = MULTIBOOT_INFO};
    return 0;
fail:
    (void)snprintf(why, why_bytes, "%s: %s", k->name, what);
    return rc;
}
