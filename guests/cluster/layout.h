/* SPDX-License-Identifier: BSD-3-Clause */
/* Where everything of the instrument panel is, for one screen size: computed once, constant from
 * then on. */
#ifndef CLUSTER_LAYOUT_H
#define CLUSTER_LAYOUT_H

#include "binnacle/vehicle.h"

#include "assets.h"
#include "gfx.h"

#define DIAL_FROM  0xAAABu /* 240 degrees: the scale begins at seven o'clock ... */
#define DIAL_SWEEP 0xAAAAu /* ... and runs 240 degrees clockwise */

#define SPEED_MAX_CENTI 24000 /* 0.01 km/h at the end of the scale */
#define RPM_MAX         8000
#define RPM_RED         6500

/* Base line of the legend in the foot of a dial, below its centre, in the 720-line design. */
#define LEGEND_BELOW 166

#define LAYOUT_GROUPS 6

struct dial {
    struct point centre;
    int32_t rim, track, tick, numeral, needle_tip, needle_root, hub; /* radii, q8 */
    int32_t glow;      /* inner radius of the lit arc, q8 */
    struct area area;  /* all of it */
    struct area value; /* the figures in its middle */
    int value_base;    /* base line of the figures */
};

struct layout {
    int width, height;
    const struct asset_set *set;
    struct dial rpm, speed; /* left, right */
    struct area telltale[BN_TELLTALE_COUNT];
    uint8_t group[BN_TELLTALE_COUNT]; /* of telltales side by side, below LAYOUT_GROUPS */
    struct area odometer, notice;
    int odometer_base, notice_base;
    struct area tile; /* left free for the IVI's map */
    struct area code; /* frame counter cells */
};

/* Any size from 640x480; designed for 1280x720, proven for 1024x768 and 1920x720. */
void layout_init(struct layout *l, int width, int height);

/* v of the 720-line design in pixels of this layout. */
static inline int layout_px(const struct layout *l, int v)
{
    return (v * l->set->scale + 128) / 256;
}

#endif
