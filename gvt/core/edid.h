/* SPDX-License-Identifier: BSD-3-Clause */
/* The EDID of a scanout: a monitor whose one mode is what the scenario says (VESA E-EDID 1.4). */
#ifndef GVT_CORE_EDID_H
#define GVT_CORE_EDID_H

#include <stdint.h>

#define EDID_BYTES 128

/* width, height: 1..4095; refresh in millihertz. number: of the scanout, becomes serial and name.
 */
void edid_make(uint8_t edid[EDID_BYTES], uint32_t width, uint32_t height, uint32_t refresh_mhz,
               unsigned number);

#endif
