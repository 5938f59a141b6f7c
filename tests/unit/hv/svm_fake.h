/* SPDX-License-Identifier: BSD-3-Clause */
/* SVM on a processor in plain memory: what APM 2 chapter 15 says of VMRUN, as far as a mistake of
 * ours would show. A VMCB that VMRUN would refuse ends the test. */
#ifndef SVM_FAKE_H
#define SVM_FAKE_H

#include "svm/vmcb.h"
#include "vendor_fake.h"

enum { NPT = 1u << 0, NRIPS = 1u << 3, FLUSH_BY_ASID = 1u << 6 };

/* A processor with these features, 64 ASIDs, as the firmware leaves it. */
void fake_svm_begin(uint32_t features);

/* The next exit: what the processor writes into the VMCB. */
struct fake_exit {
    uint64_t code, info1, info2;
    uint32_t int_info, int_error;
    uint8_t length; /* of the instruction, for processors with NRIPS */
    bool takes_irq; /* V_IRQ went in */
    uint8_t tpr;    /* what the guest writes to CR8; 0: nothing */
    uint64_t int_state;
};
extern struct fake_exit fake_exit;
extern struct vmcb fake_entered; /* the VMCB as VMRUN found it last */

/* Created and reset. */
struct vcpu *fake_svm_vcpu(unsigned vm, unsigned vcpu);
/* Virtualisation on, and vCPU 0 of the VM with interrupts on. */
struct vcpu *fake_svm_boot(uint32_t features, unsigned vm);
/* One turn that ends like that. */
struct vcpu_exit fake_svm_run(struct vcpu *vcpu, struct fake_exit how);
enum exit_kind fake_svm_ends(struct vcpu *vcpu, uint64_t code);

#endif
