/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The one judge of scenarios: the host tool, the loader and the hypervisor all call it, so that
 * none can accept what another refuses. Freestanding, allocates nothing, believes nothing it reads.
 */
#ifndef HV_SCENARIO_H
#define HV_SCENARIO_H

#include "binnacle/boot.h"
#include "binnacle/scenario.h"
#include "hv/types.h"

/* What is known of the machine the scenario shall run on. A part that is not known yet is null and
 * not checked. */
struct scenario_machine {
    const struct bn_memory *memory; /* sorted, not overlapping; null: unknown */
    uint32_t memory_count;
    uint32_t cpu_count; /* usable CPUs; 0: unknown */
    void *context;      /* handed to the two questions below */
    bool (*pci_ids)(void *context, uint16_t bdf, uint16_t *vendor, uint16_t *device);
    bool (*uart_present)(void *context, uint16_t port);
};

/*
 * Every problem that there can be, and what to do about it. In the first text: %a what is at fault,
 * %w what it clashes with, %m the property, %v and %l the figures in decimal, %V and %L in
 * hexadecimal, %M and %N in MiB.
 */
/* clang-format off */
#define SCENARIO_FAULTS(X)                                                                        \
    X(OK, "nothing is wrong", "nothing to do")                                                    \
    /* the file */                                                                                \
    X(BAD_MAGIC, "this is not a scenario (it starts with %V, not %L)",                            \
      "write the file with bn-scenario compile")                                                  \
    X(BAD_VERSION, "the scenario has version %v, this program reads version %l",                  \
      "compile it again with the bn-scenario of this release")                                    \
    X(BAD_SIZE, "the scenario has %v bytes instead of %l",                                        \
      "the file is cut or from another release: compile it again")                                \
    X(BAD_CRC, "the scenario's checksum is %L, it says %V",                                       \
      "the file was damaged: compile it again and copy it again")                                 \
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
    X(NOT_MEMORY, "%a: %V is not usable memory of this machine (its range ends at %L)",           \
      "the machine has too little memory, or firmware holds that address: use another machine "   \
      "or move the range")                                                                        \
    X(TOO_LITTLE_MEMORY,                                                                          \
      "too little memory: %a needs %N MiB, the machine has %M MiB left for it",                   \
      "add memory, or plan with less")                                                            \
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
      "owners are the hypervisor and pre-launched VMs; ports 0x100 to 0xfff8; interrupts 0 to "   \
      "15 except 2")                                                                              \
    X(SAME_DEVICE, "%a: same %m (%V) as %w", "one owner per device")                              \
    X(BAD_VECTOR, "%a: vector %V is not between 0x20 and %L", "use a vector of that range")       \
    X(SAME_VECTOR, "%a: vector %V is also that of %w", "give each device of a VM its own vector") \
    X(NOT_DIRECT, "%a: has a vector, and its owner takes no interrupts directly",                 \
      "take out the vector, or let the owner say direct-interrupts")                              \
    X(NO_DEVICE, "%a: there is no such device at %m %V",                                          \
      "add the device, correct its address, or mark it optional")                                 \
    X(WRONG_DEVICE, "%a: found %V at its address instead of %L",                                  \
      "correct the address or the vendor and device numbers")                                     \
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

enum scenario_object { /* what a problem is about; `index` counts within its array of the scenario
                        */
                       SCENARIO_ITSELF,
                       SCENARIO_HYPERVISOR,
                       SCENARIO_SHM,
                       SCENARIO_VM,
                       SCENARIO_REGION,
                       SCENARIO_DEVICE,
                       SCENARIO_OUTPUT,
                       SCENARIO_LAYER,
                       SCENARIO_NOTHING,
};

struct scenario_ref {
    enum scenario_object object;
    uint32_t index;
};

struct scenario_problem {
    enum scenario_fault fault;
    struct scenario_ref at;   /* what is at fault */
    struct scenario_ref with; /* what it clashes with, or SCENARIO_NOTHING */
    const char *member; /* which property of `at`, as the .dts calls it; never null, may be empty */
    uint64_t value, limit; /* the figures, where there are any */
};

typedef void scenario_report(void *context, const struct scenario_problem *problem);

/*
 * Checks `bytes` bytes at `s` (aligned to 8): identity, version, checksum, every index, range and
 * right, and, as far as `machine` (may be null) is known, whether the machine has what the scenario
 * asks for. Calls `report` for each problem, in the order of the structure. Looks inside only when
 * identity, checksum and counts are right, and at the machine only when the scenario is sound in
 * itself. Returns the number of problems: 0 means that the scenario can be used as it is.
 */
uint32_t scenario_check(const struct bn_scenario *s, size_t bytes,
                        const struct scenario_machine *machine, scenario_report *report,
                        void *context) __attribute__((warn_unused_result));

/*
 * The n-th claim on host memory: hypervisor, window, then BN_MAX_RANGES of every VM, unused ones
 * with 0 bytes. Returns false past the last.
 */
bool scenario_claim(const struct bn_scenario *s, uint32_t n, struct bn_range *range,
                    struct scenario_ref *who);

/* The checksum that belongs into s->crc: over everything after that member. */
uint32_t scenario_crc(const struct bn_scenario *s);

/*
 * Writes the problem as one sentence with names and figures into text[0..bytes), zero-terminated,
 * cut if too long. `s` is the scenario that was checked. Returns the number of characters written.
 */
size_t scenario_explain(const struct bn_scenario *s, const struct scenario_problem *problem,
                        char *text, size_t bytes);

/* One sentence: what to do about it. */
const char *scenario_remedy(enum scenario_fault fault);

#endif
