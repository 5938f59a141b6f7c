/* SPDX-License-Identifier: BSD-3-Clause */
/* What a VM may do without an exit: the maps that its processor looks into. The one of ports is the
 * same on both, the vendors' code knows the one of MSRs (allow_msr). */
#include "hv/vm.h"

enum bn_status vm_close_maps(struct vm *vm)
{
    if (!vm->maps)
        vm->maps = pages_alloc(VM_PORT_MAP_PAGES + VM_MSR_MAP_PAGES);
    if (!vm->maps)
        return BN_ENOMEM;
    memset(hpa_to_ptr(vm->maps), 0xFF, (VM_PORT_MAP_PAGES + VM_MSR_MAP_PAGES) * HV_PAGE_BYTES);
    return BN_OK;
}

void vm_allow_port(struct vm *vm, uint16_t port, uint16_t count)
{
    uint8_t *map = hpa_to_ptr(vm->maps);

    for (uint32_t p = port; p < (uint32_t)port + count; p++)
        map[p / 8] = (uint8_t)(map[p / 8] & ~(1u << p % 8));
}
