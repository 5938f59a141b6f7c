/* SPDX-License-Identifier: BSD-3-Clause */
/* Which function may be given to which VM: none that is another's, nor one that cannot be separated
 * from what another has. */
#include "hv/host.h"
#include "hv/passthrough.h"
#include "hv/scenario.h"
#include "passed.h"
#include "pci_regs.h"

static const struct bn_scenario_device *named(uint16_t bdf)
{
    for (uint32_t i = 0; i < scenario.device_count; i++)
        if (scenario.device[i].kind == BN_DEVICE_PCI && scenario.device[i].bdf == bdf)
            return &scenario.device[i];
    return NULL;
}

static const char *name_of(uint16_t bdf)
{
    return named(bdf) ? named(bdf)->name : "unnamed";
}

/* By the scenario, or else as things are. */
static uint32_t owner_of(uint16_t bdf)
{
    if (passthrough_is_given(bdf))
        return passed_to(bdf);
    return named(bdf) ? named(bdf)->owner : vm_service() ? vm_service()->id : BN_OWNER_HYPERVISOR;
}

struct group {
    uint16_t bdf, other; /* bdf itself: none */
    uint32_t number, owner;
};

static void find_other(uint16_t bdf, void *context)
{
    struct group *group = context;

    if (bdf != group->bdf && !pci_is_bridge(bdf) && pci_group(bdf) == group->number &&
        owner_of(bdf) != group->owner)
        group->other = bdf;
}

/* Would its owner share an isolation group with another? The log says with whom. */
static bool is_divided(uint16_t bdf, uint32_t owner)
{
    struct group group = {bdf, bdf, pci_group(bdf), owner};
    uint32_t with;

    pci_each(find_other, &group);
    if (group.other == bdf)
        return false;
    with = owner_of(group.other);
    hv_log("PCI %02x:%02x.%x (%s) cannot be separated from %02x:%02x.%x (%s), which is %s's",
           PCI_NAME(bdf), name_of(bdf), PCI_NAME(group.other), name_of(group.other),
           with == BN_OWNER_HYPERVISOR ? "the hypervisor" : scenario.vm[with].name);
    return true;
}

const char *passed_unfit(const struct vm *vm, uint16_t bdf)
{
    const struct pci_display *display = pci_boot_display();

    if (!pci_is_there(bdf))
        return "there is none";
    if (vm->config->kind == BN_VM_POSTLAUNCHED &&
        (vpci_hidden(vm_service()->pci, bdf) || (named(bdf) && named(bdf)->owner != vm->id)))
        return "it is another's";
    if (pci_is_bridge(bdf) || pci_is_chipset(bdf))
        return "it is a bridge";
    if (display && display->bdf == bdf)
        return "the cluster's picture is there";
    if (!pci_speaks_for_itself(bdf))
        return "a bridge to conventional PCI speaks for it";
    return is_divided(bdf, vm->id) ? "it cannot be separated from another function" : NULL;
}

void passthrough_init(void)
{
    pci_groups_init();
    for (uint32_t i = 0; i < scenario.device_count; i++) {
        const struct bn_scenario_device *d = &scenario.device[i];

        if (d->kind == BN_DEVICE_PCI && pci_is_there(d->bdf) && is_divided(d->bdf, d->owner))
            hv_panic("the scenario gives %s, %02x:%02x.%x, away from what it cannot be separated "
                     "from, see above: give both to one VM",
                     d->name, PCI_NAME(d->bdf));
    }
}
