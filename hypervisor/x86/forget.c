/* SPDX-License-Identifier: BSD-3-Clause */
/* What a CPU still remembers of one VM when it goes on with another: cleared where the processor
 * says that it needs it (SDM 4, IA32_ARCH_CAPABILITIES; AMD 24594, Fn8000_0008_EBX). */
#include "hv/forget.h"
#include "hv/arch.h"
#include "hv/log.h"

#define LEAF7_MD_CLEAR     (1u << 10) /* VERW overwrites the buffers */
#define LEAF7_IBPB         (1u << 26)
#define LEAF7_L1D_FLUSH    (1u << 28)
#define LEAF7_CAPABILITIES (1u << 29)
#define EXT8_IBPB          (1u << 12)
#define CAN_RDCL_NO        (1u << 0)
#define CAN_SKIP_L1D       (1u << 3) /* a hypervisor below us does it */
#define CAN_MDS_NO         (1u << 5)

#define MSR_PREDICT_COMMAND   0x49u
#define MSR_ARCH_CAPABILITIES 0x10Au
#define MSR_FLUSH_COMMAND     0x10Bu

static struct forget forget;

struct forget forget_decide(uint32_t leaf7_edx, uint32_t ext8_ebx, uint64_t capabilities)
{
    return (struct forget){
        .predictors = leaf7_edx & LEAF7_IBPB || ext8_ebx & EXT8_IBPB,
        .buffers = leaf7_edx & LEAF7_MD_CLEAR && !(capabilities & CAN_MDS_NO),
        .l1d = leaf7_edx & LEAF7_L1D_FLUSH && !(capabilities & (CAN_RDCL_NO | CAN_SKIP_L1D)),
    };
}

void forget_init(void)
{
    uint32_t edx = cpuid(0, 0).eax >= 7 ? cpuid(7, 0).edx : 0;
    uint32_t ebx = cpuid(0x80000000, 0).eax >= 0x80000008 ? cpuid(0x80000008, 0).ebx : 0;

    forget = forget_decide(edx, ebx, edx & LEAF7_CAPABILITIES ? rdmsr(MSR_ARCH_CAPABILITIES) : 0);
    hv_log("between VMs:%s%s%s%s", forget.predictors ? " branch predictors" : "",
           forget.buffers ? " buffers" : "", forget.l1d ? " L1 data cache" : "",
           forget.predictors || forget.buffers || forget.l1d ? " cleared" : " nothing to clear");
}

void forget_last_vm(void)
{
    static const uint16_t selector = SELECTOR_DATA;

    if (forget.predictors)
        wrmsr(MSR_PREDICT_COMMAND, 1);
    if (forget.l1d)
        wrmsr(MSR_FLUSH_COMMAND, 1);
    if (forget.buffers)
        __asm__ volatile("verw %0" : : "m"(selector) : "cc");
}
