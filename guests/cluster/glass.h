/* SPDX-License-Identifier: BSD-3-Clause */
/* What the place of each telltale must look like, lit and dark, known from its symbol alone; and
 * whether the memory of a picture still holds it. */
#ifndef CLUSTER_GLASS_H
#define CLUSTER_GLASS_H

#include "binnacle/cluster_frames.h"

#include "scene.h"

#define GLASS_MAX_SIDE 84 /* pixels of the largest symbol */

/* A linear function of 32 bits, by bytes. */
struct glass_map {
    uint32_t of[4][256];
};

struct glass {
    const struct layout *layout;
    struct area place[BN_TELLTALE_COUNT]; /* empty: not on this screen */
    struct glass_map pixel;               /* a CRC after four bytes of 0 more ... */
    struct glass_map line;                /* ... and after a whole line of them */
    /* CRCs of lines and of whole places: dark ones are all alike. */
    uint32_t lit_line[THEME_COUNT][BN_TELLTALE_COUNT][GLASS_MAX_SIDE], dark_line[THEME_COUNT];
    uint32_t lit[THEME_COUNT][BN_TELLTALE_COUNT], dark[THEME_COUNT];
    uint32_t looked, repaired; /* places looked at, and found to be other than they were drawn */
};

/* Paints each symbol in each theme, by itself. The layout stays where it is. */
void glass_init(struct glass *g, const struct layout *l);

/* The CRC (cluster_frames.h) of a telltale's place as the scene wants it, and as it is on a surface
 * of the layout's size. */
uint32_t glass_wanted(const struct glass *g, const struct scene *scene, int telltale);
uint32_t glass_found(const struct glass *g, const struct surface *s, int telltale);

/* Looks at one place of a surface that was drawn to show the scene; false: its pixels have changed
 * since, and that is counted. 16 instructions a pixel. */
bool glass_look(struct glass *g, const struct surface *s, const struct scene *scene, int telltale);

/* What a frame says of its telltales: one that was drawn from the scene, and any other picture. */
void glass_tell(const struct glass *g, const struct scene *scene, struct bn_frame_telltales *out);
void glass_tell_found(const struct glass *g, const struct surface *s, uint32_t telltales,
                      struct bn_frame_telltales *out);

#endif
