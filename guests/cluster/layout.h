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

#define SPEED_MAX_CENTI     24000 /* 0.01 km/h at the end of the scale */
#define SPEED_MAX_CENTI_MPH 16000
#define RPM_MAX             8000
#define RPM_RED             6500

/* The gauges in the feet of the dials: 76 degrees, from left to right. */
#define GAUGE_FROM  0x9B06u
#define GAUGE_SWEEP 0x360Bu
#define GAUGE_STEPS 256

#define FUEL_RESERVE 12 /* %: red below */
#define COOLANT_MIN  50 /* degrees Celsius */
#define COOLANT_MAX  130
#define COOLANT_HOT  110 /* red above */

/* Lines in the foot of a dial, below its centre, in the 720-line design: base lines of the figures,
 * middle of the mark of the gauge. */
#define FOOT_FIRST  137
#define FOOT_SECOND 166
#define FOOT_MARK   158
#define FUEL_MARK_X (-44)
#define LEGEND_UP   121 /* base line of the legend above the hub */

#define LAYOUT_GROUPS 6

struct dial {
    struct point centre;
    int32_t rim, track, tick, numeral, needle_tip, needle_root, hub; /* radii, q8 */
    int32_t gauge_root; /* of the needle of the gauge in its foot */
    int32_t glow;       /* inner radius of the lit arc, q8 */
    struct area area;   /* all of it */
    struct area value;  /* the figures in its middle */
    int value_base;     /* base line of the figures */
    struct area gauge;  /* the gauge in its foot */
};

struct layout {
    int width, height;
    const struct asset_set *set;
    struct dial rpm, speed; /* left, with coolant and trips; right, with fuel and distances */
    struct area telltale[BN_TELLTALE_COUNT];
    uint8_t group[BN_TELLTALE_COUNT]; /* of telltales side by side, below LAYOUT_GROUPS */
    struct area odometer, trips, range;
    int foot_base, range_base; /* base lines: of odometer and trips; of the range */
    struct area clock, air;    /* in one line below the map; air has room for the mark of ice */
    int status_base;           /* their base line */
    struct area message;
    int message_base;
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

/* The angle of step n of a gauge. */
static inline uint32_t gauge_angle(int32_t n)
{
    return (uint32_t)((int32_t)GAUGE_FROM - n * (int32_t)GAUGE_SWEEP / GAUGE_STEPS);
}

#endif
