/* SPDX-License-Identifier: BSD-3-Clause */
/* Instructions that only the processor itself can answer; unit tests have a header of this name in
 * front of it. */
#ifndef HV_CPU_H
#define HV_CPU_H

#include "hv/types.h"

struct cpuid_regs {
    uint32_t eax, ebx, ecx, edx;
};

static inline struct cpuid_regs cpuid(uint32_t leaf, uint32_t subleaf)
{
    struct cpuid_regs r;

    __asm__ volatile("cpuid"
                     : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx)
                     : "a"(leaf), "c"(subleaf));
    return r;
}

static inline uint64_t rdmsr(uint32_t msr)
{
    uint32_t low, high;

    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
    return (uint64_t)high << 32 | low;
}

static inline void wrmsr(uint32_t msr, uint64_t value)
{
    __asm__ volatile("wrmsr"
                     :
                     : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))
                     : "memory");
}

static inline uint64_t rdtsc(void)
{
    uint32_t low, high;

    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}

#define CPU_REGISTER(name)                                                                         \
    static inline uint64_t read_##name(void)                                                       \
    {                                                                                              \
        uint64_t value;                                                                            \
        __asm__ volatile("mov %%" #name ", %0" : "=r"(value));                                     \
        return value;                                                                              \
    }                                                                                              \
    static inline void write_##name(uint64_t value)                                                \
    {                                                                                              \
        __asm__ volatile("mov %0, %%" #name : : "r"(value) : "memory");                            \
    }
CPU_REGISTER(cr0)
CPU_REGISTER(cr2)
CPU_REGISTER(cr3)
CPU_REGISTER(cr4)
CPU_REGISTER(dr6)

static inline void cpu_pause(void)
{
    __builtin_ia32_pause();
}

/* Our own handler of NMIs; one that ended a guest's turn on VMX is not delivered again. */
static inline void cpu_take_nmi(void)
{
    __asm__ volatile("int $2");
}

/* AMD: what VMLOAD gives back later, APM 3. */
static inline void vmsave(hpa_t to)
{
    __asm__ volatile("vmsave %%rax" : : "a"(to) : "memory");
}

/* Intel, SDM 3 chapter 31; false: the instruction failed. */
#define CPU_VMX_POINTER(name)                                                                      \
    static inline bool name(hpa_t address)                                                         \
    {                                                                                              \
        bool failed;                                                                               \
        __asm__ volatile(#name " %1" : "=@ccbe"(failed) : "m"(address) : "memory");                \
        return !failed;                                                                            \
    }
CPU_VMX_POINTER(vmxon)
CPU_VMX_POINTER(vmclear)
CPU_VMX_POINTER(vmptrld)

static inline uint64_t vmread(uint32_t field)
{
    uint64_t value;

    __asm__ volatile("vmread %1, %0" : "=r"(value) : "r"((uint64_t)field) : "cc");
    return value;
}

static inline bool vmwrite(uint32_t field, uint64_t value)
{
    bool failed;

    __asm__ volatile("vmwrite %1, %2" : "=@ccbe"(failed) : "r"(value), "r"((uint64_t)field));
    return !failed;
}

static inline void invept(unsigned long kind, uint64_t pointer)
{
    const uint64_t what[2] = {pointer, 0};

    __asm__ volatile("invept %0, %1" : : "m"(what), "r"(kind) : "cc", "memory");
}

#endif
