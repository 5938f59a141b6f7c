/* SPDX-License-Identifier: BSD-3-Clause */
/* A compositor as small as the mediator needs one: it says which outputs there are, and keeps what
 * each surface shows. Everything happens in stage_turn(). */
#ifndef TEST_GVT_STAGE_H
#define TEST_GVT_STAGE_H

#include <stdbool.h>
#include <stdint.h>

void stage_start(const char *path);
void stage_stop(void); /* its clients lose their connection */
void stage_turn(void); /* a frame passes: what clients have sent is done, callbacks are called */

/* An output of that name is there, with that mode; again: it has that mode now. It tells version.
 */
void stage_plug(unsigned place, const char *name, int width, int height);
void stage_unplug(unsigned place);

/* What is seen at a pixel of the toplevel with that app_id: 0xRRGGBB; -1: there is none, or the
 * pixel is outside. */
int64_t stage_pixel(const char *app_id, int x, int y);

#endif
