/* SPDX-License-Identifier: BSD-3-Clause */
/* Who watches whom, and what happens when a VM ends: the watchdogs and the power policy. */
#ifndef HV_WATCHDOG_H
#define HV_WATCHDOG_H

#include "binnacle/hvregs.h"
#include "hv/acpi.h"
#include "hv/vm.h"

/* Arms the watchdogs of the scenario on the calling CPU (not the cluster's). After the VMs are
 * made. */
void watchdog_init(const struct bn_scenario *scenario);
void watchdog_service_beat(void); /* the service VM is alive (hvregs register) */
uint32_t watchdog_service_beats(void);

/*
 * A VM has ended itself (power.h, vcpu_park), was found dead or is wanted ended;
 * any CPU, any context but NMI, returns at once. Its vCPUs leave guest mode soon; the policy
 * decides what then becomes of it, in policy_decide(): started again (scenario flag BN_VM_RESTART),
 * left to its device model (post-launched), or left dead.
 */
void policy_vm_ended(struct vm *vm, enum bn_hv_end how);
void policy_ignition_off(void); /* IVI, service VM, cluster; then the machine is switched off */

/*
 * Does what was decided (restarts, stops, the steps of ignition-off): called by the loop of the CPU
 * that called watchdog_init(), whenever it is between two turns.
 */
extern volatile uint32_t policy_pending;
void policy_decide(void);

/* For hvregs: how often a VM was started again, and how it ended last. */
uint32_t policy_restarts(const struct vm *vm);
enum bn_hv_end policy_last_end(const struct vm *vm);

/* ---- Between the watchdogs and the power policy; what they ask of core. */
void watchdog_tick_on(void); /* policy_decide() is to be called some 20 times a second */
void watchdog_vm_started(struct vm *vm); /* its deadline counts from now */
void watchdog_service_ended(void);       /* the display is taken from it */

/* ---- What the run loop asks of the exit handlers. */
void exit_handle(struct vcpu *vcpu, struct vcpu_exit *exit);
void exit_io_done(struct vcpu *vcpu); /* VCPU_REQ_IO_DONE was taken */
void exit_end_vm(struct vcpu *vcpu, enum bn_hv_end how);
void exit_mmio(struct vcpu *vcpu, const struct vcpu_exit *exit);
void exit_pio(struct vcpu *vcpu, const struct vcpu_exit *exit);

void vcpu_reset(struct vcpu *vcpu); /* power-on or INIT state of everything in it */

/* ---- Power, reset and sleep registers of the machine: a VM that uses them ends itself and nothing
 * else. */
/*
 * Puts the emulated registers in front of the service VM: PM1 control, SMI enables and TCO beside
 * it, the reset register, 60h/64h, 92h, B2h. CF9h is part of the configuration ports (vpci_init).
 */
void power_init(struct vm *vm);
/* A byte access to CF9h, the reset control register. */
void power_cf9(struct io_access *io);

/* The machine itself, by whatever works; the second does not return. */
void power_off_machine(void);
void reset_machine(void) HV_NORETURN;

#endif
