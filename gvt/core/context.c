/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the table of a guest's contexts and the maps of their handles. */
#include "context.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_COUNT 256u

struct context *context_find(const struct contexts *cs, uint32_t id)
{
    for (uint32_t i = 0; i < cs->count; i++)
        if (cs->context[i]->id == id)
            return cs->context[i];
    return NULL;
}

struct context *context_add(struct contexts *cs, uint32_t id, uint32_t *answer)
{
    struct context *c;

    *answer = VGPU_ERR_INVALID_CONTEXT_ID;
    if (context_find(cs, id))
        return NULL;
    *answer = VGPU_ERR_OUT_OF_MEMORY;
    c = cs->count < cs->max ? calloc(1, sizeof(*c)) : NULL;
    if (!c)
        return NULL;
    c->id = id;
    c->fd = -1;
    cs->context[cs->count++] = c;
    return c;
}

void context_remove(struct contexts *cs, struct resources *rs, struct context *c)
{
    for (uint32_t i = 0; i < cs->count; i++) {
        if (cs->context[i] == c) {
            cs->context[i] = cs->context[--cs->count];
            break;
        }
    }
    resource_uncharge(rs, c->bytes);
    free(c->physical);
    free(c->token);
    free(c);
}

static uint32_t *longer(uint32_t *old, uint32_t count, uint32_t wanted)
{
    uint32_t *p = calloc(wanted, sizeof(*p));

    if (p && count)
        memcpy(p, old, count * sizeof(*p));
    return p;
}

uint32_t context_reach(struct context *c, struct resources *rs, uint32_t handle)
{
    uint32_t wanted = c->map.count ? c->map.count : FIRST_COUNT;
    uint32_t *physical, *token;
    uint64_t more;

    if (handle < c->map.count)
        return VGPU_OK_NODATA;
    if (handle >= CONTEXT_MAX_HANDLE)
        return VGPU_ERR_OUT_OF_MEMORY;
    while (wanted <= handle)
        wanted *= 2;
    more = (uint64_t)(wanted - c->map.count) * 2 * sizeof(uint32_t);
    if (resource_charge(rs, more))
        return VGPU_ERR_OUT_OF_MEMORY;
    physical = longer(c->physical, c->map.count, wanted);
    token = longer(c->token, c->map.count, wanted);
    if (!physical || !token) {
        free(physical);
        free(token);
        resource_uncharge(rs, more);
        return VGPU_ERR_OUT_OF_MEMORY;
    }
    free(c->physical);
    free(c->token);
    c->physical = physical;
    c->token = token;
    c->map = (struct virgl_map){physical, wanted};
    c->bytes += more;
    return VGPU_OK_NODATA;
}
