/* SPDX-License-Identifier: BSD-3-Clause */
/* Triangles for the 3D views, gathered in memory before the GPU gets them. */
#ifndef IVI_MESH_H
#define IVI_MESH_H

#include <stdbool.h>
#include <stdint.h>

#include "map.h"
#include "theme.h"

/* What a surface is, for the shader: the numbers are those in scene.c's. */
enum material {
    MATT,
    PAINT, /* the car's: shines */
    GLASS,
    LAMP_HEAD, /* lamps: each as bright as the scene says */
    LAMP_HIGH,
    LAMP_TAIL,
    LAMP_LEFT,
    LAMP_RIGHT,
    MATERIALS
};

struct mesh_vertex {
    float at[3];
    int8_t normal[3]; /* length 127 */
    uint8_t material;
    uint8_t colour[4]; /* red, green, blue, opacity */
};

struct mesh {
    struct mesh_vertex *vertex;
    uint32_t *index;
    unsigned vertices, indices, vertex_room, index_room;
    bool failed; /* no memory: what is there is not all */
};

void mesh_free(struct mesh *m);
/* The number of a new vertex; its normal is 0 until set or until triangles of mesh_smooth() give it
 * one. */
uint32_t mesh_vertex(struct mesh *m, const double at[3], struct colour c, enum material k);
void mesh_triangle(struct mesh *m, uint32_t a, uint32_t b, uint32_t c);
/* Four corners counter-clockwise seen from outside, one normal. */
void mesh_quad(struct mesh *m, const double corner[4][3], struct colour c, enum material k);
/* A band that lies flat at height z around a line of n points. */
void mesh_ribbon(struct mesh *m, const double (*line)[2], unsigned n, bool closed, double width,
                 double z, struct colour c);
/* Normals of the vertices from number `first` on: the mean of their triangles'. */
void mesh_smooth(struct mesh *m, uint32_t first, unsigned first_index);

/* town_mesh.c: the town in cells, row by row, x to the east, y to the north, z up, lengths as in
 * town.h. Cell (i, j)'s indices are from [j + 1][i + 1] to the next number. */
#define TOWN_MESH_SIDE (MAP_SIZE / 96 + 4)
struct town_mesh {
    struct mesh mesh;
    unsigned first[TOWN_MESH_SIDE][TOWN_MESH_SIDE + 1];
    unsigned everywhere, everywhere_count; /* river and route: indices */
};
bool town_mesh_build(struct town_mesh *t, const struct map *map);

/* car_mesh.c: a car, metres, its front to +x, its wheels on z = 0. false: no memory. */
bool car_mesh_build(struct mesh *m);

#endif
