/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the rules for names, virtual machines and their CPUs, devices and displays of a scenario. */
#include <string.h>

#include "rules.h"

/* Terminated inside its array and printable; `first` is the lowest character allowed ('!' for
 * names, ' ' for text). */
static bool text_ok(const char *text, size_t bytes, char first)
{
    for (size_t i = 0; i < bytes; i++) {
        if (text[i] == 0)
            return true;
        if (text[i] < first || text[i] > '~')
            return false;
    }
    return false;
}

static bool file_name_ok(const char *name)
{
    if (name[0] == '.')
        return false;
    for (size_t i = 0; name[i]; i++)
        if (name[i] == '/' || name[i] == '\\' || name[i] == ':')
            return false;
    return true;
}

const char *scenario_name(const struct bn_scenario *s, struct scenario_ref of, uint32_t *count)
{
    switch (of.object) {
    case SCENARIO_VM:
        *count = s->vm_count;
        return s->vm[of.index].name;
    case SCENARIO_REGION:
        *count = s->region_count;
        return s->region[of.index].name;
    case SCENARIO_DEVICE:
        *count = s->device_count;
        return s->device[of.index].name;
    case SCENARIO_OUTPUT:
        *count = s->output_count;
        return s->output[of.index].name;
    default:
        return NULL;
    }
}

/* Each well formed, none twice among things of one kind. */
static void check_names(struct scenario_checker *c, enum scenario_object object)
{
    uint32_t count;

    (void)scenario_name(c->s, ref(object, 0), &count);
    for (uint32_t i = 0; i < count; i++) {
        const char *name = scenario_name(c->s, ref(object, i), &count);

        if (name[0] == 0 || !text_ok(name, BN_NAME_BYTES, '!')) {
            blame(c, SCENARIO_BAD_NAME, ref(object, i), "", 0, BN_NAME_BYTES - 1);
            continue;
        }
        for (uint32_t j = 0; j < i; j++)
            if (!strncmp(name, scenario_name(c->s, ref(object, j), &count), BN_NAME_BYTES))
                clash(c, SCENARIO_SAME_NAME, ref(object, i), ref(object, j), "name", 0, 0);
    }
}

static void check_image(struct scenario_checker *c, uint32_t index)
{
    const struct bn_scenario_vm *vm = &c->s->vm[index];
    const struct scenario_ref at = ref(SCENARIO_VM, index);

    if (!text_ok(vm->image, sizeof(vm->image), '!'))
        blame(c, SCENARIO_BAD_TEXT, at, "image", 0, sizeof(vm->image) - 1);
    else if (!text_ok(vm->initrd, sizeof(vm->initrd), '!'))
        blame(c, SCENARIO_BAD_TEXT, at, "initrd", 0, sizeof(vm->initrd) - 1);
    else if (!text_ok(vm->cmdline, sizeof(vm->cmdline), ' '))
        blame(c, SCENARIO_BAD_TEXT, at, "cmdline", 0, sizeof(vm->cmdline) - 1);
    else if (vm->kind == BN_VM_POSTLAUNCHED)
        return; /* its files are the service VM's business */
    else if (vm->image_kind != (vm->kind == BN_VM_SERVICE ? (uint32_t)BN_IMAGE_BZIMAGE
                                                          : (uint32_t)BN_IMAGE_MULTIBOOT1))
        blame(c, SCENARIO_BAD_IMAGE, at, "image-kind", vm->image_kind, 0);
    else if (vm->image[0] == 0)
        blame(c, SCENARIO_NO_IMAGE, at, "image", 0, 0);
    else if (!file_name_ok(vm->image))
        blame(c, SCENARIO_BAD_TEXT, at, "image", 0, sizeof(vm->image) - 1);
    else if (!file_name_ok(vm->initrd))
        blame(c, SCENARIO_BAD_TEXT, at, "initrd", 0, sizeof(vm->initrd) - 1);
}

/* vCPU `i` of VM `index` against every vCPU before it, its own VM's and the others'. */
static void check_cpu_sharing(struct scenario_checker *c, uint32_t index, uint32_t i)
{
    const struct bn_scenario_vm *vm = &c->s->vm[index];
    const struct scenario_ref at = ref(SCENARIO_VM, index);

    for (uint32_t j = 0; j < i; j++)
        if (vm->cpu[j].pcpu == vm->cpu[i].pcpu)
            blame(c, SCENARIO_CPU_TWICE, at, "cpus", vm->cpu[i].pcpu, 0);
    for (uint32_t other = 0; other < index; other++)
        for (uint32_t j = 0; j < c->s->vm[other].cpu_count; j++) {
            const struct bn_vm_cpu *theirs = &c->s->vm[other].cpu[j];

            if (theirs->pcpu == vm->cpu[i].pcpu && (theirs->exclusive || vm->cpu[i].exclusive))
                clash(c, SCENARIO_CPU_SHARED, at, ref(SCENARIO_VM, other), "cpus", theirs->pcpu, 0);
        }
}

static void check_cpus(struct scenario_checker *c, uint32_t index)
{
    const struct bn_scenario_vm *vm = &c->s->vm[index];
    const struct scenario_ref at = ref(SCENARIO_VM, index);
    bool all_exclusive = true;

    if (vm->cpu_count == 0)
        blame(c, SCENARIO_NO_CPU, at, "cpus", 0, 0);
    for (uint32_t i = 0; i < vm->cpu_count; i++) {
        const struct bn_vm_cpu *cpu = &vm->cpu[i];

        if (cpu->pcpu >= BN_MAX_CPUS)
            blame(c, SCENARIO_UNKNOWN_CPU, at, "cpus", cpu->pcpu, BN_MAX_CPUS);
        if (cpu->weight < 1 || cpu->weight > 1000 || cpu->exclusive > 1)
            blame(c, SCENARIO_BAD_WEIGHT, at, "weights", cpu->weight, 1000);
        all_exclusive = all_exclusive && cpu->exclusive;
        check_cpu_sharing(c, index, i);
    }
    if ((vm->flags & BN_VM_DIRECT_IRQ) && (!all_exclusive || vm->kind != BN_VM_PRELAUNCHED))
        blame(c, SCENARIO_DIRECT_NOT_EXCLUSIVE, at, "direct-interrupts", 0, 0);
}

/* The mediator's part of a VM: only guests of the service VM draw by it. */
static void check_gpu(struct scenario_checker *c, uint32_t index)
{
    const struct bn_scenario_vgpu *g = &c->s->vm[index].gpu;
    const struct scenario_ref at = ref(SCENARIO_VM, index);
    const struct {
        const char *member;
        uint64_t value, least, most;
    } figures[] = {
        {"gpu memory-bytes", g->memory_bytes, BN_VGPU_MIN_MEMORY, BN_VGPU_MAX_MEMORY},
        {"gpu resources", g->resources, 1, BN_VGPU_MAX_RESOURCES},
        {"gpu contexts", g->contexts, 1, BN_VGPU_MAX_CONTEXTS},
        {"gpu weight", g->weight, 1, BN_VGPU_MAX_WEIGHT},
        {"gpu priority", g->priority, 0, BN_VGPU_MAX_PRIORITY},
        {"gpu outputs", g->outputs, 0, BN_VGPU_MAX_OUTPUTS},
        {"gpu poll-us", g->poll_us, 0, BN_VGPU_MAX_POLL_US},
    };

    if (c->s->vm[index].kind != BN_VM_POSTLAUNCHED) {
        if (g->memory_bytes || g->resources || g->contexts || g->weight || g->priority ||
            g->outputs || g->poll_us)
            blame(c, SCENARIO_UNWANTED_GPU, at, "gpu", 0, 0);
        return;
    }
    for (uint32_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++)
        if (figures[i].value < figures[i].least || figures[i].value > figures[i].most)
            blame(c, SCENARIO_BAD_GPU, at, figures[i].member, figures[i].value, figures[i].most);
    if (g->memory_bytes % BN_VGPU_MEMORY_ALIGN)
        blame(c, SCENARIO_BAD_GPU, at, "gpu memory-bytes", g->memory_bytes, BN_VGPU_MAX_MEMORY);
}

/* A guest's streams: as many roles as playback streams, and no chimes. */
static void check_streams(struct scenario_checker *c, struct scenario_ref at,
                          const struct bn_scenario_sound *sound)
{
    if (sound->playback < 1 || sound->playback > BN_MAX_SOUNDS)
        blame(c, SCENARIO_BAD_SOUND, at, "sound playback", sound->playback, BN_MAX_SOUNDS);
    if (sound->capture > BN_MAX_SOUNDS)
        blame(c, SCENARIO_BAD_SOUND, at, "sound capture", sound->capture, BN_MAX_SOUNDS);
    if (sound->gain_centibel > 0 || sound->gain_centibel < BN_SOUND_MIN_GAIN)
        blame(c, SCENARIO_BAD_SOUND, at, "sound attenuation-centibel",
              (uint64_t)(uint32_t)-sound->gain_centibel, -BN_SOUND_MIN_GAIN);
    for (uint32_t i = 0; i < BN_MAX_SOUNDS; i++) {
        const uint8_t role = sound->role[i];

        if (i < sound->playback && role == BN_SOUND_CHIME)
            blame(c, SCENARIO_SOUND_CHIME, at, "sound playback", i, 0);
        else if (i < sound->playback ? role <= BN_SOUND_NONE || role >= BN_SOUND_ROLES
                                     : role != BN_SOUND_NONE)
            blame(c, SCENARIO_BAD_SOUND, at, "sound role", role, BN_SOUND_PARK);
    }
}

/* The sound service's part of a VM: without streams it has none, and with them it is a guest. */
static void check_sound(struct scenario_checker *c, uint32_t index)
{
    static const struct bn_scenario_sound none;
    const struct bn_scenario_sound *sound = &c->s->vm[index].sound;
    const struct scenario_ref at = ref(SCENARIO_VM, index);

    if (memcmp(sound, &none, sizeof(none)) == 0)
        return;
    if (c->s->vm[index].kind != BN_VM_POSTLAUNCHED)
        blame(c, SCENARIO_UNWANTED_SOUND, at, "sound", 0, 0);
    else
        check_streams(c, at, sound);
}

void scenario_check_vms(struct scenario_checker *c)
{
    const struct bn_scenario *s = c->s;
    const bool none_wanted = (s->flags & BN_SCENARIO_NO_SERVICE_VM) != 0;
    uint32_t service = BN_MAX_VMS;

    if (s->name[0] == 0 || !text_ok(s->name, sizeof(s->name), '!'))
        blame(c, SCENARIO_BAD_NAME, ref(SCENARIO_ITSELF, 0), "model", 0, sizeof(s->name) - 1);
    check_names(c, SCENARIO_VM);
    check_names(c, SCENARIO_REGION);
    check_names(c, SCENARIO_DEVICE);
    check_names(c, SCENARIO_OUTPUT);
    for (uint32_t i = 0; i < s->vm_count; i++) {
        const struct scenario_ref at = ref(SCENARIO_VM, i);

        if (s->vm[i].kind < BN_VM_SERVICE || s->vm[i].kind > BN_VM_POSTLAUNCHED) {
            blame(c, SCENARIO_BAD_KIND, at, "kind", s->vm[i].kind, BN_VM_POSTLAUNCHED);
            continue;
        }
        if (s->vm[i].flags & ~(BN_VM_RESTART | BN_VM_DIRECT_IRQ))
            blame(c, SCENARIO_BAD_FLAGS, at, "flags", s->vm[i].flags, 0);
        if (s->vm[i].kind == BN_VM_SERVICE && service != BN_MAX_VMS)
            clash(c, SCENARIO_TWO_SERVICE_VMS, at, ref(SCENARIO_VM, service), "kind", 0, 0);
        if (s->vm[i].kind == BN_VM_SERVICE && none_wanted)
            blame(c, SCENARIO_NO_SERVICE_VM_HERE, at, "kind", 0, 0);
        if (s->vm[i].kind == BN_VM_SERVICE && service == BN_MAX_VMS)
            service = i;
        check_image(c, i);
        check_cpus(c, i);
        check_gpu(c, i);
        check_sound(c, i);
    }
    if (service == BN_MAX_VMS)
        for (uint32_t i = 0; i < s->vm_count; i++)
            if (s->vm[i].kind == BN_VM_POSTLAUNCHED)
                blame(c, SCENARIO_NEEDS_SERVICE_VM, ref(SCENARIO_VM, i), "kind", 0, 0);
    if (service == BN_MAX_VMS && !none_wanted)
        blame(c, SCENARIO_NEEDS_SERVICE_VM, ref(SCENARIO_ITSELF, 0), "vms", 0, 0);
}
