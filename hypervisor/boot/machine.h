/* SPDX-License-Identifier: BSD-3-Clause */
/* Questions to the machine that no firmware has to answer, and the answers in words. */
#ifndef BOOT_MACHINE_H
#define BOOT_MACHINE_H

#include "hv/acpi.h"
#include "hv/scenario.h"

#define FIRST_CONSOLE 0x3F8     /* COM1, until the scenario is read */
#define LEAF1_VMX     (1u << 5) /* of WORD_1_ECX */

/* Registers of CPUID and MSRs that say what a processor can: CPUID 1, Dh/1, 80000001h, 80000007h,
 * 8000000Ah; then VMX's capabilities, of its controls those that may be set. */
enum machine_word {
    WORD_1_ECX,
    WORD_D1_EAX,
    WORD_EXT1_ECX,
    WORD_EXT1_EDX,
    WORD_EXT7_EDX,
    WORD_SVM_EDX,
    WORD_VM_CR,
    WORD_VMX_PIN, /* from here on only where CPUID offers VMX */
    WORD_VMX2,
    WORD_VMX_EPT,
    WORD_FEATURE_CONTROL,
};
uint32_t machine_word(enum machine_word word); /* 0: the processor has no such register */
void machine_brand(char maker[13], char model[49]);

/* As struct scenario_machine wants it. */
bool machine_pci_ids(uint16_t bdf, uint16_t *vendor_id, uint16_t *device_id);

/* features.c: the names of what the processor has, or lacks, with commas between. */
void machine_names(bool there, char *to, size_t bytes);
/* Fills in `has`, `known` and the number of CPUs. display: there is a linear framebuffer. */
void machine_features(const struct acpi_info *acpi, bool display, struct scenario_machine *machine);

/* report.c: what the machine is, line by line. */
void report_machine(const struct acpi_info *acpi, const struct bn_boot_info *info);
/* A scenario_finding; scenario_fit calls it. Misfits are told as errors in any case. context: null,
 * or the findings are told too. */
void report_finding(void *context, enum scenario_verdict verdict, struct scenario_ref at,
                    const char *member, const char *what, const char *remedy);
/* Whether the scenario, which is sound, can be used on this machine, by `info`'s root pointer,
 * memory map and framebuffer; NULL, or why not. What the machine is and every finding is told if
 * the scenario asks for the report. */
const char *machine_misfit(const struct bn_scenario *s, const struct bn_boot_info *info);
/* Each loader's own: a line of the report; an error. */
void report_line(const char *format, ...) HV_PRINTF(1, 2);
void complain(const char *format, ...) HV_PRINTF(1, 2);

#endif
