/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the making of GPU programs, and what the driver says against one. */
#include "shader.h"

#include <errno.h>
#include <stdio.h>

static GLuint compile(GLenum kind, const char *source)
{
    const GLuint shader = glCreateShader(kind);
    char log[512] = "";
    GLint right = 0;

    glShaderSource(shader, 1, &source, NULL);
    glCompileShader(shader);
    glGetShaderiv(shader, GL_COMPILE_STATUS, &right);
    if (right)
        return shader;
    glGetShaderInfoLog(shader, sizeof(log), NULL, log);
    fprintf(stderr, "ivi: shader: %s\n", log);
    glDeleteShader(shader);
    return 0;
}

int shader_program(GLuint *program, const char *vertex, const char *fragment)
{
    const GLuint v = compile(GL_VERTEX_SHADER, vertex);
    const GLuint f = compile(GL_FRAGMENT_SHADER, fragment);
    GLint right = 0;

    *program = glCreateProgram();
    if (v && f) {
        glAttachShader(*program, v);
        glAttachShader(*program, f);
        glLinkProgram(*program);
        glGetProgramiv(*program, GL_LINK_STATUS, &right);
    }
    glDeleteShader(v);
    glDeleteShader(f);
    if (right)
        return 0;
    glDeleteProgram(*program);
    *program = 0;
    return -ENODEV;
}
