/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Owns the model of a frame. Its commands stand in the proportions of 30,779 batches that Mesa
 * 25.0.7's virgl driver sent for ten scenes of glmark2-es2, recorded at vtest's socket: for each
 * draw 0.8 to 0.9 index buffers, 0.3 to 0.5 constant buffers of 32 to 44 floats, 0.3 to 0.4 vertex
 * buffers, a program, a vertex layout or a rasterizer now and then; 11 dwords a command. Mesa's
 * padding (END_TRANSFERS, 1,000 dwords in every batch) is left out, for it costs nothing.
 */
#include "frame.h"

#include "proto/virgl.h"

static uint32_t *put(uint32_t *to, uint32_t op, uint32_t type, uint32_t length)
{
    *to++ = op | type << 8 | length << 16;
    for (uint32_t i = 0; i < length; i++)
        *to++ = i + 1;
    return to;
}

static uint32_t *bind(uint32_t *to, uint32_t type)
{
    return put(to, VIRGL_OP_BIND_OBJECT, type, 1);
}

static uint32_t *draw(uint32_t *to, uint32_t n)
{
    const uint32_t mesh = 1 + n % (FRAME_RESOURCES - 1), buffers = 1 + n / 2 % 2;

    if (n % 16 == 0) {
        to = put(to, VIRGL_OP_SET_SAMPLER_VIEWS, 0, 3);
        to = put(to, VIRGL_OP_BIND_SAMPLER_STATES, 0, 3);
        to = bind(to, VIRGL_TYPE_BLEND);
    }
    if (n % 8 == 0) {
        to = put(to, VIRGL_OP_BIND_SHADER, 0, 2);
        to = put(to, VIRGL_OP_BIND_SHADER, 0, 2);
    }
    if (n % 4 == 0)
        to = bind(bind(to, VIRGL_TYPE_VERTEX_ELEMENTS), VIRGL_TYPE_RASTERIZER);
    if (n % 2 == 0) {
        to = put(to, VIRGL_OP_SET_CONSTANT_BUFFER, 0, 2 + 32);
        to = put(to, VIRGL_OP_SET_VERTEX_BUFFERS, 0, 3 * buffers);
        for (uint32_t i = 0; i < buffers; i++)
            to[-1 - 3 * (int)i] = mesh;
    }
    to = put(to, VIRGL_OP_SET_INDEX_BUFFER, 0, 3);
    to[-3] = mesh;
    return put(to, VIRGL_OP_DRAW_VBO, 0, 12);
}

uint32_t frame_write(uint32_t *to, uint32_t draws)
{
    uint32_t *const start = to;

    to = put(to, VIRGL_OP_SET_SUB_CTX, 0, 1);
    to = put(to, VIRGL_OP_SET_FRAMEBUFFER_STATE, 0, 3);
    to[-3] = 1; /* color buffers */
    to = put(to, VIRGL_OP_SET_FRAMEBUFFER_STATE_NO_ATTACH, 0, 2);
    to = put(to, VIRGL_OP_SET_VIEWPORT_STATE, 0, 7);
    to = put(to, VIRGL_OP_SET_SCISSOR_STATE, 0, 3);
    to = put(to, VIRGL_OP_CLEAR, 0, 8);
    for (uint32_t n = 0; n < draws; n++)
        to = draw(to, n);
    return (uint32_t)(to - start);
}
