/* SPDX-License-Identifier: BSD-3-Clause */
/* Firmware's memory map in the hypervisor's terms. Freestanding, tested on the host. */
#ifndef BOOT_MEMORY_MAP_H
#define BOOT_MEMORY_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "binnacle/boot.h"

/*
 * Turns the EFI memory map at `map` (`bytes` long, descriptors `stride` bytes apart; UEFI 2.10
 * §7.2.3) into to[0..max): sorted, not overlapping, neighbours of one type joined, memory of boot
 * services usable. Returns the number of entries, or max + 1 if they do not fit.
 */
uint32_t memory_map_read(const void *map, size_t bytes, size_t stride, struct bn_memory *to,
                         uint32_t max);

/*
 * The two steps of it: puts `e` where it belongs among to[0..*count), false if there is no room;
 * cuts off what overlaps and joins neighbours of one type, returns how many are left.
 */
bool memory_map_insert(struct bn_memory *to, uint32_t *count, uint32_t max, struct bn_memory e);
uint32_t memory_map_join(struct bn_memory *to, uint32_t count);

#endif
