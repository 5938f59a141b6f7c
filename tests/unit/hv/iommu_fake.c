/* SPDX-License-Identifier: BSD-3-Clause */
/* The machine around a fake IOMMU: pages, VMs, log; and the tests that every kind has to pass. */
#include "iommu_fake.h"
#include "hv/arch.h"
#include "hv/pci.h"
#include "iommu_ops.h"

#define POOL       2600u
#define CACHE      64u
#define GUEST      0x2000000ull /* what the IVI's memory begins at, in the service VM's */
#define GUEST_M    8u           /* MiB */
#define MEMORY_END (1024 * MIB + 0x800)

struct fake fake;
jmp_buf panicked;
struct bn_boot_info boot_info;
struct bn_scenario scenario;
struct acpi_info acpi_info;
struct pcpu pcpus[HV_MAX_PCPUS];
struct vm vms[HV_MAX_VMS];
static _Alignas(4096) uint8_t pool[POOL + 1][HV_PAGE_BYTES];
static bool used[POOL + 1];
static size_t limit;
static struct fake_translation cache[CACHE];
static unsigned cached;

void *hpa_to_ptr(hpa_t address)
{
    assert_true(address >= HV_PAGE_BYTES && address < (POOL + 1) * HV_PAGE_BYTES);
    return pool[0] + address;
}

uint64_t *fake_words(hpa_t address)
{
    return hpa_to_ptr(address);
}

hpa_t pages_alloc(size_t count)
{
    size_t run = 0;

    for (size_t i = 1; i <= POOL && fake.pages_in_use + count <= limit; i++) {
        run = used[i] ? 0 : run + 1;
        if (run < count)
            continue;
        for (size_t page = i + 1 - count; page <= i; page++) {
            used[page] = true;
            memset(pool[page], 0, HV_PAGE_BYTES);
        }
        fake.pages_in_use += count;
        return (i + 1 - count) * HV_PAGE_BYTES;
    }
    return 0;
}

hpa_t page_alloc(void)
{
    return pages_alloc(1);
}

void page_free(hpa_t page)
{
    assert_true(used[page / HV_PAGE_BYTES]);
    used[page / HV_PAGE_BYTES] = false;
    memset(pool[page / HV_PAGE_BYTES], 0xFF, HV_PAGE_BYTES); /* whoever still looks there sees */
    fake.pages_in_use--;
}

volatile void *host_map_mmio(hpa_t base, uint64_t bytes)
{
    assert_int_equal(base, UNIT);
    assert_true(bytes <= sizeof(fake.reg));
    return fake.reg;
}

struct vm *vm_service(void)
{
    return &vms[0];
}

bool vm_is_service(const struct vm *vm)
{
    return vm == &vms[0];
}

static void tell(const char *format, va_list list)
{
    size_t length = strlen(fake.told);

    vsnprintf(fake.told + length, sizeof(fake.told) - length - 2, format, list);
    strcat(fake.told, "\n");
}

void hv_log(const char *format, ...)
{
    va_list list;

    va_start(list, format);
    tell(format, list);
    va_end(list);
}

void vm_log(struct vm *vm, const char *format, ...)
{
    char line[256];
    va_list list;

    snprintf(line, sizeof(line), "[%zu] %s", (size_t)(vm - vms), format);
    va_start(list, format);
    tell(line, list);
    va_end(list);
}

void hv_panic(const char *format, ...)
{
    va_list list;

    va_start(list, format);
    tell(format, list);
    va_end(list);
    longjmp(panicked, 1);
}

bool lapic_is_x2apic(void)
{
    return !fake.xapic;
}

void hw_write_back(const void *from, size_t bytes)
{
    assert_true((const uint8_t *)from >= pool[1]);
    assert_true((const uint8_t *)from + bytes <= pool[POOL] + HV_PAGE_BYTES);
}

void hw_store_pair(uint64_t pair[2], uint64_t low, uint64_t high)
{
    assert_int_equal((uintptr_t)pair % 16, 0);
    pair[0] = low;
    pair[1] = high;
}

uint32_t host_service_ranges(struct host_range ranges[HOST_MAX_RANGES], enum bn_status *status)
{
    ranges[0] = (struct host_range){1 * MIB, 63 * MIB};
    ranges[1] = (struct host_range){4096 * MIB, 512 * MIB};
    *status = BN_OK;
    return 2;
}

bool host_is_memory_run(hpa_t address, uint64_t *bytes)
{
    *bytes = address < MEMORY_END ? MEMORY_END - address : 4096 * MIB - address;
    return address < MEMORY_END;
}

unsigned pci_capability(uint16_t bdf, uint8_t id, unsigned after)
{
    assert_true(bdf == FAKE_BDF && id == 5 && !after);
    return 0x40;
}

uint32_t pci_read(uint16_t bdf, unsigned offset, unsigned bytes)
{
    assert_int_equal(bdf, FAKE_BDF);
    return fake.config[offset / 4] >> 8 * (offset & 3) & (UINT32_MAX >> (32 - 8 * bytes));
}

void pci_write(uint16_t bdf, unsigned offset, unsigned bytes, uint32_t value)
{
    assert_int_equal(bdf, FAKE_BDF);
    memcpy((uint8_t *)fake.config + offset, &value, bytes);
}

void fake_note(char c)
{
    size_t length = strlen(fake.order);

    if (length < sizeof(fake.order) - 1)
        fake.order[length] = c;
}

void fake_set64(unsigned at, uint64_t value)
{
    fake.reg[at / 4] = (uint32_t)value;
    fake.reg[at / 4 + 1] = (uint32_t)(value >> 32);
}

uint64_t fake_get64(unsigned at)
{
    return fake.reg[at / 4] | (uint64_t)fake.reg[at / 4 + 1] << 32;
}

bool fake_cached(uint16_t bdf, uint64_t page, struct fake_translation *found)
{
    for (unsigned i = 0; i < cached; i++)
        if (cache[i].bdf == bdf && cache[i].page == page) {
            *found = cache[i];
            return true;
        }
    return false;
}

void fake_cache(const struct fake_translation *found)
{
    if (cached < CACHE)
        cache[cached++] = *found;
}

void fake_forget(unsigned domain)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < cached; i++)
        if (domain && cache[i].domain != domain)
            cache[kept++] = cache[i];
    cached = kept;
}

void fake_begin(bool amd)
{
    static struct bn_scenario_vm config[HV_MAX_VMS];

    memset(&fake, 0, sizeof(fake));
    memset(&iommu, 0, sizeof(iommu));
    memset(used, 0, sizeof(used));
    memset(vms, 0, sizeof(vms));
    limit = POOL;
    cached = 0;
    acpi_info = (struct acpi_info){.iommu_count = 1, .iommu = {{.base = UNIT, .bytes = 4096}}};
    acpi_info.iommu[0].amd = amd;
    acpi_info.reserved_count = 2; /* one where nobody is, one that reaches into others' memory */
    acpi_info.reserved[0].base = 0x7B000000;
    acpi_info.reserved[0].end = 0x7B800000;
    acpi_info.reserved[1].base = 60 * MIB;
    acpi_info.reserved[1].end = 70 * MIB;
    acpi_info.ioapic_count = 1;
    acpi_info.ioapic[0].source = 0xA0;
    memset(&boot_info, 0, sizeof(boot_info));
    boot_info.memory[0] = (struct bn_memory){0x1000, 1024 * MIB - 0x1000, BN_MEMORY_USABLE, 0};
    boot_info.memory[1] = (struct bn_memory){4096 * MIB, 2048 * MIB, BN_MEMORY_USABLE, 0};
    boot_info.memory_count = 2;
    memset(&scenario, 0, sizeof(scenario));
    scenario.device_count = 2;
    scenario.device[0] = (struct bn_scenario_device){.kind = BN_DEVICE_PCI, .bdf = OTHERS};
    scenario.device[1] = (struct bn_scenario_device){.kind = BN_DEVICE_UART, .port = 0x3F8};
    pcpus[0].apic_id = 5;
    for (unsigned i = 0; i < HV_MAX_VMS; i++) {
        vms[i].id = i;
        vms[i].config = &config[i];
    }
}

static bool to(uint16_t bdf, uint64_t address, hpa_t *hpa, bool *write)
{
    struct fake_translation found = {.bdf = bdf, .page = address & ~0xFFFull};

    if (!fake_cached(bdf, found.page, &found)) {
        if (!unit_walk(bdf, found.page, &found))
            return false;
        fake_cache(&found);
    }
    *hpa = found.to + (address & 0xFFF);
    *write = found.write;
    return true;
}

/* The same address, with every right. */
static bool reaches(uint16_t bdf, uint64_t address)
{
    hpa_t hpa;
    bool write;

    return to(bdf, address, &hpa, &write) && hpa == address && write;
}

void reach_of_the_service_vm(void **state)
{
    (void)state;
    iommu_init();
    assert_non_null(strstr(fake.told, "devices reach the service VM's memory only"));
    assert_false(reaches(0x0010, 1 * MIB));        /* it does not run yet */
    assert_true(reaches(0x0010, 0x7B000000));      /* firmware's word for its devices */
    for (unsigned round = 0; round < 3; round++) { /* started again and again */
        assert_int_equal(iommu_service_memory(true), BN_OK);
        assert_true(reaches(0x0010, 1 * MIB));
        assert_true(reaches(0xFFFF, 64 * MIB - 1));
        assert_true(reaches(0x0010, 4096 * MIB));
        assert_true(reaches(0x0010, 4608 * MIB - 1));
        assert_true(reaches(0x0010, 0x7B000000));
        assert_true(reaches(0x0010, 0x7B7FFFFF));
        assert_false(reaches(0x0010, 0x7B800000));
        assert_false(reaches(0x0010, 64 * MIB)); /* and no word for others' memory */
        assert_false(reaches(0x0010, 0));
        assert_false(reaches(0x0010, 4608 * MIB));
        assert_false(reaches(0x0010, UNIT));
        assert_false(reaches(OTHERS, 1 * MIB)); /* somebody else's device */
        assert_false(reaches(OTHERS, 0x7B000000));
        assert_true(reaches(OTHERS + 1, 1 * MIB));
        assert_true(reaches(OTHERS + 0x100, 1 * MIB));
        iommu_release(vm_service());
        assert_false(reaches(0x0010, 1 * MIB));
        assert_false(reaches(0x0010, 4096 * MIB));
        assert_true(reaches(0x0010, 0x7B000000));
    }
}

/* Guest memory in pieces of 4 KiB and 2 MiB, one page of it read-only, and a device's registers. */
static void start_ivi(void)
{
    struct nested_paging *memory = &vms[IVI].memory;

    assert_int_equal(paging_init(memory, &paging_ept), BN_OK);
    assert_int_equal(paging_map(memory, 0, GUEST, GUEST_M * MIB, 7), BN_OK);
    assert_int_equal(paging_map(memory, 3 * MIB, GUEST - MIB, 0x1000, MAP_READ), BN_OK);
    assert_int_equal(paging_map(memory, 0xF0000000, 0xE0000000, 0x2000, MAP_READ | MAP_WRITE),
                     BN_OK);
    assert_int_equal(paging_map(memory, 2048 * MIB, 1024 * MIB - 0x2000, 0x4000, 7), BN_OK);
}

static void end_ivi(void)
{
    iommu_release(&vms[IVI]);
    paging_finish(&vms[IVI].memory);
}

static void ivi_reaches(uint16_t bdf)
{
    hpa_t hpa = 0;
    bool write;

    assert_true(to(bdf, 0x1234, &hpa, &write));
    assert_true(write && hpa == GUEST + 0x1234);
    assert_true(to(bdf, GUEST_M * MIB - 1, &hpa, &write));
    assert_int_equal(hpa, GUEST + GUEST_M * MIB - 1);
    assert_true(to(bdf, 3 * MIB, &hpa, &write));
    assert_true(!write && hpa == GUEST - MIB);
    assert_true(to(bdf, 2048 * MIB + 0x1000, &hpa, &write));
    assert_int_equal(hpa, 1024 * MIB - 0x1000);
    assert_false(to(bdf, 2048 * MIB + 0x2000, &hpa, &write)); /* memory ends in there */
    assert_false(to(bdf, 0xF0000000, &hpa, &write));          /* registers are no memory */
    assert_false(to(bdf, GUEST_M * MIB, &hpa, &write));
    assert_false(to(bdf, GUEST, &hpa, &write)); /* the service VM's address of the same */
}

void domains(void **state)
{
    size_t before;

    (void)state;
    assert_int_equal(iommu_assign(NIC, &vms[IVI]), BN_ENODEV); /* no IOMMU yet */
    iommu_init();
    assert_int_equal(iommu_service_memory(true), BN_OK);
    assert_true(reaches(NIC, GUEST));
    assert_int_equal(iommu_assign(NIC, &vms[IVI]), BN_ENODEV); /* the VM is not there */
    assert_true(reaches(NIC, GUEST));
    start_ivi();
    before = fake.pages_in_use;
    assert_int_equal(iommu_assign(NIC, &vms[IVI]), BN_OK);
    assert_true(fake.pages_in_use > before);
    ivi_reaches(NIC);
    assert_true(reaches(NIC + 1, GUEST)); /* its neighbour stays whose it was */
    assert_int_equal(iommu_assign(OTHERS, &vms[IVI]), BN_OK);
    ivi_reaches(OTHERS);
    assert_int_equal(iommu_assign(NIC, NULL), BN_OK);
    assert_false(reaches(NIC, GUEST));
    ivi_reaches(OTHERS);
    assert_int_equal(iommu_assign(NIC, vm_service()), BN_OK);
    assert_true(reaches(NIC, GUEST));
    end_ivi();
    assert_false(reaches(OTHERS, 0));
    assert_true(reaches(NIC, GUEST));
}

void memory_changes(void **state)
{
    struct nested_paging *memory = &vms[IVI].memory;
    hpa_t hpa;
    bool write;

    (void)state;
    iommu_init();
    start_ivi();
    assert_int_equal(iommu_map(&vms[IVI], 0, GUEST, MIB, 7), BN_OK); /* no functions: no domain */
    assert_int_equal(iommu_assign(NIC, &vms[IVI]), BN_OK);
    ivi_reaches(NIC);
    assert_int_equal(iommu_unmap(&vms[IVI], 0x1000, 0x1000), BN_OK);
    assert_false(to(NIC, 0x1234, &hpa, &write)); /* nor from the unit's cache */
    assert_int_equal(iommu_map(&vms[IVI], 0x1000, GUEST + 0x1000, 0x1000, MAP_READ), BN_OK);
    assert_true(to(NIC, 0x1234, &hpa, &write));
    assert_false(write);
    assert_int_equal(iommu_map(&vms[IVI], 0x1000, GUEST + 0x1000, 0x1000, 7), BN_OK);
    ivi_reaches(NIC);
    /* Registers over memory, and memory that registers follow. */
    assert_int_equal(iommu_map(&vms[IVI], 0x1000, 0xE0000000, 0x1000, 7), BN_OK);
    assert_false(to(NIC, 0x1234, &hpa, &write));
    assert_int_equal(iommu_map(&vms[IVI], 0x1000, 1024 * MIB - 0x1000, 0x2000, 7), BN_OK);
    assert_true(to(NIC, 0x1000, &hpa, &write));
    assert_false(to(NIC, 0x2000, &hpa, &write));
    assert_non_null((void *)memory->root);
    end_ivi();
}

void no_memory_changes_nothing(void **state)
{
    size_t before;

    (void)state;
    iommu_init();
    assert_int_equal(iommu_service_memory(true), BN_OK);
    start_ivi();
    before = fake.pages_in_use;
    for (limit = before; iommu_assign(NIC, &vms[IVI]) == BN_ENOMEM; limit++) {
        assert_int_equal(fake.pages_in_use, before);
        assert_true(reaches(NIC, GUEST));
    }
    assert_true(limit > before);
    ivi_reaches(NIC);
    end_ivi();
    limit = POOL;
}

void thousands_of_vms(void **state)
{
    size_t before;

    (void)state;
    iommu_init();
    assert_int_equal(iommu_service_memory(true), BN_OK);
    before = fake.pages_in_use;
    for (unsigned round = 0; round < 5000; round++) {
        start_ivi();
        assert_int_equal(iommu_assign(NIC, &vms[IVI]), BN_OK);
        assert_int_equal(iommu_unmap(&vms[IVI], 0, 0x1000), BN_OK);
        if (round % 2)
            assert_int_equal(iommu_assign(NIC, vm_service()), BN_OK);
        end_ivi();
        assert_int_equal(fake.pages_in_use, before);
        if (!(round % 2))
            assert_int_equal(iommu_assign(NIC, vm_service()), BN_OK);
        assert_true(reaches(NIC, GUEST));
    }
}

void dead_unit(void **state)
{
    (void)state;
    fake.stuck = true;
    if (!setjmp(panicked)) {
        iommu_init();
        fail_msg("a unit that does nothing was believed");
    }
    assert_non_null(strstr(fake.told, "does not do what it is told protects nobody"));
}

/* Its caches may hold the old translation: whoever takes memory away is told. */
void dies_later(void **state)
{
    (void)state;
    iommu_init();
    start_ivi();
    assert_int_equal(iommu_assign(NIC, &vms[IVI]), BN_OK);
    fake.stuck = true;
    assert_int_equal(iommu_unmap(&vms[IVI], 0, 0x1000), BN_EBUSY);
    assert_int_equal(iommu_assign(NIC, NULL), BN_EBUSY);
    assert_non_null(strstr(fake.told, "stands still"));
    unit_late(); /* the wait of the first comes now, which says nothing of the next */
    assert_int_equal(iommu_assign(NIC, &vms[IVI]), BN_EBUSY); /* not with what is left of it */
    fake.stuck = false;
    assert_int_equal(iommu_unmap(&vms[IVI], 0, 0x1000), BN_OK);
    assert_int_equal(iommu_assign(NIC, &vms[IVI]), BN_OK);
    ivi_reaches(NIC);
    end_ivi();
}

static void expect(uint16_t source, const struct msi_message *message, uint32_t apic,
                   uint8_t vector)
{
    uint32_t to_apic = 0;
    uint8_t with = 0;

    assert_true(unit_message(source, message, &to_apic, &with));
    assert_int_equal(to_apic, apic);
    assert_int_equal(with, vector);
}

void messages(void **state)
{
    struct msi_message one, other, none, forged = {0xFEE03000, 0x40};
    uint32_t first, row, apic;
    uint8_t vector;

    (void)state;
    iommu_init();
    assert_true(iommu_remaps_interrupts());
    assert_int_equal(iommu_irq_alloc(NIC, 1, &first), BN_OK);
    assert_int_equal(iommu_irq_alloc(NIC, 5, &row), BN_OK);
    assert_int_equal(iommu_irq_route(NIC, first, 3, 0x51, false, &one), BN_OK);
    for (unsigned i = 0; i < 5; i++) {
        assert_int_equal(iommu_irq_route(NIC, row + i, i, (uint8_t)(0x60 + i), false, &other),
                         BN_OK);
        expect(NIC, &other, i, (uint8_t)(0x60 + i));
        assert_false(unit_message(NIC + 1, &other, &apic, &vector)); /* not its own */
    }
    expect(NIC, &one, 3, 0x51);
    assert_false(unit_message(NIC, &forged, &apic, &vector)); /* as the device likes */
    assert_int_equal(iommu_irq_route(NIC, first, 1, 0x52, false, &other), BN_OK);
    expect(NIC, &one, 1, 0x52); /* the same message */
    assert_int_equal(iommu_irq_route(NIC, first, IOMMU_NOWHERE, 0, false, &none), BN_OK);
    assert_true(none.address == 0 && none.data == 0);
    assert_false(unit_message(NIC, &one, &apic, &vector));
    assert_int_equal(iommu_irq_route(NIC, row + 5, 1, 0x53, false, &none), BN_EINVAL);
    assert_int_equal(iommu_irq_route(NIC, 0x7FFFFFFF, 1, 0x53, false, &none), BN_EINVAL);
    assert_int_equal(iommu_irq_route(NIC, row, 0x12345, 0x54, false, &other),
                     fake.narrow ? BN_EINVAL : BN_OK);
    if (!fake.narrow)
        expect(NIC, &other, 0x12345, 0x54);
}

void messages_run_out(void **state)
{
    uint32_t handle;
    unsigned count = 3;

    (void)state;
    iommu_init();
    assert_int_equal(iommu_irq_alloc(NIC, 3, &handle), BN_OK);
    assert_int_equal(handle, 0);
    for (; iommu_irq_alloc(NIC, 1, &handle) == BN_OK; count++)
        assert_int_equal(handle, count);
    assert_true(count == 256 || count == 4096);
    assert_int_equal(iommu_irq_alloc(NIC, 0, &handle), BN_ENOMEM);
    assert_int_equal(iommu_irq_alloc(NIC, 2, &handle), BN_ENOMEM);
}

/* Nobody remaps: the processor's own format, for CPUs that it can name. */
void plain_messages(void **state)
{
    struct msi_message m;
    uint32_t handle;

    (void)state;
    acpi_info.ioapic[0].source = ACPI_NO_SOURCE;
    iommu_init();
    assert_non_null(strstr(fake.told, "interrupts are not remapped"));
    assert_false(iommu_remaps_interrupts());
    assert_int_equal(iommu_irq_alloc(NIC, 8, &handle), BN_OK);
    assert_int_equal(iommu_irq_route(NIC, handle, 3, 0x51, true, &m), BN_OK);
    assert_true(m.address == 0xFEE03000 && m.data == 0xC051);
    assert_int_equal(iommu_irq_route(NIC, handle, 0x100, 0x51, true, &m), BN_EINVAL);
    assert_int_equal(iommu_irq_route(NIC, handle, IOMMU_NOWHERE, 0x51, true, &m), BN_OK);
    assert_true(m.address == 0 && m.data == 0);
}
