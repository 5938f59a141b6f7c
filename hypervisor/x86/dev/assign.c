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

bool passthrough_is_given(uint16_t bdf)
{
    for (unsigned i = 0; i < HV_MAX_VMS; i++)
        for (unsigned n = 0; n < PASSED_MAX; n++)
            if (owners[i].function[n].used && owners[i].function[n].bdf == bdf)
                return true;
    return false;
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

/* ---- May it be given? */

/* Functions that can reach each other without the IOMMU seeing it: those of one slot, and all that
 * are behind the same root port. Access control services might allow more; they are not looked at.
 */
struct group {
    uint16_t bdf;
    uint16_t port;  /* that leads to it; 0: it is on bus 0 */
    uint16_t other; /* bdf itself: alone */
};

static void find_port(uint16_t bridge, void *context)
{
    struct group *group = context;

    if (!(bridge >> 8) && pci_is_bridge(bridge) && pci_leads_to(bridge, (uint8_t)(group->bdf >> 8)))
        group->port = bridge;
}

static void find_other(uint16_t bdf, void *context)
{
    struct group *group = context;
    bool near = bdf >> 8 ? group->port && pci_leads_to(group->port, (uint8_t)(bdf >> 8))
                         : bdf >> 3 == group->bdf >> 3;

    if (near && bdf != group->bdf && !pci_is_bridge(bdf))
        group->other = bdf;
}

static bool is_of_scenario(uint16_t bdf)
{
    for (uint32_t i = 0; i < scenario.device_count; i++)
        if (scenario.device[i].kind == BN_DEVICE_PCI && scenario.device[i].bdf == bdf)
            return true;
    return false;
}

/* NULL: it may. */
static const char *unfit(uint16_t bdf)
{
    const struct pci_display *display = pci_boot_display();
    struct group group = {.bdf = bdf, .other = bdf};

    if ((uint16_t)pci_read(bdf, PCI_VENDOR_ID, 2) == 0xFFFF)
        return "there is none";
    if (vpci_hidden(vm_service()->pci, bdf) || is_of_scenario(bdf))
        return "it is not the service VM's";
    if (pci_is_bridge(bdf) || pci_is_chipset(bdf))
        return "it is a bridge";
    if (display && display->bdf == bdf)
        return "the cluster's picture is there";
    pci_each(find_port, &group);
    pci_each(find_other, &group);
    if (group.other != bdf) {
        hv_log("PCI %02x:%02x.%x is in one isolation group with %02x:%02x.%x", PCI_NAME(bdf),
               PCI_NAME(group.other));
        return "it cannot be separated from another function";
    }
    return NULL;
}

/* ---- Giving and taking. The service VM's configuration space is locked meanwhile. */

/* False: a BAR that shares its page with something else. */
static bool measure(struct passed *f)
{
    for (unsigned bar = 0; bar < VPCI_BARS; bar++) {
        uint32_t low = pci_read(f->bdf, PCI_BAR0 + 4 * bar, 4);
        uint64_t bytes, base = pci_bar(f->bdf, bar, &bytes);

        if (bytes && (!base || (base | bytes) & (HV_PAGE_BYTES - 1)))
            return false;
        f->real[bar].base = base;
        f->real[bar].bytes = bytes;
        f->real[bar].wide = bytes && (low & PCI_BAR_TYPE) == PCI_BAR_64 && bar + 1 < VPCI_BARS;
        f->bar[bar] = bytes ? low & ~PCI_BAR_MASK : 0;
        f->writable[bar] |= (uint32_t)-bytes;
        if (f->real[bar].wide)
            f->writable[bar + 1] = (uint32_t)(-bytes >> 32);
    }
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

/* A function that cannot be given back is nobody's from here on. BN_ENODEV: no IOMMU confines any.
 */
static void give_back(struct vm *vm, struct passed *f)
{
    struct vm *service = vm_service();
    enum bn_status status;

    f->command = 0;
    passed_follow(vm, f);
    spin_lock(&service->pci->lock);
    (void)calm(f, service); /* it could be reset when it was given */
    status = iommu_assign(f->bdf, service);
    if (status == BN_OK || status == BN_ENODEV)
        status = show(f, true) ?: vmsi_follow(f->bdf);
    f->used = status != BN_OK;
    spin_unlock(&service->pci->lock);
    passed_of(vm)->count--;
    vm_event(vm, "PCI %02x:%02x.%x %s", PCI_NAME(f->bdf),
             f->used ? "cannot be given back: it is nobody's" : "goes back to the service VM");
}

static enum bn_status give(struct vm *vm, struct passed *f)
{
    struct vm *service = vm_service();
    const char *why;
    enum bn_status status;

    spin_lock(&service->pci->lock);
    why = unfit(f->bdf);
    if (!why && !measure(f))
        why = "a BAR shares its page with others";
    f->used = !why;
    spin_unlock(&service->pci->lock);
    if (!why && !calm(f, vm))
        why = "it cannot be reset";
    if (why) {
        vm_log(vm, "PCI %02x:%02x.%x is not passed: %s", PCI_NAME(f->bdf), why);
        f->used = false;
        return BN_EPERM;
    }
    passed_of(vm)->count++;
    status = vmsi_follow(f->bdf) ?: show(f, false) ?: iommu_assign(f->bdf, vm);
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

enum bn_status passthrough_assign(struct vm *vm, uint16_t place, uint16_t bdf)
{
    struct passed_vm *owner = passed_of(vm);
    struct passed *f = NULL;

    if (place >> 8 || place & 7 || !place)
        return BN_EINVAL;
    if (vm->state != VM_CREATED || passed_at(vm, place))
        return BN_EBUSY;
    for (unsigned i = 0; i < PASSED_MAX; i++)
        if (!owner->function[i].used)
            f = &owner->function[i];
    if (!f)
        return BN_ENOMEM;
    *f = (struct passed){.bdf = bdf, .place = place};
    return give(vm, f);
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

void passthrough_reset(struct vm *vm)
{
    for (unsigned i = 0; i < PASSED_MAX; i++) {
        struct passed *f = &passed_of(vm)->function[i];

        if (!f->used)
            continue;
        (void)calm(f, vm);
        for (unsigned bar = 0; bar < VPCI_BARS; bar++)
            f->bar[bar] &= ~f->writable[bar];
        passed_follow(vm, f);
    }
}
