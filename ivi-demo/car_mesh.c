/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the car's triangles: body and cabin drawn through cross-sections, wheels, lamps, its shadow.
 */
#include <math.h>

#include "mesh.h"

#define RING        6  /* points of half a cross-section, from the keel to the middle of the top */
#define SPOKES      24 /* of a wheel */
#define WHEEL       0.34
#define ARCH        0.37
#define WHEEL_WIDTH 0.22
#define HALF_WIDTH  0.90

static const struct colour paint = RGB(0x2F6FB3), glass = RGB(0x1A242F), tyre = RGB(0x0B0D10),
                           rim = RGB(0x8E99A6), trim = RGB(0x0A0C0F), white = RGB(0xF4F8FF),
                           red = RGB(0xD8242E), amber = RGB(0xFF9A1F);

struct section {
    double x, half, bottom, shoulder;
};

/* From the tail to the nose. */
static const struct section body[] = {
    {-2.20, 0.62, 0.50, 0.82}, {-2.14, 0.76, 0.36, 0.90}, {-1.90, 0.85, 0.28, 0.95},
    {-1.40, 0.90, 0.22, 0.97}, {-0.60, 0.90, 0.20, 0.95}, {0.30, 0.90, 0.20, 0.92},
    {1.00, 0.90, 0.20, 0.88},  {1.50, 0.88, 0.22, 0.80},  {1.95, 0.82, 0.28, 0.74},
    {2.13, 0.73, 0.32, 0.68},  {2.20, 0.60, 0.38, 0.63}};

struct cabin_section {
    double x, base, base_half, top, top_half;
    bool roof; /* from here to the next one */
};

static const struct cabin_section cabin[] = {{-1.95, 0.93, 0.78, 0.935, 0.76, false},
                                             {-1.10, 0.94, 0.80, 1.36, 0.62, true},
                                             {-0.60, 0.94, 0.81, 1.43, 0.63, true},
                                             {0.00, 0.92, 0.81, 1.42, 0.62, false},
                                             {0.98, 0.86, 0.78, 0.87, 0.74, false}};

#define BODY_SECTIONS  (sizeof(body) / sizeof(body[0]))
#define CABIN_SECTIONS (sizeof(cabin) / sizeof(cabin[0]))

static void body_ring(const struct section *s, double ring[RING][2])
{
    const double round = fmin(0.16, 0.3 * (s->shoulder - s->bottom));
    const double points[RING][2] = {{0, s->bottom},
                                    {s->half * 0.88, s->bottom},
                                    {s->half * 0.99, s->bottom + round},
                                    {s->half, s->shoulder - round},
                                    {s->half * 0.93, s->shoulder},
                                    {0, s->shoulder + 0.035}};

    for (int i = 0; i < RING; i++) {
        ring[i][0] = points[i][0];
        ring[i][1] = points[i][1];
    }
}

/* One side, 1 (left, +y) or -1, as a grid of sections and ring points with shared vertices, so that
 * the paint's light runs over it evenly. */
static void body_side(struct mesh *m, int side)
{
    const uint32_t first = m->vertices;
    const unsigned first_index = m->indices;

    for (unsigned s = 0; s < BODY_SECTIONS; s++) {
        double ring[RING][2];

        body_ring(&body[s], ring);
        for (int i = 0; i < RING; i++)
            mesh_vertex(m, (double[]){body[s].x, ring[i][0] * side, ring[i][1]}, paint, PAINT);
    }
    for (unsigned s = 0; s + 1 < BODY_SECTIONS; s++)
        for (uint32_t i = 0; i + 1 < RING; i++) {
            const uint32_t a = first + s * RING + i, b = a + RING;

            if (side > 0) {
                mesh_triangle(m, a, a + 1, b + 1);
                mesh_triangle(m, a, b + 1, b);
            } else {
                mesh_triangle(m, b, b + 1, a + 1);
                mesh_triangle(m, b, a + 1, a);
            }
        }
    mesh_smooth(m, first, first_index);
}

/* Closes nose or tail: the first ring's polygon, both sides. */
static void body_end(struct mesh *m, const struct section *s, int forward)
{
    double ring[RING][2];

    body_ring(s, ring);
    for (int i = 0; i + 1 < RING; i++) {
        double corner[4][3];

        for (int k = 0; k < 4; k++) {
            const int at = k == 0 || k == 3 ? i : i + 1;
            const int sign = (k < 2 ? 1 : -1) * forward;

            corner[k][0] = s->x;
            corner[k][1] = ring[at][0] * sign;
            corner[k][2] = ring[at][1];
        }
        /* right to left seen from ahead, upwards */
        const double turned[4][3] = {{s->x, corner[3][1], corner[3][2]},
                                     {s->x, corner[0][1], corner[0][2]},
                                     {s->x, corner[1][1], corner[1][2]},
                                     {s->x, corner[2][1], corner[2][2]}};

        mesh_quad(m, turned, paint, PAINT);
    }
}

static void cabin_side(struct mesh *m, int side)
{
    for (unsigned s = 0; s + 1 < CABIN_SECTIONS; s++) {
        const struct cabin_section *a = &cabin[s], *b = &cabin[s + 1];
        const double wall[4][3] = {{a->x, a->base_half * side, a->base},
                                   {b->x, b->base_half * side, b->base},
                                   {b->x, b->top_half * side, b->top},
                                   {a->x, a->top_half * side, a->top}};
        const double top[4][3] = {{a->x, a->top_half * side, a->top},
                                  {b->x, b->top_half * side, b->top},
                                  {b->x, 0, b->top + 0.03},
                                  {a->x, 0, a->top + 0.03}};
        double turned[2][4][3];

        for (int k = 0; k < 4; k++)
            for (int d = 0; d < 3; d++) {
                const int from = side > 0 ? 3 - k : k; /* outside is on the other side */

                turned[0][k][d] = wall[from][d];
                turned[1][k][d] = top[from][d];
            }
        mesh_quad(m, turned[0], glass, GLASS);
        mesh_quad(m, turned[1], a->roof ? paint : glass, a->roof ? PAINT : GLASS);
    }
}

/* A disc that looks to +y or -y. */
static void disc(struct mesh *m, double x, double y, double z, double radius, int side,
                 struct colour c, enum material k)
{
    for (int i = 0; i < SPOKES; i += 2) {
        const double a[3] = {2 * M_PI * i / SPOKES, 2 * M_PI * (i + 1) / SPOKES,
                             2 * M_PI * (i + 2) / SPOKES};
        double corner[4][3] = {{x, y, z}};

        for (int p = 0; p < 3; p++) {
            const double angle = a[side > 0 ? 2 - p : p];

            corner[p + 1][0] = x + radius * cos(angle);
            corner[p + 1][1] = y;
            corner[p + 1][2] = z + radius * sin(angle);
        }
        mesh_quad(m, corner, c, k);
    }
}

static void wheel(struct mesh *m, double x, int side)
{
    const double outer = HALF_WIDTH * side, inner = (HALF_WIDTH - WHEEL_WIDTH) * side;

    disc(m, x, outer + 0.004 * side, WHEEL + 0.03, ARCH, side, trim, MATT);
    disc(m, x, outer + 0.012 * side, WHEEL, WHEEL, side, tyre, MATT);
    disc(m, x, outer + 0.020 * side, WHEEL, WHEEL * 0.64, side, rim, PAINT);
    disc(m, x, outer + 0.026 * side, WHEEL, WHEEL * 0.16, side, tyre, MATT);
    for (int i = 0; i < SPOKES; i++) { /* what is seen below the body */
        const double a = 2 * M_PI * i / SPOKES, b = 2 * M_PI * (i + 1) / SPOKES;
        const double from = side > 0 ? a : b, to = side > 0 ? b : a;
        const double tread[4][3] = {{x + WHEEL * cos(from), outer, WHEEL + WHEEL * sin(from)},
                                    {x + WHEEL * cos(from), inner, WHEEL + WHEEL * sin(from)},
                                    {x + WHEEL * cos(to), inner, WHEEL + WHEEL * sin(to)},
                                    {x + WHEEL * cos(to), outer, WHEEL + WHEEL * sin(to)}};

        mesh_quad(m, tread, tyre, MATT);
    }
}

/* A pair of lamps on nose (forward 1) or tail (-1), y to y2 from the middle; x and x2 there. */
static void lamps(struct mesh *m, int forward, double x, double x2, double y, double y2, double z,
                  double z2, struct colour c, enum material left, enum material right)
{
    for (int side = -1; side <= 1; side += 2) {
        const bool inner_first = side * forward > 0;
        const double from[2] = {inner_first ? x : x2, (inner_first ? y : y2) * side};
        const double to[2] = {inner_first ? x2 : x, (inner_first ? y2 : y) * side};
        const double corner[4][3] = {
            {from[0], from[1], z}, {to[0], to[1], z}, {to[0], to[1], z2}, {from[0], from[1], z2}};

        mesh_quad(m, corner, c, side > 0 ? left : right);
    }
}

/* Dark in the middle, nothing at the edge. */
static void shadow(struct mesh *m)
{
    const struct colour dark = RGBA(0x000000, 0.75), none = RGBA(0x000000, 0.0);
    const uint32_t middle = mesh_vertex(m, (double[]){0, 0, 0.01}, dark, MATT);
    uint32_t first = m->vertices;

    for (int i = 0; i < SPOKES; i++) {
        const double a = 2 * M_PI * i / SPOKES;

        mesh_vertex(m, (double[]){1.75 * cos(a), 0.75 * sin(a), 0.01}, dark, MATT);
        mesh_vertex(m, (double[]){2.65 * cos(a), 1.45 * sin(a), 0.01}, none, MATT);
    }
    for (uint32_t i = 0; i < SPOKES; i++) {
        const uint32_t a = first + 2 * i, b = first + 2 * ((i + 1) % SPOKES);

        mesh_triangle(m, middle, a, b);
        mesh_triangle(m, a, a + 1, b + 1);
        mesh_triangle(m, a, b + 1, b);
    }
}

bool car_mesh_build(struct mesh *m)
{
    shadow(m);
    for (int side = -1; side <= 1; side += 2) {
        body_side(m, side);
        cabin_side(m, side);
        wheel(m, 1.32, side);
        wheel(m, -1.30, side);
    }
    body_end(m, &body[BODY_SECTIONS - 1], 1);
    body_end(m, &body[0], -1);
    lamps(m, 1, 2.21, 2.21, 0.38, 0.58, 0.49, 0.59, white, LAMP_HEAD, LAMP_HEAD);
    lamps(m, 1, 2.21, 2.21, 0.22, 0.36, 0.50, 0.58, white, LAMP_HIGH, LAMP_HIGH);
    lamps(m, 1, 2.21, 2.14, 0.61, 0.75, 0.50, 0.58, amber, LAMP_LEFT, LAMP_RIGHT);
    lamps(m, -1, -2.21, -2.21, 0.26, 0.60, 0.68, 0.78, red, LAMP_TAIL, LAMP_TAIL);
    lamps(m, -1, -2.21, -2.16, 0.63, 0.75, 0.67, 0.77, amber, LAMP_LEFT, LAMP_RIGHT);
    return !m->failed;
}
