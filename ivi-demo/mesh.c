/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the gathering of triangles. */
#include "mesh.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Room for `more` after `used`; false: none. */
static bool grow(void **data, unsigned *room, unsigned used, unsigned more, size_t each)
{
    unsigned want = *room ? *room : 1024;
    void *p;

    while (want < used + more)
        want *= 2;
    if (want == *room)
        return true;
    p = reallocarray(*data, want, each);
    if (!p)
        return false;
    *data = p;
    *room = want;
    return true;
}

void mesh_free(struct mesh *m)
{
    free(m->vertex);
    free(m->index);
    memset(m, 0, sizeof(*m));
}

uint32_t mesh_vertex(struct mesh *m, const double at[3], struct colour c, enum material k)
{
    if (!grow((void **)&m->vertex, &m->vertex_room, m->vertices, 1, sizeof(*m->vertex))) {
        m->failed = true;
        return 0;
    }
    m->vertex[m->vertices] = (struct mesh_vertex){
        .at = {(float)at[0], (float)at[1], (float)at[2]},
        .material = (uint8_t)k,
        .colour = {(uint8_t)lround(c.r * 255), (uint8_t)lround(c.g * 255),
                   (uint8_t)lround(c.b * 255), (uint8_t)lround(c.a * 255)},
    };
    return m->vertices++;
}

void mesh_triangle(struct mesh *m, uint32_t a, uint32_t b, uint32_t c)
{
    if (!grow((void **)&m->index, &m->index_room, m->indices, 3, sizeof(*m->index))) {
        m->failed = true;
        return;
    }
    m->index[m->indices++] = a;
    m->index[m->indices++] = b;
    m->index[m->indices++] = c;
}

static void cross(const float a[3], const float b[3], const float c[3], double n[3])
{
    const double u[3] = {b[0] - a[0], b[1] - a[1], b[2] - a[2]};
    const double v[3] = {c[0] - a[0], c[1] - a[1], c[2] - a[2]};

    n[0] = u[1] * v[2] - u[2] * v[1];
    n[1] = u[2] * v[0] - u[0] * v[2];
    n[2] = u[0] * v[1] - u[1] * v[0];
}

static void set_normal(struct mesh_vertex *v, const double n[3])
{
    const double length = sqrt(n[0] * n[0] + n[1] * n[1] + n[2] * n[2]);

    for (int i = 0; i < 3 && length > 0; i++)
        v->normal[i] = (int8_t)lround(n[i] / length * 127);
}

void mesh_quad(struct mesh *m, const double corner[4][3], struct colour c, enum material k)
{
    double n[3];
    uint32_t v[4];

    for (int i = 0; i < 4; i++)
        v[i] = mesh_vertex(m, corner[i], c, k);
    if (m->failed)
        return;
    cross(m->vertex[v[0]].at, m->vertex[v[1]].at, m->vertex[v[2]].at, n);
    for (int i = 0; i < 4; i++)
        set_normal(&m->vertex[v[i]], n);
    mesh_triangle(m, v[0], v[1], v[2]);
    mesh_triangle(m, v[0], v[2], v[3]);
}

void mesh_ribbon(struct mesh *m, const double (*line)[2], unsigned n, bool closed, double width,
                 double z, struct colour c)
{
    static const double up[3] = {0, 0, 1};
    uint32_t first = m->vertices;

    for (unsigned i = 0; i < n; i++) {
        const double *before = line[i ? i - 1 : closed ? n - 1 : 0];
        const double *after = line[i + 1 < n ? i + 1 : closed ? 0 : i];
        const double dx = after[0] - before[0], dy = after[1] - before[1];
        const double length = hypot(dx, dy), s = length > 0 ? width / 2 / length : 0;
        const double left[3] = {line[i][0] - dy * s, line[i][1] + dx * s, z};
        const double right[3] = {line[i][0] + dy * s, line[i][1] - dx * s, z};
        const uint32_t a = mesh_vertex(m, left, c, MATT), b = mesh_vertex(m, right, c, MATT);

        if (m->failed)
            return;
        set_normal(&m->vertex[a], up);
        set_normal(&m->vertex[b], up);
    }
    for (unsigned i = 0; i + !closed < n; i++) {
        const uint32_t here = first + 2 * i, next = first + 2 * ((i + 1) % n);

        mesh_triangle(m, here, here + 1, next + 1);
        mesh_triangle(m, here, next + 1, next);
    }
}

void mesh_smooth(struct mesh *m, uint32_t first, unsigned first_index)
{
    const unsigned count = m->vertices - first;
    double(*sum)[3] = calloc(count ? count : 1, sizeof(*sum));

    if (!sum) {
        m->failed = true;
        return;
    }
    for (unsigned i = first_index; i + 2 < m->indices; i += 3) {
        const uint32_t *t = &m->index[i];
        double n[3];

        cross(m->vertex[t[0]].at, m->vertex[t[1]].at, m->vertex[t[2]].at, n);
        for (int k = 0; k < 3; k++)
            for (int d = 0; d < 3; d++)
                sum[t[k] - first][d] += n[d];
    }
    for (unsigned i = 0; i < count; i++)
        set_normal(&m->vertex[first + i], sum[i]);
    free(sum);
}
