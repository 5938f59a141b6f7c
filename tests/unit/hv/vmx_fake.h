/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * VMX on a processor in plain memory: what SDM 3 chapters 25 to 28 say of a VMCS, as far as a
 * mistake of ours would show. A field that is read before it was written, one that this processor
 * has not, VMREAD and VMWRITE without a current VMCS, a VMCS that is active on two CPUs: each ends
 * the test.
 */
#ifndef VMX_FAKE_H
#define VMX_FAKE_H

#include "vendor_fake.h"

enum fake_model { IVY_BRIDGE, SKYLAKE, SKYLAKE_X };

/* FEATURE_CONTROL and the capability MSRs of that model, locked with VMX on; the CPU is as the
 * firmware leaves it. */
void fake_vmx_begin(enum fake_model model);

/* The next exit. Fields that the exit writes; what else the guest changed goes by fake_vmcs(). */
struct fake_exit {
    uint32_t reason, event, event_error, vectoring, vectoring_error, length;
    uint64_t qualification, physical;
    unsigned refused; /* 7 or 8: VM entry fails with that instruction error */
    uint8_t tpr;      /* what the guest writes there; 0: nothing */
};
extern struct fake_exit fake_exit;
extern struct fake_entries {
    unsigned launches, resumes, flushes;
    unsigned long flush_kind;
    uint64_t flush_pointer;
} fake_entries;

/* A vCPU of VM `vm`, created and reset; loaded if nobody is on this CPU. */
struct vcpu *fake_vmx_vcpu(unsigned vm, unsigned vcpu);
void fake_vmx_load(struct vcpu *vcpu);
void fake_vmx_unload(struct vcpu *vcpu);
/* One turn that ends in fake_exit. */
struct vcpu_exit fake_vmx_run(struct vcpu *vcpu);

/* A field of the vCPU's VMCS, for the test's own look and hand. */
uint64_t fake_field(const struct vcpu *vcpu, uint32_t field);
void fake_set_field(const struct vcpu *vcpu, uint32_t field, uint64_t value);

#endif
