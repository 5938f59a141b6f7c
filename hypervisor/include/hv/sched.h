/* SPDX-License-Identifier: BSD-3-Clause */
/* Which vCPU runs on a CPU, and the loop that runs it. */
#ifndef HV_SCHED_H
#define HV_SCHED_H

#include "hv/vm.h"

void sched_add(struct vcpu *vcpu); /* to its CPU, for good */
/* The vCPU that shall run now, its state loaded; 0: nobody wants to. Own CPU. */
struct vcpu *sched_pick(void);
/* Own CPU: the loaded vCPU's state goes back to memory; it is not `loaded` any more. */
void sched_unload(void);
/* vCPU became runnable: its CPU looks again if that is of use. Any CPU. */
void sched_wake(struct vcpu *vcpu);

void vcpu_loop(void) HV_NORETURN;

#endif
