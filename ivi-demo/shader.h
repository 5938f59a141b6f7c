/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef IVI_SHADER_H
#define IVI_SHADER_H

#include <GLES3/gl3.h>

/* Compiles and links in the current context. 0, or -ENODEV with the driver's words on stderr. */
int shader_program(GLuint *program, const char *vertex, const char *fragment)
    __attribute__((warn_unused_result));

#endif
