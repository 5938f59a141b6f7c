/* SPDX-License-Identifier: BSD-3-Clause */
/* Copying pixels, four at a time: the one file that uses SSE registers, so only the drawing task
 * may call it. */
#include <stddef.h>

#include "gfx.h"

typedef uint32_t four __attribute__((vector_size(16), aligned(4), may_alias));

void gfx_copy(const struct surface *to, const struct surface *from, struct area a)
{
    a = area_meet(a, (struct area){0, 0, to->width, to->height});
    a = area_meet(a, (struct area){0, 0, from->width, from->height});
    for (int y = a.y0; y < a.y1; y++) {
        uint32_t *t = to->px + (ptrdiff_t)y * to->stride + a.x0;
        const uint32_t *f = from->px + (ptrdiff_t)y * from->stride + a.x0;
        int n = a.x1 - a.x0;

        for (; n >= 16; n -= 16, t += 16, f += 16) {
            four p0 = *(const four *)f, p1 = *(const four *)(f + 4);
            four p2 = *(const four *)(f + 8), p3 = *(const four *)(f + 12);

            *(four *)t = p0;
            *(four *)(t + 4) = p1;
            *(four *)(t + 8) = p2;
            *(four *)(t + 12) = p3;
        }
        for (; n > 0; n--)
            *t++ = *f++;
    }
}
