/* SPDX-License-Identifier: BSD-3-Clause */
/* Relocates one frame of N draws and prints its dwords: a program for callgrind, which counts the
 * instructions of virgl_relocate() in it. */
#include <stdio.h>
#include <stdlib.h>

#include "frame.h"
#include "proto/virgl.h"

#define SLOT_BITS 7 /* half of the slots stay empty, as in a context */
#define SLOTS     (1u << SLOT_BITS)
#define FACTOR    0x9E3779B1u
_Static_assert(2 * FRAME_RESOURCES <= SLOTS, "slots");

int main(int argc, char **argv)
{
    const uint32_t draws = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 20;
    uint32_t *const batch = calloc(FRAME_DWORDS(draws), sizeof(*batch));
    static struct virgl_findings found;
    struct virgl_slot slot[SLOTS] = {0};
    const struct virgl_map map = {slot, SLOTS - 1, 32 - SLOT_BITS, FACTOR};
    uint32_t dwords;

    if (!batch)
        return EXIT_FAILURE;
    for (uint32_t i = 0; i < FRAME_RESOURCES; i++)
        if (i)
            slot[virgl_slot_of(&map, i)] = (struct virgl_slot){i, 1000 + i};
    dwords = frame_write(batch, draws);
    if (virgl_relocate(batch, dwords, &map, &found)) {
        fprintf(stderr, "dword %u, %s: %s\n", found.fault.at, found.fault.command, found.fault.why);
        return EXIT_FAILURE;
    }
    printf("dwords %u\n", dwords);
    free(batch);
    return EXIT_SUCCESS;
}
