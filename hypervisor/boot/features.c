/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns what processor and firmware can: the names of it, and what of it a scenario may ask for. */
#include "hv/lib.h"
#include "hv/scenario.h"
#include "machine.h"

#define VM_CR_SVMDIS  (1u << 4)
#define FEATURE_LOCK  1u
#define FEATURE_VMXON 4u
#define EXT1_SVM      (1u << 2)
#define EPT_USED      (1u << 6 | 1u << 14 | 1u << 16) /* four levels, write-back, 2 MiB */

/* SDM 2 (CPUID), SDM 3 appendix A; APM 3 appendix E. `gives`: what a scenario may ask for
 * (MACHINE_*), which is there with this. */
static const struct {
    const char *name;
    enum machine_word word;
    uint8_t bit;
    uint32_t gives;
} names[] = {
    {"VMX", WORD_1_ECX, 5, MACHINE_VIRTUALISATION},
    {"SVM", WORD_EXT1_ECX, 2, MACHINE_VIRTUALISATION | MACHINE_UNRESTRICTED},
    {"x2APIC", WORD_1_ECX, 21, 0},
    {"TSC deadline", WORD_1_ECX, 24, 0},
    {"invariant TSC", WORD_EXT7_EDX, 8, MACHINE_INVARIANT_TSC},
    {"XSAVE", WORD_1_ECX, 26, MACHINE_XSAVE},
    {"XSAVES", WORD_D1_EAX, 3, 0},
    {"1 GiB pages", WORD_EXT1_EDX, 26, 0},
    {"EPT", WORD_VMX2, 1, 0},
    {"EPT of 1 GiB", WORD_VMX_EPT, 17, 0},
    {"unrestricted guest", WORD_VMX2, 7, MACHINE_UNRESTRICTED},
    {"VPID", WORD_VMX2, 5, 0},
    {"APIC registers", WORD_VMX2, 8, 0},
    {"interrupt delivery", WORD_VMX2, 9, 0},
    {"x2APIC virtualisation", WORD_VMX2, 4, 0},
    {"posted interrupts", WORD_VMX_PIN, 7, 0},
    {"preemption timer", WORD_VMX_PIN, 6, 0},
    {"NPT", WORD_SVM_EDX, 0, MACHINE_NESTED_PAGING},
    {"NRIPS", WORD_SVM_EDX, 3, 0},
    {"flush by ASID", WORD_SVM_EDX, 6, 0},
    {"decode assists", WORD_SVM_EDX, 7, 0},
    {"AVIC", WORD_SVM_EDX, 13, 0},
};

static bool has_svm(void)
{
    return machine_word(WORD_EXT1_ECX) & EXT1_SVM;
}

static bool has_vmx(void)
{
    return machine_word(WORD_1_ECX) & LEAF1_VMX;
}

/* What belongs to the other vendor's virtualisation says nothing. */
static bool is_shown(enum machine_word word)
{
    return word == WORD_SVM_EDX ? has_svm() : word < WORD_VMX_PIN || has_vmx();
}

static bool is_there(unsigned i)
{
    return machine_word(names[i].word) >> names[i].bit & 1;
}

void machine_names(bool there, char *to, size_t bytes)
{
    size_t used = 0;

    to[0] = 0;
    for (unsigned i = 0; i < HV_ARRAY_SIZE(names); i++)
        if (is_shown(names[i].word) && is_there(i) == there)
            used += hv_snprintf(to + used, bytes - used, used ? ", %s" : "%s", names[i].name);
}

/* By firmware, as svm/svm.c and vmx/vmx.c want it; SVM is what is used where there are both. */
static bool is_switched_on(void)
{
    const uint32_t control = machine_word(WORD_FEATURE_CONTROL);

    if (has_svm())
        return !(machine_word(WORD_VM_CR) & VM_CR_SVMDIS);
    return has_vmx() && (control & FEATURE_VMXON || !(control & FEATURE_LOCK));
}

void machine_features(const struct acpi_info *acpi, bool display, struct scenario_machine *machine)
{
    const bool ept = (machine_word(WORD_VMX_EPT) & EPT_USED) == EPT_USED;

    machine->has = (ept ? MACHINE_NESTED_PAGING : 0) |
                   (is_switched_on() ? MACHINE_SWITCHED_ON : 0) |
                   (acpi->pm_timer ? MACHINE_PM_TIMER : 0) |
                   (acpi->iommu_count ? MACHINE_IOMMU : 0) | (display ? MACHINE_DISPLAY : 0);
    for (unsigned i = 0; i < HV_ARRAY_SIZE(names); i++)
        if (is_shown(names[i].word) && is_there(i))
            machine->has |= names[i].gives;
    machine->known = ~0u;
    if (!(machine->has & MACHINE_VIRTUALISATION)) /* one complaint is enough */
        machine->known =
            ~(MACHINE_SWITCHED_ON | MACHINE_NESTED_PAGING | MACHINE_UNRESTRICTED | MACHINE_XSAVE);
    machine->cpu_count = acpi->cpu_count;
}
