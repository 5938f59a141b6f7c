/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the rules that set a sound scenario against the machine it shall run on. */
#include "scenario_rules.h"

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

static void check_machine_memory(struct scenario_checker *c, const struct scenario_machine *m)
{
    const uint64_t left = memory_left(c->s, m);
    struct bn_range claim;
    struct scenario_ref who;
    uint64_t hole;

    for (uint32_t i = 0; i < c->s->vm_count; i++)
        if (c->s->vm[i].kind == BN_VM_SERVICE && left < c->s->vm[i].memory_bytes)
            blame(c, SCENARIO_TOO_LITTLE_MEMORY, ref(SCENARIO_VM, i), "memory-bytes", left,
                  c->s->vm[i].memory_bytes);
    for (uint32_t n = 0; scenario_claim(c->s, n, &claim, &who); n++)
        if (claim.bytes && !is_memory(m, claim.hpa, claim.bytes, &hole))
            blame(c, SCENARIO_NOT_MEMORY, who, "memory", hole, claim.hpa + claim.bytes);
}

static void check_machine_device(struct scenario_checker *c, const struct scenario_machine *m,
                                 uint32_t i)
{
    const struct bn_scenario_device *d = &c->s->device[i];
    const struct scenario_ref at = ref(SCENARIO_DEVICE, i);
    uint16_t vendor, device;

    if (d->kind == BN_DEVICE_UART && m->uart_present) {
        if (!m->uart_present(m->context, d->port) && !(d->flags & BN_DEVICE_OPTIONAL))
            blame(c, SCENARIO_NO_DEVICE, at, "port", d->port, 0);
    } else if (d->kind == BN_DEVICE_PCI && m->pci_ids) {
        if (!m->pci_ids(m->context, d->bdf, &vendor, &device)) {
            if (!(d->flags & BN_DEVICE_OPTIONAL))
                blame(c, SCENARIO_NO_DEVICE, at, "pci", d->bdf, 0);
        } else if ((d->pci_vendor != BN_PCI_ANY && d->pci_vendor != vendor) ||
                   (d->pci_device != BN_PCI_ANY && d->pci_device != device)) {
            /* Another device sits there: wrong even for an optional one, it would be hidden from
             * its owner. */
            blame(c, SCENARIO_WRONG_DEVICE, at, "pci", (uint32_t)vendor << 16 | device,
                  (uint32_t)d->pci_vendor << 16 | d->pci_device);
        }
    }
}

void scenario_check_machine(struct scenario_checker *c, const struct scenario_machine *m)
{
    for (uint32_t i = 0; m->cpu_count && i < c->s->vm_count; i++)
        for (uint32_t j = 0; j < c->s->vm[i].cpu_count; j++)
            if (c->s->vm[i].cpu[j].pcpu >= m->cpu_count)
                blame(c, SCENARIO_UNKNOWN_CPU, ref(SCENARIO_VM, i), "cpus", c->s->vm[i].cpu[j].pcpu,
                      m->cpu_count);
    if (m->memory)
        check_machine_memory(c, m);
    for (uint32_t i = 0; i < c->s->device_count; i++)
        check_machine_device(c, m, i);
}
