/* SPDX-License-Identifier: BSD-3-Clause */
/* Memory, string and text formatting functions of a freestanding program. */
#include "hv/lib.h"

void *memcpy(void *to, const void *from, size_t bytes)
{
    void *d = to;
    size_t words = bytes / 8, rest = bytes % 8;

    /* By words: an emulator goes round once per iteration, and a VM's memory is large. */
    __asm__ volatile("rep movsq" : "+D"(d), "+S"(from), "+c"(words) : : "memory");
    __asm__ volatile("rep movsb" : "+D"(d), "+S"(from), "+c"(rest) : : "memory");
    return to;
}

void *memmove(void *to, const void *from, size_t bytes)
{
    uint8_t *d = to;
    const uint8_t *s = from;

    if ((uintptr_t)d - (uintptr_t)s >= bytes)
        return memcpy(to, from, bytes);
    d += bytes - 1;
    s += bytes - 1;
    __asm__ volatile("std; rep movsb; cld" : "+D"(d), "+S"(s), "+c"(bytes) : : "memory");
    return to;
}

void *memset(void *to, int byte, size_t bytes)
{
    void *d = to;
    size_t words = bytes / 8, rest = bytes % 8;
    uint64_t word = (uint8_t)byte * 0x0101010101010101ull;

    __asm__ volatile("rep stosq" : "+D"(d), "+c"(words) : "a"(word) : "memory");
    __asm__ volatile("rep stosb" : "+D"(d), "+c"(rest) : "a"(word) : "memory");
    return to;
}

int memcmp(const void *a, const void *b, size_t bytes)
{
    const uint8_t *p = a, *q = b;

    for (; bytes; bytes--, p++, q++)
        if (*p != *q)
            return *p - *q;
    return 0;
}

int strncmp(const char *a, const char *b, size_t bytes)
{
    for (; bytes; bytes--, a++, b++) {
        if (*a != *b)
            return (uint8_t)*a - (uint8_t)*b;
        if (!*a)
            break;
    }
    return 0;
}
