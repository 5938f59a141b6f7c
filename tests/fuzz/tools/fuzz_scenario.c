/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The scenario check on hostile files. The first byte chooses: a file as it comes, or the sound
 * scenario with bytes changed and its checksum put right, which gets past the door. What is
 * accepted must keep what others rely on.
 */
#include <stdint.h>
#include <stdlib.h>

#include "tests/unit/tools/good_scenario.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void explain(void *context, const struct scenario_problem *problem)
{
    char text[96];

    scenario_explain(context, problem, text, sizeof(text));
    if (!scenario_remedy(problem->fault)[0])
        abort();
}

static void finding(void *context, enum scenario_verdict verdict, struct scenario_ref at,
                    const char *member, const char *what, const char *remedy)
{
    (void)context;
    if (at.object > SCENARIO_NOTHING || !member[0] || !what[0] ||
        (verdict != SCENARIO_MET && !remedy[0]))
        abort();
}

static bool terminated(const char *text, size_t bytes)
{
    return memchr(text, 0, bytes) != NULL;
}

#define MUST(condition)                                                                            \
    do {                                                                                           \
        if (!(condition))                                                                          \
            abort();                                                                               \
    } while (0)

static void must_be_sound(const struct bn_scenario *s)
{
    MUST(s->vm_count <= BN_MAX_VMS && s->device_count <= BN_MAX_DEVICES);
    for (uint32_t i = 0; i < s->vm_count; i++) {
        const struct bn_scenario_vm *vm = &s->vm[i];

        MUST(terminated(vm->name, sizeof(vm->name)) && terminated(vm->image, sizeof(vm->image)));
        MUST(terminated(vm->cmdline, sizeof(vm->cmdline)) &&
             terminated(vm->initrd, sizeof(vm->initrd)));
        MUST(vm->sound.playback <= BN_MAX_SOUNDS && vm->sound.capture <= BN_MAX_SOUNDS);
        for (uint32_t j = 0; j < BN_MAX_SOUNDS; j++) /* nobody can pass for the cluster */
            MUST(vm->sound.role[j] < BN_SOUND_CHIME);
        MUST(vm->range_count <= BN_MAX_RANGES && vm->cpu_count <= BN_MAX_VCPUS);
        for (uint32_t j = 0; j < vm->range_count; j++) {
            const struct bn_range *r = &vm->range[j], *h = &s->hypervisor;

            MUST(r->hpa + r->bytes > r->hpa && r->gpa + r->bytes > r->gpa);
            MUST(r->hpa >= h->hpa + h->bytes || h->hpa >= r->hpa + r->bytes);
        }
    }
    for (uint32_t i = 0; i < s->layer_count; i++)
        MUST(s->layer[i].vm < s->vm_count && s->layer[i].output < s->output_count);
    for (uint32_t i = 0; i < s->device_count; i++)
        MUST(s->device[i].owner == BN_OWNER_HYPERVISOR || s->device[i].owner < s->vm_count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    struct bn_scenario *s;
    size_t size = bytes - 1;

    if (bytes == 0)
        return 0;
    if (data[0] & 1) {
        size = sizeof(*s);
        s = malloc(size);
        MUST(s);
        good_scenario(s);
        for (size_t at = 1; at + 3 <= bytes; at += 3)
            ((uint8_t *)s)[(data[at] + 256u * data[at + 1]) % sizeof(*s)] = data[at + 2];
        s->crc = scenario_crc(s);
    } else {
        s = malloc(size ? size : 1);
        MUST(s);
        memcpy(s, data + 1, size);
    }
    if (!scenario_wrong(s, size) && scenario_check(s, explain, s) == 0) {
        must_be_sound(s);
        (void)!scenario_fit(s, &good_machine, finding, s);
    }
    free(s);
    return 0;
}
