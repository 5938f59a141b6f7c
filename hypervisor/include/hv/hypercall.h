/* SPDX-License-Identifier: BSD-3-Clause */
/* Hypercalls as Linux's ACRN HSM driver makes them: R8 = id, RDI and RSI = arguments, RAX = result.
 */
#ifndef HV_HYPERCALL_H
#define HV_HYPERCALL_H

#include "hv/vm.h"

/*
 * Answers the hypercall on which `vcpu` stopped. true: RAX holds the result (0 or a negative Linux
 * errno), skip the instruction. false: another CPU is busy with the VM that is meant; leave RIP
 * where it is, take what is pending for this CPU and enter the guest again, which repeats the call.
 * Only ring 0 of the service VM is served, everybody else reads -EPERM.
 */
bool hypercall_handle(struct vcpu *vcpu) HV_MUST_CHECK;

/* VM ids in hypercalls are relative to the service VM, which is 0. */
uint16_t hypercall_vm_id(const struct vm *vm);

/*
 * Holds a post-launched VM still while its life, memory or ioreq page is changed. BN_EBUSY: another
 * CPU holds it; never wait for it, that CPU may be waiting for yours.
 */
enum bn_status hypercall_vm_hold(struct vm *vm) HV_MUST_CHECK;
void hypercall_vm_release(struct vm *vm);

/* The service VM is gone or starts over: every VM that it created is destroyed. */
void hypercall_service_gone(void);

#endif
