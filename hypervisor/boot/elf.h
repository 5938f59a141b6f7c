/* SPDX-License-Identifier: BSD-3-Clause */
/* The hypervisor's ELF64 file: checked completely before a byte of it is copied. Freestanding,
 * fuzzed on the host. */
#ifndef BOOT_ELF_H
#define BOOT_ELF_H

#include <stddef.h>
#include <stdint.h>

#define ELF_MAX_SEGMENTS 16

struct elf_segment { /* file[offset..+file_bytes) goes to image + place, then zeros up to
                        memory_bytes */
    uint64_t offset, file_bytes, place, memory_bytes;
};

struct elf_image {
    struct elf_segment segment[ELF_MAX_SEGMENTS];
    uint32_t segment_count;
    uint64_t bytes; /* of the image in memory, whole pages */
    uint64_t entry; /* offset of the first instruction from the start of the image */
};

/*
 * Reads the headers of `file` (ELF-64 Object File Format 1.5; ET_EXEC, x86-64) for an image of at
 * most `room` bytes, p_paddr counted from its start. Returns null, or what is wrong with the file.
 */
const char *elf_read(const uint8_t *file, size_t bytes, uint64_t room, struct elf_image *image);

/* Fills to[0..image->bytes) from the same file: segments and zeros, every byte written. */
void elf_load(const struct elf_image *image, const uint8_t *file, uint8_t *to);

#endif
