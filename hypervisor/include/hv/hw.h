/* SPDX-License-Identifier: BSD-3-Clause */
/* Ports and device registers of the machine. The unit tests put a header of this name in front. */
#ifndef HV_HW_H
#define HV_HW_H

#include "hv/paging.h"

/* hw_in8 to hw_out32. */
#define HW_PORT(bits, suffix)                                                                      \
    static inline uint##bits##_t hw_in##bits(uint16_t port)                                        \
    {                                                                                              \
        uint##bits##_t value;                                                                      \
                                                                                                   \
        __asm__ volatile("in" suffix " %1, %0" : "=a"(value) : "Nd"(port));                        \
        return value;                                                                              \
    }                                                                                              \
    static inline void hw_out##bits(uint16_t port, uint##bits##_t value)                           \
    {                                                                                              \
        __asm__ volatile("out" suffix " %0, %1" : : "a"(value), "Nd"(port));                       \
    }
HW_PORT(8, "b")
HW_PORT(16, "w")
HW_PORT(32, "l")

static inline uint32_t hw_in(uint16_t port, unsigned bytes)
{
    return bytes == 1 ? hw_in8(port) : bytes == 2 ? hw_in16(port) : hw_in32(port);
}

static inline void hw_out(uint16_t port, unsigned bytes, uint32_t value)
{
    if (bytes == 1)
        hw_out8(port, (uint8_t)value);
    else if (bytes == 2)
        hw_out16(port, (uint16_t)value);
    else
        hw_out32(port, value);
}

/* A 16550 (uart.c): 115200 8N1, FIFO, no interrupts; sending waits for room, but not for ever. */
void uart_set_up(uint16_t port);
/* It keeps what is written to its scratch register; what is not there reads as ones. */
bool uart_present(uint16_t port);
void uart_send(uint16_t port, uint8_t c);

/* To memory, for a device that does not look into the caches; 64 bytes: a line of every x86-64. */
static inline void hw_write_back(const void *from, size_t bytes)
{
    for (uint64_t at = (uint64_t)from & ~63ull; at < (uint64_t)from + bytes; at += 64)
        __asm__ volatile("clflush (%0)" : : "r"(at) : "memory");
    __asm__ volatile("mfence" : : : "memory");
}

/* 16 bytes, aligned, at once: what a device reads is never half of it. */
static inline void hw_store_pair(uint64_t pair[2], uint64_t low, uint64_t high)
{
    uint64_t old_low = pair[0], old_high = pair[1];
    bool done;

    do
        __asm__ volatile("lock cmpxchg16b %1"
                         : "=@ccz"(done), "+m"(*(__int128 *)pair), "+a"(old_low), "+d"(old_high)
                         : "b"(low), "c"(high)
                         : "memory");
    while (!done);
}

/* The last way to reset a PC: an exception with no interrupt table. */
static inline HV_NORETURN void hw_triple_fault(void)
{
    static const uint8_t none[10]; /* limit and base of the table */

    __asm__ volatile("lidt %0; ud2" : : "m"(none));
    __builtin_unreachable();
}

/* Device registers through the direct map; bytes 1, 2, 4, naturally aligned. */
static inline uint32_t hw_mmio_read(hpa_t address, unsigned bytes)
{
    volatile void *p = hpa_to_ptr(address);

    return bytes == 1   ? *(volatile uint8_t *)p
           : bytes == 2 ? *(volatile uint16_t *)p
                        : *(volatile uint32_t *)p;
}

static inline void hw_mmio_write(hpa_t address, unsigned bytes, uint32_t value)
{
    volatile void *p = hpa_to_ptr(address);

    if (bytes == 1)
        *(volatile uint8_t *)p = (uint8_t)value;
    else if (bytes == 2)
        *(volatile uint16_t *)p = (uint16_t)value;
    else
        *(volatile uint32_t *)p = value;
}

#endif
