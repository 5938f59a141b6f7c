/* SPDX-License-Identifier: BSD-3-Clause */
/* The memory map reader on hostile maps: what comes out is sorted, without overlap, and ends inside
 * the address space. */
#include <stdint.h>
#include <stdlib.h>

#include "hypervisor/boot/memory_map.h"

#define MAX 24

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    struct bn_memory m[MAX];

    if (bytes == 0)
        return 0;
    uint32_t count = memory_map_read(data + 1, bytes - 1, 40 + data[0] % 3 * 8u, m, MAX);

    if (count > MAX + 1)
        abort();
    for (uint32_t i = 0; count <= MAX && i < count; i++) {
        if (m[i].bytes == 0 || m[i].base + m[i].bytes < m[i].base)
            abort();
        if (i && m[i].base < m[i - 1].base + m[i - 1].bytes)
            abort();
    }
    return 0;
}
