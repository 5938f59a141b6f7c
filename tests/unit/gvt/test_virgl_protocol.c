/* SPDX-License-Identifier: BSD-3-Clause */
/* The table against Mesa's virgl_protocol.h: it is complete, and lengths and places of handles are
 * those of the header's macros. A macro or a command that a newer Mesa brings fails a case here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include <virgl_protocol.h>

#include "legal.h"

static char text[65536];

static int read_header(void **state)
{
    FILE *f = fopen("/usr/src/virgl_protocol.h", "r");

    (void)state;
    if (!f)
        return -1;
    text[fread(text, 1, sizeof(text) - 1, f)] = 0;
    return fclose(f);
}

/* The next name in the braces behind `from` that starts with `prefix`; NULL: no more. */
static const char *next_name(const char *from, const char *prefix, char name[64])
{
    const char *end = strchr(from, '}'), *found = strstr(from, prefix);
    size_t n = 0;

    if (!found || found > end)
        return NULL;
    found += strlen(prefix);
    while (n < 63 && (isalnum((unsigned char)found[n]) || found[n] == '_'))
        n++;
    memcpy(name, found, n);
    name[n] = 0;
    return found + n;
}

static void test_commands(void **state)
{
    const char *at = strstr(text, "enum virgl_context_cmd {");
    char name[64];
    uint32_t op = 0;

    (void)state;
    assert_non_null(at);
    for (; (at = next_name(at, "VIRGL_CCMD_", name)); op++) {
        const bool typed = op >= VIRGL_CCMD_CREATE_OBJECT && op <= VIRGL_CCMD_DESTROY_OBJECT;
        const struct virgl_rule *rule = virgl_rule(op | (typed ? VIRGL_OBJECT_BLEND << 8 : 0));

        assert_non_null(rule);
        assert_int_equal(strncmp(rule->name, name, strlen(name)), 0);
        assert_int_equal(rule->name[strlen(name)], typed ? ' ' : 0);
        assert_int_equal(virgl_rule(op) == NULL, typed);
    }
    assert_int_equal(op, VIRGL_MAX_COMMANDS);
    assert_int_equal(op, VIRGL_OPCODES);
}

static void test_object_types(void **state)
{
    const char *at = strstr(text, "enum virgl_object_type {");
    char name[64], ours[80];
    uint32_t type = 0;

    (void)state;
    assert_non_null(at);
    for (; (at = next_name(at, "VIRGL_OBJECT_", name)); type++) {
        const struct virgl_rule *create = virgl_rule(VIRGL_CCMD_CREATE_OBJECT | type << 8),
                                *destroy = virgl_rule(VIRGL_CCMD_DESTROY_OBJECT | type << 8);

        assert_int_equal(create == NULL, type == VIRGL_OBJECT_NULL);
        assert_int_equal(destroy == NULL, type == VIRGL_OBJECT_NULL);
        if (!create)
            continue;
        snprintf(ours, sizeof(ours), "CREATE_OBJECT %s", name);
        assert_string_equal(create->name, ours);
        snprintf(ours, sizeof(ours), "DESTROY_OBJECT %s", name);
        assert_string_equal(destroy->name, ours);
    }
    assert_int_equal(type, VIRGL_MAX_OBJECTS);
    assert_int_equal(type, VIRGL_TYPES);
}

enum kind { ONLY, LEAST, ONE_OF, LIST, RESOURCE, LIST_RESOURCE, OBJECT };

/* A macro of the header: what it is, of which command, and its value (for lists: of 0, 1 and 2). */
static const struct macro {
    const char *name;
    enum kind kind;
    uint32_t header, value[3];
} macros[] = {
#define CMD(c) VIRGL_CCMD_##c
#define OBJ(t) (VIRGL_CCMD_CREATE_OBJECT | VIRGL_OBJECT_##t << 8)
#define M(k, c, m)                                                                                 \
    {                                                                                              \
        #m, k, c,                                                                                  \
        {                                                                                          \
            m                                                                                      \
        }                                                                                          \
    }
#define LISTED(k, c, m)                                                                            \
    {                                                                                              \
        #m, k, c,                                                                                  \
        {                                                                                          \
            m(0), m(1), m(2)                                                                       \
        }                                                                                          \
    }
    M(ONLY, OBJ(BLEND), VIRGL_OBJ_BLEND_SIZE),
    M(ONLY, OBJ(DSA), VIRGL_OBJ_DSA_SIZE),
    M(ONLY, OBJ(RASTERIZER), VIRGL_OBJ_RS_SIZE),
    M(ONLY, CMD(CLEAR), VIRGL_OBJ_CLEAR_SIZE),
    {"VIRGL_OBJ_SHADER_HDR_SIZE", LEAST, OBJ(SHADER), {VIRGL_OBJ_SHADER_HDR_SIZE(0)}},
    LISTED(LIST, CMD(SET_VIEWPORT_STATE), VIRGL_SET_VIEWPORT_STATE_SIZE),
    LISTED(LIST, CMD(SET_FRAMEBUFFER_STATE), VIRGL_SET_FRAMEBUFFER_STATE_SIZE),
    LISTED(LIST, OBJ(VERTEX_ELEMENTS), VIRGL_OBJ_VERTEX_ELEMENTS_SIZE),
    LISTED(LIST, CMD(SET_VERTEX_BUFFERS), VIRGL_SET_VERTEX_BUFFERS_SIZE),
    LISTED(ONE_OF, CMD(SET_INDEX_BUFFER), VIRGL_SET_INDEX_BUFFER_SIZE),
    M(ONLY, CMD(SET_UNIFORM_BUFFER), VIRGL_SET_UNIFORM_BUFFER_SIZE),
    M(ONE_OF, CMD(DRAW_VBO), VIRGL_DRAW_VBO_SIZE),
    M(ONE_OF, CMD(DRAW_VBO), VIRGL_DRAW_VBO_SIZE_TESS),
    M(ONE_OF, CMD(DRAW_VBO), VIRGL_DRAW_VBO_SIZE_INDIRECT),
    M(ONLY, OBJ(SURFACE), VIRGL_OBJ_SURFACE_SIZE),
    M(ONLY, OBJ(MSAA_SURFACE), VIRGL_OBJ_MSAA_SURFACE_SIZE),
    M(ONLY, OBJ(STREAMOUT_TARGET), VIRGL_OBJ_STREAMOUT_SIZE),
    M(ONLY, OBJ(SAMPLER_STATE), VIRGL_OBJ_SAMPLER_STATE_SIZE),
    M(ONLY, OBJ(SAMPLER_VIEW), VIRGL_OBJ_SAMPLER_VIEW_SIZE),
    LISTED(LIST, CMD(SET_SAMPLER_VIEWS), VIRGL_SET_SAMPLER_VIEWS_SIZE),
    LISTED(LIST, CMD(BIND_SAMPLER_STATES), VIRGL_BIND_SAMPLER_STATES),
    M(ONLY, CMD(SET_STENCIL_REF), VIRGL_SET_STENCIL_REF_SIZE),
    M(ONLY, CMD(SET_BLEND_COLOR), VIRGL_SET_BLEND_COLOR_SIZE),
    LISTED(LIST, CMD(SET_SCISSOR_STATE), VIRGL_SET_SCISSOR_STATE_SIZE),
    M(ONLY, CMD(RESOURCE_COPY_REGION), VIRGL_CMD_RESOURCE_COPY_REGION_SIZE),
    M(ONLY, CMD(BLIT), VIRGL_CMD_BLIT_SIZE),
    M(ONLY, OBJ(QUERY), VIRGL_OBJ_QUERY_SIZE),
    M(ONLY, CMD(GET_QUERY_RESULT), VIRGL_QUERY_RESULT_SIZE),
    M(ONLY, CMD(SET_RENDER_CONDITION), VIRGL_RENDER_CONDITION_SIZE),
    M(ONLY, CMD(SET_SAMPLE_MASK), VIRGL_SET_SAMPLE_MASK_SIZE),
    M(ONLY, CMD(SET_CLIP_STATE), VIRGL_SET_CLIP_STATE_SIZE),
    M(ONLY, CMD(SET_POLYGON_STIPPLE), VIRGL_POLYGON_STIPPLE_SIZE),
    M(ONLY, CMD(BIND_SHADER), VIRGL_BIND_SHADER_SIZE),
    M(ONLY, CMD(SET_TESS_STATE), VIRGL_TESS_STATE_SIZE),
    M(ONLY, CMD(SET_MIN_SAMPLES), VIRGL_SET_MIN_SAMPLES_SIZE),
    LISTED(LIST, CMD(SET_SHADER_BUFFERS), VIRGL_SET_SHADER_BUFFER_SIZE),
    LISTED(LIST, CMD(SET_SHADER_IMAGES), VIRGL_SET_SHADER_IMAGE_SIZE),
    LISTED(LIST, CMD(SET_ATOMIC_BUFFERS), VIRGL_SET_ATOMIC_BUFFER_SIZE),
    M(ONLY, CMD(MEMORY_BARRIER), VIRGL_MEMORY_BARRIER_SIZE),
    M(ONLY, CMD(LAUNCH_GRID), VIRGL_LAUNCH_GRID_SIZE),
    M(ONLY, CMD(SET_FRAMEBUFFER_STATE_NO_ATTACH), VIRGL_SET_FRAMEBUFFER_STATE_NO_ATTACH_SIZE),
    M(ONLY, CMD(TEXTURE_BARRIER), VIRGL_TEXTURE_BARRIER_SIZE),
    M(ONLY, CMD(GET_QUERY_RESULT_QBO), VIRGL_QUERY_RESULT_QBO_SIZE),
    M(ONLY, CMD(TRANSFER3D), VIRGL_TRANSFER3D_SIZE),
    M(ONLY, CMD(COPY_TRANSFER3D), VIRGL_COPY_TRANSFER3D_SIZE),
    M(ONLY, CMD(SET_TWEAKS), VIRGL_SET_TWEAKS_SIZE),
    M(ONLY, CMD(CLEAR_TEXTURE), VIRGL_CLEAR_TEXTURE_SIZE),
    M(LEAST, CMD(EMIT_STRING_MARKER), VIRGL_SEND_STRING_MARKER_MIN_SIZE),
    M(ONLY, CMD(LINK_SHADER), VIRGL_LINK_SHADER_SIZE),
    M(ONLY, CMD(CLEAR_SURFACE), VIRGL_CLEAR_SURFACE_SIZE),

    LISTED(LIST_RESOURCE, CMD(SET_VERTEX_BUFFERS), VIRGL_SET_VERTEX_BUFFER_HANDLE),
    M(RESOURCE, CMD(SET_INDEX_BUFFER), VIRGL_SET_INDEX_BUFFER_HANDLE),
    M(RESOURCE, CMD(SET_UNIFORM_BUFFER), VIRGL_SET_UNIFORM_BUFFER_RES_HANDLE),
    M(RESOURCE, CMD(DRAW_VBO), VIRGL_DRAW_VBO_INDIRECT_HANDLE),
    M(RESOURCE, CMD(DRAW_VBO), VIRGL_DRAW_VBO_INDIRECT_DRAW_COUNT_HANDLE),
    M(RESOURCE, OBJ(SURFACE), VIRGL_OBJ_SURFACE_RES_HANDLE),
    M(RESOURCE, OBJ(MSAA_SURFACE), VIRGL_OBJ_SURFACE_RES_HANDLE),
    M(RESOURCE, OBJ(STREAMOUT_TARGET), VIRGL_OBJ_STREAMOUT_RES_HANDLE),
    M(RESOURCE, OBJ(SAMPLER_VIEW), VIRGL_OBJ_SAMPLER_VIEW_RES_HANDLE),
    M(RESOURCE, CMD(RESOURCE_COPY_REGION), VIRGL_CMD_RCR_DST_RES_HANDLE),
    M(RESOURCE, CMD(RESOURCE_COPY_REGION), VIRGL_CMD_RCR_SRC_RES_HANDLE),
    M(RESOURCE, CMD(BLIT), VIRGL_CMD_BLIT_DST_RES_HANDLE),
    M(RESOURCE, CMD(BLIT), VIRGL_CMD_BLIT_SRC_RES_HANDLE),
    M(RESOURCE, OBJ(QUERY), VIRGL_OBJ_QUERY_RES_HANDLE),
    M(RESOURCE, CMD(RESOURCE_INLINE_WRITE), VIRGL_RESOURCE_IW_RES_HANDLE),
    M(RESOURCE, CMD(TRANSFER3D), VIRGL_RESOURCE_IW_RES_HANDLE),
    M(RESOURCE, CMD(COPY_TRANSFER3D), VIRGL_RESOURCE_IW_RES_HANDLE),
    M(RESOURCE, CMD(COPY_TRANSFER3D), VIRGL_COPY_TRANSFER3D_SRC_RES_HANDLE),
    LISTED(LIST_RESOURCE, CMD(SET_SHADER_BUFFERS), VIRGL_SET_SHADER_BUFFER_RES_HANDLE),
    LISTED(LIST_RESOURCE, CMD(SET_SHADER_IMAGES), VIRGL_SET_SHADER_IMAGE_RES_HANDLE),
    LISTED(LIST_RESOURCE, CMD(SET_ATOMIC_BUFFERS), VIRGL_SET_ATOMIC_BUFFER_RES_HANDLE),
    M(RESOURCE, CMD(LAUNCH_GRID), VIRGL_LAUNCH_INDIRECT_HANDLE),
    M(RESOURCE, CMD(GET_QUERY_RESULT_QBO), VIRGL_QUERY_RESULT_QBO_QBO_HANDLE),
    M(RESOURCE, CMD(CLEAR_TEXTURE), VIRGL_TEXTURE_HANDLE),

    M(OBJECT, OBJ(BLEND), VIRGL_OBJ_CREATE_HANDLE),
    M(OBJECT, OBJ(BLEND), VIRGL_OBJ_BLEND_HANDLE),
    M(OBJECT, OBJ(DSA), VIRGL_OBJ_DSA_HANDLE),
    M(OBJECT, OBJ(RASTERIZER), VIRGL_OBJ_RS_HANDLE),
    M(OBJECT, OBJ(SHADER), VIRGL_OBJ_SHADER_HANDLE),
    M(OBJECT, OBJ(VERTEX_ELEMENTS), VIRGL_OBJ_VERTEX_ELEMENTS_HANDLE),
    M(OBJECT, OBJ(SURFACE), VIRGL_OBJ_SURFACE_HANDLE),
    M(OBJECT, OBJ(STREAMOUT_TARGET), VIRGL_OBJ_STREAMOUT_HANDLE),
    M(OBJECT, OBJ(SAMPLER_STATE), VIRGL_OBJ_SAMPLER_STATE_HANDLE),
    M(OBJECT, OBJ(SAMPLER_VIEW), VIRGL_OBJ_SAMPLER_VIEW_HANDLE),
    M(OBJECT, OBJ(QUERY), VIRGL_OBJ_QUERY_HANDLE),
    M(OBJECT, CMD(BIND_OBJECT) | VIRGL_OBJECT_BLEND << 8, VIRGL_OBJ_BIND_HANDLE),
    M(OBJECT, CMD(DESTROY_OBJECT) | VIRGL_OBJECT_BLEND << 8, VIRGL_OBJ_DESTROY_HANDLE),
    M(OBJECT, CMD(SET_FRAMEBUFFER_STATE), VIRGL_SET_FRAMEBUFFER_STATE_NR_ZSURF_HANDLE),
    LISTED(OBJECT, CMD(SET_FRAMEBUFFER_STATE), VIRGL_SET_FRAMEBUFFER_STATE_CBUF_HANDLE),
    M(OBJECT, CMD(SET_SAMPLER_VIEWS), VIRGL_SET_SAMPLER_VIEWS_V0_HANDLE),
    M(OBJECT, CMD(BIND_SAMPLER_STATES), VIRGL_BIND_SAMPLER_STATES_S0_HANDLE),
    M(OBJECT, CMD(BEGIN_QUERY), VIRGL_QUERY_BEGIN_HANDLE),
    M(OBJECT, CMD(END_QUERY), VIRGL_QUERY_END_HANDLE),
    M(OBJECT, CMD(GET_QUERY_RESULT), VIRGL_QUERY_RESULT_HANDLE),
    M(OBJECT, CMD(SET_RENDER_CONDITION), VIRGL_RENDER_CONDITION_HANDLE),
    M(OBJECT, CMD(BIND_SHADER), VIRGL_BIND_SHADER_HANDLE),
    M(OBJECT, CMD(GET_QUERY_RESULT_QBO), VIRGL_QUERY_RESULT_QBO_HANDLE),
    M(OBJECT, CMD(LINK_SHADER), VIRGL_LINK_SHADER_VERTEX_HANDLE),
    M(OBJECT, CMD(LINK_SHADER), VIRGL_LINK_SHADER_FRAGMENT_HANDLE),
    M(OBJECT, CMD(LINK_SHADER), VIRGL_LINK_SHADER_GEOMETRY_HANDLE),
    M(OBJECT, CMD(LINK_SHADER), VIRGL_LINK_SHADER_TESS_CTRL_HANDLE),
    M(OBJECT, CMD(LINK_SHADER), VIRGL_LINK_SHADER_TESS_EVAL_HANDLE),
    M(OBJECT, CMD(LINK_SHADER), VIRGL_LINK_SHADER_COMPUTE_HANDLE),
    M(OBJECT, CMD(CLEAR_SURFACE), VIRGL_CLEAR_SURFACE_HANDLE),
};
#define MACROS (sizeof(macros) / sizeof(macros[0]))

/* Sizes and handles of fields, of commands that are refused, and of the table's lists' elements. */
static const char *const others[] = {
    "VIRGL_OBJ_RS_POINT_SIZE",
    "VIRGL_SET_INDEX_BUFFER_INDEX_SIZE",
    "VIRGL_OBJ_STREAMOUT_BUFFER_SIZE",
    "VIRGL_SET_SHADER_BUFFER_ELEMENT_SIZE",
    "VIRGL_SET_SHADER_IMAGE_ELEMENT_SIZE",
    "VIRGL_SET_SHADER_IMAGE_LEVEL_SIZE",
    "VIRGL_SET_ATOMIC_BUFFER_ELEMENT_SIZE",
    "VIRGL_SET_DEBUG_FLAGS_MIN_SIZE",
    "VIRGL_PIPE_RES_CREATE_SIZE",
    "VIRGL_PIPE_RES_CREATE_ARRAY_SIZE",
    "VIRGL_PIPE_RES_SET_TYPE_SIZE",
    "VIRGL_PIPE_RES_SET_TYPE_RES_HANDLE",
    "VIRGL_SEND_STRING_MARKER_STRING_SIZE",
    "VIRGL_CREATE_VIDEO_CODEC_MIN_SIZE",
    "VIRGL_CREATE_VIDEO_CODEC_HANDLE",
    "VIRGL_DESTROY_VIDEO_CODEC_MIN_SIZE",
    "VIRGL_DESTROY_VIDEO_CODEC_HANDLE",
    "VIRGL_CREATE_VIDEO_BUFFER_MIN_SIZE",
    "VIRGL_CREATE_VIDEO_BUFFER_HANDLE",
    "VIRGL_DESTROY_VIDEO_BUFFER_MIN_SIZE",
    "VIRGL_DESTROY_VIDEO_BUFFER_HANDLE",
    "VIRGL_BEGIN_FRAME_MIN_SIZE",
    "VIRGL_BEGIN_FRAME_CDC_HANDLE",
    "VIRGL_BEGIN_FRAME_TGT_HANDLE",
    "VIRGL_DECODE_BS_MIN_SIZE",
    "VIRGL_DECODE_BS_CDC_HANDLE",
    "VIRGL_DECODE_BS_TGT_HANDLE",
    "VIRGL_DECODE_BS_DSC_HANDLE",
    "VIRGL_DECODE_BS_BUF_HANDLE",
    "VIRGL_DECODE_BS_BUF_SIZE",
    "VIRGL_ENCODE_BS_MIN_SIZE",
    "VIRGL_ENCODE_BS_CDC_HANDLE",
    "VIRGL_ENCODE_BS_SRC_HANDLE",
    "VIRGL_ENCODE_BS_DEST_HANDLE",
    "VIRGL_ENCODE_BS_DESC_HANDLE",
    "VIRGL_ENCODE_BS_FEED_HANDLE",
    "VIRGL_END_FRAME_MIN_SIZE",
    "VIRGL_END_FRAME_CDC_HANDLE",
    "VIRGL_END_FRAME_TGT_HANDLE",
};

static void compare(const struct macro *m)
{
    const struct virgl_rule *rule = virgl_rule(m->header);
    const uint32_t *v = m->value, least = legal_least(rule);
    uint32_t length = legal_most(rule) < 0xFFFF ? legal_most(rule) : least;

    switch (m->kind) {
    case ONLY:
        assert_int_equal(least, v[0]);
        assert_int_equal(legal_most(rule), v[0]);
        break;
    case LEAST:
        assert_int_equal(least, v[0]);
        assert_int_equal(legal_most(rule), 0xFFFF);
        break;
    case ONE_OF:
        assert_true(legal_length(rule, v[0]));
        assert_true(!v[1] || legal_length(rule, v[1]));
        break;
    case LIST:
        assert_int_equal(least, v[0]);
        assert_int_equal(v[1] - v[0], rule->step ? rule->step : 1);
        assert_true(legal_length(rule, v[1]) && legal_length(rule, v[2]));
        break;
    case LIST_RESOURCE:
        assert_int_equal(rule->step, v[1] - v[0]);
        assert_true(legal_place(rule, length, v[1]) && legal_place(rule, length, v[2]));
        /* fall through */
    case RESOURCE:
        assert_true(legal_place(rule, length, v[0]));
        break;
    case OBJECT:
        assert_false(legal_place(rule, length, v[0]));
        break;
    }
}

static void test_macros(void **state)
{
    (void)state;
    for (unsigned i = 0; i < MACROS; i++) {
        assert_non_null(virgl_rule(macros[i].header));
        compare(&macros[i]);
    }
}

/* No more handles than the header has names for. */
static void test_places_are_the_headers(void **state)
{
    uint32_t header, n = 0;

    (void)state;
    for (const struct virgl_rule *rule; (rule = legal_rule(n, &header)); n++) {
        const uint32_t length = rule->step ? legal_least(rule) + 3u * rule->step
                                           : (rule->span < 64 ? legal_most(rule) : 24);
        unsigned ours = 0, theirs = 0;

        for (uint32_t i = 1; !rule->refused && i <= length; i++)
            ours += legal_place(rule, length, i);
        for (unsigned i = 0; i < MACROS; i++)
            if (macros[i].header == header)
                theirs += macros[i].kind == RESOURCE ? 1 : macros[i].kind == LIST_RESOURCE ? 3 : 0;
        assert_int_equal(ours, theirs);
    }
}

static bool ends(const char *name, const char *with)
{
    const size_t n = strlen(name), m = strlen(with);

    return n >= m && !strcmp(name + n - m, with);
}

static bool known(const char *name)
{
    for (unsigned i = 0; i < MACROS; i++)
        if (!strcmp(macros[i].name, name))
            return true;
    for (unsigned i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        if (!strcmp(others[i], name))
            return true;
    return false;
}

/* Every size and every handle that the header names is compared above or left out by name. */
static void test_every_macro_is_looked_at(void **state)
{
    unsigned seen = 0;
    char name[64];

    (void)state;
    for (const char *at = text; (at = strstr(at, "#define ")); at++) {
        size_t n = 0;

        for (at += 8; n < 63 && (isalnum((unsigned char)at[n]) || at[n] == '_'); n++)
            name[n] = at[n];
        name[n] = 0;
        if (!ends(name, "_SIZE") && !ends(name, "_HANDLE"))
            continue;
        seen++;
        if (!known(name))
            fail_msg("%s is new", name);
    }
    assert_true(seen > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_commands),
        cmocka_unit_test(test_object_types),
        cmocka_unit_test(test_macros),
        cmocka_unit_test(test_places_are_the_headers),
        cmocka_unit_test(test_every_macro_is_looked_at),
    };

    return cmocka_run_group_tests(tests, read_header, NULL);
}
