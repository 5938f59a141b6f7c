/* SPDX-License-Identifier: BSD-3-Clause */
/* The shared scenario check: one way to break each rule, and that exactly that rule speaks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "good_scenario.h"

struct seen {
    const struct bn_scenario *s;
    unsigned count[SCENARIO_FAULT_COUNT], verdicts[SCENARIO_UNMET + 1];
    char text[2048]; /* of all problems */
};

static void see(void *context, const struct scenario_problem *problem)
{
    struct seen *seen = context;
    size_t used = strlen(seen->text);

    seen->count[problem->fault]++;
    used += scenario_explain(seen->s, problem, seen->text + used, sizeof(seen->text) - used - 1);
    seen->text[used] = '\n';
    seen->text[used + 1] = 0;
}

static void see_finding(void *context, enum scenario_verdict verdict, struct scenario_ref at,
                        const char *member, const char *what, const char *remedy)
{
    struct seen *seen = context;
    size_t used = strlen(seen->text);

    assert_true(at.object < SCENARIO_NOTHING && member[0] && what[0]);
    seen->verdicts[verdict]++;
    if (verdict == SCENARIO_MET)
        return;
    assert_true(strlen(remedy) > 5);
    snprintf(seen->text + used, sizeof(seen->text) - used, "%s\n", what);
}

/* As bn-scenario does it: the machine counts only when the scenario is sound. */
static uint32_t check(const struct bn_scenario *s, const struct scenario_machine *machine,
                      struct seen *seen)
{
    *seen = (struct seen){.s = s};
    assert_null(scenario_wrong(s, sizeof(*s)));
    return scenario_check(s, see, seen) ?: scenario_fit(s, machine, see_finding, seen);
}

/* How each fault is provoked; MISFIT: each thing a machine can lack. `machine` starts as the good
 * one and may be changed too. */
#define MISFIT SCENARIO_OK
struct breach {
    enum scenario_fault fault;
    const char *says; /* part of the sentence */
    void (*make)(struct bn_scenario *s, struct scenario_machine *m);
};

#define BREACH(name, ...)                                                                          \
    static void name(struct bn_scenario *s, struct scenario_machine *m)                            \
    {                                                                                              \
        (void)m;                                                                                   \
        __VA_ARGS__;                                                                               \
        s->crc = scenario_crc(s);                                                                  \
    }

BREACH(little_gpu_memory, s->vm[IVI].gpu.memory_bytes = 15 * MIB)
BREACH(odd_gpu_memory, s->vm[IVI].gpu.memory_bytes = 17 * MIB + 4096)
BREACH(no_gpu_resources, s->vm[IVI].gpu.resources = 0)
BREACH(many_gpu_contexts, s->vm[IVI].gpu.contexts = 257)
BREACH(no_gpu_weight, s->vm[IVI].gpu.weight = 0)
BREACH(high_gpu_priority, s->vm[IVI].gpu.priority = 8)
BREACH(long_gpu_poll, s->vm[IVI].gpu.poll_us = 10001)
BREACH(unwanted_gpu, s->vm[CLUSTER].gpu.priority = 1)
BREACH(few_gpu_outputs, s->layer[1].scanout = 2)
BREACH(nine_streams, s->vm[IVI].sound.playback = 9)
BREACH(only_capture, s->vm[IVI].sound.playback = 0; s->vm[IVI].sound.role[0] = 0;
       s->vm[IVI].sound.role[1] = 0)
BREACH(much_capture, s->vm[IVI].sound.capture = 9)
BREACH(louder, s->vm[IVI].sound.gain_centibel = 1)
BREACH(too_quiet, s->vm[IVI].sound.gain_centibel = BN_SOUND_MIN_GAIN - 1)
BREACH(no_role, s->vm[IVI].sound.role[1] = BN_SOUND_NONE)
BREACH(unknown_role, s->vm[IVI].sound.role[0] = BN_SOUND_ROLES)
BREACH(spare_role, s->vm[IVI].sound.role[2] = BN_SOUND_MEDIA)
BREACH(guests_chime, s->vm[IVI].sound.role[1] = BN_SOUND_CHIME)
BREACH(unwanted_sound, s->vm[CLUSTER].sound.playback = 1)
BREACH(unknown_region, s->region[1].kind = BN_SHM_CHIME_STATUS + 1)
BREACH(bad_flags, s->flags = 0x8000)
BREACH(too_many, s->vm_count = BN_MAX_VMS + 1)
BREACH(too_many_ranges, s->vm[CLUSTER].range_count = 5)
BREACH(long_name, memset(s->vm[IVI].name, 'x', BN_NAME_BYTES))
BREACH(no_name, s->device[2].name[0] = 0)
BREACH(same_name, strcpy(s->device[3].name, "com1"))
BREACH(path_in_image, strcpy(s->vm[SERVICE].image, "../bzImage"))
BREACH(endless_cmdline, memset(s->vm[SERVICE].cmdline, 'x', BN_CMDLINE_BYTES))
BREACH(unwanted_service, s->flags = BN_SCENARIO_NO_SERVICE_VM)
BREACH(two_services, s->vm[IVI].kind = BN_VM_SERVICE; s->vm[IVI].image_kind = BN_IMAGE_BZIMAGE;
       strcpy(s->vm[IVI].image, "x"))
BREACH(no_service, s->vm_count = 1; s->region_count = 0; s->layer_count = 0)
BREACH(bad_kind, s->vm[IVI].kind = 9)
BREACH(bad_image, s->vm[SERVICE].image_kind = BN_IMAGE_MULTIBOOT1)
BREACH(no_image, s->vm[CLUSTER].image[0] = 0)
BREACH(shared_direct, s->vm[CLUSTER].cpu[0].exclusive = 0)
BREACH(no_cpu, s->vm[SERVICE].cpu_count = 0)
BREACH(unknown_cpu, s->vm[IVI].cpu[1].pcpu = 4)
BREACH(impossible_cpu, s->vm[IVI].cpu[1].pcpu = BN_MAX_CPUS)
BREACH(cpu_twice, s->vm[SERVICE].cpu[1].pcpu = 0)
BREACH(cpu_shared, s->vm[IVI].cpu[1].pcpu = 3)
BREACH(bad_weight, s->vm[IVI].cpu[0].weight = 0)
BREACH(no_range, s->vm[CLUSTER].range_count = 0)
BREACH(unwanted_range, s->vm[SERVICE].range_count = 1)
BREACH(misaligned, s->hypervisor.hpa += 0x1000)
BREACH(misaligned_guest, s->vm[CLUSTER].range[1].gpa += 0x1000)
BREACH(empty, s->vm[CLUSTER].range[1].bytes = 0; s->vm[CLUSTER].memory_bytes = 64 * MIB)
BREACH(wraps, s->shm.hpa = 0ull - 2 * MIB)
BREACH(overlap, s->vm[CLUSTER].range[0].hpa = 318 * MIB)
BREACH(overlap_self, s->vm[CLUSTER].range[1].hpa = 544 * MIB)
BREACH(guest_overlap, s->vm[CLUSTER].range[1].gpa = 62 * MIB)
BREACH(guest_framebuffer, s->vm[CLUSTER].framebuffer_gpa = 94 * MIB)
BREACH(wrong_sum, s->vm[CLUSTER].memory_bytes = 98 * MIB)
BREACH(ivi_too_large, s->vm[IVI].memory_bytes = 1024 * MIB)
BREACH(above_4g, s->vm[CLUSTER].range[1].gpa = 4096 * MIB - 16 * MIB)
BREACH(not_memory, s->vm[CLUSTER].range[1].hpa = 776 * MIB)
BREACH(too_little, m->memory_count = 4)
BREACH(no_window, s->shm.bytes = 0)
BREACH(small_window, s->shm.bytes = 18 * MIB)
BREACH(bad_rights, s->region[0].rights[SERVICE] = BN_SHM_WRITE)
BREACH(unknown_vm_rights, s->region[0].rights[5] = BN_SHM_READ)
BREACH(two_writers, s->region[1].rights[SERVICE] = 3)
BREACH(bad_owner, s->device[3].owner = SERVICE; s->device[3].vector = 0)
BREACH(bad_uart_owner, s->device[1].owner = IVI; s->device[1].vector = 0)
BREACH(unknown_owner, s->device[3].owner = 3)
BREACH(five_functions,
       for (uint32_t i = 4; i < 8; i++) s->device[s->device_count++] = (struct bn_scenario_device){
           .name = "x", .kind = BN_DEVICE_PCI, .owner = CLUSTER, .bdf = (uint16_t)i})
BREACH(bad_irq, s->device[1].isa_irq = 16)
BREACH(same_port, s->device[1].port = 0x3F8)
BREACH(near_port, s->device[1].port = 0x3FC)
BREACH(bad_vector, s->device[1].vector = 0xF3)
BREACH(same_vector, s->device[3].vector = 0x60)
BREACH(not_direct, s->vm[CLUSTER].flags = 0)
BREACH(no_uart, s->device[1].port = 0x3E8)
BREACH(no_pci, s->device[3].bdf = 0x88)
BREACH(other_pci, s->device[3].pci_device = 8; s->device[3].flags = BN_DEVICE_OPTIONAL)
BREACH(no_virtualisation, m->has &= ~MACHINE_VIRTUALISATION)
BREACH(switched_off, m->has &= ~MACHINE_SWITCHED_ON)
BREACH(no_nested_paging, m->has &= ~MACHINE_NESTED_PAGING)
BREACH(no_real_mode, m->has &= ~MACHINE_UNRESTRICTED)
BREACH(no_xsave, m->has &= ~MACHINE_XSAVE)
BREACH(no_pm_timer, m->has &= ~MACHINE_PM_TIMER)
BREACH(no_iommu, m->has &= ~MACHINE_IOMMU; s->flags |= BN_SCENARIO_IOMMU)
BREACH(no_console, s->console_port = 0x2F8)
BREACH(no_framebuffer, s->vm[CLUSTER].framebuffer_gpa = 0)
BREACH(large_framebuffer, s->framebuffer_width = 9000)
BREACH(bad_output, s->output[1].height = 0)
BREACH(same_output, s->output[1].index = 0)
BREACH(unknown_output, s->layer[1].output = 2)
BREACH(layer_outside, s->layer[1].x = 1)
BREACH(layer_negative, s->layer[1].width = -1)
BREACH(bad_cut, s->layer[2].src_width = 0)
BREACH(over_cluster, s->layer[1].z = 100)

static const struct breach breaches[] = {
    {SCENARIO_BAD_FLAGS, "flags has unknown bits (0x8000)", bad_flags},
    {SCENARIO_TOO_MANY, "7 entries in vms, at most 6", too_many},
    {SCENARIO_TOO_MANY, "VM \"cluster\": 5 entries in memory", too_many_ranges},
    {SCENARIO_BAD_NAME, "VM \"xxxxxxxxxxxxxxxx\"", long_name},
    {SCENARIO_BAD_NAME, "device \"\"", no_name},
    {SCENARIO_SAME_NAME, "device \"com1\": same name as device \"com1\"", same_name},
    {SCENARIO_BAD_TEXT, "VM \"service\": image", path_in_image},
    {SCENARIO_BAD_TEXT, "VM \"service\": cmdline is longer than 511", endless_cmdline},
    {SCENARIO_NO_SERVICE_VM_HERE, "VM \"service\"", unwanted_service},
    {SCENARIO_TWO_SERVICE_VMS, "VM \"ivi\": a second service VM beside VM \"service\"",
     two_services},
    {SCENARIO_NEEDS_SERVICE_VM, "there is no service VM", no_service},
    {SCENARIO_BAD_KIND, "VM \"ivi\": kind 9", bad_kind},
    {SCENARIO_BAD_IMAGE, "VM \"service\"", bad_image},
    {SCENARIO_NO_IMAGE, "VM \"cluster\"", no_image},
    {SCENARIO_DIRECT_NOT_EXCLUSIVE, "VM \"cluster\"", shared_direct},
    {SCENARIO_BAD_GPU, "VM \"ivi\": gpu memory-bytes: 15728640", little_gpu_memory},
    {SCENARIO_BAD_GPU, "VM \"ivi\": gpu memory-bytes: 17829888", odd_gpu_memory},
    {SCENARIO_BAD_GPU, "VM \"ivi\": gpu resources: 0", no_gpu_resources},
    {SCENARIO_BAD_GPU, "gpu contexts: 257 is not possible, at most 256", many_gpu_contexts},
    {SCENARIO_BAD_GPU, "VM \"ivi\": gpu weight: 0", no_gpu_weight},
    {SCENARIO_BAD_GPU, "VM \"ivi\": gpu priority: 8", high_gpu_priority},
    {SCENARIO_BAD_GPU, "VM \"ivi\": gpu poll-us: 10001", long_gpu_poll},
    {SCENARIO_UNWANTED_GPU, "VM \"cluster\": only post-launched", unwanted_gpu},
    {SCENARIO_NO_OUTPUT, "layer 1: shows scanout 2, and the vGPU of VM \"ivi\" has 2 outputs",
     few_gpu_outputs},
    {SCENARIO_BAD_SOUND, "VM \"ivi\": sound playback: 9 is not possible, at most 8", nine_streams},
    {SCENARIO_BAD_SOUND, "VM \"ivi\": sound playback: 0", only_capture},
    {SCENARIO_BAD_SOUND, "VM \"ivi\": sound capture: 9", much_capture},
    {SCENARIO_BAD_SOUND, "VM \"ivi\": sound attenuation-centibel", louder},
    {SCENARIO_BAD_SOUND, "sound attenuation-centibel: 601 is not possible, at most 600", too_quiet},
    {SCENARIO_BAD_SOUND, "VM \"ivi\": sound role: 0", no_role},
    {SCENARIO_BAD_SOUND, "VM \"ivi\": sound role: 6", unknown_role},
    {SCENARIO_BAD_SOUND, "VM \"ivi\": sound role: 1", spare_role},
    {SCENARIO_SOUND_CHIME, "playback stream 1 has the role of chimes, which are the cluster's",
     guests_chime},
    {SCENARIO_UNWANTED_SOUND, "VM \"cluster\": only post-launched VMs have a sound",
     unwanted_sound},
    {SCENARIO_BAD_KIND, "region \"cluster-frames\": kind 7 is unknown", unknown_region},
    {SCENARIO_NO_CPU, "VM \"service\"", no_cpu},
    {MISFIT, "VM \"ivi\": there is no CPU 4, the machine has 4", unknown_cpu},
    {SCENARIO_UNKNOWN_CPU, "there is no CPU 8", impossible_cpu},
    {SCENARIO_CPU_TWICE, "VM \"service\": CPU 0", cpu_twice},
    {SCENARIO_CPU_SHARED, "VM \"ivi\": uses CPU 3, which VM \"cluster\"", cpu_shared},
    {SCENARIO_BAD_WEIGHT, "VM \"ivi\": weight 0", bad_weight},
    {SCENARIO_NO_RANGE, "VM \"cluster\"", no_range},
    {SCENARIO_UNWANTED_RANGE, "VM \"service\"", unwanted_range},
    {SCENARIO_MISALIGNED, "hypervisor: memory: 0x10001000 is not a multiple of 0x200000",
     misaligned},
    {SCENARIO_MISALIGNED, "VM \"cluster\": memory: 0x4001000", misaligned_guest},
    {SCENARIO_EMPTY_RANGE, "VM \"cluster\"", empty},
    {SCENARIO_RANGE_WRAPS, "shared memory", wraps},
    {SCENARIO_OVERLAP, "VM \"cluster\": its memory overlaps that of", overlap},
    {SCENARIO_OVERLAP, "VM \"cluster\": its memory overlaps that of VM \"cluster\"", overlap_self},
    {SCENARIO_GUEST_OVERLAP, "VM \"cluster\": guest-physical 0x3e00000", guest_overlap},
    {SCENARIO_GUEST_OVERLAP, "VM \"cluster\": guest-physical 0x5e00000", guest_framebuffer},
    {SCENARIO_BAD_MEMORY_BYTES, "VM \"cluster\": memory-bytes of 98 MiB", wrong_sum},
    {SCENARIO_BAD_MEMORY_BYTES, "VM \"service\": memory-bytes of 1024 MiB", ivi_too_large},
    {SCENARIO_GUEST_TOO_BIG, "VM \"cluster\": guest-physical 0xff000000", above_4g},
    {MISFIT, "VM \"cluster\": 0x32000000 is not usable memory", not_memory},
    {MISFIT, "VM \"service\": too little memory: it needs 1024 MiB, the machine has 575",
     too_little},
    {SCENARIO_NO_WINDOW, "shared memory", no_window},
    {SCENARIO_WINDOW_TOO_SMALL, "take 20 MiB, the window has 18", small_window},
    {SCENARIO_BAD_RIGHTS, "region \"scenario\": rights 2", bad_rights},
    {SCENARIO_UNKNOWN_VM, "region \"scenario\": rights names VM number 5, there are 3",
     unknown_vm_rights},
    {SCENARIO_TWO_WRITERS, "region \"cluster-frames\": 2 VMs", two_writers},
    {SCENARIO_BAD_DEVICE, "device \"sdhci\": owner", bad_owner},
    {SCENARIO_BAD_DEVICE, "device \"com2\": owner", bad_uart_owner},
    {SCENARIO_UNKNOWN_VM, "device \"sdhci\": owner names VM number 3", unknown_owner},
    {SCENARIO_TOO_MANY, "VM \"cluster\": 5 entries in functions, at most 4", five_functions},
    {SCENARIO_BAD_DEVICE, "device \"com2\": irq", bad_irq},
    {SCENARIO_SAME_DEVICE, "device \"com2\": same port (0x3f8) as device \"com1\"", same_port},
    {SCENARIO_SAME_DEVICE, "device \"com2\": same port (0x3fc)", near_port},
    {SCENARIO_BAD_VECTOR, "device \"com2\": vector 0xf3", bad_vector},
    {SCENARIO_SAME_VECTOR, "device \"sdhci\": vector 0x60 is also that of device \"com2\"",
     same_vector},
    {SCENARIO_NOT_DIRECT, "has a vector", not_direct},
    {MISFIT, "device \"com2\": there is no such device at port 0x3e8", no_uart},
    {MISFIT, "device \"sdhci\": there is no such device at pci 0x88", no_pci},
    {MISFIT, "device \"sdhci\": found 0x1b360007 at its address instead of 0x1b360008", other_pci},
    {MISFIT, "machine: this processor offers neither VMX nor SVM", no_virtualisation},
    {MISFIT, "machine: the firmware has switched virtualisation off", switched_off},
    {MISFIT, "machine: this processor has no nested paging", no_nested_paging},
    {MISFIT, "machine: this processor cannot run guests in real mode", no_real_mode},
    {MISFIT, "machine: this processor has no XSAVE", no_xsave},
    {MISFIT, "machine: the firmware's tables name no ACPI PM timer", no_pm_timer},
    {MISFIT, "machine: no IOMMU", no_iommu},
    {SCENARIO_NO_CONSOLE, "the console (port 0x2f8)", no_console},
    {SCENARIO_BAD_FRAMEBUFFER, "VM \"cluster\": framebuffer", no_framebuffer},
    {SCENARIO_BAD_FRAMEBUFFER, "scenario: framebuffer: 9000", large_framebuffer},
    {SCENARIO_BAD_OUTPUT, "output \"screen2\": size: 0", bad_output},
    {SCENARIO_SAME_OUTPUT, "output \"screen2\": connector 0 is also that of output \"screen1\"",
     same_output},
    {SCENARIO_UNKNOWN_OUTPUT, "layer 1: output names output number 2", unknown_output},
    {SCENARIO_LAYER_OUTSIDE, "layer 1: is not inside output \"screen2\" (1280 by 720)",
     layer_outside},
    {SCENARIO_LAYER_OUTSIDE, "layer 1: is not inside", layer_negative},
    {SCENARIO_BAD_CUT, "layer 2: a cut of 0 by 48", bad_cut},
    {SCENARIO_LAYER_OVER_CLUSTER, "layer 1: lies over the cluster's layer 2", over_cluster},
};

static void test_good_one_is_accepted(void **state)
{
    struct bn_scenario s;
    struct seen seen;

    (void)state;
    good_scenario(&s);
    assert_int_equal(check(&s, &(struct scenario_machine){0}, &seen), 0);
    assert_int_equal(check(&s, &good_machine, &seen), 0);
    s.device[3].owner = IVI; /* a function for a post-launched VM */
    s.device[3].vector = 0;
    s.crc = scenario_crc(&s);
    assert_int_equal(check(&s, &good_machine, &seen), 0);
}

static void test_every_breach_is_told(void **state)
{
    struct bn_scenario s;
    struct seen seen;

    (void)state;
    for (size_t i = 0; i < sizeof(breaches) / sizeof(breaches[0]); i++) {
        struct scenario_machine machine = good_machine;

        good_scenario(&s);
        breaches[i].make(&s, &machine);
        uint32_t problems = check(&s, &machine, &seen);

        if (problems == 0 ||
            (breaches[i].fault == MISFIT ? seen.verdicts[SCENARIO_UNMET]
                                         : seen.count[breaches[i].fault]) == 0 ||
            !strstr(seen.text, breaches[i].says))
            fail_msg("breach %zu (fault %d): %u problems: %s", i, (int)breaches[i].fault, problems,
                     seen.text);
    }
}

static void test_every_fault_has_a_breach(void **state)
{
    bool provoked[SCENARIO_FAULT_COUNT] = {false};

    (void)state;
    for (size_t i = 0; i < sizeof(breaches) / sizeof(breaches[0]); i++)
        provoked[breaches[i].fault] = true;
    for (int i = 1; i < SCENARIO_FAULT_COUNT; i++) {
        if (!provoked[i])
            fail_msg("no test provokes fault %d", i);
        assert_non_null(scenario_remedy((enum scenario_fault)i));
        assert_true(strlen(scenario_remedy((enum scenario_fault)i)) > 5);
    }
}

static void expect_wrong(const struct bn_scenario *s, size_t bytes, const char *says)
{
    const char *wrong = scenario_wrong(s, bytes);

    assert_non_null(wrong);
    assert_non_null(strstr(wrong, says));
}

static void test_identity(void **state)
{
    struct bn_scenario s;

    (void)state;
    good_scenario(&s);
    expect_wrong(&s, sizeof(s) - 1, "cut");
    expect_wrong(&s, sizeof(s) + 1, "cut");
    expect_wrong(&s, 0, "not a scenario");
    s.magic ^= 1;
    expect_wrong(&s, sizeof(s), "not a scenario");
    good_scenario(&s);
    s.version++;
    expect_wrong(&s, sizeof(s), "another version");
    good_scenario(&s);
    s.bytes--;
    expect_wrong(&s, sizeof(s), "cut");
}

/* CRC-32 finds every single changed bit, wherever it is. */
static void test_every_bit_counts(void **state)
{
    struct bn_scenario s;
    uint8_t *raw = (uint8_t *)&s;

    (void)state;
    good_scenario(&s);
    for (size_t i = offsetof(struct bn_scenario, crc); i < sizeof(s); i += 97) {
        raw[i] ^= (uint8_t)(1u << i % 8);
        expect_wrong(&s, sizeof(s), "checksum");
        raw[i] ^= (uint8_t)(1u << i % 8);
    }
}

static void test_optional_device_may_be_absent(void **state)
{
    struct bn_scenario s;
    struct seen seen;

    (void)state;
    good_scenario(&s);
    s.device[3].bdf = 0x88;
    s.device[3].flags = BN_DEVICE_OPTIONAL;
    s.device[1].port = 0x3E8;
    s.device[1].flags = BN_DEVICE_OPTIONAL;
    s.crc = scenario_crc(&s);
    assert_int_equal(check(&s, &good_machine, &seen), 0);
}

/* What the machine may lack is told all the same; what nobody asks for, or nobody looked for, is
 * not. */
static void test_losses_are_told(void **state)
{
    struct scenario_machine machine = good_machine;
    struct bn_scenario s;
    struct seen seen;

    (void)state;
    good_scenario(&s);
    machine.has = ~(MACHINE_IOMMU | MACHINE_INVARIANT_TSC | MACHINE_DISPLAY);
    assert_int_equal(check(&s, &machine, &seen), 0);
    assert_int_equal(seen.verdicts[SCENARIO_LOST], 3);
    assert_non_null(strstr(seen.text, "memory of others"));
    assert_non_null(strstr(seen.text, "TSC is not invariant"));
    assert_non_null(strstr(seen.text, "no display with a linear framebuffer"));
    assert_int_equal(seen.verdicts[SCENARIO_MET],
                     6 + 5 + 1 + 4 + 3); /* features, CPUs, memory, devices */
    s.framebuffer_vm = 0xFFFF;
    s.vm[CLUSTER].framebuffer_gpa = 0;
    s.crc = scenario_crc(&s);
    assert_int_equal(check(&s, &machine, &seen), 0);
    assert_int_equal(seen.verdicts[SCENARIO_LOST], 2);
    machine.known = 0;
    assert_int_equal(check(&s, &machine, &seen), 0);
    assert_int_equal(seen.verdicts[SCENARIO_LOST], 0);
}

static void test_sentences_are_cut_not_overrun(void **state)
{
    struct bn_scenario s;
    char text[16];

    (void)state;
    good_scenario(&s);
    for (int fault = 0; fault <= SCENARIO_FAULT_COUNT; fault++)
        for (size_t bytes = 0; bytes <= sizeof(text); bytes++) {
            const struct scenario_problem p = {.fault = (enum scenario_fault)fault,
                                               .at = {SCENARIO_VM, 0},
                                               .with = {SCENARIO_LAYER, 1},
                                               .member = "memory"};

            memset(text, '#', sizeof(text));
            size_t used = scenario_explain(&s, &p, text, bytes);
            assert_true(bytes ? used < bytes && text[used] == 0 : used == 0);
            for (size_t i = bytes; i < sizeof(text); i++)
                assert_int_equal(text[i], '#');
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_one_is_accepted),
        cmocka_unit_test(test_every_breach_is_told),
        cmocka_unit_test(test_every_fault_has_a_breach),
        cmocka_unit_test(test_identity),
        cmocka_unit_test(test_every_bit_counts),
        cmocka_unit_test(test_optional_device_may_be_absent),
        cmocka_unit_test(test_losses_are_told),
        cmocka_unit_test(test_sentences_are_cut_not_overrun),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
