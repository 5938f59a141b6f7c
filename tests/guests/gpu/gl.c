/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the context and the target that cases draw to. */
#include "gl.h"

#include <EGL/egl.h>
#include <EGL/eglext.h>
#include <fcntl.h>
#include <gbm.h>
#include <stdio.h>
#include <string.h>

static GLuint target, colour, depth;

static int refuse(const char *what)
{
    printf("gl: no %s (0x%x)\n", what, eglGetError());
    return -1;
}

static void make_target(void)
{
    glGenFramebuffers(1, &target);
    glGenRenderbuffers(1, &colour);
    glGenRenderbuffers(1, &depth);
    glBindRenderbuffer(GL_RENDERBUFFER, colour);
    glRenderbufferStorage(GL_RENDERBUFFER, GL_RGBA8, SIDE, SIDE);
    glBindRenderbuffer(GL_RENDERBUFFER, depth);
    glRenderbufferStorage(GL_RENDERBUFFER, GL_DEPTH24_STENCIL8, SIDE, SIDE);
    glBindFramebuffer(GL_FRAMEBUFFER, target);
    glFramebufferRenderbuffer(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_RENDERBUFFER, colour);
    glFramebufferRenderbuffer(GL_FRAMEBUFFER, GL_DEPTH_STENCIL_ATTACHMENT, GL_RENDERBUFFER, depth);
}

int gl_open(const char *node)
{
    static const EGLint attributes[] = {EGL_CONTEXT_MAJOR_VERSION, 3, EGL_NONE};
    const int fd = open(node, O_RDWR | O_CLOEXEC);
    struct gbm_device *device = fd < 0 ? NULL : gbm_create_device(fd);
    EGLDisplay display;
    EGLContext context;

    if (!device)
        return refuse("GPU");
    display = eglGetPlatformDisplay(EGL_PLATFORM_GBM_KHR, device, NULL);
    if (!eglInitialize(display, NULL, NULL) || !eglBindAPI(EGL_OPENGL_ES_API))
        return refuse("EGL");
    context = eglCreateContext(display, EGL_NO_CONFIG_KHR, EGL_NO_CONTEXT, attributes);
    if (!context || !eglMakeCurrent(display, EGL_NO_SURFACE, EGL_NO_SURFACE, context))
        return refuse("context");
    printf("gl: vendor %s\ngl: renderer %s\ngl: version %s\n", glGetString(GL_VENDOR),
           glGetString(GL_RENDERER), glGetString(GL_VERSION));
    make_target();
    return glCheckFramebufferStatus(GL_FRAMEBUFFER) == GL_FRAMEBUFFER_COMPLETE ? 0
                                                                               : refuse("target");
}

void gl_bind_target(void)
{
    glBindFramebuffer(GL_FRAMEBUFFER, target);
    glViewport(0, 0, SIDE, SIDE);
}

void gl_begin(void)
{
    static const GLenum switches[] = {GL_BLEND,
                                      GL_CULL_FACE,
                                      GL_DEPTH_TEST,
                                      GL_SCISSOR_TEST,
                                      GL_STENCIL_TEST,
                                      GL_PRIMITIVE_RESTART_FIXED_INDEX,
                                      GL_SAMPLE_ALPHA_TO_COVERAGE};

    for (size_t i = 0; i < sizeof(switches) / sizeof(switches[0]); i++)
        glDisable(switches[i]);
    glColorMask(1, 1, 1, 1);
    glDepthMask(1);
    glStencilMask(0xFF);
    gl_bind_target();
    glClearColor(1, 0, 1, 1);
    glClearDepthf(1);
    glClearStencil(0);
    glClear(GL_COLOR_BUFFER_BIT | GL_DEPTH_BUFFER_BIT | GL_STENCIL_BUFFER_BIT);
}

bool gl_end(const char *name, uint8_t frame[FRAME_BYTES])
{
    GLenum error;

    gl_bind_target();
    glPixelStorei(GL_PACK_ALIGNMENT, 1);
    glReadPixels(0, 0, SIDE, SIDE, GL_RGBA, GL_UNSIGNED_BYTE, frame);
    error = glGetError();
    if (error)
        printf("gl: %s: error 0x%x\n", name, error);
    return !error;
}

static GLuint compile(const char *name, GLenum stage, const char *text)
{
    const GLuint s = glCreateShader(stage);
    char log[512];
    GLint fine;

    glShaderSource(s, 1, &text, NULL);
    glCompileShader(s);
    glGetShaderiv(s, GL_COMPILE_STATUS, &fine);
    if (fine)
        return s;
    glGetShaderInfoLog(s, sizeof(log), NULL, log);
    printf("gl: %s: %s\n", name, log);
    return 0;
}

GLuint gl_program(const char *name, const char *vertex, const char *fragment)
{
    const GLuint v = compile(name, GL_VERTEX_SHADER, vertex);
    const GLuint f = compile(name, GL_FRAGMENT_SHADER, fragment);
    const GLuint p = v && f ? glCreateProgram() : 0;
    GLint fine = 0;

    if (!p)
        return 0;
    glAttachShader(p, v);
    glAttachShader(p, f);
    glBindAttribLocation(p, 0, "at");
    glLinkProgram(p);
    glGetProgramiv(p, GL_LINK_STATUS, &fine);
    if (!fine) {
        printf("gl: %s: does not link\n", name);
        return 0;
    }
    glUseProgram(p);
    return p;
}

GLint gl_uniform(const char *name)
{
    GLint program;

    glGetIntegerv(GL_CURRENT_PROGRAM, &program);
    return glGetUniformLocation((GLuint)program, name);
}

void gl_quad(void)
{
    static const GLfloat corners[] = {-1, -1, 1, -1, -1, 1, 1, 1};
    static GLuint buffer;

    if (!buffer) {
        glGenBuffers(1, &buffer);
        glBindBuffer(GL_ARRAY_BUFFER, buffer);
        glBufferData(GL_ARRAY_BUFFER, sizeof(corners), corners, GL_STATIC_DRAW);
    }
    glBindBuffer(GL_ARRAY_BUFFER, buffer);
    glVertexAttribPointer(0, 2, GL_FLOAT, GL_FALSE, 0, NULL);
    glEnableVertexAttribArray(0);
    glDrawArrays(GL_TRIANGLE_STRIP, 0, 4);
}

GLuint gl_texture(int side)
{
    uint8_t texel[64 * 64 * 4];
    GLuint t;

    for (int i = 0; i < side * side; i++) {
        const int x = i % side, y = i / side;

        texel[4 * i] = (uint8_t)(x * 255 / (side - 1));
        texel[4 * i + 1] = (uint8_t)(y * 255 / (side - 1));
        texel[4 * i + 2] = (uint8_t)((x ^ y) * 37);
        texel[4 * i + 3] = (uint8_t)(255 - x * y % 128);
    }
    glGenTextures(1, &t);
    glBindTexture(GL_TEXTURE_2D, t);
    glTexImage2D(GL_TEXTURE_2D, 0, GL_RGBA8, side, side, 0, GL_RGBA, GL_UNSIGNED_BYTE, texel);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_LINEAR);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_LINEAR);
    return t;
}
