/* SPDX-License-Identifier: BSD-3-Clause */
/* Hypercall "set memory regions": which of the service VM's memory a post-launched VM sees, and
 * how. */
#include "hsm.h"

#include "hv/shm.h"

#define MAX_REGIONS          131072u /* as many as HSM can allocate a list for */
#define CHUNK                16u     /* regions copied at a time */
#define MAX_GPA              (1ull << 46)
#define PAGE_MASK            (HV_PAGE_BYTES - 1ull)
#define TABLES_SPARE         128u
#define TABLES_PER_VM(bytes) ((bytes) / 0x200000u + TABLES_SPARE)

static uint32_t rights_of(uint32_t attributes)
{
    return (attributes & ACRN_MEM_ACCESS_READ ? MAP_READ : 0) |
           (attributes & ACRN_MEM_ACCESS_WRITE ? MAP_WRITE : 0) |
           (attributes & ACRN_MEM_ACCESS_EXEC ? MAP_EXEC : 0) |
           (attributes & ACRN_MEM_TYPE_UC ? MAP_UNCACHED : 0);
}

static bool range_ok(uint64_t base, uint64_t bytes)
{
    return bytes != 0 && ((base | bytes) & PAGE_MASK) == 0 && base < MAX_GPA &&
           bytes <= MAX_GPA - base;
}

/*
 * Everything in [gpa, gpa + bytes) of the service VM must be mapped for it, identically, and with
 * every right that the guest is to have: what it may not touch it cannot give away.
 */
static enum bn_status service_owns(struct vm *service, gpa_t gpa, uint64_t bytes, uint32_t rights)
{
    uint32_t needed = rights & (MAP_READ | MAP_WRITE | MAP_EXEC);
    enum bn_status status = BN_OK;

    spin_lock(&service->memory_lock);
    while (bytes && status == BN_OK) {
        hpa_t hpa = 0;
        uint32_t has = 0;
        uint64_t contiguous = 0;

        status = paging_lookup(&service->memory, gpa, &hpa, &has, &contiguous);
        if (status == BN_OK && (hpa != gpa || (needed & ~has) || contiguous == 0))
            status = BN_EPERM;
        if (contiguous > bytes)
            contiguous = bytes;
        gpa += contiguous;
        bytes -= contiguous;
    }
    spin_unlock(&service->memory_lock);
    return status;
}

/* A page that the guest loses is in no TLB any more when the call returns: vm_unmap sees to that.
 */
static enum bn_status change(struct vm *vm, const struct acrn_memory_region *r, bool add)
{
    enum bn_status status = vm_unmap(vm, r->user_gpa, r->bytes);

    if (status == BN_OK && add)
        status = vm_map(vm, r->user_gpa, r->service_gpa, r->bytes, rights_of(r->attributes));
    return status;
}

static enum bn_status add_region(struct hsm_call *call, const struct acrn_memory_region *r)
{
    uint32_t rights = rights_of(r->attributes);

    if (!range_ok(r->service_gpa, r->bytes) ||
        (r->attributes & ~(ACRN_MEM_ACCESS_RIGHT_MASK | ACRN_MEM_TYPE_MASK)) ||
        !(rights & MAP_READ) || vm_emulates(call->vm, r->user_gpa, r->bytes))
        return BN_EINVAL;
    /* A device model gone wild with 4 KiB pieces must not use up the hypervisor's tables. */
    if (call->vm->memory.pages > TABLES_PER_VM(call->vm->config->memory_bytes))
        return BN_ENOMEM;
    if (shm_overlaps(r->service_gpa, r->bytes))
        return change(call->vm, r, false)
                   ?: shm_map_part(call->vm, r->user_gpa, r->service_gpa, r->bytes, rights);
    return service_owns(call->service, r->service_gpa, r->bytes, rights)
               ?: change(call->vm, r, true);
}

static enum bn_status one_region(struct hsm_call *call, const struct acrn_memory_region *r)
{
    enum bn_status status = BN_EINVAL;

    if (range_ok(r->user_gpa, r->bytes)) {
        if (r->operation == ACRN_MEMORY_ADD)
            status = add_region(call, r);
        else if (r->operation == ACRN_MEMORY_DEL)
            status = change(call->vm, r, false);
    }
    if (status != BN_OK)
        vm_log(call->vm, "memory region %u: guest %lx, service VM %lx, %lx bytes, %x: refused",
               r->operation, r->user_gpa, r->service_gpa, r->bytes, r->attributes);
    return status;
}

enum bn_status hsm_set_memory_regions(struct hsm_call *call)
{
    struct acrn_memory_region chunk[CHUNK];
    uint32_t count = call->batch.count;
    enum bn_status status = BN_OK;

    if (call->vm->state == VM_ABSENT || call->vm->state == VM_DYING)
        return BN_ENODEV;
    if (count > MAX_REGIONS)
        return BN_EINVAL;
    for (uint32_t done = 0; done < count && status == BN_OK; done += CHUNK) {
        uint32_t n = count - done < CHUNK ? count - done : CHUNK;

        status = gpa_read(call->service, call->batch.list + done * sizeof(chunk[0]), chunk,
                          n * sizeof(chunk[0]));
        for (uint32_t i = 0; i < n && status == BN_OK; i++)
            status = one_region(call, &chunk[i]);
    }
    return status;
}
