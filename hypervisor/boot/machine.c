/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the loader's questions to the machine: processor, PCI functions, UARTs. */
#include "machine.h"

#include "hv/arch.h"
#include "hv/lib.h"
#include "hv/pci.h"

#define MSR_FEATURE_CONTROL 0x3Au
#define MSR_VMX_PIN         0x481u
#define MSR_VMX_PROCESSOR   0x482u
#define MSR_VMX_PROCESSOR2  0x48Bu
#define MSR_VMX_EPT         0x48Cu
#define MSR_VM_CR           0xC0010114u
#define PROCESSOR_2         (1u << 31)
#define PROCESSOR2_EPT      (1u << 1)

void *hpa_to_ptr(hpa_t address)
{
    return (void *)address; /* the firmware's tables are an identity map */
}

static struct cpuid_regs leaf(uint32_t number, uint32_t subleaf)
{
    if (cpuid(number & 0x80000000, 0).eax < number)
        return (struct cpuid_regs){0};
    return cpuid(number, subleaf);
}

/* Those that may be set; none where the register is not there (SDM 3 appendix A.3). */
static uint32_t vmx_controls(uint32_t msr)
{
    if (!(leaf(1, 0).ecx & LEAF1_VMX) ||
        (msr == MSR_VMX_PROCESSOR2 && !(vmx_controls(MSR_VMX_PROCESSOR) & PROCESSOR_2)))
        return 0;
    return (uint32_t)(rdmsr(msr) >> 32);
}

uint32_t machine_word(enum machine_word word)
{
    static const uint32_t cpuids[][3] = {/* leaf, subleaf, register */
                                         [WORD_1_ECX] = {1, 0, 2},
                                         [WORD_D1_EAX] = {0xD, 1, 0},
                                         [WORD_EXT1_ECX] = {0x80000001, 0, 2},
                                         [WORD_EXT1_EDX] = {0x80000001, 0, 3},
                                         [WORD_EXT7_EDX] = {0x80000007, 0, 3},
                                         [WORD_SVM_EDX] = {0x8000000A, 0, 3}};

    if (word < HV_ARRAY_SIZE(cpuids)) {
        const struct cpuid_regs r = leaf(cpuids[word][0], cpuids[word][1]);

        return (const uint32_t[]){r.eax, r.ebx, r.ecx, r.edx}[cpuids[word][2]];
    }
    if (word == WORD_VM_CR)
        return leaf(0x80000001, 0).ecx & 4 ? (uint32_t)rdmsr(MSR_VM_CR) : 0;
    if (word == WORD_FEATURE_CONTROL)
        return leaf(1, 0).ecx & LEAF1_VMX ? (uint32_t)rdmsr(MSR_FEATURE_CONTROL) : 0;
    if (word == WORD_VMX_EPT)
        return vmx_controls(MSR_VMX_PROCESSOR2) & PROCESSOR2_EPT ? (uint32_t)rdmsr(MSR_VMX_EPT) : 0;
    return vmx_controls(word == WORD_VMX2 ? MSR_VMX_PROCESSOR2 : MSR_VMX_PIN);
}

void machine_brand(char maker[13], char model[49])
{
    const struct cpuid_regs first = leaf(0, 0);

    memcpy(maker, &first.ebx, 4);
    memcpy(maker + 4, &first.edx, 4);
    memcpy(maker + 8, &first.ecx, 4);
    for (uint32_t i = 0; i < 3; i++) {
        const struct cpuid_regs part = leaf(0x80000002 + i, 0);

        memcpy(model + i * 16, &part, 16);
    }
    maker[12] = model[48] = 0;
}

bool machine_pci_ids(uint16_t bdf, uint16_t *vendor_id, uint16_t *device_id)
{
    const uint32_t ids = pci_read(bdf, 0, 4);

    *vendor_id = (uint16_t)ids;
    *device_id = (uint16_t)(ids >> 16);
    return *vendor_id != 0xFFFF;
}
