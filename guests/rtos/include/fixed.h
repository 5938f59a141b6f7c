/* SPDX-License-Identifier: BSD-3-Clause */
/* Wide arithmetic for a 32-bit machine without a compiler's run-time library. */
#ifndef RTOS_FIXED_H
#define RTOS_FIXED_H

#include <stdint.h>

/* n / d, d != 0: two steps of long division, each quotient digit 32 bits. */
static inline uint64_t udiv64(uint64_t n, uint32_t d)
{
    uint32_t high = (uint32_t)(n >> 32) / d, rest = (uint32_t)(n >> 32) % d;
    uint32_t low;

#if defined(__i386__)
    __asm__("divl %4" : "=a"(low), "=d"(rest) : "0"((uint32_t)n), "1"(rest), "rm"(d) : "cc");
#else
    low = (uint32_t)(((uint64_t)rest << 32 | (uint32_t)n) / d);
#endif
    return (uint64_t)high << 32 | low;
}

/* (a * b) >> shift with a 96-bit product, 0 <= shift < 32; the result must fit 64 bits. */
static inline uint64_t mul64_shift(uint64_t a, uint32_t b, unsigned shift)
{
    uint64_t low = (uint64_t)(uint32_t)a * b;
    uint64_t high = (a >> 32) * b + (low >> 32);

    return high << (32 - shift) | (uint32_t)low >> shift;
}

#endif
