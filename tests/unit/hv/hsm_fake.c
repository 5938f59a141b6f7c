/* SPDX-License-Identifier: BSD-3-Clause */
/* The surroundings of the hypercall code, in plain memory. */
#include "hsm_fake.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../../hypervisor/core/hsm/acrn.h"
#include "hv/log.h"
#include "hv/passthrough.h"
#include "hv/vioapic.h"

#define PAGES (GUEST_BYTES / HV_PAGE_BYTES)

struct fake_record fake;
struct bn_scenario fake_scenario;
uint8_t *fake_memory;
struct vm vms[HV_MAX_VMS];

static struct {
    hpa_t hpa[PAGES];
    uint8_t rights[PAGES];
} *tables;
static hpa_t pool;

/* ---- log */
void hv_log(const char *format, ...)
{
    (void)format;
}

void vm_log(struct vm *vm, const char *format, ...)
{
    char line[256];
    va_list list;

    if (!vm || !vm->config)
        abort(); /* a line about nobody */
    va_start(list, format);
    (void)vsnprintf(line, sizeof(line), format, list);
    va_end(list);
}

void vm_event(struct vm *vm, const char *format, ...) __attribute__((alias("vm_log")));

__attribute__((weak)) void fake_panic(void)
{
    abort();
}

__attribute__((weak)) void fake_check_mapping(const struct vm *vm, hpa_t hpa, uint32_t rights)
{
    (void)vm;
    (void)hpa;
    (void)rights;
}

void hv_panic(const char *format, ...)
{
    va_list list;

    va_start(list, format);
    (void)vfprintf(stderr, format, list);
    (void)fputs("\n", stderr);
    va_end(list);
    fake_panic();
}

/* ---- memory */
static size_t index_of(const struct nested_paging *t)
{
    for (size_t i = 0; i < HV_MAX_VMS; i++)
        if (t == &vms[i].memory)
            return i;
    abort();
}

void *hpa_to_ptr(hpa_t address)
{
    if (address >= FAKE_BYTES)
        abort();
    return fake_memory + address;
}

hpa_t ptr_to_hpa(const void *pointer)
{
    return (hpa_t)((const uint8_t *)pointer - fake_memory);
}

hpa_t page_alloc(void)
{
    hpa_t page = pool;

    pool += HV_PAGE_BYTES;
    memset(fake_memory + page, 0, HV_PAGE_BYTES);
    return page;
}

static bool inside(gpa_t gpa, uint64_t bytes)
{
    return gpa <= GUEST_BYTES && bytes <= GUEST_BYTES - gpa;
}

enum bn_status vm_map(struct vm *vm, gpa_t gpa, hpa_t hpa, uint64_t bytes, uint32_t rights)
{
    if ((gpa | hpa | bytes) % HV_PAGE_BYTES || hpa > FAKE_BYTES || bytes > FAKE_BYTES - hpa)
        abort(); /* the code under test must not ask for this */
    if (!inside(gpa, bytes))
        return BN_ENOMEM;
    for (uint64_t at = 0; at < bytes; at += HV_PAGE_BYTES) {
        fake_check_mapping(vm, hpa + at, rights);
        tables[vm->id].hpa[(gpa + at) / HV_PAGE_BYTES] = hpa + at;
        tables[vm->id].rights[(gpa + at) / HV_PAGE_BYTES] = (uint8_t)rights;
    }
    return BN_OK;
}

enum bn_status vm_unmap(struct vm *vm, gpa_t gpa, uint64_t bytes)
{
    if ((gpa | bytes) % HV_PAGE_BYTES)
        abort();
    for (uint64_t at = 0; at < bytes && inside(gpa, at + HV_PAGE_BYTES); at += HV_PAGE_BYTES)
        tables[vm->id].rights[(gpa + at) / HV_PAGE_BYTES] = 0;
    fake.flushes++;
    return BN_OK;
}

enum bn_status paging_lookup(const struct nested_paging *t, uint64_t from, hpa_t *to,
                             uint32_t *rights, uint64_t *contiguous)
{
    size_t vm = index_of(t), page = from / HV_PAGE_BYTES;

    if (from >= GUEST_BYTES || !tables[vm].rights[page])
        return BN_EFAULT;
    *to = tables[vm].hpa[page] + from % HV_PAGE_BYTES;
    *rights = tables[vm].rights[page];
    *contiguous = HV_PAGE_BYTES - from % HV_PAGE_BYTES;
    return BN_OK;
}

static enum bn_status transfer(struct vm *vm, gpa_t gpa, void *host, size_t bytes, uint32_t right)
{
    uint32_t rights;
    uint64_t n;
    hpa_t hpa;

    if (gpa + bytes < gpa)
        return BN_EFAULT;
    for (int pass = 0; pass < 2; pass++)
        for (size_t at = 0; at < bytes; at += n) {
            if (paging_lookup(&vm->memory, gpa + at, &hpa, &rights, &n) != BN_OK ||
                !(rights & right))
                return BN_EFAULT;
            n = n < bytes - at ? n : bytes - at;
            if (pass && right == MAP_READ)
                memcpy((uint8_t *)host + at, fake_memory + hpa, n);
            else if (pass)
                memcpy(fake_memory + hpa, (uint8_t *)host + at, n);
        }
    return BN_OK;
}

enum bn_status gpa_read(struct vm *vm, gpa_t gpa, void *to, size_t bytes)
{
    return transfer(vm, gpa, to, bytes, MAP_READ);
}

enum bn_status gpa_write(struct vm *vm, gpa_t gpa, const void *from, size_t bytes)
{
    uint8_t copy[4096];

    memcpy(copy, from, bytes);
    return transfer(vm, gpa, copy, bytes, MAP_WRITE);
}

/* ---- VMs */
struct vm *vm_service(void)
{
    return &vms[SERVICE];
}

bool vm_is_service(const struct vm *vm)
{
    return vm == &vms[SERVICE];
}

enum bn_status vm_create(struct vm *vm)
{
    fake.creates++;
    if (fake.next_create != BN_OK)
        return fake.next_create;
    vm->state = VM_CREATED;
    vm->vcpu_count = vm->config->cpu_count;
    for (uint32_t i = 0; i < vm->vcpu_count; i++) {
        vm->vcpu[i].vm = vm;
        vm->vcpu[i].id = i;
        vm->vcpu[i].state = VCPU_OFF;
    }
    return BN_OK;
}

void vm_start(struct vm *vm)
{
    fake.starts++;
    vm->state = VM_RUNNING;
    vm->vcpu[0].state = VCPU_READY;
}

void vm_pause(struct vm *vm)
{
    fake.pauses++;
    vm->state = VM_PAUSED;
}

void vm_reset(struct vm *vm)
{
    fake.resets++;
    vm->state = VM_CREATED;
}

void vm_destroy(struct vm *vm)
{
    fake.destroys++;
    memset(&tables[vm->id], 0, sizeof(tables[vm->id]));
    vm->state = VM_ABSENT;
    vm->vcpu_count = 0;
}

void vcpu_request(struct vcpu *vcpu, uint32_t bits)
{
    if (vcpu->vm == &vms[IVI])
        fake.requested[vcpu->id] |= bits;
}

void vcpu_inject_gp(struct vcpu *vcpu)
{
    (void)vcpu;
    fake.gp_faults++;
}

/* ---- interrupts */
void vlapic_post(struct vcpu *vcpu, uint8_t vector, bool level)
{
    if (vcpu == &vms[SERVICE].vcpu[0] && vector == IOREQ_UPCALL_VECTOR && !level)
        fake.upcalls++;
}

enum bn_status vlapic_deliver_msi(struct vm *vm, uint64_t address, uint32_t data)
{
    (void)vm;
    fake.msi_address = address;
    fake.msi_data = data;
    return address >> 20 == 0xFEE ? BN_OK : BN_EINVAL;
}

enum bn_status vm_set_irqline(struct vm *vm, unsigned gsi, bool asserted)
{
    (void)vm;
    if (gsi >= VIOAPIC_PINS)
        return BN_EINVAL;
    fake.line_changes++;
    fake.line = asserted;
    return BN_OK;
}

/* ---- vendor */
static void get_segment(struct vcpu *vcpu, enum segment which, struct segment_state *state)
{
    (void)vcpu;
    memset(state, 0, sizeof(*state));
    if (which == SEG_SS)
        state->access = (uint16_t)(0x93 | fake.cpl << 5);
}

static void set_segment(struct vcpu *vcpu, enum segment which, const struct segment_state *state)
{
    (void)vcpu;
    fake.segment[which] = *state;
}

static void set_cr(struct vcpu *vcpu, unsigned cr, uint64_t value)
{
    (void)vcpu;
    fake.cr[cr] = value;
}

static enum bn_status set_msr(struct vcpu *vcpu, uint32_t msr, uint64_t value)
{
    (void)vcpu;
    if (msr != 0xC0000080u)
        return BN_ENOSYS;
    fake.efer = value;
    return BN_OK;
}

static const struct vcpu_vendor fake_vendor = {.name = "fake",
                                               .get_segment = get_segment,
                                               .set_segment = set_segment,
                                               .set_cr = set_cr,
                                               .set_msr = set_msr};
const struct vcpu_vendor *vendor = &fake_vendor;

/* ---- set-up */
static void region(uint32_t i, const char *name, uint32_t kind, uint8_t cluster, uint8_t service,
                   uint8_t ivi)
{
    struct bn_scenario_region *r = &fake_scenario.region[i];

    (void)snprintf(r->name, sizeof(r->name), "%s", name);
    r->kind = kind;
    r->bytes = 2 * MIB;
    r->rights[CLUSTER] = cluster;
    r->rights[SERVICE] = service;
    r->rights[IVI] = ivi;
}

static void fill_scenario(void)
{
    struct bn_scenario *s = &fake_scenario;

    memset(s, 0, sizeof(*s));
    s->magic = BN_SCENARIO_MAGIC;
    s->hypervisor = (struct bn_range){.hpa = HYPERVISOR_BASE, .bytes = 4 * MIB};
    s->shm = (struct bn_range){.hpa = WINDOW_BASE, .gpa = 128 * MIB, .bytes = WINDOW_BYTES};
    s->vm_count = 3;
    s->vm[CLUSTER] = (struct bn_scenario_vm){.name = "cluster", .kind = BN_VM_PRELAUNCHED};
    s->vm[SERVICE] = (struct bn_scenario_vm){.name = "service", .kind = BN_VM_SERVICE};
    s->vm[IVI] = (struct bn_scenario_vm){.name = "ivi",
                                         .kind = BN_VM_POSTLAUNCHED,
                                         .uuid = {1, 2, 3, 4},
                                         .cpu_count = 2,
                                         .cpu = {{.pcpu = 1}, {.pcpu = 2}},
                                         .memory_bytes = 8 * MIB};
    s->region_count = 5;
    region(0, "scenario", BN_SHM_SCENARIO, 0, BN_SHM_READ, 0);
    region(1, "cluster-frames", BN_SHM_CLUSTER_FRAMES, BN_SHM_READ | BN_SHM_WRITE, BN_SHM_READ, 0);
    region(2, "display-status", BN_SHM_DISPLAY_STATUS, BN_SHM_READ, BN_SHM_READ | BN_SHM_WRITE, 0);
    region(3, "vehicle", BN_SHM_VEHICLE, BN_SHM_READ | BN_SHM_WRITE, BN_SHM_READ, BN_SHM_READ);
    region(4, "chime", BN_SHM_CHIME, BN_SHM_READ, BN_SHM_READ, BN_SHM_READ | BN_SHM_WRITE);
}

void fake_reset(void)
{
    if (!fake_memory) {
        fake_memory = calloc(1, FAKE_BYTES);
        tables = calloc(HV_MAX_VMS, sizeof(*tables));
    }
    memset(fake_memory, 0, SERVICE_BYTES);
    memset(tables, 0, HV_MAX_VMS * sizeof(*tables));
    memset(&fake, 0, sizeof(fake));
    pool = POOL_BASE;
    fill_scenario();
    for (uint32_t i = 0; i < HV_MAX_VMS; i++) {
        hypercall_vm_release(&vms[i]);
        ioreq_detach(&vms[i]);
        memset(&vms[i], 0, sizeof(vms[i]));
        vms[i].id = i;
        vms[i].config = i < fake_scenario.vm_count ? &fake_scenario.vm[i] : NULL;
    }
    for (uint32_t i = CLUSTER; i <= SERVICE; i++) {
        vms[i].state = VM_RUNNING;
        vms[i].vcpu_count = 2;
        for (uint32_t v = 0; v < 2; v++) {
            vms[i].vcpu[v].vm = &vms[i];
            vms[i].vcpu[v].id = v;
            vms[i].vcpu[v].lapic.apic_id = v * 2;
            vms[i].vcpu[v].state = VCPU_READY;
        }
    }
    if (shm_init(&fake_scenario) != BN_OK)
        abort();
    fake_set_rights(&vms[SERVICE], SERVICE_BASE, SERVICE_BYTES, MAP_READ | MAP_WRITE | MAP_EXEC);
    if (shm_map(&vms[SERVICE]) != BN_OK || shm_map(&vms[CLUSTER]) != BN_OK)
        abort();
}

void fake_set_rights(struct vm *vm, gpa_t gpa, uint64_t bytes, uint32_t rights)
{
    if (vm_map(vm, gpa, gpa, bytes, rights) != BN_OK)
        abort();
}

uint32_t fake_mapped(const struct vm *vm, gpa_t gpa, hpa_t *hpa)
{
    uint32_t rights = 0;
    uint64_t n;

    return paging_lookup(&vm->memory, gpa, hpa, &rights, &n) == BN_OK ? rights : 0;
}

void *fake_service(gpa_t gpa)
{
    if (gpa >= SERVICE_BYTES)
        abort();
    return fake_memory + SERVICE_BASE + gpa;
}

long fake_call(uint32_t number, uint64_t a, uint64_t b)
{
    struct vcpu *vcpu = &vms[SERVICE].vcpu[0];

    vcpu->regs[REG_R8] = ACRN_ID(number);
    vcpu->regs[REG_RDI] = a;
    vcpu->regs[REG_RSI] = b;
    vcpu->regs[REG_RAX] = 0x5555;
    if (!hypercall_handle(vcpu))
        abort();
    return (long)vcpu->regs[REG_RAX];
}

void fake_create_ivi(gpa_t page)
{
    struct acrn_vm_creation *c = fake_service(0x1000);
    uint64_t *b = fake_service(0x2000);

    *c = (struct acrn_vm_creation){.uuid = {1, 2, 3, 4}};
    if (fake_call(ACRN_CREATE_VM, 0x1000, 0) != 0)
        abort();
    *b = page;
    if (page && fake_call(ACRN_SET_IOREQ_BUFFER, c->vmid, 0x2000) != 0)
        abort();
}

enum bn_status passthrough_assign(struct vm *vm, uint16_t place, uint16_t bdf)
{
    (void)vm;
    fake.passed_place = place;
    fake.passed = bdf;
    return bdf ? BN_OK : BN_EPERM;
}

enum bn_status passthrough_release(struct vm *vm, uint16_t place, uint16_t bdf)
{
    (void)vm;
    return place == fake.passed_place && bdf == fake.passed ? BN_OK : BN_ENODEV;
}
