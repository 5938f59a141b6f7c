/* SPDX-License-Identifier: BSD-3-Clause */
/* The processor of vendor_fake.h, and what the back ends call above them. */
#include "vendor_fake.h"

#include <asm/prctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "hv/ioreq.h"
#include "hv/watchdog.h"

struct fake_cpu fake;
struct pcpu pcpus[HV_MAX_PCPUS];
struct vm vms[HV_MAX_VMS];

static struct bn_scenario_vm config[HV_MAX_VMS];
/* Page 0 is never given; those of the local APICs follow. */
static _Alignas(4096) uint8_t page[FAKE_PAGES + 1 + HV_MAX_VMS * 2][HV_PAGE_BYTES];

/* ---- processor ---- */
struct cpuid_regs cpuid(uint32_t leaf, uint32_t subleaf)
{
    (void)subleaf;
    switch (leaf) {
    case 1:
        return fake.leaf1;
    case 0x80000000:
        return fake.leaf_max;
    case 0x80000001:
        return fake.leaf_amd;
    case 0x8000000A:
        return fake.leaf_svm;
    default:
        fail_msg("CPUID leaf %x", leaf);
        abort();
    }
}

uint64_t *fake_msr(uint32_t msr)
{
    for (uint32_t i = 0; i < fake.msrs; i++)
        if (fake.msr[i].number == msr)
            return &fake.msr[i].value;
    return NULL;
}

void fake_set_msr(uint32_t msr, uint64_t value)
{
    if (fake_msr(msr))
        *fake_msr(msr) = value;
    else if (fake.msrs < FAKE_MSRS)
        fake.msr[fake.msrs++] = (struct fake_msr){msr, value};
    else
        abort();
}

uint64_t rdmsr(uint32_t msr)
{
    if (!fake_msr(msr))
        fail_msg("#GP: read of MSR %x", msr);
    return *fake_msr(msr);
}

void wrmsr(uint32_t msr, uint64_t value)
{
    if (!fake_msr(msr))
        fail_msg("#GP: write of MSR %x", msr);
    if (msr == 0x3A && *fake_msr(msr) & 1)
        fail_msg("#GP: write of the locked FEATURE_CONTROL");
    *fake_msr(msr) = value;
}

uint64_t rdtsc(void)
{
    return 1;
}

void cpu_pause(void)
{
}

void cpu_take_nmi(void)
{
    fake.nmis++;
}

#define FAKE_REGISTER(name)                                                                        \
    uint64_t read_##name(void)                                                                     \
    {                                                                                              \
        return fake.name;                                                                          \
    }                                                                                              \
    void write_##name(uint64_t value)                                                              \
    {                                                                                              \
        fake.name = value;                                                                         \
    }
FAKE_REGISTER(cr0)
FAKE_REGISTER(cr2)
FAKE_REGISTER(cr3)
FAKE_REGISTER(cr4)
FAKE_REGISTER(dr6)

struct cpu_places cpu_tables_places(const struct pcpu *cpu)
{
    return (struct cpu_places){
        .gdt = 0x1000 + cpu->id, .idt = 0x2000 + cpu->id, .tss = 0x3000 + cpu->id};
}

/* ---- memory ---- */
hpa_t pages_alloc(size_t count)
{
    hpa_t first = (hpa_t)(fake.pages_used + 1) * HV_PAGE_BYTES;

    if (fake.pages_used + count > fake.pages_limit)
        return 0;
    fake.pages_used += (uint32_t)count;
    memset(hpa_to_ptr(first), 0, count * HV_PAGE_BYTES);
    return first;
}

hpa_t page_alloc(void)
{
    return pages_alloc(1);
}

void page_free(hpa_t address)
{
    (void)address;
    fail_msg("a page is given back");
}

void *hpa_to_ptr(hpa_t address)
{
    assert_in_range(address, HV_PAGE_BYTES, sizeof(page) - 1);
    return page[0] + address;
}

hpa_t ptr_to_hpa(const void *pointer)
{
    return (hpa_t)((const uint8_t *)pointer - page[0]);
}

/* ---- above ---- */
static void tell(const char *format, va_list list)
{
    size_t used = strlen(fake.log);

    vsnprintf(fake.log + used, sizeof(fake.log) - used - 2, format, list);
    strcat(fake.log, "\n");
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
    va_list list;

    (void)vm;
    va_start(list, format);
    tell(format, list);
    va_end(list);
}

void hv_panic(const char *format, ...)
{
    if (!fake.panic_expected)
        fail_msg("panic: %s", format);
    longjmp(fake.panic, 1);
}

bool fake_told(const char *what)
{
    bool found = strstr(fake.log, what);

    fake.log[0] = 0;
    return found;
}

void vcpu_skip_instruction(struct vcpu *vcpu, const struct vcpu_exit *exit)
{
    fake.skips++;
    (vendor->skip)(vcpu, exit->length); /* cmocka has a macro of that name */
}

/* vcpu.c, which is real here for vcpu_reset(), can do more than that: not in these tests. */
void exit_end_vm(struct vcpu *vcpu, enum bn_hv_end how)
{
    (void)vcpu;
    (void)how;
    abort();
}

void exit_handle(struct vcpu *vcpu, struct vcpu_exit *exit)
{
    (void)vcpu;
    (void)exit;
    abort();
}

void exit_io_done(struct vcpu *vcpu)
{
    (void)vcpu;
    abort();
}

void idle_until_nmi(volatile bool *flag)
{
    (void)flag;
    abort();
}

volatile uint32_t policy_pending;

void policy_decide(void)
{
    abort();
}

struct vcpu *sched_pick(void)
{
    abort();
}

void sched_unload(void)
{
    abort();
}

void sched_wake(struct vcpu *vcpu)
{
    (void)vcpu;
    abort();
}

int vlapic_pending(struct vlapic *lapic)
{
    (void)lapic;
    abort();
}

void vlapic_accept(struct vlapic *lapic, uint8_t vector)
{
    (void)lapic;
    fake.accepted++;
    fake.accepted_vector = vector;
}

uint16_t vlapic_status(const struct vlapic *lapic)
{
    (void)lapic;
    return fake.apic_status;
}

void vlapic_reset(struct vlapic *lapic)
{
    lapic->base_msr = 0xFEE00900;
    memset(lapic->regs, 0, HV_PAGE_BYTES);
}

void lapic_send(uint32_t apic_id, uint32_t command)
{
    (void)apic_id;
    (void)command;
    abort();
}

bool lapic_is_x2apic(void)
{
    return !fake.xapic;
}

uint32_t xstate_instructions;

void xstate_reset(struct vcpu *vcpu)
{
    (void)vcpu;
}

bool vcpu_at_vmcall(struct vcpu *vcpu)
{
    (void)vcpu;
    return fake.at_vmcall;
}

/* ---- start ---- */
void fake_on_cpu(unsigned id)
{
    assert_int_equal(syscall(SYS_arch_prctl, ARCH_SET_GS, &pcpus[id]), 0);
}

struct vcpu *fake_vcpu(unsigned vm, unsigned vcpu)
{
    return &vms[vm].vcpu[vcpu];
}

void fake_begin(void)
{
    uint32_t pages_used = fake.pages_used; /* the back ends keep theirs */

    memset(&fake, 0, sizeof(fake));
    fake.pages_used = pages_used;
    xstate_instructions = 0xF;
    memset(vms, 0, sizeof(vms));
    memset(config, 0, sizeof(config));
    fake.pages_limit = FAKE_PAGES;
    for (unsigned i = 0; i < FAKE_CPUS; i++) {
        pcpus[i].self = &pcpus[i];
        pcpus[i].id = i;
    }
    for (unsigned i = 0; i < HV_MAX_VMS; i++) {
        vms[i].id = i;
        vms[i].config = &config[i];
        vms[i].memory.root = (10 + i) * HV_PAGE_BYTES;
        vms[i].vcpu_count = 2;
        snprintf(config[i].name, sizeof(config[i].name), "vm%u", i);
        for (unsigned k = 0; k < 2; k++) {
            vms[i].vcpu[k].vm = &vms[i];
            vms[i].vcpu[k].id = k;
            vms[i].vcpu[k].pcpu = &pcpus[k];
            vms[i].vcpu[k].lapic.regs = (struct apic_register *)page[FAKE_PAGES + 1 + i * 2 + k];
        }
    }
    config[1].flags = BN_VM_DIRECT_IRQ;
    fake_on_cpu(0);
}

unsigned fake_bits_in(hpa_t map, unsigned bytes)
{
    const uint8_t *m = hpa_to_ptr(map);
    unsigned count = 0;

    for (unsigned i = 0; i < bytes * 8; i++)
        count += m[i / 8] >> i % 8 & 1;
    return count;
}
