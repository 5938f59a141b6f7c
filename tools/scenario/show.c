/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the printed form of a scenario. */
#include "show.h"

#include <inttypes.h>
#include <stdio.h>

#include "binnacle/shm.h"

static void show_range(const char *what, const struct bn_range *r)
{
    printf("  %-15s host 0x%" PRIx64 "..0x%" PRIx64 " (%" PRIu64 " MiB)", what, r->hpa,
           r->hpa + r->bytes, r->bytes >> 20);
    if (r->gpa)
        printf(", guest 0x%" PRIx64, r->gpa);
    putchar('\n');
}

static void show_sound(const struct bn_scenario_sound *sound)
{
    static const char *const roles[BN_SOUND_ROLES] = {"?",         "media", "navigation",
                                                      "telephone", "park",  "chime"};

    if (!sound->playback)
        return;
    printf("  sound           plays");
    for (uint32_t i = 0; i < sound->playback; i++)
        printf(" %s", roles[sound->role[i]]);
    printf("; %u capture", sound->capture);
    if (sound->gain_centibel)
        printf("; %d.%d dB off", -sound->gain_centibel / 10, -sound->gain_centibel % 10);
    putchar('\n');
}

static void show_vm(const struct bn_scenario_vm *vm)
{
    static const char *const kinds[] = {"?", "service", "pre-launched", "post-launched"};
    static const char *const images[] = {"no image", "bzImage", "multiboot1"};

    printf("VM %s: %s, CPUs", vm->name, kinds[vm->kind]);
    for (uint32_t i = 0; i < vm->cpu_count; i++)
        printf(vm->cpu[i].exclusive ? " %u (exclusive)" : " %u (weight %u)", vm->cpu[i].pcpu,
               vm->cpu[i].weight);
    printf(", %" PRIu64 " MiB%s%s\n", vm->memory_bytes >> 20,
           vm->flags & BN_VM_RESTART ? ", restarted" : "",
           vm->flags & BN_VM_DIRECT_IRQ ? ", direct interrupts" : "");
    for (uint32_t i = 0; i < vm->range_count; i++)
        show_range("memory", &vm->range[i]);
    if (vm->image[0])
        printf("  image           %s (%s)\n", vm->image, images[vm->image_kind]);
    if (vm->initrd[0])
        printf("  initrd          %s\n", vm->initrd);
    if (vm->cmdline[0])
        printf("  command line    %s\n", vm->cmdline);
    if (vm->watchdog_ms)
        printf("  watchdog        %u ms\n", vm->watchdog_ms);
    if (vm->gpu.weight)
        printf("  vGPU            %" PRIu64 " MiB, %u resources, %u contexts, weight %u, "
               "priority %u\n",
               vm->gpu.memory_bytes >> 20, vm->gpu.resources, vm->gpu.contexts, vm->gpu.weight,
               vm->gpu.priority);
    if (vm->gpu.outputs)
        printf("  outputs         %u\n", vm->gpu.outputs);
    show_sound(&vm->sound);
    if (vm->framebuffer_gpa)
        printf("  framebuffer     guest 0x%" PRIx64 "\n", vm->framebuffer_gpa);
}

static void show_region(const struct bn_scenario *s, const struct bn_scenario_region *r)
{
    printf("  region %-15s %3" PRIu64 " MiB:", r->name, r->bytes >> 20);
    for (uint32_t i = 0; i < s->vm_count; i++)
        if (r->rights[i])
            printf(" %s %s", s->vm[i].name, r->rights[i] & BN_SHM_WRITE ? "writes" : "reads");
    putchar('\n');
}

static void show_device(const struct bn_scenario *s, const struct bn_scenario_device *d)
{
    printf("device %s: ", d->name);
    if (d->kind == BN_DEVICE_PCI)
        printf("PCI %02x:%02x.%x", d->bdf >> 8, d->bdf >> 3 & 31, d->bdf & 7);
    else if (d->kind == BN_DEVICE_UART)
        printf("UART at 0x%x, interrupt %u", d->port, d->isa_irq);
    else
        printf("PC speaker");
    if (d->vector)
        printf(", vector 0x%x", d->vector);
    printf(", %s's%s\n", d->owner == BN_OWNER_HYPERVISOR ? "hypervisor" : s->vm[d->owner].name,
           d->flags & BN_DEVICE_OPTIONAL ? ", optional" : "");
}

static void show_displays(const struct bn_scenario *s)
{
    static const char *const sources[] = {"?", "cluster", "scanout", "cut of cluster"};

    for (uint32_t i = 0; i < s->output_count; i++) {
        printf("output %s: connector %u, %ux%u at %u.%03u Hz\n", s->output[i].name,
               s->output[i].index, s->output[i].width, s->output[i].height,
               s->output[i].refresh_mhz / 1000, s->output[i].refresh_mhz % 1000);
        for (uint32_t j = 0; j < s->layer_count; j++) {
            const struct bn_scenario_layer *l = &s->layer[j];

            if (l->output != i)
                continue;
            printf("  z %d: %s", l->z, sources[l->source]);
            if (l->source == BN_LAYER_SCANOUT)
                printf(" %u of %s", l->scanout, s->vm[l->vm].name);
            if (l->src_width)
                printf(", part %dx%d+%d+%d", l->src_width, l->src_height, l->src_x, l->src_y);
            printf(", at %dx%d+%d+%d%s\n", l->width, l->height, l->x, l->y,
                   l->input ? ", takes input" : "");
        }
    }
}

void show(const struct bn_scenario *s)
{
    printf("scenario %s, version %u, checksum %08x, console at 0x%x%s%s\n", s->name, s->version,
           s->crc, s->console_port, s->flags & BN_SCENARIO_IOMMU ? ", requires an IOMMU" : "",
           s->flags & BN_SCENARIO_REPORT ? ", tells of the machine" : "");
    show_range("hypervisor", &s->hypervisor);
    if (s->shm.bytes)
        show_range("shared window", &s->shm);
    for (uint32_t i = 0; i < s->region_count; i++)
        show_region(s, &s->region[i]);
    for (uint32_t i = 0; i < s->vm_count; i++)
        show_vm(&s->vm[i]);
    for (uint32_t i = 0; i < s->device_count; i++)
        show_device(s, &s->device[i]);
    if (s->framebuffer_vm != 0xFFFF)
        printf("boot framebuffer %ux%u: %s's\n", s->framebuffer_width, s->framebuffer_height,
               s->vm[s->framebuffer_vm].name);
    show_displays(s);
}
