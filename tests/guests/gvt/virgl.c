/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the encoding; numbers and places are those of Mesa's virgl_protocol.h and Gallium. */
#include "virgl.h"

#include <stdarg.h>
#include <string.h>

#include "gvt/proto/virgl.h"

#define FORMAT_B8G8R8A8     1u
#define FORMAT_R32G32B32A32 31u
#define COLOUR_0            4u /* PIPE_CLEAR_COLOR0 */
#define TRIANGLES           4u
#define ALL_CHANNELS        (0xFu << 27)
#define HALF_PIXEL_CENTER   (1u << 29)
#define DEPTH_CLIP          (1u << 1)

enum object { SURFACE = 1, BLEND, RASTERIZER, DSA, ELEMENTS, VERTEX, FRAGMENT };

static uint32_t bits(float f)
{
    uint32_t u;

    memcpy(&u, &f, sizeof(u));
    return u;
}

static void put(struct stream *s, uint32_t op, uint32_t type, uint32_t length, ...)
{
    va_list a;

    va_start(a, length);
    s->dword[s->count++] = op | type << 8 | length << 16;
    for (uint32_t i = 0; i < length; i++)
        s->dword[s->count++] = va_arg(a, uint32_t);
    va_end(a);
}
#define CREATE(s, type, ...) put(s, VIRGL_OP_CREATE_OBJECT, VIRGL_TYPE_##type, __VA_ARGS__)
#define BIND(s, type, which) put(s, VIRGL_OP_BIND_OBJECT, VIRGL_TYPE_##type, 1, (uint32_t)(which))

void stream_target(struct stream *s, uint32_t resource, uint32_t width, uint32_t height)
{
    const uint32_t x = bits((float)width / 2), y = bits((float)height / 2), half = bits(0.5f);

    put(s, VIRGL_OP_CREATE_SUB_CTX, 0, 1, 1u);
    put(s, VIRGL_OP_SET_SUB_CTX, 0, 1, 1u);
    CREATE(s, SURFACE, 5, (uint32_t)SURFACE, resource, FORMAT_B8G8R8A8, 0u, 0u);
    put(s, VIRGL_OP_SET_FRAMEBUFFER_STATE, 0, 3, 1u, 0u, (uint32_t)SURFACE);
    put(s, VIRGL_OP_SET_VIEWPORT_STATE, 0, 7, 0u, x, y, half, x, y, half);
}

void stream_clear(struct stream *s, const float c[4])
{
    put(s, VIRGL_OP_SET_SUB_CTX, 0, 1, 1u);
    put(s, VIRGL_OP_CLEAR, 0, 8, COLOUR_0, bits(c[0]), bits(c[1]), bits(c[2]), bits(c[3]), 0u, 0u,
        0u);
}

static void shader(struct stream *s, uint32_t object, uint32_t stage, const char *text)
{
    const uint32_t bytes = (uint32_t)strlen(text) + 1, dwords = (bytes + 3) / 4;

    s->dword[s->count++] = VIRGL_OP_CREATE_OBJECT | VIRGL_TYPE_SHADER << 8 | (5 + dwords) << 16;
    s->dword[s->count++] = object;
    s->dword[s->count++] = stage;
    s->dword[s->count++] = bytes;
    s->dword[s->count++] = 100; /* tokens: room for the host's parser */
    s->dword[s->count++] = 0;
    memset(s->dword + s->count, 0, dwords * 4);
    memcpy(s->dword + s->count, text, bytes);
    s->count += dwords;
    put(s, VIRGL_OP_BIND_SHADER, 0, 2, object, stage);
}

void stream_pipeline(struct stream *s)
{
    CREATE(s, BLEND, 11, (uint32_t)BLEND, 0u, 0u, ALL_CHANNELS, ALL_CHANNELS, ALL_CHANNELS,
           ALL_CHANNELS, ALL_CHANNELS, ALL_CHANNELS, ALL_CHANNELS, ALL_CHANNELS);
    CREATE(s, RASTERIZER, 9, (uint32_t)RASTERIZER, DEPTH_CLIP | HALF_PIXEL_CENTER, bits(1), 0u, 0u,
           bits(1), 0u, 0u, 0u);
    CREATE(s, DSA, 5, (uint32_t)DSA, 0u, 0u, 0u, 0u);
    CREATE(s, VERTEX_ELEMENTS, 5, (uint32_t)ELEMENTS, 0u, 0u, 0u, FORMAT_R32G32B32A32);
    shader(s, VERTEX, 0,
           "VERT\nDCL IN[0]\nDCL OUT[0], POSITION\n  0: MOV OUT[0], IN[0]\n  1: END\n");
    shader(s, FRAGMENT, 1,
           "FRAG\nDCL OUT[0], COLOR\nIMM[0] FLT32 {0.0, 1.0, 0.0, 1.0}\n"
           "  0: MOV OUT[0], IMM[0]\n  1: END\n");
    BIND(s, BLEND, BLEND);
    BIND(s, RASTERIZER, RASTERIZER);
    BIND(s, DSA, DSA);
    BIND(s, VERTEX_ELEMENTS, ELEMENTS);
    put(s, VIRGL_OP_SET_SAMPLE_MASK, 0, 1, ~0u);
}

#define CONSTANTS 32u /* floats */

void stream_draw(struct stream *s, uint32_t buffer, int changed)
{
    if (changed) {
        s->dword[s->count++] = VIRGL_OP_SET_CONSTANT_BUFFER | (2 + CONSTANTS) << 16;
        s->dword[s->count++] = 0; /* of the vertex shader, the first */
        s->dword[s->count++] = 0;
        for (unsigned i = 0; i < CONSTANTS; i++)
            s->dword[s->count++] = bits((float)i);
        put(s, VIRGL_OP_SET_VERTEX_BUFFERS, 0, 3, 16u, 0u, buffer);
    }
    put(s, VIRGL_OP_DRAW_VBO, 0, 12, 0u, 3u, TRIANGLES, 0u, 1u, 0u, 0u, 0u, 0u, 0u, 2u, 0u);
}

void stream_triangle(struct stream *s, uint32_t buffer)
{
    put(s, VIRGL_OP_SET_SUB_CTX, 0, 1, 1u);
    put(s, VIRGL_OP_SET_VERTEX_BUFFERS, 0, 3, 16u, 0u, buffer);
    put(s, VIRGL_OP_DRAW_VBO, 0, 12, 0u, 3u, TRIANGLES, 0u, 1u, 0u, 0u, 0u, 0u, 0u, 2u, 0u);
}
