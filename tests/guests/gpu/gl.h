/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the cases of a guest's GL test share: a context of OpenGL ES 3 without a screen, a target of
 * 64 x 64 pixels, programs, and the tables of cases. What fails ends the case with a sentence.
 */
#ifndef TESTS_GUESTS_GPU_GL_H
#define TESTS_GUESTS_GPU_GL_H

#include <GLES3/gl31.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIDE        64
#define FRAME_BYTES (SIDE * SIDE * 4)

/* Nothing that a case draws has this colour everywhere: magenta. */
#define UNTOUCHED 0xFFFF00FFu

struct scene { /* draws its picture into the bound target; false: it could not, and has said why */
    const char *name;
    bool (*draw)(void);
};

struct shader { /* a fragment shader of OpenGL ES 3.0 over the whole target */
    const char *name;
    const char *declarations; /* in front of main() */
    const char *body;         /* sets c from p (0..1 over the picture), t (0.37), n (5, 3, -7, 2) */
};

extern const struct scene scenes[];
extern const struct shader shaders[];
extern const size_t scene_count, shader_count;

/* The context is current and the target bound; -1: there is none, and the reason has been said. */
int gl_open(const char *node);
/* Clears the target to UNTOUCHED, puts the state that cases change back where it was. */
void gl_begin(void);
/* Reads the target, lines from the bottom up, four bytes a pixel. False: GL has an error. */
bool gl_end(const char *name, uint8_t frame[FRAME_BYTES]);
void gl_bind_target(void);

/* A program, in use; 0: it does not compile or link, and the log has been said. */
GLuint gl_program(const char *name, const char *vertex, const char *fragment);
GLint gl_uniform(const char *name); /* of the program in use */
void gl_quad(void);                 /* two triangles over everything, attribute 0 is "at" */
GLuint gl_texture(int side);        /* a picture of many colours, bound, without mipmaps */

bool shader_draw(const struct shader *s);

#endif
