/* SPDX-License-Identifier: BSD-3-Clause */
/* What bare guests of 32 bits share: ports, model-specific registers, the clock, COM1, and the port
 * that ends them. */
#ifndef BINNACLE_TESTS_GUESTS_BARE_H
#define BINNACLE_TESTS_GUESTS_BARE_H

#include <stdint.h>

#define COM1      0x3F8u
#define EXIT_PORT 0xF4u /* isa-debug-exit, QEMU's and the device model's */

struct gate { /* of an interrupt, in the flat code segment of multiboot.S's GDT */
    uint16_t low, selector, type, high;
};
struct table_register {
    uint16_t limit;
    const void *base;
} __attribute__((packed));

static inline struct gate interrupt_gate(void (*handler)(void))
{
    uintptr_t at = (uintptr_t)handler;

    return (struct gate){(uint16_t)at, 8, 0x8E00, (uint16_t)(at >> 16)};
}

static inline void out8(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline uint8_t in8(uint16_t port)
{
    uint8_t value;

    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static inline uint64_t read_msr(uint32_t msr)
{
    uint64_t value;

    __asm__ volatile("rdmsr" : "=A"(value) : "c"(msr));
    return value;
}

static inline void write_msr(uint32_t msr, uint64_t value)
{
    __asm__ volatile("wrmsr" : : "A"(value), "c"(msr) : "memory");
}

static inline uint64_t tsc(void)
{
    uint32_t low, high;

    __asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high) : : "memory");
    return (uint64_t)high << 32 | low;
}

static inline void print(const char *text)
{
    for (; *text; text++) {
        for (unsigned wait = 0; !(in8(COM1 + 5) & 0x20) && wait < 100000; wait++)
            ;
        out8(COM1, (uint8_t)*text);
    }
}

static inline void print_number(uint32_t value)
{
    char digits[11], *at = digits + sizeof(digits) - 1;

    *at = 0;
    do {
        *--at = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    print(at);
}

#endif
