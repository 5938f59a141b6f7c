/* SPDX-License-Identifier: BSD-3-Clause */
/* The shared window: layout of the scenario's regions, one directory per VM, and the mappings that
 * enforce the rights. */
#include "hv/shm.h"

#include "binnacle/hvregs.h"

static const struct bn_scenario *plan;
static uint64_t offsets[BN_MAX_REGIONS]; /* of the regions, from the start of the window */
static uint64_t window_bytes;            /* 0: there is no window */
static struct bn_shm_directory *directories[BN_MAX_VMS];

_Static_assert((uint32_t)BN_MAX_REGIONS <= (uint32_t)BN_SHM_MAX_REGIONS,
               "a directory holds all regions");
_Static_assert(sizeof(struct bn_shm_directory) <= HV_PAGE_BYTES, "a directory is one page");

static enum bn_status lay_out(void)
{
    uint64_t next = BN_SHM_ALIGN;

    for (uint32_t i = 0; i < plan->region_count; i++) {
        uint64_t bytes = plan->region[i].bytes;

        if (bytes == 0 || bytes % BN_SHM_ALIGN || bytes > plan->shm.bytes ||
            next > plan->shm.bytes - bytes) {
            hv_log("shared window: region %s does not fit", plan->region[i].name);
            return BN_EINVAL;
        }
        offsets[i] = next;
        next += bytes;
    }
    window_bytes = next;
    return BN_OK;
}

static enum bn_status write_directory(uint32_t vm)
{
    hpa_t page = page_alloc();
    struct bn_shm_directory *d;

    if (!page)
        return BN_ENOMEM;
    d = hpa_to_ptr(page);
    d->magic = BN_SHM_DIR_MAGIC;
    d->version = BN_SHM_VERSION;
    d->count = (uint16_t)plan->region_count;
    d->window_bytes = window_bytes;
    memcpy(d->vm_name, plan->vm[vm].name, sizeof(d->vm_name));
    for (uint32_t i = 0; i < plan->region_count; i++) {
        memcpy(d->entry[i].name, plan->region[i].name, sizeof(d->entry[i].name));
        d->entry[i].kind = plan->region[i].kind;
        d->entry[i].rights = plan->region[i].rights[vm];
        d->entry[i].offset = offsets[i];
        d->entry[i].bytes = plan->region[i].bytes;
    }
    d->crc = bn_crc32(0, d, offsetof(struct bn_shm_directory, crc));
    directories[vm] = d;
    return BN_OK;
}

void *shm_region(enum bn_shm_kind kind, uint64_t *bytes)
{
    for (uint32_t i = 0; window_bytes && i < plan->region_count; i++)
        if (plan->region[i].kind == kind) {
            *bytes = plan->region[i].bytes;
            return hpa_to_ptr(plan->shm.hpa + offsets[i]);
        }
    return 0;
}

static void write_scenario(void)
{
    uint64_t bytes;
    struct bn_shm_header *h = shm_region(BN_SHM_SCENARIO, &bytes);

    if (!h || bytes < sizeof(*h) + sizeof(*plan))
        return;
    memcpy(h + 1, plan, sizeof(*plan));
    h->magic = BN_SHM_MAGIC;
    h->version = BN_SHM_VERSION;
    h->data_id = BN_SHM_SCENARIO;
    h->payload_bytes = sizeof(*plan);
    h->counter = 1;
    h->crc = bn_shm_crc(h, h + 1);
}

enum bn_status shm_init(const struct bn_scenario *scenario)
{
    enum bn_status status;

    plan = scenario;
    window_bytes = 0;
    if (!scenario->shm.bytes)
        return BN_OK;
    status = lay_out();
    for (uint32_t i = 0; i < scenario->vm_count && status == BN_OK; i++)
        status = write_directory(i);
    if (status != BN_OK)
        return status;
    memset(hpa_to_ptr(scenario->shm.hpa), 0, window_bytes);
    write_scenario();
    return BN_OK;
}

bool shm_overlaps(hpa_t hpa, uint64_t bytes)
{
    return window_bytes && hpa < plan->shm.hpa + plan->shm.bytes && plan->shm.hpa < hpa + bytes;
}

/* What the VM may do with region `i`. */
static uint32_t rights_to(const struct vm *vm, uint32_t i)
{
    uint32_t rights = plan->region[i].rights[vm->id];

    return (rights & BN_SHM_READ ? MAP_READ : 0u) |
           (rights & BN_SHM_WRITE ? MAP_READ | MAP_WRITE : 0u);
}

enum bn_status shm_map_part(struct vm *vm, gpa_t gpa, hpa_t hpa, uint64_t bytes, uint32_t rights)
{
    uint64_t start = hpa - plan->shm.hpa;

    if (start == 0 && bytes <= BN_SHM_ALIGN)
        return vm_map(vm, gpa, ptr_to_hpa(directories[vm->id]), HV_PAGE_BYTES, MAP_READ);
    for (uint32_t i = 0; i < plan->region_count; i++)
        if (start >= offsets[i] && bytes <= plan->region[i].bytes &&
            start - offsets[i] <= plan->region[i].bytes - bytes && (rights_to(vm, i) & rights))
            return vm_map(vm, gpa, hpa, bytes, rights_to(vm, i) & rights);
    return BN_EPERM;
}

static gpa_t window_gpa(const struct vm *vm)
{
    return vm_is_service(vm) ? plan->shm.hpa : plan->shm.gpa;
}

enum bn_status shm_map(struct vm *vm)
{
    enum bn_status status;

    if (!window_bytes || vm->config->kind == BN_VM_POSTLAUNCHED)
        return BN_OK;
    status = vm_unmap(vm, window_gpa(vm), plan->shm.bytes)
                 ?: shm_map_part(vm, window_gpa(vm), plan->shm.hpa, BN_SHM_ALIGN, MAP_READ);
    for (uint32_t i = 0; i < plan->region_count && status == BN_OK; i++)
        if (rights_to(vm, i))
            status = shm_map_part(vm, window_gpa(vm) + offsets[i], plan->shm.hpa + offsets[i],
                                  plan->region[i].bytes, MAP_READ | MAP_WRITE);
    return status;
}

static const char *region_at(uint64_t offset)
{
    for (uint32_t i = 0; i < plan->region_count; i++)
        if (offset >= offsets[i] && offset - offsets[i] < plan->region[i].bytes)
            return plan->region[i].name;
    return offset < HV_PAGE_BYTES ? "directory" : "gap";
}

/* Where in the memory of the window `gpa` is for this VM; false: not there. */
static bool find_offset(struct vm *vm, gpa_t gpa, uint64_t *offset)
{
    hpa_t hpa = 0;

    if (vm->config->kind == BN_VM_POSTLAUNCHED) {
        /* It has the window where its device model put it; what is not mapped is the model's. */
        uint64_t contiguous;
        uint32_t rights;

        spin_lock(&vm->memory_lock);
        enum bn_status status = paging_lookup(&vm->memory, gpa, &hpa, &rights, &contiguous);
        spin_unlock(&vm->memory_lock);
        if (status != BN_OK)
            return false;
    } else if (gpa >= window_gpa(vm)) {
        hpa = gpa - window_gpa(vm) + plan->shm.hpa;
    }
    *offset = hpa - plan->shm.hpa;
    /* The service VM's registers in the window are nobody's memory: they answer. */
    return *offset < plan->shm.bytes &&
           !(vm_is_service(vm) && *offset - BN_HV_OFFSET < (uint64_t)BN_HV_BYTES);
}

bool shm_fault(struct vcpu *vcpu, gpa_t gpa, bool write)
{
    uint64_t offset;

    if (!window_bytes || !find_offset(vcpu->vm, gpa, &offset))
        return false;
    vm_log(vcpu->vm, "shared window: no right to %s %s (offset %lx)", write ? "write" : "read",
           region_at(offset), offset);
    vcpu_inject_gp(vcpu);
    return true;
}
