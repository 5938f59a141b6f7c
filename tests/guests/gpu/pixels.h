/* SPDX-License-Identifier: BSD-3-Clause */
/* The file in which pixels.so keeps what a program drew, and which pixels-diff compares: records.
 */
#ifndef TESTS_GUESTS_GPU_PIXELS_H
#define TESTS_GUESTS_GPU_PIXELS_H

#include <stdint.h>

enum pixels_kind { PIXELS_BYTES, PIXELS_FLOATS };

struct pixels_record { /* the channels follow, each of its kind */
    uint32_t kind, channels;
};

#endif
