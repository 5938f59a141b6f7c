/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the words in which a scenario's problems are told, the same on the host, in the loader and
 * in the hypervisor. */
#include "scenario_rules.h"

/*
 * In `what`: %a what is at fault, %w what it clashes with, %m the property, %v and %l the figures
 * in decimal, %V and %L in hexadecimal, %M and %N in MiB.
 */
struct words {
    const char *what, *remedy;
};

static const struct words words[SCENARIO_FAULT_COUNT] = {
    [SCENARIO_OK] = {"nothing is wrong", "nothing to do"},
    [SCENARIO_BAD_MAGIC] = {"this is not a scenario (it starts with %V, not %L)",
                            "write the file with bn-scenario compile"},
    [SCENARIO_BAD_VERSION] = {"the scenario has version %v, this program reads version %l",
                              "compile it again with the bn-scenario of this release"},
    [SCENARIO_BAD_SIZE] = {"the scenario has %v bytes instead of %l",
                           "the file is cut or from another release: compile it again"},
    [SCENARIO_BAD_CRC] = {"the scenario's checksum is %L, it says %V",
                          "the file was damaged: compile it again and copy it again"},
    [SCENARIO_BAD_FLAGS] = {"%a: %m has unknown bits (%V)",
                            "use the flags that docs/scenario.md lists"},
    [SCENARIO_TOO_MANY] = {"%a: %v entries in %m, at most %l are possible", "take some out"},
    [SCENARIO_BAD_NAME] =
        {"%a: the name is empty, has characters that are not allowed, or is longer than %l",
         "use at most that many printable characters, no blanks"},
    [SCENARIO_SAME_NAME] = {"%a: same %m as %w", "give each its own"},
    [SCENARIO_BAD_TEXT] =
        {"%a: %m is longer than %l characters, has characters that are not allowed, or is not "
         "a plain file name",
         "shorten it; files of VMs that the loader starts lie in one folder and have no path"},
    [SCENARIO_NO_SERVICE_VM_HERE] = {"%a: is a service VM, and the scenario says no-service-vm",
                                     "take out one of the two"},
    [SCENARIO_TWO_SERVICE_VMS] = {"%a: a second service VM beside %w",
                                  "make it pre-launched or post-launched, or take it out"},
    [SCENARIO_NEEDS_SERVICE_VM] = {"%a: there is no service VM",
                                   "add one of kind \"service\", or say no-service-vm and have no "
                                   "post-launched VMs"},
    [SCENARIO_BAD_KIND] = {"%a: %m %v is unknown", "use one that docs/scenario.md lists"},
    [SCENARIO_BAD_IMAGE] = {"%a: image-kind %v does not suit this kind of VM",
                            "a service VM starts a bzImage, a pre-launched VM a multiboot1 ELF"},
    [SCENARIO_NO_IMAGE] = {"%a: has no image", "name the file that is to be started in it"},
    [SCENARIO_DIRECT_NOT_EXCLUSIVE] =
        {"%a: direct-interrupts needs a pre-launched VM whose CPUs are all its own",
         "list all its CPUs as exclusive, or take out direct-interrupts"},
    [SCENARIO_NO_CPU] = {"%a: has no CPU", "list at least one"},
    [SCENARIO_UNKNOWN_CPU] = {"%a: there is no CPU %v, the machine has %l",
                              "use CPUs 0 to the number of the machine's CPUs less one"},
    [SCENARIO_CPU_TWICE] = {"%a: CPU %v is listed twice", "one vCPU per CPU: list it once"},
    [SCENARIO_CPU_SHARED] =
        {"%a: uses CPU %v, which %w uses too, and one of them has it exclusively",
         "take the CPU from one of them, or let both share it"},
    [SCENARIO_BAD_WEIGHT] = {"%a: weight %v of a CPU is not between 1 and %l", "use 1 to 1000"},
    [SCENARIO_NO_RANGE] = {"%a: has no memory", "give it at least one range"},
    [SCENARIO_UNWANTED_RANGE] = {"%a: only pre-launched VMs have memory of fixed addresses (%V)",
                                 "say memory-bytes instead"},
    [SCENARIO_MISALIGNED] = {"%a: %m: %V is not a multiple of %L", "align it"},
    [SCENARIO_EMPTY_RANGE] = {"%a: %m: the range at %V is empty", "give it a length"},
    [SCENARIO_RANGE_WRAPS] =
        {"%a: %m: the range at %V, length %L, ends beyond what a CPU can address",
         "use addresses below 64 TiB"},
    [SCENARIO_OVERLAP] = {"%a: its memory overlaps that of %w from %V up", "move one of them"},
    [SCENARIO_GUEST_OVERLAP] =
        {"%a: guest-physical %V, length %L, overlaps another part of its own map "
         "(memory, shared window, framebuffer)",
         "move one of them"},
    [SCENARIO_BAD_MEMORY_BYTES] =
        {"%a: %m of %M MiB does not fit",
         "a multiple of 2 MiB; for the service VM more than its post-launched "
         "VMs take together"},
    [SCENARIO_GUEST_TOO_BIG] =
        {"%a: guest-physical %V, length %L, is out of reach of a 32-bit guest",
         "keep a multiboot1 guest's map below 4 GiB"},
    [SCENARIO_NOT_MEMORY] =
        {"%a: %V is not usable memory of this machine (its range ends at %L)",
         "the machine has too little memory, or firmware holds that address: use another "
         "machine or move the range"},
    [SCENARIO_TOO_LITTLE_MEMORY] =
        {"too little memory: %a needs %N MiB, the machine has %M MiB left for it",
         "add memory, or plan with less"},
    [SCENARIO_NO_WINDOW] = {"%a: there are shared regions and no window",
                            "give the window %V bytes"},
    [SCENARIO_WINDOW_TOO_SMALL] =
        {"%a: the regions and their directory take %M MiB, the window has %N",
         "make the window larger"},
    [SCENARIO_BAD_RIGHTS] = {"%a: rights %v are not possible",
                             "a VM reads, or reads and writes, or neither"},
    [SCENARIO_UNKNOWN_VM] = {"%a: %m names VM number %v, there are %l",
                             "name a VM of this scenario"},
    [SCENARIO_TWO_WRITERS] = {"%a: %v VMs may write", "one writer per region; the others read"},
    [SCENARIO_BAD_DEVICE] =
        {"%a: %m (%V) is not possible",
         "owners are the hypervisor and pre-launched VMs; ports 0x100 to 0xfff8; "
         "interrupts 0 to 15 except 2"},
    [SCENARIO_SAME_DEVICE] = {"%a: same %m (%V) as %w", "one owner per device"},
    [SCENARIO_BAD_VECTOR] = {"%a: vector %V is not between 0x20 and %L",
                             "use a vector of that range"},
    [SCENARIO_SAME_VECTOR] = {"%a: vector %V is also that of %w",
                              "give each device of a VM its own vector"},
    [SCENARIO_NOT_DIRECT] = {"%a: has a vector, and its owner takes no interrupts directly",
                             "take out the vector, or let the owner say direct-interrupts"},
    [SCENARIO_NO_DEVICE] = {"%a: there is no such device at %m %V",
                            "add the device, correct its address, or mark it optional"},
    [SCENARIO_WRONG_DEVICE] = {"%a: found %V at its address instead of %L",
                               "correct the address or the vendor and device numbers"},
    [SCENARIO_NO_CONSOLE] = {"%a: the console (port %V) is no UART of the hypervisor",
                             "add the UART to the devices with owner \"hypervisor\""},
    [SCENARIO_BAD_FRAMEBUFFER] =
        {"%a: %m: %v is not possible",
         "one pre-launched VM has the framebuffer, at a 2 MiB aligned address, in a "
         "mode of at most 8192 pixels a side"},
    [SCENARIO_BAD_OUTPUT] = {"%a: %m: %v is not possible",
                             "at most 8192 pixels a side, 1 to 1000 Hz"},
    [SCENARIO_SAME_OUTPUT] = {"%a: connector %v is also that of %w", "one output per connector"},
    [SCENARIO_UNKNOWN_OUTPUT] = {"%a: %m names output number %v, there are %l",
                                 "name an output of this scenario"},
    [SCENARIO_LAYER_OUTSIDE] = {"%a: is not inside %w (%v by %l)", "place it inside the output"},
    [SCENARIO_BAD_CUT] = {"%a: a cut of %v by %l is not possible",
                          "say x, y, width and height of the part of the source that is shown"},
    [SCENARIO_LAYER_OVER_CLUSTER] = {"%a: lies over the cluster's %w",
                                     "give the cluster's layers of that output the highest z"},
};

struct sentence {
    char *text;
    size_t bytes, used;
};

static void put(struct sentence *out, const char *text, size_t max)
{
    for (size_t i = 0; i < max && text[i] && out->used + 1 < out->bytes; i++)
        out->text[out->used++] = text[i];
}

static void put_number(struct sentence *out, uint64_t value, unsigned base)
{
    char digits[24];
    size_t at = sizeof(digits);

    digits[--at] = 0;
    do {
        digits[--at] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value);
    if (base == 16)
        put(out, "0x", 2);
    put(out, digits + at, sizeof(digits) - at);
}

static void put_named(struct sentence *out, const char *kind, const char *name)
{
    put(out, kind, 16);
    put(out, " \"", 2);
    put(out, name, BN_NAME_BYTES);
    put(out, "\"", 1);
}

static void put_ref(struct sentence *out, const struct bn_scenario *s, struct scenario_ref ref)
{
    switch (ref.object) {
    case SCENARIO_ITSELF:
        put(out, "scenario", 16);
        break;
    case SCENARIO_HYPERVISOR:
        put(out, "hypervisor", 16);
        break;
    case SCENARIO_SHM:
        put(out, "shared memory", 16);
        break;
    case SCENARIO_VM:
        put_named(out, "VM", s->vm[ref.index].name);
        break;
    case SCENARIO_REGION:
        put_named(out, "region", s->region[ref.index].name);
        break;
    case SCENARIO_DEVICE:
        put_named(out, "device", s->device[ref.index].name);
        break;
    case SCENARIO_OUTPUT:
        put_named(out, "output", s->output[ref.index].name);
        break;
    case SCENARIO_LAYER:
        put(out, "layer ", 16);
        put_number(out, ref.index, 10);
        break;
    case SCENARIO_NOTHING:
        put(out, "nothing", 16);
        break;
    }
}

size_t scenario_explain(const struct bn_scenario *s, const struct scenario_problem *p, char *text,
                        size_t bytes)
{
    struct sentence out = {text, bytes, 0};
    const char *what =
        (unsigned)p->fault < SCENARIO_FAULT_COUNT ? words[p->fault].what : "unknown fault";

    if (bytes == 0)
        return 0;
    for (; *what; what++) {
        if (*what != '%') {
            put(&out, what, 1);
            continue;
        }
        switch (*++what) {
        case 'a':
            put_ref(&out, s, p->at);
            break;
        case 'w':
            put_ref(&out, s, p->with);
            break;
        case 'm':
            put(&out, p->member, 32);
            break;
        case 'v':
            put_number(&out, p->value, 10);
            break;
        case 'l':
            put_number(&out, p->limit, 10);
            break;
        case 'V':
            put_number(&out, p->value, 16);
            break;
        case 'L':
            put_number(&out, p->limit, 16);
            break;
        case 'M':
            put_number(&out, p->value >> 20, 10);
            break;
        case 'N':
            put_number(&out, p->limit >> 20, 10);
            break;
        }
    }
    text[out.used] = 0;
    return out.used;
}

const char *scenario_remedy(enum scenario_fault fault)
{
    return (unsigned)fault < SCENARIO_FAULT_COUNT ? words[fault].remedy : "";
}
