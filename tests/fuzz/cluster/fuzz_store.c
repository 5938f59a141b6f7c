/* SPDX-License-Identifier: BSD-3-Clause */
/* Any content of the slots, any drive with power cuts, any fault of card and controller: the
 * odometer is never lower than what was shown, and the store comes to an end of what it began. */
#include "odometer.h"
#include "sd_model.h"

#include "binnacle/abi.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define LIVES      6u
#define SETTLED_MS 9000u

struct setup {
    uint8_t fault, from, lasts, kind, torn, delay;
    uint8_t slot[SLOTS][SLOT_BYTES];
};

struct act {
    uint8_t what, much, more, times;
};

static struct store store;
static struct odometer odometer;
static struct bus bus;
static uint32_t now, shown, lives;

static void live(void)
{
    lives++;
    sd_power_on();
    now = 0;
    memset(&bus, 0, sizeof(bus));
    memset(&odometer, 0, sizeof(odometer));
    store_init(&store, &sd_registers, now);
}

static void stay(uint32_t vehicle_m, uint32_t ms)
{
    for (uint32_t end = now + ms; now < end && !sd.dead; now += STORE_PERIOD_MS) {
        bus.odometer_m = vehicle_m;
        bus.seen[BUS_ODOMETER] = true;
        bus.time_ms[BUS_ODOMETER] = now;
        store_step(&store, odometer.known ? &odometer.now : NULL, bus.ignition_off, now);
        odometer_update(&odometer, &bus, &store, now);
        for (uint32_t i = 0; i < RECORD_TRIPS; i++)
            if (odometer.now.trip_from_m[i] > odometer.now.odometer_m)
                abort();
        if (odometer.shown && odometer.shown_m < shown && (sd.fault == SD_FINE || now > SETTLED_MS))
            abort();
        if (odometer.shown && odometer.shown_m > shown)
            shown = odometer.shown_m;
    }
}

/* With a fault a former life may have kept nothing of what it showed. */
static void die(uint32_t vehicle_m)
{
    if (sd.fault != SD_FINE)
        shown = 0;
    live();
    stay(vehicle_m, SETTLED_MS + STORE_PERIOD_MS);
    if (!sd.dead && !store_settled(&store))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct setup setup;
    struct act act;
    uint32_t vehicle_m = 1000;

    if (size < sizeof(setup))
        return 0;
    memcpy(&setup, data, sizeof(setup));
    sd_begin();
    sd.fault = (enum sd_fault)(setup.fault % SD_FAULTS);
    sd.from = setup.from;
    sd.lasts = setup.lasts;
    sd.kind = (enum sd_kind)(setup.kind % 3);
    sd.torn = setup.torn % 3;
    sd.delay = setup.delay % 3;
    sd.serial = 0;
    memcpy(sd.media, setup.slot, sizeof(sd.media));
    shown = lives = 0;
    die(vehicle_m);
    for (data += sizeof(setup), size -= sizeof(setup); size >= sizeof(act) && lives < LIVES;
         data += sizeof(act), size -= sizeof(act)) {
        memcpy(&act, data, sizeof(act));
        if (act.what % 4 == 0)
            bus.trip_buttons = act.much & 3;
        else if (act.what % 4 == 1)
            bus.ignition_off = act.much & 1;
        else if (act.what % 4 == 2 && !sd.cut_at) {
            sd.cut_at = sd.writes + 1 + act.times % 4;
            sd.cut_bytes = (act.much | (uint32_t)act.more << 8) % (SLOT_BYTES + 1);
        } else {
            vehicle_m = (vehicle_m + (act.much | (uint32_t)act.more << 8)) % (SLOT_METRES + 1);
        }
        stay(vehicle_m, act.times * STORE_PERIOD_MS);
        if (sd.dead || act.what & 0x80) {
            vehicle_m = act.what & 0x40 ? act.much : vehicle_m; /* it may lose its count */
            die(vehicle_m);
        }
    }
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);

/* Half of the time the slots are made right again: blind mutation would never get past their sums.
 */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
    static const uint32_t zeros[4];
    struct setup setup;

    size = LLVMFuzzerMutate(data, size, max);
    if (size < sizeof(setup) || seed & 1)
        return size;
    memcpy(&setup, data, sizeof(setup));
    for (uint32_t i = 0; i < SLOTS; i++) {
        struct record record;
        uint32_t counter;

        memcpy(&counter, setup.slot[i] + 12, sizeof(counter));
        memcpy(&record, setup.slot[i] + 16, sizeof(record));
        record.odometer_m %= SLOT_METRES + 1;
        for (uint32_t trip = 0; trip < RECORD_TRIPS; trip++)
            record.trip_from_m[trip] %= record.odometer_m + 1;
        slot_pack(setup.slot[i], i, bn_crc32(0, zeros, sizeof(zeros)), counter, &record);
    }
    memcpy(data, &setup, sizeof(setup));
    return size;
}
