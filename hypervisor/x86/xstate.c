/* SPDX-License-Identifier: BSD-3-Clause */
/* Registers that the hypervisor itself never uses and vCPUs of one CPU share: x87 to AVX-512, debug
 * addresses, TSC_AUX. Switched eagerly with the vCPU. */
#include "hv/arch.h"
#include "hv/vm.h"

#define XCR0_X87    1u
#define XCR0_SSE    2u
#define XCR0_AVX    4u
#define XCR0_AVX512 0xE0u
#define FCW_RESET   0x37Fu
#define MXCSR_RESET 0x1F80u

uint64_t xstate_supported;
uint32_t xstate_instructions = 7 | XSTATE_XSAVES; /* XSAVEOPT, XSAVEC, XGETBV of index 1 */
uint32_t xstate_bytes;
static bool has_tsc_aux;

void xstate_init(void)
{
    has_tsc_aux = cpuid(0x80000001, 0).edx >> 27 & 1;
    xstate_supported = cpuid(0xD, 0).eax & (XCR0_X87 | XCR0_SSE | XCR0_AVX | XCR0_AVX512);
    if (!(xstate_supported & XCR0_AVX))
        xstate_supported &= XCR0_X87 | XCR0_SSE;
    xstate_bytes = 576;
    for (unsigned i = 2; i < 8; i++)
        if (xstate_supported >> i & 1) {
            struct cpuid_regs r = cpuid(0xD, i);

            if (r.ebx + r.eax > xstate_bytes)
                xstate_bytes = r.ebx + r.eax;
        }
    HV_ASSERT(xstate_bytes <= HV_PAGE_BYTES);
}

static void set_xcr0(uint64_t value)
{
    __asm__ volatile("xsetbv" : : "c"(0), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)));
}

void xstate_init_cpu(void)
{
    write_cr4(read_cr4() | X86_CR4_OSXSAVE);
    set_xcr0(xstate_supported);
    if (cpuid(0xD, 1).eax & XSTATE_XSAVES)
        wrmsr(MSR_XSS, 0); /* for all guests: XSAVES saves what XCR0 has */
}

void xstate_reset(struct vcpu *vcpu)
{
    uint8_t *area = (uint8_t *)vcpu->xsave;
    uint16_t fcw = FCW_RESET;
    uint32_t mxcsr = MXCSR_RESET;

    memset(area, 0, xstate_bytes);
    memcpy(area, &fcw, sizeof(fcw));
    memcpy(area + 24, &mxcsr, sizeof(mxcsr));
    vcpu->xcr0 = XCR0_X87;
    vcpu->tsc_aux = 0;
    if (vcpu->loaded)
        xstate_load(vcpu);
}

void xstate_load(struct vcpu *vcpu)
{
    set_xcr0(xstate_supported);
    __asm__ volatile("xrstor64 (%0)" : : "r"(vcpu->xsave), "a"(~0u), "d"(~0u) : "memory");
    set_xcr0(vcpu->xcr0);
    if (has_tsc_aux)
        wrmsr(MSR_TSC_AUX, vcpu->tsc_aux);
    __asm__ volatile("mov %0, %%dr0" : : "r"(vcpu->dr[0]));
    __asm__ volatile("mov %0, %%dr1" : : "r"(vcpu->dr[1]));
    __asm__ volatile("mov %0, %%dr2" : : "r"(vcpu->dr[2]));
    __asm__ volatile("mov %0, %%dr3" : : "r"(vcpu->dr[3]));
}

void xstate_save(struct vcpu *vcpu)
{
    set_xcr0(xstate_supported);
    __asm__ volatile("xsave64 (%0)" : : "r"(vcpu->xsave), "a"(~0u), "d"(~0u) : "memory");
    if (has_tsc_aux)
        vcpu->tsc_aux = rdmsr(MSR_TSC_AUX);
    __asm__ volatile("mov %%dr0, %0" : "=r"(vcpu->dr[0]));
    __asm__ volatile("mov %%dr1, %0" : "=r"(vcpu->dr[1]));
    __asm__ volatile("mov %%dr2, %0" : "=r"(vcpu->dr[2]));
    __asm__ volatile("mov %%dr3, %0" : "=r"(vcpu->dr[3]));
}

/* SDM 1 §13.3: what XSETBV refuses, plus what we do not switch. */
enum bn_status xstate_xsetbv(struct vcpu *vcpu, uint32_t index, uint64_t value)
{
    if (index || !(value & XCR0_X87) || value & ~xstate_supported ||
        (value & XCR0_AVX && !(value & XCR0_SSE)) ||
        (value & XCR0_AVX512 && ((value & XCR0_AVX512) != XCR0_AVX512 || !(value & XCR0_AVX))))
        return BN_EINVAL;
    vcpu->xcr0 = value;
    set_xcr0(value);
    return BN_OK;
}
