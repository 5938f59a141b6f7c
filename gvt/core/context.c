/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the table of a guest's contexts and the maps of their handles. */
#include "context.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define FIRST_SLOTS 64u

static const struct virgl_slot nothing[2]; /* the map of a context without resources */

/* Of a boot at which the kernel has nothing random yet: how long a search takes is then foreseen.
 */
#define FORESEEN 0x9E3779B1u

static uint32_t odd_factor(struct contexts *cs)
{
    if (!cs->factor && getrandom(&cs->factor, sizeof(cs->factor), GRND_NONBLOCK) < 0)
        cs->factor = FORESEEN;
    return cs->factor |= 1;
}

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
    c->map = (struct virgl_map){nothing, .mask = 1, .shift = 31, .factor = odd_factor(cs)};
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
    free(c->slot);
    free(c->token);
    free(c);
}

/* Half of the slots stay empty: searches are short. */
uint32_t context_reach(struct context *c, struct resources *rs)
{
    const uint32_t slots = c->slot ? c->map.mask + 1 : 0, wanted = slots ? 2 * slots : FIRST_SLOTS;
    const uint64_t more = (uint64_t)(wanted - slots) * (sizeof(*c->slot) + sizeof(*c->token));
    const struct context old = *c;
    struct virgl_slot *slot;
    uint32_t *token;

    if (2 * (c->attached + 1) <= slots)
        return VGPU_OK_NODATA;
    if (resource_charge(rs, more))
        return VGPU_ERR_OUT_OF_MEMORY;
    slot = calloc(wanted, sizeof(*slot));
    token = calloc(wanted, sizeof(*token));
    if (!slot || !token) {
        free(slot);
        free(token);
        resource_uncharge(rs, more);
        return VGPU_ERR_OUT_OF_MEMORY;
    }
    c->slot = slot;
    c->token = token;
    c->attached = 0;
    c->bytes += more;
    c->map.slot = slot;
    c->map.mask = wanted - 1;
    c->map.shift = 32 - (uint32_t)__builtin_ctz(wanted);
    for (uint32_t i = 0; i < slots; i++)
        if (old.slot[i].guest)
            context_attach(c, old.slot[i].guest, old.slot[i].physical, old.token[i]);
    free(old.slot);
    free(old.token);
    return VGPU_OK_NODATA;
}

void context_attach(struct context *c, uint32_t handle, uint32_t physical, uint32_t token)
{
    const size_t i = virgl_slot_of(&c->map, handle);

    c->slot[i] = (struct virgl_slot){handle, physical};
    c->token[i] = token;
    c->attached++;
}

/* What lies behind the hole moves into it unless its search begins behind the hole. */
void context_detach(struct context *c, uint32_t handle)
{
    const size_t mask = c->map.mask;
    size_t hole = virgl_slot_of(&c->map, handle);

    for (size_t i = (hole + 1) & mask; c->slot[i].guest; i = (i + 1) & mask) {
        const size_t begin = virgl_first_slot(&c->map, c->slot[i].guest);

        if (((i - begin) & mask) < ((i - hole) & mask))
            continue;
        c->slot[hole] = c->slot[i];
        c->token[hole] = c->token[i];
        hole = i;
    }
    c->slot[hole] = (struct virgl_slot){0};
    c->attached--;
}

const uint32_t *context_token(const struct context *c, uint32_t handle)
{
    const size_t i = virgl_slot_of(&c->map, handle);

    return c->map.slot[i].guest ? &c->token[i] : NULL;
}
