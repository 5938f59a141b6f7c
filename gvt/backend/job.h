/* SPDX-License-Identifier: BSD-3-Clause */
/* A piece of work on the physical GPU. */
#ifndef GVT_BACKEND_JOB_H
#define GVT_BACKEND_JOB_H

#include "vhost/loop.h"

/* The vGPU owns it and lends it to the back end, which says when it is done. */
struct gvt_job {
    /* Called once, never from inside the call that started the job. status: 0 or -errno. */
    void (*done)(struct gvt_job *job, int status);
    struct vu_source fence; /* the back end's while the job is with it */
};

#endif
