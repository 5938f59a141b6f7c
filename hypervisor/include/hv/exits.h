/* SPDX-License-Identifier: BSD-3-Clause */
/* What the run loop asks of the exit handlers. */
#ifndef HV_EXITS_H
#define HV_EXITS_H

#include "hv/watchdog.h"

void exit_handle(struct vcpu *vcpu, struct vcpu_exit *exit);
void exit_io_done(struct vcpu *vcpu); /* VCPU_REQ_IO_DONE was taken */
void exit_end_vm(struct vcpu *vcpu, enum bn_hvpci_end how);
void exit_mmio(struct vcpu *vcpu, const struct vcpu_exit *exit);
void exit_pio(struct vcpu *vcpu, const struct vcpu_exit *exit);

void vcpu_reset(struct vcpu *vcpu); /* power-on or INIT state of everything in it */

#endif
