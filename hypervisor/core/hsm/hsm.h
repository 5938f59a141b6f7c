/* SPDX-License-Identifier: BSD-3-Clause */
/* Inside of the hypercall code: one call on its way, and the handlers by file. */
#ifndef HSM_HSM_H
#define HSM_HSM_H

#include "acrn.h"
#include "hv/ioreq.h"

struct hsm_call {
    struct vcpu *caller;
    struct vm *service;
    struct vm *vm;   /* that is meant, held until the handler returns; 0: the call names none */
    uint64_t arg[2]; /* RDI, RSI */
    union {          /* what the guest-physical argument points to, copied once; hostile */
        uint8_t raw[sizeof(struct acrn_vcpu_regs)]; /* the largest */
        struct acrn_vm_creation creation;
        struct acrn_vcpu_regs regs;
        struct acrn_msi_entry msi;
        struct acrn_intr_monitor monitor;
        uint64_t ioreq_page;
        struct acrn_memory_batch batch;
        struct acrn_pcidev pcidev;
    };
};

/* hsm_vm.c */
enum bn_status hsm_create_vm(struct hsm_call *call);
enum bn_status hsm_destroy_vm(struct hsm_call *call);
enum bn_status hsm_start_vm(struct hsm_call *call);
enum bn_status hsm_pause_vm(struct hsm_call *call);
enum bn_status hsm_reset_vm(struct hsm_call *call);
/* hsm_regs.c */
enum bn_status hsm_set_vcpu_regs(struct hsm_call *call);
/* hsm_irq.c */
enum bn_status hsm_inject_msi(struct hsm_call *call);
enum bn_status hsm_intr_monitor(struct hsm_call *call);
enum bn_status hsm_set_irqline(struct hsm_call *call);
enum bn_status hsm_remove_cpu(struct hsm_call *call);
/* hsm_memory.c */
enum bn_status hsm_set_memory_regions(struct hsm_call *call);

#endif
