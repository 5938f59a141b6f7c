/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the scenes that draw with what lies around shaders: buffers, textures, targets, tests,
 * queries. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "gl.h"

static const char plain_vertex[] =
    "#version 300 es\n"
    "in vec4 at; uniform mat4 m; out vec3 p;\n"
    "void main() { p = at.xyz; gl_PointSize = 7.0; gl_Position = m * at; }\n";
static const char plain_fragment[] =
    "#version 300 es\n"
    "precision highp float; in vec3 p; uniform vec4 tint; out vec4 c;\n"
    "void main() { c = vec4(p * 0.5 + 0.5, 1) * tint; }\n";
static const char textured_fragment[] =
    "#version 300 es\n"
    "precision highp float; in vec3 p; uniform sampler2D tex; out vec4 c;\n"
    "void main() { c = texture(tex, p.xy * 0.5 + 0.5); }\n";

static const GLfloat straight[16] = {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1};

static bool plain(const char *fragment)
{
    if (!gl_program("scene", plain_vertex, fragment))
        return false;
    glUniformMatrix4fv(gl_uniform("m"), 1, GL_FALSE, straight);
    glUniform4f(gl_uniform("tint"), 1, 1, 1, 1);
    return true;
}

static void attribute(const GLfloat *values, GLsizeiptr bytes, GLint each)
{
    GLuint buffer;

    glGenBuffers(1, &buffer);
    glBindBuffer(GL_ARRAY_BUFFER, buffer);
    glBufferData(GL_ARRAY_BUFFER, bytes, values, GL_DYNAMIC_DRAW);
    glVertexAttribPointer(0, each, GL_FLOAT, GL_FALSE, 0, NULL);
    glEnableVertexAttribArray(0);
}

/* A texture of SIDE x SIDE as the target of what follows. */
static GLuint texture_target(GLenum format)
{
    GLuint texture, frame;

    glGenTextures(1, &texture);
    glBindTexture(GL_TEXTURE_2D, texture);
    glTexStorage2D(GL_TEXTURE_2D, 1, format, SIDE, SIDE);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_LINEAR);
    glGenFramebuffers(1, &frame);
    glBindFramebuffer(GL_FRAMEBUFFER, frame);
    glFramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, texture, 0);
    return texture;
}

static bool draw_cubes(void)
{
    static const GLfloat corner[] = {-1, -1, -1, 1, -1, -1, -1, 1, -1, 1, 1, -1,
                                     -1, -1, 1,  1, -1, 1,  -1, 1, 1,  1, 1, 1};
    static const GLubyte side[] = {0, 2, 1, 1, 2, 3, 4, 5, 6, 5, 7, 6, 0, 1, 4, 1, 5, 4,
                                   2, 6, 3, 3, 6, 7, 0, 4, 2, 2, 4, 6, 1, 3, 5, 3, 7, 5};

    if (!plain(plain_fragment))
        return false;
    attribute(corner, sizeof(corner), 3);
    glEnable(GL_DEPTH_TEST);
    glEnable(GL_CULL_FACE);
    for (int i = 0; i < 5; i++) {
        const float a = 0.4f + 0.7f * (float)i, s = 0.3f * sinf(a), c = 0.3f * cosf(a);
        const GLfloat m[16] = {c,
                               s * 0.5f,
                               s,
                               s * 0.2f,
                               0,
                               0.3f,
                               -s * 0.5f,
                               0.1f,
                               -s,
                               c * 0.5f,
                               c,
                               c * 0.2f,
                               0.2f * (float)(i - 2),
                               0.1f * (float)i - 0.2f,
                               0,
                               1.2f};

        glUniformMatrix4fv(gl_uniform("m"), 1, GL_FALSE, m);
        glDrawElements(GL_TRIANGLES, sizeof(side), GL_UNSIGNED_BYTE, side);
    }
    return true;
}

static bool draw_blended(void)
{
    static const GLenum source[] = {GL_ONE, GL_SRC_ALPHA, GL_DST_COLOR, GL_CONSTANT_COLOR};
    static const GLenum target[] = {GL_ONE, GL_ONE_MINUS_SRC_ALPHA, GL_ZERO,
                                    GL_ONE_MINUS_DST_ALPHA};
    static const GLenum how[] = {GL_FUNC_ADD, GL_FUNC_ADD, GL_FUNC_REVERSE_SUBTRACT, GL_MAX};

    if (!plain(plain_fragment))
        return false;
    glClearColor(0.2f, 0.3f, 0.4f, 0.8f);
    glClear(GL_COLOR_BUFFER_BIT);
    glEnable(GL_BLEND);
    glEnable(GL_SCISSOR_TEST);
    glBlendColor(0.3f, 0.6f, 0.9f, 0.5f);
    for (int i = 0; i < 4; i++) {
        glScissor(16 * i, 4 * i, 30, 50);
        glBlendFunc(source[i], target[i]);
        glBlendEquation(how[i]);
        glUniform4f(gl_uniform("tint"), 0.9f, 0.5f, 0.7f, 0.6f);
        gl_quad();
    }
    glBlendEquation(GL_FUNC_ADD);
    return true;
}

static bool draw_stencilled(void)
{
    static const GLfloat hole[] = {-0.7f, -0.6f, 0.8f, -0.3f, 0, 0.9f};

    if (!plain(plain_fragment))
        return false;
    attribute(hole, sizeof(hole), 2);
    glEnable(GL_STENCIL_TEST);
    glStencilFunc(GL_ALWAYS, 3, 0xFF);
    glStencilOp(GL_KEEP, GL_KEEP, GL_REPLACE);
    glColorMask(0, 0, 0, 0);
    glDrawArrays(GL_TRIANGLES, 0, 3);
    glColorMask(1, 1, 0, 1);
    glStencilFunc(GL_NOTEQUAL, 3, 0x0F);
    glStencilOp(GL_KEEP, GL_INCR, GL_INCR_WRAP);
    gl_quad();
    return true;
}

static bool clear_parts(void)
{
    static const GLfloat colour[4] = {0.1f, 0.8f, 0.3f, 1};

    glEnable(GL_SCISSOR_TEST);
    for (int i = 0; i < 8; i++) {
        glScissor(i * 8, i * 5, 12, 64 - i * 6);
        glClearColor((float)i / 8, 1 - (float)i / 8, 0.5f, 1);
        glClear(GL_COLOR_BUFFER_BIT);
    }
    glScissor(20, 20, 10, 10);
    glClearBufferfv(GL_COLOR, 0, colour);
    return true;
}

static bool draw_mipmaps(void)
{
    static const GLfloat m[16] = {1, 0, 0, 0, 0, 0.8f, 0, 0.75f, 0, 0, 1, 0, 0, 0, 0, 1};

    if (!plain("#version 300 es\nprecision highp float; in vec3 p; uniform sampler2D tex; out vec4 "
               "c;\n"
               "void main() { c = texture(tex, p.xy * 5.0); }\n"))
        return false;
    gl_texture(64);
    glGenerateMipmap(GL_TEXTURE_2D);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_LINEAR_MIPMAP_LINEAR);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_S, GL_MIRRORED_REPEAT);
    glUniformMatrix4fv(gl_uniform("m"), 1, GL_FALSE, m);
    gl_quad();
    return true;
}

static bool draw_own_levels(void)
{
    static const uint8_t colour[4][4] = {
        {255, 0, 0, 255}, {0, 255, 0, 255}, {0, 0, 255, 255}, {255, 255, 0, 255}};
    uint8_t texel[8 * 8 * 4];
    GLuint texture;

    if (!plain("#version 300 es\nprecision highp float; in vec3 p; uniform sampler2D tex; out vec4 "
               "c;\n"
               "void main() { c = textureLod(tex, p.xy, (p.x + 1.0) * 1.5); }\n"))
        return false;
    glGenTextures(1, &texture);
    glBindTexture(GL_TEXTURE_2D, texture);
    for (int level = 0; level < 4; level++) {
        for (int i = 0; i < 64; i++)
            memcpy(texel + 4 * i, colour[(level + i / 3) % 4], 4);
        glTexImage2D(GL_TEXTURE_2D, level, GL_RGBA, 8 >> level, 8 >> level, 0, GL_RGBA,
                     GL_UNSIGNED_BYTE, texel);
    }
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_NEAREST_MIPMAP_NEAREST);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_NEAREST);
    gl_quad();
    return true;
}

static bool draw_cube_map(void)
{
    uint8_t texel[16 * 16 * 4];
    GLuint texture;

    if (!plain(
            "#version 300 es\nprecision highp float; in vec3 p; uniform samplerCube tex; out vec4 "
            "c;\n"
            "void main() { c = texture(tex, vec3(p.xy * 2.0, 1.0 - dot(p.xy, p.xy) * 1.5)); }\n"))
        return false;
    glGenTextures(1, &texture);
    glBindTexture(GL_TEXTURE_CUBE_MAP, texture);
    for (unsigned face = 0; face < 6; face++) {
        for (unsigned i = 0; i < sizeof(texel); i++)
            texel[i] = (uint8_t)(i * (face + 3) + face * 40);
        glTexImage2D(GL_TEXTURE_CUBE_MAP_POSITIVE_X + face, 0, GL_RGBA, 16, 16, 0, GL_RGBA,
                     GL_UNSIGNED_BYTE, texel);
    }
    glTexParameteri(GL_TEXTURE_CUBE_MAP, GL_TEXTURE_MIN_FILTER, GL_LINEAR);
    gl_quad();
    return true;
}

static bool draw_volume(GLenum target, const char *fragment)
{
    uint8_t texel[8 * 8 * 8 * 4];
    GLuint texture;

    if (!plain(fragment))
        return false;
    for (unsigned i = 0; i < sizeof(texel); i++)
        texel[i] = (uint8_t)(i * 7 + i / 256 * 31);
    glGenTextures(1, &texture);
    glBindTexture(target, texture);
    glTexImage3D(target, 0, GL_RGBA8, 8, 8, 8, 0, GL_RGBA, GL_UNSIGNED_BYTE, texel);
    glTexSubImage3D(target, 0, 2, 3, 4, 3, 2, 2, GL_RGBA, GL_UNSIGNED_BYTE, texel);
    glTexParameteri(target, GL_TEXTURE_MIN_FILTER, GL_LINEAR);
    gl_quad();
    return true;
}

static bool draw_3d_texture(void)
{
    return draw_volume(
        GL_TEXTURE_3D,
        "#version 300 es\nprecision highp float; precision highp sampler3D; in vec3 p;\n"
        "uniform sampler3D tex; out vec4 c; void main() { c = texture(tex, vec3(p.xy, p.x * p.y)); "
        "}\n");
}

static bool draw_array_texture(void)
{
    return draw_volume(
        GL_TEXTURE_2D_ARRAY,
        "#version 300 es\nprecision highp float; precision highp sampler2DArray; in vec3 p;\n"
        "uniform sampler2DArray tex; out vec4 c; void main() { c = texture(tex, vec3(p.xy, p.x * "
        "4.0 + 4.0)); }\n");
}

static bool draw_through_texture(void)
{
    const GLuint texture = texture_target(GL_RGBA8);

    glViewport(0, 0, SIDE, SIDE);
    if (!draw_own_levels() || !plain(textured_fragment))
        return false;
    gl_bind_target();
    glBindTexture(GL_TEXTURE_2D, texture);
    glEnable(GL_SCISSOR_TEST);
    glScissor(3, 5, 55, 50);
    gl_quad();
    return true;
}

static bool draw_float_target(void)
{
    const GLuint texture = texture_target(GL_RGBA16F);

    if (glCheckFramebufferStatus(GL_FRAMEBUFFER) != GL_FRAMEBUFFER_COMPLETE ||
        !plain(plain_fragment))
        return false;
    glUniform4f(gl_uniform("tint"), 3, -2, 5, 1);
    gl_quad();
    if (!plain("#version 300 es\nprecision highp float; in vec3 p; uniform sampler2D tex; out vec4 "
               "c;\n"
               "void main() { c = abs(texture(tex, p.xy * 0.5 + 0.5)) * 0.2; }\n"))
        return false;
    gl_bind_target();
    glBindTexture(GL_TEXTURE_2D, texture);
    gl_quad();
    return true;
}

static bool draw_several_targets(void)
{
    static const GLenum both[] = {GL_COLOR_ATTACHMENT0, GL_COLOR_ATTACHMENT1};
    const GLuint first = texture_target(GL_RGBA8);
    GLuint second;

    glGenTextures(1, &second);
    glBindTexture(GL_TEXTURE_2D, second);
    glTexStorage2D(GL_TEXTURE_2D, 1, GL_RGB10_A2, SIDE, SIDE);
    glFramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT1, GL_TEXTURE_2D, second, 0);
    glDrawBuffers(2, both);
    if (!plain("#version 300 es\nprecision highp float; in vec3 p; layout(location = 0) out vec4 "
               "a; layout(location = 1) out vec4 b;\n"
               "void main() { a = vec4(p.xy, 0.3, 1); b = vec4(1.0 - p.yx, 0.7, 1); }\n"))
        return false;
    gl_quad();
    if (!plain(textured_fragment))
        return false;
    gl_bind_target();
    glEnable(GL_SCISSOR_TEST);
    for (int i = 0; i < 2; i++) {
        glBindTexture(GL_TEXTURE_2D, i ? second : first);
        glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_NEAREST);
        glScissor(32 * i, 0, 32, 64);
        gl_quad();
    }
    return true;
}

static bool draw_multisampled(void)
{
    static const GLfloat corner[] = {-0.9f, -0.8f, 0.8f, -0.35f, -0.1f, 0.93f};
    GLuint frame, colour;
    GLint own;

    if (!plain(plain_fragment))
        return false;
    glGetIntegerv(GL_DRAW_FRAMEBUFFER_BINDING, &own);
    glGenRenderbuffers(1, &colour);
    glBindRenderbuffer(GL_RENDERBUFFER, colour);
    glRenderbufferStorageMultisample(GL_RENDERBUFFER, 4, GL_RGBA8, SIDE, SIDE);
    glGenFramebuffers(1, &frame);
    glBindFramebuffer(GL_FRAMEBUFFER, frame);
    glFramebufferRenderbuffer(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_RENDERBUFFER, colour);
    glClearColor(0, 0, 0.5f, 1);
    glClear(GL_COLOR_BUFFER_BIT);
    attribute(corner, sizeof(corner), 2);
    glDrawArrays(GL_TRIANGLES, 0, 3);
    glBindFramebuffer(GL_DRAW_FRAMEBUFFER, (GLuint)own);
    glBlitFramebuffer(0, 0, SIDE, SIDE, 0, 0, SIDE, SIDE, GL_COLOR_BUFFER_BIT, GL_NEAREST);
    return true;
}

static bool draw_scaled(void)
{
    const GLuint texture = texture_target(GL_RGBA8);
    GLint own;

    glGetIntegerv(GL_DRAW_FRAMEBUFFER_BINDING, &own);
    if (!texture || !plain(plain_fragment))
        return false;
    gl_quad();
    gl_bind_target();
    glBindFramebuffer(GL_READ_FRAMEBUFFER, (GLuint)own);
    glBlitFramebuffer(5, 7, 40, 30, 60, 2, 3, 50, GL_COLOR_BUFFER_BIT, GL_LINEAR);
    glBlitFramebuffer(0, 0, 20, 20, 0, 54, 10, 64, GL_COLOR_BUFFER_BIT, GL_NEAREST);
    return true;
}

static bool draw_instances(void)
{
    static const GLfloat corner[] = {-0.1f, -0.1f, 0.1f, -0.1f, 0, 0.12f};
    GLfloat place[40][2];
    GLuint buffer;

    if (!gl_program("instances",
                    "#version 300 es\nin vec2 at; layout(location = 1) in vec2 place; out vec3 p;\n"
                    "void main() { p = vec3(place, float(gl_InstanceID) / 20.0 - 1.0); gl_Position "
                    "= vec4(at + place, 0, 1); }\n",
                    plain_fragment))
        return false;
    glUniform4f(gl_uniform("tint"), 1, 1, 1, 1);
    for (int i = 0; i < 40; i++) {
        place[i][0] = (float)(i % 8) * 0.26f - 0.9f;
        place[i][1] = (float)i / 8 * 0.4f - 0.9f;
    }
    attribute(corner, sizeof(corner), 2);
    glGenBuffers(1, &buffer);
    glBindBuffer(GL_ARRAY_BUFFER, buffer);
    glBufferData(GL_ARRAY_BUFFER, sizeof(place), place, GL_STATIC_DRAW);
    glVertexAttribPointer(1, 2, GL_FLOAT, GL_FALSE, 0, NULL);
    glVertexAttribDivisor(1, 1);
    glEnableVertexAttribArray(1);
    glDrawArraysInstanced(GL_TRIANGLES, 0, 3, 40);
    glVertexAttribDivisor(1, 0);
    glDisableVertexAttribArray(1);
    return true;
}

/* One buffer, changed in front of each draw in one of four ways. */
static bool draw_changing_buffer(void)
{
    GLfloat strip[8] = {0};

    if (!plain(plain_fragment))
        return false;
    attribute(strip, sizeof(strip), 2);
    for (int i = 0; i < 32; i++) {
        const float x = (float)i / 16 - 1, y = sinf((float)i * 0.4f) * 0.8f;
        const GLfloat now[8] = {x, -1, x + 0.05f, -1, x, y, x + 0.05f, y + 0.1f};
        const GLbitfield way =
            i % 4 == 2 ? GL_MAP_INVALIDATE_BUFFER_BIT : GL_MAP_INVALIDATE_RANGE_BIT;

        if (i % 4 == 0)
            glBufferSubData(GL_ARRAY_BUFFER, 0, sizeof(now), now);
        else if (i % 4 == 1)
            glBufferData(GL_ARRAY_BUFFER, sizeof(now), now, GL_STREAM_DRAW);
        else
            memcpy(glMapBufferRange(GL_ARRAY_BUFFER, 0, sizeof(now), GL_MAP_WRITE_BIT | way), now,
                   sizeof(now));
        if (i % 4 > 1)
            glUnmapBuffer(GL_ARRAY_BUFFER);
        glDrawArrays(GL_TRIANGLE_STRIP, 0, 4);
    }
    return true;
}

static bool draw_copied_buffer(void)
{
    static const GLfloat corner[] = {-0.9f, -0.9f, 0.9f, -0.9f, -0.9f, 0.9f, 0.6f, 0.7f};
    GLuint copy;

    if (!plain(plain_fragment))
        return false;
    attribute(corner, sizeof(corner), 2);
    glGenBuffers(1, &copy);
    glBindBuffer(GL_COPY_WRITE_BUFFER, copy);
    glBufferData(GL_COPY_WRITE_BUFFER, sizeof(corner), NULL, GL_STATIC_COPY);
    glCopyBufferSubData(GL_ARRAY_BUFFER, GL_COPY_WRITE_BUFFER, 0, 0, sizeof(corner));
    glBindBuffer(GL_ARRAY_BUFFER, copy);
    glVertexAttribPointer(0, 2, GL_FLOAT, GL_FALSE, 0, NULL);
    glDrawArrays(GL_TRIANGLE_STRIP, 0, 4);
    return true;
}

static bool draw_changing_texture(void)
{
    uint8_t patch[12 * 12 * 4];

    if (!plain(textured_fragment))
        return false;
    gl_texture(32);
    glEnable(GL_SCISSOR_TEST);
    for (int i = 0; i < 6; i++) {
        memset(patch, 40 * i + 20, sizeof(patch));
        glTexSubImage2D(GL_TEXTURE_2D, 0, i * 3, 20 - i * 3, 12, 12, GL_RGBA, GL_UNSIGNED_BYTE,
                        patch);
        glScissor(i * 11, 0, 11, 64);
        gl_quad();
    }
    return true;
}

static bool draw_small_formats(void)
{
    static const struct {
        GLenum inside, format, type;
    } kind[] = {{GL_R8, GL_RED, GL_UNSIGNED_BYTE},
                {GL_RG8, GL_RG, GL_UNSIGNED_BYTE},
                {GL_RGB565, GL_RGB, GL_UNSIGNED_SHORT_5_6_5},
                {GL_RGBA4, GL_RGBA, GL_UNSIGNED_SHORT_4_4_4_4},
                {GL_RGB5_A1, GL_RGBA, GL_UNSIGNED_SHORT_5_5_5_1},
                {GL_RGB10_A2, GL_RGBA, GL_UNSIGNED_INT_2_10_10_10_REV},
                {GL_SRGB8_ALPHA8, GL_RGBA, GL_UNSIGNED_BYTE},
                {GL_RGB9_E5, GL_RGB, GL_HALF_FLOAT}};
    uint8_t texel[16 * 16 * 8];
    GLuint texture;

    if (!plain(textured_fragment))
        return false;
    for (unsigned i = 0; i < sizeof(texel); i++)
        texel[i] = (uint8_t)(i * 29 % 113);
    glEnable(GL_SCISSOR_TEST);
    for (int i = 0; i < 8; i++) {
        glGenTextures(1, &texture);
        glBindTexture(GL_TEXTURE_2D, texture);
        glTexImage2D(GL_TEXTURE_2D, 0, (GLint)kind[i].inside, 16, 16, 0, kind[i].format,
                     kind[i].type, texel);
        glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_LINEAR);
        glScissor(i * 8, 0, 8, 64);
        gl_quad();
    }
    return true;
}

static bool draw_compressed(void)
{
    uint8_t block[4 * 4 * 8];
    GLuint texture;

    if (!plain(textured_fragment))
        return false;
    for (unsigned i = 0; i < sizeof(block); i++)
        block[i] = (uint8_t)(i * 73 + i / 8 * 5);
    glGenTextures(1, &texture);
    glBindTexture(GL_TEXTURE_2D, texture);
    glCompressedTexImage2D(GL_TEXTURE_2D, 0, GL_COMPRESSED_RGB8_ETC2, 16, 16, 0, sizeof(block),
                           block);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_LINEAR);
    gl_quad();
    return true;
}

/* Pixels through a buffer: out of the target, and back as a texture. */
static bool draw_pixel_buffer(void)
{
    GLuint buffer;

    if (!draw_cubes() || !plain(textured_fragment))
        return false;
    glGenBuffers(1, &buffer);
    glBindBuffer(GL_PIXEL_PACK_BUFFER, buffer);
    glBufferData(GL_PIXEL_PACK_BUFFER, FRAME_BYTES, NULL, GL_STREAM_READ);
    glReadPixels(0, 0, SIDE, SIDE, GL_RGBA, GL_UNSIGNED_BYTE, NULL);
    glBindBuffer(GL_PIXEL_PACK_BUFFER, 0);
    gl_texture(SIDE);
    glBindBuffer(GL_PIXEL_UNPACK_BUFFER, buffer);
    glTexSubImage2D(GL_TEXTURE_2D, 0, 0, 0, SIDE, SIDE, GL_RGBA, GL_UNSIGNED_BYTE, NULL);
    glBindBuffer(GL_PIXEL_UNPACK_BUFFER, 0);
    glDisable(GL_DEPTH_TEST);
    glDisable(GL_CULL_FACE);
    glEnable(GL_SCISSOR_TEST);
    glScissor(10, 10, 44, 44);
    gl_quad();
    return true;
}

static bool copy_to_texture(void)
{
    if (!draw_cubes() || !plain(textured_fragment))
        return false;
    gl_texture(32);
    glCopyTexSubImage2D(GL_TEXTURE_2D, 0, 4, 4, 20, 20, 24, 24);
    glDisable(GL_DEPTH_TEST);
    glDisable(GL_CULL_FACE);
    gl_quad();
    return true;
}

/* The answers of queries become colours. */
static bool draw_occlusion(void)
{
    static const GLfloat half[] = {-1, -1, 0, -1, -1, 1, 0, 1};
    GLuint query[8], seen;

    if (!plain(plain_fragment))
        return false;
    glEnable(GL_DEPTH_TEST);
    gl_quad();
    glGenQueries(8, query);
    for (int i = 0; i < 8; i++) {
        GLfloat m[16];

        memcpy(m, straight, sizeof(m));
        m[14] = i % 3 ? -0.5f : 0.5f; /* in front of the first picture, or behind it */
        glUniformMatrix4fv(gl_uniform("m"), 1, GL_FALSE, m);
        attribute(half, sizeof(half), 2);
        glBeginQuery(i % 2 ? GL_ANY_SAMPLES_PASSED : GL_ANY_SAMPLES_PASSED_CONSERVATIVE, query[i]);
        glDepthMask(0);
        glDrawArrays(GL_TRIANGLE_STRIP, 0, 4);
        glEndQuery(i % 2 ? GL_ANY_SAMPLES_PASSED : GL_ANY_SAMPLES_PASSED_CONSERVATIVE);
    }
    glEnable(GL_SCISSOR_TEST);
    for (int i = 0; i < 8; i++) {
        glGetQueryObjectuiv(query[i], GL_QUERY_RESULT, &seen);
        if (seen != (unsigned)(i % 3 != 0))
            printf("gl: occlusion: query %d says %u\n", i, seen);
        glScissor(i * 8, 0, 8, 64);
        glClearColor(seen ? 1 : 0, (float)i / 8, seen ? 0 : 1, 1);
        glClear(GL_COLOR_BUFFER_BIT);
    }
    return true;
}

/* The same query again and again: an old answer must not be taken for a new one. */
static bool draw_query_again(void)
{
    static const GLfloat part[] = {-1, -1, 1, -1, -1, 1, 1, 1};
    GLuint query, seen;

    if (!plain(plain_fragment))
        return false;
    attribute(part, sizeof(part), 2);
    glGenQueries(1, &query);
    glEnable(GL_SCISSOR_TEST);
    for (int i = 0; i < 8; i++) {
        glScissor(0, 0, i % 2 ? 64 : 0, 64); /* nothing, or everything */
        glBeginQuery(GL_ANY_SAMPLES_PASSED, query);
        glDrawArrays(GL_TRIANGLE_STRIP, 0, 4);
        glEndQuery(GL_ANY_SAMPLES_PASSED);
        glGetQueryObjectuiv(query, GL_QUERY_RESULT, &seen);
        glScissor(0, i * 8, 64, 8);
        glClearColor(seen ? 1 : 0, (float)i / 8, seen ? 0 : 1, 1);
        glClear(GL_COLOR_BUFFER_BIT);
        if (seen != (unsigned)(i % 2))
            printf("gl: query-again: round %d says %u\n", i, seen);
    }
    return true;
}

static bool draw_fed_back(void)
{
    static const char *const captured[] = {"place"};
    static const GLfloat corner[] = {-0.9f, -0.9f, 0.9f, -0.8f, 0, 0.9f};
    const GLuint program = gl_program(
        "feedback",
        "#version 300 es\nin vec2 at; out vec4 place; void main() { place = vec4(at.yx * 0.9, 0, "
        "1); gl_Position = place; }\n",
        "#version 300 es\nprecision highp float; out vec4 c; void main() { c = vec4(1); }\n");
    GLuint query, buffer, written;

    if (!program)
        return false;
    glTransformFeedbackVaryings(program, 1, captured, GL_INTERLEAVED_ATTRIBS);
    glLinkProgram(program);
    glUseProgram(program);
    attribute(corner, sizeof(corner), 2);
    glGenBuffers(1, &buffer);
    glBindBufferBase(GL_TRANSFORM_FEEDBACK_BUFFER, 0, buffer);
    glBufferData(GL_TRANSFORM_FEEDBACK_BUFFER, 3 * 16, NULL, GL_STATIC_COPY);
    glGenQueries(1, &query);
    glEnable(GL_RASTERIZER_DISCARD);
    glBeginQuery(GL_TRANSFORM_FEEDBACK_PRIMITIVES_WRITTEN, query);
    glBeginTransformFeedback(GL_TRIANGLES);
    glDrawArrays(GL_TRIANGLES, 0, 3);
    glEndTransformFeedback();
    glEndQuery(GL_TRANSFORM_FEEDBACK_PRIMITIVES_WRITTEN);
    glDisable(GL_RASTERIZER_DISCARD);
    glBindBufferBase(GL_TRANSFORM_FEEDBACK_BUFFER, 0, 0);
    glGetQueryObjectuiv(query, GL_QUERY_RESULT, &written);
    if (!plain(plain_fragment))
        return false;
    glBindBuffer(GL_ARRAY_BUFFER, buffer);
    glVertexAttribPointer(0, 4, GL_FLOAT, GL_FALSE, 0, NULL);
    glUniform4f(gl_uniform("tint"), written == 1 ? 1 : 0, 1, 1, 1);
    glDrawArrays(GL_TRIANGLES, 0, 3);
    return true;
}

static bool draw_lines_and_points(void)
{
    GLfloat place[64][2];

    if (!plain(plain_fragment))
        return false;
    for (int i = 0; i < 64; i++) {
        place[i][0] = cosf((float)i * 0.37f) * (float)i / 66;
        place[i][1] = sinf((float)i * 0.37f) * (float)i / 66;
    }
    attribute(place[0], sizeof(place), 2);
    glDrawArrays(GL_LINE_STRIP, 0, 64);
    glUniform4f(gl_uniform("tint"), 0.2f, 1, 0.4f, 1);
    glDrawArrays(GL_POINTS, 40, 24);
    return true;
}

static bool draw_restarted(void)
{
    static const GLfloat corner[] = {-0.9f, -0.9f, -0.9f, 0.9f, -0.1f, -0.7f, 0.1f,
                                     0.9f,  0.3f,  -0.9f, 0.9f, 0.4f,  0.8f,  -0.8f};
    static const GLushort index[] = {0, 1, 2, 0xFFFF, 3, 4, 5, 6};

    if (!plain(plain_fragment))
        return false;
    attribute(corner, sizeof(corner), 2);
    glEnable(GL_PRIMITIVE_RESTART_FIXED_INDEX);
    glDrawElements(GL_TRIANGLE_STRIP, 8, GL_UNSIGNED_SHORT, index);
    return true;
}

static bool draw_sampled_depth(void)
{
    GLuint depth, frame;

    if (!plain(plain_fragment))
        return false;
    glGenTextures(1, &depth);
    glBindTexture(GL_TEXTURE_2D, depth);
    glTexStorage2D(GL_TEXTURE_2D, 1, GL_DEPTH_COMPONENT24, SIDE, SIDE);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_COMPARE_MODE, GL_COMPARE_REF_TO_TEXTURE);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_NEAREST);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_NEAREST);
    glGenFramebuffers(1, &frame);
    glBindFramebuffer(GL_FRAMEBUFFER, frame);
    glFramebufferTexture2D(GL_FRAMEBUFFER, GL_DEPTH_ATTACHMENT, GL_TEXTURE_2D, depth, 0);
    glClear(GL_DEPTH_BUFFER_BIT);
    if (!draw_cubes())
        return false;
    if (!plain("#version 300 es\nprecision highp float; precision highp sampler2DShadow; in vec3 "
               "p; uniform sampler2DShadow tex;\n"
               "out vec4 c; void main() { c = vec4(texture(tex, vec3(p.xy * 0.5 + 0.5, 0.4 + p.x * "
               "0.3)), p.xy, 1); }\n"))
        return false;
    gl_bind_target();
    glDisable(GL_DEPTH_TEST);
    glDisable(GL_CULL_FACE);
    gl_quad();
    return true;
}

static bool draw_after_fence(void)
{
    GLsync fence;

    if (!draw_cubes())
        return false;
    fence = glFenceSync(GL_SYNC_GPU_COMMANDS_COMPLETE, 0);
    if (glClientWaitSync(fence, GL_SYNC_FLUSH_COMMANDS_BIT, GL_TIMEOUT_IGNORED) == GL_WAIT_FAILED)
        return false;
    glDeleteSync(fence);
    return draw_lines_and_points();
}

const struct scene scenes[] = {
    {"cubes", draw_cubes},
    {"blending", draw_blended},
    {"stencil", draw_stencilled},
    {"clears", clear_parts},
    {"mipmaps", draw_mipmaps},
    {"own-levels", draw_own_levels},
    {"cube-map", draw_cube_map},
    {"texture-3d", draw_3d_texture},
    {"texture-array", draw_array_texture},
    {"render-to-texture", draw_through_texture},
    {"float-target", draw_float_target},
    {"several-targets", draw_several_targets},
    {"multisampling", draw_multisampled},
    {"blit", draw_scaled},
    {"instances", draw_instances},
    {"changing-buffer", draw_changing_buffer},
    {"copied-buffer", draw_copied_buffer},
    {"changing-texture", draw_changing_texture},
    {"small-formats", draw_small_formats},
    {"compressed", draw_compressed},
    {"pixel-buffer", draw_pixel_buffer},
    {"copy-to-texture", copy_to_texture},
    {"occlusion", draw_occlusion},
    {"query-again", draw_query_again},
    {"feedback", draw_fed_back},
    {"lines-and-points", draw_lines_and_points},
    {"primitive-restart", draw_restarted},
    {"sampled-depth", draw_sampled_depth},
    {"fence", draw_after_fence},
};
const size_t scene_count = sizeof(scenes) / sizeof(scenes[0]);
