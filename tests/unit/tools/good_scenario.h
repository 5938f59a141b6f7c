/* SPDX-License-Identifier: BSD-3-Clause */
/* A sound scenario with one of everything, and the machine it fits: what tests and fuzzers start
 * from. */
#ifndef TESTS_GOOD_SCENARIO_H
#define TESTS_GOOD_SCENARIO_H

#include <string.h>

#include "binnacle/shm.h"
#include "tools/scenario/check.h"

#define MIB UINT64_C(0x100000)

enum { CLUSTER, SERVICE, IVI }; /* indices of the VMs */

static inline void good_vms(struct bn_scenario *s)
{
    s->vm_count = 3;
    s->vm[CLUSTER] = (struct bn_scenario_vm){
        .name = "cluster",
        .kind = BN_VM_PRELAUNCHED,
        .flags = BN_VM_DIRECT_IRQ,
        .cpu_count = 1,
        .cpu = {{.pcpu = 3, .exclusive = 1, .weight = 100}},
        .range_count = 2,
        .range = {{512 * MIB, 0, 64 * MIB}, {640 * MIB, 64 * MIB, 32 * MIB}},
        .memory_bytes = 96 * MIB,
        .image_kind = BN_IMAGE_MULTIBOOT1,
        .image = "cluster.elf",
        .framebuffer_gpa = 0xC0000000,
    };
    s->vm[SERVICE] = (struct bn_scenario_vm){
        .name = "service",
        .kind = BN_VM_SERVICE,
        .cpu_count = 2,
        .cpu = {{.pcpu = 0, .weight = 100}, {.pcpu = 1, .weight = 500}},
        .memory_bytes = 1024 * MIB,
        .image_kind = BN_IMAGE_BZIMAGE,
        .image = "bzImage",
        .initrd = "initrd",
        .cmdline = "console=ttyS0",
    };
    s->vm[IVI] = (struct bn_scenario_vm){
        .name = "ivi",
        .kind = BN_VM_POSTLAUNCHED,
        .flags = BN_VM_RESTART,
        .cpu_count = 2,
        .cpu = {{.pcpu = 1, .weight = 500}, {.pcpu = 2, .weight = 100}},
        .memory_bytes = 512 * MIB,
        .gpu = {512 * MIB, 4096, 64, 100, 0, 2, 0},
        .sound = {2, 1, {BN_SOUND_MEDIA, BN_SOUND_NAVIGATION}, -60, {0}},
    };
}

static inline void good_devices(struct bn_scenario *s)
{
    s->device_count = 4;
    s->device[0] = (struct bn_scenario_device){
        .name = "com1",
        .kind = BN_DEVICE_UART,
        .owner = BN_OWNER_HYPERVISOR,
        .port = 0x3F8,
        .isa_irq = 4,
    };
    s->device[1] = (struct bn_scenario_device){
        .name = "com2",
        .kind = BN_DEVICE_UART,
        .owner = CLUSTER,
        .port = 0x2F8,
        .isa_irq = 3,
        .vector = 0x60,
    };
    s->device[2] = (struct bn_scenario_device){
        .name = "speaker",
        .kind = BN_DEVICE_SPEAKER,
        .owner = CLUSTER,
    };
    s->device[3] = (struct bn_scenario_device){
        .name = "sdhci",
        .kind = BN_DEVICE_PCI,
        .owner = CLUSTER,
        .bdf = 0x80,
        .vector = 0x61,
        .pci_vendor = 0x1B36,
        .pci_device = 7,
    };
}

static inline void good_displays(struct bn_scenario *s)
{
    s->framebuffer_vm = CLUSTER;
    s->framebuffer_width = 1280;
    s->framebuffer_height = 720;
    s->output_count = 2;
    s->output[0] = (struct bn_scenario_output){"screen1", 1280, 720, 60000, 0};
    s->output[1] = (struct bn_scenario_output){"screen2", 1280, 720, 60000, 1};
    s->layer_count = 3;
    s->layer[0] = (struct bn_scenario_layer){
        .source = BN_LAYER_CLUSTER, .vm = CLUSTER, .z = 100, .width = 1280, .height = 720};
    s->layer[1] = (struct bn_scenario_layer){.source = BN_LAYER_SCANOUT,
                                             .vm = IVI,
                                             .output = 1,
                                             .z = 10,
                                             .width = 1280,
                                             .height = 720,
                                             .input = 1};
    s->layer[2] = (struct bn_scenario_layer){.source = BN_LAYER_COPY,
                                             .vm = CLUSTER,
                                             .output = 1,
                                             .z = 100,
                                             .width = 640,
                                             .height = 48,
                                             .src_width = 640,
                                             .src_height = 48};
}

static inline void good_scenario(struct bn_scenario *s)
{
    memset(s, 0, sizeof(*s));
    s->magic = BN_SCENARIO_MAGIC;
    s->version = BN_SCENARIO_VERSION;
    s->bytes = sizeof(*s);
    strcpy(s->name, "good");
    s->hypervisor = (struct bn_range){256 * MIB, 0, 64 * MIB};
    s->shm = (struct bn_range){320 * MIB, 0x80000000, 64 * MIB};
    s->console_port = 0x3F8;
    good_vms(s);
    s->region_count = 2;
    s->region[0] = (struct bn_scenario_region){
        "scenario", BN_SHM_SCENARIO, 0, 2 * MIB, {[SERVICE] = BN_SHM_READ}};
    s->region[1] = (struct bn_scenario_region){
        "cluster-frames",
        BN_SHM_CLUSTER_FRAMES,
        0,
        16 * MIB,
        {[CLUSTER] = BN_SHM_READ | BN_SHM_WRITE, [SERVICE] = BN_SHM_READ}};
    good_devices(s);
    good_displays(s);
    s->crc = scenario_crc(s);
}

static inline bool good_pci_ids(uint16_t bdf, uint16_t *vendor, uint16_t *device)
{
    *vendor = 0x1B36;
    *device = 7;
    return bdf == 0x80;
}

static inline bool good_uart_present(uint16_t port)
{
    return port == 0x3F8 || port == 0x2F8;
}

/* The map has neighbours of one type, which count as one, and memory above 4 GiB. */
static const struct bn_memory good_memory[] = {
    {0x1000, 0x9F000, BN_MEMORY_USABLE, 0},        {1 * MIB, 599 * MIB, BN_MEMORY_USABLE, 0},
    {600 * MIB, 200 * MIB, BN_MEMORY_USABLE, 0},   {800 * MIB, 8 * MIB, BN_MEMORY_RESERVED, 0},
    {4096 * MIB, 1024 * MIB, BN_MEMORY_USABLE, 0},
};

static const struct scenario_machine good_machine = {
    .known = ~0u,
    .has = ~0u,
    .memory = good_memory,
    .memory_count = sizeof(good_memory) / sizeof(good_memory[0]),
    .cpu_count = 4,
    .pci_ids = good_pci_ids,
    .uart_present = good_uart_present,
};

#endif
