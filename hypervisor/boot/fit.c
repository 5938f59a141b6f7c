/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the rules that set a sound scenario against the machine it shall run on. */
#include "hv/lib.h"
#include "hv/scenario.h"

struct fitting {
    const struct bn_scenario *s;
    const struct scenario_machine *m;
    scenario_finding *tell;
    void *context;
    uint32_t misfits;
};

static const struct {
    uint32_t feature;
    bool needed; /* without it there is no boot; else something is lost */
    const char *there, *missing, *remedy;
} features[] = {
    {MACHINE_VIRTUALISATION, true, "VMX or SVM", "this processor offers neither VMX nor SVM",
     "switch virtualisation (VT-x, SVM) on in the firmware's setup, or use another processor"},
    {MACHINE_SWITCHED_ON, true, "virtualisation is switched on",
     "the firmware has switched virtualisation off",
     "switch virtualisation (VT-x, SVM) on in the firmware's setup"},
    {MACHINE_NESTED_PAGING, true, "nested paging (EPT, NPT)",
     "this processor has no nested paging (EPT or NPT)", "use another processor"},
    {MACHINE_UNRESTRICTED, true, "guests in real mode",
     "this processor cannot run guests in real mode (unrestricted guest)", "use another processor"},
    {MACHINE_XSAVE, true, "XSAVE", "this processor has no XSAVE", "use another processor"},
    {MACHINE_PM_TIMER, true, "ACPI PM timer",
     "the firmware's tables name no ACPI PM timer, and nothing else sets the clock",
     "switch it on in the firmware's setup, or use another machine"},
    {MACHINE_IOMMU, false, "IOMMU",
     "no IOMMU: a device that is told to write to memory of others does so",
     "switch VT-d or AMD-Vi on in the firmware's setup"},
    {MACHINE_INVARIANT_TSC, false, "invariant TSC",
     "the TSC is not invariant: time is wrong while the processor changes its frequency",
     "switch power saving off in the firmware's setup"},
    {MACHINE_DISPLAY, false, "display with a linear framebuffer",
     "no display with a linear framebuffer: nothing is seen before the service VM drives one",
     "connect a screen, and switch CSM off in the firmware's setup"},
};

HV_PRINTF(6, 7)
static void found(struct fitting *f, enum scenario_verdict verdict, struct scenario_ref at,
                  const char *member, const char *remedy, const char *format, ...)
{
    static const char *const kinds[] = {[SCENARIO_ITSELF] = "machine",
                                        [SCENARIO_HYPERVISOR] = "hypervisor",
                                        [SCENARIO_SHM] = "shared memory",
                                        [SCENARIO_VM] = "VM",
                                        [SCENARIO_DEVICE] = "device"};
    const char *name = at.object == SCENARIO_VM       ? f->s->vm[at.index].name
                       : at.object == SCENARIO_DEVICE ? f->s->device[at.index].name
                                                      : NULL;
    char what[240];
    size_t used =
        hv_snprintf(what, sizeof(what), name ? "%s \"%s\": " : "%s: ", kinds[at.object], name);
    va_list list;

    va_start(list, format);
    hv_vsnprintf(what + used, sizeof(what) - used, format, list);
    va_end(list);
    f->misfits += verdict == SCENARIO_UNMET;
    f->tell(f->context, verdict, at, member, what, remedy);
}

/* Whether [base, base + bytes) is all usable memory; adjacent entries of the map count as one. */
static bool is_memory(const struct scenario_machine *m, uint64_t base, uint64_t bytes,
                      uint64_t *hole)
{
    const uint64_t end = base + bytes;

    for (uint32_t i = 0; i < m->memory_count && base < end; i++) {
        const struct bn_memory *e = &m->memory[i];

        if (e->type == BN_MEMORY_USABLE && e->base <= base && base - e->base < e->bytes)
            base = e->base + e->bytes;
    }
    *hole = base;
    return base >= end;
}

static uint64_t overlap(const struct bn_memory *e, const struct bn_range *r)
{
    const uint64_t start = e->base > r->hpa ? e->base : r->hpa;
    const uint64_t e_end = e->base + e->bytes, r_end = r->hpa + r->bytes;
    const uint64_t end = e_end < r_end ? e_end : r_end;

    return end > start ? end - start : 0;
}

/* Usable bytes that are nobody's: what the service VM can have. Claims do not overlap (checked
 * before). */
static uint64_t memory_left(const struct bn_scenario *s, const struct scenario_machine *m)
{
    uint64_t left = 0;
    struct bn_range claim;
    struct scenario_ref who;

    for (uint32_t i = 0; i < m->memory_count; i++) {
        if (m->memory[i].type != BN_MEMORY_USABLE)
            continue;
        left += m->memory[i].bytes;
        for (uint32_t n = 0; scenario_claim(s, n, &claim, &who); n++)
            left -= overlap(&m->memory[i], &claim);
    }
    return left;
}

static void fit_features(struct fitting *f)
{
    const struct scenario_ref at = {SCENARIO_ITSELF, 0};
    const bool iommu = f->s->flags & BN_SCENARIO_IOMMU,
               picture = f->s->framebuffer_vm < f->s->vm_count;

    for (unsigned i = 0; i < HV_ARRAY_SIZE(features); i++) {
        const uint32_t feature = features[i].feature;
        const bool needed = features[i].needed || (feature == MACHINE_IOMMU && iommu);

        if (!(f->m->known & feature) || (feature == MACHINE_DISPLAY && !picture))
            continue;
        if (f->m->has & feature)
            found(f, SCENARIO_MET, at, "machine", "", "%s", features[i].there);
        else
            found(f, needed ? SCENARIO_UNMET : SCENARIO_LOST, at, "machine", features[i].remedy,
                  "%s", features[i].missing);
    }
}

static void fit_cpus(struct fitting *f)
{
    for (uint32_t i = 0; f->m->cpu_count && i < f->s->vm_count; i++)
        for (uint32_t j = 0; j < f->s->vm[i].cpu_count; j++) {
            const struct scenario_ref at = {SCENARIO_VM, i};
            const uint32_t cpu = f->s->vm[i].cpu[j].pcpu;

            if (cpu < f->m->cpu_count)
                found(f, SCENARIO_MET, at, "cpus", "", "CPU %u", cpu);
            else
                found(f, SCENARIO_UNMET, at, "cpus",
                      "use CPUs 0 to the number of the machine's CPUs less one",
                      "there is no CPU %u, the machine has %u", cpu, f->m->cpu_count);
        }
}

static void fit_memory(struct fitting *f)
{
    const uint64_t left = memory_left(f->s, f->m) >> 20;
    struct bn_range claim;
    struct scenario_ref who;
    uint64_t hole;

    for (uint32_t i = 0; i < f->s->vm_count; i++) {
        const struct scenario_ref at = {SCENARIO_VM, i};
        const uint64_t need = f->s->vm[i].memory_bytes >> 20;

        if (f->s->vm[i].kind != BN_VM_SERVICE)
            continue;
        if (need <= left)
            found(f, SCENARIO_MET, at, "memory-bytes", "", "%lu MiB of the %lu MiB left", need,
                  left);
        else
            found(f, SCENARIO_UNMET, at, "memory-bytes", "add memory, or plan with less",
                  "too little memory: it needs %lu MiB, the machine has %lu MiB left for it", need,
                  left);
    }
    for (uint32_t n = 0; scenario_claim(f->s, n, &claim, &who); n++)
        if (claim.bytes && is_memory(f->m, claim.hpa, claim.bytes, &hole))
            found(f, SCENARIO_MET, who, "memory", "", "%lu MiB at 0x%lx", claim.bytes >> 20,
                  claim.hpa);
        else if (claim.bytes)
            found(f, SCENARIO_UNMET, who, "memory",
                  "the machine has too little memory, or firmware holds that address: use another "
                  "machine or move the range",
                  "0x%lx is not usable memory of this machine (its range ends at 0x%lx)", hole,
                  claim.hpa + claim.bytes);
}

static void fit_device(struct fitting *f, uint32_t i)
{
    const struct bn_scenario_device *d = &f->s->device[i];
    const struct scenario_ref at = {SCENARIO_DEVICE, i};
    const bool uart = d->kind == BN_DEVICE_UART;
    const char *member = uart ? "port" : "pci";
    const unsigned address = uart ? d->port : d->bdf;
    uint16_t vendor = d->pci_vendor, device = d->pci_device;
    bool present;

    if (uart ? !f->m->uart_present : d->kind != BN_DEVICE_PCI || !f->m->pci_ids)
        return;
    present = uart ? f->m->uart_present(d->port) : f->m->pci_ids(d->bdf, &vendor, &device);
    if (!present)
        found(f, d->flags & BN_DEVICE_OPTIONAL ? SCENARIO_LOST : SCENARIO_UNMET, at, member,
              "add the device, correct its address, or mark it optional",
              "there is no such device at %s 0x%x", member, address);
    else if ((d->pci_vendor != BN_PCI_ANY && d->pci_vendor != vendor) ||
             (d->pci_device != BN_PCI_ANY && d->pci_device != device))
        /* Wrong even for an optional one: it would be hidden from its owner. */
        found(f, SCENARIO_UNMET, at, member, "correct the address or the vendor and device numbers",
              "found 0x%04x%04x at its address instead of 0x%04x%04x", vendor, device,
              d->pci_vendor, d->pci_device);
    else
        found(f, SCENARIO_MET, at, member, "", "is at %s 0x%x", member, address);
}

uint32_t scenario_fit(const struct bn_scenario *s, const struct scenario_machine *machine,
                      scenario_finding *tell, void *context)
{
    struct fitting f = {s, machine, tell, context, 0};

    fit_features(&f);
    fit_cpus(&f);
    if (machine->memory)
        fit_memory(&f);
    for (uint32_t i = 0; i < s->device_count; i++)
        fit_device(&f, i);
    return f.misfits;
}
