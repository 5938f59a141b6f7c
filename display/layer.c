/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the geometry and the drawing of layers. */
#include "layer.h"

#include <math.h>
#include <wlr/render/pass.h>
#include <wlr/render/wlr_texture.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/util/box.h>

#include "server.h"

struct wlr_box layer_cut(const struct bn_scenario_layer *p, int width, int height)
{
    const struct wlr_box whole = {0, 0, width, height};
    struct wlr_box cut = {p->src_x, p->src_y, p->src_width, p->src_height};

    if (!p->src_width)
        return whole;
    if (!wlr_box_intersection(&cut, &cut, &whole))
        return (struct wlr_box){0};
    return cut;
}

/* A rectangle of the source as pixels of the screen; one that is scaled bleeds into its neighbours.
 */
static void to_screen(const struct layer *l, const struct wlr_box *cut, const pixman_box32_t *b,
                      pixman_region32_t *out)
{
    const struct wlr_box *p = &l->box;
    const double kx = (double)p->width / cut->width, ky = (double)p->height / cut->height;
    const int bleed =
        cut->width == p->width && cut->height == p->height ? 0 : 1 + (int)ceil(fmax(kx, ky));
    const int x1 = p->x + (int)floor((b->x1 - cut->x) * kx) - bleed;
    const int y1 = p->y + (int)floor((b->y1 - cut->y) * ky) - bleed;
    const int x2 = p->x + (int)ceil((b->x2 - cut->x) * kx) + bleed;
    const int y2 = p->y + (int)ceil((b->y2 - cut->y) * ky) + bleed;

    if (x2 > x1 && y2 > y1)
        pixman_region32_union_rect(out, out, x1, y1, (unsigned)(x2 - x1), (unsigned)(y2 - y1));
}

static void add_damage(const struct layer *l, const struct wlr_box *cut,
                       const pixman_box32_t *boxes, int count, struct wlr_damage_ring *ring)
{
    pixman_region32_t area;

    if (wlr_box_empty(cut))
        return;
    pixman_region32_init(&area);
    for (int i = 0; i < count; i++)
        to_screen(l, cut, &boxes[i], &area);
    pixman_region32_intersect(&area, &area, &l->visible);
    wlr_damage_ring_add(ring, &area);
    pixman_region32_fini(&area);
}

void layer_damage_cluster(const struct layer *l, const struct frame_pick *pick,
                          const struct frames *f, struct wlr_damage_ring *ring)
{
    const struct wlr_box cut = layer_cut(l->place, f->width, f->height);
    pixman_box32_t box[BN_FRAME_DAMAGE_RECTS];
    int count = 0;

    if (!pick || pick->whole) {
        wlr_damage_ring_add(ring, &l->visible);
        return;
    }
    for (unsigned i = 0; i < pick->damage_count; i++) {
        const struct bn_rect *r = &pick->damage[i];
        const pixman_box32_t b = {r->x, r->y, r->x + r->width, r->y + r->height};

        if (b.x2 > cut.x && b.y2 > cut.y && b.x1 < cut.x + cut.width && b.y1 < cut.y + cut.height)
            box[count++] = b;
    }
    if (count)
        add_damage(l, &cut, box, count, ring);
}

void layer_damage_scanout(const struct layer *l, const pixman_region32_t *damage, int width,
                          int height, struct wlr_damage_ring *ring)
{
    const struct wlr_box cut = layer_cut(l->place, width, height);
    int count = 0;
    const pixman_box32_t *boxes;

    if (!damage) {
        wlr_damage_ring_add(ring, &l->visible);
        return;
    }
    boxes = pixman_region32_rectangles(damage, &count);
    add_damage(l, &cut, boxes, count, ring);
}

void layer_draw_black(struct wlr_render_pass *pass, const pixman_region32_t *area,
                      const pixman_region32_t *damage)
{
    pixman_region32_t clip;
    const pixman_box32_t *e;

    pixman_region32_init(&clip);
    pixman_region32_intersect(&clip, area, damage);
    if (pixman_region32_not_empty(&clip)) {
        e = pixman_region32_extents(&clip);
        wlr_render_pass_add_rect(pass, &(struct wlr_render_rect_options){
                                           .box = {e->x1, e->y1, e->x2 - e->x1, e->y2 - e->y1},
                                           .color = {0, 0, 0, 1},
                                           .clip = &clip,
                                           .blend_mode = WLR_RENDER_BLEND_MODE_NONE,
                                       });
    }
    pixman_region32_fini(&clip);
}

struct draw {
    const struct wlr_box *box;
    struct wlr_render_pass *pass;
    const pixman_region32_t *clip;
    struct wlr_box cut;
};

static void draw_surface(struct wlr_surface *surface, int sx, int sy, void *data)
{
    const struct draw *d = data;
    struct wlr_texture *texture = wlr_surface_get_texture(surface);
    const double kx = (double)d->box->width / d->cut.width,
                 ky = (double)d->box->height / d->cut.height;
    struct wlr_render_texture_options o = {
        .texture = texture,
        .clip = d->clip,
        .transform = surface->current.transform,
        .blend_mode = WLR_RENDER_BLEND_MODE_PREMULTIPLIED,
    };

    if (!texture)
        return;
    wlr_surface_get_buffer_source_box(surface, &o.src_box);
    o.dst_box.x = d->box->x + (int)floor((sx - d->cut.x) * kx);
    o.dst_box.y = d->box->y + (int)floor((sy - d->cut.y) * ky);
    o.dst_box.width = (int)round(surface->current.width * kx);
    o.dst_box.height = (int)round(surface->current.height * ky);
    if (o.dst_box.width > 0 && o.dst_box.height > 0)
        wlr_render_pass_add_texture(d->pass, &o);
}

static void draw_cluster(const struct layer *l, struct server *server, struct wlr_render_pass *pass,
                         const pixman_region32_t *clip)
{
    const struct wlr_box cut =
        layer_cut(l->place, server->cluster.frames.width, server->cluster.frames.height);

    if (!server->cluster.current || wlr_box_empty(&cut)) {
        layer_draw_black(pass, &l->visible, clip);
        return;
    }
    wlr_render_pass_add_texture(pass, &(struct wlr_render_texture_options){
                                          .texture = server->cluster.current,
                                          .src_box = {cut.x, cut.y, cut.width, cut.height},
                                          .dst_box = l->box,
                                          .clip = clip,
                                          .blend_mode = WLR_RENDER_BLEND_MODE_NONE,
                                      });
}

static bool opaque(struct wlr_surface *s)
{
    pixman_box32_t all = {0, 0, s->current.width, s->current.height};

    return pixman_region32_contains_rectangle(&s->opaque_region, &all) == PIXMAN_REGION_IN;
}

static void draw_scanout(const struct layer *l, struct server *server, struct wlr_render_pass *pass,
                         const pixman_region32_t *clip)
{
    struct wlr_surface *root = vm_surface(server, l->place->vm, l->place->scanout);
    struct draw d = {.box = &l->box, .pass = pass, .clip = clip};

    if (!root || !opaque(root)) /* whatever shines through is black */
        layer_draw_black(pass, &l->visible, clip);
    if (root)
        d.cut = layer_cut(l->place, root->current.width, root->current.height);
    if (root && !wlr_box_empty(&d.cut))
        wlr_surface_for_each_surface(root, draw_surface, &d);
    for (int i = 0; i < SEATS; i++)
        seat_draw(&server->seat[i], l, pass, clip);
}

void layer_draw(const struct layer *l, struct server *server, struct wlr_render_pass *pass,
                const pixman_region32_t *damage)
{
    pixman_region32_t clip;

    pixman_region32_init(&clip);
    pixman_region32_intersect(&clip, &l->visible, damage);
    if (!pixman_region32_not_empty(&clip))
        ;
    else if (layout_shows_cluster(l->place))
        draw_cluster(l, server, pass, &clip);
    else
        draw_scanout(l, server, pass, &clip);
    pixman_region32_fini(&clip);
}
