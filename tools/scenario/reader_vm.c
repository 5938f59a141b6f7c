/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the meaning of a VM's node: memory, CPUs, files, its vGPU and its sound. */
#include <stdio.h>
#include <string.h>

#include "reader_internal.h"

/* A vGPU of which the scenario says nothing. */
#define GPU_MEMORY    (UINT64_C(512) << 20)
#define GPU_RESOURCES 4096u
#define GPU_CONTEXTS  64u
#define GPU_WEIGHT    100u

static void read_ranges(const struct node *node, struct bn_scenario_vm *vm)
{
    uint64_t numbers[BN_MAX_RANGES * 3];
    unsigned count = node_wide(node, "memory", numbers, 3, BN_MAX_RANGES * 3);

    if (count % 3)
        node_error(node, "memory", "three numbers a range: host-physical, guest-physical, length",
                   "memory has %u numbers", count);
    for (vm->range_count = 0; vm->range_count < count / 3; vm->range_count++) {
        const uint64_t *n = &numbers[vm->range_count * 3];

        vm->range[vm->range_count] = (struct bn_range){n[0], n[1], n[2]};
        vm->memory_bytes += n[2];
    }
}

static void read_cpus(const struct node *node, struct bn_scenario_vm *vm)
{
    uint32_t cpus[BN_MAX_VCPUS], weights[BN_MAX_VCPUS], alone[BN_MAX_VCPUS];
    unsigned count = node_cells(node, "cpus", cpus, 1, BN_MAX_VCPUS);
    unsigned weight_count = node_cells(node, "weights", weights, 0, BN_MAX_VCPUS);
    unsigned alone_count = node_cells(node, "exclusive", alone, 0, BN_MAX_VCPUS);

    if (weight_count && weight_count != count)
        node_error(node, "weights", "one weight for each CPU", "%u weights for %u CPUs",
                   weight_count, count);
    vm->cpu_count = count;
    for (unsigned i = 0; i < count; i++) {
        uint32_t weight = i < weight_count ? weights[i] : 100;

        if (cpus[i] >= BN_MAX_CPUS || weight > 1000)
            node_error(node, cpus[i] >= BN_MAX_CPUS ? "cpus" : "weights",
                       "CPUs 0 to 7, weights 1 to 1000", "there is no CPU %u of weight %u", cpus[i],
                       weight);
        vm->cpu[i] = (struct bn_vm_cpu){.pcpu = (uint8_t)cpus[i], .weight = (uint16_t)weight};
    }
    for (unsigned i = 0; i < alone_count; i++) {
        bool found = false;

        for (unsigned j = 0; j < count; j++)
            if (cpus[j] == alone[i]) {
                vm->cpu[j].exclusive = 1;
                found = true;
            }
        if (!found)
            node_error(node, "exclusive", "list it in cpus too",
                       "CPU %u is exclusive and not among its cpus", alone[i]);
    }
}

static void read_uuid(const struct node *node, struct bn_scenario_vm *vm)
{
    const char *text = node_string(node, "uuid", 0);
    unsigned digits = 0, value;

    for (; text && *text && digits < 33; text++) {
        if (*text == '-')
            continue;
        if (sscanf((char[2]){*text, 0}, "%1x", &value) != 1)
            break;
        if (digits < 32)
            vm->uuid[digits / 2] = (uint8_t)((unsigned)vm->uuid[digits / 2] << 4 | value);
        digits++;
    }
    if (!text || *text || digits != 32)
        node_error(node, "uuid", "write 32 hexadecimal digits with dashes",
                   "the uuid is malformed");
}

/* The node `gpu` of a VM. Every post-launched VM has a vGPU, one of the usual kind if it has no
 * such node; of another VM a node is kept, for the check to refuse. */
static void read_gpu(const struct node *vm_node, const struct bn_scenario_vm *vm,
                     struct bn_scenario_vgpu *gpu)
{
    struct node node;
    const bool said = node_child(vm_node, "gpu", true, &node);

    if (said || vm->kind == BN_VM_POSTLAUNCHED)
        *gpu = (struct bn_scenario_vgpu){.memory_bytes = GPU_MEMORY,
                                         .resources = GPU_RESOURCES,
                                         .contexts = GPU_CONTEXTS,
                                         .weight = GPU_WEIGHT,
                                         .poll_us = BN_VGPU_POLL_US};
    if (!said)
        return;
    node_only(
        &node,
        NAMES("memory-bytes", "resources", "contexts", "weight", "priority", "outputs", "poll-us"),
        NONE);
    if (node_has(&node, "memory-bytes"))
        gpu->memory_bytes = node_wide_number(&node, "memory-bytes", true);
    gpu->resources = node_number(&node, "resources", false, GPU_RESOURCES, BN_VGPU_MAX_RESOURCES);
    gpu->contexts = node_number(&node, "contexts", false, GPU_CONTEXTS, BN_VGPU_MAX_CONTEXTS);
    gpu->weight = (uint16_t)node_number(&node, "weight", false, GPU_WEIGHT, BN_VGPU_MAX_WEIGHT);
    gpu->priority = (uint16_t)node_number(&node, "priority", false, 0, BN_VGPU_MAX_PRIORITY);
    gpu->outputs = (uint16_t)node_number(&node, "outputs", false, 0, BN_VGPU_MAX_OUTPUTS);
    gpu->poll_us =
        (uint16_t)node_number(&node, "poll-us", false, BN_VGPU_POLL_US, BN_VGPU_MAX_POLL_US);
}

/* enum bn_sound_role of a name; BN_SOUND_NONE and an error if there is none. */
static uint8_t read_role(const struct node *node, const char *text)
{
    static const char *const roles[BN_SOUND_ROLES] = {
        [BN_SOUND_NONE] = "",
        [BN_SOUND_MEDIA] = "media",
        [BN_SOUND_NAVIGATION] = "navigation",
        [BN_SOUND_TELEPHONE] = "telephone",
        [BN_SOUND_PARK] = "park",
        [BN_SOUND_CHIME] = "chime", /* for the check to refuse, which says why */
    };

    for (uint8_t role = BN_SOUND_MEDIA; role < BN_SOUND_ROLES; role++)
        if (strcmp(text, roles[role]) == 0)
            return role;
    node_error(node, "playback", "use media, navigation, telephone or park",
               "there is no role \"%s\" of sound", text);
    return BN_SOUND_NONE;
}

/* The node `sound` of a VM: without it the VM has no sound device. The check refuses it where there
 * can be none. */
static void read_sound(const struct node *vm_node, struct bn_scenario_sound *sound)
{
    struct node node;
    const char *role;

    if (!node_child(vm_node, "sound", true, &node))
        return;
    node_only(&node, NAMES("playback", "capture", "attenuation-centibel"), NONE);
    for (; (role = node_string(&node, "playback", sound->playback)) != NULL; sound->playback++) {
        if (sound->playback == BN_MAX_SOUNDS) {
            node_error(&node, "playback", "take some out", "at most %d playback streams",
                       BN_MAX_SOUNDS);
            break;
        }
        sound->role[sound->playback] = read_role(&node, role);
    }
    if (!sound->playback)
        node_error(&node, "playback", "a role for each playback stream: playback = \"media\";",
                   "there is no playback stream");
    sound->capture = (uint8_t)node_number(&node, "capture", false, 0, BN_MAX_SOUNDS);
    sound->gain_centibel =
        (int16_t)-(int)node_number(&node, "attenuation-centibel", false, 0, -BN_SOUND_MIN_GAIN);
}

void reader_read_vm(const struct node *node, struct bn_scenario_vm *vm)
{
    node_only(node,
              NAMES("kind", "cpus", "weights", "exclusive", "memory", "memory-bytes", "image",
                    "image-kind", "initrd", "cmdline", "watchdog-ms", "restart",
                    "direct-interrupts", "framebuffer", "uuid"),
              NAMES("gpu", "sound"));
    reader_read_name(node, vm->name);
    vm->kind = node_choice(node, "kind", NAMES("service", "pre-launched", "post-launched"));
    read_cpus(node, vm);
    if (vm->kind == BN_VM_PRELAUNCHED || node_has(node, "memory"))
        read_ranges(node, vm);
    if (vm->kind == BN_VM_SERVICE || vm->kind == BN_VM_POSTLAUNCHED)
        vm->memory_bytes = node_wide_number(node, "memory-bytes", true);
    else if (node_has(node, "memory-bytes"))
        node_error(node, "memory-bytes", "take it out: the ranges of memory say it",
                   "memory-bytes of a pre-launched VM");
    if (node_has(node, "image-kind"))
        vm->image_kind = node_choice(node, "image-kind", NAMES("bzimage", "multiboot1"));
    node_text(node, "image", false, vm->image, sizeof(vm->image));
    node_text(node, "initrd", false, vm->initrd, sizeof(vm->initrd));
    node_text(node, "cmdline", false, vm->cmdline, sizeof(vm->cmdline));
    vm->watchdog_ms = node_number(node, "watchdog-ms", false, 0, 3600000);
    vm->flags = (node_has(node, "restart") ? BN_VM_RESTART : 0) |
                (node_has(node, "direct-interrupts") ? BN_VM_DIRECT_IRQ : 0);
    vm->framebuffer_gpa = node_wide_number(node, "framebuffer", false);
    if (vm->kind == BN_VM_POSTLAUNCHED || node_has(node, "uuid"))
        read_uuid(node, vm);
    read_gpu(node, vm, &vm->gpu);
    read_sound(node, &vm->sound);
}
