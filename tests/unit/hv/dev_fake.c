/* SPDX-License-Identifier: BSD-3-Clause */
/* What the emulated devices call below and beside them, as plain memory that tests can look at. */
#include "dev_fake.h"

#include <stdio.h>
#include <stdlib.h>

#include "hv/arch.h"
#include "hv/host.h"
#include "hv/hw.h"
#include "hv/iommu.h"
#include "hv/log.h"
#include "hv/watchdog.h"

#define TSC_HZ    1000000000ull
#define UART      0x3F8u
#define IOAPIC    0xFEC00000ull
#define ALL_PORTS 65536u

struct fake fake;
struct vm vms[HV_MAX_VMS];
struct bn_scenario scenario;
struct acpi_info acpi_info;
struct pcpu pcpus[HV_MAX_PCPUS];
uint32_t pcpu_count = HV_MAX_PCPUS;
uint64_t tsc_hz = TSC_HZ, apic_timer_hz = TSC_HZ;
static struct bn_scenario_vm fake_config[HV_MAX_VMS];

/* ---- clock ---- */

uint64_t tsc_now(void)
{
    return fake.tsc;
}

void clock_wait_ns(uint64_t ns)
{
    fake.tsc += ns;
}

uint64_t tsc_from_ns(uint64_t ns)
{
    return ns;
}

uint64_t tsc_to_ns(uint64_t ticks)
{
    return ticks;
}

void timer_cancel(struct hv_timer *timer)
{
    for (size_t i = 0; i < HV_ARRAY_SIZE(fake.timer); i++)
        if (fake.timer[i] == timer)
            fake.timer[i] = NULL;
    timer->deadline = 0;
}

void timer_arm(struct hv_timer *timer, uint64_t deadline_tsc)
{
    timer_cancel(timer);
    for (size_t i = 0; i < HV_ARRAY_SIZE(fake.timer); i++) {
        if (fake.timer[i])
            continue;
        fake.timer[i] = timer;
        timer->deadline = deadline_tsc;
        return;
    }
    abort();
}

void fake_pass_ns(uint64_t ns)
{
    uint64_t until = fake.tsc + ns;

    for (;;) {
        struct hv_timer *first = NULL;

        for (size_t i = 0; i < HV_ARRAY_SIZE(fake.timer); i++)
            if (fake.timer[i] && fake.timer[i]->deadline <= until &&
                (!first || fake.timer[i]->deadline < first->deadline))
                first = fake.timer[i];
        if (!first)
            break;
        if (first->deadline > fake.tsc)
            fake.tsc = first->deadline;
        timer_cancel(first);
        first->expired(first->context);
    }
    fake.tsc = until;
}

/* ---- log ---- */

static void append(const char *format, va_list arguments)
{
    size_t used = strlen(fake.log);

    if (used + 256 > sizeof(fake.log))
        return;
    vsnprintf(fake.log + used, 254, format, arguments);
    strcat(fake.log, "\n");
}

void hv_log(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    append(format, arguments);
    va_end(arguments);
}

void vm_log(struct vm *vm, const char *format, ...)
{
    va_list arguments;

    (void)vm;
    va_start(arguments, format);
    append(format, arguments);
    va_end(arguments);
}

void vm_event(struct vm *vm, const char *format, ...) __attribute__((alias("vm_log")));

void hv_panic(const char *format, ...)
{
    (void)format;
    if (fake.panic)
        longjmp(*fake.panic, 1);
    abort();
}

/* ---- VM ---- */

void vcpu_request(struct vcpu *vcpu, uint32_t bits)
{
    fake.requests[vcpu->id] |= bits;
}

void vcpu_notify(struct vcpu *vcpu)
{
    vcpu_request(vcpu, VCPU_REQ_IRQ);
}

void vcpu_sipi(struct vcpu *vcpu, uint8_t vector)
{
    fake.sipi[vcpu->id] = vector;
}

void policy_vm_ended(struct vm *vm, enum bn_hv_end how)
{
    (void)vm;
    fake.power_asked = (int)how;
}

bool vm_is_service(const struct vm *vm)
{
    return vm == &vms[0];
}

struct vm *vm_service(void)
{
    return &vms[0];
}

static void add_region(struct io_region *list, uint32_t *count, struct io_region region)
{
    for (uint32_t i = 0; i < *count; i++)
        if (region.base < list[i].base + list[i].bytes && list[i].base < region.base + region.bytes)
            abort();
    if (*count == VM_MAX_IO_REGIONS)
        abort();
    list[(*count)++] = region;
}

void vm_add_pio(struct vm *vm, uint16_t port, uint16_t count, io_handler handler, void *device)
{
    add_region(vm->pio, &vm->pio_count, (struct io_region){port, count, handler, device});
}

void vm_add_mmio(struct vm *vm, gpa_t base, uint64_t bytes, io_handler handler, void *device)
{
    add_region(vm->mmio, &vm->mmio_count, (struct io_region){base, bytes, handler, device});
}

static bool dispatch(struct vm *vm, const struct io_region *list, uint32_t count, uint64_t at,
                     unsigned bytes, bool write, uint64_t *value)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct io_region *region = &list[i];
        struct io_access io = {.mmio = list == vm->mmio,
                               .write = write,
                               .bytes = (uint8_t)bytes,
                               .address = at,
                               .value = write ? *value : UINT64_MAX,
                               .offset = at - region->base,
                               .device = region->device,
                               .vcpu = &vm->vcpu[0]};

        if (at < region->base || at - region->base >= region->bytes)
            continue;
        region->handler(&io);
        *value = io.value;
        return true;
    }
    return false;
}

void fake_apic(struct vcpu *vcpu, uint64_t offset, unsigned bytes, bool write, uint64_t *value)
{
    struct io_access io = {.mmio = true,
                           .write = write,
                           .bytes = (uint8_t)bytes,
                           .address = VLAPIC_BASE + offset,
                           .value = write ? *value : UINT64_MAX,
                           .offset = offset,
                           .vcpu = vcpu};

    vlapic_mmio(&io);
    *value = io.value;
}

bool fake_pio(struct vm *vm, uint16_t port, unsigned bytes, bool write, uint64_t *value)
{
    return dispatch(vm, vm->pio, vm->pio_count, port, bytes, write, value);
}

bool fake_mmio(struct vm *vm, uint64_t gpa, unsigned bytes, bool write, uint64_t *value)
{
    return dispatch(vm, vm->mmio, vm->mmio_count, gpa, bytes, write, value);
}

uint8_t fake_inb(struct vm *vm, uint16_t port)
{
    uint64_t value = 0;

    assert_true(fake_pio(vm, port, 1, false, &value));
    return (uint8_t)value;
}

void fake_outb(struct vm *vm, uint16_t port, uint8_t byte)
{
    uint64_t value = byte;

    assert_true(fake_pio(vm, port, 1, true, &value));
}

uint32_t fake_read32(struct vm *vm, uint64_t gpa)
{
    uint64_t value = 0;

    assert_true(fake_mmio(vm, gpa, 4, false, &value));
    return (uint32_t)value;
}

void fake_write32(struct vm *vm, uint64_t gpa, uint32_t word)
{
    uint64_t value = word;

    assert_true(fake_mmio(vm, gpa, 4, true, &value));
}

enum bn_status vm_map(struct vm *vm, gpa_t gpa, hpa_t hpa, uint64_t bytes, uint32_t rights)
{
    (void)vm;
    (void)hpa;
    (void)rights;
    fake.mapped_from = gpa;
    fake.mapped_bytes = bytes;
    return BN_OK;
}

enum bn_status vm_unmap(struct vm *vm, gpa_t gpa, uint64_t bytes)
{
    (void)vm;
    fake.unmapped_from = gpa;
    fake.unmapped_bytes = bytes;
    return fake.map_status;
}

hpa_t pages_alloc(size_t count)
{
    hpa_t at = FAKE_PAGES + HV_PAGE_BYTES * fake.pages;

    fake.pages += count;
    return at + count * HV_PAGE_BYTES <= FAKE_RAM_BYTES ? at : 0;
}

volatile void *host_map_mmio(hpa_t base, uint64_t bytes)
{
    (void)bytes;
    return hpa_to_ptr(base);
}

enum bn_status iommu_assign(uint16_t bdf, struct vm *vm)
{
    (void)bdf;
    fake.domain = vm;
    return fake.assign_status;
}

bool iommu_remaps_interrupts(void)
{
    return fake.remaps;
}

enum bn_status iommu_irq_alloc(uint16_t source, unsigned count, uint32_t *handle)
{
    if (fake.handles_left && count > fake.handles_left)
        return BN_ENOMEM;
    *handle = fake.remaps ? fake.handles : 0;
    fake.handles += count;
    fake.source = source;
    return BN_OK;
}

/* Remapped: in VT-d's format. */
enum bn_status iommu_irq_route(uint16_t source, uint32_t handle, uint32_t apic_id, uint8_t vector,
                               bool level, struct msi_message *message)
{
    fake.source = source;
    fake.route_apic = apic_id;
    fake.route_level = level;
    *message = fake.remaps ? (struct msi_message){0xFEE00010u | handle << 5, vector}
                           : (struct msi_message){0xFEE00000u | apic_id << 12, vector};
    return BN_OK;
}

/* ---- guest memory and state ---- */

static bool in_ram(uint64_t at, size_t bytes)
{
    if (fake.unmapped && at / HV_PAGE_BYTES <= fake.unmapped / HV_PAGE_BYTES &&
        (at + bytes - 1) / HV_PAGE_BYTES >= fake.unmapped / HV_PAGE_BYTES)
        return false;
    return at <= FAKE_RAM_BYTES && bytes <= FAKE_RAM_BYTES - at;
}

enum bn_status gva_read(struct vcpu *vcpu, gva_t gva, void *to, size_t bytes)
{
    (void)vcpu;
    if (!in_ram(gva, bytes))
        return BN_EFAULT;
    memcpy(to, fake.ram + gva, bytes);
    return BN_OK;
}

enum bn_status gva_write(struct vcpu *vcpu, gva_t gva, const void *from, size_t bytes)
{
    (void)vcpu;
    if (!in_ram(gva, bytes))
        return BN_EFAULT;
    memcpy(fake.ram + gva, from, bytes);
    return BN_OK;
}

void *hpa_to_ptr(hpa_t address)
{
    if (address >= FAKE_RAM_BYTES)
        abort();
    return fake.ram + address;
}

void vcpu_skip_instruction(struct vcpu *vcpu, const struct vcpu_exit *exit)
{
    vcpu->rip += exit->length;
    fake.skipped += exit->length;
}

static void fake_get_segment(struct vcpu *vcpu, enum segment which, struct segment_state *state)
{
    (void)vcpu;
    *state = fake.segment[which];
}

static enum bn_status fake_get_msr(struct vcpu *vcpu, uint32_t msr, uint64_t *value)
{
    (void)vcpu;
    *value = fake.efer;
    return msr == 0xC0000080 ? BN_OK : BN_ENOSYS;
}

static uint64_t fake_get_cr(struct vcpu *vcpu, unsigned cr)
{
    (void)vcpu;
    return cr == 0 ? fake.cr0 : 0;
}

static void fake_set_cr(struct vcpu *vcpu, unsigned cr, uint64_t value)
{
    (void)vcpu;
    if (cr == 2)
        fake.cr2 = value;
}

static void fake_inject(struct vcpu *vcpu, uint8_t vector, bool has_error, uint32_t error)
{
    (void)vcpu;
    (void)has_error;
    (void)error;
    fake.exception = vector;
}

static const struct vcpu_vendor fake_vendor = {.name = "fake",
                                               .get_segment = fake_get_segment,
                                               .get_msr = fake_get_msr,
                                               .get_cr = fake_get_cr,
                                               .set_cr = fake_set_cr,
                                               .inject_exception = fake_inject};
const struct vcpu_vendor *vendor = &fake_vendor;

/* ---- machine ---- */

static struct fake_pci *pci_at(uint16_t bdf)
{
    for (size_t i = 0; i < FAKE_PCI_MAX; i++)
        if (fake.pci[i].present && fake.pci[i].bdf == bdf)
            return &fake.pci[i];
    return NULL;
}

struct fake_pci *fake_add_pci(uint16_t bdf, uint16_t vendor_id, uint16_t device_id,
                              uint16_t class_code)
{
    for (size_t i = 0; i < FAKE_PCI_MAX; i++) {
        struct fake_pci *pci = &fake.pci[i];

        if (pci->present)
            continue;
        pci->present = true;
        pci->bdf = bdf;
        memcpy(pci->config, &vendor_id, 2);
        memcpy(pci->config + 2, &device_id, 2);
        memcpy(pci->config + 10, &class_code, 2);
        return pci;
    }
    abort();
}

static uint32_t config_of(uint16_t bdf, bool write, unsigned at, unsigned bytes, uint32_t value)
{
    struct fake_pci *pci = pci_at(bdf);
    uint32_t dword = 0;

    if (!pci)
        return UINT32_MAX >> (32 - 8 * bytes);
    if (write) {
        pci->resets += (pci->config[0xE] & 0x7F) == 1 && at == 0x3E && value & 0x40;
        memcpy(pci->config + at, &value, bytes);
        if ((pci->config[0xE] & 0x7F) == 1)
            return 0;
        for (unsigned i = 0; i < 6; i++) { /* only the address bits of a BAR stick */
            uint32_t bar, type = pci->config[0x10 + 4 * i] & 0;

            memcpy(&bar, pci->config + 0x10 + 4 * i, 4);
            bar = pci->bar_bytes[i] ? (bar & ~(pci->bar_bytes[i] - 1)) | type : 0;
            memcpy(pci->config + 0x10 + 4 * i, &bar, 4);
        }
    }
    memcpy(&dword, pci->config + at, bytes);
    return dword;
}

static uint32_t pci_config(bool write, unsigned at, unsigned bytes, uint32_t value)
{
    return config_of((uint16_t)(fake.pci_address >> 8), write, at + (fake.pci_address & 0xFC),
                     bytes, value);
}

static bool in_ecam(hpa_t address)
{
    return address >> 28 == FAKE_ECAM >> 28;
}

uint32_t hw_in(uint16_t port, unsigned bytes)
{
    uint32_t value = 0;

    if (port >= 0xCFC && port <= 0xCFF)
        return pci_config(false, port & 3, bytes, 0);
    if (fake.no_uart && port >= UART && port < UART + 8)
        return UINT32_MAX >> (32 - 8 * bytes);
    if (port == UART + 5)
        return 0x60 | (fake.typed && *fake.typed ? 1 : 0);
    if (port == UART && fake.typed && *fake.typed)
        return (uint8_t)*fake.typed++;
    memcpy(&value, fake.port + port, bytes);
    return value;
}

void hw_out(uint16_t port, unsigned bytes, uint32_t value)
{
    fake.writes++;
    fake.last_port = port;
    fake.last_value = value;
    if (port == 0xCF8)
        fake.pci_address = value;
    else if (port >= 0xCFC && port <= 0xCFF)
        pci_config(true, port & 3, bytes, value);
    else if (port == UART && fake.uart_count < sizeof(fake.uart) - 1)
        fake.uart[fake.uart_count++] = (char)value;
    else
        memcpy(fake.port + port, &value, bytes);
}

uint32_t hw_mmio_read(hpa_t address, unsigned bytes)
{
    uint32_t value = 0;

    if (address == IOAPIC + 0x10)
        return fake.ioapic_select == 1 ? 0x00170020 : fake.ioapic[fake.ioapic_select & 63];
    if (in_ecam(address))
        return config_of((uint16_t)(address >> 12), false, address & 0xFFF, bytes, 0);
    memcpy(&value, hpa_to_ptr(address), bytes);
    return value;
}

void hw_mmio_write(hpa_t address, unsigned bytes, uint32_t value)
{
    fake.writes++;
    if (address == IOAPIC)
        fake.ioapic_select = value;
    else if (address == IOAPIC + 0x10)
        fake.ioapic[fake.ioapic_select & 63] = value;
    else if (in_ecam(address))
        (void)config_of((uint16_t)(address >> 12), true, address & 0xFFF, bytes, value);
    else
        memcpy(hpa_to_ptr(address), &value, bytes);
}

bool lapic_is_x2apic(void)
{
    return true;
}

void hw_triple_fault(void)
{
    abort();
}

void fake_pci_set(struct fake_pci *device, unsigned at, uint32_t value)
{
    memcpy(device->config + at, &value, 4);
}

uint32_t fake_pci_get(const struct fake_pci *device, unsigned at)
{
    uint32_t value;

    memcpy(&value, device->config + at, 4);
    return value;
}

static void cfg_address(struct vm *vm, uint16_t bdf, unsigned at)
{
    uint64_t address = 0x80000000u | (uint32_t)bdf << 8 | (at & 0xFC);

    assert_true(fake_pio(vm, 0xCF8, 4, true, &address));
}

uint32_t fake_cfg(struct vm *vm, uint16_t bdf, unsigned at, unsigned bytes)
{
    uint64_t value = 0;

    cfg_address(vm, bdf, at);
    assert_true(fake_pio(vm, (uint16_t)(0xCFC + (at & 3)), bytes, false, &value));
    return (uint32_t)(value & UINT32_MAX >> (32 - 8 * bytes));
}

void fake_cfg_write(struct vm *vm, uint16_t bdf, unsigned at, unsigned bytes, uint32_t word)
{
    uint64_t value = word;

    cfg_address(vm, bdf, at);
    assert_true(fake_pio(vm, (uint16_t)(0xCFC + (at & 3)), bytes, true, &value));
}

/* ---- start ---- */

static struct apic_register apic_page[HV_MAX_VCPUS][256];

struct vm *fake_vm(unsigned vcpus)
{
    struct vm *vm = &vms[0];

    memset(&fake, 0, sizeof(fake));
    memset(vms, 0, sizeof(vms));
    memset(fake.port, 0, ALL_PORTS);
    fake.tsc = 1000;
    fake.exception = fake.power_asked = -1;
    fake.cr0 = 1;
    fake.efer = 1 << 10;
    for (unsigned i = 0; i < SEG_COUNT; i++)
        fake.segment[i] = (struct segment_state){.access = 0xA093};
    for (unsigned i = 0; i < HV_MAX_VMS; i++) {
        vms[i].id = i;
        vms[i].config = &fake_config[i];
        snprintf(fake_config[i].name, sizeof(fake_config[i].name), "vm%u", i);
    }
    vm->vcpu_count = vcpus;
    for (unsigned i = 0; i < vcpus; i++) {
        pcpus[i].id = pcpus[i].apic_id = i;
        vm->vcpu[i].vm = vm;
        vm->vcpu[i].id = i;
        vm->vcpu[i].pcpu = &pcpus[i];
        vm->vcpu[i].lapic.vcpu = &vm->vcpu[i];
        vm->vcpu[i].lapic.apic_id = i;
        vm->vcpu[i].lapic.regs = apic_page[i];
        vlapic_reset(&vm->vcpu[i].lapic);
        vm->vcpu[i].lapic.regs[0x0F].value = 0x1FF;
        fake.sipi[i] = -1;
    }
    return vm;
}
