/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * AMD's IOMMU over a unit that is a few numbers, with caches: device table, page tables, commands,
 * interrupts, events; by the specification 48882, also where QEMU has no more than a picture of it.
 */
#include "iommu_fake.h"

#define FEATURES (1u << 2 | 1u << 6 | 1u << 7)
#define HEAD     (0x2000 / 4)
#define STATUS   (0x2020 / 4)

static uint64_t device_cache[65536][4];
static bool device_cached[65536];

uint32_t hw_mmio_read(hpa_t address, unsigned bytes)
{
    assert_int_equal(bytes, 4);
    return fake.reg[(address - UNIT) / 4];
}

/* §2.4. Letters: D device, P pages, N interrupts, A all. */
static void command(const uint64_t *c)
{
    uint16_t device = (uint16_t)c[0];

    switch (c[0] >> 60) {
    case 1:
        assert_int_equal(c[0] & 7, 1);
        *fake_words(c[0] & 0x000FFFFFFFFFFFF8) = c[1];
        break;
    case 2:
        fake_note('D');
        device_cached[device] = false;
        break;
    case 3:
        fake_note('P');
        assert_int_equal(c[1], 0x7FFFFFFFFFFFF003); /* all pages, and tables */
        assert_int_not_equal(c[0] >> 32 & 0xFFFF, 0);
        fake_forget(c[0] >> 32 & 0xFFFF);
        break;
    case 5:
        fake_note('N');
        break;
    case 8:
        fake_note('A');
        memset(device_cached, 0, sizeof(device_cached));
        fake_forget(0);
        break;
    default:
        fail_msg("command %lx", c[0]);
    }
}

static void run_commands(bool to_the_end)
{
    bool waited = false;
    const uint64_t *queue = fake_words(fake_get64(0x08) & FRAME);

    assert_int_equal(fake_get64(0x08) >> 56, 8); /* 256 entries */
    while (fake.reg[HEAD] != fake.reg[HEAD + 2] && (to_the_end || !waited)) {
        waited = queue[fake.reg[HEAD] / 8] >> 60 == 1;
        command(queue + fake.reg[HEAD] / 8);
        fake.reg[HEAD] = (fake.reg[HEAD] + 16) % 4096;
    }
}

void hw_mmio_write(hpa_t address, unsigned bytes, uint32_t value)
{
    unsigned at = (unsigned)(address - UNIT);

    assert_int_equal(bytes, 4);
    if (at == 0x18 && (value ^ fake.reg[at / 4]) & 1)
        fake_note(value & 1 ? 'E' : 'e');
    if (at == 0x18 && (value ^ fake.reg[at / 4]) & 4)
        fake_note(value & 4 ? 'L' : 'l');
    fake.reg[at / 4] = at == 0x2020 ? fake.reg[at / 4] & ~value : value;
    if (at == 0x2008 && fake.reg[0x18 / 4] & 1u << 12 && !fake.stuck)
        run_commands(true);
}

void unit_late(void)
{
    run_commands(false);
}

int unit_begin(void **state)
{
    (void)state;
    fake_begin(true);
    acpi_info.iommu[0].bdf = FAKE_BDF;
    memset(device_cached, 0, sizeof(device_cached));
    fake.config[0x40 / 4] = 0x00800005;
    fake_set64(0x30, FEATURES);
    return 0;
}

static const uint64_t *device_of(uint16_t bdf)
{
    const uint64_t *table = fake_words(fake_get64(0) & FRAME);

    assert_int_equal(fake_get64(0) & 0x1FF, 511); /* for every function */
    assert_true(fake.reg[0x18 / 4] & 1);
    if (!device_cached[bdf])
        memcpy(device_cache[bdf], table + 4 * bdf, 32);
    device_cached[bdf] = true; /* this one caches everything */
    return device_cache[bdf];
}

/* §2.2.2, §2.2.3. */
bool unit_walk(uint16_t bdf, uint64_t page, struct fake_translation *found)
{
    const uint64_t *device = device_of(bdf);
    uint64_t entry = device[0];
    unsigned level = (unsigned)(entry >> 9 & 7);

    assert_int_equal(entry & 3, 3); /* else everything passes */
    *found = (struct fake_translation){bdf, (uint16_t)device[1], page, page, true};
    if (!level || page >> (12 + 9 * level)) {
        assert_int_equal(entry >> 61 & 3, 0);
        return false;
    }
    while (level) {
        unsigned next;

        if (!(entry & 1) || !(entry >> 61 & 1))
            return false;
        found->write &= entry >> 62 & 1;
        entry = fake_words(entry & FRAME)[page >> (3 + 9 * level) & 511];
        next = (unsigned)(entry >> 9 & 7);
        assert_true(!(entry & 1) || next == 0 || next == level - 1);
        found->to = (entry & FRAME) + (page & ((1ull << (3 + 9 * level)) - 1));
        level = next;
    }
    found->write &= entry >> 62 & 1;
    return entry & 1 && entry >> 61 & 1;
}

/* §2.2.5, entries of 16 bytes. */
bool unit_message(uint16_t source, const struct msi_message *message, uint32_t *apic,
                  uint8_t *vector)
{
    const uint64_t *device = device_of(source), *entry;
    uint32_t data = message->data;

    assert_int_equal(message->address >> 20, 0xFEE);
    assert_true(device[2] & 1);
    if (device[2] >> 60 != 2) { /* aborted: fixed ones, and what has pass bits */
        assert_int_equal(device[2], 1);
        return false;
    }
    assert_true(fake.reg[0x18 / 4] & 1u << 17);
    assert_int_equal(data >> 8 & 7, 0); /* fixed */
    if ((data & 0x7FF) >= 1u << (device[2] >> 1 & 15))
        return false;
    entry = fake_words(device[2] & FRAME) + 2 * (data & 0x7FF);
    if (!(entry[0] & 1))
        return false;
    assert_int_equal(entry[0] & 0xFE, 0); /* fixed, physical, not a guest's */
    *apic = (uint32_t)(entry[0] >> 8 & 0xFFFFFF) | (uint32_t)(entry[1] >> 56) << 24;
    *vector = (uint8_t)entry[1];
    return true;
}

static void order(void **state)
{
    (void)state;
    acpi_info.iommu[0].flags = 0x0F;
    fake_set64(0x18, 1);
    fake_set64(0x20, 1); /* firmware's exclusion */
    iommu_init();
    assert_string_equal(fake.order, "eELA");
    assert_int_equal(fake_get64(0x20), 0);
    assert_int_equal(fake_get64(0x18), 1ull << 50 | 1 << 17 | 1 << 12 | 0xF00 | 0xF);
    assert_non_null(strstr(fake.told, "IOMMU: 1 of AMD-Vi"));
    assert_int_equal(fake.config[0x44 / 4], 0xFEE05000);
    assert_int_equal(fake.config[0x48 / 4], 0);
    assert_int_equal(fake.config[0x4C / 4], HOST_VECTOR_IOMMU);
    assert_int_equal(fake.config[0x40 / 4] >> 16, 1);
}

static void too_old(void **state)
{
    (void)state;
    fake_set64(0x30, 0);
    iommu_init();
    assert_non_null(strstr(fake.told, "devices are not confined"));
    assert_string_equal(fake.order, "");
    unit_begin(state);
    fake_set64(0x30, 1u << 6); /* with interrupt entries of 4 bytes only */
    iommu_init();
    assert_non_null(strstr(fake.told, "interrupts are not remapped"));
    assert_int_equal(fake_get64(0x18) & (1ull << 50 | 1u << 17), 0);
    assert_int_equal(device_of(NIC)[2], 0);
}

static void no_x2apic(void **state)
{
    fake.narrow = fake.xapic = true;
    messages(state);
    assert_int_equal(fake_get64(0x18) >> 50, 0);
}

/* A function that never had a message to send sends none of any kind. */
static void silent_functions(void **state)
{
    struct msi_message m = {0xFEE00000, 0x20};
    uint32_t apic;
    uint8_t vector;

    (void)state;
    iommu_init();
    for (uint32_t bdf = 0; bdf < 65536; bdf++)
        assert_false(unit_message((uint16_t)bdf, &m, &apic, &vector));
}

static void put_event(unsigned at, uint32_t device, uint32_t what, uint64_t address)
{
    uint32_t *event = (uint32_t *)fake_words(fake_get64(0x10) & FRAME) + 4 * at;

    event[0] = device;
    event[1] = what;
    event[2] = (uint32_t)address;
    event[3] = (uint32_t)(address >> 32);
}

static void events(void **state)
{
    (void)state;
    iommu_init();
    assert_int_equal(fake_get64(0x10) >> 56, 8);
    fake.told[0] = 0;
    put_event(0, 0x0018, 2u << 28 | 1u << 21, 0x48000123);
    put_event(1, 0x0128, 2u << 28, 0x149000000);
    put_event(2, 0x0018, 2u << 28 | 1u << 19, 0xFEE03000);
    put_event(3, 0, 5u << 28, 0x1000);
    fake.reg[0x2018 / 4] = 4 * 16;
    fake.reg[STATUS] = 2;
    iommu_interrupt();
    assert_non_null(
        strstr(fake.told, "[0] denied: device 00:03.0, write of 48000000 (IOMMU, reason 2)"));
    assert_non_null(
        strstr(fake.told, "[0] denied: device 01:05.0, read of 149000000 (IOMMU, reason 2)"));
    assert_non_null(
        strstr(fake.told, "[0] denied: device 00:03.0, interrupt fee03000 (IOMMU, reason 2)"));
    assert_non_null(strstr(fake.told, "command or entry at 1000 (IOMMU, reason 5)"));
    assert_int_equal(fake.reg[0x2010 / 4], 4 * 16);
    assert_int_equal(fake.reg[STATUS], 0);
    fake.told[0] = fake.order[0] = 0; /* round the end, and the log ran over */
    put_event(255, 0x0018, 2u << 28, 0x50000000);
    fake.reg[0x2018 / 4] = 0;
    fake.reg[STATUS] = 3;
    iommu_interrupt();
    assert_non_null(strstr(fake.told, "read of 50000000"));
    assert_int_equal(fake.reg[0x2010 / 4], 0);
    assert_memory_equal(fake.order, "lL", 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TESTS,
        cmocka_unit_test_setup(order, unit_begin),
        cmocka_unit_test_setup(too_old, unit_begin),
        cmocka_unit_test_setup(no_x2apic, unit_begin),
        cmocka_unit_test_setup(silent_functions, unit_begin),
        cmocka_unit_test_setup(events, unit_begin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
