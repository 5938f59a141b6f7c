/* SPDX-License-Identifier: BSD-3-Clause */
/* Inside of the hypercall code: one call on its way, and the handlers by file. */
#ifndef HSM_HSM_H
#define HSM_HSM_H

#include "acrn.h"
#include "hv/ioreq.h"

/* Linux errno values that HSM knows. */
#define HSM_EPERM  (-1l)
#define HSM_ENOMEM (-12l)
#define HSM_EFAULT (-14l)
#define HSM_EBUSY  (-16l)
#define HSM_ENODEV (-19l)
#define HSM_EINVAL (-22l)
#define HSM_ENOSYS (-38l)

struct hsm_call {
    struct vcpu *caller;
    struct vm *service;
    struct vm *vm;   /* that is meant, held until the handler returns; 0: the call names none */
    uint64_t arg[2]; /* RDI, RSI */
    union {          /* what the guest-physical argument points to, copied once; hostile */
        uint8_t raw[sizeof(struct acrn_vcpu_regs)]; /* the largest */
        struct acrn_vm_creation creation;
        struct acrn_vcpu_regs regs;
        struct acrn_msi msi;
        struct acrn_intr_monitor monitor;
        struct acrn_ioreq_buffer buffer;
        struct acrn_memory_batch batch;
        struct acrn_pcidev pcidev;
    };
};

long hsm_result(enum bn_status status);

/* hsm_vm.c */
long hsm_create_vm(struct hsm_call *call);
long hsm_destroy_vm(struct hsm_call *call);
long hsm_start_vm(struct hsm_call *call);
long hsm_pause_vm(struct hsm_call *call);
long hsm_reset_vm(struct hsm_call *call);
/* hsm_regs.c */
long hsm_set_vcpu_regs(struct hsm_call *call);
/* hsm_irq.c */
long hsm_inject_msi(struct hsm_call *call);
long hsm_intr_monitor(struct hsm_call *call);
long hsm_set_irqline(struct hsm_call *call);
long hsm_remove_cpu(struct hsm_call *call);
/* hsm_memory.c */
long hsm_set_memory_regions(struct hsm_call *call);

#endif
