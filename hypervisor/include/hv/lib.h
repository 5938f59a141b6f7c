/* SPDX-License-Identifier: BSD-3-Clause */
/* The few library functions a freestanding hypervisor needs. */
#ifndef HV_LIB_H
#define HV_LIB_H

#include <stdarg.h>

#include "hv/types.h"

void *memcpy(void *to, const void *from, size_t bytes);
void *memmove(void *to, const void *from, size_t bytes);
void *memset(void *to, int byte, size_t bytes);
int memcmp(const void *a, const void *b, size_t bytes);
int strncmp(const char *a, const char *b, size_t bytes);

/* %s %d %u %x %%, with 0, width, '.precision' for s, '-', h, hh, l, ll, z. Always
 * terminates; returns the characters written (without the end), cut to the buffer. */
size_t hv_vsnprintf(char *to, size_t bytes, const char *format, va_list arguments);
size_t hv_snprintf(char *to, size_t bytes, const char *format, ...) HV_PRINTF(3, 4);

#endif
