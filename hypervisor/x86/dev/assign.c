/* SPDX-License-Identifier: BSD-3-Clause */
/* Who has a function of the machine: from the service VM to another, and back. */
#include "hv/host.h"
#include "hv/iommu.h"
#include "hv/passthrough.h"
#include "hv/vmsi.h"
#include "passed.h"
#include "pci_regs.h"

static struct passed_vm owners[HV_MAX_VMS];

struct passed_vm *passed_of(const struct vm *vm)
{
    return &owners[vm->id];
}

struct passed *passed_at(const struct vm *vm, uint16_t place)
{
    for (struct passed *f = passed_of(vm)->function; f < &passed_of(vm)->function[PASSED_MAX]; f++)
        if (f->used && f->place == place)
            return f;
    return NULL;
}

void passed_command(const struct passed *f)
{
    pci_write(f->bdf, PCI_COMMAND, 2,
              PCI_COMMAND_MEMORY | PCI_COMMAND_INTX_DISABLE | (f->command & PCI_COMMAND_MASTER));
}

uint32_t passed_to(uint16_t bdf)
{
    uint32_t i = 0;

    for (; i < HV_MAX_VMS; i++)
        for (unsigned n = 0; n < PASSED_MAX; n++)
            if (owners[i].function[n].used && owners[i].function[n].bdf == bdf)
                return i;
    return i;
}

bool passthrough_is_given(uint16_t bdf)
{
    return passed_to(bdf) < HV_MAX_VMS;
}

bool passthrough_covers(hpa_t base, uint64_t bytes)
{
    for (unsigned i = 0; i < HV_MAX_VMS * PASSED_MAX * VPCI_BARS; i++) {
        const struct passed *f =
            &owners[i / VPCI_BARS / PASSED_MAX].function[i / VPCI_BARS % PASSED_MAX];
        unsigned bar = i % VPCI_BARS;

        if (f->used && ranges_meet(base, bytes, f->real[bar].base, f->real[bar].bytes))
            return true;
    }
    return false;
}

/* ---- Giving and taking. The configuration space of the service VM, if it is its function, is
 * locked meanwhile. */

/* False: a BAR that shares its page with something else. The VM that has the function for good
 * finds the BARs as firmware left them, and reaches those that are less than a page by exits. */
static bool measure(struct passed *f)
{
    for (unsigned bar = 0; bar < VPCI_BARS; bar++) {
        uint32_t low = pci_read(f->bdf, PCI_BAR0 + 4 * bar, 4);
        uint64_t bytes, base = pci_bar(f->bdf, bar, &bytes);

        if (bytes && (!base || (!f->for_good && (base | bytes) & (HV_PAGE_BYTES - 1))))
            return false;
        f->real[bar].base = base;
        f->real[bar].bytes = bytes;
        f->real[bar].wide = bytes && (low & PCI_BAR_TYPE) == PCI_BAR_64 && bar + 1 < VPCI_BARS;
        f->first[bar] |= !bytes ? 0 : f->for_good ? low : low & ~PCI_BAR_MASK;
        f->writable[bar] |= (uint32_t)-bytes;
        if (f->real[bar].wide) {
            f->first[bar + 1] = f->for_good ? (uint32_t)(base >> 32) : 0;
            f->writable[bar + 1] = (uint32_t)(-bytes >> 32);
        }
    }
    memcpy(f->bar, f->first, sizeof(f->bar));
    return true;
}

/* The service VM reaches the registers, or does not. */
static enum bn_status show(const struct passed *f, bool visible)
{
    struct vm *service = vm_service();
    enum bn_status status = BN_OK;

    for (unsigned bar = 0; bar < VPCI_BARS && status == BN_OK; bar++)
        if (f->real[bar].bytes && visible)
            status = vm_map(service, f->real[bar].base, f->real[bar].base, f->real[bar].bytes,
                            MAP_READ | MAP_WRITE | MAP_EXEC | MAP_DEVICE);
        else if (f->real[bar].bytes)
            status = vm_unmap(service, f->real[bar].base, f->real[bar].bytes);
    return status;
}

/* Quiet, and as after power-on. */
static bool calm(struct passed *f, struct vm *owner)
{
    f->command = 0;
    passed_command(f);
    vmsi_own(f->bdf, owner);
    return pci_reset(f->bdf);
}

/* A function that cannot be given back is nobody's from here on, as one is that its VM has for good
 * while it does not live. BN_ENODEV: no IOMMU confines any. */
static void give_back(struct vm *vm, struct passed *f)
{
    struct vm *service = f->for_good ? NULL : vm_service();
    enum bn_status status;

    f->command = 0;
    passed_follow(vm, f);
    if (service) {
        spin_lock(&service->pci->lock);
        (void)calm(f, service); /* it could be reset when it was given */
        status = iommu_assign(f->bdf, service);
        if (status == BN_OK || status == BN_ENODEV)
            status = show(f, true) ?: vmsi_follow(f->bdf);
        f->used = status != BN_OK;
        spin_unlock(&service->pci->lock);
        vm_event(vm, "PCI %02x:%02x.%x %s", PCI_NAME(f->bdf),
                 f->used ? "cannot be given back: it is nobody's" : "goes back to the service VM");
    } else {
        passed_command(f);
        vmsi_own(f->bdf, NULL);
        f->used = false;
        status = iommu_assign(f->bdf, NULL); /* told of by the IOMMU, and tried again next time */
    }
    passed_of(vm)->count--;
}

static const char *find_fault(struct vm *vm, struct passed *f)
{
    const char *why = passed_unfit(vm, f->bdf);

    if (!why && !measure(f))
        why = "a BAR has no page of its own";
    f->used = !why;
    return why;
}

static enum bn_status give(struct vm *vm, struct passed *f)
{
    struct spinlock *lock = f->for_good ? NULL : &vm_service()->pci->lock;
    const char *why;
    enum bn_status status;
    bool fresh;

    if (lock)
        spin_lock(lock);
    why = find_fault(vm, f);
    if (lock)
        spin_unlock(lock);
    fresh = !why && calm(f, vm);
    if (!why && !fresh && f->for_good)
        vm_event(vm, "PCI %02x:%02x.%x has no reset: it keeps its state", PCI_NAME(f->bdf));
    else if (!why && !fresh) {
        why = "it cannot be reset";
        vmsi_own(f->bdf, vm_service());
    }
    if (why) {
        vm_log(vm, "PCI %02x:%02x.%x is not passed: %s", PCI_NAME(f->bdf), why);
        f->used = false;
        return BN_EPERM;
    }
    passed_of(vm)->count++;
    status = lock ? vmsi_follow(f->bdf) ?: show(f, false) : BN_OK;
    status = status ?: iommu_assign(f->bdf, vm);
    if (status != BN_OK) {
        vm_log(vm, "PCI %02x:%02x.%x is not passed: %s", PCI_NAME(f->bdf),
               status == BN_ENODEV   ? "no IOMMU confines it"
               : status == BN_ENOMEM ? "no memory"
                                     : "the IOMMU does not answer");
        give_back(vm, f);
    } else {
        vm_event(vm, "PCI %02x:%02x.%x is its own from here on", PCI_NAME(f->bdf));
    }
    return status;
}

static enum bn_status give_new(struct vm *vm, struct passed function)
{
    for (struct passed *f = passed_of(vm)->function; f < &passed_of(vm)->function[PASSED_MAX]; f++)
        if (!f->used) {
            *f = function;
            return give(vm, f);
        }
    return BN_ENOMEM;
}

enum bn_status passthrough_take(struct vm *vm)
{
    enum bn_status status = BN_OK;

    for (uint32_t i = 0; i < scenario.device_count && status == BN_OK; i++) {
        const struct bn_scenario_device *d = &scenario.device[i];

        if (d->kind != BN_DEVICE_PCI || d->owner != vm->id || !pci_is_there(d->bdf))
            continue;
        for (uint16_t port = pci_parent(d->bdf); port; port = pci_parent(port))
            pci_change(port, PCI_COMMAND, 2, 0, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
        status = give_new(vm, (struct passed){.bdf = d->bdf, .place = d->bdf, .for_good = true});
        if (d->flags & BN_DEVICE_OPTIONAL)
            status = BN_OK;
    }
    return status;
}

enum bn_status passthrough_assign(struct vm *vm, uint16_t place, uint16_t bdf)
{
    if (place >> 8 || place & 7 || !place)
        return BN_EINVAL;
    if (vm->state != VM_CREATED || passed_at(vm, place))
        return BN_EBUSY;
    return give_new(vm, (struct passed){.bdf = bdf, .place = place});
}

enum bn_status passthrough_release(struct vm *vm, uint16_t place, uint16_t bdf)
{
    struct passed *f = passed_at(vm, place);

    if (vm->state == VM_RUNNING)
        return BN_EBUSY;
    if (!f || f->bdf != bdf)
        return BN_ENODEV;
    give_back(vm, f);
    return BN_OK;
}

void passthrough_release_all(struct vm *vm)
{
    for (unsigned i = 0; i < PASSED_MAX; i++)
        if (passed_of(vm)->function[i].used)
            give_back(vm, &passed_of(vm)->function[i]);
}

bool passthrough_has_any(const struct vm *vm)
{
    return passed_of(vm)->count;
}

void passthrough_reset(struct vm *vm)
{
    for (unsigned i = 0; i < PASSED_MAX; i++) {
        struct passed *f = &passed_of(vm)->function[i];

        if (!f->used)
            continue;
        (void)calm(f, vm);
        memcpy(f->bar, f->first, sizeof(f->bar));
        passed_follow(vm, f);
    }
}
