/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Owns the table of virgl commands. Opcodes, lengths and places of handles are those of Mesa's
 * virgl_protocol.h, counts those that Gallium knows (pipe/p_state.h); which handle may be 0 is what
 * virglrenderer takes for "none". Whether slots, formats and boxes make sense the physical GPU
 * judges: it fails the one context that sent them.
 */
#include "virgl.h"

#define STAGES        6u /* of a shader: vertex, fragment, geometry, two of tessellation, compute */
#define STAGE_COMPUTE 5u
#define MAX_OUTPUTS   128u /* of a transform feedback */
#define TWEAKS        3u
#define TO_HOST       1u
#define COPY_FLAGS    1u /* synchronized; the other, from the host, is not offered */

static bool check_framebuffer(const uint32_t *c, uint32_t length)
{
    return c[1] == length - 2;
}

/* Dword 5 counts the outputs that are described before the text; of a compute shader it is the size
 * of its local memory. */
static bool check_shader(const uint32_t *c, uint32_t length)
{
    const uint32_t outputs = c[2] == STAGE_COMPUTE ? 0 : c[5];

    return c[2] < STAGES && outputs <= MAX_OUTPUTS && length >= 5 + (outputs ? 4 + 2 * outputs : 0);
}

static bool check_transfer(const uint32_t *c, uint32_t length)
{
    (void)length;
    return c[13] == TO_HOST; /* what comes back comes by requests of their own */
}

static bool check_copy_transfer(const uint32_t *c, uint32_t length)
{
    (void)length;
    return !(c[14] & ~COPY_FLAGS);
}

static bool check_tweak(const uint32_t *c, uint32_t length)
{
    (void)length;
    return c[1] < TWEAKS;
}

/* Dword 1 is the text's length in bytes. */
static bool check_marker(const uint32_t *c, uint32_t length)
{
    return c[1] <= 4 * (length - 1);
}

/* Lengths, which end the sum of .from that COMMAND and OBJECT begin */
#define KIND(op, type)      ((uint32_t)(op) << 16 | (uint32_t)(type) << 24)
#define EXACTLY(n)          (n), .span = 0
#define UP_TO(n, most)      (n), .span = (most) - (n)
#define AT_LEAST(n)         UP_TO(n, UINT16_MAX)
#define EACH(n, size, most) (n), .span = (size) * (most), .step = (size)
#define EITHER(a, b)        ONE_OF(a, b, b)
#define ONE_OF(a, b, c)                                                                            \
    (a), .span = (c) - (a), .holes = ((1u << ((c) - (a))) - 1) & ~(1u | 1u << ((b) - (a)))
/* Places of handles */
#define AT(a)         .first = (a), .count = 1
#define AT_BOTH(a, b) .first = (a), .stride = (b) - (a), .count = 2
#define EVERY(a, s)   .first = (a), .stride = (s), .count = UINT8_MAX
#define OR_NONE       .none = true
#define CHECK(f)      .check = (f), .checked = true
#define NOTED         .noted = true

#define COMMAND(op, ...)                                                                           \
    [VIRGL_OP_##op] = {.name = #op, .from = KIND(VIRGL_OP_##op, 0) + __VA_ARGS__}
#define REFUSED(op, because) [VIRGL_OP_##op] = {.name = #op, .refused = (because)}
#define OBJECT(op, type, ...)                                                                      \
    [VIRGL_OBJECT_ROW(VIRGL_OP_##op##_OBJECT, VIRGL_TYPE_##type)] = {                              \
        .name = #op "_OBJECT " #type,                                                              \
        .from = KIND(VIRGL_OP_##op##_OBJECT, VIRGL_TYPE_##type) + __VA_ARGS__}
#define CREATE(type, ...) OBJECT(CREATE, type, __VA_ARGS__), OBJECT(DESTROY, type, EXACTLY(1))
#define BIND(type)        OBJECT(BIND, type, EXACTLY(1))

/* Codecs have parsers of their own on the host; the capability set offers none. */
#define VIDEO "video is not offered"

/*
 * Commands that need a word:
 * - TRANSFER3D, COPY_TRANSFER3D move data between a resource and its backing, or that of a second
 *   (staging) resource, which is a handle like any other. The physical GPU checks offset and
 *   strides against the backing. A physical resource's backing is its own pages, never the guest's
 *   memory: nothing else is in reach. Who keeps the resources copies between the two (docs/gvt.md).
 * - CREATE_SUB_CTX costs the renderer a GL context. Every pipe context of Mesa is one, so it cannot
 *   be refused, and how many there are only who keeps the context can tell. The same holds for
 *   objects.
 * - SET_DEBUG_FLAGS: Mesa sends it when a variable of its environment asks for it.
 * - SET_TWEAKS chooses for its context how formats are emulated on a GLES host.
 * - EMIT_STRING_MARKER is text for the GL driver's debug log; GL's debug groups become that.
 * - LINK_SHADER asks to compile now what the next draw would compile.
 * - END_TRANSFERS, NOP: whatever follows is skipped; Mesa fills a page with the first.
 * - SET_STREAMOUT_TARGETS, SET_FRAMEBUFFER_STATE, CLEAR_SURFACE name objects, not resources.
 */
const struct virgl_rule virgl_commands[VIRGL_COMMAND_ROWS] = {
    COMMAND(NOP, AT_LEAST(0)),
    COMMAND(SET_VIEWPORT_STATE, EACH(1, 6, 16)),
    COMMAND(SET_FRAMEBUFFER_STATE, UP_TO(2, 10), CHECK(check_framebuffer)),
    COMMAND(SET_VERTEX_BUFFERS, EACH(0, 3, 32), EVERY(3, 3), OR_NONE),
    COMMAND(CLEAR, EXACTLY(8)),
    COMMAND(DRAW_VBO, ONE_OF(12, 14, 20), AT_BOTH(15, 20), OR_NONE),
    COMMAND(RESOURCE_INLINE_WRITE, AT_LEAST(12), AT(1)),
    COMMAND(SET_SAMPLER_VIEWS, UP_TO(2, 130)),
    COMMAND(SET_INDEX_BUFFER, EITHER(1, 3), AT(1), OR_NONE),
    COMMAND(SET_CONSTANT_BUFFER, AT_LEAST(2)),
    COMMAND(SET_STENCIL_REF, EXACTLY(1)),
    COMMAND(SET_BLEND_COLOR, EXACTLY(4)),
    COMMAND(SET_SCISSOR_STATE, EACH(1, 2, 16)),
    COMMAND(BLIT, EXACTLY(21), AT_BOTH(4, 13)),
    COMMAND(RESOURCE_COPY_REGION, EXACTLY(13), AT_BOTH(1, 6)),
    COMMAND(BIND_SAMPLER_STATES, UP_TO(2, 34)),
    COMMAND(BEGIN_QUERY, EXACTLY(1)),
    COMMAND(END_QUERY, EXACTLY(1)),
    COMMAND(GET_QUERY_RESULT, EXACTLY(2), NOTED),
    COMMAND(SET_POLYGON_STIPPLE, EXACTLY(32)),
    COMMAND(SET_CLIP_STATE, EXACTLY(32)),
    COMMAND(SET_SAMPLE_MASK, EXACTLY(1)),
    COMMAND(SET_STREAMOUT_TARGETS, UP_TO(1, 17)),
    COMMAND(SET_RENDER_CONDITION, EXACTLY(3)),
    COMMAND(SET_UNIFORM_BUFFER, EXACTLY(5), AT(5), OR_NONE),
    COMMAND(SET_SUB_CTX, EXACTLY(1)),
    COMMAND(CREATE_SUB_CTX, EXACTLY(1)),
    COMMAND(DESTROY_SUB_CTX, EXACTLY(1), NOTED),
    COMMAND(BIND_SHADER, EXACTLY(2)),
    COMMAND(SET_TESS_STATE, EXACTLY(6)),
    COMMAND(SET_MIN_SAMPLES, EXACTLY(1)),
    COMMAND(SET_SHADER_BUFFERS, EACH(2, 3, 32), EVERY(5, 3), OR_NONE),
    COMMAND(SET_SHADER_IMAGES, EACH(2, 5, 64), EVERY(7, 5), OR_NONE),
    COMMAND(MEMORY_BARRIER, EXACTLY(1)),
    COMMAND(LAUNCH_GRID, EXACTLY(8), AT(7), OR_NONE),
    COMMAND(SET_FRAMEBUFFER_STATE_NO_ATTACH, EXACTLY(2)),
    COMMAND(TEXTURE_BARRIER, EXACTLY(1)),
    COMMAND(SET_ATOMIC_BUFFERS, EACH(1, 3, 32), EVERY(4, 3), OR_NONE),
    REFUSED(SET_DEBUG_FLAGS, "it makes the host's renderer write logs and files"),
    COMMAND(GET_QUERY_RESULT_QBO, EXACTLY(6), AT(2)),
    COMMAND(TRANSFER3D, EXACTLY(13), AT(1), CHECK(check_transfer), NOTED),
    COMMAND(END_TRANSFERS, AT_LEAST(0)),
    COMMAND(COPY_TRANSFER3D, EXACTLY(14), AT_BOTH(1, 12), CHECK(check_copy_transfer), NOTED),
    COMMAND(SET_TWEAKS, EXACTLY(2), CHECK(check_tweak)),
    COMMAND(CLEAR_TEXTURE, EXACTLY(12), AT(1)),
    REFUSED(PIPE_RESOURCE_CREATE, "it takes memory past the quota; blobs are not offered"),
    REFUSED(PIPE_RESOURCE_SET_TYPE, "it lays a picture over memory at will; blobs are not offered"),
    REFUSED(GET_MEMORY_INFO, "it tells how much of the GPU's memory others use"),
    COMMAND(EMIT_STRING_MARKER, AT_LEAST(2), CHECK(check_marker)),
    COMMAND(LINK_SHADER, EXACTLY(6)),
    REFUSED(CREATE_VIDEO_CODEC, VIDEO),
    REFUSED(DESTROY_VIDEO_CODEC, VIDEO),
    REFUSED(CREATE_VIDEO_BUFFER, VIDEO),
    REFUSED(DESTROY_VIDEO_BUFFER, VIDEO),
    REFUSED(BEGIN_FRAME, VIDEO),
    REFUSED(DECODE_MACROBLOCK, VIDEO),
    REFUSED(DECODE_BITSTREAM, VIDEO),
    REFUSED(ENCODE_BITSTREAM, VIDEO),
    REFUSED(END_FRAME, VIDEO),
    COMMAND(CLEAR_SURFACE, EXACTLY(10)),
};

/* Objects of the other types are bound by commands of their own. */
const struct virgl_rule virgl_objects[VIRGL_OBJECT_ROWS] = {
    CREATE(BLEND, EXACTLY(11)),
    CREATE(RASTERIZER, EXACTLY(9)),
    CREATE(DSA, EXACTLY(5)),
    CREATE(SHADER, AT_LEAST(5), CHECK(check_shader)),
    CREATE(VERTEX_ELEMENTS, EACH(1, 4, 32)),
    CREATE(SAMPLER_VIEW, EXACTLY(6), AT(2)),
    CREATE(SAMPLER_STATE, EXACTLY(9)),
    CREATE(SURFACE, EXACTLY(5), AT(2)),
    OBJECT(CREATE, QUERY, EXACTLY(4), AT(4), NOTED),
    OBJECT(DESTROY, QUERY, EXACTLY(1), NOTED),
    CREATE(STREAMOUT_TARGET, EXACTLY(4), AT(2)),
    CREATE(MSAA_SURFACE, EXACTLY(6), AT(2)),
    BIND(BLEND),
    BIND(RASTERIZER),
    BIND(DSA),
    BIND(VERTEX_ELEMENTS),
};

const struct virgl_rule *virgl_rule(uint32_t header)
{
    const uint32_t op = header & 0xFF, type = header >> 8 & 0xFF;
    const struct virgl_rule *rule;

    if (op >= VIRGL_OPCODES || type >= VIRGL_TYPES)
        return NULL;
    if (op >= VIRGL_OP_CREATE_OBJECT && op <= VIRGL_OP_DESTROY_OBJECT)
        rule = virgl_object_row(header);
    else
        rule = type ? NULL : &virgl_commands[op];
    return rule && rule->name ? rule : NULL;
}
