/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the table of a context's queries. */
#include "query.h"

#include <stddef.h>

struct query *query_find(struct queries *qs, uint32_t object)
{
    for (uint32_t i = 0; i < qs->count; i++)
        if (qs->query[i].object == object && qs->query[i].sub == qs->sub)
            return &qs->query[i];
    return NULL;
}

void query_create(struct queries *qs, uint32_t object, uint32_t resource)
{
    struct query *q = query_find(qs, object);

    if (!q && qs->count < QUERIES_MAX)
        q = &qs->query[qs->count++];
    if (q)
        *q = (struct query){qs->sub, object, resource, NULL};
}

void query_destroy(struct queries *qs, uint32_t object)
{
    struct query *q = query_find(qs, object);

    if (q)
        *q = qs->query[--qs->count];
}

void query_destroy_all(struct queries *qs, uint32_t sub)
{
    for (uint32_t i = 0; i < qs->count;) {
        if (qs->query[i].sub == sub)
            qs->query[i] = qs->query[--qs->count];
        else
            i++;
    }
}
