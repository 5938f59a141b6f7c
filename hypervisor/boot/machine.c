/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the loader's questions to the machine: processor, PCI functions, UARTs. */
#include "machine.h"

#include "hv/arch.h"
#include "hv/hw.h"
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
    if (!(leaf(1, 0).ecx >> 5 & 1))
        return 0;
    if (msr == MSR_VMX_PROCESSOR2 && !(vmx_controls(MSR_VMX_PROCESSOR) & PROCESSOR_2))
        return 0;
    return (uint32_t)(rdmsr(msr) >> 32);
}

uint32_t machine_word(enum machine_word word)
{
    switch (word) {
    case WORD_1_ECX:
        return leaf(1, 0).ecx;
    case WORD_D1_EAX:
        return leaf(0xD, 1).eax;
    case WORD_EXT1_ECX:
        return leaf(0x80000001, 0).ecx;
    case WORD_EXT1_EDX:
        return leaf(0x80000001, 0).edx;
    case WORD_EXT7_EDX:
        return leaf(0x80000007, 0).edx;
    case WORD_SVM_EDX:
        return leaf(0x8000000A, 0).edx;
    case WORD_VM_CR:
        return leaf(0x80000001, 0).ecx & 4 ? (uint32_t)rdmsr(MSR_VM_CR) : 0;
    case WORD_VMX_PIN:
        return vmx_controls(MSR_VMX_PIN);
    case WORD_VMX2:
        return vmx_controls(MSR_VMX_PROCESSOR2);
    case WORD_VMX_EPT:
        return vmx_controls(MSR_VMX_PROCESSOR2) & PROCESSOR2_EPT ? (uint32_t)rdmsr(MSR_VMX_EPT) : 0;
    case WORD_FEATURE_CONTROL:
        return leaf(1, 0).ecx >> 5 & 1 ? (uint32_t)rdmsr(MSR_FEATURE_CONTROL) : 0;
    }
    return 0;
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

bool machine_uart_present(void *context, uint16_t port)
{
    (void)context;
    return uart_present(port);
}

bool machine_pci_ids(void *context, uint16_t bdf, uint16_t *vendor_id, uint16_t *device_id)
{
    const uint32_t ids = pci_read(bdf, 0, 4);

    (void)context;
    *vendor_id = (uint16_t)ids;
    *device_id = (uint16_t)(ids >> 16);
    return *vendor_id != 0xFFFF;
}
