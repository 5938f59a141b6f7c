/* SPDX-License-Identifier: BSD-3-Clause */
/* The hypervisor's image (struct bn_image of binnacle/boot.h), for both loaders. */
#ifndef BOOT_IMAGE_H
#define BOOT_IMAGE_H

#include "binnacle/boot.h"
#include "hv/types.h"

extern uint64_t loader_tsc_entry; /* TSC at the first instruction: each loader's start.S */

/* Copies the file to the start of `room`, zeros behind it, and says so in `info`. Returns null, or
 * what is wrong with the file. */
const char *image_place(const void *file, uint64_t bytes, const struct bn_range *room,
                        struct bn_boot_info *info);
/* Completes `info`, of which the checksum is the last, and jumps to the image, in the state that
 * binnacle/boot.h promises. Both lie where they may stay. */
void image_enter(struct bn_boot_info *info, const struct bn_scenario *s) HV_NORETURN;

#endif
