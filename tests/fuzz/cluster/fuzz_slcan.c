/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes on the vehicle bus: no value is believed that the DBC does not allow, and none for
 * longer than its time. */
#include "bus.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bus bus = {0};
    struct bn_vehicle v;
    uint32_t now = 0;

    /* Each chunk: a byte of time, a byte of length, the bytes. */
    while (size >= 2) {
        size_t n = data[1] < size - 2 ? data[1] : size - 2;

        now += data[0];
        bus_feed(&bus, data + 2, n, now);
        bus_publish(&bus, now, &v);
        if (bus.speed_centikmh > 40000 || bus.engine_rpm > 12000 || bus.gear < -1 || bus.gear > 9 ||
            bus.telltales >> BN_TELLTALE_COUNT || bus.fuel_halves > 200 || bus.range_km > 2000 ||
            bus.coolant_c > 150 || bus.coolant_c < -40 || bus.outside_halves < -100 ||
            bus.outside_halves > 120 || bus.light_halves > 200 || bus.hour > 23 ||
            bus.minute > 59 || bus.driver_halves > 56 || bus.passenger_halves > 56)
            abort();
        for (int i = 0; i < BUS_MESSAGES; i++)
            if (bus_fresh(&bus, (enum bus_message)i,
                          now + 1 + (i < BUS_ENGINE ? BUS_TIMEOUT_MS : BUS_SLOW_TIMEOUT_MS)))
                abort();
        data += 2 + n;
        size -= 2 + n;
    }
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);

/* Half of the time a whole frame with a right CRC is appended: blind mutation would seldom get past
 * it. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
    static const uint16_t ids[] = {0x100, 0x110, 0x120, 0x130, 0x140,
                                   0x150, 0x160, 0x7F1, 0x7F0, 0x101};
    struct can_frame f = {.id = ids[(seed >> 1) % (sizeof(ids) / sizeof(ids[0]))],
                          .length = seed & 64 ? 8 : (uint8_t)(seed >> 9 & 7)};
    uint8_t line[SLCAN_MAX_BYTES];
    size_t n;

    if (seed & 1 || f.length < 2 || size + 2 + sizeof(line) > max)
        return LLVMFuzzerMutate(data, size, max);
    for (int i = 2; i < 8; i++)
        f.data[i] = (uint8_t)(seed * 2654435761u >> 3 * i);
    e2e_protect(&f, (uint8_t)(seed >> 13));
    n = slcan_format(&f, line);
    data[size++] = (uint8_t)(seed >> 20 & 31);
    data[size++] = (uint8_t)n;
    for (size_t i = 0; i < n; i++)
        data[size++] = line[i];
    return size;
}
