/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns what processor and firmware can: the names of it, and what of it a scenario may ask for. */
#include "hv/lib.h"
#include "hv/scenario.h"
#include "machine.h"

#define VM_CR_SVMDIS       (1u << 4)
#define FEATURE_LOCK       1u
#define FEATURE_VMXON      4u
#define EXT1_SVM           (1u << 2)
#define EXT7_INVARIANT_TSC (1u << 8)
#define SVM_NPT            1u
#define VMX2_EPT           (1u << 1)
#define VMX2_UNRESTRICTED  (1u << 7)
#define EPT_USED           (1u << 6 | 1u << 14 | 1u << 16) /* four levels, write-back, 2 MiB */

/* SDM 2 (CPUID), SDM 3 appendix A; APM 3 appendix E. */
static const struct {
    const char *name;
    enum machine_word word;
    uint8_t bit;
} names[] = {
    {"VMX", WORD_1_ECX, 5},
    {"SVM", WORD_EXT1_ECX, 2},
    {"x2APIC", WORD_1_ECX, 21},
    {"TSC deadline", WORD_1_ECX, 24},
    {"invariant TSC", WORD_EXT7_EDX, 8},
    {"XSAVES", WORD_D1_EAX, 3},
    {"1 GiB pages", WORD_EXT1_EDX, 26},
    {"EPT", WORD_VMX2, 1},
    {"EPT of 1 GiB", WORD_VMX_EPT, 17},
    {"unrestricted guest", WORD_VMX2, 7},
    {"VPID", WORD_VMX2, 5},
    {"APIC registers", WORD_VMX2, 8},
    {"interrupt delivery", WORD_VMX2, 9},
    {"x2APIC virtualisation", WORD_VMX2, 4},
    {"posted interrupts", WORD_VMX_PIN, 7},
    {"preemption timer", WORD_VMX_PIN, 6},
    {"NPT", WORD_SVM_EDX, 0},
    {"NRIPS", WORD_SVM_EDX, 3},
    {"flush by ASID", WORD_SVM_EDX, 6},
    {"decode assists", WORD_SVM_EDX, 7},
    {"AVIC", WORD_SVM_EDX, 13},
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

void machine_names(bool there, char *to, size_t bytes)
{
    size_t used = 0;

    to[0] = 0;
    for (unsigned i = 0; i < HV_ARRAY_SIZE(names); i++)
        if (is_shown(names[i].word) && (machine_word(names[i].word) >> names[i].bit & 1) == there)
            used += hv_snprintf(to + used, bytes - used, used ? ", %s" : "%s", names[i].name);
}

/* As svm/svm.c and vmx/vmx.c want it; SVM is what is used where there are both. */
static uint32_t virtualisation(void)
{
    const uint32_t control = machine_word(WORD_FEATURE_CONTROL), vmx2 = machine_word(WORD_VMX2);

    if (has_svm())
        return MACHINE_VIRTUALISATION | MACHINE_UNRESTRICTED |
               (machine_word(WORD_VM_CR) & VM_CR_SVMDIS ? 0 : MACHINE_SWITCHED_ON) |
               (machine_word(WORD_SVM_EDX) & SVM_NPT ? MACHINE_NESTED_PAGING : 0);
    if (!has_vmx())
        return 0;
    return MACHINE_VIRTUALISATION |
           (control & FEATURE_VMXON || !(control & FEATURE_LOCK) ? MACHINE_SWITCHED_ON : 0) |
           (vmx2 & VMX2_UNRESTRICTED ? MACHINE_UNRESTRICTED : 0) |
           (vmx2 & VMX2_EPT && (machine_word(WORD_VMX_EPT) & EPT_USED) == EPT_USED
                ? MACHINE_NESTED_PAGING
                : 0);
}

void machine_features(const struct acpi_info *acpi, bool display, struct scenario_machine *machine)
{
    machine->has = virtualisation();
    machine->known = ~0u;
    if (!(machine->has & MACHINE_VIRTUALISATION)) /* one complaint is enough */
        machine->known = ~(MACHINE_SWITCHED_ON | MACHINE_NESTED_PAGING | MACHINE_UNRESTRICTED);
    if (acpi->pm_timer)
        machine->has |= MACHINE_PM_TIMER;
    if (acpi->iommu_count)
        machine->has |= MACHINE_IOMMU;
    if (machine_word(WORD_EXT7_EDX) & EXT7_INVARIANT_TSC)
        machine->has |= MACHINE_INVARIANT_TSC;
    if (display)
        machine->has |= MACHINE_DISPLAY;
    machine->cpu_count = acpi->cpu_count;
}
