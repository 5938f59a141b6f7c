/* SPDX-License-Identifier: BSD-3-Clause */
/* The rules that a scenario must keep in itself, and the words for each way to break one. */
#ifndef SCENARIO_CHECK_H
#define SCENARIO_CHECK_H

#include "hv/scenario.h"

/*
 * Every problem that there can be, and what to do about it. In the first text: %a what is at fault,
 * %w what it clashes with, %m the property, %v and %l the figures in decimal, %V and %L in
 * hexadecimal, %M and %N in MiB.
 */
/* clang-format off */
#define SCENARIO_FAULTS(X)                                                                        \
    X(OK, "nothing is wrong", "nothing to do")                                                    \
    X(BAD_FLAGS, "%a: %m has unknown bits (%V)", "use the flags that docs/scenario.md lists")     \
    X(TOO_MANY, "%a: %v entries in %m, at most %l are possible", "take some out")                 \
    X(BAD_NAME,                                                                                   \
      "%a: the name is empty, has characters that are not allowed, or is longer than %l",         \
      "use at most that many printable characters, no blanks")                                    \
    X(SAME_NAME, "%a: same %m as %w", "give each its own")                                        \
    X(BAD_TEXT,                                                                                   \
      "%a: %m is longer than %l characters, has characters that are not allowed, or is not a "    \
      "plain file name",                                                                          \
      "shorten it; files of VMs that the loader starts lie in one folder and have no path")       \
    /* virtual machines */                                                                        \
    X(NO_SERVICE_VM_HERE, "%a: is a service VM, and the scenario says no-service-vm",             \
      "take out one of the two")                                                                  \
    X(TWO_SERVICE_VMS, "%a: a second service VM beside %w",                                       \
      "make it pre-launched or post-launched, or take it out")                                    \
    X(NEEDS_SERVICE_VM, "%a: there is no service VM",                                             \
      "add one of kind \"service\", or say no-service-vm and have no post-launched VMs")          \
    X(BAD_KIND, "%a: %m %v is unknown", "use one that docs/scenario.md lists")                    \
    X(BAD_IMAGE, "%a: image-kind %v does not suit this kind of VM",                               \
      "a service VM starts a bzImage, a pre-launched VM a multiboot1 ELF")                        \
    X(NO_IMAGE, "%a: has no image", "name the file that is to be started in it")                  \
    X(DIRECT_NOT_EXCLUSIVE,                                                                       \
      "%a: direct-interrupts needs a pre-launched VM whose CPUs are all its own",                 \
      "list all its CPUs as exclusive, or take out direct-interrupts")                            \
    X(BAD_GPU, "%a: %m: %v is not possible, at most %l",                                           \
      "16 MiB or more in whole MiB, at least one resource and one context, weight 1 to 1000")     \
    X(UNWANTED_GPU, "%a: only post-launched VMs have a vGPU", "take out the node gpu")            \
    X(NO_OUTPUT, "%a: shows scanout %v, and the vGPU of %w has %l outputs",                       \
      "give the vGPU more outputs, or leave outputs out: then the layers say it")                 \
    X(BAD_SOUND, "%a: %m: %v is not possible, at most %l",                                        \
      "1 to 8 playback streams with a role each, at most 8 capture streams, at most 60 dB off")   \
    X(SOUND_CHIME, "%a: playback stream %v has the role of chimes, which are the cluster's",      \
      "use media, navigation, telephone or park: the cluster asks for chimes by the region "      \
      "\"chime\", and nothing that a guest plays may pass for one")                               \
    X(UNWANTED_SOUND, "%a: only post-launched VMs have a sound device",                           \
      "take out the node sound; the cluster's sound are chimes")                                  \
    /* CPUs */                                                                                    \
    X(NO_CPU, "%a: has no CPU", "list at least one")                                              \
    X(UNKNOWN_CPU, "%a: there is no CPU %v, the machine has %l",                                  \
      "use CPUs 0 to the number of the machine's CPUs less one")                                  \
    X(CPU_TWICE, "%a: CPU %v is listed twice", "one vCPU per CPU: list it once")                  \
    X(CPU_SHARED, "%a: uses CPU %v, which %w uses too, and one of them has it exclusively",       \
      "take the CPU from one of them, or let both share it")                                      \
    X(BAD_WEIGHT, "%a: weight %v of a CPU is not between 1 and %l", "use 1 to 1000")              \
    /* memory */                                                                                  \
    X(NO_RANGE, "%a: has no memory", "give it at least one range")                                \
    X(UNWANTED_RANGE, "%a: only pre-launched VMs have memory of fixed addresses (%V)",            \
      "say memory-bytes instead")                                                                 \
    X(MISALIGNED, "%a: %m: %V is not a multiple of %L", "align it")                               \
    X(EMPTY_RANGE, "%a: %m: the range at %V is empty", "give it a length")                        \
    X(RANGE_WRAPS, "%a: %m: the range at %V, length %L, ends beyond what a CPU can address",      \
      "use addresses below 64 TiB")                                                               \
    X(OVERLAP, "%a: its memory overlaps that of %w from %V up", "move one of them")               \
    X(GUEST_OVERLAP,                                                                              \
      "%a: guest-physical %V, length %L, overlaps another part of its own map (memory, shared "   \
      "window, framebuffer)",                                                                     \
      "move one of them")                                                                         \
    X(BAD_MEMORY_BYTES, "%a: %m of %M MiB does not fit",                                          \
      "a multiple of 2 MiB; for the service VM more than its post-launched VMs take together")    \
    X(GUEST_TOO_BIG, "%a: guest-physical %V, length %L, is out of reach of a 32-bit guest",       \
      "keep a multiboot1 guest's map below 4 GiB")                                                \
    /* shared memory */                                                                           \
    X(NO_WINDOW, "%a: there are shared regions and no window", "give the window %V bytes")        \
    X(WINDOW_TOO_SMALL, "%a: the regions and their directory take %M MiB, the window has %N",     \
      "make the window larger")                                                                   \
    X(BAD_RIGHTS, "%a: rights %v are not possible",                                               \
      "a VM reads, or reads and writes, or neither")                                              \
    X(UNKNOWN_VM, "%a: %m names VM number %v, there are %l", "name a VM of this scenario")        \
    X(TWO_WRITERS, "%a: %v VMs may write", "one writer per region; the others read")              \
    /* devices */                                                                                 \
    X(BAD_DEVICE, "%a: %m (%V) is not possible",                                                  \
      "owners are the hypervisor, pre-launched VMs and, of PCI functions, post-launched ones; "   \
      "ports 0x100 to 0xfff8; interrupts 0 to 15 except 2")                                       \
    X(SAME_DEVICE, "%a: same %m (%V) as %w", "one owner per device")                              \
    X(BAD_VECTOR, "%a: vector %V is not between 0x20 and %L", "use a vector of that range")       \
    X(SAME_VECTOR, "%a: vector %V is also that of %w", "give each device of a VM its own vector") \
    X(NOT_DIRECT, "%a: has a vector, and its owner takes no interrupts directly",                 \
      "take out the vector, or let the owner say direct-interrupts")                              \
    X(NO_CONSOLE, "%a: the console (port %V) is no UART of the hypervisor",                       \
      "add the UART to the devices with owner \"hypervisor\"")                                    \
    /* displays */                                                                                \
    X(BAD_FRAMEBUFFER, "%a: %m: %v is not possible",                                              \
      "one pre-launched VM has the framebuffer, at a 2 MiB aligned address, in a mode of at "     \
      "most 8192 pixels a side")                                                                  \
    X(BAD_OUTPUT, "%a: %m: %v is not possible", "at most 8192 pixels a side, 1 to 1000 Hz")       \
    X(SAME_OUTPUT, "%a: connector %v is also that of %w", "one output per connector")             \
    X(UNKNOWN_OUTPUT, "%a: %m names output number %v, there are %l",                              \
      "name an output of this scenario")                                                          \
    X(LAYER_OUTSIDE, "%a: is not inside %w (%v by %l)", "place it inside the output")             \
    X(BAD_CUT, "%a: a cut of %v by %l is not possible",                                           \
      "say x, y, width and height of the part of the source that is shown")                       \
    X(LAYER_OVER_CLUSTER, "%a: lies over the cluster's %w",                                       \
      "give the cluster's layers of that output the highest z")
/* clang-format on */

#define SCENARIO_FAULT(name, what, remedy) SCENARIO_##name,
enum scenario_fault { SCENARIO_FAULTS(SCENARIO_FAULT) SCENARIO_FAULT_COUNT };
#undef SCENARIO_FAULT

struct scenario_problem {
    enum scenario_fault fault;
    struct scenario_ref at;   /* what is at fault */
    struct scenario_ref with; /* what it clashes with, or SCENARIO_NOTHING */
    const char *member; /* which property of `at`, as the .dts calls it; never null, may be empty */
    uint64_t value, limit; /* the figures, where there are any */
};

typedef void scenario_report(void *context, const struct scenario_problem *problem);

/*
 * Checks every count, index, range and right of a scenario (aligned to 8). Calls `report` for each
 * problem, in the order of the structure; looks further only when the counts are right. Returns the
 * number of problems: 0 means that the scenario is sound.
 */
uint32_t scenario_check(const struct bn_scenario *s, scenario_report *report, void *context)
    __attribute__((warn_unused_result));

/*
 * Writes the problem as one sentence with names and figures into text[0..bytes), zero-terminated,
 * cut if too long. `s` is the scenario that was checked. Returns the number of characters written.
 */
size_t scenario_explain(const struct bn_scenario *s, const struct scenario_problem *problem,
                        char *text, size_t bytes);

/* One sentence: what to do about it. */
const char *scenario_remedy(enum scenario_fault fault);

#endif
