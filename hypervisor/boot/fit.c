/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the rules that set a sound scenario against the machine it shall run on. */
#include "hv/lib.h"
#include "hv/scenario.h"

struct fitting {
    const struct bn_scenario *s;
    const struct scenario_machine *m;
    scenario_misfit *tell;
    void *context;
    uint32_t misfits;
};

static void misfit(struct fitting *f, struct scenario_ref at, const char *member,
                   const char *remedy, const char *format, ...) HV_PRINTF(5, 6);

static void misfit(struct fitting *f, struct scenario_ref at, const char *member,
                   const char *remedy, const char *format, ...)
{
    static const char *const kinds[] = {[SCENARIO_HYPERVISOR] = "hypervisor",
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
    f->misfits++;
    f->tell(f->context, at, member, what, remedy);
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

static void fit_cpus(struct fitting *f)
{
    for (uint32_t i = 0; f->m->cpu_count && i < f->s->vm_count; i++)
        for (uint32_t j = 0; j < f->s->vm[i].cpu_count; j++)
            if (f->s->vm[i].cpu[j].pcpu >= f->m->cpu_count)
                misfit(f, (struct scenario_ref){SCENARIO_VM, i}, "cpus",
                       "use CPUs 0 to the number of the machine's CPUs less one",
                       "there is no CPU %u, the machine has %u", f->s->vm[i].cpu[j].pcpu,
                       f->m->cpu_count);
}

static void fit_memory(struct fitting *f)
{
    const uint64_t left = memory_left(f->s, f->m);
    struct bn_range claim;
    struct scenario_ref who;
    uint64_t hole;

    for (uint32_t i = 0; i < f->s->vm_count; i++)
        if (f->s->vm[i].kind == BN_VM_SERVICE && left < f->s->vm[i].memory_bytes)
            misfit(f, (struct scenario_ref){SCENARIO_VM, i}, "memory-bytes",
                   "add memory, or plan with less",
                   "too little memory: it needs %lu MiB, the machine has %lu MiB left for it",
                   f->s->vm[i].memory_bytes >> 20, left >> 20);
    for (uint32_t n = 0; scenario_claim(f->s, n, &claim, &who); n++)
        if (claim.bytes && !is_memory(f->m, claim.hpa, claim.bytes, &hole))
            misfit(f, who, "memory",
                   "the machine has too little memory, or firmware holds that address: use another "
                   "machine or move the range",
                   "0x%lx is not usable memory of this machine (its range ends at 0x%lx)", hole,
                   claim.hpa + claim.bytes);
}

static void fit_device(struct fitting *f, uint32_t i)
{
    static const char absent[] = "add the device, correct its address, or mark it optional";
    const struct bn_scenario_device *d = &f->s->device[i];
    const struct scenario_ref at = {SCENARIO_DEVICE, i};
    const bool optional = d->flags & BN_DEVICE_OPTIONAL;
    uint16_t vendor, device;

    if (d->kind == BN_DEVICE_UART && f->m->uart_present) {
        if (!f->m->uart_present(f->m->context, d->port) && !optional)
            misfit(f, at, "port", absent, "there is no such device at port 0x%x", d->port);
    } else if (d->kind == BN_DEVICE_PCI && f->m->pci_ids) {
        if (!f->m->pci_ids(f->m->context, d->bdf, &vendor, &device)) {
            if (!optional)
                misfit(f, at, "pci", absent, "there is no such device at pci 0x%x", d->bdf);
        } else if ((d->pci_vendor != BN_PCI_ANY && d->pci_vendor != vendor) ||
                   (d->pci_device != BN_PCI_ANY && d->pci_device != device)) {
            /* Another device sits there: wrong even for an optional one, it would be hidden from
             * its owner. */
            misfit(f, at, "pci", "correct the address or the vendor and device numbers",
                   "found 0x%04x%04x at its address instead of 0x%04x%04x", vendor, device,
                   d->pci_vendor, d->pci_device);
        }
    }
}

uint32_t scenario_fit(const struct bn_scenario *s, const struct scenario_machine *machine,
                      scenario_misfit *tell, void *context)
{
    struct fitting f = {s, machine, tell, context, 0};

    fit_cpus(&f);
    if (machine->memory)
        fit_memory(&f);
    for (uint32_t i = 0; i < s->device_count; i++)
        fit_device(&f, i);
    return f.misfits;
}
