/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns reading the hypervisor's ELF64 file. Every number of the file is checked before it is used.
 */
#include "elf.h"

#include <stdbool.h>

#define PAGE 4096u

struct elf_header { /* Elf64_Ehdr */
    uint8_t ident[16];
    uint16_t type, machine;
    uint32_t version;
    uint64_t entry, phoff, shoff;
    uint32_t flags;
    uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};
_Static_assert(sizeof(struct elf_header) == 64, "Elf64_Ehdr");

struct elf_program { /* Elf64_Phdr */
    uint32_t type, flags;
    uint64_t offset, vaddr, paddr, filesz, memsz, align;
};
_Static_assert(sizeof(struct elf_program) == 56, "Elf64_Phdr");

enum { ET_EXEC = 2, EM_X86_64 = 62, PT_LOAD = 1, PF_X = 1 };

static const char *check_header(const struct elf_header *h, size_t bytes)
{
    static const uint8_t ident[7] = {0x7F, 'E', 'L', 'F', 2 /* 64 bits */, 1 /* little endian */,
                                     1};

    for (unsigned i = 0; i < 4; i++)
        if (h->ident[i] != ident[i])
            return "is not an ELF file";
    if (h->ident[4] != ident[4] || h->machine != EM_X86_64)
        return "is not an ELF file for 64-bit x86";
    if (h->ident[5] != ident[5] || h->ident[6] != ident[6] || h->version != 1)
        return "is an ELF file of an unknown version";
    if (h->type != ET_EXEC)
        return "is not a linked executable (ET_EXEC)";
    if (h->phentsize != sizeof(struct elf_program) || h->phnum == 0)
        return "has no program headers";
    if (h->phoff > bytes || h->phnum > (bytes - h->phoff) / sizeof(struct elf_program))
        return "is cut: program headers lie outside of it";
    return NULL;
}

static bool meets_another(const struct elf_image *image, const struct elf_segment *s)
{
    for (uint32_t i = 0; i < image->segment_count; i++) {
        const struct elf_segment *other = &image->segment[i];

        if (s->place < other->place + other->memory_bytes &&
            other->place < s->place + s->memory_bytes)
            return true;
    }
    return false;
}

static const char *add_segment(struct elf_image *image, const struct elf_program *p, size_t bytes,
                               uint64_t room, uint64_t entry)
{
    const struct elf_segment s = {p->offset, p->filesz, p->paddr, p->memsz};

    if (p->memsz == 0)
        return NULL;
    if (p->offset > bytes || p->filesz > bytes - p->offset)
        return "is cut: a segment lies outside of it";
    if (p->filesz > p->memsz)
        return "has a segment that is longer in the file than in memory";
    if (p->paddr > room || p->memsz > room - p->paddr)
        return "does not fit into the hypervisor's memory (are its p_paddr counted from 0?)";
    if (p->vaddr > UINT64_MAX - p->memsz)
        return "has a segment that wraps around the address space";
    if (meets_another(image, &s))
        return "has segments that overlap";
    if (image->segment_count == ELF_MAX_SEGMENTS)
        return "has too many segments";
    image->segment[image->segment_count++] = s;
    if (p->paddr + p->memsz > image->bytes)
        image->bytes = p->paddr + p->memsz;
    if ((p->flags & PF_X) && entry >= p->vaddr && entry - p->vaddr < p->filesz)
        image->entry = p->paddr + (entry - p->vaddr);
    return NULL;
}

const char *elf_read(const uint8_t *file, size_t bytes, uint64_t room, struct elf_image *image)
{
    struct elf_header h;
    const char *error;

    *image = (struct elf_image){.entry = UINT64_MAX};
    if (bytes < sizeof(h))
        return "is too short to be an ELF file";
    __builtin_memcpy(&h, file, sizeof(h));
    error = check_header(&h, bytes);
    for (uint32_t i = 0; !error && i < h.phnum; i++) {
        struct elf_program p;

        __builtin_memcpy(&p, file + h.phoff + i * sizeof(p), sizeof(p));
        if (p.type == PT_LOAD)
            error = add_segment(image, &p, bytes, room, h.entry);
    }
    if (error)
        return error;
    if (image->segment_count == 0)
        return "has nothing to load";
    if (image->entry == UINT64_MAX)
        return "has its entry outside of its executable segments";
    if (image->bytes > room - room % PAGE)
        return "does not fit into the hypervisor's memory";
    image->bytes = (image->bytes + PAGE - 1) / PAGE * PAGE;
    return NULL;
}

void elf_load(const struct elf_image *image, const uint8_t *file, uint8_t *to)
{
    __builtin_memset(to, 0, image->bytes);
    for (uint32_t i = 0; i < image->segment_count; i++)
        __builtin_memcpy(to + image->segment[i].place, file + image->segment[i].offset,
                         image->segment[i].file_bytes);
}
