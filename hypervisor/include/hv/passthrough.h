/* SPDX-License-Identifier: BSD-3-Clause */
/* Functions of the machine that a VM has as its own, for as long as it lives: a pre-launched one by
 * the scenario, a post-launched one from the service VM, which gets them back. */
#ifndef HV_PASSTHROUGH_H
#define HV_PASSTHROUGH_H

#include "hv/vm.h"

/* Once, before the first VM: a scenario that divides an isolation group is a panic that says why.
 */
void passthrough_init(void);
/*
 * Those that the scenario gives to the pre-launched VM, each where it is on the machine, with the
 * BARs that firmware gave it. Its memory is mapped already, and it does not run yet. BN_ENODEV: no
 * IOMMU confines one that is not optional; BN_ENOMEM: too many.
 */
enum bn_status passthrough_take(struct vm *vm);
/*
 * The service VM's function `bdf` becomes the VM's, at `place` on its bus 0: reset, its registers
 * and messages the VM's only, its DMA confined to the VM's memory. The VM places the BARs itself.
 * BN_EPERM, and the log says why: not the service VM's to give to this VM, or not to be separated
 * from what another has;
 * BN_ENODEV: no IOMMU confines it; BN_EBUSY: the VM has started, or the place is taken.
 */
enum bn_status passthrough_assign(struct vm *vm, uint16_t place, uint16_t bdf);
/* Back to the service VM, reset. BN_ENODEV: it was not assigned like that. */
enum bn_status passthrough_release(struct vm *vm, uint16_t place, uint16_t bdf);
void passthrough_release_all(struct vm *vm);
bool passthrough_has_any(const struct vm *vm);
/* The VM is reset: so are its functions. */
void passthrough_reset(struct vm *vm);
/* True: the access was to such a function, and is done. */
bool passthrough_access(struct io_access *io);

/* ---- For the service VM's configuration space. */
bool passthrough_is_given(uint16_t bdf);
bool passthrough_covers(hpa_t base, uint64_t bytes); /* a BAR of one that is given away */

#endif
