/* SPDX-License-Identifier: BSD-3-Clause */
/* Brings up the other CPUs, one after the other: INIT, start-up IPI, a page below 1 MiB. */
#include "hv/arch.h"
#include "hv/host.h"
#include "hv/lib.h"
#include "hv/log.h"

#define START_TIMEOUT_NS 1000000000ull
#define INIT_WAIT_NS     10000000u
#define SIPI_WAIT_NS     200000u

struct pcpu pcpus[HV_MAX_PCPUS];
uint32_t pcpu_count = 1;
bool pcpus_ready;

/* For entry.S: the CPU that is being started. */
uint64_t ap_stack_top;
struct pcpu *ap_pcpu;
extern char ap_trampoline[], ap_trampoline_end[], ap_trampoline_cr3[], ap_trampoline_base[];
extern char ap_gdtr[], ap_gdt[], ap_far[], ap_long[];

static void patch(uint8_t *page, const char *where, uint64_t value)
{
    uint32_t word = (uint32_t)value;

    memcpy(page + (where - ap_trampoline), &word, sizeof(word));
}

static void prepare_page(hpa_t low)
{
    uint8_t *page = hpa_to_ptr(low);

    memcpy(page, ap_trampoline, (size_t)(ap_trampoline_end - ap_trampoline));
    patch(page, ap_trampoline_cr3, read_cr3());
    patch(page, ap_trampoline_base, low);
    patch(page, ap_gdtr + 2, low + (uint64_t)(ap_gdt - ap_trampoline));
    patch(page, ap_far, low + (uint64_t)(ap_long - ap_trampoline));
}

/* Waits for the CPU, that long at most. */
static bool wait(const struct pcpu *cpu, uint64_t ns)
{
    uint64_t end = tsc_now() + tsc_from_ns(ns);

    while (!cpu->online && tsc_now() < end)
        cpu_pause();
    return cpu->online;
}

static bool start(struct pcpu *cpu, uint8_t page)
{
    cpu->stack_top = hostmap_stack(0x4000);
    ap_stack_top = cpu->stack_top;
    ap_pcpu = cpu;
    lapic_send(cpu->apic_id, LAPIC_INIT);
    clock_wait_ns(INIT_WAIT_NS);
    lapic_send(cpu->apic_id, LAPIC_SIPI | page);
    if (wait(cpu, SIPI_WAIT_NS))
        return true;
    lapic_send(cpu->apic_id, LAPIC_SIPI | page);
    return wait(cpu, START_TIMEOUT_NS);
}

void smp_start(void)
{
    hpa_t low = boot_info.low_page;

    if (acpi_info.cpu_count > pcpu_count)
        pcpu_count = acpi_info.cpu_count;
    if (pcpu_count == 1)
        return;
    hostmap_low_page(low, true);
    prepare_page(low);
    for (uint32_t i = 1; i < pcpu_count; i++) {
        pcpus[i].id = i;
        pcpus[i].apic_id = acpi_info.cpu[i].apic_id;
        if (!start(&pcpus[i], (uint8_t)(low >> 12)))
            hv_panic("CPU %u (APIC id %u) does not start", i, pcpus[i].apic_id);
    }
    hostmap_low_page(low, false);
}

void hv_ap_main(struct pcpu *cpu);
void hv_ap_main(struct pcpu *cpu)
{
    cpu_tables_init(cpu);
    lapic_init_cpu();
    init_this_cpu();
    cpu->online = true;
    init_wait_and_run();
}
