/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The back end for tests and fuzzers: 2D is soft2d's, 3D is a GPU that draws nothing and finishes
 * when it is told to. A transfer moves its box's bytes between the mirror and a copy of it that
 * stands for the GPU's own memory.
 */
#ifndef GVT_BACKEND_NULL_H
#define GVT_BACKEND_NULL_H

#include "backend.h"

#define NULL_MAX_JOBS 64u
#define NULL_HANDLES  64u

struct null_gpu {
    struct gvt_job *job[NULL_MAX_JOBS]; /* in flight, in order */
    unsigned jobs;
    unsigned contexts, resources, attachments; /* that exist now */
    uint32_t last_handle, last_token;
    uint32_t batch[16], dwords;        /* the last one's beginning, its length */
    struct resource *of[NULL_HANDLES]; /* by handle, the last that got it */
    uint32_t dead;                     /* context that ignores its commands; 0: none */
    bool failing;                      /* every call that may fail does */
    unsigned fetched;                  /* pictures made ready to be shown, by a copy each */
};

extern const struct gvt_backend gvt_backend_null;

/* Ends the oldest job, if there is one. */
void null_finish(struct null_gpu *gpu, int status);

#endif
