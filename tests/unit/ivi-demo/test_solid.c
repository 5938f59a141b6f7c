/* SPDX-License-Identifier: BSD-3-Clause */
/* What the home screen in 3D is made of: triangles that face outwards, cells that hold what is
 * theirs, and a flat layer that is open where the view is and nowhere else; and the roles. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <linux/input-event-codes.h>
#include <math.h>
#include <string.h>

#include "mesh.h"
#include "town.h"
#include "ui.h"

#define FONTS "/usr/share/fonts/opentype/b612"

static struct ui u;

static int open_ui(void **state)
{
    (void)state;
    return ui_init(&u, ui_role("front"), FONTS);
}

static int open_rear(void **state)
{
    (void)state;
    ui_finish(&u);
    return ui_init(&u, ui_role("rear"), FONTS);
}

static int open_front(void **state)
{
    ui_finish(&u);
    return open_ui(state);
}

static int close_ui(void **state)
{
    (void)state;
    ui_finish(&u);
    return 0;
}

/* Of triangles with normals, whose winding must agree with them: the GPU leaves out what faces
 * away. */
static void check_mesh(const struct mesh *m)
{
    assert_false(m->failed);
    assert_int_equal(m->indices % 3, 0);
    for (unsigned i = 0; i < m->indices; i += 3) {
        const struct mesh_vertex *v[3];
        double n[3], length = 0, along = 0;

        for (int k = 0; k < 3; k++) {
            assert_true(m->index[i + (unsigned)k] < m->vertices);
            v[k] = &m->vertex[m->index[i + (unsigned)k]];
            assert_true(v[k]->material < MATERIALS);
        }
        for (int d = 0; d < 3; d++) {
            const int e = (d + 1) % 3, f = (d + 2) % 3;

            n[d] = (double)(v[1]->at[e] - v[0]->at[e]) * (v[2]->at[f] - v[0]->at[f]) -
                   (double)(v[1]->at[f] - v[0]->at[f]) * (v[2]->at[e] - v[0]->at[e]);
            length += n[d] * n[d];
            along += n[d] * (v[0]->normal[d] + v[1]->normal[d] + v[2]->normal[d]);
        }
        if (length > 1e-9) /* the tip of a slope has no area */
            assert_true(along >= 0);
    }
}

static void test_car_faces_outwards(void **state)
{
    struct mesh m = {0};
    float most[3] = {0}, least[3] = {0};

    (void)state;
    assert_true(car_mesh_build(&m));
    check_mesh(&m);
    for (unsigned i = 0; i < m.vertices; i++) {
        const struct mesh_vertex *v = &m.vertex[i];

        for (int d = 0; d < 3 && v->colour[3] == 255; d++) { /* the shadow is no part of it */
            most[d] = fmaxf(most[d], v->at[d]);
            least[d] = fminf(least[d], v->at[d]);
        }
        if (v->material == LAMP_LEFT)
            assert_true(v->at[1] > 0.5f);
        if (v->material == LAMP_RIGHT)
            assert_true(v->at[1] < -0.5f);
        if (v->material == LAMP_HEAD || v->material == LAMP_HIGH)
            assert_true(v->at[0] > 2);
        if (v->material == LAMP_TAIL)
            assert_true(v->at[0] < -2);
    }
    assert_true(fabsf(most[0] - least[0] - 4.4f) < 0.1f); /* a car's size, in metres */
    assert_true(fabsf(most[1] - least[1] - 1.85f) < 0.1f);
    assert_true(fabsf(most[2] - 1.46f) < 0.05f && least[2] > -0.01f);
    mesh_free(&m);
}

static void test_town_is_whole(void **state)
{
    struct town_mesh t;
    unsigned at = 0, houses = 0;

    (void)state;
    assert_true(town_mesh_build(&t, &u.map));
    check_mesh(&t.mesh);
    for (int j = 0; j < TOWN_MESH_SIDE; j++)
        for (int i = 0; i < TOWN_MESH_SIDE; i++) {
            const double middle_u = (i - 0.5) * TOWN_CELL, middle_v = (j - 0.5) * TOWN_CELL;
            double x, y;

            town_bend(middle_u, middle_v, &x, &y);
            assert_int_equal(t.first[j][i], at);
            at = t.first[j][i + 1];
            assert_true(at > t.first[j][i]);
            for (unsigned k = t.first[j][i]; k < at; k++) {
                const struct mesh_vertex *v = &t.mesh.vertex[t.mesh.index[k]];

                assert_true(hypot(v->at[0] - x, -v->at[1] - y) < 1.1 * TOWN_CELL);
                houses += v->at[2] > 4;
            }
        }
    assert_int_equal(t.everywhere, at);
    assert_int_equal(t.everywhere + t.everywhere_count, t.mesh.indices);
    assert_true(houses / 18 >
                700); /* corners of walls and roofs that are up, of some thousand houses */
    mesh_free(&t.mesh);
}

/* No house stands in the river or on the route. */
static void test_houses_stand_on_land(void **state)
{
    struct town_house h;

    (void)state;
    for (int j = -1; j < TOWN_LINES; j++)
        for (int i = -1; i < TOWN_LINES; i++)
            for (int k = 0; k < TOWN_HOUSES; k++) {
                if (!town_house(i, j, k, &h))
                    continue;
                assert_false(town_is_park(i, j));
                for (unsigned p = 0; p < u.map.points; p++)
                    assert_false(u.map.x[p] > h.x && u.map.x[p] < h.x + h.w && u.map.y[p] > h.y &&
                                 u.map.y[p] < h.y + h.d);
            }
}

static unsigned opacity(cairo_surface_t *s, int x, int y)
{
    uint32_t pixel;

    memcpy(&pixel, cairo_image_surface_get_data(s) + y * cairo_image_surface_get_stride(s) + x * 4,
           sizeof(pixel));
    return pixel >> 24;
}

/* On the flat map. */
static void test_route_passes_through_no_name(void **state)
{
    cairo_surface_t *none = cairo_image_surface_create(CAIRO_FORMAT_A8, 1, 1);
    cairo_t *cr = cairo_create(none);

    (void)state;
    for (unsigned i = 0; i < TOWN_NAMES; i++) {
        const struct town_name *n = &town_names[i];
        const double half = text(&u.theme, cr, n->name, 0, 0, n->size, REGULAR, ink, LEFT) / 2;
        double x, y;

        town_bend(n->u * TOWN_CELL, n->v * TOWN_CELL + TOWN_CELL / 2.0, &x, &y);
        for (double at = 0; at < u.map.length; at += 1) {
            const struct map_place p = map_at(&u.map, at);

            assert_false(fabs(p.x - x) < half && fabs(p.y - y) < n->size / 2);
        }
    }
    cairo_destroy(cr);
    cairo_surface_destroy(none);
}

static void test_layer_is_open_at_the_view_only(void **state)
{
    cairo_surface_t *s = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, UI_WIDTH, UI_HEIGHT);
    struct ui_rect damage[UI_DAMAGE];
    const struct vehicle_state v = {.valid = true, .speed_kmh = 50};

    (void)state;
    u.solid = true;
    ui_advance(&u, 1, &v);
    for (unsigned p = 0; p < u.role->pages; p++) {
        const struct ui_view *view;
        unsigned open = 0;

        ui_show(&u, (enum ui_page)p);
        ui_draw_everything_next(&u);
        assert_int_equal(ui_draw(&u, s, damage), 1);
        view = ui_view(&u);
        assert_true((view == NULL) == (p == UI_MEDIA));
        for (int y = 0; y < UI_HEIGHT; y++)
            for (int x = 0; x < UI_WIDTH; x++) {
                const bool inside = view && x >= view->at.x && x < view->at.x + view->at.width &&
                                    y >= view->at.y && y < view->at.y + view->at.height;

                if (!inside)
                    assert_int_equal(opacity(s, x, y), 255);
                else
                    open += opacity(s, x, y) == 0;
            }
        if (view) /* what lies on the view, and its corners, is the rest */
            assert_true(open > (unsigned)(view->at.width * view->at.height) * 8 / 10);
    }
    cairo_surface_destroy(s);
    u.solid = false;
}

/* The view's number changes with the car's place, and a car that stands is the same picture. */
static void test_view_is_drawn_when_it_changes(void **state)
{
    struct vehicle_state v = {.valid = true, .speed_kmh = 50};
    uint64_t before;

    (void)state;
    u.solid = true;
    ui_show(&u, UI_HOME);
    ui_advance(&u, 10, &v);
    before = ui_view_shows(&u);
    ui_advance(&u, 10.04, &v);
    assert_true(ui_view_shows(&u) != before);
    v.speed_kmh = 0;
    before = ui_view_shows(&u);
    ui_advance(&u, 10.08, &v);
    assert_true(ui_view_shows(&u) == before);
    u.solid = false;
    assert_true(ui_view_shows(&u) == 0);
}

/* Each button of the dock opens its page, there is nothing beside them, and no way leads to a page
 * that the role does not have. */
static void test_dock_has_the_roles_pages(void **state)
{
    const struct ui_rect dock = ui_dock(u.role);
    const int y = dock.y + dock.height / 2;

    (void)state;
    assert_int_equal(dock.x + dock.x + dock.width, UI_WIDTH);
    assert_int_equal(dock.width, u.role->pages * UI_DOCK_EACH);
    for (unsigned p = u.role->pages; p-- > 0;) {
        ui_press(&u, dock.x + (int)p * UI_DOCK_EACH + UI_DOCK_EACH / 2, y);
        assert_int_equal(u.page, p);
        ui_press(&u, dock.x - 1, y);
        ui_press(&u, dock.x + dock.width, y);
        ui_press(&u, dock.x + UI_DOCK_EACH, dock.y - 1);
        assert_int_equal(u.page, p);
    }
    for (unsigned p = 0; p < UI_PAGES; p++) {
        ui_show(&u, UI_HOME);
        ui_show(&u, (enum ui_page)p);
        assert_int_equal(u.page, p < u.role->pages ? p : UI_HOME);
    }
    ui_show(&u, UI_HOME);
    ui_key(&u, KEY_LEFT);
    assert_int_equal(u.page, u.role->pages - 1);
    ui_key(&u, KEY_RIGHT);
    assert_int_equal(u.page, UI_HOME);
    ui_key(&u, KEY_4);
    assert_int_equal(u.page, u.role->pages > UI_VEHICLE ? UI_VEHICLE : UI_HOME);
    ui_show(&u, UI_HOME);
}

static unsigned pixels_of(cairo_surface_t *s, uint32_t colour)
{
    const uint8_t *data = cairo_image_surface_get_data(s);
    unsigned n = 0;

    for (int y = 0; y < UI_HEIGHT; y++)
        for (int x = 0; x < UI_WIDTH; x++) {
            uint32_t pixel;

            memcpy(&pixel, data + y * cairo_image_surface_get_stride(s) + x * 4, sizeof(pixel));
            n += (pixel & 0xFFFFFF) == colour;
        }
    return n;
}

/* Every page of a role has its colour and not the other's. */
static void test_role_has_a_colour(void **state)
{
    cairo_surface_t *s = cairo_image_surface_create(CAIRO_FORMAT_RGB24, UI_WIDTH, UI_HEIGHT);
    const bool rear = u.role == ui_role("rear");
    struct ui_rect damage[UI_DAMAGE];

    (void)state;
    for (unsigned p = 0; p < u.role->pages; p++) {
        ui_show(&u, (enum ui_page)p);
        ui_draw_everything_next(&u);
        assert_int_equal(ui_draw(&u, s, damage), 1);
        assert_true(pixels_of(s, rear ? 0xB39DFF : 0x3DD6C0) > 100);
        assert_int_equal(pixels_of(s, rear ? 0x3DD6C0 : 0xB39DFF), 0);
    }
    ui_show(&u, UI_HOME);
    cairo_surface_destroy(s);
}

/* Without the vehicle the rear's home page has no figures, only the unlit labels above them. */
static void test_rear_has_no_figures_without_the_vehicle(void **state)
{
    cairo_surface_t *s = cairo_image_surface_create(CAIRO_FORMAT_RGB24, UI_WIDTH, UI_HEIGHT);
    struct vehicle_state v = {.valid = true, .speed_kmh = 50};
    struct ui_rect damage[UI_DAMAGE];
    unsigned lit[2];

    (void)state;
    for (int valid = 0; valid < 2; valid++) {
        v.valid = valid;
        ui_advance(&u, 20 + valid, &v);
        ui_show(&u, UI_HOME);
        ui_draw_everything_next(&u);
        assert_int_equal(ui_draw(&u, s, damage), 1);
        lit[valid] = pixels_of(s, 0xF3F6F8); /* ink */
    }
    assert_true(lit[1] > lit[0] + 500);
    cairo_surface_destroy(s);
}

static void test_roles_have_names(void **state)
{
    (void)state;
    assert_non_null(ui_role("front"));
    assert_non_null(ui_role("rear"));
    assert_null(ui_role(""));
    assert_null(ui_role("Rear"));
}

/* What is drawn anew is flushed whole on a screen of any size, and nothing outside the screen. */
static void test_damage_on_other_screens(void **state)
{
    static const int size[][2] = {{1280, 720}, {1024, 600}, {800, 480}, {1920, 1080}, {641, 361}};
    const struct ui_rect all = {0, 0, UI_WIDTH, UI_HEIGHT}, part = {41, 17, 273, 49};

    (void)state;
    for (unsigned i = 0; i < sizeof(size) / sizeof(size[0]); i++) {
        const int w = size[i][0], h = size[i][1];
        const struct ui_rect a = ui_stretched(all, w, h), p = ui_stretched(part, w, h);

        assert_true(a.x == 0 && a.y == 0 && a.width == w && a.height == h);
        assert_true(p.x <= part.x * (double)w / UI_WIDTH && p.y <= part.y * (double)h / UI_HEIGHT);
        assert_true(p.x + p.width >= (part.x + part.width) * (double)w / UI_WIDTH);
        assert_true(p.y + p.height >= (part.y + part.height) * (double)h / UI_HEIGHT);
        assert_true(p.width <= part.width * (double)w / UI_WIDTH + 2);
    }
}

/* A page that had a hole for 3D is whole again without, and the other way round. */
static void test_solid_comes_and_goes(void **state)
{
    struct ui_rect damage[UI_DAMAGE];
    cairo_surface_t *s = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, UI_WIDTH, UI_HEIGHT);
    const uint32_t *middle;

    (void)state;
    ui_show(&u, UI_MAP);
    for (int solid = 0; solid < 4; solid++) {
        const struct ui_view *v;

        ui_set_solid(&u, solid & 1);
        assert_int_equal(ui_draw(&u, s, damage), 1);
        v = page_map.view;
        middle = (const uint32_t *)(void *)cairo_image_surface_get_data(s) +
                 (v->at.y + v->at.height / 2) * UI_WIDTH + v->at.x + v->at.width / 2;
        assert_int_equal(*middle >> 24, solid & 1 ? 0 : 0xFF);
    }
    ui_set_solid(&u, false);
    cairo_surface_destroy(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_car_faces_outwards),
        cmocka_unit_test(test_town_is_whole),
        cmocka_unit_test(test_houses_stand_on_land),
        cmocka_unit_test(test_route_passes_through_no_name),
        cmocka_unit_test(test_layer_is_open_at_the_view_only),
        cmocka_unit_test(test_view_is_drawn_when_it_changes),
        cmocka_unit_test(test_roles_have_names),
        cmocka_unit_test(test_dock_has_the_roles_pages),
        cmocka_unit_test(test_role_has_a_colour),
        cmocka_unit_test_setup(test_dock_has_the_roles_pages, open_rear),
        cmocka_unit_test(test_role_has_a_colour),
        cmocka_unit_test(test_layer_is_open_at_the_view_only),
        cmocka_unit_test_teardown(test_rear_has_no_figures_without_the_vehicle, open_front),
        cmocka_unit_test(test_damage_on_other_screens),
        cmocka_unit_test(test_solid_comes_and_goes),
    };

    return cmocka_run_group_tests(tests, open_ui, close_ui);
}
