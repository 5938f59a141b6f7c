/* SPDX-License-Identifier: BSD-3-Clause */
/* What the plays of a test guest are made of. A wrong answer ends the process with a sentence. */
#ifndef TESTS_GUESTS_GVT_CLIENT_H
#define TESTS_GUESTS_GVT_CLIENT_H

#include "driver.h"
#include "virgl.h"

#define WIDTH         64u
#define HEIGHT        32u
#define PICTURE       10u /* guest's handles */
#define VERTICES      11u
#define PICTURE_AT    DRIVER_FREE
#define VERTICES_AT   (DRIVER_FREE + (1u << 20))
#define PICTURE_BYTES (WIDTH * HEIGHT * 4u)
#define BATCHES       64u
#define RED           0xFFFF0000u
#define GREEN         0xFF00FF00u
#define BLUE          0xFF0000FFu

extern const float red[4], blue[4];

struct vgpu_header header(uint32_t type, uint32_t ctx);
void expect(const char *what, uint32_t got, uint32_t wanted);
#define SEND(...) driver_call(&(__VA_ARGS__), sizeof(__VA_ARGS__), NULL, 0, NULL, 0)

void context(uint32_t id);
uint32_t attach(uint32_t ctx, uint32_t id);
/* With backing from `at` on. */
void resource(uint32_t id, uint32_t target, uint32_t format, uint32_t bind, uint32_t width,
              uint32_t height, uint32_t at, uint32_t bytes);
unsigned post(uint32_t ctx, const struct stream *s);
uint32_t submit(uint32_t ctx, const struct stream *s);
uint32_t transfer(uint32_t type, uint32_t ctx, uint32_t id, uint32_t width, uint32_t height);
/* Context 1 with the picture as its target. */
void set_up(struct stream *s);
void clear_and_look(struct stream *s, const float colour[4], uint32_t wanted);

/* resets.c: ends and begins again so many times, always in the middle of everything. */
void close_again(const char *socket, unsigned times);
void reset_again(unsigned times);

/* sharing.c: beside other guests. */
void saturate(unsigned tag, unsigned batches);
void paint(unsigned times);
void peep(unsigned times);

#endif
