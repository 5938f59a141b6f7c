/* SPDX-License-Identifier: BSD-3-Clause */
/* I/O requests: accesses of a post-launched VM that the service VM's device model answers. */
#ifndef HV_IOREQ_H
#define HV_IOREQ_H

#include "hv/vm.h"

#define IOREQ_UPCALL_VECTOR 0xF3u /* at the service VM's vCPU 0 */

/*
 * Hands the access to the service VM. BN_EBUSY: it is on its way and `vcpu` is
 * VCPU_WAIT_IO; when its answer is there, VCPU_REQ_IO_DONE is requested. BN_ENODEV: this VM has no
 * device model; reads give all ones, writes go nowhere. BN_EINVAL: no such access. Own CPU of the
 * vCPU only, which keeps what it must remember (exit, decoded instruction) in vcpu->io.
 */
enum bn_status ioreq_submit(struct vcpu *vcpu, const struct io_access *access);

/*
 * After VCPU_REQ_IO_DONE, on the vCPU's own CPU: takes the answer (*value: of reads only)
 * and frees the slot; the vCPU is VCPU_READY again, vcpu->io.active false. BN_EBUSY: no answer yet,
 * go on waiting.
 */
enum bn_status ioreq_take(struct vcpu *vcpu, uint64_t *value);

/* The rest is for hypercalls and power policy. */
/* The page by which VM and device model talk: service VM's memory, 4 KiB aligned, readable and
 * writable there. */
enum bn_status ioreq_attach(struct vm *vm, gpa_t page);
void ioreq_detach(struct vm *vm); /* forgets the page and every request; the VM does not run */
void ioreq_reset(struct vm *vm);  /* forgets every request, keeps the page; the VM does not run */
/* The service VM says that the request of vCPU `id` is complete. BN_EINVAL: it is not. */
enum bn_status ioreq_notify(struct vm *vm, uint64_t id);

/* ---- Hypercalls as Linux's ACRN HSM driver makes them: R8 = id, RDI and RSI = arguments, RAX =
 * result.
 */
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
enum bn_status hypercall_vm_hold(struct vm *vm);
void hypercall_vm_release(struct vm *vm);

/* The service VM is gone or starts over: every VM that it created is destroyed. */
void hypercall_service_gone(void);

#endif
