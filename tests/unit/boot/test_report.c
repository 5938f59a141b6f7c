/* SPDX-License-Identifier: BSD-3-Clause */
/* The hardware report on machines that no emulator here has: Intel's processors and graphics, what
 * firmware switches off. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "hv/hw.h"
#include "hv/lib.h"
#include "hv/log.h"
#include "hv/pci.h"
#include "hypervisor/boot/machine.h"

#define VMX   (1u << 5)
#define SVM   (1u << 2)
#define XSAVE (1u << 26)
#define USABLE                                                                                     \
    MACHINE_VIRTUALISATION | MACHINE_SWITCHED_ON | MACHINE_NESTED_PAGING | MACHINE_UNRESTRICTED |  \
        MACHINE_XSAVE
#define EPT_USUAL 0x06114141u /* four levels, write-back, 2 MiB; no 1 GiB */

static uint32_t words[WORD_FEATURE_CONTROL + 1];
static struct {
    uint16_t bdf, class;
    uint32_t ids, bar0;
} functions[4];
static unsigned function_count;
static char text[8192];

uint32_t machine_word(enum machine_word word)
{
    return words[word];
}

void machine_brand(char maker[13], char model[49])
{
    strcpy(maker, "GenuineIntel");
    strcpy(model, "a processor");
}

bool uart_present(uint16_t port)
{
    return port == 0x2F8;
}

bool machine_pci_ids(uint16_t bdf, uint16_t *vendor_id, uint16_t *device_id)
{
    uint32_t ids = pci_read(bdf, 0, 4);

    *vendor_id = (uint16_t)ids;
    *device_id = (uint16_t)(ids >> 16);
    return true;
}

uint32_t pci_read(uint16_t bdf, unsigned offset, unsigned bytes)
{
    (void)bytes;
    for (unsigned i = 0; i < function_count; i++)
        if (functions[i].bdf == bdf)
            return offset == 0      ? functions[i].ids
                   : offset == 0x10 ? functions[i].bar0
                                    : functions[i].class;
    return UINT32_MAX;
}

void pci_each(void (*visit)(uint16_t bdf, void *context), void *context)
{
    for (unsigned i = 0; i < function_count; i++)
        visit(functions[i].bdf, context);
}

static void add(const char *format, va_list list)
{
    size_t used = strlen(text);

    used += (size_t)vsnprintf(text + used, sizeof(text) - used, format, list);
    snprintf(text + used, sizeof(text) - used, "\n");
}

void report_line(const char *format, ...)
{
    va_list list;

    va_start(list, format);
    add(format, list);
    va_end(list);
}

void complain(const char *format, ...)
{
    va_list list;

    va_start(list, format);
    add(format, list);
    va_end(list);
}

void hv_log(const char *format, ...)
{
    (void)format;
}

static const struct acpi_info *firmware; /* NULL: its tables are damaged */

enum bn_status acpi_read(hpa_t rsdp, uint32_t boot_apic_id, struct acpi_info *info)
{
    (void)rsdp;
    (void)boot_apic_id;
    if (!firmware)
        return BN_EINVAL;
    *info = *firmware;
    return BN_OK;
}

static void clear(void)
{
    memset(words, 0, sizeof(words));
    function_count = 0;
    text[0] = 0;
}

static void usual_vmx(void)
{
    clear();
    words[WORD_1_ECX] = VMX | XSAVE;
    words[WORD_VMX2] = 1u << 1 | 1u << 7;
    words[WORD_VMX_EPT] = EPT_USUAL;
    words[WORD_FEATURE_CONTROL] = 5;
}

static uint32_t virtualisation(uint32_t *known)
{
    static const struct acpi_info none;
    struct scenario_machine machine = {0};

    machine_features(&none, false, &machine);
    *known = machine.known;
    return machine.has;
}

static void test_what_can_be_used(void **state)
{
    uint32_t known;

    (void)state;
    usual_vmx();
    assert_int_equal(virtualisation(&known), USABLE);
    assert_int_equal(known, UINT32_MAX);
    words[WORD_FEATURE_CONTROL] = 0; /* not locked: ours to set */
    assert_int_equal(virtualisation(&known), USABLE);
    words[WORD_FEATURE_CONTROL] = 1;
    assert_int_equal(virtualisation(&known), (USABLE) & ~MACHINE_SWITCHED_ON);
    usual_vmx();
    words[WORD_VMX2] = 1u << 1;
    assert_int_equal(virtualisation(&known), (USABLE) & ~MACHINE_UNRESTRICTED);
    usual_vmx();
    words[WORD_VMX_EPT] &= ~(1u << 16);
    assert_int_equal(virtualisation(&known), (USABLE) & ~MACHINE_NESTED_PAGING);
    clear();
    words[WORD_EXT1_ECX] = SVM;
    words[WORD_SVM_EDX] = 1;
    assert_int_equal(virtualisation(&known), (USABLE) & ~MACHINE_XSAVE);
    words[WORD_1_ECX] = XSAVE;
    assert_int_equal(virtualisation(&known), USABLE);
    words[WORD_VM_CR] = 1u << 4;
    assert_int_equal(virtualisation(&known), (USABLE) & ~MACHINE_SWITCHED_ON);
    words[WORD_VM_CR] = words[WORD_SVM_EDX] = 0;
    assert_int_equal(virtualisation(&known), (USABLE) & ~MACHINE_NESTED_PAGING);
    clear(); /* neither: only that is told, not what depends on it */
    assert_int_equal(virtualisation(&known), 0);
    assert_int_equal(known & (USABLE), MACHINE_VIRTUALISATION);
}

static void test_acpi_gives_the_rest(void **state)
{
    const struct acpi_info acpi = {.cpu_count = 4, .pm_timer = 0x1808, .iommu_count = 1};
    struct scenario_machine machine = {0};

    (void)state;
    clear();
    words[WORD_EXT7_EDX] = 1u << 8;
    words[WORD_1_ECX] = XSAVE;
    machine_features(&acpi, true, &machine);
    assert_int_equal(machine.has, MACHINE_PM_TIMER | MACHINE_IOMMU | MACHINE_INVARIANT_TSC |
                                      MACHINE_DISPLAY | MACHINE_XSAVE);
    assert_int_equal(machine.cpu_count, 4);
}

static void test_names(void **state)
{
    char list[400];

    (void)state;
    usual_vmx();
    words[WORD_1_ECX] |= 1u << 21;
    words[WORD_VMX_PIN] = 1u << 7;
    words[WORD_SVM_EDX] = 1; /* not this processor's business */
    machine_names(true, list, sizeof(list));
    assert_string_equal(list, "VMX, x2APIC, XSAVE, EPT, unrestricted guest, posted interrupts");
    machine_names(false, list, sizeof(list));
    assert_string_equal(list, "SVM, TSC deadline, invariant TSC, XSAVES, 1 GiB pages, EPT of 1 "
                              "GiB, VPID, APIC registers, "
                              "interrupt delivery, x2APIC virtualisation, preemption timer");
    machine_names(true, list, 8);
    assert_string_equal(list, "VMX, x2");
}

static unsigned count(const char *what)
{
    unsigned n = 0;

    for (const char *at = text; (at = strstr(at, what)); at++)
        n++;
    return n;
}

static void test_lines(void **state)
{
    const struct acpi_info acpi = {.cpu_count = 4,
                                   .iommu = {{.base = 0xFED90000}, {.base = 0xFED91000}},
                                   .no_remapping = true,
                                   .iommu_count = 2,
                                   .reserved = {{0x7D000000, 0x7F800000}},
                                   .reserved_count = 1};
    static const struct bn_boot_info info = {
        .memory_count = 3,
        .memory = {{0, 512u << 20, BN_MEMORY_USABLE, 0},
                   {512u << 20, 4096, BN_MEMORY_RESERVED, 0},
                   {1ull << 32, 1ull << 30, BN_MEMORY_USABLE, 0}}};

    (void)state;
    usual_vmx();
    functions[function_count++] = (typeof(functions[0])){0x10, 0x0300, 0x3EA58086, 0};
    functions[function_count++] = (typeof(functions[0])){0x20, 0x0380, 0x1B368086, 0};
    functions[function_count++] = (typeof(functions[0])){0xB3, 0x0700, 0x9DE38086, 0x3061};
    functions[function_count++] = (typeof(functions[0])){0xB4, 0x0700, 0x9DE38086, 0xFE000000};
    report_machine(&acpi, &info);
    static const char *const said[] = {
        "processor: GenuineIntel, a processor\n",
        "CPUs: 4\n",
        "ACPI PM timer: none\n",
        "HPET: none",
        "IOMMU: VT-d at 0xfed90000, interrupts cannot be remapped\n",
        "IOMMU: VT-d at 0xfed91000, interrupts cannot be remapped\n",
        "RMRR: 0x7d000000 to 0x7f7fffff\n",
        "memory: 1536 MiB usable, 512 of them below 4 GiB\n",
        "graphics: 00:02.0 is 8086:3ea5, Intel generation 9\n",
        "graphics: 00:04.0 is 8086:1b36\n",
        "UART: 00:16.3 is 8086:9de3, port 0x3060\n",
        "UART: port 0x2f8\n",
        "display: none",
    };
    for (unsigned i = 0; i < HV_ARRAY_SIZE(said); i++)
        if (!strstr(text, said[i]))
            fail_msg("\"%s\" is missing in:\n%s", said[i], text);
    assert_int_equal(count("IOMMU"), 2);
    assert_int_equal(count("UART"), 2);
}

static void test_amd(void **state)
{
    const struct acpi_info acpi = {.iommu = {{.base = 0xFD000000, .amd = true}},
                                   .iommu_count = 1,
                                   .reserved = {{0xAE000000, 0xAE100000}},
                                   .reserved_count = 1,
                                   .hpet_base = 0xFED00000};
    static const struct bn_boot_info info = {
        .framebuffer = {.base = 0x4000000000, .width = 1920, .height = 1080}};

    (void)state;
    clear();
    report_machine(&acpi, &info);
    assert_non_null(strstr(text, "IOMMU: AMD-Vi at 0xfd000000\n"));
    assert_non_null(strstr(text, "IVMD: 0xae000000 to 0xae0fffff\n"));
    assert_non_null(strstr(text, "HPET: at 0xfed00000, not used\n"));
    assert_non_null(strstr(text, "display: 1920x1080, framebuffer at 0x4000000000\n"));
}

static void test_findings(void **state)
{
    const struct scenario_ref at = {SCENARIO_ITSELF, 0};

    (void)state;
    clear();
    report_finding(NULL, SCENARIO_MET, at, "machine", "a", "");
    report_finding(NULL, SCENARIO_LOST, at, "machine", "b", "c");
    assert_string_equal(text, "");
    report_finding(NULL, SCENARIO_UNMET, at, "machine", "d", "e");
    assert_string_equal(text, "ERROR: d\n    remedy: e\n");
    clear();
    report_finding(text, SCENARIO_MET, at, "machine", "a", "");
    report_finding(text, SCENARIO_LOST, at, "machine", "b", "c");
    assert_string_equal(text, "needed: yes: a\nneeded: lost: b\n    remedy: c\n");
}

static void test_misfit(void **state)
{
    const struct acpi_info acpi = {.cpu_count = 2, .pm_timer = 0x608};
    static const struct bn_boot_info info = {.memory_count = 1,
                                             .memory = {{0, 64ull << 20, BN_MEMORY_USABLE, 0}}};
    static struct bn_scenario s;

    (void)state;
    usual_vmx();
    s.framebuffer_vm = BN_MAX_VMS;
    assert_string_equal(machine_misfit(&s, &info), "the firmware's ACPI tables cannot be used");
    firmware = &acpi;
    assert_null(machine_misfit(&s, &info));
    assert_string_equal(text, ""); /* no report was asked for */
    s.vm_count = 1;
    s.vm[0].cpu_count = 1;
    s.vm[0].cpu[0].pcpu = 2;
    assert_string_equal(machine_misfit(&s, &info), "it cannot be used on this machine");
    assert_non_null(strstr(text, "there is no CPU 2, the machine has 2"));
    s.flags = BN_SCENARIO_REPORT;
    assert_non_null(machine_misfit(&s, &info));
    assert_non_null(strstr(text, "processor: GenuineIntel"));
    assert_non_null(strstr(text, "needed: NO: VM"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_can_be_used),
        cmocka_unit_test(test_acpi_gives_the_rest),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_amd),
        cmocka_unit_test(test_findings),
        cmocka_unit_test(test_misfit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
