/* SPDX-License-Identifier: BSD-3-Clause */
/* The little of virgl that a test picture takes: a cleared target and a triangle on it. */
#ifndef TESTS_GUESTS_GVT_VIRGL_H
#define TESTS_GUESTS_GVT_VIRGL_H

#include <stdint.h>

#define STREAM_DWORDS 16384u

struct stream {
    uint32_t dword[STREAM_DWORDS];
    uint32_t count;
};

/* Sub-context 1 with a surface over the resource as its only colour buffer, of this size. */
void stream_target(struct stream *s, uint32_t resource, uint32_t width, uint32_t height);
/* The target in one colour: red, green, blue, alpha. */
void stream_clear(struct stream *s, const float colour[4]);
/* What stream_triangle() needs once: shaders and states. The colour is the fragment shader's. */
void stream_pipeline(struct stream *s);
/* Three vertices of four floats from the buffer's start, in green. */
void stream_triangle(struct stream *s, uint32_t buffer);
/* The same as one draw of a frame; `changed`: with other vertices and constants in front of it, as
 * Mesa sends them for every second to third draw (tests/unit/gvt/frame.c). */
void stream_draw(struct stream *s, uint32_t buffer, int changed);

#endif
