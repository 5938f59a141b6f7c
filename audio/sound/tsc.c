/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the frequency of the time stamp counter. */
#include "tsc.h"

#include <cpuid.h>
#include <string.h>
#include <time.h>
#include <x86intrin.h>

#define MEASURE_NS 20000000u

static uint64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static uint64_t told(void)
{
    unsigned a, b, c, d;
    char who[13] = "";

    __cpuid(1, a, b, c, d);
    if (!(c & 1u << 31)) /* no hypervisor */
        return 0;
    __cpuid(0x40000000u, a, b, c, d);
    memcpy(who, &b, 4);
    memcpy(who + 4, &c, 4);
    memcpy(who + 8, &d, 4);
    if (strcmp(who, "ACRNACRNACRN") != 0 || a < 0x40000010u)
        return 0;
    __cpuid(0x40000010u, a, b, c, d);
    return a;
}

uint64_t tsc_khz(void)
{
    const uint64_t khz = told(), from = now_ns(), ticks = __rdtsc();
    uint64_t ns;

    if (khz)
        return khz;
    do
        ns = now_ns() - from;
    while (ns < MEASURE_NS);
    return (__rdtsc() - ticks) * 1000000u / ns;
}
