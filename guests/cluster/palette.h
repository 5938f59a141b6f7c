/* SPDX-License-Identifier: BSD-3-Clause */
/* The colours of the panel. Red, amber, green and blue of full strength belong to telltales (UN
 * R121) and to nothing else. */
#ifndef CLUSTER_PALETTE_H
#define CLUSTER_PALETTE_H

#define COLOUR_BLACK       0x06080Bu
#define COLOUR_DIAL_CENTRE 0x171E28u
#define COLOUR_DIAL_RIM    0x0A0D12u
#define COLOUR_BEZEL       0x2C3644u
#define COLOUR_BEZEL_SHINE 0x56657Au
#define COLOUR_TRACK       0x324051u
#define COLOUR_TICK        0xE6EDF5u
#define COLOUR_TICK_SMALL  0x7D8A9Au
#define COLOUR_TEXT        0xF2F6FAu
#define COLOUR_NUMERAL     0xC3CEDAu
#define COLOUR_LABEL       0x9AA8BAu
#define COLOUR_NEEDLE      0xFFFFFFu
#define COLOUR_GLOW        0x2F8FE0u
#define COLOUR_RED_ZONE    0xB8323Au
#define COLOUR_ROSE        0x0F141Bu
#define COLOUR_ROSE_LIGHT  0x151C26u

#define COLOUR_SIGNAL_RED   0xFF2A2Au
#define COLOUR_SIGNAL_AMBER 0xFFB000u
#define COLOUR_SIGNAL_GREEN 0x1FDB4Bu
#define COLOUR_SIGNAL_BLUE  0x2E7BFFu

#endif
