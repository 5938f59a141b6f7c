/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * VT-d over a unit that is a few numbers, with caches: which memory a device reaches by the tables,
 * where its messages end, in which order the unit is told, and what its faults say.
 */
#include "iommu_fake.h"

#define RECORDS    0x200u /* where CAP below says */
#define CAP_BASE   (1ull << 34 | (uint64_t)(RECORDS / 16) << 24 | 1ull << 40)
#define CAP_4      (CAP_BASE | 1ull << 35 | 1ull << 10)
#define CAP_3      (CAP_BASE | 1ull << 35 | 1ull << 9)
#define ECAP_NEW   (1ull << 1 | 1u << 3 | 1u << 4)
#define QUEUE_HEAD (0x80 / 4)

static uint64_t context_cache[65536][2];
static bool context_cached[65536];
static uint32_t irte_vector_cache; /* what was flushed last, of interrupts */

uint32_t hw_mmio_read(hpa_t address, unsigned bytes)
{
    assert_int_equal(bytes, 4);
    return fake.reg[(address - UNIT) / 4];
}

/* Letters: R root, X table of interrupts, Q queue, I interrupts remapped, E translation; small:
 * off. */
static void do_command(uint32_t value)
{
    static const struct {
        uint32_t bit;
        char on, off;
    } letters[] = {{1u << 31, 'E', 'e'}, {1u << 26, 'Q', 'q'}, {1u << 25, 'I', 'i'}};
    uint32_t now = fake.reg[0x1C / 4];

    assert_false(value & 1u << 23); /* the old format stays blocked */
    if (value & 1u << 30)
        fake_note('R');
    if (value & 1u << 24)
        fake_note('X');
    for (unsigned i = 0; i < 3; i++)
        if ((value ^ now) & letters[i].bit)
            fake_note(value & letters[i].bit ? letters[i].on : letters[i].off);
    fake.reg[0x1C / 4] = value;
}

static void forget_contexts(void)
{
    fake_note('C');
    memset(context_cached, 0, sizeof(context_cached));
}

static void forget_pages(unsigned granularity, unsigned domain)
{
    fake_note('T');
    assert_in_range(granularity, 1, 2);
    assert_true(granularity == 1 || domain);
    fake_forget(granularity == 2 ? domain : 0);
}

/* §6.5.2. False: one that is not known; the queue stops there. */
static bool descriptor(const uint64_t *d)
{
    switch (d[0] & 15) {
    case 1:
        assert_int_equal(d[0], 0x11);
        forget_contexts();
        return d[1] == 0;
    case 2:
        assert_int_equal(d[0] & 0xC0, 0xC0); /* reads and writes done */
        forget_pages((unsigned)(d[0] >> 4 & 3), (unsigned)(d[0] >> 16 & 0xFFFF));
        return d[1] == 0;
    case 4:
        irte_vector_cache = d[0] & 16 ? (uint32_t)(d[0] >> 32 & 0xFFFF) : UINT32_MAX;
        return d[1] == 0;
    case 5:
        assert_int_equal(d[0] & 0x70, 0x20);
        *(uint32_t *)hpa_to_ptr(d[1]) = (uint32_t)(d[0] >> 32);
        return true;
    default:
        return false;
    }
}

static void run_queue(bool to_the_end)
{
    const uint64_t *queue = hpa_to_ptr(fake_get64(0x90) & FRAME);
    bool waited = false;

    assert_int_equal(fake_get64(0x90) & 0xFFF, 0); /* one page */
    assert_true(fake.reg[0x1C / 4] & 1u << 26);
    while (fake.reg[QUEUE_HEAD] != fake.reg[0x88 / 4] && (to_the_end || !waited)) {
        waited = (queue[fake.reg[QUEUE_HEAD] / 8] & 15) == 5;
        if (!descriptor(queue + fake.reg[QUEUE_HEAD] / 8)) {
            fake.reg[0x34 / 4] |= 0x10;
            return;
        }
        fake.reg[QUEUE_HEAD] = (fake.reg[QUEUE_HEAD] + 16) % 4096;
    }
}

void hw_mmio_write(hpa_t address, unsigned bytes, uint32_t value)
{
    unsigned at = (unsigned)(address - UNIT);

    assert_int_equal(bytes, 4);
    if (at >= RECORDS) { /* the fault bit goes when it is written */
        fake.reg[at / 4] &= ~(value & 1u << 31);
        return;
    }
    fake.reg[at / 4] = at == 0x34 ? fake.reg[at / 4] & ~value : value;
    if (fake.stuck)
        return;
    if (at == 0x18)
        do_command(value);
    if (at == 0x88 && fake.reg[0x1C / 4] & 1u << 26)
        run_queue(true);
}

void unit_late(void)
{
    run_queue(false);
}

static void power_on(uint64_t cap, uint64_t ecap)
{
    fake_begin(false);
    memset(context_cached, 0, sizeof(context_cached));
    fake_set64(0x08, cap);
    fake_set64(0x10, ecap);
}

int unit_begin(void **state)
{
    (void)state;
    power_on(CAP_4, ECAP_NEW);
    return 0;
}

/* §3.4.3, §3.7. */
bool unit_walk(uint16_t bdf, uint64_t page, struct fake_translation *found)
{
    const uint64_t *root = hpa_to_ptr(fake_get64(0x20)), *context;
    uint64_t entry = root[2 * (bdf >> 8)];
    unsigned levels;

    assert_true(fake.reg[0x1C / 4] >> 31 && entry & 1);
    context = fake_words(entry & FRAME) + 2 * (bdf & 0xFF);
    if (!context_cached[bdf]) {
        memcpy(context_cache[bdf], context, 16);
        context_cached[bdf] = context[0] & 1; /* what is not present is not cached */
    }
    context = context_cache[bdf];
    entry = context[0];
    if (!(entry & 1))
        return false;
    assert_int_equal(entry & 0xFFE, 0);
    levels = (unsigned)(context[1] & 7) + 2;
    assert_true(fake_get64(0x08) >> 8 & 1u << (levels - 2)); /* a width that it has */
    *found = (struct fake_translation){bdf, (uint16_t)(context[1] >> 8), page, 0, true};
    if (page >> (12 + 9 * levels))
        return false;
    while (levels--) {
        entry = fake_words(entry & FRAME)[page >> (12 + 9 * levels) & 511];
        if (!(entry & 1))
            return false;
        found->write &= entry >> 1 & 1;
        found->to = (entry & FRAME) + (page & ((1ull << (12 + 9 * levels)) - 1));
        if (levels && entry & 0x80) {
            assert_true(fake_get64(0x08) >> (33 + levels) & 1); /* a page that it has */
            return true;
        }
    }
    return true;
}

/* §5.1. */
bool unit_message(uint16_t source, const struct msi_message *message, uint32_t *apic,
                  uint8_t *vector)
{
    uint32_t index = (uint32_t)message->address >> 5 & 0x7FFF;
    const uint64_t *entry;

    if (!(message->address & 0x10)) /* the old format: blocked */
        return false;
    assert_true(fake.reg[0x1C / 4] & 1u << 25);
    assert_int_equal(message->address >> 20, 0xFEE);
    assert_int_equal(message->address & 8, 0); /* the data counts for nothing */
    if (index >= 2u << (fake_get64(0xB8) & 15))
        return false;
    entry = fake_words(fake_get64(0xB8) & FRAME) + 2 * index;
    if (!(entry[0] & 1))
        return false;
    assert_int_equal(entry[1] >> 16, 4); /* verified: the whole id */
    if ((uint16_t)entry[1] != source)
        return false;
    *apic = fake_get64(0xB8) & 1u << 11 ? (uint32_t)(entry[0] >> 32) : (uint8_t)(entry[0] >> 40);
    *vector = (uint8_t)(entry[0] >> 16);
    return true;
}

/* An I/O APIC's entry made of a message has the vector, which ends of interrupts name (§5.1.5.1).
 */
static void io_apic(void **state)
{
    struct msi_message m;
    uint32_t handle;

    (void)state;
    iommu_init();
    assert_int_equal(iommu_irq_alloc(0xA0, 1, &handle), BN_OK);
    assert_int_equal(iommu_irq_route(0xA0, handle, 1, 0x71, true, &m), BN_OK);
    assert_int_equal(m.data, 0x71);
    assert_int_equal(m.address & 8, 0);
    assert_true(fake_words(fake_get64(0xB8) & FRAME)[2 * handle] & 1u << 4); /* level */
}

static void by_queue(void **state)
{
    (void)state;
    iommu_init();
    assert_string_equal(fake.order, "QXIRCTE"); /* tables, caches emptied, only then on */
    assert_int_equal(irte_vector_cache, UINT32_MAX);
    assert_non_null(strstr(fake.told, "IOMMU: 1 of VT-d"));
}

static void queue_goes_round(void **state)
{
    (void)state;
    iommu_init();
    for (unsigned i = 0; i < 1000; i++)
        assert_int_equal(iommu_assign(NIC, i % 2 ? vm_service() : NULL), BN_OK);
    assert_int_equal(fake.reg[QUEUE_HEAD], fake.reg[0x88 / 4]);
}

static void queue_error_is_named(void **state)
{
    (void)state;
    iommu_init();
    fake.stuck = true;
    fake.reg[0x34 / 4] = 0x40;
    assert_int_equal(iommu_assign(NIC, NULL), BN_EBUSY);
    assert_non_null(strstr(fake.told, "a device did not answer its invalidation"));
    assert_int_equal(fake.reg[0x34 / 4], 0);
}

static void without_a_queue(void **state)
{
    (void)state;
    power_on(CAP_4, ECAP_NEW & ~2ull);
    iommu_init();
    assert_non_null(strstr(fake.told, "not of a kind that we use"));
    assert_int_equal(fake.reg[0x1C / 4], 0);
    assert_int_equal(iommu_assign(NIC, NULL), BN_ENODEV);
}

static void without_remapping(void **state)
{
    power_on(CAP_4, ECAP_NEW & ~8ull);
    domains(state);
    assert_non_null(strstr(fake.told, "interrupts are not remapped"));
    power_on(CAP_4, ECAP_NEW & ~8ull);
    memory_changes(state);
}

static void three_levels(void **state)
{
    power_on(CAP_3, ECAP_NEW);
    reach_of_the_service_vm(state);
    power_on(CAP_3, ECAP_NEW);
    domains(state);
}

/* The unit has no pages of 1 GiB, or of 2 MiB: the domain has none then; the CPUs' tables keep
 * theirs. */
static void small_pages(void **state)
{
    paging_max_large = 2;
    power_on(CAP_BASE | 1ull << 10, ECAP_NEW);
    reach_of_the_service_vm(state);
    power_on((CAP_BASE | 1ull << 10) & ~(1ull << 34), ECAP_NEW);
    domains(state);
    assert_int_equal(paging_max_large, 2);
    paging_max_large = 1;
}

/* With 8 bits of destination, where the processors' APICs have no more. */
static void no_x2apic(void **state)
{
    power_on(CAP_4, ECAP_NEW & ~(1ull << 4));
    fake.narrow = true;
    messages(state);
    power_on(CAP_4, ECAP_NEW);
    fake.narrow = fake.xapic = true;
    messages(state);
}

static void firmwares_use_ends_first(void **state)
{
    (void)state;
    fake.reg[0x1C / 4] = 1u << 31 | 1u << 26 | 1u << 25 | 1u << 23;
    fake.reg[0x64 / 4] = 1u << 31; /* protected memory */
    iommu_init();
    assert_string_equal(fake.order, "eiqQXIRCTE");
    assert_int_equal(fake.reg[0x64 / 4], 0);
}

static void none_and_unusable(void **state)
{
    acpi_info.iommu_count = 0;
    iommu_init();
    assert_non_null(strstr(fake.told, "IOMMU: none"));
    assert_int_equal(iommu_service_memory(true), BN_OK);
    iommu_release(vm_service());
    unit_begin(state);
    fake_set64(0x08, CAP_BASE); /* neither three nor four levels */
    iommu_init();
    assert_non_null(strstr(fake.told, "devices are not confined"));
    assert_string_equal(fake.order, "");
    assert_int_equal(iommu_assign(NIC, NULL), BN_ENODEV);
}

static void firmware_has_a_say(void **state)
{
    (void)state;
    acpi_info.no_remapping = true;
    iommu_init();
    assert_string_equal(fake.order, "QRCTE");
}

/* Records lie further on than DMAR's size of the unit says. */
static void far_registers(void **state)
{
    (void)state;
    fake_set64(0x10, (ECAP_NEW & ~0x3FF00ull) | 0x120ull << 8);
    fake_set64(0x08, CAP_4);
    acpi_info.iommu[0].bytes = 4096;
    fake.stuck = true;
    if (!setjmp(panicked))
        iommu_init();
    assert_int_equal(acpi_info.iommu[0].bytes, 8192); /* what the service VM does not see */
}

static void faults(void **state)
{
    (void)state;
    iommu_init();
    assert_int_equal(fake.reg[0x3C / 4], HOST_VECTOR_IOMMU);
    assert_int_equal(fake.reg[0x40 / 4], 0xFEE05000);
    assert_int_equal(fake.reg[0x38 / 4], 0); /* not masked */
    fake.told[0] = 0;
    fake_set64(RECORDS, 0x48000000);
    fake.reg[RECORDS / 4 + 2] = 0x0018;
    fake.reg[RECORDS / 4 + 3] = 1u << 31 | 5;
    fake_set64(RECORDS + 16, 0x49000000);
    fake.reg[RECORDS / 4 + 6] = 0x0128;
    fake.reg[RECORDS / 4 + 7] = 1u << 31 | 1u << 30 | 6;
    fake.reg[0x34 / 4] = 3;
    iommu_interrupt();
    assert_non_null(
        strstr(fake.told, "[0] denied: device 00:03.0, write of 48000000 (IOMMU, reason 5)"));
    assert_non_null(
        strstr(fake.told, "[0] denied: device 01:05.0, read of 49000000 (IOMMU, reason 6)"));
    assert_false(fake.reg[RECORDS / 4 + 3] >> 31 || fake.reg[RECORDS / 4 + 7] >> 31);
    assert_false(fake.reg[0x34 / 4] & 1);
    fake_set64(RECORDS, 0x0123000000000000);
    fake.reg[RECORDS / 4 + 3] = 1u << 31 | 0x22;
    iommu_interrupt();
    assert_non_null(strstr(fake.told, "device 00:03.0, interrupt 123 (IOMMU, reason 22)"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TESTS,
        cmocka_unit_test_setup(io_apic, unit_begin),
        cmocka_unit_test_setup(by_queue, unit_begin),
        cmocka_unit_test_setup(queue_goes_round, unit_begin),
        cmocka_unit_test_setup(queue_error_is_named, unit_begin),
        cmocka_unit_test_setup(without_a_queue, unit_begin),
        cmocka_unit_test_setup(without_remapping, unit_begin),
        cmocka_unit_test_setup(three_levels, unit_begin),
        cmocka_unit_test_setup(small_pages, unit_begin),
        cmocka_unit_test_setup(no_x2apic, unit_begin),
        cmocka_unit_test_setup(firmwares_use_ends_first, unit_begin),
        cmocka_unit_test_setup(none_and_unusable, unit_begin),
        cmocka_unit_test_setup(firmware_has_a_say, unit_begin),
        cmocka_unit_test_setup(far_registers, unit_begin),
        cmocka_unit_test_setup(faults, unit_begin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
