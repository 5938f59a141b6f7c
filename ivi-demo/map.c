/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the map: the town as a picture, and the route through it. */
#include "map.h"
#include "town.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define CELL  TOWN_CELL
#define LINES TOWN_LINES
#define STEP  12 /* pixels between the points of a bent line */

static void bent_line(cairo_t *cr, double u1, double v1, double u2, double v2)
{
    const double length = hypot(u2 - u1, v2 - v1);
    const int n = (int)(length / STEP) + 1;

    for (int i = 0; i <= n; i++) {
        double x, y;

        town_bend(u1 + (u2 - u1) * i / n, v1 + (v2 - v1) * i / n, &x, &y);
        cairo_line_to(cr, x, y);
    }
}

static void cell(cairo_t *cr, int i, int j, double inset)
{
    const double u = i * CELL + inset, v = j * CELL + inset, s = CELL - 2 * inset;

    cairo_new_path(cr);
    bent_line(cr, u, v, u + s, v);
    bent_line(cr, u + s, v, u + s, v + s);
    bent_line(cr, u + s, v + s, u, v + s);
    bent_line(cr, u, v + s, u, v);
    cairo_close_path(cr);
}

static void houses(cairo_t *cr, int i, int j)
{
    struct town_house h;

    for (int k = 0; k < TOWN_HOUSES; k++) {
        if (!town_house(i, j, k, &h))
            continue;
        rounded(cr, h.x, h.y, h.w, h.d, 2);
        use(cr, town_house_wall);
        cairo_fill(cr);
    }
}

static void blocks(cairo_t *cr)
{
    for (int j = -1; j < LINES; j++)
        for (int i = -1; i < LINES; i++) {
            cell(cr, i, j, TOWN_INSET);
            use(cr, town_is_park(i, j) ? town_park : town_block);
            cairo_fill(cr);
            houses(cr, i, j);
        }
}

static void river(cairo_t *cr)
{
    cairo_new_path(cr);
    for (int k = 0; k <= TOWN_RIVER_STEPS; k++) {
        double x, y;

        town_river(k / (double)TOWN_RIVER_STEPS, &x, &y);
        cairo_line_to(cr, x, y);
    }
    cairo_set_line_cap(cr, CAIRO_LINE_CAP_ROUND);
    cairo_set_line_width(cr, TOWN_BANK);
    use(cr, town_land);
    cairo_stroke_preserve(cr);
    cairo_set_line_width(cr, TOWN_WATER);
    use(cr, town_water);
    cairo_stroke(cr);
}

static void streets(cairo_t *cr, int every, double width, struct colour c)
{
    cairo_set_line_width(cr, width);
    cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
    use(cr, c);
    for (int i = -1; i <= LINES; i++) {
        if ((i % every + every) % every)
            continue;
        cairo_new_path(cr);
        bent_line(cr, i * CELL, -2 * CELL, i * CELL, MAP_SIZE + 2 * CELL);
        cairo_stroke(cr);
        cairo_new_path(cr);
        bent_line(cr, -2 * CELL, i * CELL, MAP_SIZE + 2 * CELL, i * CELL);
        cairo_stroke(cr);
    }
}

static void names(const struct theme *t, cairo_t *cr)
{
    for (unsigned i = 0; i < TOWN_NAMES; i++) {
        const struct town_name *n = &town_names[i];
        double x, y;

        town_bend(n->u * CELL, n->v * CELL + CELL / 2.0, &x, &y);
        text(t, cr, n->name, x, y + 5, n->size, REGULAR, (struct colour)RGBA(0xA9B7C6, 0.75),
             CENTRE);
    }
}

/* Corners of the route on the grid, a loop with rounded turns. */
static void make_route(struct map *m)
{
    static const int corner[MAP_TURNS][2] = {{4, 12}, {4, 8},  {6, 8},  {6, 4},  {9, 4},
                                             {9, 2},  {12, 2}, {12, 7}, {10, 7}, {10, 12}};
    const unsigned corners = MAP_TURNS;
    unsigned at_turn[MAP_TURNS];
    const double turn = 0.28; /* of a cell */

    m->points = 0;
    for (unsigned i = 0; i < corners; i++) {
        const int *a = corner[i], *b = corner[(i + 1) % corners], *c = corner[(i + 2) % corners];
        const double len = hypot(b[0] - a[0], b[1] - a[1]), next = hypot(c[0] - b[0], c[1] - b[1]);
        const double ux = (b[0] - a[0]) / len, uy = (b[1] - a[1]) / len;
        const double wx = (c[0] - b[0]) / next, wy = (c[1] - b[1]) / next;

        for (double d = turn; d < len - turn && m->points < MAP_POINTS; d += 0.2) {
            town_bend((a[0] + ux * d) * CELL, (a[1] + uy * d) * CELL, &m->x[m->points],
                      &m->y[m->points]);
            m->points++;
        }
        at_turn[i] = m->points - 1;
        m->turn_right[i] = ux * wy - uy * wx > 0;
        for (int k = 0; k <= 5 && m->points < MAP_POINTS; k++) {
            const double s = k / 5.0, p = (1 - s) * (1 - s) * turn, q = s * s * turn;

            town_bend((b[0] - ux * p + wx * q) * CELL, (b[1] - uy * p + wy * q) * CELL,
                      &m->x[m->points], &m->y[m->points]);
            m->points++;
        }
    }
    for (unsigned i = 1; i < m->points; i++)
        m->at[i] = m->at[i - 1] + hypot(m->x[i] - m->x[i - 1], m->y[i] - m->y[i - 1]) * MAP_METRES;
    for (unsigned i = 0; i < corners; i++)
        m->turn[i] = m->at[at_turn[i]];
    m->length = m->at[m->points - 1] +
                hypot(m->x[0] - m->x[m->points - 1], m->y[0] - m->y[m->points - 1]) * MAP_METRES;
}

static void draw_route(const struct map *m, cairo_t *cr)
{
    const struct {
        double width;
        struct colour c;
    } pass[] = {{20, accent_soft}, {11, accent_deep}, {7, accent}};

    cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
    for (unsigned k = 0; k < 3; k++) {
        cairo_new_path(cr);
        for (unsigned i = 0; i < m->points; i++)
            cairo_line_to(cr, m->x[i], m->y[i]);
        cairo_close_path(cr);
        cairo_set_line_width(cr, pass[k].width);
        use(cr, pass[k].c);
        cairo_stroke(cr);
    }
}

int map_init(struct map *m, const struct theme *t)
{
    cairo_t *cr;

    memset(m, 0, sizeof(*m));
    m->picture = cairo_image_surface_create(CAIRO_FORMAT_RGB24, MAP_SIZE, MAP_SIZE);
    cr = cairo_create(m->picture);
    use(cr, town_land);
    cairo_paint(cr);
    blocks(cr);
    river(cr);
    streets(cr, 1, TOWN_STREET_WIDTH, town_street);
    streets(cr, TOWN_AVENUE_EVERY, TOWN_AVENUE_WIDTH + 3, town_land);
    streets(cr, TOWN_AVENUE_EVERY, TOWN_AVENUE_WIDTH, town_avenue);
    make_route(m);
    draw_route(m, cr);
    names(t, cr);
    if (cairo_status(cr) != CAIRO_STATUS_SUCCESS) {
        cairo_destroy(cr);
        return -ENOMEM;
    }
    cairo_destroy(cr);
    return 0;
}

void map_finish(struct map *m)
{
    if (m->picture)
        cairo_surface_destroy(m->picture);
    m->picture = NULL;
}

struct map_place map_at(const struct map *m, double metres)
{
    double d = fmod(metres, m->length);
    unsigned i = 0, j;
    double from, to, s;

    if (d < 0)
        d += m->length;
    while (i + 1 < m->points && m->at[i + 1] <= d)
        i++;
    j = (i + 1) % m->points;
    from = m->at[i];
    to = j ? m->at[j] : m->length;
    s = to > from ? (d - from) / (to - from) : 0;
    return (struct map_place){m->x[i] + (m->x[j] - m->x[i]) * s, m->y[i] + (m->y[j] - m->y[i]) * s,
                              atan2(m->y[j] - m->y[i], m->x[j] - m->x[i])};
}

const char *const map_street[MAP_TURNS] = {
    "Nordring",    "Parkallee",   "Museumsufer", "Universitätsstr.", "Ringstraße",
    "Bahnhofstr.", "Hafenstraße", "Am Kanal",    "Brückenstraße",    "Westkai"};

double map_next_turn(const struct map *m, double metres, unsigned *turn)
{
    double d = fmod(metres, m->length);

    if (d < 0)
        d += m->length;
    for (unsigned i = 0; i < MAP_TURNS; i++)
        if (m->turn[i] > d) {
            *turn = i;
            return m->turn[i] - d;
        }
    *turn = 0;
    return m->turn[0] + m->length - d;
}

/* Heading in steps of three degrees: a turn is smooth enough, and standing still is standing still.
 */
static int heading_step(double heading)
{
    return (int)lround(heading * 60 / M_PI);
}

uint64_t map_shows(struct map_place car)
{
    return (uint64_t)(uint32_t)lround(car.x) << 32 | (uint32_t)lround(car.y) << 8 |
           (uint8_t)heading_step(car.heading);
}

static void draw_car(cairo_t *cr, double x, double y, double heading)
{
    cairo_save(cr);
    cairo_translate(cr, x, y);
    cairo_arc(cr, 0, 0, 25, 0, 2 * M_PI);
    use(cr, (struct colour){accent.r, accent.g, accent.b, 0.22});
    cairo_fill(cr);
    cairo_rotate(cr, heading_step(heading) * M_PI / 60);
    cairo_move_to(cr, 16, 0);
    cairo_line_to(cr, -11, 12);
    cairo_line_to(cr, -5, 0);
    cairo_line_to(cr, -11, -12);
    cairo_close_path(cr);
    cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
    cairo_set_line_width(cr, 5);
    use(cr, (struct colour)RGB(0x0C2A2A));
    cairo_stroke_preserve(cr);
    use(cr, (struct colour)RGB(0xFFFFFF));
    cairo_fill(cr);
    cairo_restore(cr);
}

static double within(double v, double max)
{
    return v < 0 ? 0 : v > max ? max : v;
}

void map_draw(const struct map *m, cairo_t *cr, struct map_place car, double x, double y, double w,
              double h, double radius)
{
    /* Whole pixels: copying is then all there is to do. */
    const double left = within(round(car.x) - floor(w / 2), MAP_SIZE - w);
    const double top = within(round(car.y) - floor(h * 0.56), MAP_SIZE - h);

    cairo_save(cr);
    cairo_set_source_surface(cr, m->picture, x - left, y - top);
    cairo_pattern_set_filter(cairo_get_source(cr), CAIRO_FILTER_NEAREST);
    if (radius > 0)
        rounded(cr, x, y, w, h, radius);
    else
        cairo_rectangle(cr, x, y, w, h);
    cairo_fill(cr);
    draw_car(cr, x + round(car.x) - left, y + round(car.y) - top, car.heading);
    cairo_restore(cr);
}
