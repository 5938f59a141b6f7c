/* SPDX-License-Identifier: BSD-3-Clause */
/* The images that the loader read, and our own copies of those that may be needed again. */
#include "hv/host.h"
#include "hv/lib.h"
#include "hv/log.h"
#include "hv/paging.h"

struct bn_module *boot_module(const char *name)
{
    for (uint32_t i = 0; *name && i < boot_info.module_count; i++)
        if (!strncmp(boot_info.module[i].name, name, BN_PATH_BYTES))
            return &boot_info.module[i];
    return NULL;
}

static void keep(const char *name)
{
    struct bn_module *module = boot_module(name);
    hpa_t copy;

    if (!module)
        return;
    copy = pages_alloc(page_up(module->bytes) / HV_PAGE_BYTES);
    if (!copy) {
        hv_log("no room to keep %s: what is made of it cannot be started again", name);
        return;
    }
    memcpy(hpa_to_ptr(copy), hpa_to_ptr(module->base), module->bytes);
    module->base = copy;
}

void boot_keep_images(void)
{
    for (uint32_t i = 0; i < scenario.vm_count; i++) {
        const struct bn_scenario_vm *vm = &scenario.vm[i];

        if (vm->kind == BN_VM_PRELAUNCHED || (vm->flags & BN_VM_RESTART)) {
            keep(vm->image);
            keep(vm->initrd);
        }
    }
}
