/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the town's triangles: a flat ground in layers, houses on it, and the route. */
#include <math.h>

#include "mesh.h"
#include "town.h"

#define CELL    TOWN_CELL
#define PARTS   4    /* pieces of a cell's side, along its bend */
#define ROOF_UP 1.35 /* roofs are that much lighter than walls */

/* Heights of the layers: far enough apart for the depth buffer. */
#define BLOCK_Z  0.3
#define BANK_Z   0.6
#define WATER_Z  0.8
#define STREET_Z 1.1
#define AVENUE_Z 1.4
#define CASING_Z 1.8
#define ROUTE_Z  2.1
#define CASING_W 12.0
#define ROUTE_W  7.5

static void place(double u, double v, double z, double at[3])
{
    double x, y;

    town_bend(u, v, &x, &y);
    at[0] = x;
    at[1] = -y;
    at[2] = z;
}

/* A square of the even grid, bent, at height z. */
static void ground(struct mesh *m, double u, double v, double side, double z, struct colour c)
{
    const double s = side / PARTS;

    for (int j = 0; j < PARTS; j++)
        for (int i = 0; i < PARTS; i++) {
            double corner[4][3];

            place(u + i * s, v + (j + 1) * s, z, corner[0]);
            place(u + (i + 1) * s, v + (j + 1) * s, z, corner[1]);
            place(u + (i + 1) * s, v + j * s, z, corner[2]);
            place(u + i * s, v + j * s, z, corner[3]);
            mesh_quad(m, corner, c, MATT);
        }
}

/* The street at a cell's west or north side. */
static void street(struct mesh *m, int i, int j, bool north)
{
    const bool avenue = (north ? j : i) % TOWN_AVENUE_EVERY == 0;
    double line[PARTS + 1][2], at[3];

    for (int k = 0; k <= PARTS; k++) {
        const double along = k * (double)CELL / PARTS;

        place(i * CELL + (north ? along : 0), j * CELL + (north ? 0 : along), 0, at);
        line[k][0] = at[0];
        line[k][1] = at[1];
    }
    mesh_ribbon(m, line, PARTS + 1, false, avenue ? TOWN_AVENUE_WIDTH : TOWN_STREET_WIDTH,
                avenue ? AVENUE_Z : STREET_Z, avenue ? town_avenue : town_street);
}

static struct colour lighter(struct colour c, double by)
{
    return (struct colour){fmin(c.r * by, 1), fmin(c.g * by, 1), fmin(c.b * by, 1), c.a};
}

static void house(struct mesh *m, const struct town_house *h)
{
    const double x[2] = {h->x, h->x + h->w}, y[2] = {-h->y - h->d, -h->y};
    const double z[2] = {0, h->height};
    static const uint8_t side[5][4][3] = {/* which x, y, z: south, east, north, west, roof */
                                          {{0, 0, 0}, {1, 0, 0}, {1, 0, 1}, {0, 0, 1}},
                                          {{1, 0, 0}, {1, 1, 0}, {1, 1, 1}, {1, 0, 1}},
                                          {{1, 1, 0}, {0, 1, 0}, {0, 1, 1}, {1, 1, 1}},
                                          {{0, 1, 0}, {0, 0, 0}, {0, 0, 1}, {0, 1, 1}},
                                          {{0, 0, 1}, {1, 0, 1}, {1, 1, 1}, {0, 1, 1}}};

    for (int s = 0; s < 5; s++) {
        double corner[4][3];

        for (int k = 0; k < 4; k++) {
            corner[k][0] = x[side[s][k][0]];
            corner[k][1] = y[side[s][k][1]];
            corner[k][2] = z[side[s][k][2]];
        }
        mesh_quad(m, corner, s < 4 ? town_house_wall : lighter(town_house_wall, ROOF_UP), MATT);
    }
}

static void cell(struct mesh *m, int i, int j)
{
    struct town_house h;

    ground(m, i * CELL, j * CELL, CELL, 0, town_land);
    ground(m, i * CELL + TOWN_INSET, j * CELL + TOWN_INSET, CELL - 2 * TOWN_INSET, BLOCK_Z,
           town_is_park(i, j) ? town_park : town_block);
    street(m, i, j, false);
    street(m, i, j, true);
    for (int k = 0; k < TOWN_HOUSES; k++)
        if (town_house(i, j, k, &h))
            house(m, &h);
}

static void river(struct mesh *m)
{
    double line[TOWN_RIVER_STEPS + 1][2];

    for (int k = 0; k <= TOWN_RIVER_STEPS; k++) {
        town_river(k / (double)TOWN_RIVER_STEPS, &line[k][0], &line[k][1]);
        line[k][1] = -line[k][1];
    }
    mesh_ribbon(m, line, TOWN_RIVER_STEPS + 1, false, TOWN_BANK, BANK_Z, town_land);
    mesh_ribbon(m, line, TOWN_RIVER_STEPS + 1, false, TOWN_WATER, WATER_Z, town_water);
}

/* A piece much shorter than the band is wide has no direction of its own. */
static bool apart(const double a[2], const double b[2])
{
    return hypot(a[0] - b[0], a[1] - b[1]) >= CASING_W / 2;
}

static void whole_route(struct mesh *m, const struct map *map)
{
    double line[MAP_POINTS][2];
    unsigned n = 0;

    for (unsigned i = 0; i < map->points; i++) {
        line[n][0] = map->x[i];
        line[n][1] = -map->y[i];
        if (n == 0 || (apart(line[n], line[n - 1]) && apart(line[n], line[0])))
            n++;
    }
    mesh_ribbon(m, line, n, true, CASING_W, CASING_Z, accent_deep);
    mesh_ribbon(m, line, n, true, ROUTE_W, ROUTE_Z, accent);
}

bool town_mesh_build(struct town_mesh *t, const struct map *map)
{
    *t = (struct town_mesh){0};
    for (int j = 0; j < TOWN_MESH_SIDE; j++) {
        for (int i = 0; i < TOWN_MESH_SIDE; i++) {
            t->first[j][i] = t->mesh.indices;
            cell(&t->mesh, i - 1, j - 1);
        }
        t->first[j][TOWN_MESH_SIDE] = t->mesh.indices;
    }
    t->everywhere = t->mesh.indices;
    river(&t->mesh);
    whole_route(&t->mesh, map);
    t->everywhere_count = t->mesh.indices - t->everywhere;
    return !t->mesh.failed;
}
