/* SPDX-License-Identifier: BSD-3-Clause */
/* In front of the hypervisor's header of this name: the tests' processor answers instead
 * (vendor_fake.c, vmx_fake.c). */
#ifndef HV_CPU_H
#define HV_CPU_H

#include "hv/types.h"

struct cpuid_regs {
    uint32_t eax, ebx, ecx, edx;
};

struct cpuid_regs cpuid(uint32_t leaf, uint32_t subleaf);
uint64_t rdmsr(uint32_t msr);
void wrmsr(uint32_t msr, uint64_t value);
uint64_t rdtsc(void);
uint64_t read_cr0(void);
uint64_t read_cr2(void);
uint64_t read_cr3(void);
uint64_t read_cr4(void);
uint64_t read_dr6(void);
void write_cr0(uint64_t value);
void write_cr2(uint64_t value);
void write_cr3(uint64_t value);
void write_cr4(uint64_t value);
void write_dr6(uint64_t value);
void cpu_pause(void);
void cpu_take_nmi(void);

void vmsave(hpa_t to);

bool vmxon(hpa_t region);
bool vmclear(hpa_t vmcs);
bool vmptrld(hpa_t vmcs);
uint64_t vmread(uint32_t field);
bool vmwrite(uint32_t field, uint64_t value);
void invept(unsigned long kind, uint64_t pointer);

#endif
