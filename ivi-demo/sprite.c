/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the way of cairo's pictures to the GPU. */
#include "sprite.h"

#include "shader.h"

/* A rectangle without vertices: corner 0 to 3 of a strip. */
static const char vertex_shader[] =
    "#version 300 es\n"
    "uniform vec4 place, part;\n" /* left, top, right, bottom */
    "out vec2 at;\n"
    "void main() {\n"
    "    bvec2 far = bvec2(gl_VertexID & 1, gl_VertexID & 2);\n"
    "    gl_Position = vec4(mix(place.xy, place.zw, vec2(far)), 0.0, 1.0);\n"
    "    at = mix(part.xy, part.zw, vec2(far));\n"
    "}\n";

/* Cairo's pixels are blue, green, red, alpha in memory. */
static const char fragment_shader[] = "#version 300 es\n"
                                      "precision mediump float;\n"
                                      "in highp vec2 at;\n"
                                      "uniform sampler2D picture;\n"
                                      "out vec4 result;\n"
                                      "void main() { result = texture(picture, at).bgra; }\n";

int sprites_init(struct sprites *s)
{
    int rc = shader_program(&s->program, vertex_shader, fragment_shader);

    if (rc == 0) {
        s->place = glGetUniformLocation(s->program, "place");
        s->part = glGetUniformLocation(s->program, "part");
    }
    return rc;
}

void sprites_finish(struct sprites *s)
{
    glDeleteProgram(s->program);
    s->program = 0;
}

GLuint sprite_texture(cairo_surface_t *from)
{
    const int width = cairo_image_surface_get_width(from);
    const int height = cairo_image_surface_get_height(from);
    GLuint texture;

    glGenTextures(1, &texture);
    glBindTexture(GL_TEXTURE_2D, texture);
    glTexStorage2D(GL_TEXTURE_2D, 1, GL_RGBA8, width, height);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_NEAREST);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_NEAREST);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_S, GL_CLAMP_TO_EDGE);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_T, GL_CLAMP_TO_EDGE);
    sprite_update(texture, from, 0, 0, width, height);
    return texture;
}

void sprite_smooth(GLuint texture)
{
    glBindTexture(GL_TEXTURE_2D, texture);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_LINEAR);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_LINEAR);
}

void sprite_update(GLuint texture, cairo_surface_t *from, int x, int y, int width, int height)
{
    const int stride = cairo_image_surface_get_stride(from);
    const unsigned char *pixels;

    cairo_surface_flush(from);
    pixels = cairo_image_surface_get_data(from) + (long)y * stride + (long)x * 4;
    glBindTexture(GL_TEXTURE_2D, texture);
    glPixelStorei(GL_UNPACK_ROW_LENGTH, stride / 4);
    glTexSubImage2D(GL_TEXTURE_2D, 0, x, y, width, height, GL_RGBA, GL_UNSIGNED_BYTE, pixels);
    glPixelStorei(GL_UNPACK_ROW_LENGTH, 0);
}

void sprite_draw(const struct sprites *s, GLuint texture, int width, int height,
                 struct sprite_box part, struct sprite_box place, int picture_width,
                 int picture_height)
{
    const double w = picture_width / 2.0, h = picture_height / 2.0;

    glUseProgram(s->program);
    glDisable(GL_DEPTH_TEST);
    glDisable(GL_CULL_FACE);
    glEnable(GL_BLEND);
    glBlendFunc(GL_ONE, GL_ONE_MINUS_SRC_ALPHA);
    glUniform4f(s->place, (float)(place.x / w - 1), (float)(1 - place.y / h),
                (float)((place.x + place.width) / w - 1),
                (float)(1 - (place.y + place.height) / h));
    glUniform4f(s->part, (float)(part.x / width), (float)(part.y / height),
                (float)((part.x + part.width) / width), (float)((part.y + part.height) / height));
    glBindTexture(GL_TEXTURE_2D, texture);
    glDrawArrays(GL_TRIANGLE_STRIP, 0, 4);
}
