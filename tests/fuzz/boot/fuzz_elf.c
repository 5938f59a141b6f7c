/* SPDX-License-Identifier: BSD-3-Clause */
/* The ELF reader on hostile files: what it accepts must load inside the room it was given. */
#include <stdint.h>
#include <stdlib.h>

#include "hypervisor/boot/elf.h"

#define ROOM (1u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    struct elf_image image;

    if (elf_read(data, bytes, ROOM, &image))
        return 0;
    if (image.bytes > ROOM || image.entry >= image.bytes)
        abort();
    uint8_t *memory = malloc(image.bytes);

    if (!memory)
        abort();
    elf_load(&image, data, memory);
    free(memory);
    return 0;
}
