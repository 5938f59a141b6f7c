/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The queries of a context: where each of them leaves its result. The physical GPU writes it into
 * the mirror when it has worked on GET_QUERY_RESULT; from there it comes to the guest with the end
 * of that batch.
 */
#ifndef GVT_CORE_QUERY_H
#define GVT_CORE_QUERY_H

#include <stdint.h>

/* Those beyond are served as those of an old host: Mesa fetches their results by a transfer. */
#define QUERIES_MAX 512u

#define QUERY_RESULT_BYTES 16u /* struct virgl_host_query_state: state, size, result */

struct vgpu_job;

struct query {
    uint32_t sub, object;         /* its sub-context and number there */
    uint32_t resource;            /* the guest's handle; the result lies at its start */
    const struct vgpu_job *asked; /* the last batch in flight that asks for its result, or NULL */
};

struct queries {
    uint32_t sub; /* the sub-context that the command in hand is for */
    uint32_t count;
    struct query query[QUERIES_MAX];
};

struct query *query_find(struct queries *qs, uint32_t object);

/* As the commands of a batch say. */
void query_create(struct queries *qs, uint32_t object, uint32_t resource);
void query_destroy(struct queries *qs, uint32_t object);
void query_destroy_all(struct queries *qs, uint32_t sub);

#endif
