/* SPDX-License-Identifier: BSD-3-Clause */
/* The ioreq page: one slot per vCPU through which a device model answers accesses. It lies in the
 * service VM's memory, so nothing that is read there decides about anything but the VM it belongs
 * to. */
#include "hv/ioreq.h"

#include "acrn.h"

#define PCI_ADDRESS_PORT 0xCF8u

static void free_slots(struct ioreq_client *client)
{
    __atomic_store_n(&client->outstanding, 0u, __ATOMIC_RELEASE);
    for (unsigned i = 0; i < ACRN_IO_REQUEST_MAX; i++)
        __atomic_store_n(&client->page[i].processed, ACRN_IOREQ_STATE_FREE, __ATOMIC_RELEASE);
}

static bool access_ok(const struct io_access *access)
{
    uint64_t last = access->address + access->bytes - 1;

    if (access->bytes != 1 && access->bytes != 2 && access->bytes != 4 &&
        !(access->bytes == 8 && access->mmio))
        return false;
    return access->mmio ? last >= access->address : last <= 0xFFFF;
}

enum bn_status ioreq_submit(struct vcpu *vcpu, const struct io_access *access)
{
    struct ioreq_client *client = &vcpu->vm->ioreq;
    uint32_t bit = 1u << vcpu->id;

    if (!client->page)
        return BN_ENODEV;
    if (!access_ok(access))
        return BN_EINVAL;
    /* HSM answers these with a kernel warning, each time, and no machine has anything there. */
    if (!access->mmio && access->address == PCI_ADDRESS_PORT && access->bytes != 4)
        return BN_ENODEV;
    HV_ASSERT(!(client->outstanding & bit));

    struct acrn_io_request *slot = &client->page[vcpu->id];
    slot->type = access->mmio ? ACRN_IOREQ_TYPE_MMIO : ACRN_IOREQ_TYPE_PORTIO;
    slot->completion_polling = 0;
    /* Of ports the low half of the value is meant; the rest is in the same places. */
    slot->reqs.mmio_request = (struct acrn_mmio_request){
        access->write, 0, access->address, access->bytes, access->write ? access->value : 0};
    /* The answer may come as soon as PENDING is seen: be ready for it before. */
    vcpu->io.active = true;
    vcpu->state = VCPU_WAIT_IO;
    __atomic_or_fetch(&client->outstanding, bit, __ATOMIC_RELEASE);
    __atomic_store_n(&slot->processed, ACRN_IOREQ_STATE_PENDING, __ATOMIC_RELEASE);
    vlapic_post(&vm_service()->vcpu[0], IOREQ_UPCALL_VECTOR, false);
    return BN_EBUSY;
}

enum bn_status ioreq_attach(struct vm *vm, gpa_t page)
{
    struct vm *service = vm_service();
    struct ioreq_client *client = &vm->ioreq;
    uint64_t contiguous;
    uint32_t rights;
    hpa_t hpa;

    if (page % HV_PAGE_BYTES || vm->state != VM_CREATED || client->page)
        return BN_EINVAL;
    spin_lock(&service->memory_lock);
    enum bn_status status = paging_lookup(&service->memory, page, &hpa, &rights, &contiguous);
    spin_unlock(&service->memory_lock);
    if (status != BN_OK)
        return status;
    if ((rights & (MAP_READ | MAP_WRITE)) != (MAP_READ | MAP_WRITE) || (rights & MAP_UNCACHED))
        return BN_EPERM;
    /* Memory of the service VM stays its own for as long as it lives, and the client no longer. */
    client->page = hpa_to_ptr(hpa);
    free_slots(client);
    return BN_OK;
}

void ioreq_detach(struct vm *vm)
{
    vm->ioreq = (struct ioreq_client){0};
}

void ioreq_reset(struct vm *vm)
{
    if (vm->ioreq.page)
        free_slots(&vm->ioreq);
    for (uint32_t i = 0; i < vm->vcpu_count; i++)
        vm->vcpu[i].io.active = false;
}

/* The slot of a vCPU whose request is outstanding and, says the page, complete; else 0. */
static struct acrn_io_request *completed(struct vm *vm, uint64_t id)
{
    struct ioreq_client *client = &vm->ioreq;

    if (!client->page || id >= vm->vcpu_count ||
        !(__atomic_load_n(&client->outstanding, __ATOMIC_ACQUIRE) & 1u << id))
        return 0;
    struct acrn_io_request *slot = &client->page[id];
    return __atomic_load_n(&slot->processed, __ATOMIC_ACQUIRE) == ACRN_IOREQ_STATE_COMPLETE ? slot
                                                                                            : 0;
}

enum bn_status ioreq_take(struct vcpu *vcpu, uint64_t *value)
{
    struct acrn_io_request *slot = completed(vcpu->vm, vcpu->id);
    uint32_t bit = 1u << vcpu->id;

    if (!slot)
        return BN_EBUSY;
    struct ioreq_client *client = &vcpu->vm->ioreq;
    /* The whole of it: the caller, who knows how wide the access was, takes what he needs. */
    *value = __atomic_load_n(&slot->reqs.mmio_request.value, __ATOMIC_RELAXED);
    __atomic_store_n(&slot->processed, ACRN_IOREQ_STATE_FREE, __ATOMIC_RELEASE);
    __atomic_and_fetch(&client->outstanding, ~bit, __ATOMIC_RELEASE);
    vcpu->io.active = false;
    vcpu->state = VCPU_READY;
    return BN_OK;
}

enum bn_status ioreq_notify(struct vm *vm, uint64_t id)
{
    if (!completed(vm, id))
        return BN_EINVAL;
    vcpu_request(&vm->vcpu[id], VCPU_REQ_IO_DONE);
    return BN_OK;
}
