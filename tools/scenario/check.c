/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the order of the rules, and those for flags, counts, memory and regions. */
#include "rules.h"

/* Any physical address must be below: smallest of the supported CPUs. */
#define MAX_ADDRESS (UINT64_C(1) << 46)

static void check_count(struct scenario_checker *c, struct scenario_ref at, const char *what,
                        uint32_t count, uint32_t max)
{
    if (count > max)
        blame(c, SCENARIO_TOO_MANY, at, what, count, max);
}

static void check_counts(struct scenario_checker *c)
{
    const struct bn_scenario *s = c->s;
    const struct scenario_ref me = ref(SCENARIO_ITSELF, 0);
    const uint32_t known_flags = BN_SCENARIO_NO_SERVICE_VM | BN_SCENARIO_IOMMU | BN_SCENARIO_REPORT;

    if (s->flags & ~known_flags)
        blame(c, SCENARIO_BAD_FLAGS, me, "flags", s->flags, known_flags);
    check_count(c, me, "vms", s->vm_count, BN_MAX_VMS);
    check_count(c, me, "shared-memory", s->region_count, BN_MAX_REGIONS);
    check_count(c, me, "devices", s->device_count, BN_MAX_DEVICES);
    check_count(c, me, "outputs", s->output_count, BN_MAX_OUTPUTS);
    check_count(c, me, "layers", s->layer_count, BN_MAX_LAYERS);
    for (uint32_t i = 0; i < s->vm_count && i < BN_MAX_VMS; i++) {
        check_count(c, ref(SCENARIO_VM, i), "cpus", s->vm[i].cpu_count, BN_MAX_VCPUS);
        check_count(c, ref(SCENARIO_VM, i), "memory", s->vm[i].range_count, BN_MAX_RANGES);
    }
}

/* ---- memory ---- */

static bool check_range(struct scenario_checker *c, struct scenario_ref at, const char *member,
                        const struct bn_range *r)
{
    if (r->bytes == 0)
        blame(c, SCENARIO_EMPTY_RANGE, at, member, r->hpa, 0);
    else if ((r->hpa | r->gpa | r->bytes) % BN_RANGE_ALIGN)
        blame(c, SCENARIO_MISALIGNED, at, member,
              r->hpa % BN_RANGE_ALIGN   ? r->hpa
              : r->gpa % BN_RANGE_ALIGN ? r->gpa
                                        : r->bytes,
              BN_RANGE_ALIGN);
    else if (r->bytes > MAX_ADDRESS || r->hpa > MAX_ADDRESS - r->bytes ||
             r->gpa > MAX_ADDRESS - r->bytes)
        blame(c, SCENARIO_RANGE_WRAPS, at, member, r->hpa > r->gpa ? r->hpa : r->gpa, r->bytes);
    else
        return true;
    return false;
}

static void check_host_overlaps(struct scenario_checker *c)
{
    struct bn_range a, b;
    struct scenario_ref at, with;

    for (uint32_t i = 0; scenario_claim(c->s, i, &a, &at); i++)
        for (uint32_t j = 0; j < i && scenario_claim(c->s, j, &b, &with); j++)
            if (a.bytes && b.bytes && ranges_meet(a.hpa, a.bytes, b.hpa, b.bytes))
                clash(c, SCENARIO_OVERLAP, at, with, "memory", a.hpa > b.hpa ? a.hpa : b.hpa, 0);
}

/* What one pre-launched VM sees where: its memory, the shared window, the boot framebuffer. */
static void check_guest_map(struct scenario_checker *c, uint32_t index)
{
    const struct bn_scenario *s = c->s;
    const struct bn_scenario_vm *vm = &s->vm[index];
    struct bn_range seen[BN_MAX_RANGES + 2];
    uint32_t n = 0;

    for (; n < vm->range_count; n++)
        seen[n] = vm->range[n];
    if (s->shm.bytes)
        seen[n++] = s->shm;
    if (vm->framebuffer_gpa) {
        uint64_t bytes = (uint64_t)s->framebuffer_width * s->framebuffer_height * 4;

        seen[n].gpa = vm->framebuffer_gpa;
        seen[n++].bytes = (bytes + BN_RANGE_ALIGN - 1) / BN_RANGE_ALIGN * BN_RANGE_ALIGN;
    }
    for (uint32_t i = 0; i < n; i++) {
        if (vm->image_kind == BN_IMAGE_MULTIBOOT1 && seen[i].gpa + seen[i].bytes > UINT64_C(1)
                                                                                       << 32)
            blame(c, SCENARIO_GUEST_TOO_BIG, ref(SCENARIO_VM, index), "memory", seen[i].gpa,
                  seen[i].bytes);
        for (uint32_t j = 0; j < i; j++)
            if (ranges_meet(seen[i].gpa, seen[i].bytes, seen[j].gpa, seen[j].bytes))
                blame(c, SCENARIO_GUEST_OVERLAP, ref(SCENARIO_VM, index), "memory", seen[i].gpa,
                      seen[i].bytes);
    }
}

static bool check_vm_ranges(struct scenario_checker *c, uint32_t index)
{
    const struct bn_scenario_vm *vm = &c->s->vm[index];
    const struct scenario_ref at = ref(SCENARIO_VM, index);
    uint64_t sum = 0;
    bool sound = true;

    if (vm->kind != BN_VM_PRELAUNCHED && vm->range_count) {
        blame(c, SCENARIO_UNWANTED_RANGE, at, "memory", vm->range[0].hpa, 0);
        return false;
    }
    if (vm->kind == BN_VM_PRELAUNCHED && !vm->range_count) {
        blame(c, SCENARIO_NO_RANGE, at, "memory", 0, 0);
        return false;
    }
    for (uint32_t i = 0; i < vm->range_count; i++) {
        sound = check_range(c, at, "memory", &vm->range[i]) && sound;
        sum += vm->range[i].bytes;
    }
    if (vm->memory_bytes == 0 || vm->memory_bytes % BN_RANGE_ALIGN ||
        vm->memory_bytes > MAX_ADDRESS ||
        (vm->kind == BN_VM_PRELAUNCHED && vm->memory_bytes != sum))
        blame(c, SCENARIO_BAD_MEMORY_BYTES, at, "memory-bytes", vm->memory_bytes, BN_RANGE_ALIGN);
    return sound;
}

/* Post-launched VMs live in the service VM's memory. */
static void check_nested_memory(struct scenario_checker *c)
{
    uint64_t service = 0, inside = 0;
    struct scenario_ref at = ref(SCENARIO_ITSELF, 0);

    for (uint32_t i = 0; i < c->s->vm_count; i++) {
        const struct bn_scenario_vm *vm = &c->s->vm[i];

        if (vm->kind == BN_VM_SERVICE) {
            service = vm->memory_bytes;
            at = ref(SCENARIO_VM, i);
        } else if (vm->kind == BN_VM_POSTLAUNCHED) {
            inside += vm->memory_bytes;
        }
    }
    if (service && inside >= service)
        blame(c, SCENARIO_BAD_MEMORY_BYTES, at, "memory-bytes", service, inside);
}

static void check_memory(struct scenario_checker *c)
{
    const struct bn_scenario *s = c->s;
    bool sound = check_range(c, ref(SCENARIO_HYPERVISOR, 0), "memory", &s->hypervisor);

    if (s->shm.bytes)
        sound = check_range(c, ref(SCENARIO_SHM, 0), "window", &s->shm) && sound;
    for (uint32_t i = 0; i < s->vm_count; i++)
        sound = check_vm_ranges(c, i) && sound;
    if (!sound)
        return;
    check_host_overlaps(c);
    check_nested_memory(c);
    for (uint32_t i = 0; i < s->vm_count; i++)
        if (s->vm[i].kind == BN_VM_PRELAUNCHED)
            check_guest_map(c, i);
}

static void check_regions(struct scenario_checker *c)
{
    const struct bn_scenario *s = c->s;
    uint64_t used = BN_SHM_ALIGN; /* the directory */

    for (uint32_t i = 0; i < s->region_count; i++) {
        const struct bn_scenario_region *r = &s->region[i];
        const struct scenario_ref at = ref(SCENARIO_REGION, i);
        uint32_t writers = 0;

        if (r->kind < BN_SHM_SCENARIO || r->kind > BN_SHM_CHIME_STATUS)
            blame(c, SCENARIO_BAD_KIND, at, "kind", r->kind, BN_SHM_CHIME_STATUS);
        if (r->bytes == 0)
            blame(c, SCENARIO_EMPTY_RANGE, at, "bytes", 0, 0);
        if (r->bytes % BN_SHM_ALIGN || r->bytes > MAX_ADDRESS)
            blame(c, SCENARIO_MISALIGNED, at, "bytes", r->bytes, BN_SHM_ALIGN);
        else
            used += r->bytes;
        for (uint32_t j = 0; j < sizeof(r->rights); j++) {
            if (r->rights[j] && j >= s->vm_count)
                blame(c, SCENARIO_UNKNOWN_VM, at, "rights", j, s->vm_count);
            if (r->rights[j] != 0 && r->rights[j] != BN_SHM_READ &&
                r->rights[j] != (BN_SHM_READ | BN_SHM_WRITE))
                blame(c, SCENARIO_BAD_RIGHTS, at, "rights", r->rights[j], 0);
            writers += (r->rights[j] & BN_SHM_WRITE) != 0;
        }
        if (writers > 1)
            blame(c, SCENARIO_TWO_WRITERS, at, "write", writers, 1);
        for (uint32_t j = 0; j < i; j++)
            if (s->region[j].kind == r->kind)
                clash(c, SCENARIO_SAME_NAME, at, ref(SCENARIO_REGION, j), "kind", r->kind, 0);
    }
    if (s->region_count && !s->shm.bytes)
        blame(c, SCENARIO_NO_WINDOW, ref(SCENARIO_SHM, 0), "window", used, 0);
    else if (s->shm.bytes && used > s->shm.bytes)
        blame(c, SCENARIO_WINDOW_TOO_SMALL, ref(SCENARIO_SHM, 0), "window", used, s->shm.bytes);
}

uint32_t scenario_check(const struct bn_scenario *s, scenario_report *report, void *context)
{
    struct scenario_checker c = {.s = s, .report = report, .context = context};

    check_counts(&c);
    if (c.problems)
        return c.problems;
    scenario_check_vms(&c);
    check_memory(&c);
    check_regions(&c);
    scenario_check_devices(&c);
    scenario_check_displays(&c);
    return c.problems;
}
