/* SPDX-License-Identifier: BSD-3-Clause */
/* Builds a pre-launched VM (the cluster): memory, framebuffer, image, what it is told. */
#include "binnacle/guest_info.h"
#include "hv/arch.h"
#include "hv/host.h"
#include "hv/passthrough.h"
#include "hv/platform.h"
#include "hv/shm.h"

static enum bn_status map_memory(struct vm *vm)
{
    const struct bn_scenario_vm *config = vm->config;
    enum bn_status status = BN_OK;

    for (uint32_t i = 0; i < config->range_count && status == BN_OK; i++) {
        const struct bn_range *r = &config->range[i];

        memset(hpa_to_ptr(r->hpa), 0, r->bytes);
        status = vm_map(vm, r->gpa, r->hpa, r->bytes, MAP_READ | MAP_WRITE | MAP_EXEC);
    }
    return status;
}

static bool sees_framebuffer(const struct vm *vm)
{
    return vm->config->framebuffer_gpa && boot_info.framebuffer.base &&
           scenario.framebuffer_vm == vm->id;
}

static enum bn_status map_framebuffer(struct vm *vm)
{
    const struct bn_boot_framebuffer *fb = &boot_info.framebuffer;

    if (!sees_framebuffer(vm))
        return BN_OK;
    return vm_map(vm, vm->config->framebuffer_gpa, fb->base, page_up(fb->bytes),
                  MAP_READ | MAP_WRITE | MAP_DEVICE);
}

static void describe(struct vm *vm, struct bn_guest_info *info)
{
    const struct bn_boot_framebuffer *fb = &boot_info.framebuffer;

    *info = (struct bn_guest_info){
        .magic = BN_GUEST_INFO_MAGIC,
        .version = BN_GUEST_INFO_VERSION,
        .bytes = sizeof(*info),
        .flags = (lapic_is_x2apic() && vm->config->flags & BN_VM_DIRECT_IRQ ? BN_GUEST_X2APIC : 0) |
                 (passthrough_has_any(vm) ? BN_GUEST_PCI : 0),
        .tsc_hz = tsc_hz,
        .apic_timer_hz = apic_timer_hz,
        .boot_tsc = boot_info.tsc_entry,
        .shm_gpa = scenario.shm.bytes ? scenario.shm.gpa : 0,
        .shm_bytes = scenario.shm.bytes,
    };
    memcpy(info->vm_name, vm->config->name, sizeof(info->vm_name));
    if (sees_framebuffer(vm))
        info->framebuffer = (struct bn_guest_framebuffer){vm->config->framebuffer_gpa, fb->width,
                                                          fb->height, fb->pitch, 0};
    for (uint32_t i = 0; i < scenario.device_count; i++) {
        const struct bn_scenario_device *device = &scenario.device[i];

        if (device->owner == vm->id && device->kind == BN_DEVICE_SPEAKER)
            info->flags |= BN_GUEST_SPKR;
        if (device->owner == vm->id && device->kind == BN_DEVICE_UART && !info->bus.port)
            info->bus = (struct bn_guest_uart){.port = device->port, .vector = device->vector};
    }
    info->crc = bn_crc32(0, info, sizeof(*info));
}

/* Where there is no x2APIC the page is the VM's; what it could do with its ICR stands in the
 * limits. */
static enum bn_status map_apic(struct vm *vm)
{
    if (lapic_is_x2apic() || !(vm->config->flags & BN_VM_DIRECT_IRQ))
        return BN_OK;
    return vm_map(vm, VLAPIC_BASE, VLAPIC_BASE, HV_PAGE_BYTES, MAP_READ | MAP_WRITE | MAP_DEVICE);
}

enum bn_status prelaunched_build(struct vm *vm, const struct bn_module *image)
{
    struct bn_guest_info info;
    enum bn_status status;

    status = vm_create(vm) ?: map_memory(vm) ?: map_framebuffer(vm) ?: map_apic(vm) ?: shm_map(vm)
             ?: passthrough_take(vm);
    describe(vm, &info);
    status = status ?: multiboot_load(vm, hpa_to_ptr(image->base), image->bytes, &info);
    if (status == BN_OK)
        vm->vcpu[0].pcpu->hand_over = vm->vcpu[0].pcpu->direct;
    return status;
}
