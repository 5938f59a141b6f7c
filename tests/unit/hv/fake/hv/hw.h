/* SPDX-License-Identifier: BSD-3-Clause */
/* In front of the hypervisor's header of this name: the tests' machine answers instead. */
#ifndef HV_HW_H
#define HV_HW_H

#include "hv/types.h"

uint32_t hw_in(uint16_t port, unsigned bytes);
void hw_out(uint16_t port, unsigned bytes, uint32_t value);
uint32_t hw_mmio_read(hpa_t address, unsigned bytes);
void hw_mmio_write(hpa_t address, unsigned bytes, uint32_t value);
void hw_triple_fault(void) HV_NORETURN;
void hw_write_back(const void *from, size_t bytes);
void hw_store_pair(uint64_t pair[2], uint64_t low, uint64_t high);

static inline uint8_t hw_in8(uint16_t port)
{
    return (uint8_t)hw_in(port, 1);
}

static inline uint16_t hw_in16(uint16_t port)
{
    return (uint16_t)hw_in(port, 2);
}

static inline uint32_t hw_in32(uint16_t port)
{
    return hw_in(port, 4);
}

static inline void hw_out8(uint16_t port, uint8_t value)
{
    hw_out(port, 1, value);
}

static inline void hw_out16(uint16_t port, uint16_t value)
{
    hw_out(port, 2, value);
}

static inline void hw_out32(uint16_t port, uint32_t value)
{
    hw_out(port, 4, value);
}

void uart_set_up(uint16_t port);
bool uart_present(uint16_t port);
void uart_send(uint16_t port, uint8_t c);

#endif
