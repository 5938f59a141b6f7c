/* SPDX-License-Identifier: BSD-3-Clause */
/* Relocates one frame of N draws and prints its dwords: a program for callgrind, which counts the
 * instructions of virgl_relocate() in it. */
#include <stdio.h>
#include <stdlib.h>

#include "frame.h"
#include "proto/virgl.h"

int main(int argc, char **argv)
{
    const uint32_t draws = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 20;
    uint32_t *const batch = calloc(FRAME_DWORDS(draws), sizeof(*batch));
    uint32_t physical[FRAME_RESOURCES];
    struct virgl_fault fault;
    uint32_t dwords;

    if (!batch)
        return EXIT_FAILURE;
    for (uint32_t i = 0; i < FRAME_RESOURCES; i++)
        physical[i] = 1000 + i;
    dwords = frame_write(batch, draws);
    if (virgl_relocate(batch, dwords, &(struct virgl_map){physical, FRAME_RESOURCES}, &fault)) {
        fprintf(stderr, "dword %u, %s: %s\n", fault.at, fault.command, fault.why);
        return EXIT_FAILURE;
    }
    printf("dwords %u\n", dwords);
    free(batch);
    return EXIT_SUCCESS;
}
