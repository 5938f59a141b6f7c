/* SPDX-License-Identifier: BSD-3-Clause */
/* The IVI's reading of the vehicle: a copy is believed when identity, sequence, checksum and
 * counter say so, and for half a second; clock and temperature on the screen are the vehicle's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common.h"
#include "units.h"

#define FONTS  "/usr/share/fonts/opentype/b612"
#define REGION BN_SHM_ALIGN
#define WINDOW (2 * BN_SHM_ALIGN)

static char path[] = "/tmp/vehicle-XXXXXX";
static int file;
static struct bn_shm_directory directory;
static struct bn_shm_header header;
static struct bn_vehicle vehicle;
static struct vehicle_source source;

static void put(off_t at, const void *what, size_t bytes)
{
    assert_int_equal(pwrite(file, what, bytes, at), bytes);
}

static void put_directory(void)
{
    directory.crc = bn_crc32(0, &directory, offsetof(struct bn_shm_directory, crc));
    put(0, &directory, sizeof(directory));
}

/* As the cluster publishes. */
static void publish(void)
{
    header.counter++;
    header.sequence += 2;
    header.crc = bn_shm_crc(&header, &vehicle);
    put(REGION, &header, sizeof(header));
    put(REGION + (off_t)sizeof(header), &vehicle, sizeof(vehicle));
}

static int begin(void **state)
{
    (void)state;
    strcpy(path + strlen(path) - 6, "XXXXXX");
    file = mkstemp(path);
    assert_true(file >= 0);
    assert_int_equal(ftruncate(file, WINDOW), 0);
    directory = (struct bn_shm_directory){
        .magic = BN_SHM_DIR_MAGIC, .version = BN_SHM_VERSION, .count = 1, .window_bytes = WINDOW};
    directory.entry[0] =
        (struct bn_shm_entry){"vehicle", BN_SHM_VEHICLE, BN_SHM_READ, REGION, BN_SHM_ALIGN};
    put_directory();
    header = (struct bn_shm_header){.magic = BN_SHM_MAGIC,
                                    .version = BN_SHM_VERSION,
                                    .data_id = BN_SHM_VEHICLE,
                                    .payload_bytes = sizeof(vehicle)};
    vehicle = (struct bn_vehicle){.flags = BN_VEHICLE_VALID | BN_VEHICLE_AIR | BN_VEHICLE_CABIN,
                                  .speed_centikmh = 5341,
                                  .engine_rpm = 1840,
                                  .gear = -1,
                                  .odometer_m = 12345678,
                                  .telltales = 5,
                                  .outside_halves = -15,
                                  .hour = 17,
                                  .minute = 8,
                                  .driver_halves = 43,
                                  .passenger_halves = 56};
    publish();
    vehicle_open(&source, path);
    return 0;
}

static int end(void **state)
{
    (void)state;
    vehicle_close(&source);
    close(file);
    unlink(path);
    return 0;
}

static struct vehicle_state at(double now)
{
    struct vehicle_state v;

    vehicle_read(&source, now, &v);
    return v;
}

static bool says_nothing(double now)
{
    const struct vehicle_state v = at(now);

    return !v.valid && !v.has_air && !v.has_cabin && v.speed_kmh == 0 && v.telltales == 0;
}

static void test_values(void **state)
{
    const struct vehicle_state v = at(1);

    (void)state;
    assert_true(v.valid && v.has_air && v.has_cabin);
    assert_true(v.speed_kmh == 53.41);
    assert_int_equal(v.gear, -1);
    assert_int_equal(v.odometer_m, 12345678);
    assert_int_equal(v.telltales, 5);
    assert_true(v.outside_c == -7.5);
    assert_int_equal(v.hour * 60 + v.minute, 1028);
    assert_true(v.seat_c[0] == 21.5 && v.seat_c[1] == 28);
}

static void test_flags(void **state)
{
    struct vehicle_state v;

    (void)state;
    vehicle.flags = BN_VEHICLE_AIR;
    publish();
    v = at(1);
    assert_true(!v.valid && v.has_air && !v.has_cabin);
    vehicle.flags = BN_VEHICLE_CABIN;
    publish();
    v = at(1);
    assert_true(!v.valid && !v.has_air && v.has_cabin);
    vehicle.hour = 24; /* no time of day, whoever says so */
    publish();
    assert_false(at(1).has_cabin);
    vehicle.hour = 23;
    vehicle.minute = 60;
    publish();
    assert_false(at(1).has_cabin);
}

/* A copy that does not go on is forgotten; one that does is believed again. */
static void test_stale(void **state)
{
    (void)state;
    assert_true(at(1).valid);
    assert_true(at(1 + VEHICLE_STALE_S).valid);
    assert_true(says_nothing(1.01 + VEHICLE_STALE_S));
    publish();
    assert_true(at(2).valid);
}

/* Each bit of the region wrong: the former copy holds for its time, then nothing. */
static void test_corrupt(void **state)
{
    uint8_t region[offsetof(struct bn_shm_header, crc) + 4];

    (void)state;
    for (size_t bit = 0; bit < sizeof(region) * 8; bit++) {
        const size_t byte = bit / 8;

        if (byte >= offsetof(struct bn_shm_header, reserved0) &&
            byte < offsetof(struct bn_shm_header, data_id))
            continue;
        if (byte >= offsetof(struct bn_shm_header, sequence) &&
            byte < offsetof(struct bn_shm_header, counter) && bit % 32 != 0)
            continue; /* an even sequence is as good as another */
        end(NULL);
        begin(NULL);
        memcpy(region, &header, sizeof(region));
        region[byte] ^= (uint8_t)(1 << bit % 8);
        put(REGION, region, sizeof(region));
        assert_true(says_nothing(1));
    }
    for (size_t bit = 0; bit < sizeof(vehicle) * 8; bit++) {
        uint8_t payload[sizeof(vehicle)];

        end(NULL);
        begin(NULL);
        memcpy(payload, &vehicle, sizeof(payload));
        payload[bit / 8] ^= (uint8_t)(1 << bit % 8);
        put(REGION + (off_t)sizeof(header), payload, sizeof(payload));
        assert_true(says_nothing(1));
    }
}

static bool opens(void)
{
    vehicle_close(&source);
    put_directory();
    vehicle_open(&source, path);
    return source.region;
}

static void test_directories(void **state)
{
    struct bn_shm_entry *const e = &directory.entry[0];
    const struct bn_shm_entry good = *e;

    (void)state;
    assert_true(opens());
    e->rights = BN_SHM_WRITE;
    assert_false(opens());
    *e = good;
    e->kind = BN_SHM_CHIME;
    assert_false(opens());
    *e = good;
    e->offset = WINDOW;
    assert_false(opens());
    e->offset = UINT64_MAX - BN_SHM_ALIGN + 1;
    assert_false(opens());
    e->offset = REGION + 8;
    assert_false(opens());
    *e = good;
    e->bytes = BN_SHM_ALIGN + 1;
    assert_false(opens());
    e->bytes = sizeof(header);
    assert_false(opens());
    *e = good;
    directory.count = BN_SHM_MAX_REGIONS + 1;
    assert_false(opens());
    directory.count = 1;
    directory.magic++;
    assert_false(opens());
    directory.magic--;
    assert_true(opens());
    vehicle_close(&source);
    assert_int_equal(ftruncate(file, (off_t)sizeof(directory) - 1), 0);
    vehicle_open(&source, path);
    assert_null(source.region);
    assert_true(says_nothing(1));
}

/* The vehicle's clock; when it is lost it goes on from there. */
static void test_clock(void **state)
{
    static struct ui u;
    struct vehicle_state v = {.has_cabin = true};
    uint64_t shown;

    (void)state;
    assert_int_equal(ui_init(&u, ui_role("front"), FONTS), 0);
    for (int minute = 0; minute < 1440; minute += 7) {
        v.has_cabin = true;
        v.hour = minute / 60;
        v.minute = minute % 60;
        ui_advance(&u, minute, &v);
        assert_int_equal(u.hour * 60 + u.minute, minute);
        v.has_cabin = false;
        v.hour = v.minute = 0;
        ui_advance(&u, minute, &v);
        assert_true((u.hour * 60 + u.minute - minute + 1440) % 1440 <= 1);
    }
    shown = air_shows(&u);
    for (int halves = -128; halves < 128; halves++) {
        v.has_air = true;
        v.outside_c = halves / 2.0;
        ui_advance(&u, 1, &v);
        assert_int_not_equal(air_shows(&u), shown);
        shown = air_shows(&u);
    }
    ui_finish(&u);
}

/* Each temperature of either seat is another picture, and so are off and unknown. */
static void test_seats(void **state)
{
    static struct ui u;
    struct vehicle_state v = {.has_cabin = true};
    uint64_t unknown, shown;

    (void)state;
    assert_int_equal(ui_init(&u, ui_role("front"), FONTS), 0);
    unknown = shown = seats_show(&u);
    for (int i = 0; i < 2; i++)
        for (int halves = i; halves < 256; halves++) { /* the passenger's is off already */
            v.seat_c[i] = halves / 2.0;
            ui_advance(&u, 1, &v);
            assert_int_not_equal(seats_show(&u), shown);
            shown = seats_show(&u);
        }
    v.has_cabin = false;
    ui_advance(&u, 1, &v);
    assert_int_equal(seats_show(&u), unknown);
    ui_finish(&u);
}

/* Whole figures, never below the true speed and never one above it; the last known unit stays. */
static void test_units(void **state)
{
    static struct ui u;
    struct vehicle_state v = {.valid = true, .has_cabin = true};
    char text[UNITS_BYTES];

    (void)state;
    assert_int_equal(ui_init(&u, ui_role("front"), FONTS), 0);
    for (int centi = 0; centi <= 40000; centi++)
        for (int miles = 0; miles < 2; miles++) {
            const double unit = miles ? 160.934 : 100;

            v.has_cabin = true;
            v.miles = miles;
            v.speed_kmh = centi / 100.0;
            ui_advance(&u, 1, &v);
            v.has_cabin = v.miles = false;
            ui_advance(&u, 1, &v);
            assert_true(units_speed(&u) * unit >= centi - 1e-6);
            assert_true((units_speed(&u) - 1) * unit < centi);
            assert_string_equal(units_speed_name(&u), miles ? "mph" : "km/h");
        }
    units_near(&u, text, 160); /* miles now */
    assert_string_equal(text, "170 yd");
    units_near(&u, text, 1300);
    assert_string_equal(text, "0.8 mi");
    u.miles = false;
    units_near(&u, text, 168);
    assert_string_equal(text, "160 m");
    units_near(&u, text, 1299);
    assert_string_equal(text, "1.2 km");
    ui_finish(&u);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_values, begin, end),
        cmocka_unit_test_setup_teardown(test_flags, begin, end),
        cmocka_unit_test_setup_teardown(test_stale, begin, end),
        cmocka_unit_test_setup_teardown(test_corrupt, begin, end),
        cmocka_unit_test_setup_teardown(test_directories, begin, end),
        cmocka_unit_test(test_clock),
        cmocka_unit_test(test_seats),
        cmocka_unit_test(test_units),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
