/* SPDX-License-Identifier: BSD-3-Clause */
/* The four memory functions that compilers call in freestanding code. */
#ifndef RTOS_MEM_H
#define RTOS_MEM_H

#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *to, int value, size_t n);
int memcmp(const void *a, const void *b, size_t n);

#endif
