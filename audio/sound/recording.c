/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the microphone that hears a file. */
#include "recording.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define FRAME_BYTES (GRAPH_CHANNELS * sizeof(int16_t))
#define FULL_SCALE  32768.0f

static int run(void *data)
{
    struct recording *r = data;
    const uint32_t frames = node_quantum(&r->node);
    float *to[GRAPH_CHANNELS];

    for (uint32_t c = 0; c < GRAPH_CHANNELS; c++)
        to[c] = node_samples(&r->port[c], frames);
    for (uint32_t i = 0; i < frames; i++) {
        for (uint32_t c = 0; c < GRAPH_CHANNELS; c++)
            if (to[c])
                to[c][i] = (float)r->sample[r->next * GRAPH_CHANNELS + c] / FULL_SCALE;
        r->next = r->next + 1 < r->frames ? r->next + 1 : 0;
    }
    for (uint32_t c = 0; c < GRAPH_CHANNELS; c++)
        if (to[c])
            node_put(&r->port[c], frames * (uint32_t)sizeof(float));
    return SPA_STATUS_HAVE_DATA;
}

/* 0 or -errno. */
static int map_file(struct recording *r, const char *path)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    void *p = MAP_FAILED;
    size_t frames = 0;
    struct stat st;
    int rc = 0;

    if (fd < 0)
        return -errno;
    if (fstat(fd, &st) < 0)
        rc = -errno;
    else
        frames = (size_t)st.st_size / FRAME_BYTES;
    if (rc == 0 && !frames)
        rc = -EINVAL;
    if (rc == 0)
        p = mmap(NULL, frames * FRAME_BYTES, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    if (rc == 0 && p == MAP_FAILED)
        rc = -errno;
    close(fd);
    if (rc)
        return rc;
    r->sample = p;
    r->frames = frames;
    return 0;
}

struct pw_impl_node *recording_open(struct recording *r, struct graph *g, const char *path)
{
    struct pw_impl_node *node;
    int rc;

    *r = (struct recording){0};
    rc = map_file(r, path);
    if (rc) {
        errno = -rc;
        return NULL;
    }
    for (uint32_t c = 0; c < GRAPH_CHANNELS; c++)
        node_dsp_port(&r->port[c], SPA_DIRECTION_OUTPUT, "capture", c);
    node_init(&r->node, g->data_loop, r->port, 0, GRAPH_CHANNELS, GRAPH_LIMIT, run, r);
    node = graph_add_node(g, &r->node, "microphone");
    if (!node) {
        rc = errno;
        recording_close(r);
        errno = rc;
    }
    return node;
}

void recording_close(struct recording *r)
{
    if (r->sample)
        (void)munmap((void *)(uintptr_t)r->sample, r->frames * FRAME_BYTES);
    r->sample = NULL;
}
