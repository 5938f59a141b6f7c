/* SPDX-License-Identifier: BSD-3-Clause */
/* A frame as Mesa's virgl driver would send it. */
#ifndef TESTS_GVT_FRAME_H
#define TESTS_GVT_FRAME_H

#include <stdint.h>

#define FRAME_RESOURCES     64u                   /* handles 1 .. 63 are used */
#define FRAME_DWORDS(draws) (64u + 96u * (draws)) /* room that is enough */

/* Writes a frame of `draws` draws and returns its dwords. */
uint32_t frame_write(uint32_t *to, uint32_t draws);

#endif
