/* SPDX-License-Identifier: BSD-3-Clause */
/* Between the watchdogs and the power policy; what they ask of core. */
#ifndef HSM_POLICY_H
#define HSM_POLICY_H

#include "hv/vm.h"

void watchdog_tick_on(
    void); /* policy_decide() is to be called some 20 times a second from now on */
void watchdog_vm_started(struct vm *vm); /* its deadline counts from now */
void watchdog_service_ended(void);       /* the display is taken from it */

#endif
